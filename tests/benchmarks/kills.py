"""SIGKILL at random moments of train, corpus, map and fetch: the output is the old file or the complete new one.

Run: ``python -m tests.benchmarks.kills [--kills N] [--seed S] [--commands NAME ...]``. N kills (default 100) are
divided evenly among the commands. Each command first runs to its end, which gives the complete new file and the time
that it takes. Then it runs with an old output in place and is killed after a random share of this time. About ten
minutes.

Criteria, after each kill: the output is byte for byte the old file or the complete new one. The command then runs again
on the remaining files (train with --resume if there is a checkpoint); it must succeed and write the complete new file.
A resumed training is bit-identical.
"""

import argparse
import functools
import http.server
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np

OLD = b"the old file"
WORDS = [f"w{i}" for i in range(400)]
TRAIN = (
    "train",
    "sgns",
    "small.corpus",
    "-o",
    "out.vec",
    "--dim",
    "16",
    "--epochs",
    "40",
    "--checkpoint-every",
    "0.2s",
)


def align(folder, *arguments):
    """Starts a process of the command line in ``folder``."""
    root = Path(__file__).parents[2]
    environment = {
        **os.environ, "PYTHONPATH": str(root), "ALIGN_CATALOGUE": str(folder / "mine.toml"), "NO_PROXY": "127.0.0.1",
        "ALIGN_CACHE": str(folder / "cache"), "JAX_COMPILATION_CACHE_DIR": str(folder / "compiled"),
    }  # fmt: skip
    command = [sys.executable, "-m", "align", *arguments]
    return subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def prepare(folder):
    """Writes the inputs of all commands and starts a server of the file to fetch."""
    from align.files import save
    from align.space import Space
    from align.text.corpus import Corpus
    from align.text.vocab import Vocab

    draw = np.random.default_rng(0)
    lines = [" ".join(draw.choice(WORDS, 20)) for _ in range(20_000)]
    (folder / "text").write_text("\n".join(lines) + "\n")
    ids = draw.integers(-1, len(WORDS), 300_000).astype(np.int32)
    counts = np.bincount(ids[ids >= 0], minlength=len(WORDS)).astype(np.int64)
    Corpus(Vocab(WORDS, counts), ids, "small", "en").save(folder / "small.corpus")
    vectors = draw.standard_normal((3000, 50)).astype(np.float32)
    rotation = np.linalg.qr(draw.standard_normal((50, 50)))[0].astype(np.float32)
    save(Space(Vocab([f"e{i}" for i in range(3000)]), vectors), folder / "en.bin")
    save(Space(Vocab([f"字{i}" for i in range(3000)]), vectors @ rotation), folder / "zh.bin")
    (folder / "pairs.tsv").write_text("".join(f"e{i}\t字{i}\n" for i in range(2000)))
    (folder / "served").mkdir()
    (folder / "served" / "large.txt").write_bytes(draw.bytes(60_000_000))
    handler = functools.partial(Quiet, directory=str(folder / "served"))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    table = {
        "kind": "url", "url": f"http://127.0.0.1:{server.server_port}/large.txt", "what": "text", "language": "en",
        "holds": "", "licence": "", "citation": "", "format": "text", "size": 60_000_000,
    }  # fmt: skip
    (folder / "mine.toml").write_text("[large]\n" + "".join(f"{key} = {json.dumps(v)}\n" for key, v in table.items()))


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves a folder without a log."""

    def log_message(self, *_):
        """Writes nothing."""


COMMANDS = {
    "train": ("out.vec", TRAIN),
    "corpus": ("out.corpus", ("corpus", "text", "-o", "out.corpus", "--language", "en", "--min-count", "1")),
    "map": (
        "out.align",
        ("map", "en.bin", "zh.bin", "-o", "out.align", "--dictionary", "pairs.tsv", "--method", "procrustes"),
    ),
    "fetch": ("cache/large/large.txt", ("fetch", "large")),
}


def finish(folder, name, arguments):
    """Runs the command to its end, resuming a training; raises if it fails."""
    checkpoint = folder / "out.vec.checkpoint"
    resume = ("--resume",) if name == "train" and checkpoint.exists() else ()
    process = align(folder, *arguments, *resume)
    _, said = process.communicate()
    assert process.returncode == 0, said.decode()[-500:]
    return bool(resume)


def kill(folder, name, whole, delay):
    """Kills the command after ``delay`` seconds; returns a fault, the state of the file, and whether it resumed."""
    output, arguments = COMMANDS[name]
    path = folder / output
    shutil.rmtree(folder / "cache", ignore_errors=True)
    if name != "fetch":
        path.write_bytes(OLD)
    process = align(folder, *arguments)
    time.sleep(delay)
    process.kill()
    process.communicate()
    found = path.read_bytes() if path.exists() else OLD
    state = "old" if found == OLD else "new" if found == whole else "part"
    resumed = finish(folder, name, arguments)
    again = path.read_bytes() == whole
    fault = "the file is incomplete" if state == "part" else "" if again else "the next run wrote another file"
    return fault, state, resumed


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--commands", nargs="*", default=list(COMMANDS))
    options = parser.parse_args()
    each, faults = -(-options.kills // len(options.commands)), 0
    print(f"seed {options.seed}; {each} kills of each of {', '.join(options.commands)}")
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        prepare(folder)
        for name in options.commands:
            draw, counts = random.Random(f"{options.seed}/{name}"), {"old": 0, "new": 0, "part": 0, "resumed": 0}
            output, arguments = COMMANDS[name]
            finish(folder, name, arguments)  # compiles
            shutil.rmtree(folder / "cache", ignore_errors=True)
            begin = time.perf_counter()
            finish(folder, name, arguments)
            seconds, whole = time.perf_counter() - begin, (folder / output).read_bytes()
            for i in range(each):
                fault, state, resumed = kill(folder, name, whole, draw.uniform(0.05, 1.1) * seconds)
                counts[state] += 1
                counts["resumed"] += resumed
                faults += bool(fault)
                if fault:
                    print(f"  {options.seed}/{name}/{i}: {fault}", flush=True)
            print(f"{name}: {seconds:.1f} s; {counts}", flush=True)
    print(f"faults: {faults}")
    return int(faults > 0)


if __name__ == "__main__":
    sys.exit(main())
