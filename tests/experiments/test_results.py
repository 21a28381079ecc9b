"""RESULTS.md follows from the recorded figures, and a recording is the JSON that the command prints."""

import json

import pytest

from experiments import results


def test_the_page_is_what_the_figures_give():
    assert (results.HERE / "RESULTS.md").read_text("utf-8") == results.page(results.sections())


def test_every_command_is_one_of_this_repository():
    commands = [one["command"] for one in results.sections() if "command" in one]
    assert len(commands) >= 5
    assert all(
        command.startswith(("align ", "python -m experiments", "python -m tests.benchmarks")) for command in commands
    )


def test_a_section_shows_what_its_command_printed(tmp_path, monkeypatch):
    printed = {"rows": [{
        "direction": "zh-en", "method": "mlp", "retrieval": "csls", "covered": 1500,
        **{name: {"covered": value, "all": 0.1} for name, value in (("p@1", 0.357), ("p@5", 0.5), ("p@10", 0.6))},
    }]}  # fmt: skip
    toml = '[[section]]\ntitle = "T"\ncommand = "align eval methods a b --json"\nrecord = "t"\n'
    (tmp_path / "results.toml").write_text(toml)
    calls = []

    class Done:
        returncode, stdout = 0, json.dumps(printed)

    monkeypatch.setattr(results.subprocess, "run", lambda command, **_: calls.append(command) or Done())
    found = results.sections(tmp_path)
    results.record("t", found, tmp_path)
    assert calls[0][1:] == ["-m", "align", "eval", "methods", "a", "b", "--json"]
    assert "| Chinese → English | MLP | CSLS | 35.7 | 50.0 | 60.0 | 1,500 |" in results.page(found, tmp_path)


def test_a_name_without_a_section_is_refused():
    with pytest.raises(ValueError, match="--record none: no such section"):
        results.record("none", results.sections())


def test_a_ragged_row_is_refused(tmp_path):
    (tmp_path / "results.toml").write_text('[[section]]\ntitle = "T"\ncolumns = ["a", "b"]\nrows = [["1"]]\n')
    with pytest.raises(ValueError, match="must have 2 cells"):
        results.sections(tmp_path)
