"""A Dask cluster gives the file that one process gives, also if a worker is killed; errors are one line."""

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from align.message import is_refusal
from align.text.build import build_corpus
from align.text.dask_cluster import number_on_cluster
from align.text.reading import Block
from align.text.tokenise import English
from align.text.workers import Work

BLOCKS = [Block(f"the king {i} rode\nhorse{i % 3}\n".encode(), "a.txt", 2 * i + 1, []) for i in range(30)]
WORK = Work(English(), replace=False)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """Two worker processes on the loopback address."""
    distributed = pytest.importorskip("distributed")
    options = {"threads_per_worker": 1, "host": "127.0.0.1", "dashboard_address": None}
    with distributed.LocalCluster(n_workers=2, **options) as made:
        yield made


def test_a_cluster_gives_the_same_file_and_names_a_wrong_line(
    cluster: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(English, "block", 1 << 9)
    text = tmp_path / "a.txt"
    text.write_text("".join(f"the king {i} rode\nhorse{i % 3} ran\n" for i in range(200)))
    alone = build_corpus(text, tmp_path / "alone.corpus", language="en", workers=1, name="a")
    made = build_corpus(text, tmp_path / "made.corpus", language="en", dask=cluster.scheduler_address, name="a")
    assert len(made.vocab) == len(alone.vocab) > 3
    assert (tmp_path / "made.corpus").read_bytes() == (tmp_path / "alone.corpus").read_bytes()
    with pytest.raises(ValueError, match=r"^bad.txt:12: byte 0xff is not UTF-8"):
        list(number_on_cluster([Block(b"a\n\xff\n", "bad.txt", 11, [])], WORK, cluster.scheduler_address))


def test_a_killed_worker_changes_nothing(cluster: Any) -> None:
    found = number_on_cluster(iter(BLOCKS), WORK, cluster.scheduler_address)
    results = [next(found)]
    os.kill(next(iter(cluster.workers.values())).pid, signal.SIGKILL)
    results += found
    assert [one.words for one in results] == [block.data.decode().split() for block in BLOCKS]


def test_without_a_scheduler_or_without_dask_there_is_one_clear_line(monkeypatch: pytest.MonkeyPatch) -> None:
    if "distributed" in sys.modules:
        monkeypatch.setattr("align.text.dask_cluster._SECONDS", 0.2)
        with pytest.raises(ConnectionError, match=r"no Dask scheduler answers at tcp://127.0.0.1:1;"):
            next(number_on_cluster(BLOCKS, WORK, "tcp://127.0.0.1:1"))
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'align-words\[dask\]'") as raised:
        next(number_on_cluster(BLOCKS, WORK, "local"))
    assert is_refusal(raised.value)
