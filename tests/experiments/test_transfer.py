"""Transfer on two small artificial languages, whose words have a direction for praise in common."""

import numpy as np
import pytest

from align.space import Space
from align.text.labelled import LabelledText
from align.text.vocab import Vocab
from experiments.transfer import attention, languages
from experiments.transfer.logistic import fit_logistic
from experiments.transfer.reviews import BAD, GOOD, Reviews, rows_for, text_vectors
from experiments.transfer.rows import movements, trained

WORDS, DIM = 40, 8


def language(prefix: str, seed: int) -> tuple[Space, Reviews]:
    """A space whose first coordinate is praise, shifted for all words of the language, and reviews of its words."""
    rng = np.random.default_rng(seed)
    praise = np.resize([1.0, -1.0], WORDS)
    vectors = rng.normal(size=(WORDS, DIM)) * 0.3
    vectors[:, 0] = praise + (0.5 if prefix == "e" else -0.5)
    texts: list[LabelledText] = []
    for number in range(160):
        good = number % 2
        chance = np.where((praise > 0) == good, 3.0, 1.0)
        words = rng.choice(WORDS, 10, p=chance / chance.sum())
        texts.append(LabelledText(" ".join(f"{prefix}{i}" for i in words), ((BAD, GOOD)[good],), 1.0, ""))
    space = Space(Vocab([f"{prefix}{i}" for i in range(WORDS)]), vectors.astype(np.float32), name=prefix)
    return space, Reviews(texts[:100], texts[100:])


@pytest.fixture(scope="module")
def sides() -> languages.Sides:
    (one, given), (two, wanted) = language("e", 0), language("z", 1)
    return languages.Sides("en", "zh", given, wanted, one, two)


def test_centred_sentences_have_mean_zero_and_size_one(sides: languages.Sides) -> None:
    for kind in ("mean, centred", "SIF, centred"):
        rows = rows_for(kind, sides.source_reviews.train, sides.source_space)
        vectors = text_vectors(rows, sides.source_reviews.train, sides.source_space.vocab)
        np.testing.assert_allclose(vectors.mean(axis=0), 0, atol=1e-5)
        assert (vectors**2).mean() == pytest.approx(1, abs=1e-3)


def test_the_penalised_loss_has_no_slope_at_its_minimum() -> None:
    rng = np.random.default_rng(0)
    x, good = rng.normal(size=(50, 3)), rng.uniform(size=50) < 0.5
    found = fit_logistic(x, good, variance=0.5)
    chance = 1 / (1 + np.exp(-found(x)))
    np.testing.assert_allclose(x.T @ (chance - good) + found.weight / 0.5, 0, atol=1e-3)


def test_labels_of_one_language_classify_the_other(sides: languages.Sides) -> None:
    result, found = languages.transfer(sides, "mean, centred")
    assert result.source > 80
    assert result.target > 80
    assert languages.self_trained(languages.idf_scores(found, sides), sides) > 80
    few = languages.with_labels(sides, [10], seeds=2, seed=0)[10]
    assert few.both > few.words


def test_attention_is_the_sum_of_its_parts_and_transfers(sides: languages.Sides) -> None:
    one, two = (
        rows_for("mean, centred", given.train, space)
        for given, space in ((sides.source_reviews, sides.source_space), (sides.target_reviews, sides.target_space))
    )
    found = attention.attend(sides.source_reviews.train, one, sides.source_space.vocab, seed=0)
    made = [attention.decide(found, text, two, sides.target_space.vocab) for text in sides.target_reviews.test]
    assert np.mean([each.answer == each.label for each in made]) > 0.75
    z = two[sides.target_space.vocab.ids(made[0].words)]
    weight = np.exp(z @ found.query)
    scores = found.label @ (weight @ z / weight.sum())
    good, bad = (scores[found.names.index(name)] for name in (GOOD, BAD))
    np.testing.assert_allclose(made[0].parts.sum(), good - bad, rtol=1e-3, atol=1e-5)


def test_frozen_rows_stay_and_others_move_along_one_line(sides: languages.Sides) -> None:
    frozen, _ = movements(trained("frozen", sides.source_reviews.train, sides.source_space, seed=0), sides.source_space)
    assert all(one.length < 1e-6 for one in frozen)
    moved, along = movements(
        trained("frozen, then unfrozen", sides.source_reviews.train, sides.source_space, seed=0), sides.source_space
    )
    assert moved[0].length > 0.05
    assert along > 0.5
