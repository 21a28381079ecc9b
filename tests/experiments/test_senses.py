"""The table of ambiguous words: what gold senses choose, and the table and figure of made-up senses."""

import numpy as np
import pytest

from align.senses import SenseSpace
from align.text.vocab import Vocab
from experiments import senses as s


@pytest.fixture
def space() -> SenseSpace:
    return SenseSpace(
        Vocab(["bank", "money", "river"]),
        np.array([0, 2, 3, 4]),
        np.array([[4, 0], [0, 4], [4, 1], [0, 4]], np.float32),
        np.array([0.75, 0.25, 1, 1], np.float32),
        np.zeros(4, np.float32),
        np.array([[0, 0], [1, -1], [-1, 1]], np.float32),
        np.ones(3, np.float32),
    )


def test_there_are_twenty_words_of_each_language() -> None:
    for language in s.EPOCHS:
        words = s.gold_senses(language)
        assert len(words) == 20
        assert all(len(gold) > 1 and all(one.typical for one in gold) for gold in words.values())


def test_typical_words_choose_a_sense(space: SenseSpace, tmp_path) -> None:
    gold = [s.GoldSense("money", ("money", "loan")), s.GoldSense("river", ("river",))]
    found = s.choose(space, "bank", gold)
    assert found.apart
    assert [one.neighbours[0] for one in found.chosen] == ["money", "river"]
    same = s.choose(space, "bank", [gold[1], gold[1]])
    assert not same.apart
    lacking = s.choose(space, "cell", gold)
    assert not lacking.apart
    words = [found, same, lacking]
    made = s.table("en", words)
    assert (made.row_count, made.title) == (6, "English: 1 of 3 words have separate senses")
    assert s.draw({"en": words, "zh": words}, tmp_path / "a.png").stat().st_size > 1000
