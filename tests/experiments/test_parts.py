import numpy as np
import pytest

from align.space import Space
from align.text.vocab import Vocab
from experiments import parts
from experiments.report import Paragraph, Section
from experiments.spaces import Context


@pytest.fixture
def context(tmp_path):
    english = Space(Vocab(["king", "queen"]), np.eye(2, 12, dtype=np.float32), name="small")
    return Context(english, Space(Vocab(["国王"]), np.eye(1, 8, dtype=np.float32), name="klein"), out=tmp_path, seed=7)


@pytest.mark.parametrize("kind", [ValueError, KeyError])
def test_a_part_that_cannot_be_done_does_not_stop_the_others(context, capsys, kind):
    def fail(_context):
        raise kind("too few\nwords")

    both = (
        parts.Part("first", "the first", fail),
        parts.Part("second", "the second", lambda _: Section("Second")),
    )
    done = parts.run_parts(context, both)
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
    assert parts.next_commands(path)[0] == f".venv/bin/python -m align repl '{path}'"
    (folder / "align").write_text("#!/bin/sh\n")
    (folder / "align").chmod(0o755)
    assert parts.next_commands(path)[0] == f".venv/bin/align repl '{path}'"
    monkeypatch.setenv("PATH", str(folder))
    assert parts.next_commands(path)[0] == f"align repl '{path}'"


def test_a_part_alone_writes_its_page(files, capsys):
    argv = ["--english", str(files / "en.vec"), "--chinese", str(files / "zh.vec"), "--out", str(files / "out")]
    section = Section("T", (Paragraph("p"),), ("the summary",))
    assert parts.run_alone(lambda _: section, argv, "d", module="experiments.homework.cosine") == 0
    assert "<p>p</p>" in (files / "out" / "cosine.html").read_text("utf-8")
    assert "the summary" in capsys.readouterr().out


def test_an_unknown_name_in_a_part_prints_one_line_and_exits_2(files, capsys):
    def run(_context):
        raise KeyError("no resource 'x'")

    argv = ["--english", str(files / "en.vec"), "--chinese", str(files / "zh.vec"), "--out", str(files / "out")]
    with pytest.raises(SystemExit) as stop:
        parts.run_alone(run, argv, "d", module="experiments.homework.cosine")
    assert (stop.value.code, capsys.readouterr().err) == (2, "align: no resource 'x'\n")


@pytest.mark.parametrize(("name", "says"), [("no-such-vectors", "no-such-vectors"), ("damaged.vec", "damaged.vec")])
def test_bad_input_of_a_part_prints_one_line_and_exits_2(files, capsys, name, says):
    (files / "damaged.vec").write_text("3 4\nking 1 2 x 4\n", "utf-8")
    path = files / name
    argv = ["--english", str(path) if path.exists() else name, "--chinese", str(files / "zh.vec"), "--out", str(files)]
    with pytest.raises(SystemExit) as stop:
        parts.run_alone(lambda _: Section("T"), argv, "d", module="experiments.homework.cosine")
    assert stop.value.code == 2
    said = capsys.readouterr().err
    assert said.startswith("align: ")
    assert says in said
    assert said.count("\n") == 1
