"""A file appears whole or not at all, whatever happens while it is written."""

import errno
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from align.atomic import replacing


def left(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_new_file_appears_only_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "made" / "on the way" / "file.txt"
    with replacing(path) as temporary:
        temporary.write_text("new")
        assert not path.exists()
        assert temporary.parent == path.parent  # one file system, so that the rename is one step
    assert path.read_text() == "new"
    assert left(path.parent) == ["file.txt"]


def test_a_reader_sees_the_old_file_until_the_end(tmp_path: Path) -> None:
    path = tmp_path / "file.txt"
    path.write_text("old")
    with replacing(path) as temporary:
        temporary.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_after_an_error_nothing_has_changed(tmp_path: Path, error: type[BaseException]) -> None:
    path = tmp_path / "file.txt"
    path.write_text("old")

    def fail() -> None:
        with replacing(path) as temporary:
            temporary.write_text("half of the n")
            raise error

    with pytest.raises(error):
        fail()
    assert path.read_text() == "old"
    assert left(tmp_path) == ["file.txt"]


def test_others_may_read_it_as_the_umask_says(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        with replacing(tmp_path / "file.txt") as temporary:
            temporary.write_text("new")
        assert os.umask(0o027) == 0o027
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "file.txt").stat().st_mode) == 0o640


def test_names_of_any_length_the_system_takes(tmp_path: Path) -> None:
    path = tmp_path / ("词" * 84 + ".ab")  # 255 bytes
    with replacing(path) as temporary:
        temporary.write_text("new")
    assert left(tmp_path) == [path.name]


def test_a_link_stays_and_what_it_points_to_is_replaced(tmp_path: Path) -> None:
    real, link = tmp_path / "elsewhere" / "real.txt", tmp_path / "link.txt"
    real.parent.mkdir()
    real.write_text("old")
    link.symlink_to(real)
    with replacing(link) as temporary:
        temporary.write_text("new")
    assert link.is_symlink()
    assert real.read_text() == "new"


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError, match="is a folder"), replacing(tmp_path):
        pytest.fail("a folder was taken")
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(OSError, match="pipe: is a device or a pipe"), replacing(pipe):
        pytest.fail("a pipe was taken")
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="file"), replacing(tmp_path / "file" / "below"):
        pytest.fail("a file was taken for a folder")


WRITER = """
import sys
from align.atomic import replacing
for _ in range(20):
    with replacing(sys.argv[1]) as temporary:
        temporary.write_text(sys.argv[2] * 100_000)
"""


def test_two_writers_never_mix(tmp_path: Path) -> None:
    path = tmp_path / "file.txt"
    path.write_text("a" * 100_000)
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, path, letter]) for letter in "bc"]
    while any(writer.poll() is None for writer in writers):
        text = path.read_text()
        assert len(text) == 100_000
        assert len(set(text)) == 1
    assert [writer.returncode for writer in writers] == [0, 0]
    assert set(path.read_text()) < {"b", "c"}
    assert left(tmp_path) == ["file.txt"]


def test_new_folders_vanish_with_the_file_that_failed(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()

    def fail() -> None:
        with replacing(tmp_path / "there" / "new" / "deep" / "x") as temporary:
            assert temporary.exists()
            raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        fail()
    assert left(tmp_path) == ["there"]
    assert left(tmp_path / "there") == []


def test_a_folder_that_another_process_uses_stays(tmp_path: Path) -> None:
    def fail() -> None:
        with replacing(tmp_path / "new" / "deep" / "x"):
            (tmp_path / "new" / "other").write_text("")
            raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        fail()
    assert left(tmp_path / "new") == ["other"]


def test_a_full_disk_names_the_file(tmp_path: Path) -> None:
    import errno

    path = tmp_path / "x.vec"
    with pytest.raises(OSError, match=r"No space left on device: '.*/x\.vec'") as caught, replacing(path):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert caught.value.filename == str(path)
    with (
        pytest.raises(FileNotFoundError, match="other"),
        replacing(path) as temporary,
    ):
        temporary.with_name("other").read_text()


def test_the_data_is_on_the_disk_before_the_name_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flushed: list[tuple[str, bool]] = []
    sync = os.fsync

    def fsync(descriptor: int) -> None:
        sync(descriptor)
        flushed.append((str(Path(f"/proc/self/fd/{descriptor}").readlink()), (tmp_path / "x").exists()))

    monkeypatch.setattr(os, "fsync", fsync)
    with replacing(tmp_path / "x") as temporary:
        temporary.write_text("new")
    assert flushed == [(str(temporary), False), (str(tmp_path), True)]


def test_the_error_names_the_file_and_not_the_temporary_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: str, *_: int) -> int:
        raise FileNotFoundError(errno.ENOENT, "No such file or directory", str(path))

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(FileNotFoundError) as caught, replacing(tmp_path / "new" / "x"):
        pass
    assert caught.value.filename == str(tmp_path / "new" / "x")
    assert not (tmp_path / "new").exists()
