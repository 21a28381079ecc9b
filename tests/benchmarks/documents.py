"""Word Mover's Distance on R8, compared with gensim and plain numpy in one run, on the same documents and vectors.

Run: ``python -m tests.benchmarks.documents [--pairs N] [--queries N] [--threads N]``. Four comparisons: exact
distances in pairs per second (gensim's ``wmdistance``, POT's ``emd2`` on cost matrices of scipy; ours a pair a call,
all pairs in one call on one thread, and on several); nearest documents in
queries per second (gensim's ``WmdSimilarity`` on a part of the collection, scaled to all of it); relaxed distances in
pairs per second (a numpy loop over pairs); entropic transport in pairs per second (POT's ``sinkhorn2``, as many
iterations). All vectors have unit length, as by default in gensim. The speeds are printed by wall time and by processor
time, after a check that the answers agree. About four minutes on two cores.
"""

import argparse
import time

import numpy as np
from gensim.models import KeyedVectors
from gensim.similarities import WmdSimilarity
from ot import emd2, sinkhorn2
from scipy.spatial.distance import cdist

from align.meaning.documents.bags import bags_of, documents_of
from align.meaning.documents.entropic import ITERATIONS, REGULARISATION, entropic_distances, nearest_by_entropic
from align.meaning.documents.nearest import nearest_by_mover
from align.meaning.documents.relaxed import relaxed_distances
from align.meaning.documents.transport import mover_distances
from experiments.document_sets import read_set
from experiments.spaces import read_space

K = 5


def timed(work):
    """Returns the result of ``work``, its wall seconds, and its processor seconds."""
    wall, cpu = time.perf_counter(), time.process_time()
    made = work()
    return made, time.perf_counter() - wall, time.process_time() - cpu


def show(name, count, unit, seconds, best=None):
    """Prints a line: the speed by wall and processor time, and its ratio to another speed."""
    wall, cpu = seconds
    ratio = "" if best is None else f"{best[0] / wall * count / best[1]:9.1f}x {best[2] / cpu * count / best[1]:9.1f}x"
    print(f"  {name:28}{count / wall:14,.1f} {count / cpu:14,.1f} {unit} {ratio}")
    return wall, count, cpu


def exact(x, y, texts, vectors, threads):
    """Prints the speed of exact distances, in pairs per second."""
    mover_distances(x.take([0]), y.take([0]))
    found, *ours = timed(lambda: mover_distances(x, y, threads=1))
    _, *threaded = timed(lambda: mover_distances(x, y, threads=threads))
    few = min(len(texts[0]), 8), min(len(texts[1]), 40)
    singles = [[side.take([i]) for i in range(size)] for side, size in zip((x, y), few, strict=True)]
    _, *single = timed(lambda: [mover_distances(one, other, threads=1) for one in singles[0] for other in singles[1]])
    theirs, *gensim = timed(
        lambda: np.array([[vectors.wmdistance(a, b) for b in texts[1][: few[1]]] for a in texts[0][: few[0]]])
    )
    np.testing.assert_allclose(found[: few[0], : few[1]], theirs, atol=1e-5)

    def plain():
        """POT on the whole problem."""
        made = np.empty(few)
        for i in range(few[0]):
            for j in range(few[1]):
                (one, a), (other, b) = x[i], y[j]
                costs = cdist(x.space.unit[one].astype(float), y.space.unit[other].astype(float))
                made[i, j] = emd2(a, b, costs)
        return made

    np.testing.assert_allclose(theirs, plain(), atol=1e-5)
    _, *pot = timed(plain)
    print("exact Word Mover's Distance")
    best = show("gensim wmdistance", few[0] * few[1], "pairs/s", gensim)
    show("POT emd2 with cdist", few[0] * few[1], "pairs/s", pot, best=best)
    show("align, a pair a call", few[0] * few[1], "pairs/s", single, best=best)
    show("align, 1 thread", found.size, "pairs/s", ours, best=best)
    show(f"align, {threads} threads", found.size, "pairs/s", threaded, best=best)


def nearest(x, y, texts, vectors):
    """Prints the speed of the nearest documents, in queries per second."""
    found, *ours = timed(lambda: nearest_by_mover(x, y, K))
    part = min(300, len(texts[1]))
    index = WmdSimilarity(texts[1][:part], vectors, num_best=K)
    queries = texts[0][:2]
    _, wall, cpu = timed(lambda: [index[query] for query in queries])
    scale = len(y) / part
    full = mover_distances(x.take([0]), y)[0]
    np.testing.assert_allclose(found.distances[0], np.sort(full)[:K], atol=1e-9)
    print(f"nearest {K} of {len(y):,} documents ({found.solved.mean():.0f} exact distances per query)")
    best = show("gensim WmdSimilarity", len(queries), "queries/s", (wall * scale, cpu * scale))
    show("align", len(x), "queries/s", ours, best=best)


def relaxed(x, y):
    """Prints the speed of relaxed distances, in pairs per second."""
    found, *ours = timed(lambda: relaxed_distances(x, y))
    rows, columns = min(len(x), 10), min(len(y), 300)

    def loop():
        made = np.empty((rows, columns))
        for i in range(rows):
            one, a = x[i]
            u = x.space.unit[one]
            for j in range(columns):
                other, b = y[j]
                costs = np.sqrt(np.maximum(2.0 - 2.0 * u @ y.space.unit[other].T, 0.0))
                made[i, j] = max(a @ costs.min(axis=1), b @ costs.min(axis=0))
        return made

    plain, *theirs = timed(loop)
    np.testing.assert_allclose(found[:rows, :columns], plain, atol=1e-3)
    print("relaxed Word Mover's Distance")
    best = show("numpy loop", rows * columns, "pairs/s", theirs)
    show("align", found.size, "pairs/s", ours, best=best)


def entropic(x, y):
    """Prints the speed of entropic transport: pairs per second, and nearest documents in queries per second."""
    rows, columns = min(len(x), 4), min(len(y), 100)

    def pot(method):
        """POT on each pair, from y to x: it scales the rows last, so that its steps are ours. It never stops early."""
        made = np.empty((rows, columns))
        for i in range(rows):
            for j in range(columns):
                (one, a), (other, b) = x[i], y[j]
                costs = cdist(x.space.unit[one].astype(float), y.space.unit[other].astype(float))
                settings = {"numItermax": ITERATIONS, "stopThr": 0.0, "warn": False}
                made[i, j] = sinkhorn2(b, a, costs.T, REGULARISATION, method=method, **settings)
        return made

    entropic_distances(x, y)  # compiles
    found, *ours = timed(lambda: entropic_distances(x, y))
    plain, *products = timed(lambda: pot("sinkhorn"))
    np.testing.assert_allclose(found[:rows, :columns], plain, atol=1e-4)
    _, *logarithms = timed(lambda: pot("sinkhorn_log"))
    print(f"entropic transport, {ITERATIONS} iterations")
    best = show("POT sinkhorn2, log domain", plain.size, "pairs/s", logarithms)
    show("POT sinkhorn2, products", plain.size, "pairs/s", products, best=best)
    show("align", found.size, "pairs/s", ours, best=best)


def entropic_nearest(x, y):
    """Prints the speed of the nearest documents by entropic transport, and how many costs they need."""
    nearest_by_entropic(x.take(range(len(x) // 2)), y, K)  # compiles
    found, *ours = timed(lambda: nearest_by_entropic(x, y, K))
    print(f"nearest {K} of {len(y):,} documents by entropic transport ({found.solved.mean():.0f} costs per query)")
    show("align", len(x), "queries/s", ours)


def main():
    """Measures and prints."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--pairs", type=int, default=4000)
    parser.add_argument("--queries", type=int, default=40)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    space = read_space("googlenews-small")
    train, test = read_set("R8", train=10_000, test=10_000, seed=0)
    texts = [[[word for word in text if word in space] for text in part.texts] for part in (test, train)]
    x, y = (bags_of(documents_of(space, side)) for side in texts)
    vectors = KeyedVectors(space.dim)
    vectors.add_vectors(list(space.vocab.words), np.asarray(space.vectors))
    print(f"R8, {len(x):,} and {len(y):,} documents of {y.sizes.mean():.0f} different words, {space}")
    print(f"  {'':28}{'wall':>14} {'processor':>14} {'':9}{'ratio to gensim or loop: wall, processor':>30}")
    columns = 100
    exact(x.take(range(options.pairs // columns)), y.take(range(columns)), texts, vectors, options.threads)
    nearest(x.take(range(options.queries)), y, texts, vectors)
    relaxed(x.take(range(500)), y)
    entropic(x.take(range(10)), y.take(range(300)))
    entropic_nearest(x.take(range(10)), y)


if __name__ == "__main__":
    main()
