"""Worker processes give the same result in the same order; they end with their parent and report errors."""

import os
import signal
import subprocess
import sys
import time

import pytest

from align.text.numbering import numbered
from align.text.reading import Block
from align.text.tokenise import English, Jieba
from align.text.workers import Work, number_all

BLOCKS = [Block(f"the king {i} rode\nhorse{i % 3} {'x' * i}\n".encode(), "a.txt", 2 * i + 1, []) for i in range(40)]
WORK = Work(English(), replace=False)


@pytest.mark.parametrize("workers", [1, 3])
def test_blocks_come_back_in_order_as_this_process_would_number_them(workers) -> None:
    found = list(number_all(iter(BLOCKS), WORK, workers))
    for one, block in zip(found, BLOCKS, strict=True):
        expected = numbered(block.data.decode(), English())
        assert one.words == expected.words
        assert one.counts.tolist() == expected.counts.tolist()
        assert one.ids.tolist() == expected.ids.tolist()


def test_settings_reach_the_workers(tmp_path) -> None:
    (tmp_path / "own.txt").write_text("石墨烯电池\n")
    blocks = [Block(f"他买了石墨烯电池{i}\n".encode(), "a.txt", 1, []) for i in range(3)]
    found = list(number_all(blocks, Work(Jieba(str(tmp_path / "own.txt")), replace=False), 2))
    assert all("石墨烯电池" in one.words for one in found)


def test_blocks_without_words() -> None:
    assert [one.words for one in number_all([Block(b"\n", "a", 1, [])] * 3, WORK, 2)] == [[], [], []]


@pytest.mark.parametrize("workers", [1, 2])
def test_an_error_in_a_text_is_reported_with_its_line(workers) -> None:
    wrong = [*BLOCKS[:5], Block(b"a\n\xff\n", "bad.txt", 11, []), *BLOCKS]
    with pytest.raises(ValueError, match=r"^bad.txt:12: byte 0xff is not UTF-8"):
        list(number_all(wrong, WORK, workers))
    assert "\ufffd" not in "".join(next(number_all(wrong[5:6], Work(English(), replace=True), workers)).words)


def test_a_worker_that_fails_is_a_failure_of_ours() -> None:
    broken = [Block(b"<page><ns>0</ns><text>a</text></page>", "dump.xml", 1, [7])] * 3
    with pytest.raises(RuntimeError, match=r"a worker process failed in dump.xml from line 1: TypeError"):
        list(number_all(broken, WORK, 2))


def children() -> set[int]:
    listed = processes("--ppid", str(os.getpid()), "-o", "pid=,args=")
    return {int(line.split()[0]) for line in listed.splitlines() if "align.text.workers" in line}


def processes(*options: str) -> str:
    return subprocess.run(["ps", *options], capture_output=True, text=True, check=False).stdout


def test_a_killed_worker_is_reported_and_none_is_left() -> None:
    found = number_all(iter(BLOCKS), WORK, 2)
    next(found)
    for child in children():
        os.kill(child, signal.SIGKILL)
    with pytest.raises(RuntimeError, match=r"a worker process ended \(status -9\) in a.txt"):
        list(found)
    assert children() == set()


def test_stopping_half_way_leaves_no_worker() -> None:
    found = number_all(iter(BLOCKS), WORK, 2)
    next(found)
    assert len(children()) == 2
    found.close()
    assert children() == set()


def test_workers_end_with_a_parent_that_is_killed() -> None:
    code = (
        "import os, subprocess, time; from tests.text.test_workers import *\n"
        "found = number_all(iter(BLOCKS), WORK, 2); next(found)\n"
        "print(*children(), flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        workers = [int(pid) for pid in parent.stdout.readline().split()]
        parent.kill()
    assert len(workers) == 2
    end = time.monotonic() + 20
    while alive := [pid for pid in workers if running(pid)]:
        assert time.monotonic() < end, alive
        time.sleep(0.05)


def running(pid: int) -> bool:
    """Whether a process is running, and not a zombie."""
    state = processes("-p", str(pid), "-o", "stat=").strip()
    return bool(state) and not state.startswith("Z")
