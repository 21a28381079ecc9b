"""The protocol: every method fits tiny spaces of every size, leaves out words without a vector, and is listed once."""

from dataclasses import fields, is_dataclass

import numpy as np
import pytest

from align.bilingual.best import Best
from align.bilingual.dictionary.dictionary import Dictionary
from align.bilingual.fitting import METHODS, alignment_of, fit, training_pairs
from align.bilingual.method import Method
from align.bilingual.reranking.network import Training
from align.bilingual.reranking.training import Reranking
from align.bilingual.supervised.contrastive import Contrastive
from align.bilingual.supervised.linear import Procrustes
from align.bilingual.supervised.mlp import MLP
from align.bilingual.supervised.rcsls import RCSLS
from align.bilingual.unsupervised.self_learning import SelfLearning
from align.bilingual.unsupervised.unsupervised import Unsupervised
from align.space import Space
from align.text.vocab import Vocab
from tests.oracles import hanzi_words

LEARNING = SelfLearning(rounds=1, restarts=2)
QUICK: dict[str, Method] = {
    "mlp": MLP(hidden=4, steps=3, size=8, near=5),
    "rcsls": RCSLS(steps=2, rounds=2, size=8, near=5),
    "contrastive": Contrastive(steps=3, size=8, near=5),
    "self-learning": LEARNING,
    "unsupervised": Unsupervised(restarts=2, learning=LEARNING),
    "best": Best(seeds=LEARNING, nothing=Unsupervised(restarts=2, learning=LEARNING)),
}
EVERY = {name: QUICK.get(name) or kind() for name, kind in METHODS.items()}
SIZES = [(3, 8), (9, 4), (35, 31)]
MORE_SIZES = [(3, 3)]  # for the methods that compile nothing


def spaces(v: int, w: int, d: int = 5, e: int = 4) -> tuple[Space, Space]:
    rng = np.random.default_rng([v, w])
    x, y = (rng.normal(size=shape).astype(np.float32) for shape in ((v, d), (w, e)))
    return Space(Vocab([f"word{i}" for i in range(v)]), x, name="en"), Space(Vocab(hanzi_words(w)), y, name="zh")


def dictionary(english: Space, chinese: Space, count: int) -> Dictionary:
    pairs = [(f"word{i % len(english)}", chinese.vocab.words[i % len(chinese)]) for i in range(count)]
    return Dictionary(tuple(dict.fromkeys(pairs)), name="made")


@pytest.mark.parametrize(
    ("method", "sizes"),
    [(name, sizes) for name in METHODS for sizes in SIZES + MORE_SIZES * (name not in ("mlp", "contrastive", "rcsls"))],
    ids=str,
)
def test_spaces_of_every_size_are_mapped(method: str, sizes: tuple[int, int]) -> None:
    english, chinese = spaces(*sizes)
    settings = EVERY[method]
    for count in (1, 15):
        given = training_pairs(settings, dictionary(english, chinese, count))
        made = fit(english, chinese, given, settings)
        for points in (made.source.vectors, made.target.vectors):
            np.testing.assert_allclose(np.linalg.norm(points, axis=1), 1, atol=1e-4)
        found = made.translate(["word0", chinese.vocab.words[0]], 3)
        assert [len(one) for one in found] == [3, 3]


@pytest.mark.parametrize("method", METHODS)
def test_a_method_is_settings_with_one_fit(method: str) -> None:
    kind = METHODS[method]
    assert is_dataclass(kind)
    assert kind.__dataclass_params__.frozen
    assert isinstance(kind(), Method)
    assert kind.uses_pairs in ("required", "optional", "none")
    assert "uses_pairs" not in {one.name for one in fields(kind)}


@pytest.mark.parametrize("method", [name for name in METHODS if METHODS[name].uses_pairs != "required"])
def test_methods_that_need_no_pairs_do_without(method: str) -> None:
    english, chinese = spaces(12, 9)
    made = fit(english, chinese, Dictionary(()), EVERY[method])
    assert made.details["pairs"] == "0"
    assert made.details["chance"] in ("0", "1")
    assert float(made.details["quality"]) == pytest.approx(float(made.details["quality"]))


def test_pairs_that_a_method_cannot_use_and_missing_ones_are_refused() -> None:
    english, chinese = spaces(12, 9)
    with pytest.raises(ValueError, match="Unsupervised uses no pairs, but a dictionary of 3 pairs was given"):
        fit(english, chinese, dictionary(english, chinese, 3), Unsupervised())
    with pytest.raises(ValueError, match="Procrustes needs a dictionary with pairs; methods that need none: best, uns"):
        fit(english, chinese, Dictionary(()), Procrustes())


@pytest.mark.parametrize("method", METHODS)
def test_words_without_a_vector_change_nothing(method: str) -> None:
    """Zero rows get zero points; the other words' points are those of a fit without them."""
    english, chinese = spaces(14, 12)
    given = training_pairs(EVERY[method], dictionary(english, chinese, 10))
    alone = fit(english, chinese, given, EVERY[method])
    sparse: list[Space] = []
    for space, at in ((english, [0, 5, 9]), (chinese, [3])):
        words, rows = list(space.vocab.words), space.vectors
        for place in at:
            words.insert(place, f"{words[-1]}x{place}")
            rows = np.insert(rows, place, 0, axis=0)
        sparse.append(Space(Vocab(words), rows, name=space.name))
    made = fit(sparse[0], sparse[1], given, EVERY[method])
    for one, other, mean, same in (
        (made.source, alone.source, made.index.source_means, alone.index.source_means),
        (made.target, alone.target, made.index.target_means, alone.index.target_means),
    ):
        has = one.vectors.any(axis=1)
        assert has.sum() == len(other)
        np.testing.assert_allclose(one.vectors[has], other.vectors, atol=1e-5)
        np.testing.assert_allclose(mean[has], same, atol=1e-5)
        assert not mean[~has].any()


def test_a_second_stage_numbers_all_words() -> None:
    """With zero rows in between, the re-ranker's pairs and means are those of a fit without them, moved."""
    rng = np.random.default_rng(1)
    x = rng.normal(size=(420, 8)).astype(np.float32)
    words, others = [f"word{i}" for i in range(420)], hanzi_words(420)
    full = Space(Vocab(words), x, name="en"), Space(Vocab(others), x[:, ::-1].copy(), name="zh")
    given = Dictionary(tuple(zip(words[:350], others[:350], strict=True)))
    quick = Reranking(folds=2, k=12, pool=400, network=Training(hidden=4, steps=20, networks=1))
    best = Best(second=quick, few=10, many=20)
    alone = fit(*full, given, best)
    gap = Space(Vocab(["none", *words[:10], "nothing", *words[10:]]), np.insert(x, [0, 10], 0, axis=0), name="en")
    made = fit(gap, full[1], given, best)
    rows = np.flatnonzero(gap.vectors.any(axis=1))
    for name, array in alone.weights.items():
        if name == "rerank.pairs":
            np.testing.assert_array_equal(made.weights[name], np.stack([rows[array[:, 0]], array[:, 1]], axis=1))
        elif name in ("rerank.source.means", "rerank.source.soft_maxima"):
            np.testing.assert_allclose(made.weights[name][rows], array, atol=1e-4)
            assert not made.weights[name][[0, 11]].any()
        elif name == "rerank.forward.anchors":
            np.testing.assert_array_equal(made.weights[name], rows[array])
    for one, other in zip(
        made.translate(["word3", "word400"], 2), alone.translate(["word3", "word400"], 2), strict=True
    ):
        assert [(c.word, c.rank) for c in one] == [(c.word, c.rank) for c in other]
        np.testing.assert_allclose([c.probability for c in one], [c.probability for c in other], atol=1e-3)


@pytest.mark.parametrize("method", ["procrustes", "best"])
def test_a_space_of_nothing_or_of_one_vector_is_refused(method: str) -> None:
    english, chinese = spaces(12, 9)
    given = dictionary(english, chinese, 5)
    for vectors, said in (
        (np.zeros((12, 5), np.float32), "en: all 12 vectors are zero"),
        (np.full((12, 5), 0.3, np.float32), "en: all 12 vectors are the same"),
    ):
        with pytest.raises(ValueError, match=said):
            fit(Space(english.vocab, vectors, name="en"), chinese, given, EVERY[method])
    constant = Space(chinese.vocab, np.full((9, 4), 0.7, np.float32), name="zh")
    for steps in ((), ("unit",)):
        with pytest.raises(ValueError, match="zh: all 9 vectors other than zero are the same"):
            fit(english, constant, given, EVERY[method], normalise=steps)


def test_zero_vectors_placed_later_stay_zero() -> None:
    english, chinese = spaces(30, 20)
    for method in ("mlp", "kernel-ridge"):
        made = fit(english, chinese, dictionary(english, chinese, 15), EVERY[method])
        alignment, norm, other = alignment_of(made)
        assert not alignment.place_source(norm(np.zeros((2, 5), np.float32))).any()
        assert not alignment.place_target(other(np.zeros((2, 4), np.float32))).any()
