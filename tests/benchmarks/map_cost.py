"""Processor time and peak memory of ``align map`` by method: ``python -m tests.benchmarks.map_cost [METHOD ...]``.

Each method runs in a process of its own, from opening the spaces to the saved file, on ``--english`` and ``--chinese``.
A number in place of a method is `best` with this number of pairs; `none` is `best` without pairs.
Processor time is the sum over cores, so it does not depend on what else the machine does.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

METHODS = ("procrustes", "reweighted", "mlp", "best")
PAIRLESS = ("none",)


def measure(method: str, english: str, chinese: str, folder: Path) -> tuple[float, float, float]:
    """Returns seconds, seconds of processor time, and peak memory in GB of one ``align map``."""
    if method.isdigit():
        options = ["--pairs", method]
    elif method in PAIRLESS:
        options = ["--dictionary", "none"]
    else:
        options = ["--method", method]
    command = [sys.executable, "-m", "align", "--quiet", "map", english, chinese, "-o", str(folder / "made.align")]
    start = time.perf_counter()
    process = subprocess.Popen([*command, *options])
    _, status, usage = os.wait4(process.pid, 0)
    if os.waitstatus_to_exitcode(status):
        raise SystemExit(f"{method}: align map failed")
    return time.perf_counter() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1e6


def main() -> None:
    """Prints one line a method."""
    parser = argparse.ArgumentParser(description="Processor time and peak memory of align map by method.")
    parser.add_argument("methods", nargs="*", default=METHODS)
    parser.add_argument("--english", default="googlenews-small")
    parser.add_argument("--chinese", default="chinese-synonym")
    options = parser.parse_args()
    print(f"{'method':<16}{'s':>8}{'processor s':>14}{'peak GB':>10}")
    with tempfile.TemporaryDirectory() as folder:
        for method in options.methods:
            taken, processor, memory = measure(method, options.english, options.chinese, Path(folder))
            print(f"{method:<16}{taken:>8.0f}{processor:>14.0f}{memory:>10.1f}", flush=True)


if __name__ == "__main__":
    main()
