"""The page "From text to a translator": its commands are understood."""

import re
import shlex

import pytest

from align.bilingual import from_text
from align.cli import build

COMMANDS = re.findall(r"^ +align (.+)$", from_text.__doc__ or "", re.MULTILINE)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_understood(command: str) -> None:
    _, bound, _ = build().parse_args(shlex.split(command), exit_on_error=False, print_error=False)
    assert bound.arguments


def test_the_road_is_whole() -> None:
    assert [command.split()[0] for command in COMMANDS[:5]] == ["fetch", "corpus", "corpus", "train", "train"]
    assert {"map", "explore", "translate"} <= {command.split()[0] for command in COMMANDS}
