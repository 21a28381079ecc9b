"""``align dictionary``: coverage, export, the split in a folder."""

import numpy as np
import pytest

from align.cli import main
from align.files import save
from align.space import Space
from align.text.vocab import Vocab


@pytest.fixture
def space(tmp_path):
    save(Space(Vocab(["king", "queen", "horse"]), np.eye(3, dtype=np.float32)), tmp_path / "space.vec")
    return str(tmp_path / "space.vec")


@pytest.fixture
def align(capsys):
    """Run the command line in this process: (status, standard output, standard error)."""

    def run(*argv):
        status = main([str(word) for word in argv])
        said = capsys.readouterr()
        return status, said.out, said.err

    return run


def test_a_dictionary_is_exported_and_its_coverage_told(align, tmp_path, space):
    pairs = tmp_path / "pairs.tsv"
    pairs.write_text("king\t國王\nhorse\t马\nzebra\t斑马\nandroid\tandroid\n")
    chinese = tmp_path / "zh.vec"
    save(Space(Vocab(["国王", "马", "android"]), np.eye(3, dtype=np.float32)), chinese)
    status, out, _ = align("dictionary", pairs, "--export", tmp_path / "made.tsv", "--exclude-latin")
    assert status == 0
    assert (tmp_path / "made.tsv").read_text() == "king\t国王\nhorse\t马\nzebra\t斑马\n"
    status, out, _ = align("dictionary", pairs, "--english", space, "--chinese", chinese)
    assert status == 0
    assert "2 of 4 source words" in out


@pytest.fixture
def pairs_and_chinese(tmp_path):
    """A dictionary and a space, both in traditional characters."""
    (tmp_path / "pairs.tsv").write_text("king\t國王\nhorse\t馬\nzebra\t斑馬\n")
    save(Space(Vocab(["國王", "馬"]), np.eye(2, dtype=np.float32)), tmp_path / "zh.vec")
    return tmp_path / "pairs.tsv", tmp_path / "zh.vec"


def test_a_traditional_space_is_simplified_before_it_is_covered(align, space, pairs_and_chinese):
    pairs, chinese = pairs_and_chinese
    status, out, _ = align("dictionary", pairs, "--english", space, "--chinese", chinese)
    assert status == 0
    assert "2 of 3 source words" in out


@pytest.mark.parametrize("named", [True, False])
def test_a_split_is_a_folder_of_three_files(align, space, pairs_and_chinese, monkeypatch, named):
    pairs, chinese = pairs_and_chinese
    options = ("--english", space, "--chinese", chinese) if named else ()
    if not named:
        monkeypatch.setattr("align.bilingual.default.ENGLISH", space)
        monkeypatch.setattr("align.bilingual.default.CHINESE", str(chinese))
    folder = pairs.parent / "new" / "cut"
    assert align("dictionary", pairs, *options, "--split", folder)[0] == 0
    assert {path.name for path in folder.iterdir()} == {"train.tsv", "test.tsv", "reverse-test.tsv"}
    parts = [(folder / f"{part}.tsv").read_text() for part in ("train", "test")]
    assert sorted("".join(parts).splitlines()) == ["horse\t马", "king\t国王"]
    assert (folder / "reverse-test.tsv").read_text() == "".join(
        "\t".join(reversed(line.split("\t"))) + "\n" for line in parts[1].splitlines()
    )
    assert align("dictionary", pairs, *options, "--split", folder)[0] == 0


def test_a_reversed_dictionary(align, tmp_path):
    (tmp_path / "zh-en.tsv").write_text("国王\tking\n")
    assert align("dictionary", tmp_path / "zh-en.tsv", "--reverse", "-o", tmp_path / "made.tsv")[0] == 0
    assert (tmp_path / "made.tsv").read_text() == "king\t国王\n"


def test_a_dictionary_of_the_catalogue_keeps_its_name(align, tmp_path, monkeypatch):
    (tmp_path / "en-zh.0-5000.txt").write_text("king 国王\n")
    monkeypatch.setattr("align.bilingual.dictionary.dictionary.resolve", lambda _: tmp_path / "en-zh.0-5000.txt")
    assert align("dictionary", "muse-en-zh-train")[1] == "muse-en-zh-train: 1 pairs, 1 source words\n"
