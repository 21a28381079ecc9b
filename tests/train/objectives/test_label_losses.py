"""The losses of labels against their formulas in double precision, one text at a time."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from align.text.huffman import huffman_tree
from align.train.batchers.labelled import LabelBatch
from align.train.objectives.label_losses import (
    LabelLoss,
    LabelNegativeSampling,
    LabelSoftmax,
    LabelTree,
    OneVsAll,
)
from align.train.objectives.noise import noise_of

COUNTS = np.array([5, 3, 2, 2])
TREE = huffman_tree(COUNTS)
KEY = jax.random.key(3)
LOSSES = {
    "softmax": LabelSoftmax(4),
    "ova": OneVsAll(4),
    "hs": LabelTree(4, jnp.asarray(TREE.node), jnp.asarray(TREE.branch, jnp.float32)),
    "ns": LabelNegativeSampling(4, noise_of(COUNTS), 6),
}
LABELS = [[0], [2, 3], [1]]
WEIGHT = np.array([1.0, 0.5, 2.0])


def log_sigmoid(x: float) -> float:
    return -float(np.logaddexp(0, -x))


def plain(name: str, text: np.ndarray, table: np.ndarray, labels: list[int], noise: list[int]) -> float:
    """The loss of one text."""
    scores = table @ text
    if name == "ova":
        return -sum(log_sigmoid(s if j in labels else -s) for j, s in enumerate(scores))
    if name == "softmax":
        return float(np.mean([np.log(np.exp(scores).sum()) - scores[y] for y in labels]))
    if name == "hs":
        paths = [
            sum(b * b * log_sigmoid(b * scores[n]) for n, b in zip(TREE.node[y], TREE.branch[y], strict=True))
            for y in labels
        ]
        return -float(np.mean(paths))
    far = sum(log_sigmoid(-scores[n]) for n in noise if n not in labels)
    return -float(np.mean([log_sigmoid(scores[y]) for y in labels])) - far


@eqx.filter_jit
def seen(loss: LabelLoss, texts: jax.Array, table: jax.Array, batch: LabelBatch) -> tuple[Any, jax.Array, jax.Array]:
    """The rows of a batch, its loss, and the derivative of the loss by the vectors of the texts."""
    ids = loss.rows(batch, key=KEY)
    rows = jax.tree.map(lambda i: table[i], ids)

    def value(x: jax.Array) -> jax.Array:
        return loss.loss(x, rows, batch)

    return ids, value(texts), jax.grad(value)(texts)


@pytest.mark.parametrize("name", LOSSES)
def test_losses_and_derivatives_are_those_of_the_formulas(name: str) -> None:
    rng = np.random.default_rng(0)
    texts, table = rng.normal(size=(3, 5)).astype(np.float32), rng.normal(size=(4, 5)).astype(np.float32)
    labels = np.array([own + [-1] * (2 - len(own)) for own in LABELS], np.int32)
    own = jnp.arange(3)
    batch = LabelBatch(
        own[:, None],
        jnp.ones((3, 1)),
        own,
        jnp.ones(3),
        jnp.asarray(labels),
        jnp.asarray(WEIGHT, jnp.float32),
    )
    loss = LOSSES[name]
    ids, value, slopes = seen(loss, jnp.asarray(texts), jnp.asarray(table), batch)
    noise = np.asarray(ids[1]).tolist() if name == "ns" else []
    expected = [w * plain(name, x, table, own, noise) for w, x, own in zip(WEIGHT, texts, LABELS, strict=True)]
    np.testing.assert_allclose(value, sum(expected), rtol=2e-3)
    for number, (w, own) in enumerate(zip(WEIGHT, LABELS, strict=True)):
        for axis in range(5):
            step = 1e-4 * np.eye(5)[axis]
            up, down = (w * plain(name, texts[number] + sign * step, table, own, noise) for sign in (1, -1))
            np.testing.assert_allclose(slopes[number, axis], (up - down) / 2e-4, rtol=5e-3, atol=5e-3)
