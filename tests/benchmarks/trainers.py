"""Trainers of running text compared with gensim, and fastText with its own program: speed, memory and scores.

Run: ``python -m tests.benchmarks.trainers sgns|cbow|skipgram-hs|cbow-hs|fasttext [--corpus FILE] [--dim 100]
[--epochs 5] [--runs 3] [--seeds 3] [--speed-only] [--set NAME=VALUE ...]``. The corpus is the default English one or
FILE. Both programs read the same tokens and vocabulary, with window 5, 5 negatives (none with hierarchical softmax),
2 workers (gensim with ``corpus_file``) or 2 threads (fastText), and their own learning rates. Each uses its default
sub-sampling (gensim 1e-3, fastText 1e-4); ``--sample`` sets both. Semantic and syntactic analogies are also listed
apart. fastText's vectors are read from the .bin file that it writes, so that unseen words count for both programs.
Each run is a separate process with another seed; the programs alternate. The table has medians of all runs, and scores
averaged over the first ``--seeds`` runs. align has two speeds: with the compilation, and from the second segment on.
"""

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import fields
from pathlib import Path

import numpy as np

MODELS = {
    "sgns": {"sg": 1, "hs": 0, "negative": 5},
    "cbow": {"sg": 0, "hs": 0, "negative": 5},
    "skipgram-hs": {"sg": 1, "hs": 1, "negative": 0},
    "cbow-hs": {"sg": 0, "hs": 1, "negative": 0},
    "fasttext": {"model": "skipgram", "neg": 5},
}
WORKERS = 2


def setting(kind, text):
    """Parses NAME=VALUE; the value gets the type of the model's field."""
    name, _, value = text.partition("=")
    default = {field.name: field.default for field in fields(kind)}[name]
    return name, value == "True" if isinstance(default, bool) else type(default)(value)


def ours(options):
    """Trains with align; returns the space and the speeds."""
    from align.text.corpus import open_corpus
    from align.train import models

    kind = models.MODELS[options.model]
    given = {} if options.sample is None else {"sample": options.sample}
    settings = [text for text in options.set if not text.startswith("workers=")]
    workers = next((int(text.removeprefix("workers=")) for text in options.set if text.startswith("workers=")), 0)
    given |= dict(setting(kind, text) for text in settings)
    model = kind(dim=options.dim, epochs=options.epochs, **given)
    corpus = open_corpus(options.corpus)
    ends = []
    start = time.perf_counter()
    space = models.train(
        model,
        corpus,
        seed=options.seed,
        workers=workers,
        callback=lambda *_: ends.append((time.perf_counter(), time.process_time())),
    )
    seconds = time.perf_counter() - start
    total = corpus.tokens * options.epochs
    later = total * (len(ends) - 1) / len(ends)
    steady, core = (later / max(last - first, 1e-9) for first, last in zip(ends[0], ends[-1], strict=True))
    return space, {"whole": total / seconds, "steady": steady, "core": core, "sample": model.sample}


def gensim(options):
    """Trains with gensim; returns the space and the speeds."""
    from gensim.models import Word2Vec

    from align.space import Space
    from align.text.corpus import open_corpus

    corpus = open_corpus(options.corpus)
    words = list(corpus.vocab.words)
    sample = 1e-3 if options.sample is None else options.sample
    model = Word2Vec(
        vector_size=options.dim, window=5, sample=sample, workers=WORKERS, seed=options.seed, min_count=1,
        **MODELS[options.model],
    )  # fmt: skip
    counts = dict(zip(words, corpus.vocab.occurrences.tolist(), strict=True))
    model.build_vocab_from_freq(counts, corpus_count=corpus.sentences)
    start, busy = time.perf_counter(), time.process_time()
    model.train(
        corpus_file=str(options.text), total_examples=corpus.sentences, total_words=corpus.tokens, epochs=options.epochs
    )
    total = corpus.tokens * options.epochs
    speed, core = total / (time.perf_counter() - start), total / (time.process_time() - busy)
    return Space(corpus.vocab, model.wv[words]), {"whole": speed, "steady": speed, "core": core, "sample": sample}


def official(options):
    """Trains fastText's own library. Its time includes reading the text for the vocabulary."""
    import fasttext

    from align.files import load
    from align.text.corpus import open_corpus

    corpus = open_corpus(options.corpus)
    sample = 1e-4 if options.sample is None else options.sample
    start, busy = time.perf_counter(), time.process_time()
    model = fasttext.train_unsupervised(
        str(options.text), dim=options.dim, ws=5, epoch=options.epochs, minCount=1, t=sample, thread=WORKERS, verbose=0,
        **MODELS["fasttext"],
    )  # fmt: skip
    total = corpus.tokens * options.epochs
    speed, core = total / (time.perf_counter() - start), total / (time.process_time() - busy)
    found = {"whole": speed, "steady": speed, "core": core, "sample": sample}
    found["peak"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    path = options.text.with_suffix(".bin")
    model.save_model(str(path))
    del model
    return load(path), found


def scores_of(space, every):
    """Returns Spearman's rho of each set of rated pairs, and the accuracy of both kinds of analogies.

    ``every`` is the part of the pairs and questions to use. The words of analogies are the 30,000 most frequent.
    """
    from align.catalogue import resolve
    from align.evaluate.analogy import accuracy, read_questions
    from align.evaluate.similarity import similarity
    from align.evaluate.suite import PAIRS, pair_set

    pairs = [one.part(one.name, every) for name in PAIRS["en"] for one in pair_set(name)]
    found = {one.name: similarity(space, one).spearman.value for one in pairs}
    kinds = {"semantic": [], "syntactic": []}
    for one in read_questions(resolve("questions-words")):
        kinds["syntactic" if one.name.startswith("gram") else "semantic"].append(
            one._replace(questions=one.questions[every])
        )
    part = space.restrict(30_000)
    return found | {kind: accuracy(part, categories).total.value for kind, categories in kinds.items()}


def measure(options):
    """Runs once in this process and prints a line of JSON."""
    space, found = {"ours": ours, "gensim": gensim, "official": official}[options.measure](options)
    found.setdefault("peak", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    if not options.speed_only:
        found["scores"] = scores_of(space, slice(None, None, 2) if options.development else slice(None))
    print(json.dumps(found))


def write_text(corpus, path):
    """Writes the corpus as text for gensim, a sentence on each line."""
    words = [*corpus.vocab.words, ""]
    ends = np.flatnonzero(np.asarray(corpus.ids) < 0)
    with path.open("w", encoding="utf-8") as file:
        first = 0
        for end in ends.tolist():
            file.write(" ".join([words[i] for i in corpus.ids[first:end].tolist()]) + "\n")
            first = end + 1


def show(found, speed_only):
    """Prints the table."""
    columns = {"whole": "words/s", "steady": "steady", "core": "per core", "peak": "peak MiB", "sample": "sample"}
    middle = {who: {key: statistics.median(run[key] for run in runs) for key in columns} for who, runs in found.items()}
    print(f"{'':8}" + "".join(f"{title:>12}" for title in columns.values()) + f"{'best steady':>14}{'runs':>6}")
    for who, row in middle.items():
        best = max(run["steady"] for run in found[who])
        print(f"{who:8}" + "".join(f"{value:12,.5g}" for value in row.values()) + f"{best:14,.5g}{len(found[who]):6}")
    if len(middle) == 2:
        peer = next(who for who in middle if who != "ours")
        ratios = [middle["ours"][key] / middle[peer][key] for key in ("whole", "steady", "core")]
        print(f"{'ratio':8}" + "".join(f"{ratio:12.2f}" for ratio in ratios))
    if speed_only:
        return
    scores = {who: [run["scores"] for run in runs if "scores" in run] for who, runs in found.items()}
    names = list(next(iter(scores.values()))[0])
    print(f"\n{'':8}" + "".join(f"{name:>18}" for name in names) + f"{'seeds':>8}")
    for who, rows in scores.items():
        cells = [[row[name] for row in rows] for name in names]
        texts = [f"{np.mean(cell):.3f} +- {np.std(cell):.3f}" for cell in cells]
        print(f"{who:8}" + "".join(f"{text:>18}" for text in texts) + f"{len(rows):8}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("model", choices=MODELS)
    parser.add_argument("--corpus", type=Path)
    parser.add_argument("--dim", type=int, default=100)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--sample", type=float)
    parser.add_argument("--only", choices=("ours", "gensim", "official"))
    parser.add_argument("--speed-only", action="store_true")
    parser.add_argument("--development", action="store_true", help="score every second pair and question only")
    parser.add_argument("--set", nargs="*", default=[], metavar="NAME=VALUE", help="settings of our model, and workers")
    parser.add_argument("--measure", help=argparse.SUPPRESS)
    parser.add_argument("--text", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--seed", type=int, default=1, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        measure(options)
        return
    from align.text.corpus import open_corpus

    peer = "official" if options.model == "fasttext" else "gensim"
    programs = [options.only] if options.only else ["ours", peer]
    found = {who: [] for who in programs}
    with tempfile.TemporaryDirectory() as folder:
        if options.corpus is None:
            from align.text.defaults import default_corpus

            options.corpus = Path(folder) / "default.corpus"
            default_corpus("en").save(options.corpus)
        corpus = open_corpus(options.corpus)
        settings = " ".join(options.set)
        print(f"{options.model}: {corpus}, dim {options.dim}, {options.epochs} epochs {settings}", flush=True)
        text = Path(folder) / "corpus.txt"
        if peer in programs:
            write_text(corpus, text)
        for number in range(options.runs if options.speed_only else max(options.runs, options.seeds)):
            for who in programs:
                command = [sys.executable, "-W", "ignore", "-m", "tests.benchmarks.trainers", *sys.argv[1:]]
                command += ["--measure", who, "--text", str(text), "--seed", str(number + 1)]
                command += ["--corpus", str(options.corpus)]
                command += ["--speed-only"] if number >= options.seeds else []
                done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
                found[who].append(json.loads(done.stdout.splitlines()[-1]))
                print(f"  {who} {json.dumps(found[who][-1])}", file=sys.stderr, flush=True)
    show(found, options.speed_only)


if __name__ == "__main__":
    main()
