"""Blocks of text made numbers by worker processes, in order.

A worker is this module run by a Python of its own, which speaks over its standard input and output. But: not
``multiprocessing``: forking a process in which JAX has threads can hang it, and a spawned one runs the user's script
again. A worker ends when its input does, so none is left behind however this process ends.
"""

import gc
import json
import os
import queue
import struct
import subprocess
import sys
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from itertools import chain, islice
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np

from align.text.numbering import Numbered, numbered
from align.text.reading import Block, text_of
from align.text.tokenise import Characters, English, Jieba, Presegmented, Tokeniser

_LENGTH = struct.Struct("<Q")
_KINDS = {kind.__name__: kind for kind in (English, Jieba, Characters, Presegmented)}


class Work(NamedTuple):
    """What is done to every block."""

    tokeniser: Tokeniser
    replace: bool
    """Whether bytes that are not UTF-8 are replaced instead of refused."""


def number_all(blocks: Iterable[Block], work: Work, workers: int) -> Generator[Numbered]:
    """Every block as numbers, in order, by ``workers`` processes; in this one where there is one block or one worker.

    Two blocks a worker at most are held in memory.

    Raises:
        ValueError: bytes that are not UTF-8; names file and line.
        RuntimeError: a worker failed or was killed.
    """
    source = iter(blocks)
    first = list(islice(source, 2))
    if len(first) < 2 or workers < 2:
        for block in chain(first, source):
            yield numbered(text_of(block, replace=work.replace), work.tokeniser)
        return
    with ExitStack() as stack:
        idle: queue.SimpleQueue[subprocess.Popen[bytes]] = queue.SimpleQueue()
        pool = stack.enter_context(ThreadPoolExecutor(workers))
        for _ in range(workers):  # entered after the pool, so ended before it: then no thread waits for an answer
            idle.put(stack.enter_context(_worker(work)))
        stack.callback(pool.shutdown, wait=False, cancel_futures=True)
        waiting: deque[Future[Numbered]] = deque()
        for block in chain(first, source):
            waiting.append(pool.submit(_asked, idle, block))
            if len(waiting) >= 2 * workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


@contextmanager
def _worker(work: Work) -> Generator["subprocess.Popen[bytes]"]:
    """Yield a worker process; it is ended afterwards, whatever it is doing."""
    package = str(Path(__file__).parents[2])
    paths = os.pathsep.join(filter(None, (package, os.environ.get("PYTHONPATH"))))
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "align.text.workers"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": paths, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
        start_new_session=True,  # an interrupt from the keyboard is for the parent to handle
    )  # fmt: skip
    try:
        said = {"kind": type(work.tokeniser).__name__, "settings": vars(work.tokeniser), "replace": work.replace}
        _send(process.stdin, json.dumps(said).encode())
        yield process
    finally:
        process.kill()
        process.wait()
        for pipe in filter(None, (process.stdin, process.stdout)):
            with suppress(BrokenPipeError):  # what was still to be written is of no use now
                pipe.close()


def _asked(idle: "queue.SimpleQueue[subprocess.Popen[bytes]]", block: Block) -> Numbered:
    """What a worker makes of ``block``."""
    process = idle.get()
    try:
        about = {"name": block.name, "line": block.line, "names": block.names}
        _send(process.stdin, json.dumps(about).encode(), block.data)
        kind, *parts = _received(process.stdout, 4)
    except (OSError, EOFError) as error:
        raise RuntimeError(f"a worker process ended (status {process.wait()}) in {block.name}") from error
    finally:
        idle.put(process)
    if kind == b"refused":
        raise ValueError(parts[0].decode())
    if kind == b"failed":
        raise RuntimeError(f"a worker process failed in {block.name} from line {block.line}: {parts[0].decode()}")
    words, counts, ids = parts
    listed = words.decode().split("\n") if words else []
    return Numbered(listed, np.frombuffer(counts, np.int64), np.frombuffer(ids, np.int32))


def _send(file: Any, *parts: Any) -> None:
    """Write byte strings or arrays, each behind its length."""
    for part in parts:
        view = memoryview(part).cast("B") if len(part) else b""
        file.write(_LENGTH.pack(len(view)))
        file.write(view)
    file.flush()


def _received(file: Any, count: int) -> Iterator[bytes]:
    """Read ``count`` byte strings; raises EOFError where the other end is gone."""
    for _ in range(count):
        head = file.read(_LENGTH.size)
        if len(head) < _LENGTH.size:
            raise EOFError("the other process is gone")
        (length,) = _LENGTH.unpack(head)
        data = file.read(length)
        if len(data) < length:
            raise EOFError("the other process is gone")
        yield data


def _serve(source: BinaryIO, sink: BinaryIO) -> None:
    """A worker's life: its settings, then a block and an answer in turn until the input ends."""
    said = json.loads(next(_received(source, 1)))
    tokeniser = _KINDS[said["kind"]](**said["settings"])
    while True:
        head, data = _received(source, 2)
        block = Block(data, **json.loads(head))
        try:
            found = numbered(text_of(block, replace=said["replace"]), tokeniser)
        except ValueError as error:
            _send(sink, b"refused", str(error).encode(), b"", b"")
        except Exception as error:
            _send(sink, b"failed", f"{type(error).__name__}: {error}".encode(), b"", b"")
        else:
            _send(sink, b"done", "\n".join(found.words).encode(), found.counts, found.ids)


def _main() -> None:
    """Serve on standard input and output until the parent is gone."""
    sink = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    gc.disable()  # it makes lists of many strings and no cycles
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a library prints must not stand among the answers
    with suppress(EOFError, BrokenPipeError):
        _serve(sys.stdin.buffer, sink)


if __name__ == "__main__":
    _main()
