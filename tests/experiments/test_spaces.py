import numpy as np
import pytest

from experiments.homework import part, spaces
from experiments.homework.report import Paragraph, Section


@pytest.fixture
def files(tmp_path):
    rng = np.random.default_rng(0)
    for name, words in (("en.vec", ("king", "queen", "man")), ("zh.vec", ("國王", "王后", "男人"))):
        rows = "".join(f"{w} {' '.join(f'{x:.4f}' for x in rng.normal(size=4))}\n" for w in words)
        (tmp_path / name).write_text(f"3 4\n{rows}", "utf-8")
    return tmp_path


def test_defaults_and_choices():
    assert spaces.parse([], "d") == spaces.Options()
    found = spaces.parse(["--english", "a", "--chinese", "b", "--seed", "7", "--out", "x", "--limit", "9"], "d")
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
        spaces.parse(argv, "d")
    assert stop.value.code == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("align: ")
    assert said.err.count("\n") == 1


def test_help_has_examples(capsys):
    with pytest.raises(SystemExit) as stop:
        spaces.parse(["--help"], "What it does.", module="experiments.homework.clusters")
    assert stop.value.code == 0
    said = capsys.readouterr().out
    assert "What it does." in said
    assert "python -m experiments.homework.clusters --english" in said


def test_the_chinese_space_is_simplified(files):
    options = spaces.Options(str(files / "en.vec"), str(files / "zh.vec"), out=files / "new" / "out")
    context = spaces.open_context(options)
    assert list(context.chinese.vocab) == ["国王", "王后", "男人"]
    assert context.english.name == "en.vec"
    assert context.out.is_dir()


def test_a_part_alone_writes_its_page(files, capsys):
    argv = ["--english", str(files / "en.vec"), "--chinese", str(files / "zh.vec"), "--out", str(files / "out")]
    section = Section("T", (Paragraph("p"),), ("the summary",))
    assert part.alone(lambda _: section, argv, "d", module="experiments.homework.cosine") == 0
    assert "<p>p</p>" in (files / "out" / "cosine.html").read_text("utf-8")
    assert "the summary" in capsys.readouterr().out


def test_a_name_that_a_part_finds_unknown_is_one_line_and_two(files, capsys):
    def run(_context):
        raise KeyError("no resource 'x'")

    argv = ["--english", str(files / "en.vec"), "--chinese", str(files / "zh.vec"), "--out", str(files / "out")]
    with pytest.raises(SystemExit) as stop:
        part.alone(run, argv, "d", module="experiments.homework.cosine")
    assert (stop.value.code, capsys.readouterr().err) == (2, "align: no resource 'x'\n")


@pytest.mark.parametrize(("name", "says"), [("no-such-vectors", "no-such-vectors"), ("damaged.vec", "damaged.vec")])
def test_bad_input_of_a_part_is_one_line_and_two(files, capsys, name, says):
    (files / "damaged.vec").write_text("3 4\nking 1 2 x 4\n", "utf-8")
    path = files / name
    argv = ["--english", str(path) if path.exists() else name, "--chinese", str(files / "zh.vec"), "--out", str(files)]
    with pytest.raises(SystemExit) as stop:
        part.alone(lambda _: Section("T"), argv, "d", module="experiments.homework.cosine")
    assert stop.value.code == 2
    said = capsys.readouterr().err
    assert said.startswith("align: ")
    assert says in said
    assert said.count("\n") == 1
