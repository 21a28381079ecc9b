"""Unseen words of a translator: built from their n-grams, placed as the words are, kept in the file."""

from pathlib import Path

import numpy as np
import pytest

from align.bilingual.dictionary.dictionary import Dictionary
from align.bilingual.fitting import alignment_of, fit
from align.bilingual.placed_units import PlacedUnits
from align.bilingual.query import known_queries, parse_query, translate_queries
from align.bilingual.supervised.linear import Procrustes
from align.bilingual.translator import Translator
from align.space import BUILT, Space
from align.text.units import HashedNgrams
from align.text.vocab import Vocab

ENGLISH = ["cow", "king", "water", "red", "horse", "queen"]
CHINESE = ["牛", "国王", "水", "红", "马", "王后"]


def spaces() -> tuple[Space, Space, HashedNgrams]:
    """An English space with n-grams, and its rotation with the words in Chinese."""
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(6, 4)).astype(np.float32)
    turn, _ = np.linalg.qr(rng.normal(size=(4, 4)))
    numbers = np.arange(0, 1000, 2)
    units = HashedNgrams(rng.normal(size=(500, 4)).astype(np.float32), 3, 4, numbers, 1000)
    chinese = Space(Vocab(CHINESE), (vectors @ turn).astype(np.float32))
    return Space(Vocab(ENGLISH), vectors, units), chinese, units


@pytest.fixture(scope="module")
def made() -> Translator:
    english, chinese, _ = spaces()
    return fit(english, chinese, Dictionary(tuple(zip(ENGLISH, CHINESE, strict=True))), Procrustes())


def test_an_unseen_word_has_the_candidates_nearest_to_its_placed_vector(made: Translator) -> None:
    units = spaces()[2]
    alignment, norm, _ = alignment_of(made)
    vector = units.vector("kingdoms")
    assert vector is not None
    point = alignment.place_source(norm(vector[None]))[0]
    np.testing.assert_allclose(made.source["kingdoms"], point, atol=1e-6)
    expected = np.argsort(-(made.target.vectors @ point))
    found, known = made.translate(["kingdoms", "king"], 6, "nn")
    assert [one.word for one in found] == [CHINESE[i] for i in expected]
    assert known == made.translate(["king"], 6, "nn")[0]
    assert made.translate(["kingdoms"], 6, "csls")[0] != found


def test_the_file_keeps_the_ngrams(made: Translator, tmp_path: Path) -> None:
    made.save(tmp_path / "t.align")
    again = Translator.load(tmp_path / "t.align")
    assert isinstance(again.source.units, PlacedUnits)
    assert again.target.units is None
    np.testing.assert_array_equal(again.source["kingdoms"], made.source["kingdoms"])
    again.save(tmp_path / "u.align")
    assert (tmp_path / "u.align").read_bytes() == (tmp_path / "t.align").read_bytes()


def test_a_typed_word_is_built_only_if_no_form_of_it_is_known(made: Translator) -> None:
    assert parse_query(made, "Kings")[:3] == ("Kings", "king", "inflection")
    built = parse_query(made, "Kingdom")
    assert (built.form, built.why) == ("kingdom", BUILT)
    assert translate_queries(made, [built], 1)[0][0] == made.translate(["kingdom"], 1)[0][0]
    assert parse_query(made, "王国").form == ""  # the Chinese space has no n-grams
    assert parse_query(made, "great king").form == ""
    with pytest.raises(KeyError, match="'kingdom' is not in the English vocabulary"):
        known_queries(made, ["kingdom"])
    assert known_queries(made, ["kingdom"], build=True)[0].form == "kingdom"
    assert len(made.source.most_similar("kingdom", k=3)) == 3
