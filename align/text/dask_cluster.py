"""Converts blocks of text to word numbers on a Dask cluster, in order.

The blocks are sent as arguments of tasks, so the cluster needs no shared files. If a worker dies, the scheduler runs
its tasks again on another worker. The numbers of a block depend on the block alone, so the result stays the same.
"""

from collections import deque
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from typing import Any

from align.cores import usable_cores
from align.text.numbering import Numbered, numbered
from align.text.reading import Block, text_of
from align.text.workers import Work

LOCAL = "local"
"""The address of a cluster of processes on this machine, which is started here and ends when the corpus is built."""
_SECONDS = 10
"""How long to wait for a scheduler."""
_QUEUED = 3
"""The largest number of blocks in memory for each thread of the cluster."""


def number_on_cluster(
    blocks: Iterable[Block], work: Work, address: str, workers: int | None = None
) -> Generator[Numbered]:
    """Yields every block as word numbers, in order. At most three blocks for each thread of the cluster are in memory.

    Args:
        blocks: blocks of text.
        work: the work on every block.
        address: the address of a Dask scheduler, such as ``tcp://10.0.0.1:8786``, or ``local``.
        workers: number of processes of a ``local`` cluster; by default one per usable core.

    Raises:
        ValueError: a block is not UTF-8; the message names file and line.
        ModuleNotFoundError: Dask is not installed.
        OSError: no scheduler answers at the address, or the cluster has no workers.
        RuntimeError: a task failed, or the workers that ran it died repeatedly.
    """
    with _client(address, workers) as client:
        threads = sum(client.nthreads().values())
        if not threads:
            raise ConnectionError(f"the Dask cluster at {address} has no workers")
        waiting: deque[tuple[Any, Block]] = deque()
        for block in blocks:
            waiting.append((client.submit(_numbered, block, work, pure=False), block))
            if len(waiting) >= _QUEUED * threads:
                yield _result(*waiting.popleft())
        while waiting:
            yield _result(*waiting.popleft())


def _numbered(block: Block, work: Work) -> Numbered | str:
    """Returns a block as word numbers, or the message of the error that refuses it; runs on a worker of the cluster."""
    try:
        return numbered(text_of(block, replace=work.replace), work.tokeniser)
    except ValueError as error:
        return str(error)


def _result(future: Any, block: Block) -> Numbered:
    """Returns the result of a task when it is done; raises ValueError for a refused block."""
    try:
        found = future.result()
    except Exception as error:
        what = f"{type(error).__name__}: {error}"
        raise RuntimeError(f"a Dask task failed in {block.name} from line {block.line}: {what}") from error
    if isinstance(found, str):
        raise ValueError(found)  # noqa: TRY004
    return found


@contextmanager
def _client(address: str, workers: int | None) -> Generator[Any]:
    """Yields a client of the cluster; a ``local`` cluster is started before and ended afterwards."""
    try:
        from distributed import Client, LocalCluster  # pyright: ignore[reportMissingImports]
    except ModuleNotFoundError as error:
        message = "Dask is not installed; install it with: pip install 'align-words[dask]'"
        raise ModuleNotFoundError(message, name="distributed") from error
    if address == LOCAL:
        size = workers or usable_cores()
        options: Any = {"threads_per_worker": 1, "host": "127.0.0.1", "dashboard_address": None}
        with LocalCluster(n_workers=size, **options) as cluster, Client(cluster) as client:
            yield client
        return
    try:
        client = Client(address, timeout=_SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        raise ConnectionError(
            f"no Dask scheduler answers at {address}; an address like tcp://HOST:8786, or local, was expected"
        ) from error
    with client:
        yield client
