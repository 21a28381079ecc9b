"""Starts from nothing: which words may be translations of which, told from the shapes of the two spaces alone.

A word's cosines to all words of its language are, sorted, much the same in another language; so are those of its
neighbours. That is a weak hint (the right word is among the first third or so), and a transport plan that is sharpened
slowly, while a rotation is fitted to it, turns it into a map where the two spaces are alike enough.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from align.bilingual.mapping import Pairs
from align.bilingual.unsupervised.induction import Turns
from align.retrieval import unit_rows

_TINY = 1e-30


class Start(NamedTuple):
    """How one start is made: ``pool`` words, ``dims`` principal axes, and how profiles are told apart (``hint``).

    ``weight`` is how much the hint counts beside the rotation, ``noise`` how much of it is chance; ``stretch`` the
    power of the singular values that ``anneal`` keeps: 0 Wasserstein-Procrustes, 1 Gromov-Wasserstein.
    """

    pool: int = 2000
    dims: int = 40
    flatten: tuple[float, ...] = (0.0, 0.5)
    weight: float = 0.3
    noise: float = 0.1
    stretch: float = 0.0


class Found(NamedTuple):
    """The pairs of a start, and what it reached: the mean cosine under the transport plan."""

    pairs: Pairs
    objective: float


def profiles(
    x: Float[np.ndarray, "v d"], *, hops: int = 3, near: int = 10, points: int = 200
) -> Float[np.ndarray, "v f"]:
    """What a word's surroundings look like, without saying where in the space it is: the same after any rotation.

    f_0(i) are ``points`` quantiles of the sorted cosines of word i to the other words, half of them evenly spaced, half
    ever closer to the largest; f_h(i) is the mean of f_{h-1} over the ``near`` nearest words of i, h = 1 ... ``hops``.
    All are put side by side, each column with mean 0 and variance 1. Holds a v x v matrix: for some thousands of words.

    Source: Artetxe, Labaka & Agirre 2018 (ACL), section 3.1 (sorted similarities); the averages over neighbours are
    the refinement of Weisfeiler & Leman 1968, with means for multisets.
    But: the paper sorts the square root of the similarity matrix; here the shape is told by quantiles.
    """
    x = unit_rows(x)
    cosines = x @ x.T
    np.fill_diagonal(cosines, -np.inf)
    v, others = len(x), len(x) - 1
    even = np.linspace(0, others - 1, points // 2)
    top = others - np.geomspace(1, max(others / 2, 1), points - points // 2)
    columns = np.unique(np.concatenate([even, top]).astype(np.int64).clip(0, others - 1))
    layers = [_standard(np.sort(cosines, axis=1)[:, 1:][:, columns])]
    near = min(near, others)
    neighbours = np.argpartition(-cosines, near - 1, axis=1)[:, :near] if near else np.arange(v)[:, None]
    for _ in range(hops):
        layers.append(_standard(layers[-1][neighbours].mean(axis=1)))
    return np.concatenate(layers, axis=1).astype(np.float32)


def _standard(f: Float[np.ndarray, "v f"]) -> Float[np.ndarray, "v f"]:
    spread = f.std(axis=0)
    return (f - f.mean(axis=0)) / np.where(spread > 0, spread, 1.0)


def hint(
    x: Float[np.ndarray, "v d"], y: Float[np.ndarray, "w e"], pool: int, flatten: Sequence[float]
) -> Float[np.ndarray, "p q"]:
    """How alike the profiles of the first ``pool`` words are: minus their mean squared difference.

    Averaged over the powers p of ``flatten``: each makes the variances v of a language's principal axes v^(1 - p).
    """
    total = np.zeros((min(pool, len(x)), min(pool, len(y))), np.float32)
    for power in flatten:
        a, b = profiles(flattened(x, power)[:pool]), profiles(flattened(y, power)[:pool])
        total += (2 * a @ b.T - (a**2).sum(axis=1)[:, None] - (b**2).sum(axis=1)) / np.float32(a.shape[1])
    return total / np.float32(len(flatten))


def likeness(x: Float[np.ndarray, "v d"], y: Float[np.ndarray, "w e"], found: Turns) -> Float[np.ndarray, "v w"]:
    """The cosines under a rough map, each less its row's and its column's mean, divided by their deviation, halved."""
    scores = unit_rows(x @ found.source) @ unit_rows(y @ found.target).T
    scores -= scores.mean(axis=1, keepdims=True)
    scores -= scores.mean(axis=0)
    return scores / np.float32(2 * max(float(scores.std()), 1e-6))


def flattened(x: Float[np.ndarray, "v d"], power: float) -> Float[np.ndarray, "v d"]:
    """``x`` with the variances along its principal axes raised to 1 - ``power``: x C^(-power / 2), C = x' x / v."""
    if power == 0:
        return x
    variances, axes = np.linalg.eigh(x.T.astype(np.float64) @ x / len(x))
    scale = np.maximum(variances, variances[-1] * 1e-6) ** (-power / 2)
    return (x @ (axes * scale @ axes.T)).astype(np.float32)


def principal(x: Float[np.ndarray, "v d"], dims: int) -> Float[np.ndarray, "v j"]:
    """``x`` without its mean, along its ``dims`` axes of largest variance, as unit rows."""
    x = x - x.mean(axis=0)
    axes = np.linalg.eigh(x.T.astype(np.float64) @ x)[1][:, ::-1]
    return unit_rows((x @ axes[:, :dims]).astype(np.float32))


def transport(scores: Float[np.ndarray, "v w"], entropy: float, rounds: int = 10) -> Float[np.ndarray, "v w"]:
    """The plan T that maximises <T, scores> + entropy H(T), rows summing to 1 and columns to v / w (Cuturi 2013).

    T = diag(u) exp(scores / entropy) diag(v), u and v by ``rounds`` of Sinkhorn's iteration, rows last.
    """
    kernel = np.exp((scores - scores.max(axis=1, keepdims=True)) / np.float32(entropy)) + np.float32(_TINY)
    share = np.float32(kernel.shape[0] / kernel.shape[1])
    left = np.ones(len(kernel), np.float32)
    right = np.ones(kernel.shape[1], np.float32)
    for _ in range(rounds):
        right = share / np.maximum(kernel.T @ left, _TINY)
        left = 1 / np.maximum(kernel @ right, _TINY)
    return (left[:, None] * kernel * right).astype(np.float32)


def anneal(
    x: Float[np.ndarray, "v d"],
    y: Float[np.ndarray, "w e"],
    prior: Float[np.ndarray, "p q"],
    start: Start,
    *,
    steps: int = 40,
    warm: float = 0.3,
    cold: float = 0.03,
) -> Found:
    """Wasserstein-Procrustes with a temperature: a plan and a rotation fitted to each other, from a ``prior`` plan.

    Both spaces are cut to ``start.dims`` principal axes. Then, as epsilon falls from ``warm`` to ``cold``:
    U S V' = svd(X' T Y), and T = transport(cos(X U R, Y V R) + weight (1 - t / steps) prior, epsilon), R =
    S^(``stretch`` / 2). With stretch 0, since |X' T Y|_* = max_W <T, X W Y'>, each half step raises <T, X W Y'> +
    epsilon H(T). With stretch 1, X U S V' Y' = X X' T Y Y' is the slope of |X' T Y|_F^2 / 2, which is the objective of
    entropic Gromov-Wasserstein of the inner products; on real spaces that has found nothing here.

    Source: Grave, Joulin & Berthet 2019, equation 4; Alvarez-Melis & Jaakkola 2018, section 4.
    But: the paper starts from a convex relaxation and takes stochastic steps on random batches; here the batch is
    the most frequent words, the start is ``prior``, and the entropy is annealed.
    """
    p, q = prior.shape
    a, b = principal(x, start.dims)[:p], principal(y, start.dims)[:q]
    plan = transport(prior, 0.2)
    scores = prior
    for step in range(steps):
        left, size, right = np.linalg.svd(a.T @ plan @ b, full_matrices=False)
        kept = (size / max(float(size[0]), _TINY)) ** (start.stretch / 2)
        scores = unit_rows(a @ left * kept) @ unit_rows(b @ right.T * kept).T
        hinted = scores + np.float32(start.weight * (1 - step / steps)) * prior
        plan = transport(hinted, warm * (cold / warm) ** (step / max(1, steps - 1)))
    return Found(matched(scores), float(np.vdot(plan, scores)) / p)


def matched(scores: Float[np.ndarray, "p q"]) -> Pairs:
    """Every row with its best column, and every column with its best row."""
    p, q = scores.shape
    rows = np.concatenate([np.arange(p), scores.argmax(axis=0)])
    columns = np.concatenate([scores.argmax(axis=1), np.arange(q)])
    return Pairs(rows, columns, np.ones(p + q, np.float32))
