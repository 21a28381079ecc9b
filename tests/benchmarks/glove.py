"""GloVe: speed of counting and training, loss and accuracy, optionally compared with the authors' programs.

Run: ``python -m tests.benchmarks.glove CORPUS [--words N] [--peer FOLDER] [--cellwise] [--epochs N] [--dim N] [--runs
N]``. ``CORPUS`` is a file made by ``align corpus``; ``--words`` takes its first N words. ``FOLDER`` contains the
compiled programs ``cooccur``, ``shuffle`` and ``glove`` of the authors' release. All use a window of 10 words, x_max
10, alpha .75 and two threads. ``--cellwise`` trains on the same cells by equations 8 and 9 of the paper, one cell at a
time, which is slow. Every time is the minimum over runs of counting, or over segments of training. About five minutes
for each program on 12 million words.
"""

import argparse
import re
import subprocess
import tempfile
import time
from functools import partial
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

from align.evaluate.suite import evaluate_suite
from align.files import load
from align.space import Space
from align.text.cooccurrence import count_cells
from align.text.corpus import Corpus, open_corpus
from align.text.vocab import Vocab
from align.train.glove import GloVe
from align.train.loop import run
from align.train.model import Request

THREADS = 2


def counting(corpus, runs):
    """Returns the minimum seconds of ``runs`` runs, and the number of cells."""
    seconds = []
    for _ in range(runs):
        start = time.perf_counter()
        cells = count_cells(corpus, threads=THREADS)
        seconds.append(time.perf_counter() - start)
    return min(seconds), len(cells.row)


def ours(corpus, dim, epochs):
    """Returns cells per second in the fastest segment and overall, the loss per cell of each epoch, and the space."""
    model = GloVe(dim=dim, epochs=epochs)
    plan = model.plan(corpus, Request(1))
    per_epoch = plan.source.segments // epochs
    cells = plan.source.matrix.cells
    ends = [time.perf_counter()]
    state, losses = run(
        plan.objective,
        plan.source,
        plan.config,
        key=jax.random.key(1),
        callback=lambda *_: ends.append(time.perf_counter()),
    )
    seconds = np.diff(ends)[1:]  # the first segment compiles
    by_epoch = losses.reshape(epochs, per_epoch).mean(axis=1) * plan.source.steps / cells
    return cells / per_epoch / seconds.min(), cells / per_epoch / seconds.mean(), by_epoch, model.space(state, corpus)


def beginning(corpus, words):
    """Returns the first ``words`` words of a corpus, without rare ones, as a corpus."""
    ids = np.asarray(corpus.ids[:words])
    counts = np.bincount(ids[ids >= 0], minlength=len(corpus.vocab))
    kept = np.argsort(-counts, kind="stable")[: np.count_nonzero(counts >= 5)]
    number = np.full(len(counts) + 1, -2, np.int32)  # its last entry is for sentence ends
    number[kept], number[-1] = np.arange(len(kept)), -1
    ids = number[ids]
    vocab = Vocab([corpus.vocab.words[place] for place in kept], counts[kept].astype(np.int64))
    return Corpus(vocab, ids[ids > -2], name=corpus.name)


@partial(jax.jit, donate_argnums=0)
def cell_by_cell(table, cells):
    """An epoch of AdaGrad on equation 8, rate .05. A row of ``table`` has vector, bias and their sums of squares."""

    def step(table, cell):
        places, log_count = cell
        (one, other), sums = (table[places][:, part] for part in (0, 1))
        error = one[:-1] @ other[:-1] + one[-1] + other[-1] - log_count
        pull = jnp.exp(0.75 * jnp.minimum(log_count - np.log(10), 0)) * error
        grads = pull * jnp.stack([other.at[-1].set(1), one.at[-1].set(1)])
        return table.at[places].add(jnp.stack([-0.05 * grads / jnp.sqrt(sums), grads**2], 1)), pull * error / 2

    table, losses = jax.lax.scan(step, table, cells)
    return table, losses.mean()


def cellwise(corpus, dim, epochs):
    """Returns cells per second of the plain equations, the loss per cell of each epoch, and the space."""
    cells = count_cells(corpus)
    rng, words = np.random.default_rng(1), len(corpus.vocab)
    table = np.ones((2 * words, 2, dim + 1), np.float32)
    table[:, 0] = (rng.random((2 * words, dim + 1)) - 0.5) / dim
    order = rng.permutation(len(cells.row))
    places = np.stack([cells.row, words + cells.column], axis=1)[order]
    mixed = jnp.asarray(places), jnp.asarray(np.log(cells.value[order]))
    table, losses, seconds = jnp.asarray(table), [], []
    for _ in range(epochs):
        start = time.perf_counter()
        table, loss = cell_by_cell(table, mixed)
        losses.append(float(loss))
        seconds.append(time.perf_counter() - start)
    vectors = np.asarray(table)[:, 0, :dim]
    return len(cells.row) / min(seconds), losses, Space(corpus.vocab, vectors[:words] + vectors[words:])


def peer(corpus, folder, dim, epochs):
    """Returns seconds of the authors' three programs, the loss per cell of each epoch, and the space."""
    with tempfile.TemporaryDirectory() as place:
        text, vocab, cells, mixed, out = (Path(place) / name for name in ("text", "vocab", "cells", "mixed", "vectors"))
        words = np.array([*corpus.vocab.words, "\n"])
        with text.open("w", encoding="utf-8") as file:
            for start in range(0, len(corpus.ids), 1 << 20):
                file.write(" ".join(words[corpus.ids[start : start + (1 << 20)]]).replace("\n ", "\n") + " ")
        pairs = zip(corpus.vocab.words, corpus.vocab.counts, strict=True)
        vocab.write_text("".join(f"{word} {count}\n" for word, count in pairs), encoding="utf-8")
        seconds = []
        log = ""
        for program, options, source, target in (
            ("cooccur", "-window-size 10 -memory 4.0", text, cells),
            ("shuffle", "-memory 4.0", cells, mixed),
            (
                "glove",
                f"-input-file {mixed} -save-file {out} -vector-size {dim} -iter {epochs} -threads {THREADS} -x-max 10",
                None,
                None,
            ),
        ):
            command = [str(folder / program), *options.split(), "-vocab-file", str(vocab)]
            start = time.perf_counter()
            with (source or vocab).open("rb") as given, (target or Path(place) / "log").open("wb") as made:
                log = subprocess.run(command, stdin=given, stdout=made, stderr=subprocess.PIPE, check=True).stderr
            seconds.append(time.perf_counter() - start)
        losses = [float(found) for found in re.findall(r"cost: ([\d.]+)", log.decode())]
        return seconds, losses, load(out.with_suffix(".txt"))


def scores(space):
    return " ".join(f"{name} {score.value:.3f}" for name, score in evaluate_suite(space).items())


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--peer", type=Path)
    parser.add_argument("--cellwise", action="store_true")
    parser.add_argument("--words", type=int)
    parser.add_argument("--epochs", type=int, default=15)
    parser.add_argument("--dim", type=int, default=100)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    corpus = open_corpus(options.corpus)
    if options.words:
        corpus = beginning(corpus, options.words)
    seconds, cells = counting(corpus, options.runs)
    print(f"{corpus.tokens:,} words, {len(corpus.vocab):,} different, {cells:,} cells; d = {options.dim}")
    print(f"ours: counted in {seconds:.1f} s ({corpus.tokens / seconds / 1e6:.2f} M words/s)", flush=True)
    best, mean, losses, space = ours(corpus, options.dim, options.epochs)
    print(f"ours: {best / 1e6:.2f} M cells/s in the fastest segment, {mean / 1e6:.2f} M overall")
    print(
        f"ours: loss per cell by epoch {' '.join(f'{loss:.4f}' for loss in losses)}\nours: {scores(space)}", flush=True
    )
    if options.cellwise:
        rate, losses, space = cellwise(corpus, options.dim, options.epochs)
        print(f"cell by cell: {rate / 1e6:.2f} M cells/s; training {mean / rate:.1f}x")
        print(f"cell by cell: loss per cell by epoch {' '.join(f'{loss:.4f}' for loss in losses)}")
        print(f"cell by cell: {scores(space)}", flush=True)
    if options.peer:
        (counted, shuffled, trained), losses, space = peer(corpus, options.peer, options.dim, options.epochs)
        rate = cells * options.epochs / trained
        print(f"peer: counted in {counted:.1f} s, shuffled in {shuffled:.1f} s; {rate / 1e6:.2f} M cells/s")
        print(f"peer: loss per cell by epoch {' '.join(f'{loss:.4f}' for loss in losses)}\npeer: {scores(space)}")
        print(f"counting {(counted + shuffled) / seconds:.1f}x, training {mean / rate:.1f}x")


if __name__ == "__main__":
    main()
