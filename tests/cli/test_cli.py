"""The command line: its contract, and one line with status 2 for every mistake of the user."""

import io
import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

from align.cli import GROUPS, main
from align.files import load, save
from align.space import Space
from align.text.vocab import Vocab

WORDS = ["king", "queen", "man", "woman", "horse", "horses", "donkey", "China"]


@pytest.fixture
def space(tmp_path):
    """A small space file in which man : woman = king : queen."""
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(len(WORDS), 6)).astype(np.float32) * 0.3
    royal, male = np.eye(6, dtype=np.float32)[:2] * 2
    vectors[:4] = [royal + male, royal - male, male, -male] + vectors[:4] * 0.1
    path = tmp_path / "space.vec"
    save(Space(Vocab(WORDS), vectors), path)
    return str(path)


@pytest.fixture
def align(capsys):
    """Run the command line in this process: (status, standard output, standard error)."""

    def run(*argv):
        status = main([str(word) for word in argv])
        said = capsys.readouterr()
        assert status != 1 or "internal failure: ZeroDivisionError" in said.err, said.err
        return status, said.out, said.err

    return run


@pytest.fixture
def refused(align):
    """Run a command that must be refused: one line on standard error, nothing on standard output, status 2."""

    def run(*argv):
        status, out, err = align(*argv)
        assert (status, out) == (2, "")
        assert err.startswith("align: ")
        assert err.endswith("\n")
        assert err.count("\n") == 1
        assert "Traceback" not in err
        return err

    return run


def piped(monkeypatch, data):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))


def test_nothing_shows_three_lines_and_a_table_of_every_command(align):
    status, out, err = align()
    assert (status, err) == (0, "")
    lines = out.splitlines()
    assert lines[3] == ""
    names = {line.split("  ")[0] for line in lines[5:]}
    assert {
        "fetch",
        "convert",
        "near",
        "analogy",
        "map",
        "translate",
        "eval bli",
        "eval analogy",
        "repl",
        "plot",
    } <= names


COMMANDS = [name for group in GROUPS for name in group.COMMANDS]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(align, command):
    status, out, err = align(*command.split(), "--help")
    assert (status, err) == (0, "")
    assert "Examples" in out
    assert f"align {command}" in out
    plain = " ".join(out.replace("│", " ").split())
    internal = re.findall(r"\[default: (?:[(\[\"'][^\]]*|True|False|None|/dev/stdin)\]", plain)
    assert internal == []


@pytest.mark.parametrize(
    ("command", "usage"),
    [
        ("near", "near [OPTIONS] SPACE [WORDS...]"),
        ("plot", "plot [OPTIONS] SPACE [WORDS...] -o OUTPUT"),
        ("map", "map [OPTIONS] ENGLISH CHINESE -o OUTPUT"),
        ("analogy", "analogy [OPTIONS] SPACE A B C"),
        ("dictionary", "dictionary [OPTIONS] [SOURCE]"),
        ("translate", "translate [OPTIONS] [WORDS...]"),
    ],
)
def test_usage_lines_name_the_arguments(align, command, usage):
    assert align(command, "--help")[1].startswith(f"Usage: align {usage}\n")


def test_help_and_version(align):
    status, out, _ = align("--help")
    assert status == 0
    assert "translate" in out
    status, out, _ = align("--version")
    assert status == 0
    assert out.strip()


def test_quiet_is_taken_anywhere(align, space, monkeypatch):
    from align import progress

    monkeypatch.setattr(progress, "_quiet", False)
    assert align("near", "--quiet", space, "king", "--k", 1)[0] == 0
    assert progress._quiet


def test_near_in_a_file_named_behind_its_archive(align, refused, space, tmp_path):
    archive = tmp_path / "z.zip"
    with zipfile.ZipFile(archive, "w") as box:
        box.write(space, "in/space.vec")
        box.writestr("notes.txt", "other")
    named = re.search(r"name one as (\S+)/MEMBER: (\S+),", refused("near", archive, "king"))
    status, out, _ = align("near", f"{named[1]}/{named[2]}", "king", "--k", 2, "--tsv")
    assert status == 0
    assert out == align("near", space, "king", "--k", 2, "--tsv")[1].replace(space, f"{archive}/in/space.vec")
    assert "no member 'c'; it holds in/space.vec, notes.txt" in refused("near", f"{archive}/c", "king")
    assert f"{space}/c" in refused("near", f"{space}/c", "king")


def test_near_as_text_json_and_tsv(align, space):
    status, out, _ = align("near", space, "horse", "king", "--k", "2")
    assert status == 0
    assert out.splitlines()[0] == "horse"
    assert len(out.splitlines()) == 6
    status, out, err = align("near", space, "horse", "--k", 3, "--json")
    assert (status, err) == (0, "")
    told = json.loads(out)
    (answer,) = told["words"]
    assert told["name"] == Path(space).name
    assert (answer["word"], answer["found"]) == ("horse", "horse")
    opened = load(space)
    cosines = opened.unit @ opened.unit[WORDS.index("horse")]
    order = [WORDS[i] for i in np.argsort(-cosines) if WORDS[i] != "horse"][:3]
    assert [near["word"] for near in answer["neighbours"]] == order
    assert answer["neighbours"][0]["score"] == pytest.approx(float(np.sort(cosines)[-2]), abs=1e-5)
    status, out, _ = align("near", space, "horse", "--k", 1, "--tsv")
    assert out.split("\t")[:2] == ["horse", order[0]]


def test_near_reads_standard_input(align, space, monkeypatch):
    for arguments in (["near", space, "--tsv", "--k", "1"], ["near", space, "-", "--tsv", "--k", "1"]):
        piped(monkeypatch, "\ufeffhorse\n\n king \n".encode())
        status, out, _ = align(*arguments)
        assert status == 0
        assert [line.split("\t")[0] for line in out.splitlines()] == ["horse", "king"]


def test_near_says_what_it_read_a_word_as(align, space):
    status, out, err = align("near", space, "Donkeys", "--k", 1)
    assert status == 0
    assert out.startswith("donkey\n")
    assert err == "align: 'Donkeys' is read as 'donkey' (inflection)\n"


@pytest.mark.parametrize("method", ["add", "mul"])
def test_analogy(align, space, method):
    status, out, _ = align("analogy", space, "man", "woman", "king", "--method", method)
    assert status == 0
    assert out.splitlines()[0] == "man : woman = king : ?"
    assert out.splitlines()[1].split()[1] == "queen"
    status, out, err = align("analogy", space, "man", "woman", "king", "--method", method, "--json", "--k", 1)
    assert (status, err) == (0, "")
    assert json.loads(out)["answers"][0]["word"] == "queen"


def test_analogies_are_scored_with_coverage(align, space, tmp_path):
    questions = tmp_path / "questions.txt"
    questions.write_text(": royal\nman woman king queen\nwoman man queen king\n: other\nman woman king duchess\n")
    status, out, err = align("eval", "analogy", space, "--set", questions, "--json")
    assert (status, err) == (0, "")
    told = json.loads(out)
    assert (told["covered"], told["total"]) == (2, 3)
    assert told["accuracy"] == {"covered": 1.0, "all": pytest.approx(2 / 3)}
    assert [part["name"] for part in told["categories"]] == ["royal", "other"]
    status, out, err = align("eval", "analogy", space, "--set", questions)
    assert status == 0
    assert "royal" in out
    assert "duchess" in err


@pytest.mark.parametrize("ending", [".bin", ".txt", ".vec", ".safetensors"])
def test_convert_to_every_format(align, space, tmp_path, ending):
    out = tmp_path / f"made{ending}"
    assert align("convert", space, out)[0] == 0
    made, first = load(out), load(space)
    assert list(made.vocab) == list(first.vocab)
    np.testing.assert_allclose(made.vectors, first.vectors, rtol=1e-5, atol=1e-6)


def test_convert_keeps_a_limit_and_a_list_of_words(align, space, tmp_path):
    assert align("convert", space, tmp_path / "a.vec", "--limit", 3)[0] == 0
    assert list(load(tmp_path / "a.vec").vocab) == WORDS[:3]
    (tmp_path / "words").write_text("horse\nking\nzebra\n")
    assert align("convert", space, tmp_path / "b.vec", "--words", tmp_path / "words")[0] == 0
    assert set(load(tmp_path / "b.vec").vocab) == {"horse", "king"}
    assert align("convert", space, tmp_path / "c.vec", "--words", tmp_path / "words", "--limit", 2)[0] == 0
    assert list(load(tmp_path / "c.vec").vocab) == ["king"]


def test_fetch_list_is_one_json_document(align):
    status, out, err = align("fetch", "--list", "--json")
    assert (status, err) == (0, "")
    told = json.loads(out)
    assert {"googlenews-small", "zhwiki-synonyms", "cedict"} <= {one["name"] for one in told["resources"]}
    assert all({"source", "size", "licence", "citation", "sha256"} <= one.keys() for one in told["resources"])
    assert align("fetch", "--list")[0] == 0
    assert align("fetch", "--list", "--tsv")[1].count("\n") == len(told["resources"]) + 1


def test_fetch_prints_where_the_file_is(align):
    status, out, _ = align("fetch", "cedict", "questions-words", "cedict")
    assert status == 0
    rows = [line.split("\t") for line in out.splitlines()]
    assert [row[0] for row in rows] == ["cedict", "questions-words"]
    assert all(Path(row[1]).is_file() for row in rows)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nonsense"], ["nonsense"]),
        (["near"], ["SPACE"]),
        (["near", "{missing}", "king"], ["missing.bin", "no such file"]),
        (["near", "{folder}", "king"], ["folder"]),
        (["near", "googlenews-smal", "king"], ["googlenews-small"]),
        (["near", "{space}", "kingg"], ["kingg", "king"]),
        (["near", "{space}", "king", "--k", "0"], ["--k", "0", "1"]),
        (["near", "{space}", "king", "--k", "many"], ["--k", "many"]),
        (["near", "{space}", "king", "--limit", "0"], ["--limit"]),
        (["near", "{space}", "king", "--bogus"], ["--bogus"]),
        (["near", "{space}", "king", "--json", "--tsv"], ["--json", "--tsv"]),
        (["near", "{junk}", "king"], ["junk.bin"]),
        (["near", "{empty}", "king"], ["empty.vec"]),
        (["near", "{missing}", "king", "--json"], ["missing.bin"]),
        (["analogy", "{space}", "man", "woman"], ["C"]),
        (["analogy", "{space}", "man", "woman", "kingg"], ["kingg"]),
        (["analogy", "{space}", "man", "woman", "king", "--method", "div"], ["div", "mul"]),
        (["convert", "{space}", "{out}.xyz"], ["xyz", ".safetensors"]),
        (["convert", "{space}", "{folder}"], ["folder"]),
        (["convert", "{space}", "{space}/under.vec"], ["folder"]),
        (["convert", "{missing}", "{out}.vec"], ["missing.bin"]),
        (["convert", "{space}", "{out}.vec", "--words", "{missing}"], ["missing.bin"]),
        (["fetch"], ["--list"]),
        (["fetch", "nonsense"], ["nonsense"]),
        (["fetch", "cedict", "--json"], ["--list"]),
        (["dictionary", "{bad}"], ["bad.tsv:2"]),
        (["dictionary", "{missing}"], ["missing.bin"]),
        (["dictionary", "--english", "{space}"], ["--chinese"]),
        (["dictionary", "{pairs}", "--split", "{space}"], ["space.vec", "not a folder"]),
        (["dictionary", "--export", "{folder}"], ["folder"]),
        (["eval", "analogy", "{space}", "--set", "{bad}"], ["bad.tsv:1"]),
        (["eval", "nonsense"], ["nonsense"]),
        (["plot", "{space}", "king", "queen", "man"], ["-o"]),
        (["plot", "{space}", "king", "queen", "man", "-o", "{out}.jpg"], ["jpg", ".png"]),
        (["plot", "{space}", "king", "queen", "-o", "{out}.png"], ["three"]),
        (["plot", "{space}", "king", "queen", "mann", "-o", "{out}.png"], ["mann"]),
    ],
)
def test_wrong_input_prints_one_line_and_changes_no_file(refused, space, tmp_path, arguments, words):
    (tmp_path / "folder").mkdir()
    (tmp_path / "junk.bin").write_bytes(bytes(range(256)) * 20)
    (tmp_path / "empty.vec").write_bytes(b"")
    (tmp_path / "bad.tsv").write_text("king\t国王\nhorse\n")
    (tmp_path / "pairs.tsv").write_text("king\t国王\nhorse\t马\n")
    places = {
        name: tmp_path / file
        for name, file in (("missing", "missing.bin"), ("folder", "folder"), ("junk", "junk.bin"), ("out", "out"))
    } | {"empty": tmp_path / "empty.vec", "bad": tmp_path / "bad.tsv", "pairs": tmp_path / "pairs.tsv", "space": space}
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    said = refused(*(argument.format(**places) for argument in arguments))
    assert all(word.lower() in said.lower() for word in words), said
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_input_that_is_not_utf8_is_named_by_line(refused, space, monkeypatch):
    piped(monkeypatch, b"king\n\xff\xfe\n")
    assert "standard input:2" in refused("near", space, "-")


def test_an_internal_failure_prints_one_line_and_exits_1(align, space, monkeypatch):
    def fails(*_args, **_kwargs):
        raise ZeroDivisionError("first\nsecond")

    monkeypatch.setattr("align.files.load", fails)
    assert align("near", space, "king") == (1, "", "align: internal failure: ZeroDivisionError: first second\n")


def process(*arguments, **options):
    return subprocess.run(
        [sys.executable, "-m", "align", *arguments], check=False, capture_output=True, timeout=60, **options
    )


def test_a_process_prints_utf8_in_any_locale(tmp_path):
    save(Space(Vocab(["国王", "王后"]), np.eye(2, dtype=np.float32) + 1), tmp_path / "zh.vec")
    environment = {**os.environ, "LC_ALL": "C", "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    done = process("near", str(tmp_path / "zh.vec"), "国王", "--json", env=environment)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.decode())["words"][0]["neighbours"][0]["word"] == "王后"


def test_a_closed_pipe_is_not_an_error():
    command = f"{sys.executable} -m align fetch --list --json | head -c 10"
    done = subprocess.run(["bash", "-o", "pipefail", "-c", command], check=False, capture_output=True, timeout=60)
    assert done.stderr == b""


def test_help_is_quick_and_loads_nothing_heavy():
    probe = (
        "import sys, align.cli; align.cli.main(['--help']); "
        "sys.exit(' '.join({'numpy', 'jax', 'scipy', 'matplotlib', 'gensim', 'prompt_toolkit'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", probe], check=False, capture_output=True, timeout=60)
    assert done.stderr == b"\n"
    assert b"translate" in done.stdout
