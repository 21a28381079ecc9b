"""The one command that runs every part and writes the report."""

import numpy as np
import pytest

from align.space import Space
from align.text.vocab import Vocab
from experiments.homework import __main__ as whole
from experiments.homework.report import Section
from experiments.homework.spaces import Context, Options


@pytest.fixture
def context(tmp_path):
    english = Space(Vocab(["king", "queen"]), np.eye(2, 12, dtype=np.float32), name="small")
    return Context(english, Space(Vocab(["国王"]), np.eye(1, 8, dtype=np.float32), name="klein"), out=tmp_path, seed=7)


@pytest.mark.parametrize("kind", [ValueError, KeyError])
def test_a_part_that_cannot_be_done_does_not_stop_the_others(context, capsys, kind):
    def fail(_context):
        raise kind("too few\nwords")

    parts = (
        whole.Part("first", "the first", fail),
        whole.Part("second", "the second", lambda _: Section("Second")),
    )
    done = whole.run_parts(context, parts)
    assert [section.title for section in done.sections] == ["The first", "Second"]
    assert done.failed == ["first"]
    said = capsys.readouterr().err
    assert "[2/2] the second" in said
    assert "align: first: too few words\n" in said


def test_the_commands_that_go_on_can_be_pasted(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / ".venv" / "bin"
    folder.mkdir(parents=True)
    monkeypatch.setattr("sys.executable", str(folder / "python"))
    monkeypatch.setenv("PATH", "/nowhere")
    path = tmp_path / "my results" / "en-zh.align"
    assert whole.onward(path)[0] == f".venv/bin/python -m align repl '{path}'"
    (folder / "align").write_text("#!/bin/sh\n")
    (folder / "align").chmod(0o755)
    assert whole.onward(path)[0] == f".venv/bin/align repl '{path}'"
    monkeypatch.setenv("PATH", str(folder))
    assert whole.onward(path)[0] == f"align repl '{path}'"


def test_the_report_says_the_command(context):
    told = whole.lead(context, Options(english="my vectors.bin", seed=7))
    assert "`python -m experiments.homework --english 'my vectors.bin' --seed 7`" in told[1]
    assert "small" in told[0]
    assert "2 English words, 12 dimensions" in told[0]


def test_the_whole_command(context, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(whole, "open_context", lambda _: context)
    monkeypatch.setattr(whole, "run_parts", lambda _: whole.Done([Section("S", (), ("a line",))], []))
    assert whole.main([]) == 0
    assert "<h1>" in (tmp_path / "report.html").read_text("utf-8")
    out = capsys.readouterr().out
    assert "a line" in out
    assert "repl" not in out, "no translator was trained"
    monkeypatch.setattr(whole, "run_parts", lambda _: whole.Done([Section("S")], ["clusters"]))
    assert whole.main([]) == 2


@pytest.mark.parametrize("argv", [["--english", "no-such-vectors"], ["--seed", "x"], ["stray"]])
def test_bad_input_is_one_line_and_two(argv, capsys, tmp_path):
    with pytest.raises(SystemExit) as stop:
        whole.main([*argv, "--out", str(tmp_path)])
    assert stop.value.code == 2
    said = capsys.readouterr().err
    assert said.startswith("align: ")
    assert said.count("\n") == 1
