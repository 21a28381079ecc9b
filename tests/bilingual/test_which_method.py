"""The page "Which method should I use?": its commands are understood, and its figures are measured ones."""

import re
import shlex
from pathlib import Path

import pytest

from align.bilingual import which_method
from align.cli import build

TEXT = which_method.__doc__ or ""
RESULTS = Path(__file__).parents[2] / "experiments" / "RESULTS.md"
MAP = "map en.vec zh.vec -o en-zh.align"
OPTIONS = re.findall(r"`(--[^`]+)`", TEXT)
COMMANDS = [*re.findall(r"`align ([^`]+)`", TEXT), *(f"{MAP} {options}" for options in OPTIONS)]
ROWS = [line.strip("| ").split(" | ") for line in TEXT.splitlines() if line.startswith("| ")]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_understood(command):
    _, bound, _ = build().parse_args(shlex.split(command), exit_on_error=False, print_error=False)
    assert bound.arguments


def test_every_score_and_cost_is_recorded_among_the_results():
    results = RESULTS.read_text(encoding="utf-8")
    maps = [row for row in ROWS if "`--" in row[1]]
    assert [len(row) for row in maps] == [7] * 7
    recorded = [cell for row in maps for cell in row[2:4]] + [" | ".join(row[4:]) for row in maps]
    assert [cell for cell in recorded if cell not in results] == []
