"""Leave-one-out predictions compared with regressions that are fitted again without the word."""

import jax.numpy as jnp
import numpy as np
import pytest
from scipy import sparse

from align.bilingual.reranking import spelling as spelling_module
from align.bilingual.reranking.held_out import held_out_images
from align.bilingual.reranking.spelling import (
    SpellingInput,
    SpellingSettings,
    fit_spelling,
    predict,
    predict_many_pairs,
    predict_pairs,
)
from align.bilingual.supervised.kernel import KernelRidge
from align.bilingual.supervised.ridge import kernel, leverages, ridge_factor, ridge_weights, targets
from align.retrieval import unit_rows

RNG = np.random.default_rng(3)
X = unit_rows(RNG.normal(size=(60, 5)))
Y = unit_rows(RNG.normal(size=(60, 4)))


def test_images_are_those_of_a_regression_without_the_word() -> None:
    settings = KernelRidge(ridge=0.3)
    rows = np.arange(0, 60, 2)
    wanted = targets(rows, rows, Y)
    found = held_out_images(settings.factorised(X, wanted), wanted, settings.ridge)
    assert found.rows.tolist() == rows.tolist()
    for i in (0, 7, 29):
        others = np.delete(rows, i)
        fitted = settings.regression(X, targets(others, others, Y))
        np.testing.assert_allclose(
            found.images[i], unit_rows(np.asarray(fitted(jnp.asarray(X[rows[i : i + 1]]))))[0], atol=1e-5
        )


@pytest.mark.parametrize("most", [100, 10])
def test_leverages_are_the_diagonal_of_the_smoother(most: int) -> None:
    """With all words as anchors, and with the ten most frequent only."""
    anchors = X[:40] if most > 40 else X[:10]
    square, cells = kernel(anchors, anchors, 0.6), kernel(X[:40], anchors, 0.6)
    factor = ridge_factor(cells, square, 0.5)
    smoother = cells @ ridge_weights(factor, cells, np.eye(40, dtype=np.float32))
    found = leverages(factor, cells, 0.5)
    np.testing.assert_allclose(found, np.diag(smoother), atol=1e-4)
    assert ((found > 0) & (found < 1)).all()


def test_images_with_few_anchors_leave_the_target_out() -> None:
    settings = KernelRidge(max_exact=10, anchors=8)
    rows = np.arange(50)
    wanted = targets(rows, rows, Y)
    found = held_out_images(settings.factorised(X, wanted), wanted, settings.ridge)
    anchors = X[:8]
    square, cells = kernel(anchors, anchors, settings.width), kernel(X[:50], anchors, settings.width)
    for i in (0, 30):
        others = np.delete(rows, i)
        factor = ridge_factor(cells[others], square, settings.ridge)
        weights = ridge_weights(factor, cells[others], wanted.mean[others])
        np.testing.assert_allclose(found.images[i], unit_rows(cells[i : i + 1] @ weights)[0], atol=1e-4)


def test_predictions_from_spelling_leave_the_word_out() -> None:
    rows = np.arange(40)
    grams = sparse.csr_array((RNG.random((60, 9)) < 0.4).astype(np.float32))
    own, other = (
        SpellingInput(X, grams),
        SpellingInput(Y, sparse.csr_array((RNG.random((60, 6)) < 0.5).astype(np.float32))),
    )
    settings = SpellingSettings(min_words=1)
    spelling = fit_spelling(own, other, rows, rows, settings, held_out=True)
    anchors, words = SpellingInput(X[:40], grams[:40]), SpellingInput(X[:5], grams[:5])
    numbers = np.array([-1, 1, 2, -1, 4])
    plain, found = predict(spelling, anchors, words), predict(spelling, anchors, words, numbers)
    np.testing.assert_array_equal(found.grams[[0, 3]], plain.grams[[0, 3]])
    cells = kernel(X[:40], X[:40], settings.width) + settings.share * (grams[:40] @ grams[:40].T).toarray()
    wide = np.asarray(other.grams[:40].todense())[:, spelling.columns] - spelling.mean
    wanted = np.concatenate([Y[:40], wide], axis=1).astype(np.float32)
    for i in (1, 2, 4):
        others = np.delete(rows, i)
        some = cells[np.ix_(others, others)].astype(np.float32)
        made = cells[i, others] @ ridge_weights(ridge_factor(some, some, settings.ridge), some, wanted[others])
        np.testing.assert_allclose(found.grams[i], made[4:], atol=1e-4)
        np.testing.assert_allclose(found.image[i], made[:4] / np.linalg.norm(made[:4]), atol=1e-4)


@pytest.mark.parametrize("method", [predict_pairs, predict_many_pairs])
def test_predictions_for_pairs_are_those_of_each_word(method, monkeypatch) -> None:
    """The sum over a word's n-grams of what `predict` returns, with and without a word's own pairs."""
    monkeypatch.setattr(spelling_module, "_TILE", 7)
    draw = np.random.default_rng(8)
    rows = np.arange(40)
    grams = sparse.csr_array((draw.random((60, 9)) < 0.4).astype(np.float32))
    other = SpellingInput(Y, sparse.csr_array((draw.random((60, 6)) < 0.5).astype(np.float32)))
    spelling = fit_spelling(SpellingInput(X, grams), other, rows, rows, SpellingSettings(min_words=1), held_out=True)
    anchors = SpellingInput(X[:40], grams[:40])
    asked = SpellingInput(Y[10:14], other.grams[10:14])
    place = draw.integers(0, 60, (4, 5))
    numbers = np.where((place < 40) & (draw.random(place.shape) < 0.5), place, -1)
    found = method(spelling, anchors, SpellingInput(X, grams), asked, place=place, held_out=numbers)
    having = asked.grams.toarray()[:, spelling.columns]
    for i, j in np.ndindex(place.shape):
        word = place[i, j : j + 1]
        alone = predict(spelling, anchors, SpellingInput(X[word], grams[word]), numbers[i, j : j + 1])
        np.testing.assert_allclose(found.image[i, j], alone.image[0] @ asked.vectors[i], atol=1e-5)
        np.testing.assert_allclose(found.total[i, j], alone.grams[0] @ having[i], atol=1e-4)
        np.testing.assert_allclose(found.mean[i, j], alone.grams[0][having[i] > 0].mean(), atol=1e-4)
    none = method(spelling, anchors, SpellingInput(X, grams), asked, place=place[:, :0], held_out=numbers[:, :0])
    assert none.total.shape == (4, 0)
