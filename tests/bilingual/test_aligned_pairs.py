"""Scores with the bonus of aligned pairs: equal to a dense matrix, in both directions, in memory and from a file."""
# pyright: basic

import numpy as np
import pytest
import scipy.sparse as sp

from align.bilingual.aligned_pairs import ALIGNED, AlignedIndex, AlignedPairs, aligned_pairs
from align.bilingual.translator import Translator
from align.retrieval import CSLSIndex, neighbourhood_means, unit_rows
from align.space import Space
from align.text.vocab import Vocab


@pytest.fixture
def world():
    """Two spaces with a word without a vector each, a table of probabilities, and a translator that knows it."""
    rng = np.random.default_rng(0)
    x, y = (unit_rows(rng.normal(size=(size, 5)).astype(np.float32)) for size in (12, 15))
    x[3] = y[4] = 0
    table = sp.random_array((12, 15), density=0.2, rng=rng, dtype=np.float32).tocsr()
    vocabularies = Vocab([f"e{i}" for i in range(12)]), Vocab([f"z{i}" for i in range(15)])
    pairs = aligned_pairs(table, vocabularies, vocabularies)
    sides = [Space(vocab, points) for vocab, points in zip(vocabularies, (x, y), strict=True)]
    return table.toarray(), Translator(*sides, *neighbourhood_means(x, y, 3), weights=pairs.arrays())


def expected(table, translator, *, reverse):
    parts = translator.source.vectors, translator.target.vectors, (translator.source_means, translator.target_means)
    scores = CSLSIndex(*parts).scores(np.arange(12)) + 2 * np.sqrt(table)
    return scores.T if reverse else scores


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("k", [1, 4, 40])
def test_every_search_is_that_of_the_dense_scores(world, reverse, k):
    table, translator = world
    dense = expected(table, translator, reverse=reverse)
    rows = np.arange(len(dense))
    np.testing.assert_allclose(translator.scores(rows, "csls", reverse=reverse), dense, atol=1e-5)
    found = translator.nearest(rows, k, reverse=reverse)
    k = min(k, dense.shape[1])
    best = -np.sort(-dense, axis=1)[:, :k]
    np.testing.assert_allclose(found.scores[:, :k], best, atol=1e-5)
    index = translator.index.transpose() if reverse else translator.index
    known = found.ids >= 0
    chosen = np.where(known, found.ids, 0)
    np.testing.assert_allclose(index.pair_scores(rows, chosen)[known], found.scores[known], atol=1e-5)
    assert not (known & ~np.isfinite(found.scores)).any()
    among = np.arange(1, dense.shape[1], 2)
    part = index.nearest(rows, 2, among=among)
    np.testing.assert_allclose(part.scores, -np.sort(-dense[:, among], axis=1)[:, :2], atol=1e-5)


def test_the_means_need_not_be_given(world):
    """Computed where needed, they give the answers of the means of all words, in both directions."""
    _, translator = world
    index = translator.index
    lazy = AlignedIndex(index.source, index.target, pairs=index.pairs)
    means = CSLSIndex(index.source, index.target).complete().means
    whole = AlignedIndex(index.source, index.target, means, pairs=index.pairs)
    for one, other in ((lazy, whole), (lazy.transpose(), whole.transpose())):
        for rows in (np.arange(2), np.arange(len(one.source))):
            found, plain = one.nearest(rows, 2), other.nearest(rows, 2)
            np.testing.assert_array_equal(found.ids, plain.ids)
            np.testing.assert_allclose(found.scores, plain.scores, atol=1e-5)
        np.testing.assert_allclose(one.scores(rows), other.scores(rows), atol=1e-5)


def test_a_file_keeps_the_bonus(world, tmp_path):
    _, translator = world
    translator.save(tmp_path / "t.align")
    loaded = Translator.load(tmp_path / "t.align")
    assert isinstance(loaded.index, AlignedIndex)
    assert loaded.translate(["e0", "z1"], k=3) == translator.translate(["e0", "z1"], k=3)


def test_words_that_the_translator_lacks_add_nothing():
    table = sp.csr_array(np.array([[0.25, 1.0], [1.0, 0.0]], np.float32))
    found = aligned_pairs(table, (Vocab(["new", "e5"]), Vocab(["z2", "z9"])), (Vocab(["e5"]), Vocab(["z9", "z2"])))
    assert [array.tolist() for array in (found.source, found.target, found.bonus)] == [[0], [1], [2.0]]


@pytest.mark.parametrize(
    "arrays",
    [
        {"source": [0, 0], "target": [1, 1], "bonus": [1.0, 1.0]},
        {"source": [1, 0], "target": [1, 1], "bonus": [1.0, 1.0]},
        {"source": [0], "target": [99], "bonus": [1.0]},
        {"source": [-1], "target": [0], "bonus": [1.0]},
        {"source": [0], "target": [0], "bonus": [np.nan]},
        {"source": [0], "target": [0], "bonus": [-1.0]},
        {"source": [0, 1], "target": [0], "bonus": [1.0]},
        {"source": [0], "target": [0]},
    ],
)
def test_damaged_pairs_are_refused(arrays):
    weights = {ALIGNED + name: np.array(values) for name, values in arrays.items()}
    with pytest.raises(ValueError, match="aligned pairs"):
        AlignedPairs.read(weights, (5, 5))
    assert AlignedPairs.read({"0.source.weights": np.zeros(3)}, (5, 5)) is None


def test_the_complete_index_has_the_same_scores_and_the_transpose_of_the_transpose_is_the_index(world):
    _, translator = world
    pairs = AlignedPairs.read(translator.weights, (12, 15))
    index = AlignedIndex(translator.source.vectors, translator.target.vectors, k=3, pairs=pairs)
    rows = np.arange(12)
    np.testing.assert_allclose(index.complete().scores(rows), index.scores(rows), atol=1e-6)
    assert index.transpose().transpose() is index
