"""The start-up time and the response time of the REPL with a saved translator: ``python -m tests.benchmarks.repl``.

An argument names the translator. Without it, the benchmark uses random vectors of 400 dimensions for 26,000 English and
125,000 Chinese words (of CC-CEDICT and jieba), the size of the largest default translator. All times are medians.
"""

import os
import pty
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import numpy as np

from align.bilingual.dictionary.cedict import chinese_frequencies, load_cedict
from align.bilingual.translator import Translator
from align.repl.background import in_background
from align.repl.reply import reply
from align.repl.session import Session
from align.retrieval import unit_rows
from align.space import Space
from align.text.chinese import simplify_all
from align.text.vocab import Vocab

ENGLISH, CHINESE, DIM = 26_000, 125_000, 400
RUNS, WORDS = 5, 200
READY_S, ANSWER_MS = 2.0, 10.0


def made_up() -> Translator:
    """Returns a translator of realistic size with real words."""
    cedict = load_cedict()
    chinese = list(dict.fromkeys([*cedict.headwords, *simplify_all(list(chinese_frequencies()))]))[:CHINESE]
    english = list(dict.fromkeys(word for word, _ in cedict.pairs))[:ENGLISH]
    rng = np.random.default_rng(0)
    points = [unit_rows(rng.normal(size=(size, DIM)).astype(np.float32)) for size in (len(english), len(chinese))]
    means = [rng.uniform(0.4, 0.6, len(one)).astype(np.float32) for one in points]
    return Translator(Space(Vocab(english), points[0]), Space(Vocab(chinese), points[1]), *means)


def until_prompt(path: Path) -> float:
    """Returns the seconds from the start of the interpreter to the prompt on a terminal."""
    main, side = pty.openpty()
    start = time.perf_counter()
    command = [sys.executable, "-m", "align", "repl", str(path)]
    process = subprocess.Popen(command, stdin=side, stdout=side, stderr=side)
    os.close(side)
    shown = b""
    while b"align>" not in shown:
        shown += os.read(main, 4096)
        if b"\x1b[6n" in shown:  # a request for the position of the cursor
            os.write(main, b"\x1b[1;1R")
            shown = shown.replace(b"\x1b[6n", b"")
    taken = time.perf_counter() - start
    process.kill()
    process.wait()
    os.close(main)
    return taken


def piped(path: Path) -> float:
    """Returns the seconds for one word through a pipe: start, read CC-CEDICT, answer, end."""
    start = time.perf_counter()
    command = [sys.executable, "-m", "align", "repl", str(path)]
    subprocess.run(command, input=b"king\n", stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - start


def answers(translator: Translator) -> tuple[float, float]:
    """Returns the median milliseconds of an answer, English to Chinese and Chinese to English."""
    cedict = load_cedict()
    session = Session({"t": translator}, in_background(lambda: cedict), "t")
    taken: list[float] = []
    for space in (translator.source, translator.target):
        words = random.Random(0).sample(list(space.vocab), WORDS)
        reply(session, words[0])
        times: list[float] = []
        for word in words:
            start = time.perf_counter()
            reply(session, word)
            times.append(time.perf_counter() - start)
        taken.append(median(times) * 1e3)
    return taken[0], taken[1]


def main() -> None:
    """Prints the table."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(folder) / "made-up.align"
        if len(sys.argv) < 2:
            made_up().save(path)
        translator = Translator.load(path)
        english, chinese = len(translator.source), len(translator.target)
        print(f"{english:,} English and {chinese:,} Chinese words, d={translator.source.dim}")
        until_prompt(path)
        ready, through = median(until_prompt(path) for _ in range(RUNS)), median(piped(path) for _ in range(RUNS))
        there, back = answers(translator)
    print(f"{'':34}{'ours':>9}{'limit':>9}{'ratio':>7}")
    for name, ours, limit, unit in (
        ("prompt shown after", ready, READY_S, "s"),
        ("one word through a pipe", through, READY_S, "s"),
        (f"answer among {chinese:,} Chinese", there, ANSWER_MS, "ms"),
        (f"answer among {english:,} English", back, ANSWER_MS, "ms"),
    ):
        print(f"{name:34}{ours:7.2f} {unit:2}{limit:6.1f} {unit:2}{ours / limit:6.2f}")


if __name__ == "__main__":
    main()
