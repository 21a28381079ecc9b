"""Analogy accuracy on questions-words: time and answers compared with gensim, on the same vocabulary.

Run: ``python -m tests.benchmarks.analogy``; about three minutes.
"""

import statistics
import time

from gensim.models import KeyedVectors

from align.catalogue import fetch
from align.evaluate.analogy import accuracy, read_questions, three_cos_mul
from align.files import load

WORDS = 30_000
RUNS = 3


def timed(work):
    """Returns the median seconds of ``RUNS`` runs, and the last result."""
    seconds = []
    for _ in range(RUNS):
        start = time.perf_counter()
        result = work()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds), result


def main():
    file = fetch("questions-words")
    space = load(fetch("glove-6b-50"), limit=WORDS)
    questions = read_questions(file)
    peer = KeyedVectors(space.dim)
    peer.add_vectors(list(space.vocab.words), space.vectors)
    ours, found = timed(lambda: accuracy(space, questions))
    product, other = timed(lambda: accuracy(space, questions, method=three_cos_mul))
    theirs, (value, sections) = timed(lambda: peer.evaluate_word_analogies(str(file), restrict_vocab=WORDS))
    same = sum(
        round(one.value * one.covered) == len(section["correct"])
        for one, section in zip(found.categories, sections, strict=False)
    )
    print(f"{WORDS:,} words of GloVe 50d, {found.total.covered:,} of {found.total.total:,} questions covered")
    print(f"{'':10}{'seconds':>9}{'accuracy':>10}{'speed-up':>13}")
    print(f"{'3CosAdd':10}{ours:9.2f}{found.total.value:10.4f}{theirs / ours:13.1f}")
    print(f"{'3CosMul':10}{product:9.2f}{other.total.value:10.4f}{theirs / product:13.1f}")
    print(f"{'gensim':10}{theirs:9.2f}{value:10.4f}{1:13.1f}")
    print(f"the same number of right answers in {same} of {len(found.categories)} categories")


if __name__ == "__main__":
    main()
