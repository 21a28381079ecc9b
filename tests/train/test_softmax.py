"""Full softmax: loss, the lectures' gradient and masses against plain loops, blocks, topics found again."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from align.text.corpus import Corpus
from align.text.vocab import Vocab
from align.train import softmax
from align.train.softmax import FullSoftmax, Softmax, log_partition
from tests.train.plain import Found, batch, close, ours, pairs, tables
from tests.train.topics import by_topic, topics

KEY = jax.random.key(4)
WORDS, DIM, WINDOW = 12, 5, 3


def objective(bag: str, *, fixed: bool = False) -> FullSoftmax:
    return FullSoftmax(None, None, WORDS, DIM, WINDOW, fixed, bag, 64.0)


def likely(vector: np.ndarray, contexts: np.ndarray) -> np.ndarray:
    """P(j | c) of every word j."""
    found = np.array([np.exp(context @ vector) for context in contexts])
    return found / found.sum()


def plain(made: dict[str, np.ndarray], text, bag: str, *, fixed: bool) -> tuple[Found, np.ndarray, np.ndarray]:
    """The loss and its gradient u_o - sum_j P(j | c) u_j; and what the masses are bounds of."""
    word, context = made["word"], made["context"]
    grads = {name: np.zeros_like(table) for name, table in made.items()}
    tokens = np.asarray(text.tokens)
    mass, context_mass, value = np.zeros(tokens.shape), np.zeros(WORDS), 0.0
    near: dict[tuple[int, int], dict[int, float]] = {}
    for part, t, other, weight in pairs(text, WINDOW, fixed=fixed):
        near.setdefault((part, t), {})[other] = weight
    for (part, t), weights in near.items():
        if bag == "no":  # t is the centre: each neighbour is predicted by it
            predicted = [(tokens[part, other], weight, {t: 1.0}) for other, weight in weights.items()]
        else:
            total = sum(weights.values()) if bag == "mean" else 1.0
            predicted = [(tokens[part, t], 1.0, {other: weight / total for other, weight in weights.items()})]
        for outside, share, bags in predicted:
            vector = sum(weight * word[tokens[part, other]] for other, weight in bags.items())
            p = likely(vector, context)
            value -= share * np.log(p[outside])
            slope = -(context[outside] - sum(p[j] * context[j] for j in range(WORDS)))
            by_score = p - (np.arange(WORDS) == outside)
            grads["context"] += share * by_score[:, None] * vector
            context_mass += share * np.abs(by_score)
            for other, weight in bags.items():
                grads["word"][tokens[part, other]] += share * weight * slope
                mass[part, other] += share * weight * np.abs(by_score).sum()
    return Found(value, grads), mass, context_mass


@pytest.mark.parametrize(("bag", "fixed"), [("no", False), ("no", True), ("mean", False), ("sum", False)])
def test_loss_and_gradient_are_those_of_plain_loops(bag: str, fixed: bool) -> None:
    text, model = batch(WORDS), objective(bag, fixed=fixed)
    made = tables(model)
    found, _, told = ours(model, made, text, key=KEY)
    expected, mass, context_mass = plain(made, text, bag, fixed=fixed)
    close(found, expected)
    for bound, exact in ((np.stack(told.mass["word"]), mass), (np.asarray(told.mass["context"]), context_mass)):
        assert (bound >= 0.999 * exact).all()
        assert bound.sum() <= 2.5 * exact.sum()
    near = list(pairs(text, WINDOW, fixed=fixed))
    terms = sum(weight for *_, weight in near) if bag == "no" else len({one[:2] for one in near})
    assert float(told.terms) == pytest.approx(terms)


def test_the_gradient_of_one_pair_is_the_lectures() -> None:
    """By finite differences in double precision: d/d v_c of -log P(o | c) is -(u_o - sum_j P(j | c) u_j)."""
    rng = np.random.default_rng(0)
    vector, contexts, outside = rng.normal(size=DIM), rng.normal(size=(WORDS, DIM)), 3
    step = 1e-5 * np.eye(DIM)
    numeric = [
        (np.log(likely(vector - e, contexts)[outside]) - np.log(likely(vector + e, contexts)[outside])) / 2e-5
        for e in step
    ]
    told = jax.grad(lambda x: log_partition(x[None], jnp.ones(1), jnp.asarray(contexts))[0] - x @ contexts[outside])
    np.testing.assert_allclose(told(jnp.asarray(vector)), numeric, rtol=1e-4)
    np.testing.assert_allclose(numeric, likely(vector, contexts) @ contexts - contexts[outside], rtol=1e-6)


def test_blocks_do_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    vectors, contexts = (jnp.asarray(rng.normal(size=(n, DIM)), jnp.float32) for n in (24, WORDS))
    weight = jnp.asarray(rng.random(24), jnp.float32)
    whole = log_partition(vectors, weight, contexts)
    monkeypatch.setattr(softmax, "_SCORES", 7 * WORDS)  # six tokens a block
    blocks = log_partition(vectors, weight, contexts)
    for one, other in zip(whole, blocks, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5)
    assert float(whole[1].sum()) == pytest.approx(float(weight.sum()), rel=1e-5)


@pytest.mark.parametrize("bag", ["no", "mean"])
def test_words_of_a_topic_come_together(bag: str) -> None:
    model = Softmax(dim=10, window=3, epochs=8, sample=0.0, bag=bag)
    assert by_topic(model.train(topics(), seed=1)) > 0.95


def test_what_cannot_be_done_is_refused() -> None:
    with pytest.raises(ValueError, match="cap"):
        Softmax(cap=0.0)
    many = softmax.MOST + 1
    ids = np.append(np.arange(many, dtype=np.int32), np.int32(-1))
    corpus = Corpus(Vocab([str(i) for i in range(many)], np.ones(many, np.int64)), ids)
    with pytest.raises(ValueError, match="full softmax over 100,001 words: at most 100,000"):
        Softmax().train(corpus, seed=1)
