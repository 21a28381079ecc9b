"""Folds, and a first stage that is fitted without the pairs of its queries."""

import numpy as np
import pytest

from align.bilingual.mapping import Pairs
from align.bilingual.reranking.cross_fitting import (
    fit_fold,
    gold_answers,
    language_words,
    make_fold,
    make_rare_fold,
)
from align.bilingual.reranking.features import NAMES
from align.bilingual.reranking.spelling import SpellingSettings
from align.bilingual.reranking.training import Reranking
from align.bilingual.supervised.kernel import Ensemble

WORDS, PAIRS, FOLDS = 120, 60, 3


def languages() -> tuple[tuple, Pairs]:
    draw = np.random.default_rng(0)
    x = draw.normal(size=(WORDS, 8)).astype(np.float32)
    y = (x + 0.3 * draw.normal(size=x.shape)).astype(np.float32)
    english = language_words([f"w{i}" for i in range(WORDS)], x, chinese=False)
    chinese = language_words([chr(0x5000 + i) for i in range(WORDS)], y, chinese=True)
    source, target = np.arange(PAIRS), np.arange(PAIRS) // 2 * 2
    return (english, chinese), Pairs(source, target, np.ones(PAIRS, np.float32))


@pytest.mark.parametrize("hide", [False, True])
@pytest.mark.parametrize("side", [0, 1])
def test_folds_partition_the_words_and_exclude_their_pairs_from_the_fit(side: int, hide: bool) -> None:
    _, pairs = languages()
    numbers = np.stack([pairs.source, pairs.target], axis=1)
    folds = [make_fold(numbers, side, number, folds=FOLDS, max_queries=4, hide=hide, seed=0) for number in range(FOLDS)]
    held = np.concatenate([fold.held_out for fold in folds])
    assert sorted(held) == sorted(set(numbers[:, side]))
    assert [len(fold.queries) for fold in folds] == [4] * FOLDS
    assert all(set(fold.queries) <= set(fold.held_out) for fold in folds)
    for fold in folds:
        fitted = numbers[fold.fitted(numbers)]
        assert not set(fitted[:, side]) & set(fold.held_out)
        assert not set(fitted[:, 1 - side]) & set(fold.hidden)
        assert len(fitted) > 0
        assert bool(len(fold.hidden)) is hide


def test_the_rare_fold_hides_the_rarest_answers_and_keeps_the_numbers_of_the_queries() -> None:
    _, pairs = languages()
    numbers = np.stack([pairs.source, pairs.target], axis=1)
    folds = [make_fold(numbers, 1, i, folds=FOLDS, max_queries=100, hide=True, seed=0) for i in range(FOLDS)]
    rare = make_rare_fold(numbers, 1, folds=FOLDS, max_queries=8, seed=0)
    assert list(rare.hidden) == list(range(40, 60))
    assert list(rare.held_out) == list(range(40, 60, 2))
    assert len(rare.queries) == 8
    assert set(rare.queries) <= set(rare.held_out)
    assert not rare.fitted(numbers)[40:].any()
    assert rare.fitted(numbers)[:40].all()
    for query, number in zip(rare.queries, rare.folds, strict=True):
        assert query in folds[number].held_out


def test_candidates_are_those_allowed_and_gold_where_the_pairs_say_so() -> None:
    words, pairs = languages()
    numbers = np.stack([pairs.source, pairs.target], axis=1)
    fold = make_fold(numbers, 1, 0, folds=FOLDS, max_queries=100, hide=True, seed=0)
    fitted = fit_fold(words, pairs, fold, Ensemble(), SpellingSettings(), pool=WORDS)
    theirs = fitted.rows[1]
    assert list(theirs) == list(range(WORDS))
    whole = fitted.features(gold_answers(numbers, 1), None, WORDS)
    assert whole.features.shape == (len(fold.queries), WORDS, len(NAMES))
    assert (whole.gold.sum(axis=1) == 2).all()
    hidden = gold_answers(numbers, 1, fold.hidden)
    some = np.isin(theirs, fold.hidden) | ~np.isin(theirs, fold.other_training)
    part = fitted.features(hidden, some, int(some.sum()))
    assert list(part.ranks) == [word for word in fold.queries if hidden[int(word)]]
    assert [int(row) for row in part.gold.sum(axis=1)] == [len(hidden[int(word)]) for word in part.ranks]
    assert all(set(found) <= set(fold.hidden.tolist()) for found in hidden.values())
    assert len(fitted.features(hidden, some, int(some.sum()) + 1).ranks) == 0


def test_a_fold_of_every_pair_has_no_first_stage() -> None:
    words, pairs = languages()
    numbers = np.stack([pairs.source, pairs.target], axis=1)
    fold = make_fold(numbers, 0, 0, folds=1, max_queries=100, hide=False, seed=0)
    with pytest.raises(ValueError, match="no pairs left"):
        fit_fold(words, pairs, fold, Ensemble(), SpellingSettings(), pool=WORDS)


def test_folds_are_used_until_there_are_enough_queries() -> None:
    settings = Reranking(folds=4, queries=2500)
    assert [settings.used_folds(words) for words in (17_000, 5000, 4000, 3000, 1000, 0)] == [2, 2, 3, 4, 4, 4]
    assert Reranking(folds=1).used_folds(100) == 1
