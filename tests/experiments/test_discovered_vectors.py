"""Vectors of discovered words: the words that the spaces share, vectors of characters, excerpts and the table."""

import numpy as np
import pytest

from align.evaluate.resampling import Interval
from align.space import Space
from align.text.corpus import Corpus
from align.text.vocab import Vocab
from experiments import discovered_vectors as d


def space(words: list[str]) -> Space:
    vectors = np.random.default_rng(0).normal(size=(len(words), 4)).astype(np.float32)
    return Space(Vocab(words), vectors)


def test_spaces_on_the_words_that_they_share() -> None:
    spaces = dict(
        zip(
            d.SEGMENTATIONS,
            (space(["国王", "马", "骑马", "王后"]), space(["马", "国王", "王后"]), space(list("国王马"))),
            strict=True,
        )
    )
    found = d.shared(spaces)
    assert list(found) == list(d.SEGMENTATIONS)
    assert all(list(one.vocab.words) == ["国王", "马"] for one in found.values())
    np.testing.assert_array_equal(found["discovered"]["马"], spaces["discovered"]["马"])
    letters = [spaces["characters"][letter] for letter in "国王"]
    expected = sum(one / np.linalg.norm(one) for one in letters) / 2
    np.testing.assert_allclose(found["characters"]["国王"], expected, rtol=1e-5)
    with pytest.raises(ValueError, match="no word in common"):
        d.shared({**spaces, "discovered": space(["牛"])})


def test_the_same_beginning_of_each_text() -> None:
    words = Corpus.from_sentences([["国王", "骑马"]] * 40, min_count=1, language="zh")
    letters = Corpus.from_sentences([list("国王骑马")] * 40, min_count=1, language="zh")
    whole = dict(zip(d.SEGMENTATIONS, (words, words, letters), strict=True))
    assert {name: one.tokens for name, one in d.parts(whole, 20).items()} == {
        "jieba": 20, "discovered": 20, "characters": 40,
    }  # fmt: skip
    assert d.parts(whole, 0) == whole


def test_table_and_figure(tmp_path) -> None:
    scores = {
        "wordsim-297": d.ScoreInterval(0.5, Interval(0.4, 0.6)),
        "P@1 en-zh": d.share(np.array([True, False]), seed=0),
    }
    assert scores["P@1 en-zh"] == d.ScoreInterval(0.5, Interval(0.0, 1.0))
    made = [d.Outcome(name, 9, 3, scores) for name in d.SEGMENTATIONS]
    assert d.table(made, 2).row_count == 3
    assert d.draw(made, tmp_path / "a.png").stat().st_size > 1000
