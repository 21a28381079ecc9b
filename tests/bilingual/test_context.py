"""Translation in context: the formula against a plain loop, senses placed through a map, and what stays without one."""

from dataclasses import replace

import numpy as np
import pytest

from align.bilingual.candidates import Candidate
from align.bilingual.context import (
    SHARPNESS,
    WEIGHTS,
    ContextWeights,
    PoolFit,
    listed_translations,
    reordered,
    translate_in_context,
    translate_senses,
)
from align.bilingual.dictionary.cedict import Cedict
from align.bilingual.interlinear import gloss
from align.bilingual.placed_senses import RIDGE, place_senses
from align.bilingual.query import Query, parse_query, translate_queries
from align.bilingual.translator import Translator
from align.senses import SenseSpace
from align.space import Space
from align.text.vocab import Vocab

ENGLISH = ["bank", "money", "river", "the", "void"]
CHINESE = ["银行", "河岸", "钱", "河", "这"]


def translator() -> Translator:
    """Money and river are the first two coordinates; bank is between them, nearer to money."""
    x = np.array([[0.715, 0.699, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, 0]], np.float32)
    y = np.array([[1, 0.4, 0.2], [0.4, 1, 0.2], [1, -0.4, 0.1], [-0.4, 1, 0.1], [0, 0.1, 1]], np.float32)
    y /= np.linalg.norm(y, axis=1, keepdims=True)
    return Translator(Space(Vocab(ENGLISH), x), Space(Vocab(CHINESE), y), *np.zeros((2, 5), np.float32))


def senses(language: str = "en") -> SenseSpace:
    """Bank has a sense near money and one near river; as contexts, money and river tell them apart."""
    return SenseSpace(
        Vocab(["bank", "money", "river"], np.array([50, 20, 10])),
        np.array([0, 2, 3, 4]),
        np.array([[0, 4], [4, 0], [0, 4], [4, 0]], np.float32),
        np.array([0.75, 0.25, 1, 1], np.float32),
        np.zeros(4, np.float32),
        np.array([[0, 0], [-1, 1], [1, -1]], np.float32),
        np.ones(3, np.float32),
        language=language,
    )


def found(context: list[str], **options) -> list[str]:
    made = translator()
    ((candidates, *_),) = translate_in_context(made, [parse_query(made, "bank")], [context], **options)
    return [one.word for one in candidates]


def test_the_candidates_that_fit_the_context_come_first() -> None:
    assert found([], k=1) == found(["unknown"], k=1) == found(["bank", "void"], k=1) == ["银行"]
    assert found(["the", "river"], k=1) == ["河岸"]
    assert found(["Money"], k=1) == ["银行"]


def test_scores_are_those_of_the_formula() -> None:
    made = translator()
    query = parse_query(made, "bank")
    placed = place_senses(made, senses())
    (pool,) = translate_queries(made, [query], 5)
    ((candidates, known, shares),) = translate_in_context(made, [query], [["the", "river", "river"]], senses=[placed])
    assert known == ("the", "river")
    quotients = {word: 1e-3 / (1e-3 + 1 / ((ENGLISH.index(word) + 1) * np.log(6))) for word in known}
    mean = sum(quotients[word] * made.source[word] for word in known)
    f = np.array([made.target[one.word] @ mean / np.linalg.norm(mean) for one in pool])
    odds = np.array([0.75 * np.exp(-8), 0.25 * np.exp(8)])  # river twice
    np.testing.assert_allclose(shares, odds / odds.sum(), rtol=1e-4)
    points = placed.points("bank")
    change = sum((shares[s] - p) * points[s] for s, p in enumerate((0.75, 0.25)))
    moved = (abs(shares[0] - 0.75) + abs(shares[1] - 0.25)) / 2
    g = [moved * change @ made.target[one.word] / np.linalg.norm(change) for one in pool]
    a, b, _ = WEIGHTS
    scores = [one.score + (a * x + b * y) / SHARPNESS for one, x, y in zip(pool, f, g, strict=True)]
    expected = sorted(zip(scores, pool, strict=True), key=lambda one: -one[0])
    assert [one.word for one in candidates] == [one.word for _, one in expected]
    np.testing.assert_allclose([one.score for one in candidates], [score for score, _ in expected], rtol=1e-4)


def test_probabilities_move_between_the_candidates() -> None:
    pool = [Candidate("银行", 0.5, 1, 0.5), Candidate("河岸", 0.2, 2, 0.2), Candidate("钱", 0.0, 3, 0.0)]
    fit = PoolFit(pool, np.zeros(3), np.zeros(3), np.zeros(3, bool), (), None)
    assert reordered(translator(), fit) == pool
    told = fit._replace(words=np.array([0.0, 0.2, 0.0]))
    moved = reordered(translator(), told, ContextWeights(10.0))
    assert [one.word for one in moved] == ["河岸", "银行", "钱"]
    assert sum(one.probability for one in moved) == pytest.approx(0.7, abs=1e-3)
    assert moved[0].probability / moved[1].probability == pytest.approx(0.4 * np.exp(2))
    for term in (0.3, 1e-9):
        equal = reordered(translator(), fit._replace(words=np.full(3, term)))
        assert [one.probability for one in equal] == pytest.approx([0.5, 0.2, 1e-4], rel=1e-3)
    assert all(one.score == one.probability for one in moved)
    sure = told._replace(candidates=[one._replace(probability=0.9) for one in pool], listed=np.arange(3) == 0)
    shares = [one.probability for one in reordered(translator(), sure, ContextWeights(0.0, 0.0, 9.0))]
    assert shares == pytest.approx([0.99, 0.855, 0.855])
    assert reordered(replace(translator(), details={"chance": "1"}), told) == pool


def test_translations_of_cedict_are_candidates_and_preferred() -> None:
    lines = ("河 河 [he2] /bank/river/", "銀行 银行 [yin2 hang2] /bank/", "火星 火星 [huo3 xing1] /bank/Mars/")
    cedict = Cedict(lines, ("河", "银行", "火星"))
    made = translator()
    for word, expected in (("bank", "银行"), ("Banks", "银行"), ("river", "河")):
        ((candidates, *_),) = translate_in_context(made, [parse_query(made, word)], [["the"]], 1, cedict=cedict)
        assert candidates[0].word == expected
    ((candidates, *_),) = translate_in_context(made, [parse_query(made, "河")], [["河岸"]], 9, cedict=cedict)
    assert [one.word for one in candidates][:2] == ["river", "bank"]
    assert len(candidates) == 4, "void has no vector"
    often = Space(Vocab(["banks", "bank"]), np.eye(2, dtype=np.float32))
    seldom = Space(Vocab(["bank", "banks"]), np.eye(2, dtype=np.float32))
    query = Query("banks", "banks", "", False)
    assert [len(listed_translations(cedict, query, one)) for one in (often, seldom)] == [0, 3]


def test_senses_are_placed_by_the_words_of_one_sense() -> None:
    made, space = translator(), senses()
    placed = place_senses(made, space)
    x, y = np.array([[0, 1], [1, 0]]), np.array([made.source["money"], made.source["river"]])
    np.testing.assert_allclose(placed.weights, np.linalg.inv(x.T @ x + RIDGE * np.eye(2)) @ x.T @ y, atol=1e-6)
    np.testing.assert_allclose(placed.points("bank"), [[1, 0, 0], [0, 1, 0]], atol=1e-6)
    assert (placed.reverse, placed.form("Banks"), placed.form("ox")) == (False, "bank", "")
    assert place_senses(made, senses("")).reverse is False
    chinese = replace(senses(""), vocab=Vocab(["银行", "钱", "河"], np.array([50, 20, 10])))
    assert place_senses(made, chinese).reverse is True
    with pytest.raises(ValueError, match="0 words of one sense are in the translator; at least 2 are needed to place"):
        place_senses(made, senses("zh"))


def test_each_sense_has_its_own_translation() -> None:
    made = translator()
    placed = place_senses(made, senses())
    money, river = translate_senses(made, parse_query(made, "bank"), placed, 1, context=["river"])
    assert (money.number, money.probability, money.candidates[0].word) == (1, 0.75, "银行")
    assert (river.number, river.candidates[0].word) == (2, "河岸")
    assert money.in_context is not None
    assert river.in_context == pytest.approx(1 / (1 + 3 * np.exp(-8)))
    assert translate_senses(made, parse_query(made, "the"), placed, 1) == []
    (single,) = translate_senses(made, parse_query(made, "money"), placed, 1)
    assert (single.in_context, single.candidates) == (None, translate_queries(made, [parse_query(made, "money")], 1)[0])


def test_a_gloss_reads_the_sentence() -> None:
    def glossed(sentence: str) -> dict[str, str]:
        return {one.word: one.translation for one in gloss(translator(), None, sentence)}

    assert glossed("bank")["bank"] == "银行"
    assert glossed("the river bank")["bank"] == "河岸"
