from pathlib import Path

from experiments.report import Section
from experiments.terminal import print_summary


def test_summary_lines_are_printed_as_they_are(capsys):
    print_summary((Section("数 & numbers", (), ("one [x]",)),), Path("a.html"))
    out = capsys.readouterr().out
    assert "one [x]" in out
    assert "数 & numbers" in out
    assert out.endswith("a.html\n")
