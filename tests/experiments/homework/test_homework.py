"""The one command that runs every part and writes the report."""

import numpy as np
import pytest

from align.space import Space
from align.text.vocab import Vocab
from experiments.homework import __main__ as whole
from experiments.options import SpaceOptions
from experiments.parts import PartResults
from experiments.report import Section
from experiments.spaces import Context


@pytest.fixture
def context(tmp_path):
    english = Space(Vocab(["king", "queen"]), np.eye(2, 12, dtype=np.float32), name="small")
    return Context(english, Space(Vocab(["国王"]), np.eye(1, 8, dtype=np.float32), name="klein"), out=tmp_path, seed=7)


def test_the_report_says_the_command(context):
    told = whole.lead(context, SpaceOptions(english="my vectors.bin", seed=7))
    assert "`python -m experiments.homework --english 'my vectors.bin' --seed 7`" in told[1]
    assert "small" in told[0]
    assert "2 English words, 12 dimensions" in told[0]


def test_the_whole_command(context, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(whole, "open_context", lambda _: context)
    monkeypatch.setattr(whole, "run_parts", lambda *_: PartResults([Section("S", (), ("a line",))], []))
    assert whole.main([]) == 0
    assert "<h1>" in (tmp_path / "report.html").read_text("utf-8")
    out = capsys.readouterr().out
    assert "a line" in out
    assert "repl" not in out, "no translator was trained"
    monkeypatch.setattr(whole, "run_parts", lambda *_: PartResults([Section("S")], ["clusters"]))
    assert whole.main([]) == 2


@pytest.mark.parametrize("argv", [["--english", "no-such-vectors"], ["--seed", "x"], ["stray"]])
def test_bad_input_prints_one_line_and_exits_2(argv, capsys, tmp_path):
    with pytest.raises(SystemExit) as stop:
        whole.main([*argv, "--out", str(tmp_path)])
    assert stop.value.code == 2
    said = capsys.readouterr().err
    assert said.startswith("align: ")
    assert said.count("\n") == 1
