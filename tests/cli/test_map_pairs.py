"""map with the first words, with words written alike, and without a dictionary."""

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


def test_map_takes_words_written_alike_for_a_dictionary(align, tmp_path):
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


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--dictionary", "none", "--method", "procrustes"), "--method procrustes needs pairs"),
        (("--dictionary", "none", "--method", "self-learning"), "--method self-learning needs pairs"),
        (("--dictionary", "none", "--pairs", 5), "--pairs 5"),
        (("--pairs", -1), "--pairs -1"),
        (("--dictionary", "identical", "--method", "procrustes"), "Procrustes needs a dictionary"),
    ],
)
def test_map_says_what_cannot_be_fitted_in_one_line(align, tmp_path, arguments, said):
    status, out, err = align("map", "en.vec", "zh.bin", "-o", tmp_path / "made.align", *arguments)
    assert (status, out) == (2, "")
    assert said in err
    assert len(err.strip().splitlines()) == 1
