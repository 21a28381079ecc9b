"""Loading vector files: time and peak memory compared with gensim; the time to open a native file.

Run: ``python -m tests.benchmarks.vector_files [--rows N] [--text-rows N] [--native-rows N] [--dim D] [--runs N]``.
The files are generated: word2vec binary of the shape of GoogleNews (3,000,000 x 300, 3.6 GB) and GloVe text of the
shape of glove.6B.300d (400,000 x 300, 1 GB), or smaller, so that they fit a third of the free disk and memory. Each
load is a separate process; the programs alternate. Compare processor times on a busy machine. The memory is the growth
of the peak during the load. About ten minutes, mostly for gensim.
"""

import argparse
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

BLOCK = 20_000


def words(rows):
    """Yields distinct words of a realistic length."""
    letters = np.array(list("etaoinshrdlu"))
    stems = ["".join(letters[i]) for i in np.random.default_rng(0).integers(0, 12, (1000, 5))]
    return (f"{stems[i % 1000]}{i:x}".encode() for i in range(rows))


def generate(path, rows, dim, kind):
    """Writes a file of ``rows`` words. The vectors repeat every ``BLOCK`` words, which gives no reader an advantage."""
    from align.files.numbers import shortest

    block = np.random.default_rng(0).standard_normal((BLOCK, dim)).astype(np.float32)
    values = shortest(np.round(block / 3, 5)) if kind == "text" else [row.tobytes() for row in block]
    with path.open("wb") as file:
        if kind == "binary":
            file.write(b"%d %d\n" % (rows, dim))
        for i, word in enumerate(words(rows)):
            file.write(b"%b %b%b" % (word, values[i % BLOCK], b"\n" if kind == "text" else b""))
    os.sync()  # so that the disk does not write during the first run


def measure(who, kind, path):
    """Loads ``path`` in this process; prints seconds, processor seconds, growth of the peak memory, and sizes."""
    if who == "ours":
        from align.files import load

        def work():
            space = load(path)
            return space.vectors, space.vocab.words
    else:
        from gensim.models import KeyedVectors

        def work():
            vectors = KeyedVectors.load_word2vec_format(path, binary=kind == "binary", no_header=kind == "text")
            return vectors.vectors, vectors.index_to_key

    before = peak()
    start, busy = time.perf_counter(), time.process_time()
    matrix, found = work()
    seconds, busy = time.perf_counter() - start, time.process_time() - busy
    grown = peak() - before
    held = sum(map(sys.getsizeof, found)) + 8 * len(found) if kind != "native" else 0
    print(seconds, busy, grown, matrix.nbytes, held)


def peak():
    """Returns the peak memory of this process in bytes (``ru_maxrss`` starts at the parent's value)."""
    status = Path("/proc/self/status")
    if status.exists():
        return 1024 * int(status.read_text().partition("VmHWM:")[2].split()[0])
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def medians(people, kind, path, runs):
    """The medians of ``runs`` processes for each of ``people``, who take turns."""
    outputs = {who: [] for who in people}
    for who in people * runs:
        command = [sys.executable, "-m", "tests.benchmarks.vector_files", "--measure", who, kind, str(path)]
        line = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        outputs[who].append(list(map(float, line.split())))
    return [[statistics.median(column) for column in zip(*outputs[who], strict=True)] for who in people]


def compare(kind, path, runs):
    """Prints a line for align and one for gensim, with the speed-up."""
    found = medians(["ours", "gensim"], kind, path, runs)
    theirs = found[1]
    for who, (seconds, busy, grown, matrix, held) in zip(("ours", "gensim"), found, strict=True):
        times = f"{seconds:9.2f} s{theirs[0] / seconds:8.1f}x{busy:9.2f} s{theirs[1] / busy:8.1f}x"
        print(f"{kind:8}{who:8}{times}{grown / matrix:15.2f}{grown / (matrix + held):12.2f}", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=3_000_000)
    parser.add_argument("--text-rows", type=int, default=400_000)
    parser.add_argument("--native-rows", type=int, default=1_000_000)
    parser.add_argument("--dim", type=int, default=300)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--measure", nargs=3)
    options = parser.parse_args()
    if options.measure:
        return measure(*options.measure)
    with tempfile.TemporaryDirectory() as folder:
        memory = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        most = min(shutil.disk_usage(folder).free, memory) // 3 // (4 * options.dim)
        rows, text = min(options.rows, most), min(options.text_rows, most // 3)
        print(
            f"word2vec binary {rows:,} x {options.dim}; GloVe text {text:,} x {options.dim}; "
            f"medians of {options.runs} runs"
        )
        print(
            f"{'':16}{'time':>11}{'speed-up':>9}{'processor':>11}{'speed-up':>9}{'peak/matrix':>15}{'/(+ words)':>12}"
        )
        path = Path(folder) / "vectors"
        for kind, count in (("binary", rows), ("text", text)):
            generate(path, count, options.dim, kind)
            compare(kind, path, options.runs)
        native(Path(folder) / "n.safetensors", min(options.native_rows, most), options.dim, options.runs)
    return None


def native(path, rows, dim, runs):
    """Prints the time to open a native file, without the interpreter's start and the imports."""
    from align.files import save
    from align.space import Space
    from align.text.vocab import Vocab

    vectors = np.tile(np.random.default_rng(0).standard_normal((BLOCK, dim)).astype(np.float32), (rows // BLOCK + 1, 1))
    save(Space(Vocab([word.decode() for word in words(rows)]), vectors[:rows]), path)
    del vectors
    seconds, _, grown, *_ = medians(["ours"], "native", path, runs)[0]
    print(f"native  ours    {1000 * seconds:8.1f} ms to open {rows:,} words; memory grew by {grown / 2**20:.0f} MiB")


if __name__ == "__main__":
    main()
