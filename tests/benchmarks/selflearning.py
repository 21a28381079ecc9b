"""Self-learning from 25 words compared with Procrustes on 5,000: time, peak memory, and P@1 in both directions.

Run: ``python -m tests.benchmarks.selflearning [--english NAME] [--chinese NAME] [--limit N] [--words N] [--seed N]
[--nothing [SEEDS]] [--identical]``. Without names, the spaces are 200,000 words of glove-6b-50 and 125,785 of
zhwiki-synonyms. The test words are those of CC-CEDICT's split, with CSLS. The 25 words are the most frequent training
words, with all their translations. ``--nothing`` adds unsupervised alignment with this number of seeds, ``--identical``
adds self-learning from identically spelt words. The seconds are those of ``fit`` on loaded vectors, including the CSLS
means of both vocabularies; the seconds of the method alone are in another column. Every line is measured in a separate
process and takes two to three minutes on two cores.
"""

import argparse
import json
import subprocess
import sys
import time

from tests.benchmarks.retrieval import peak

LINES = {"procrustes": "Procrustes", "few": "self-learning", "identical": "identical words", "nothing": "nothing"}


def measure(who, options):
    """Fits one method in this process and prints the result as JSON."""
    from align.bilingual.dictionary.dictionary import Dictionary, read_dictionary
    from align.bilingual.dictionary.identical import identical
    from align.bilingual.dictionary.split import split
    from align.bilingual.fitting import first_words, fit
    from align.bilingual.supervised.linear import Procrustes
    from align.bilingual.unsupervised.self_learning import SelfLearning
    from align.bilingual.unsupervised.unsupervised import Unsupervised
    from align.evaluate.lexicon import evaluate
    from experiments.spaces import read_space

    english = read_space(options.english, options.limit)
    chinese = read_space(options.chinese, options.limit).simplified()
    cut = split(read_dictionary("cedict"), english.vocab, chinese.vocab)
    given, method = {
        "procrustes": lambda: (cut.train, Procrustes()),
        "few": lambda: (first_words(cut.train, options.words, english.vocab, chinese.vocab), SelfLearning()),
        "identical": lambda: (identical(english.vocab, chinese.vocab), SelfLearning()),
        "nothing": lambda: (Dictionary(()), Unsupervised()),
    }[who]()
    begun = time.perf_counter()
    fitted_at = []
    made = fit(
        english,
        chinese,
        given,
        method,
        seed=options.seed,
        watch=lambda _: fitted_at.append(time.perf_counter() - begun),
    )
    seconds = time.perf_counter() - begun
    most = peak()
    tests = (
        evaluate(made, cut.test, retrieval="csls"),
        evaluate(made, cut.reverse_test, reverse=True, retrieval="csls"),
    )
    scores = [100 * one.precision(1).value for one in tests]
    sides = [f"{len(one):,} of {one.name} (d = {one.dim})" for one in (english, chinese)]
    found = {
        "sides": " and ".join(sides),
        "words": len(given.targets),
        "seconds": seconds,
        "method": max(fitted_at, default=0),
        "peak": most,
        "scores": scores,
    }
    print(json.dumps(found))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--english", default="glove-6b-50")
    parser.add_argument("--chinese", default="zhwiki-synonyms")
    for name, value in (("limit", 200_000), ("words", 25), ("seed", 0)):
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--nothing", type=int, nargs="?", const=1, default=0, metavar="SEEDS")
    parser.add_argument("--identical", action="store_true")
    parser.add_argument("--measure", choices=LINES)
    options = parser.parse_args()
    if options.measure:
        return measure(options.measure, options)
    lines = ["procrustes", "few"] + ["identical"] * options.identical
    lines = [(who, options.seed) for who in lines] + [("nothing", options.seed + i) for i in range(options.nothing)]
    passed = [part for name in ("english", "chinese", "limit", "words")
              for part in (f"--{name}", str(getattr(options, name)))]  # fmt: skip
    for i, (who, seed) in enumerate(lines):
        command = [sys.executable, "-m", "tests.benchmarks.selflearning", "--measure", who, *passed]
        command += ["--seed", str(seed)]
        made = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[-1])
        if i == 0:
            print(made["sides"])
            print(f"{'':20}{'words':>7}{'seconds':>9}{'method':>8}{'peak MB':>9}{'en-zh':>7}{'zh-en':>7}")
        print(
            f"{LINES[who]:20}{made['words']:7,}{made['seconds']:9.0f}{made['method']:8.0f}{made['peak']:9.0f}"
            f"{made['scores'][0]:7.1f}{made['scores'][1]:7.1f}",
            flush=True,
        )
    return None


if __name__ == "__main__":
    main()
