"""Bars are drawn on a terminal only, and never change what is counted."""

import contextlib
import io

import pytest

from align import progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture(autouse=True)
def terminal_settings(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    for name in ("NO_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    yield
    progress.quiet(False)


def drawn(stream, label, total=2, **options):
    """What a bar over two things writes to ``stream`` when that is standard error."""
    with contextlib.redirect_stderr(stream):
        assert list(progress.counted(iter("ab"), label, total, **options)) == ["a", "b"]
    return stream.getvalue()


def test_a_bar_is_drawn_on_a_terminal_and_not_on_standard_output(capsys):
    assert "2/2" in drawn(Terminal(), "letters")
    assert capsys.readouterr().out == ""


def test_a_resumed_download_starts_where_it_stopped():
    with contextlib.redirect_stderr(stream := Terminal()), progress.bytes_bar("book", 4000, done=3000):
        pass
    assert "3.0/4.0 kB" in stream.getvalue()


def test_silence_when_hidden_quiet_or_piped():
    assert drawn(Terminal(), "hidden", show=False) == ""
    assert drawn(io.StringIO(), "piped") == ""
    progress.quiet()
    assert drawn(Terminal(), "quiet") == ""


def test_a_bar_with_a_note_moves_to_the_given_position():
    with contextlib.redirect_stderr(stream := Terminal()), progress.noted_bar("training", 200) as at:
        at(50, "begun")
        at(120, "loss 0.5")
    assert " 60%" in stream.getvalue()
    assert "loss 0.5" in stream.getvalue()
    with contextlib.redirect_stderr(stream := io.StringIO()), progress.noted_bar("training", 200) as at:
        at(50, "begun")
    assert stream.getvalue() == ""
