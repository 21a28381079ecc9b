"""`best`: which of its methods is fitted, by the number of pairs and by trial."""

import numpy as np
import pytest

from align.bilingual.best import Best, hits
from align.bilingual.mapping import Alignment, Pairs
from align.bilingual.supervised.kernel import Ensemble
from align.bilingual.supervised.linear import Procrustes
from align.bilingual.unsupervised.self_learning import SelfLearning
from tests.bilingual.unsupervised.test_starts import drawn
from tests.bilingual.unsupervised.test_unsupervised import turned


def pairs_of(rows: np.ndarray) -> Pairs:
    return Pairs(rows, rows, np.ones(len(rows), np.float32))


def test_what_is_fitted_depends_on_the_words() -> None:
    best, some = Best(few=3), np.arange(3)
    assert best.suited(pairs_of(some), alike=False) is best
    assert best.suited(pairs_of(some), alike=True) is best.seeds
    assert best.suited(pairs_of(some[:2]), alike=False) is best.seeds
    assert best.suited(Pairs(some[[0, 0, 0]], some, np.ones(3, np.float32)), alike=False) is best.seeds
    assert best.suited(pairs_of(some[:0]), alike=False) is best.nothing


def test_hits_are_right_words_that_come_first_by_csls() -> None:
    """Beside a plain count over all cosines; a word of two translations is right with either, one of none is not."""
    x, y = turned(60, 6, 0.15, 1)
    alignment = Procrustes().fit(x, y, pairs_of(np.arange(30)))
    asked = Pairs(np.array([30, 31, 31, 32]), np.array([30, 5, 31, 7]), np.ones(4, np.float32))
    cosines = alignment.place_source(x) @ alignment.place_target(y).T

    def means(table: np.ndarray) -> np.ndarray:
        return np.sort(table, axis=1)[:, -10:].mean(axis=1)

    scores = 2 * cosines - means(cosines)[:, None] - means(cosines.T)
    known = {(30, 30), (31, 5), (31, 31), (32, 7)}
    right = [(row, int(scores[row].argmax())) in known for row in (30, 31, 32)]
    right += [(int(scores[:, row].argmax()), row) in known for row in (5, 7, 30, 31)]
    assert 0 < sum(right) < len(right)
    assert hits(alignment, x, y, asked) == pytest.approx(sum(right) / len(right))


@pytest.mark.parametrize("learned", [True, False])
def test_the_better_of_two_is_fitted(learned: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is tried without the rarest fifth of the words; from many words on there is no trial."""
    x, y = turned(100, 8, 0.05, 0)
    good, bad = (Procrustes().fit(x, other, pairs_of(np.arange(100))) for other in (y, drawn(100, 8, 5)))
    given: list[int] = []

    def fits(alignment: Alignment):
        def fit(_self: object, _x: np.ndarray, _y: np.ndarray, pairs: Pairs, **_: object) -> Alignment:
            given.append(int(pairs.source.max()))
            return alignment

        return fit

    monkeypatch.setattr(SelfLearning, "fit", fits(good if learned else bad))
    monkeypatch.setattr(Ensemble, "fit", fits(bad if learned else good))
    best = Best(few=10, many=50)
    assert best.rival(x, y, pairs_of(np.arange(40))) is (best.seeds if learned else best)
    assert given == [31, 31]
    assert best.rival(x, y, pairs_of(np.arange(50))) is best
    assert len(given) == 2
