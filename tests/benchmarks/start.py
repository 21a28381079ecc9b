"""Start of ``align translate`` with the cached default translator: ``python -m tests.benchmarks.start [--runs N]``.

Prints the medians of the time by the clock and of the processor time of new processes that translate one word. The
first run, which may read the files from disk, does not count.
"""

import argparse
import os
import statistics
import subprocess
import sys
import time

COMMAND = [sys.executable, "-m", "align", "translate", "king"]


def measure() -> tuple[float, float]:
    """Returns seconds and processor seconds of one process."""
    start = time.perf_counter()
    process = subprocess.Popen(COMMAND, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if os.waitstatus_to_exitcode(status):
        raise SystemExit("align translate failed")
    return time.perf_counter() - start, usage.ru_utime + usage.ru_stime


def main() -> None:
    """Prints one line."""
    parser = argparse.ArgumentParser(description="Start of align translate with the cached default translator.")
    parser.add_argument("--runs", type=int, default=5)
    runs = [measure() for _ in range(parser.parse_args().runs + 1)][1:]
    clock, processor = (statistics.median(part) for part in zip(*runs, strict=True))
    print(f"align translate king: {clock:.2f} s, {processor:.2f} s of processor time")


if __name__ == "__main__":
    main()
