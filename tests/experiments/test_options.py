import pytest

from align import MLP
from experiments.options import SpaceOptions, parse_spaces


def test_defaults_and_choices():
    assert parse_spaces([], "d", module="m") == SpaceOptions()
    found = parse_spaces(
        ["--english", "a", "--chinese", "b", "--seed", "7", "--out", "x", "--limit", "9"], "d", module="m"
    )
    assert (found.english, found.chinese, found.seed, found.out.name, found.limit) == ("a", "b", 7, "x", 9)


@pytest.mark.parametrize(
    "argv",
    [
        ["--seed", "x"],
        ["--seed", "-1"],
        ["--sead", "1"],
        ["stray"],
        ["--out"],
        ["--seed=1.5"],
        ["--seed", str(1 << 32)],
    ],
)
def test_bad_options_are_one_line_and_two(argv, capsys):
    with pytest.raises(SystemExit) as stop:
        parse_spaces(argv, "d", module="m")
    assert stop.value.code == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("align: ")
    assert said.err.count("\n") == 1


def test_help_has_examples(capsys):
    with pytest.raises(SystemExit) as stop:
        parse_spaces(["--help"], "What it does.", module="experiments.homework.clusters")
    assert stop.value.code == 0
    said = capsys.readouterr().out
    assert "What it does." in said
    assert "python -m experiments.homework.clusters --english" in said


def test_only_experiments_with_a_network_have_the_option_steps(capsys) -> None:
    assert parse_spaces(["--steps", "5"], "d", module="m", network=True).steps == 5
    with pytest.raises(SystemExit) as stop:
        parse_spaces(["--steps", "5"], "d", module="m")
    assert stop.value.code == 2
    assert "--steps" in capsys.readouterr().err


def test_the_help_names_the_default_number_of_steps(capsys) -> None:
    with pytest.raises(SystemExit):
        parse_spaces(["--help"], "d", module="m", network=True)
    assert f"(default: {MLP().steps})" in " ".join(capsys.readouterr().out.split())
