"""Contexts: raw words per second and memory of every set of contexts, beside ngram2vec's making of pairs.

Run: ``python -m tests.benchmarks.contexts [--corpus FILE] [--epochs 5] [--words N]``. The corpus is the default Chinese
one or FILE, or its first N words. Each model and set of contexts runs in a process of its own on one core. ``whole``
is the words of the corpus by the processor seconds of everything: bigrams, compilation, all epochs or the
decomposition. ``an epoch`` is the words of an epoch of skip-gram by its processor seconds, from the second segment on.
ngram2vec makes pairs of words, bigrams and characters at 50,000 words a processor second, and writes 86 bytes a word;
this figure is cited, not measured here. align writes no pairs.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import time

FEATURES = ("word", "word+ngram", "word+character", "word+character+ngram")
NGRAM2VEC = 50_000
"""Words of which ngram2vec makes the pairs in a processor second."""


def measured(options):
    """Trains one model in this process; returns its figures."""
    from align.text.corpus import open_corpus
    from align.text.defaults import default_corpus
    from align.train.models import train
    from align.train.ppmi_svd import PPMISVD
    from align.train.window_models import SGNS
    from experiments.excerpt import excerpt_of

    corpus = open_corpus(options.corpus) if options.corpus else default_corpus("zh")
    if options.words:
        corpus = excerpt_of(corpus, options.words, language="zh")
    model, ends = PPMISVD(features=options.features), []
    begun = time.process_time()
    if options.model == "sgns":
        model = SGNS(features=options.features, epochs=options.epochs)
        train(model, corpus, workers=1, callback=lambda *_: ends.append(time.process_time()))
    else:
        train(model, corpus)
    found = {"words": corpus.tokens, "whole": corpus.tokens / (time.process_time() - begun)}
    if len(ends) > 1:
        found["epoch"] = corpus.tokens * options.epochs * (len(ends) - 1) / len(ends) / (ends[-1] - ends[0])
    return found | {"peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--corpus", default="")
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--words", type=int, default=0)
    parser.add_argument("--model", default="")
    parser.add_argument("--features", default="word")
    options = parser.parse_args()
    if options.model:
        print(json.dumps(measured(options)))
        return
    print(
        f"{'model':9} {'contexts':22} {'whole':>9} {'an epoch':>9} {'of 50,000':>9} {'MB':>6}   words per core second"
    )
    for model in ("sgns", "ppmi-svd"):
        for features in FEATURES:
            asked = [*sys.argv[1:], "--model", model, "--features", features]
            limits = {
                "OMP_NUM_THREADS": "1",
                "OPENBLAS_NUM_THREADS": "1",
                "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false",
            }
            told = subprocess.run(
                [sys.executable, "-m", "tests.benchmarks.contexts", *asked],
                check=True, capture_output=True, text=True, env=os.environ | limits,
            )  # fmt: skip
            found = json.loads(told.stdout.splitlines()[-1])
            epoch = found.get("epoch")
            best = epoch or found["whole"]
            shown = f"{epoch:9,.0f}" if epoch else f"{'':9}"
            times = f"{best / NGRAM2VEC:8.1f}x"
            print(f"{model:9} {features:22} {found['whole']:9,.0f} {shown} {times} {found['peak']:6.0f}", flush=True)


if __name__ == "__main__":
    main()
