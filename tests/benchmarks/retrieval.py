"""CSLS on whole vocabularies: time and peak memory, compared with plain numpy on blocks of the matrix.

Run: ``python -m tests.benchmarks.retrieval [--queries N] [--candidates N] [--dim D] [--runs N]``. Random unit vectors
of the shape of the default spaces (26,423 x 125,785, d = 100). Both programs compute the neighbourhood means of both
languages, and then the ten best candidates of every query. Plain numpy uses blocks of 1,000 rows, ``argpartition``, and
a second pass for the candidates' means. Every run is a separate process; about five minutes on two cores.
"""

import argparse
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

K = 10
BLOCK = 1000


def points(rows, dim, seed):
    """Returns unit vectors around a common direction and some clusters, so that there are hubs."""
    rng = np.random.default_rng(seed)
    centres = np.random.default_rng(0).normal(size=(50, dim))
    made = centres[rng.integers(0, 50, rows)] + 1.5 * rng.normal(size=(rows, dim)) + 0.3
    return (made / np.linalg.norm(made, axis=1, keepdims=True)).astype(np.float32)


def ours(x, y):
    """Computes the means of both sides in one pass, then the best candidates."""
    from align.retrieval import CSLSIndex

    start = time.perf_counter()
    index = CSLSIndex(x, y, k=K).complete()
    middle = time.perf_counter()
    found = index.nearest(np.arange(len(x)), K)
    return found.ids, found.scores, middle - start, time.perf_counter() - middle


def plain(x, y):
    """The same with numpy: blocks of the matrix, and ``argpartition``."""
    start = time.perf_counter()
    means = []
    for one, other in ((x, y), (y, x)):
        parts = [
            np.partition(one[i : i + BLOCK] @ other.T, -K, axis=1)[:, -K:].mean(axis=1)
            for i in range(0, len(one), BLOCK)
        ]
        means.append(np.concatenate(parts))
    middle = time.perf_counter()
    ids, scores = np.empty((len(x), K), np.int64), np.empty((len(x), K), np.float32)
    for i in range(0, len(x), BLOCK):
        block = 2 * (x[i : i + BLOCK] @ y.T) - means[0][i : i + BLOCK, None] - means[1]
        some = np.argpartition(-block, K, axis=1)[:, :K]
        values = np.take_along_axis(block, some, axis=1)
        order = np.argsort(-values, axis=1, kind="stable")
        ids[i : i + BLOCK] = np.take_along_axis(some, order, axis=1)
        scores[i : i + BLOCK] = np.take_along_axis(values, order, axis=1)
    return ids, scores, middle - start, time.perf_counter() - middle


def peak():
    """Returns the peak memory of this process in MB."""
    return int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]) / 1024


def measure(who, queries, candidates, dim):
    """Runs in this process; prints seconds of means and search, the growth of the peak memory, and sums to compare."""
    x, y = points(queries, dim, 1), points(candidates, dim, 2)
    before = peak()
    ids, scores, means, search = {"ours": ours, "numpy": plain}[who](x, y)
    print(means, search, peak() - before, float(scores.sum(dtype=np.float64)), int(ids.sum()))


def median(who, options):
    """Returns the medians of the runs."""
    shape = [str(n) for n in (options.queries, options.candidates, options.dim)]
    command = [sys.executable, "-m", "tests.benchmarks.retrieval", "--measure", who, *shape]
    outputs = [subprocess.run(command, check=True, capture_output=True, text=True).stdout for _ in range(options.runs)]
    return [statistics.median(column) for column in zip(*(map(float, line.split()) for line in outputs), strict=True)]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--queries", type=int, default=26_423)
    parser.add_argument("--candidates", type=int, default=125_785)
    parser.add_argument("--dim", type=int, default=100)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--measure", nargs=4)
    options = parser.parse_args()
    if options.measure:
        return measure(options.measure[0], *map(int, options.measure[1:]))
    shape = f"{options.queries:,} x {options.candidates:,}, d = {options.dim}"
    print(f"CSLS of {shape}, {K} neighbours; medians of {options.runs} runs")
    print(f"{'':8}{'means s':>10}{'search s':>10}{'total':>10}{'speed-up':>12}{'peak MB':>10}")
    found = {who: median(who, options) for who in ("ours", "numpy")}
    whole = sum(found["numpy"][:2])
    for who, (means, search, grown, *_) in found.items():
        together = means + search
        print(f"{who:8}{means:10.1f}{search:10.1f}{together:10.1f}{whole / together:12.2f}{grown:10.0f}")
    same = np.allclose(found["ours"][3:], found["numpy"][3:], rtol=1e-5)
    print("the same answers" if same else f"the answers differ: {found}")
    return None


if __name__ == "__main__":
    main()
