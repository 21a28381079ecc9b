"""Skip-gram with negative sampling: loss, gradient and masses against plain loops; topics found again."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from align.train import textmodel
from align.train.noise import noise_of
from align.train.skipgram import SGNS, SkipGram
from tests.train.plain import Found, batch, close, logistic, ours, pairs, tables
from tests.train.topics import by_topic, topics

KEY = jax.random.key(4)
WORDS, DIM, WINDOW, GROUP, NEGATIVES = 12, 5, 2, 8, 5


def objective(*, fixed: bool) -> SkipGram:
    noise = noise_of(np.arange(WORDS, 0, -1))
    return SkipGram(noise, None, None, WORDS, DIM, WINDOW, fixed, NEGATIVES, GROUP, 4, 64.0)


def plain(made, text, noise, *, fixed: bool) -> tuple[Found, dict[str, np.ndarray], float]:
    """The loss, its gradient, the mass of every row of the batch, and the pairs."""
    grads = {name: np.zeros_like(table) for name, table in made.items()}
    tokens = np.asarray(text.tokens)
    masses = {"word": np.zeros(tokens.shape), "context": np.zeros(tokens.shape), "noise": np.zeros(noise.shape)}
    value, seen = 0.0, 0.0
    for part, t, other, share in pairs(text, WINDOW, fixed=fixed):
        seen += share
        centre = tokens[part, t]
        terms = [(tokens[part, other], 1.0, share, ("context", (part, other)))]
        group = t // GROUP
        each = share * NEGATIVES / noise.shape[2]
        terms += [(row, -1.0, each, ("noise", (part, group, n))) for n, row in enumerate(noise[part, group])]
        for row, sign, worth, (kind, place) in terms:
            loss, by_score = logistic(made["word"][centre], made["context"][row], sign)
            value += worth * loss
            grads["word"][centre] += worth * by_score * made["context"][row]
            grads["context"][row] += worth * by_score * made["word"][centre]
            masses["word"][part, t] += worth * abs(by_score)
            masses[kind][place] += worth * abs(by_score)
    return Found(value, grads), masses, seen


@pytest.mark.parametrize("fixed", [False, True])
def test_loss_gradient_and_masses_are_those_of_plain_loops(fixed: bool) -> None:
    text, model = batch(WORDS), objective(fixed=fixed)
    made = tables(model)
    found, ids, told = ours(model, made, text, key=KEY)
    noise = np.stack([np.asarray(part) for part in ids["context"][1]])
    expected, masses, seen = plain(made, text, noise, fixed=fixed)
    close(found, expected)
    for kind, tree in zip(("word", "context", "noise"), (told.mass["word"], *told.mass["context"]), strict=True):
        np.testing.assert_allclose(np.stack(tree), masses[kind], atol=4e-3 * masses[kind].max())
    assert float(told.terms) == pytest.approx(seen)


def test_tables_are_filled_up_to_cache_lines_and_the_filling_stays_zero() -> None:
    model = SGNS(dim=31, window=2, epochs=2, sample=0.0, group=64, shared=16)
    plan = model.plan(topics(), seed=1)
    assert plan.objective.init(key=KEY).tables["word"].shape == (40, 32)
    space = model.train(topics(), seed=1)
    assert space.dim == 31
    assert np.isfinite(space.vectors).all()


@pytest.mark.parametrize("settings", [{}, {"fixed": True}, {"workers": 2}, {"vectors": "sum"}, {"vectors": "out"}])
def test_words_of_a_topic_come_together(settings: dict[str, object]) -> None:
    model = SGNS(dim=10, window=3, epochs=8, sample=0.0, **settings)
    assert by_topic(model.train(topics(), seed=1)) > 0.95


def test_settings_are_checked() -> None:
    with pytest.raises(ValueError, match="cap above 0"):
        SGNS(cap=0.0)
    with pytest.raises(ValueError, match="at least 1"):
        SGNS(negatives=0)
    with pytest.raises(ValueError, match=r"parts of 100 tokens \(batch 100\) do not fall into groups of 64"):
        SGNS(batch=100).plan(topics(), seed=1)


def test_a_large_corpus_has_two_workers_where_there_are_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    model, text = SGNS(dim=10), topics()
    assert model.settled(text).workers == 1
    monkeypatch.setattr(textmodel, "SHARED", text.tokens)
    monkeypatch.setattr(textmodel.os, "cpu_count", lambda: 4)
    assert model.settled(text) == SGNS(dim=10, workers=2)
    assert model.settled(text, devices=2).workers == 1
    assert SGNS(workers=3).settled(text).workers == 3
    monkeypatch.setattr(textmodel, "ROOM", 4 * 2 * len(text.vocab) * 10 - 1)
    assert model.settled(text).workers == 1


def test_noise_words_are_drawn_anew_by_each_key() -> None:
    model, text = objective(fixed=False), batch(WORDS, size=64)
    one, other = (jnp.stack(model.rows(text, key=jax.random.key(i))["context"][1]) for i in (1, 2))
    assert one.shape == (2, 8, 4)
    assert (one != other).any()
