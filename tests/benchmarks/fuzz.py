"""Mutated files of every format: each is read correctly or refused with one line.

Run: ``python -m tests.benchmarks.fuzz [--files N] [--seed S] [--kinds KIND ...] [--only NUMBER]``. N files (default
10,000) are divided evenly among the kinds. File i of a kind depends only on the seed ``S/KIND/i``, which the line of a
fault contains: ``--kinds KIND --only i`` makes the file again. About four minutes for 10,000 files on one core.

Criteria, for each file:
- error: reading raises ValueError, KeyError or OSError, which the command line prints as one line with exit status 2;
  any other exception would be a traceback or exit status 1, and a message of several lines is a fault too.
- hang: reading takes more than 10 s of processor time, or 200 s.
- memory: the peak of traced memory is above twice that of the sound file, plus 16 MB for the readers' buffers.
- value: a value differs from the sound file's although its bytes are intact. Of a vector file: a word whose entry is
  intact has another vector, or a word of a binary file has a vector that does not follow it in the file. Of a
  safetensors file: more bytes of the arrays differ than were mutated. Of a packed file: any value differs, since
  packing has a checksum. Of lines (texts, dictionaries): a line that is intact, between intact lines, has lost or
  changed its content.
A byte changed within a value leaves a sound file of another value; no reader of these formats can know.
"""

import argparse
import collections
import contextlib
import logging
import random
import signal
import sys
import tempfile
import time
import tracemalloc
from pathlib import Path

from align.encoding import suggest_encoding
from tests.benchmarks.fuzz_kinds import KINDS

HANG_S = 10
SLACK = 16 << 20
INTERESTING = [
    b"\0",
    b"\xff",
    b"\n",
    b" ",
    b"\t",
    b"-1",
    b"nan",
    b"1e999",
    b"\xff" * 8,
    b"\0" * 8,
    b"999999999",
    b"{",
    b"<",
    b"|",
]


class HangError(BaseException):
    """Reading took more than ``HANG_S`` seconds of processor time."""


def mutate(data, draw):
    """A mutated copy of ``data``."""
    kind = draw.choice(["flip", "flip", "overwrite", "insert", "delete", "cut", "repeat", "swap", "zero", "digit"])
    at = draw.randrange(len(data)) if draw.random() < 0.7 else draw.randrange(min(len(data), 200))
    size = min(draw.choice([1, 1, 2, 4, 7, 16, 100, 1000]), len(data) - at)
    some = draw.choice(INTERESTING) if draw.random() < 0.5 else draw.randbytes(size)
    if kind == "flip":
        return data[:at] + bytes([data[at] ^ 1 << draw.randrange(8)]) + data[at + 1 :]
    if kind == "digit":
        places = [i for i in range(at, min(at + 300, len(data))) if 48 <= data[i] <= 57]
        at = draw.choice(places) if places else at
        return data[:at] + b"%d" % draw.randrange(10) + data[at + 1 :]
    if kind in ("overwrite", "zero"):
        some = b"\0" * size if kind == "zero" else some[: len(data) - at]
        return data[:at] + some + data[at + len(some) :]
    if kind == "insert":
        return data[:at] + some + data[at:]
    if kind == "delete":
        return data[:at] + data[at + size :]
    if kind == "cut":
        return data[:at]
    other = draw.randrange(len(data))
    if kind == "repeat":
        return data[:other] + data[at : at + size] + data[other:]
    low, high = sorted([at, other])
    size = min(size, high - low, len(data) - high)
    return (
        data[:low] + data[high : high + size] + data[low + size : high] + data[low : low + size] + data[high + size :]
    )


def mutated(data, draw):
    """``data`` after one to three mutations, and the number of its changed bytes, None where the length changed."""
    sound = data
    for _ in range(draw.choice([1, 1, 1, 2, 3])):
        data = mutate(data, draw) if data else data
    changed = sum(a != b for a, b in zip(sound, data, strict=True)) if len(sound) == len(data) else None
    return data, changed


@contextlib.contextmanager
def limited():
    """Raises HangError in what runs too long."""

    def ring(*_):
        raise HangError

    before = {number: signal.signal(number, ring) for number in (signal.SIGPROF, signal.SIGALRM)}
    signal.setitimer(signal.ITIMER_PROF, HANG_S)  # processor time, so that a busy machine does not count
    signal.alarm(20 * HANG_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.alarm(0)
        for number, handler in before.items():
            signal.signal(number, handler)


def attempt(kind, path):
    """Reads ``path`` as ``kind``; returns the content or None, the fault or "", whether refused, and peak memory."""
    tracemalloc.start()
    content, fault, refused = None, "", False
    try:
        with limited():
            content = kind.read(path)
    except (ValueError, KeyError, OSError) as error:
        refused = True
        if "\n" in str(error).strip() or type(error).__name__ in {"LinAlgError", "FloatingPointError"}:
            fault = f"error: {type(error).__name__}: {error}"
    except HangError:
        fault = "hang"
    except Exception as error:
        fault = f"error: {type(error).__name__}: {error}"
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return content, fault, refused, peak


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--kinds", nargs="*", default=sorted(KINDS))
    parser.add_argument("--only", type=int)
    options = parser.parse_args()
    logging.disable(logging.WARNING)
    suggest_encoding("naïve café".encode("latin-1"))  # its tables are loaded before memory is measured
    each = -(-options.files // len(options.kinds))
    print(f"seed {options.seed}; {each:,} files of each of {len(options.kinds)} kinds; python {sys.version.split()[0]}")
    print(f"{'kind':22}{'files':>7}{'read':>7}{'refused':>9}{'faults':>8}{'seconds':>9}")
    total = collections.Counter()
    with tempfile.TemporaryDirectory() as folder:
        for name in options.kinds:
            total += fuzz(name, Path(folder), options, each)
    print(f"all: {dict(total)}")
    return int(total["faults"] > 0)


def fuzz(name, folder, options, each):
    """Reads the mutated files of one kind; prints faults and a line of totals."""
    kind = KINDS[name](folder)
    path = folder / f"mutated{kind.ending}"
    path.write_bytes(kind.data)
    kind.read(path)  # loads modules
    content, fault, _, sound = attempt(kind, path)
    assert content is not None, fault
    assert not fault
    assert not (wrong := kind.compare(content, content, kind.data, 0)), wrong
    counts, begin = collections.Counter(files=0), time.perf_counter()
    for i in range(each) if options.only is None else [options.only]:
        draw = random.Random(f"{options.seed}/{name}/{i}")
        data, changed = mutated(kind.data, draw)
        path.write_bytes(data)
        got, fault, refused, peak = attempt(kind, path)
        if not fault and peak > 2 * sound + SLACK:
            fault = f"memory: {peak:,} bytes; {sound:,} for the sound file"
        if not fault and got is not None:
            fault = kind.compare(content, got, data, changed)
        counts += collections.Counter(files=1, read=got is not None, refused=refused, faults=bool(fault))
        if fault:
            print(f"  {options.seed}/{name}/{i}: {fault[:300]}", flush=True)
    seconds = time.perf_counter() - begin
    print(
        f"{name:22}{counts['files']:7}{counts['read']:7}{counts['refused']:9}{counts['faults']:8}{seconds:9.1f}",
        flush=True,
    )
    return counts


if __name__ == "__main__":
    sys.exit(main())
