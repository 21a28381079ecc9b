"""Standard streams that are closed or full, and outputs that would replace each other."""

import io
import subprocess
import sys
from pathlib import Path

import pytest

from align.cli import main
from align.cli.output import distinct_outputs, output_file

ON_LINUX = pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")


@pytest.mark.parametrize(
    ("words", "streams", "expected"),
    [
        ("king", ">&-", (2, b"", b"align: standard output: bad file descriptor\n")),
        ("king", "2>&-", (0, b"king\n", b"")),
        ("zebra", "2>&-", (2, b"", b"")),
        ("", "<&-", (0, b"", b"")),
        pytest.param(
            "king", ">/dev/full", (2, b"", b"align: standard output: no space left on device\n"), marks=ON_LINUX
        ),
        pytest.param("zebra", "2>/dev/full", (2, b"", b""), marks=ON_LINUX),
    ],
)
def test_a_standard_stream_may_be_closed_or_full(tmp_path, words, streams, expected):
    (tmp_path / "one.vec").write_text("1 2\nking 1 0\n")
    command = f"{sys.executable} -m align near {tmp_path}/one.vec {words} {streams}"
    done = subprocess.run(["/bin/sh", "-c", command], check=False, capture_output=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == expected


@pytest.mark.parametrize(
    ("streams", "expected"),
    [
        (">&-", (2, b"align: standard output: bad file descriptor\n")),
        ("| true; exit ${PIPESTATUS[0]}", (141, b"")),
    ],
)
def test_the_reader_of_help_may_be_gone(streams, expected):
    command = f"{sys.executable} -m align near --help {streams}"
    done = subprocess.run(["bash", "-c", command], check=False, capture_output=True, timeout=60)
    assert (done.returncode, done.stderr) == expected


def test_a_link_to_itself_is_no_output(tmp_path):
    (tmp_path / "x.vec").symlink_to(tmp_path / "x.vec")
    with pytest.raises(OSError, match=r"x\.vec: is a symbolic link to itself"):
        output_file(str(tmp_path / "x.vec"), (".vec",))


def test_vectors_from_a_pipe_are_refused_with_the_reason(tmp_path):
    (tmp_path / "one.vec").write_text("1 2\nking 1 0\n")
    command = f"cat {tmp_path}/one.vec | {sys.executable} -m align near - king"
    done = subprocess.run(["bash", "-c", command], check=False, capture_output=True, timeout=60)
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.startswith(b"align: /dev/stdin: a pipe or a device; a file was expected")


@pytest.mark.parametrize("columns", ["0", "2", "9"])
def test_a_width_that_no_text_fits_into_is_ignored(monkeypatch, capsys, columns):
    monkeypatch.setenv("COLUMNS", columns)
    assert main(["near", "--help"]) == 0
    assert "Number of neighbours of each word" in capsys.readouterr().out


def test_outputs_are_different_files(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "a")
    distinct_outputs(tmp_path / "a", None, tmp_path / "b", None)
    for other in (tmp_path / "a", tmp_path / "c" / ".." / "a", tmp_path / "link"):
        with pytest.raises(ValueError, match="two outputs of this command have this name"):
            distinct_outputs(tmp_path / "a", other)


@pytest.mark.skipif(not Path("/dev/null").exists(), reason="this system has no /dev/null")
def test_a_device_is_no_output():
    with pytest.raises(OSError, match="/dev/null: is a device or a pipe"):
        output_file("/dev/null", ("",))


def test_commands_that_read_lines_from_a_terminal_say_how_to_end_them(tmp_path, monkeypatch, capsys):
    (tmp_path / "one.vec").write_text("1 2\nking 1 0\n")
    typed = io.TextIOWrapper(io.BytesIO(b"king\n"))
    monkeypatch.setattr(typed, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stdin", typed)
    assert main(["near", str(tmp_path / "one.vec"), "-"]) == 0
    assert (
        capsys.readouterr().err == "align: reading lines from the terminal; Ctrl-D at the start of a line ends them\n"
    )
