"""map with the first words, with identical words, and without a dictionary."""

import numpy as np
import pytest

from align.bilingual.translator import Translator
from align.files import save
from align.space import Space
from align.text.vocab import Vocab
from tests.oracles import CHINESE, ENGLISH


def test_map_fits_on_the_first_words_only(align, tmp_path):
    out = tmp_path / "made.align"
    arguments = ("--dictionary", "en-zh.tsv", "--method", "procrustes", "--pairs", 25)
    status, _, err = align("map", "en.vec", "zh.bin", "-o", out, *arguments)
    assert status == 0
    assert "25 source words with 25 pairs" in err
    assert Translator.load(out).details["pairs"] == "25"


def test_map_uses_identical_words_as_a_dictionary(align, tmp_path):
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(30, 5)).astype(np.float32)
    turn = np.linalg.qr(rng.normal(size=(5, 5)))[0]
    numbers = [str(1900 + i) for i in range(20)]
    save(Space(Vocab([*numbers, *ENGLISH[:10]]), vectors), tmp_path / "a.vec")
    save(
        Space(Vocab([*CHINESE[:10], *numbers]), np.roll(vectors @ turn, 10, axis=0).astype(np.float32)),
        tmp_path / "b.vec",
    )
    out = tmp_path / "made.align"
    spaces = (tmp_path / "a.vec", tmp_path / "b.vec")
    arguments = ("-o", out, "--dictionary", "identical", "--method", "procrustes")
    status, _, err = align("map", *spaces, *arguments)
    assert status == 0
    assert "identical: 20 of 20 source words" in err
    assert [one[0].word for one in Translator.load(out).translate(ENGLISH[:10], 1)] == CHINESE[:10]


def test_no_identical_word_is_said(align, tmp_path):
    status, _, err = align("map", "en.vec", "zh.bin", "-o", tmp_path / "made.align", "--dictionary", "identical")
    assert status == 0
    assert "align: no word is spelt identically in both spaces; the map was fitted without pairs\n" in err


def test_spaces_the_wrong_way_round_are_refused(align, tmp_path):
    expected = "align: zh.bin: its words are Chinese, those of en.vec English; the English space comes first\n"
    for command in (("map", "-o", tmp_path / "made.align", "--reverse"), ("eval methods", "--method", "procrustes")):
        name, *options = command
        status, out, err = align(*name.split(), "zh.bin", "en.vec", "--dictionary", "en-zh.tsv", *options)
        assert (status, out, err) == (2, "", expected)
    assert not (tmp_path / "made.align").exists()


def test_words_without_a_vector_are_not_covered(align, tmp_path):
    rng = np.random.default_rng(0)
    for name, words in (("a", ENGLISH[:12]), ("b", CHINESE[:12])):
        vectors = rng.normal(size=(12, 5)).astype(np.float32)
        vectors[2 if name == "a" else 7] = 0
        save(Space(Vocab(words), vectors), tmp_path / f"{name}.vec")
    (tmp_path / "d.tsv").write_text("".join(f"{e}\t{z}\n" for e, z in zip(ENGLISH[:12], CHINESE, strict=False)))
    files = (tmp_path / "a.vec", tmp_path / "b.vec", "-o", tmp_path / "made.align")
    status, _, err = align("map", *files, "--dictionary", tmp_path / "d.tsv", "--method", "procrustes")
    assert status == 0
    assert "d.tsv: 10 of 12 source words covered" in err
    assert Translator.load(tmp_path / "made.align").details["pairs"] == "10"


def test_a_dictionary_of_another_encoding(align, tmp_path):
    pairs = zip(ENGLISH[:12], CHINESE, strict=False)
    (tmp_path / "d.tsv").write_bytes("".join(f"{e}\t{z}\n" for e, z in pairs).encode("gb18030"))
    files = ("en.vec", "zh.bin", "-o", tmp_path / "made.align", "--method", "procrustes")
    status, _, err = align("map", *files, "--dictionary", tmp_path / "d.tsv")
    assert (status, err.count("--dictionary-encoding gb18030 may read it")) == (2, 1)
    named = ("--dictionary", tmp_path / "d.tsv", "--dictionary-encoding")
    assert align("map", *files, *named, "gb18030")[0] == 0
    status, _, err = align("map", *files, *named, "klingon")
    assert (status, err[:42]) == (2, "align: --dictionary-encoding klingon: not ")
    assert align("eval", "bli", tmp_path / "made.align", *named, "gb18030")[0] == 0
    assert (
        align("dictionary", tmp_path / "d.tsv", "--dictionary-encoding", "gb18030")[1]
        == "d.tsv: 12 pairs, 12 source words\n"
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--dictionary", "none", "--method", "procrustes"), "--method procrustes needs pairs"),
        (("--dictionary", "none", "--method", "self-learning"), "--method self-learning needs pairs"),
        (("--dictionary", "none", "--pairs", 5), "--pairs 5"),
        (("--pairs", -1, "--dictionary", "missing.tsv"), "--pairs -1: must be at least 0"),
        (("--dictionary", "identical", "--method", "procrustes"), "Procrustes needs a dictionary"),
    ],
)
def test_map_says_what_cannot_be_fitted_in_one_line(align, tmp_path, arguments, said):
    status, out, err = align("map", "en.vec", "zh.bin", "-o", tmp_path / "made.align", *arguments)
    assert (status, out) == (2, "")
    assert said in err
    assert len(err.strip().splitlines()) == 1
