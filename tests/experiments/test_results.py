"""RESULTS.md follows from the recorded figures, and a table with a row of another length is refused."""

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


def test_a_ragged_row_is_refused(tmp_path):
    (tmp_path / "results.toml").write_text('[[section]]\ntitle = "T"\ncolumns = ["a", "b"]\nrows = [["1"]]\n')
    with pytest.raises(ValueError, match="must have 2 cells"):
        results.sections(tmp_path)
