"""Worker processes for tasks on blocks.

A worker is a separate Python process that runs this module. It reads one task per line, answers with one line, and ends
when its input ends. ``multiprocessing`` is not used, for the reasons given in ``align.text.workers``.
"""

import json
import os
import queue
import subprocess
import sys
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Int64

from align.text.discovery.blocks import do_task
from align.text.discovery.store import Store

_Do = Callable[[list[dict[str, Any]]], object]
_WORKER = queue.SimpleQueue["subprocess.Popen[str]"]


class Blocks(NamedTuple):
    """A text in blocks, which are files in a folder, and the function that works on them."""

    store: Store
    numbers: range
    do: _Do
    """Does tasks, each given by its arguments."""

    def run(self, task: str, **arguments: int) -> None:
        """Does the task ``task`` on every block.

        Raises:
          RuntimeError: a worker failed or was killed.
          OSError: the disk is full.
        """
        self.do([{"task": task, "block": block, **arguments} for block in self.numbers])

    def total(self, name: str) -> Int64[np.ndarray, " v"]:
        """Returns the sum of the arrays ``name`` of all blocks."""
        return np.sum([self.store.load(f"{name}-{block}") for block in self.numbers], axis=0)


@contextmanager
def worked(folder: Path, numbers: range, workers: int) -> Generator[Blocks]:
    """Yields the blocks in ``folder`` with worker processes for them; with one worker, this process does the work."""
    store = Store(folder, in_memory=workers < 2 and len(numbers) == 1)
    if workers < 2:
        yield Blocks(store, numbers, lambda orders: [do_task(store, order) for order in orders])
        return
    with ExitStack() as stack:
        idle: _WORKER = queue.SimpleQueue()
        pool = stack.enter_context(ThreadPoolExecutor(workers))
        for _ in range(workers):  # entered after the pool, so that they end first and no thread waits for an answer
            idle.put(stack.enter_context(_worker(folder)))
        stack.callback(pool.shutdown, wait=False, cancel_futures=True)
        yield Blocks(store, numbers, lambda orders: list(pool.map(partial(_ask, idle), orders)))


@contextmanager
def _worker(folder: Path) -> Generator["subprocess.Popen[str]"]:
    """Yields a worker process and kills it afterwards."""
    package = str(Path(__file__).parents[3])
    paths = os.pathsep.join(filter(None, (package, os.environ.get("PYTHONPATH"))))
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "align.text.discovery.workers", str(folder)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8",
        env={**os.environ, "PYTHONPATH": paths, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
        start_new_session=True,  # an interrupt from the keyboard is for the parent to handle
    )  # fmt: skip
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        for pipe in filter(None, (process.stdin, process.stdout)):
            with suppress(BrokenPipeError):
                pipe.close()


def _ask(idle: _WORKER, order: dict[str, Any]) -> None:
    """Gives a task to an idle worker and waits for its end."""
    process: Any = idle.get()
    try:
        process.stdin.write(f"{json.dumps(order)}\n")
        process.stdin.flush()
        answer = process.stdout.readline()
    except OSError as error:
        raise RuntimeError(f"a worker process ended (status {process.wait()})") from error
    finally:
        idle.put(process)
    if not answer:
        raise RuntimeError(f"a worker process ended (status {process.wait()})")
    if failure := json.loads(answer):
        raise OSError(failure["disk"]) if "disk" in failure else RuntimeError(f"a worker failed: {failure['failed']}")


def _main() -> None:
    """Does the tasks on standard input until it ends."""
    sink = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # output of a library must not mix with the answers
    store = Store(Path(sys.argv[1]))
    for line in sys.stdin:
        answer: dict[str, str] = {}
        try:
            do_task(store, json.loads(line))
        except OSError as error:
            answer = {"disk": str(error)}
        except Exception as error:
            answer = {"failed": f"{type(error).__name__}: {error}"}
        with suppress(BrokenPipeError):
            sink.write(f"{json.dumps(answer)}\n")
            sink.flush()


if __name__ == "__main__":
    _main()
