"""The classifier beside fastText on eight sets: accuracy and speed, one table, in one run.

Run: ``python -m tests.benchmarks.classifier [--sets R8 tweets ...] [--seeds N] [--epochs N] [--workers N]
[--quantised]``. With ``--quantised`` it shows our classifier instead: whole, quantised, and quantised after further
training of its most important features. Both have
the same words (as blanks separate them), bigrams in 200,000 buckets, the dimension 50 (ours needs fewer for fewer
labels) and the same shuffled training texts. fastText runs with two threads at several settings, and its most accurate
one is shown. Accuracy is the mean over seeds. Training includes reading the file (fastText) or the list of texts
(ours). Speeds are texts per second of wall time in the median run: one text counts once for each epoch. The column
"first" has the seconds of the first run, which for our classifier includes compilation.
"""

import argparse
import tempfile
import time
from pathlib import Path
from statistics import mean, median

import fasttext

from align.classify.classifier import Classifier
from experiments.labelled_sets import SETS, labelled_set, write_fasttext_file

BUCKETS, DIM = 200_000, 50
THEIRS = ({"epoch": 5, "lr": 0.5}, {"epoch": 25, "lr": 0.5})


def timed(work):
    """Returns the result of ``work`` and its wall seconds."""
    begun = time.perf_counter()
    return work(), time.perf_counter() - begun


def share(predicted, texts):
    """Returns the accuracy in percent."""
    return 100 * mean(label == one.labels[0] for label, one in zip(predicted, texts, strict=True))


def official(path, given, settings, seed):
    """Returns the accuracy, training and prediction seconds of the official library."""
    model, training = timed(
        lambda: fasttext.train_supervised(
            str(path), dim=DIM, wordNgrams=2, bucket=BUCKETS, thread=2, seed=seed, verbose=0, **settings
        )
    )
    found, predicting = timed(lambda: model.predict([one.text for one in given.test])[0])
    return share([label[0].removeprefix("__label__") for label in found], given.test), training, predicting


def ours(given, arguments, seed):
    """Returns the accuracy, training and prediction seconds of our classifier."""
    settings = {"dim": DIM, "buckets": BUCKETS, "epochs": arguments.epochs, "workers": arguments.workers}
    model = Classifier(**settings, tokeniser="split", seed=seed)
    _, training = timed(lambda: model.fit_texts(given.train))
    found, predicting = timed(lambda: model.predict([one.text for one in given.test]))
    return share(found.tolist(), given.test), training, predicting


def quantisation(given, arguments, seed):
    """Returns the accuracy and the bytes of the file of our classifier: whole, quantised, trained and quantised."""
    model = Classifier(dim=DIM, buckets=BUCKETS, epochs=arguments.epochs, tokeniser="split", seed=seed)
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for one in (model.fit_texts(given.train), model.quantised(), model.quantised(texts=given.train)):
            path = Path(folder) / "model"
            one.save(path)
            predicted = Classifier.load(path).predict([text.text for text in given.test])
            found += [share(predicted.tolist(), given.test), path.stat().st_size]
    return found


def row(name, runs, given, epochs):
    """Prints a line of the table: the mean accuracy, and speeds of the median run."""
    accuracy, training, predicting = mean(r[0] for r in runs), median(r[1] for r in runs), median(r[2] for r in runs)
    speed = len(given.train) * epochs / training
    print(
        f"  {name:28}{accuracy:7.2f} {epochs:4} {training:9.2f} {runs[0][1]:7.2f} {speed:11,.0f} "
        f"{len(given.test) / predicting:11,.0f}",
        flush=True,
    )


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", nargs="+", choices=SETS, default=SETS)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--quantised", action="store_true")
    arguments = parser.parse_args()
    if arguments.quantised:
        for name in arguments.sets:
            given = labelled_set(name)
            runs = [quantisation(given, arguments, seed) for seed in range(arguments.seeds)]
            whole, size, small, smaller, again, last = map(mean, zip(*runs, strict=True))
            print(
                f"{name}: {whole:.2f} %, {size:,.0f} bytes; quantised {small:.2f} %, 1/{size / smaller:.1f}; "
                f"trained first {again:.2f} %, 1/{size / last:.1f}",
                flush=True,
            )
        return
    print(f"  {'':28}{'acc':>7} {'ep':>4} {'train s':>9} {'first':>7} {'texts/s':>11} {'predict/s':>11}")
    for name in arguments.sets:
        given = labelled_set(name)
        print(f"{name}: {len(given.train):,} + {len(given.test):,} texts")
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "train.txt"
            write_fasttext_file(given.train, path)
            kinds = [[official(path, given, kind, seed) for seed in range(arguments.seeds)] for kind in THEIRS]
        best = max(range(len(THEIRS)), key=lambda number: mean(run[0] for run in kinds[number]))
        for number, (kind, runs) in enumerate(zip(THEIRS, kinds, strict=True)):
            mark = " *" if number == best else ""
            row(f"fastText, lr {kind['lr']}{mark}", runs, given, kind["epoch"])
        row("ours", [ours(given, arguments, seed) for seed in range(arguments.seeds)], given, arguments.epochs)


if __name__ == "__main__":
    main()
