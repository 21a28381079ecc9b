"""Lexicon scores compared with a simple computation from the whole matrix of scores."""

import json

import numpy as np
import pytest

from align import search
from align.bilingual.dictionary.dictionary import Dictionary
from align.bilingual.translator import SHARPNESS, Translator
from align.evaluate.lexicon import Lexicon, compare, evaluate
from align.retrieval import neighbourhood_means, unit_rows
from align.space import Space
from align.text.vocab import Vocab
from tests.oracles import brute_csls, brute_inverted_softmax, hanzi_words

ENGLISH, CHINESE = [f"w{i}" for i in range(40)], hanzi_words(30)


def points(rows: int, seed: int) -> np.ndarray:
    return unit_rows(np.random.default_rng(seed).normal(size=(rows, 6)).astype(np.float32))


def translator(x: np.ndarray | None = None, y: np.ndarray | None = None, seed: int = 0) -> Translator:
    x = points(40, seed) if x is None else x
    y = points(30, seed + 1) if y is None else y
    english, chinese = Space(Vocab(ENGLISH[: len(x)]), x), Space(Vocab(CHINESE[: len(y)]), y)
    return Translator(english, chinese, *neighbourhood_means(x, y))


def many_answers(seed: int = 2) -> Dictionary:
    """One to four translations for each word, in mixed order; the translator lacks some words and some translations."""
    rng = np.random.default_rng(seed)
    pairs = [
        (f"w{i}", CHINESE[j] if j < 30 else f"缺{j}")
        for i in range(50)
        for j in rng.choice(45, rng.integers(1, 5), replace=False)
    ]
    return Dictionary(tuple(pairs[i] for i in rng.permutation(len(pairs))), "made up")


def naive(scores: np.ndarray, left: list[str], right: list[str], dictionary: Dictionary) -> tuple[list[int], int]:
    """Every covered word's rank, in vocabulary order, and the number of all words."""
    asked: dict[str, set[str]] = {}
    for source, target in dictionary.pairs:
        asked.setdefault(source, set()).add(target)
    found: list[int] = []
    for i, word in enumerate(left):
        golds = [right.index(answer) for answer in asked.get(word, ()) if answer in right]
        if golds:
            order = sorted(range(len(right)), key=lambda j: (-scores[i, j], j))
            found.append(min(order.index(gold) for gold in golds) + 1)
    return found, len(asked)


@pytest.mark.parametrize("cells", [1, 100, 1 << 26])
@pytest.mark.parametrize("how", ["nn", "csls", "inverted-softmax"])
@pytest.mark.parametrize("reverse", [False, True])
def test_scores_are_those_of_the_whole_matrix(how, reverse, cells, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "_BLOCK_CELLS", cells)
    made, dictionary = translator(), many_answers()
    x, y = made.source.vectors, made.target.vectors
    scores = {"nn": x @ y.T, "csls": brute_csls(x, y)}.get(how)
    if scores is None:
        scores = brute_inverted_softmax(y, x, SHARPNESS).T if reverse else brute_inverted_softmax(x, y, SHARPNESS)
    left, right = ENGLISH, CHINESE
    if reverse:
        scores, left, right, dictionary = scores.T, CHINESE, ENGLISH, dictionary.reversed()
    places, total = naive(scores, left, right, dictionary)
    found = evaluate(made, dictionary, reverse=reverse, retrieval=how)
    assert found.ranks.tolist() == places
    assert found.total == total
    assert 0 < len(places) < total
    for k in (1, 5, 10):
        assert found.precision(k).value == pytest.approx(np.mean([place <= k for place in places]))
        assert found.precision(k).over_all == pytest.approx(sum(place <= k for place in places) / total)
    assert found.mrr().value == pytest.approx(np.mean([1 / place for place in places]))


def test_one_word_by_hand() -> None:
    x = np.array([[1, 0]], np.float32)
    y = unit_rows(np.array([[1, 1], [1, 0.1], [0, 1], [1, 0.5]], np.float32))
    made = translator(x, y)  # by cosine: 1, 3, 0, 2

    def place(*answers: int) -> int:
        pairs = tuple(("w0", CHINESE[j]) for j in answers)
        return int(evaluate(made, Dictionary(pairs), retrieval="nn").ranks[0])

    assert [place(1), place(3), place(0), place(2)] == [1, 2, 3, 4]
    assert place(2, 0) == 3
    assert place(2, 3, 0) == 2


def test_of_equal_candidates_the_more_frequent_comes_first() -> None:
    x, y = np.array([[1, 0]], np.float32), np.array([[0, 1], [1, 0], [1, 0], [1, 0]], np.float32)
    made = translator(x, y)
    for answers, place in (((1,), 1), ((2,), 2), ((3,), 3), ((3, 2), 2), ((0,), 4)):
        dictionary = Dictionary(tuple(("w0", CHINESE[j]) for j in answers))
        for how in ("nn", "csls"):
            assert evaluate(made, dictionary, retrieval=how).ranks.tolist() == [place]


def test_words_are_matched_as_coverage_says() -> None:
    made = translator()
    dictionary = Dictionary((("W3", CHINESE[3]), ("w3", CHINESE[4]), ("nowhere", CHINESE[5]), ("w4", "没有")))
    found = evaluate(made, dictionary)
    assert found.rows.tolist() == [3]
    assert (len(found.ranks), found.total) == (1, 3)


def test_words_that_differ_in_case_are_counted_as_the_vocabulary_has_them() -> None:
    pairs = tuple((word, CHINESE[0]) for word in ("W3", "w3", "Nowhere", "nowhere"))
    assert evaluate(translator(), Dictionary(pairs)).total == 2
    both = Translator(
        Space(Vocab(["turkey", "Turkey"]), points(2, 0)),
        Space(Vocab(CHINESE), points(30, 1)),
        np.zeros(2),
        np.zeros(30),
    )
    found = evaluate(both, Dictionary((("Turkey", CHINESE[0]), ("turkey", CHINESE[1]), ("TURKEY", CHINESE[1]))))
    assert (len(found.ranks), found.total) == (2, 2)


def test_progress_is_reported_up_to_every_word(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "_BLOCK_CELLS", 100)
    dictionary = many_answers()
    told: list[tuple[str, int, int]] = []
    lines = compare({"one": translator()}, dictionary, dictionary.reversed(), report=lambda *now: told.append(now))
    stages = list(dict.fromkeys(stage for stage, _, _ in told))
    assert stages == [f"{line.direction}, {line.retrieval}" for line in lines]
    for stage, line in zip(stages, lines, strict=True):
        counts = [done for which, done, of in told if which == stage and of == len(line.lexicon.ranks)]
        assert len(counts) > 1
        assert counts == sorted(set(counts))
        assert counts[-1] == len(line.lexicon.ranks)


def test_latin_pairs_are_counted() -> None:
    pairs = (("w1", CHINESE[0]), ("w2", "w2"), ("android", "android"))
    assert evaluate(translator(), Dictionary(pairs)).latin == 2


@pytest.mark.parametrize("pairs", [(), (("nowhere", "没有"),)])
def test_nothing_covered_scores_nothing(pairs) -> None:
    found = evaluate(translator(), Dictionary(pairs, "none"))
    assert found.ranks.shape == (0,)
    assert np.isnan([score.value for score in found.scores()]).all()
    over_all = 0.0 if pairs else None
    assert [found.as_json()[name] for name in ("p@1", "mrr")] == [{"covered": None, "all": over_all}] * 2
    assert found.bands() == []
    assert str(found).endswith(f"(0 of {len(pairs)} words covered)")
    assert found.as_json()["covered"] == 0


def test_bands_are_by_the_rank_of_the_query() -> None:
    rows, ranks = np.array([0, 999, 1000, 1999, 70_000, 120_000]), np.array([1, 2, 1, 20, 3, 1])
    bands = dict(Lexicon("x", rows, ranks, 9).bands())
    assert {name: band.ranks.tolist() for name, band in bands.items()} == {
        "1 to 1,000": [1, 2],
        "1,001 to 2,000": [1, 20],
        "50,001 to 120,001": [3, 1],
    }
    assert all(band.total == len(band.ranks) for band in bands.values())
    whole = dict(Lexicon("x", rows, ranks, 9).bands((0,)))
    assert [band.ranks.tolist() for band in whole.values()] == [ranks.tolist()]


def test_the_document_has_what_was_agreed() -> None:
    made = Lexicon("cedict test", np.array([3, 5]), np.array([1, 4]), 4, 1)
    document = made.as_json()
    assert json.loads(json.dumps(document)) == document
    assert document == {
        "name": "cedict test",
        "covered": 2,
        "total": 4,
        "latin": 1,
        "p@1": {"covered": 0.5, "all": 0.25},
        "p@5": {"covered": 1.0, "all": 0.5},
        "p@10": {"covered": 1.0, "all": 0.5},
        "mrr": {"covered": 0.625, "all": 0.3125},
    }
    assert str(made) == "cedict test: P@1 50.0  P@5 100.0  P@10 100.0  MRR 62.5  (2 of 4 words covered)"


def test_compare_asks_every_method_everything() -> None:
    dictionary = many_answers()
    table = compare({"one": translator(), "two": translator(seed=5)}, dictionary, dictionary.reversed())
    assert [(line.method, line.direction, line.retrieval) for line in table] == [
        (method, direction, how)
        for method in ("one", "two")
        for direction in ("en-zh", "zh-en")
        for how in ("nn", "csls")
    ]
    expected = evaluate(translator(seed=5), dictionary.reversed(), reverse=True, retrieval="nn")
    np.testing.assert_array_equal(table[6].lexicon.ranks, expected.ranks)
