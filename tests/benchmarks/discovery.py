"""Word discovery: speed and F1 compared with nlp-zero, on the People's Daily of January 1998.

Run: ``python -m tests.benchmarks.discovery --peer FOLDER [--runs N] [--whole]`` after ``pip install --target FOLDER
--no-deps nlp-zero==0.1.6``. Each program learns from the raw first half and segments the second half, which is
segmented by hand. nlp-zero runs at its default settings and at the best of seven settings that were chosen on this text
(min_proba 1e-6, min_pmi 3). Each measurement is a separate process; the programs alternate. Times include reading the
text and importing the program, and leave out the start of Python. The ratio of processor times, nlp-zero's to ours, is
the fairer figure on a busy machine. About a minute. With --whole each program learns from the default Chinese text and
segments all of it; this text has no gold standard. About three minutes a run. With --steps align runs once, alone, and
the processor time of its steps is printed; the profiler adds to steps of many small calls.
"""

import argparse
import collections
import collections.abc
import cProfile
import json
import os
import pstats
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

STEPS = (
    *("learning.discover", "blocks.read", "ngrams.count_ngrams", "blocks.segment_first", "blocks.place_words"),
    *("blocks.segment", "chinese.simplify_text", "lexicon.segment"),
)
SETTINGS = {"nlp-zero": {}, "nlp-zero, best of seven": {"min_proba": 1e-6, "min_pmi": 3}}


def ours(train, test, workers):
    from align.text.discovery.learning import discover

    lexicon = discover(train, workers=workers).lexicon
    return lexicon.segment(test.read_text(encoding="utf-8")).split("\n")


def peer(train, test, settings):
    collections.Iterable = collections.abc.Iterable
    from nlp_zero import Word_Finder

    lines = train.read_text(encoding="utf-8").split("\n")
    finder = Word_Finder(**settings)
    finder.train(lines)
    finder.find(lines, remove_weak_pairs=False)
    tokenizer = finder.export_tokenizer()
    return [" ".join(tokenizer.tokenize(line)) for line in test.read_text(encoding="utf-8").split("\n")]


def default_text():
    """Returns the default Chinese text."""
    from align.text.defaults import default_texts
    from align.text.reading import blocks, text_of

    whole = [text_of(block) for text in default_texts("zh") for block in blocks(text, 1 << 22, lambda _: None)]
    return "".join(block if block.endswith("\n") else f"{block}\n" for block in whole)


def processor():
    """Returns the processor time of this process and its finished children, in seconds."""
    return sum(os.times()[:4])


def measure(who, folder):
    """Runs one program in this process; writes its segmentation, and prints its times as JSON."""
    start, busy = time.perf_counter(), processor()
    train, test = folder / "train.txt", folder / "test.txt"
    found = peer(train, test, SETTINGS[who]) if who in SETTINGS else ours(train, test, int(who.split()[-1]))
    print(json.dumps({"seconds": time.perf_counter() - start, "processor": processor() - busy}))
    (folder / "found.txt").write_text("\n".join(found), encoding="utf-8")


def steps(folder):
    """Prints the processor time of each step of one run in this process."""
    with cProfile.Profile(time.process_time) as profiler:
        ours(folder / "train.txt", folder / "test.txt", 1)
    for (file, _, name), (*_, taken, _) in pstats.Stats(profiler).stats.items():
        if (step := f"{Path(file).stem}.{name}") in STEPS:
            print(f"{step:46}{1000 * taken:8.0f} ms")


def run(who, folder, path):
    """Returns the times and the segmentation of one run in a separate process."""
    command = [sys.executable, "-W", "ignore", "-m", "tests.benchmarks.discovery", "--measure", who, "--folder", folder]
    paths = os.pathsep.join(filter(None, (str(path), os.environ.get("PYTHONPATH"))))
    done = subprocess.run(command, capture_output=True, text=True, check=True, env={**os.environ, "PYTHONPATH": paths})
    return json.loads(done.stdout.splitlines()[-1]), Path(folder, "found.txt").read_text(encoding="utf-8")


def main():
    from align.cores import usable_cores
    from experiments.segmentation import halves, joined, peoples_daily, score

    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--peer", type=Path, help="the folder that has nlp-zero")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--whole", action="store_true", help="the default Chinese text instead")
    parser.add_argument("--steps", action="store_true", help="the times of align's steps instead")
    parser.add_argument("--measure", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        measure(options.measure, options.folder)
        return
    if not options.steps and (options.peer is None or not (options.peer / "nlp_zero").is_dir()):
        parser.error("--peer FOLDER: pip install --target FOLDER --no-deps nlp-zero==0.1.6")
    train, test = halves(peoples_daily())
    texts = [default_text()] * 2 if options.whole else [joined(train), joined(test)]
    programs = [f"align, processes: {count}" for count in sorted({1, usable_cores()})] + list(SETTINGS)
    times, scores = {who: [] for who in programs}, {}
    with tempfile.TemporaryDirectory() as folder:
        for name, text in zip(("train.txt", "test.txt"), texts, strict=True):
            Path(folder, name).write_text(text, encoding="utf-8")
        if options.steps:
            steps(Path(folder))
            return
        for _ in range(options.runs):
            for who in programs:
                taken, found = run(who, folder, options.peer)
                times[who].append(taken)
                if not options.whole:
                    scores[who] = score(test, [line.split() for line in found.split("\n")[: len(test)]])
    print(f"learned from {len(texts[0]):,} characters, segmented {len(texts[1]):,}; medians of {options.runs} runs")
    print(f"{'program':30}{'seconds':>9}{'processor s':>13}{'ratio':>8}{'F1':>8}{'words':>8}")
    least = statistics.median(one["processor"] for one in times[programs[0]])
    for who in programs:
        seconds, busy = (statistics.median(one[key] for one in times[who]) for key in ("seconds", "processor"))
        f1 = f"{scores[who].every:8.3f}{scores[who].words:8.3f}" if who in scores else ""
        print(f"{who:30}{seconds:9.1f}{busy:13.2f}{busy / least:8.1f}{f1}")


if __name__ == "__main__":
    main()
