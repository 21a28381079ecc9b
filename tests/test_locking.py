"""Locks between processes: a second run to the same file is refused, and a lock ends with its process."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from align.locking import only_writer
from align.train.models import SGNS, train
from tests.train.cycles import corpus

HOLD = """
import sys, time
from align.locking import only_writer
with only_writer(sys.argv[1]):
    print(flush=True)
    time.sleep(60)
"""


def test_another_process_holds_the_lock_until_it_ends(tmp_path: Path) -> None:
    path = tmp_path / "news.checkpoint"
    with subprocess.Popen([sys.executable, "-c", HOLD, path], stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        other.stdout.readline()
        with pytest.raises(FileExistsError, match="another run is writing it"), only_writer(path):
            pass
        with only_writer(tmp_path / "other.checkpoint"):
            pass
        other.send_signal(signal.SIGKILL)
    with only_writer(path):
        assert not path.exists()


def test_two_trainings_to_one_checkpoint_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "news.checkpoint"
    with only_writer(path), pytest.raises(FileExistsError, match="another run"):
        train(SGNS(dim=4), corpus(), checkpoint=path)


def test_without_a_cache_folder_there_is_no_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("ALIGN_CACHE", str(tmp_path / "file" / "cache"))
    with only_writer(tmp_path / "a"), only_writer(tmp_path / "a"):
        pass
