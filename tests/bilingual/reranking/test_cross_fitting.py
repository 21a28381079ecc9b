"""What the second stage is asked, and what the first stage of a part must not have seen."""

import numpy as np
import pytest

from align.bilingual.mapping import Pairs
from align.bilingual.reranking.cross_fitting import answers_of, deal, first_stage, words_of
from align.bilingual.reranking.features import NAMES
from align.bilingual.reranking.spelling import Settings
from align.bilingual.reranking.training import Reranking
from align.bilingual.supervised.kernel import Ensemble

WORDS, PAIRS, PARTS = 120, 60, 3


def languages() -> tuple[tuple, Pairs]:
    draw = np.random.default_rng(0)
    x = draw.normal(size=(WORDS, 8)).astype(np.float32)
    y = (x + 0.3 * draw.normal(size=x.shape)).astype(np.float32)
    english = words_of([f"w{i}" for i in range(WORDS)], x, chinese=False)
    chinese = words_of([chr(0x5000 + i) for i in range(WORDS)], y, chinese=True)
    source, target = np.arange(PAIRS), np.arange(PAIRS) // 2 * 2
    return (english, chinese), Pairs(source, target, np.ones(PAIRS, np.float32))


@pytest.mark.parametrize("hide", [False, True])
@pytest.mark.parametrize("side", [0, 1])
def test_the_parts_are_all_words_once_and_no_pair_of_theirs_is_kept(side: int, hide: bool) -> None:
    _, pairs = languages()
    numbers = np.stack([pairs.source, pairs.target], axis=1)
    folds = [deal(numbers, side, part, parts=PARTS, most=4, hide=hide, seed=0) for part in range(PARTS)]
    held = np.concatenate([fold.held for fold in folds])
    assert sorted(held) == sorted(set(numbers[:, side]))
    assert [len(fold.asked) for fold in folds] == [4] * PARTS
    assert all(set(fold.asked) <= set(fold.held) for fold in folds)
    for fold in folds:
        kept = numbers[fold.kept(numbers)]
        assert not set(kept[:, side]) & set(fold.held)
        assert not set(kept[:, 1 - side]) & set(fold.hidden)
        assert len(kept) > 0
        assert bool(len(fold.hidden)) is hide


def test_candidates_are_of_those_allowed_and_right_where_the_pairs_say_so() -> None:
    words, pairs = languages()
    numbers = np.stack([pairs.source, pairs.target], axis=1)
    fold = deal(numbers, 1, 0, parts=PARTS, most=100, hide=True, seed=0)
    staged = first_stage(words, pairs, fold, Ensemble(), Settings(), pool=WORDS, seed=0)
    theirs = staged.rows[1]
    assert list(theirs) == list(range(WORDS))
    whole = staged.ask(answers_of(numbers, 1), None, WORDS)
    assert whole.evidence.shape == (len(fold.asked), WORDS, len(NAMES))
    assert (whole.right.sum(axis=1) == 2).all()
    hidden = answers_of(numbers, 1, fold.hidden)
    some = np.isin(theirs, fold.hidden) | ~np.isin(theirs, fold.others)
    part = staged.ask(hidden, some, int(some.sum()))
    assert list(part.ranks) == [word for word in fold.asked if hidden[int(word)]]
    assert [int(row) for row in part.right.sum(axis=1)] == [len(hidden[int(word)]) for word in part.ranks]
    assert all(set(found) <= set(fold.hidden.tolist()) for found in hidden.values())
    assert len(staged.ask(hidden, some, int(some.sum()) + 1).ranks) == 0


def test_where_every_pair_is_held_there_is_no_first_stage() -> None:
    words, pairs = languages()
    numbers = np.stack([pairs.source, pairs.target], axis=1)
    fold = deal(numbers, 0, 0, parts=1, most=100, hide=False, seed=0)
    with pytest.raises(ValueError, match="no pair is left"):
        first_stage(words, pairs, fold, Ensemble(), Settings(), pool=WORDS, seed=0)


def test_parts_are_asked_until_enough_words_have_been() -> None:
    settings = Reranking(parts=4, asked=2500)
    assert [settings.rounds(words) for words in (17_000, 5000, 4000, 3000, 1000, 0)] == [2, 2, 3, 4, 4, 4]
    assert Reranking(parts=1).rounds(100) == 1
