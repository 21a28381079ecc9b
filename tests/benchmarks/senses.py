"""AdaGram beside a word-by-word reference: speed, held-out likelihood, and the senses of pseudo-words.

Run: ``python -m tests.benchmarks.senses CORPUS [--words N] [--pairs N] [--dim N] [--senses N] [--epochs N]
[--peer-epochs N] [--set NAME=VALUE ...] [--seeds N]``. ``CORPUS`` is a file made by ``align corpus``; ``--words`` takes
its first N words. A pseudo-word is a pair of words of 300 to 3,000 occurrences that are replaced by one, so that the
gold sense of each occurrence is known. Every tenth sentence is held out. The reference (``adagram.c``, compiled with
gcc) is the paper's algorithm with hierarchical softmax and the defaults of its authors' program: all words of a window
count, no sub-sampling, one pass, rate .025. ``--peer-epochs 0`` leaves it out.

Likelihood is the mean over context words of log sum_k pi_k prod_o p(o | w, k), without sub-sampling, with p normalised
over the whole vocabulary. Speed is in raw words of all passes a second of processor time, without compilation.
"""

import argparse
import ctypes
import subprocess
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from align.evaluate.induction import agreement
from align.senses import SenseSpace
from align.text.corpus import Corpus, open_corpus
from align.text.huffman import huffman_tree
from align.text.vocab import Vocab
from align.train.adagram import AdaGram
from align.train.models import train
from align.train.objectives.sense_prior import expected_prior

WINDOW, SAMPLED = 5, 5000


class Task(NamedTuple):
    """A training corpus, held-out token numbers (-1 ends a sentence), and the numbers that they had before merging."""

    corpus: Corpus
    held: np.ndarray
    before: np.ndarray
    pseudo: dict[int, tuple[int, int]]


def task_of(corpus: Corpus, words: int, pairs: int, seed: int) -> Task:
    """Merges random pairs of words, and holds out every tenth sentence."""
    ids = np.array(corpus.ids[:words] if words else corpus.ids)
    size = len(corpus.vocab)
    counts = np.bincount(ids[ids >= 0], minlength=size)
    fit = np.array([word.isalpha() and len(word) > 3 for word in corpus.vocab.words])
    drawn = np.random.default_rng(seed).permutation(np.flatnonzero((counts >= 300) & (counts <= 3000) & fit))
    chosen = drawn[: 2 * pairs].reshape(-1, 2)
    target = np.arange(size)
    target[chosen[:, 1]] = chosen[:, 0]
    merged = np.bincount(target, weights=counts * (counts >= 5), minlength=size).astype(np.int64)
    order = np.argsort(-merged, kind="stable")
    order = order[merged[order] > 0]
    number = np.full(size, -1)
    number[order] = np.arange(len(order))
    known = (ids < 0) | (counts[ids] >= 5)
    before, now = ids[known], np.where(ids[known] >= 0, number[target[ids[known]]], -1).astype(np.int32)
    names = {int(number[a]): (int(a), int(b)) for a, b in chosen}
    spelled = [str(corpus.vocab.words[i]) for i in order]
    for at, (a, b) in names.items():
        spelled[at] = f"{corpus.vocab.words[a]}+{corpus.vocab.words[b]}"
    held = (np.cumsum(now < 0) - (now < 0)) % 10 == 9
    rows = now[~held]
    trained = np.maximum(1, np.bincount(rows[rows >= 0], minlength=len(order)))
    return Task(Corpus(Vocab(spelled, trained), rows, "pseudo", "en"), now[held], before[held], names)


def contexts(held: np.ndarray, at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns the words of the window of each place, shape (t, 2 WINDOW), and which of them are in its sentence."""
    near = at[:, None] + np.array([k for k in range(-WINDOW, WINDOW + 1) if k])
    inside = (near >= 0) & (near < len(held))
    near = np.clip(near, 0, len(held) - 1)
    sentence = np.cumsum(held < 0)
    inside &= (held[near] >= 0) & (sentence[near] == sentence[at][:, None])
    return np.where(inside, held[near], 0), inside


class Scores(NamedTuple):
    """Adjusted Rand index, V-measure and clusters of the pseudo-words, as means; log likelihood of a context word."""

    ari: float
    v_measure: float
    clusters: float
    likelihood: float


def scored(task: Task, posterior) -> Scores:
    """Returns the scores of a model; ``posterior`` gives scores (t, k) and the log likelihood (t,) of places."""
    found = []
    for word, (a, _) in task.pseudo.items():
        at = np.flatnonzero(task.held == word)
        gold = task.before[at] == a
        if 0 < gold.sum() < len(gold):
            labels = posterior(at)[0].argmax(axis=1)
            found.append((*agreement(gold.tolist(), labels.tolist()), len(set(labels.tolist()))))
    at = np.random.default_rng(1).permutation(np.flatnonzero(task.held >= 0))[:SAMPLED]
    return Scores(*np.mean(found, axis=0), posterior(at)[1].sum() / contexts(task.held, at)[1].sum())


def log_sum(scores: np.ndarray) -> np.ndarray:
    """Returns log sum_k exp(scores_tk)."""
    most = scores.max(axis=1, keepdims=True)
    return (most + np.log(np.exp(scores - most).sum(axis=1, keepdims=True)))[:, 0]


def of_space(space: SenseSpace, task: Task, model: AdaGram):
    """Returns the posterior of our model."""
    base = task.corpus.vocab.occurrences**model.power
    base = np.log(base / base.sum() / task.corpus.vocab.keep_probability(model.sample))
    sizes = np.diff(space.first)

    def posterior(at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        words, inside = contexts(task.held, at)
        scores, likelihood = np.full((len(at), sizes.max()), -np.inf), np.zeros(len(at))
        owners = task.held[at]
        for word in np.unique(owners):
            rows, here = slice(space.first[word], space.first[word + 1]), np.flatnonzero(owners == word)
            log_p = space.vectors[rows] @ space.contexts.T + base
            log_p -= log_sum(log_p)[:, None]
            total = np.where(inside[here, None], log_p[:, words[here]].transpose(1, 0, 2), 0).sum(axis=2)
            likelihood[here] = log_sum(total + np.log(space.probability[rows]))
            for i in here:  # as the user gets it
                told = [str(space.vocab.words[w]) for w in words[i][inside[i]]]
                shares = space.in_context(str(space.vocab.words[word]), told).probability
                scores[i, : sizes[word]] = np.log(np.maximum(shares, 1e-300))
        return scores, likelihood

    return posterior


def ours(task: Task, model: AdaGram, seed: int) -> tuple[Scores, float, float]:
    """Returns the scores of our model, and its words per second of processor and of the clock."""
    ends: list[tuple[float, float]] = []
    train(model, task.corpus, seed=seed, callback=lambda *_: True)  # stops after a segment, which compiles
    start = time.process_time(), time.perf_counter()
    space = train(
        model,
        task.corpus,
        seed=seed,
        callback=lambda *_: ends.append((time.process_time(), time.perf_counter())) and None,
    )
    speed = len(task.corpus.ids) * model.epochs / (np.array(ends[-1]) - start)
    return scored(task, of_space(space, task, model)), *speed


def pointer(array: np.ndarray) -> ctypes.c_void_p:
    """Returns the address of an array, as C takes it."""
    return array.ctypes.data_as(ctypes.c_void_p)


def compiled(folder: str) -> ctypes.CDLL:
    """Returns the reference, compiled."""
    target = f"{folder}/adagram.so"
    source = str(Path(__file__).with_name("adagram.c"))
    command = ["gcc", "-O3", "-march=native", "-ffast-math", "-shared", "-fPIC", "-o", target, source, "-lm"]
    subprocess.run(command, check=True)
    return ctypes.CDLL(target)


def reference(task: Task, library: ctypes.CDLL, model: AdaGram, epochs: int, seed: int) -> tuple[Scores, float]:
    """Returns the scores of the reference, and its words per second of processor."""
    vocab, rng, d, senses = task.corpus.vocab, np.random.default_rng(seed), model.dim, model.senses
    tree = huffman_tree(vocab.occurrences)
    nodes, codes = np.ascontiguousarray(tree.node, np.int32), np.ascontiguousarray(tree.branch, np.int8)
    rows, inner = (
        ((rng.random(shape) - 0.5) / d).astype(np.float32) for shape in ((len(vocab), senses, d), (len(vocab) - 1, d))
    )
    counts, frequency = np.zeros((len(vocab), senses), np.float32), vocab.occurrences.astype(np.float32)
    ids, tokens = np.ascontiguousarray(task.corpus.ids), task.corpus.tokens
    shape = (ctypes.c_int(nodes.shape[1]), ctypes.c_int(d), ctypes.c_int(senses))
    start = time.process_time()
    for epoch in range(epochs):
        progress = (ctypes.c_double(x) for x in (0.025, epoch * tokens, epochs * tokens, 1e-10))
        arrays = (pointer(x) for x in (rows, inner, counts, frequency, nodes, codes))
        text = (pointer(ids), ctypes.c_int64(len(ids)))
        library.train(*text, *arrays, *shape, ctypes.c_double(model.concentration), ctypes.c_int(WINDOW), *progress)
    seconds = time.process_time() - start
    prior = np.log(np.maximum(expected_prior(counts, model.concentration), 1e-30)).astype(np.float32)
    held = np.ascontiguousarray(task.held, np.int32)

    def posterior(at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        places = np.ascontiguousarray(at, np.int64)
        found, likelihood = np.zeros((len(at), senses), np.float32), np.zeros(len(at))
        sizes = np.zeros(len(at), np.int32)
        given = (pointer(held), ctypes.c_int64(len(held)), pointer(places), ctypes.c_int64(len(at)))
        arrays = (pointer(x) for x in (rows, inner, prior, nodes, codes))
        out = (pointer(x) for x in (found, likelihood, sizes))
        library.disambiguate(*given, *arrays, *shape, ctypes.c_int(WINDOW), *out)
        return found, likelihood

    return scored(task, posterior), epochs * tokens / seconds


def parsed() -> argparse.Namespace:
    """Returns the options."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus")
    numbers = {"words": 0, "pairs": 40, "dim": 100, "senses": 5, "epochs": 3, "peer-epochs": 1, "seeds": 1}
    for name, default in numbers.items():
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--set", nargs="*", default=[], metavar="NAME=VALUE", help="settings of AdaGram")
    return parser.parse_args()


def main() -> None:
    """Trains both and prints a line for each."""
    options = parsed()
    corpus = open_corpus(options.corpus)
    model = AdaGram(dim=options.dim, senses=options.senses, epochs=options.epochs, window=WINDOW)
    model = replace(model, **{name: float(value) for name, value in (one.split("=") for one in options.set)})
    one_sense = replace(model, senses=1)
    heading = f"{'':30}{'words/s':>10}{'ARI':>8}{'V':>8}{'clusters':>10}{'log p':>9}"
    print(heading)

    def line(name: str, scores: Scores, speed: float) -> None:
        figures = (
            f"{speed:10,.0f}{scores.ari:8.3f}{scores.v_measure:8.3f}{scores.clusters:10.2f}{scores.likelihood:9.4f}"
        )
        print(f"{name:30}{figures}", flush=True)

    with tempfile.TemporaryDirectory() as folder:
        library = compiled(folder) if options.peer_epochs else None
        for seed in range(options.seeds):
            task = task_of(corpus, options.words, options.pairs, seed)
            for name, settings in ((f"align, {model.senses} senses", model), ("align, 1 sense", one_sense)):
                scores, processor, _ = ours(task, settings, seed)
                line(f"{name}, passes: {model.epochs}", scores, processor)
            if library is not None:
                for name, settings in (("reference", model), ("reference, 1 sense", one_sense)):
                    passes = options.peer_epochs
                    line(f"{name}, passes: {passes}", *reference(task, library, settings, passes, seed))


if __name__ == "__main__":
    main()
