"""Worker processes that convert blocks of text to word numbers, in order.

A worker is a separate Python process that runs this module and communicates through its standard input and output. It
ends when its input ends, so no worker survives this process.
``multiprocessing`` is not used, because forking a process in which JAX has threads can hang, and spawning runs the
user's script again.
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

from align.cores import usable_cores
from align.text.numbering import Numbered, numbered
from align.text.reading import Block, text_of
from align.text.tokenise import Characters, DiscoveredWords, English, Jieba, Presegmented, Tokeniser

_LENGTH = struct.Struct("<Q")
_KINDS = {kind.__name__: kind for kind in (English, Jieba, Characters, DiscoveredWords, Presegmented)}


class Work(NamedTuple):
    """The work on every block."""

    tokeniser: Tokeniser
    replace: bool
    """Whether bytes that are not UTF-8 are replaced instead of refused."""


def number_all(blocks: Iterable[Block], work: Work, workers: int | None = None) -> Generator[Numbered]:
    """Yields every block as word numbers, in order.

    At most two blocks for each worker are in memory.

    Args:
        blocks: blocks of text.
        work: the work on every block.
        workers: number of worker processes, by default one per usable core; this process does the work if there is one
            block or one worker.

    Raises:
        ValueError: a block is not UTF-8; the message names file and line.
        RuntimeError: a worker failed or was killed.
    """
    workers = workers or usable_cores()
    source = iter(blocks)
    first = list(islice(source, 2))
    if len(first) < 2 or workers < 2:
        for block in chain(first, source):
            yield numbered(text_of(block, replace=work.replace), work.tokeniser)
        return
    with ExitStack() as stack:
        idle: queue.SimpleQueue[subprocess.Popen[bytes]] = queue.SimpleQueue()
        pool = stack.enter_context(ThreadPoolExecutor(workers))
        for _ in range(workers):  # entered after the pool, so they end before it and no thread waits for an answer
            idle.put(stack.enter_context(_worker(work)))
        stack.callback(pool.shutdown, wait=False, cancel_futures=True)
        waiting: deque[Future[Numbered]] = deque()
        for block in chain(first, source):
            waiting.append(pool.submit(_number_by_worker, idle, block))
            if len(waiting) >= 2 * workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


@contextmanager
def _worker(work: Work) -> Generator["subprocess.Popen[bytes]"]:
    """Yields a worker process and kills it afterwards."""
    package = str(Path(__file__).parents[2])
    paths = os.pathsep.join(filter(None, (package, os.environ.get("PYTHONPATH"))))
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "align.text.workers"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": paths, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
        start_new_session=True,  # an interrupt from the keyboard is for the parent to handle
    )  # fmt: skip
    try:
        settings = {"kind": type(work.tokeniser).__name__, "settings": vars(work.tokeniser), "replace": work.replace}
        _send(process.stdin, json.dumps(settings).encode())
        yield process
    finally:
        process.kill()
        process.wait()
        for pipe in filter(None, (process.stdin, process.stdout)):
            with suppress(BrokenPipeError):  # the remaining output is not needed
                pipe.close()


def _number_by_worker(idle: "queue.SimpleQueue[subprocess.Popen[bytes]]", block: Block) -> Numbered:
    """Sends ``block`` to an idle worker and returns its answer."""
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
    """Writes byte strings or arrays, each after its length."""
    for part in parts:
        view = memoryview(part).cast("B") if len(part) else b""
        file.write(_LENGTH.pack(len(view)))
        file.write(view)
    file.flush()


def _received(file: Any, count: int) -> Iterator[bytes]:
    """Reads ``count`` byte strings; raises EOFError if the other process has ended."""
    for _ in range(count):
        head = file.read(_LENGTH.size)
        if len(head) < _LENGTH.size:
            raise EOFError("the other process has ended")
        (length,) = _LENGTH.unpack(head)
        data = file.read(length)
        if len(data) < length:
            raise EOFError("the other process has ended")
        yield data


def _serve(source: BinaryIO, sink: BinaryIO) -> None:
    """Reads the settings, then answers one block after the other until the input ends."""
    settings = json.loads(next(_received(source, 1)))
    tokeniser = _KINDS[settings["kind"]](**settings["settings"])
    while True:
        head, data = _received(source, 2)
        block = Block(data, **json.loads(head))
        try:
            found = numbered(text_of(block, replace=settings["replace"]), tokeniser)
        except ValueError as error:
            _send(sink, b"refused", str(error).encode(), b"", b"")
        except Exception as error:
            _send(sink, b"failed", f"{type(error).__name__}: {error}".encode(), b"", b"")
        else:
            _send(sink, b"done", "\n".join(found.words).encode(), found.counts, found.ids)


def _main() -> None:
    """Serves on standard input and output until the parent process ends."""
    sink = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    gc.disable()  # the worker makes long lists of strings and no reference cycles
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # output of a library must not mix with the answers
    with suppress(EOFError, BrokenPipeError):
        _serve(sys.stdin.buffer, sink)


if __name__ == "__main__":
    _main()
