"""Procrustes and CSLS on loaded vectors: time and memory compared with plain numpy in the same run.

``python -m tests.benchmarks.alignment`` (200,000 x 126,000 words, d = 100, 1,500 queries) and the same with
``--source 200000 --target 200000 --dim 300 --only ours`` for memory. The vectors are clusters; the target is a rotation
of the source with noise. ``ours`` computes the means that the queries need, ``all-means`` those of all words. Plain
numpy computes the same map, the means of all candidates by ``np.partition`` of blocks, and ``argsort`` of the scores.
"""

import argparse
import subprocess
import sys
import time
from functools import partial

import numpy as np

from tests.benchmarks.retrieval import peak, points

PAIRS, K, NEIGHBOURS, BLOCK = 5000, 10, 10, 512


def unit(x):
    return x / np.linalg.norm(x, axis=1, keepdims=True)


def plain(x, y, rows):
    """Map, means and search with numpy, block by block."""
    left, _, right = np.linalg.svd(x[:PAIRS].T @ y[:PAIRS])
    mapped = unit(x @ (left @ right)).astype(np.float32)
    means = np.concatenate(
        [
            np.partition(y[i : i + BLOCK] @ mapped.T, -NEIGHBOURS, axis=1)[:, -NEIGHBOURS:].mean(axis=1)
            for i in range(0, len(y), BLOCK)
        ]
    )
    ids, scores = [], []
    for i in range(0, len(rows), BLOCK):
        cosines = mapped[rows[i : i + BLOCK]] @ y.T
        own = np.partition(cosines, -NEIGHBOURS, axis=1)[:, -NEIGHBOURS:].mean(axis=1)
        block = 2 * cosines - means - own[:, None]
        ids.append(np.argsort(-block, axis=1, kind="stable")[:, :K])
        scores.append(np.take_along_axis(block, ids[-1], axis=1))
    return np.concatenate(ids), np.concatenate(scores)


def ours(x, y, rows, *, complete=False):
    """Map, means and search with align."""
    from align.bilingual.supervised.linear import procrustes
    from align.retrieval import CSLSIndex, unit_rows

    mapped = unit_rows(x @ procrustes(x[:PAIRS], y[:PAIRS]))
    index = CSLSIndex(mapped, y, k=NEIGHBOURS)
    return tuple((index.complete() if complete else index).nearest(rows, K))


def measure(who, source, target, dim, queries):
    """Runs in this process; prints seconds, processor seconds, peak memory in MB, and sums to compare."""
    x = points(source, dim, 1)
    rotation = np.linalg.qr(np.random.default_rng(2).normal(size=(dim, dim)))[0].astype(np.float32)
    y = unit(
        x[:target] @ rotation
        + np.float32(0.3 / dim**0.5) * np.random.default_rng(3).standard_normal((target, dim), np.float32)
    )
    y = y.astype(np.float32)
    rows = PAIRS + np.arange(queries)
    begun, cpu = time.perf_counter(), time.process_time()
    ids, scores = {"ours": ours, "all-means": partial(ours, complete=True), "numpy": plain}[who](x, y, rows)
    spent = time.perf_counter() - begun, time.process_time() - cpu
    print(*spent, peak(), float(scores.sum(dtype=np.float64)), float((ids[:, 0] == rows).mean()))


def main():
    parser = argparse.ArgumentParser()
    for name, value in (("source", 200_000), ("target", 126_000), ("dim", 100), ("queries", 1500), ("runs", 3)):
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--only", choices=("ours", "all-means", "numpy"))
    parser.add_argument("--measure")
    options = parser.parse_args()
    shape = (options.source, options.target, options.dim, options.queries)
    if options.measure:
        return measure(options.measure, *shape)
    print(
        f"Procrustes and CSLS, {shape[0]:,} x {shape[1]:,}, d = {shape[2]}, {shape[3]:,} queries; "
        f"the fastest of {options.runs} runs"
    )
    print(f"{'':10}{'seconds':>10}{'processor':>11}{'peak MB':>10}{'P@1':>8}")
    for who in ("ours", "all-means", "numpy") if options.only is None else (options.only,):
        command = [sys.executable, "-m", "tests.benchmarks.alignment", "--measure", who]
        command += [part for name, value in zip(("source", "target", "dim", "queries"), shape, strict=True)
                    for part in (f"--{name}", str(value))]  # fmt: skip
        runs = [
            [float(part) for part in subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()]
            for _ in range(options.runs)
        ]
        seconds, processor = min(run[0] for run in runs), min(run[1] for run in runs)
        most, total, right = max(run[2] for run in runs), runs[0][3], runs[0][4]
        print(
            f"{who:10}{seconds:10.1f}{processor:11.1f}{most:10.0f}{right:8.3f}  sum of scores {total:.2f}", flush=True
        )
    return None


if __name__ == "__main__":
    main()
