"""Starts without pairs: hints from the shapes of two spaces, made into a map by annealed optimal transport.

The sorted cosines of a word to all words of its language are similar to those of its translation. The same holds for
the neighbours of both. This is a weak hint: it ranks the right word in about the first third. To turn the hint into a
map, a rotation is fitted to a transport plan of decreasing entropy. This works if the spaces are similar enough.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from align.bilingual.mapping import Pairs
from align.bilingual.unsupervised.induction import OrthogonalPair
from align.retrieval import unit_rows

_TINY = 1e-30


class Start(NamedTuple):
    """Settings of one annealed start.

    Attributes:
        pool: the number of most frequent words of each language to use.
        dims: number of principal axes.
        flatten: powers by which the spaces are flattened before the hint is computed (``hint``).
        weight: weight of the hint relative to the rotation.
        noise: standard deviation of the noise added to the hint.
        stretch: power of the singular values that ``anneal`` keeps: 0 for Wasserstein-Procrustes, 1 for
            Gromov-Wasserstein.
    """

    pool: int = 2000
    dims: int = 40
    flatten: tuple[float, ...] = (0.0, 0.5)
    weight: float = 0.3
    noise: float = 0.1
    stretch: float = 0.0


class Found(NamedTuple):
    """The pairs of a start, and its objective: the mean cosine under the transport plan."""

    pairs: Pairs
    objective: float


def quantiles(others: int, points: int) -> Float[np.ndarray, " f"]:
    """Returns the quantiles of ``others`` sorted cosines that describe a word, from 0 to 1.

    Half of the ``points`` are evenly spaced; the other half become denser towards 1. Repeated ones are left out.
    """
    even = np.linspace(0, others - 1, points // 2)
    top = others - np.geomspace(1, max(others / 2, 1), points - points // 2)
    places = np.unique(np.concatenate([even, top]).astype(np.int64).clip(0, others - 1))
    return places / max(others - 1, 1)


def profiles(
    x: Float[np.ndarray, "v d"], *, hops: int = 3, near: int = 10, points: int = 200, words: int | None = None
) -> Float[np.ndarray, "v f"]:
    """Returns features of each word's neighbourhood that are invariant under rotation.

    f_0(i) are quantiles of the sorted cosines of word i to the other words; f_h(i) is the mean of f_{h-1} over the
    nearest words of i. The columns of all f_h are standardised to mean 0 and variance 1.

    Args:
        x: vectors, shape (v, d), v at least 2. The function allocates a v x v matrix.
        hops: the largest h.
        near: the number of nearest words.
        points: the number of quantiles, before repeated ones are left out.
        words: the number of words from which repeated quantiles are determined; v if None. Use the same number for
            both languages, or their profiles are not comparable.

    Source: Artetxe, Labaka & Agirre 2018 (ACL), section 3.1 (sorted similarities); the averages over neighbours are
    the refinement of Weisfeiler & Leman 1968, with means for multisets.
    But: the paper sorts the square root of the similarity matrix. Here quantiles describe the distribution.
    """
    x = unit_rows(x)
    cosines = x @ x.T
    np.fill_diagonal(cosines, -np.inf)
    v, others = len(x), len(x) - 1
    columns = np.round(quantiles((words or v) - 1, points) * (others - 1)).astype(np.int64)
    layers = [_standard(np.sort(cosines, axis=1)[:, 1:][:, columns])]
    near = min(near, others)
    neighbours = np.argpartition(-cosines, near - 1, axis=1)[:, :near]
    for _ in range(hops):
        layers.append(_standard(layers[-1][neighbours].mean(axis=1)))
    return np.concatenate(layers, axis=1).astype(np.float32)


def _standard(f: Float[np.ndarray, "v f"]) -> Float[np.ndarray, "v f"]:
    """Returns each column with mean 0 and variance 1; a constant column becomes 0."""
    spread = f.std(axis=0)
    return (f - f.mean(axis=0)) / np.where(spread > 0, spread, 1.0)


def hint(
    x: Float[np.ndarray, "v d"], y: Float[np.ndarray, "w e"], pool: int, flatten: Sequence[float]
) -> Float[np.ndarray, "p q"]:
    """Returns the similarity of the profiles of the most frequent words: minus the mean squared difference.

    Args:
        x: source vectors, shape (v, d).
        y: target vectors, shape (w, e).
        pool: the number of most frequent words to compare: p = min(pool, v) and q = min(pool, w).
        flatten: the result is averaged over these powers of ``flattened``.
    """
    p, q = min(pool, len(x)), min(pool, len(y))
    total = np.zeros((p, q), np.float32)
    for power in flatten:
        a, b = (profiles(flattened(side, power)[:pool], words=min(p, q)) for side in (x, y))
        total += (2 * a @ b.T - (a**2).sum(axis=1)[:, None] - (b**2).sum(axis=1)) / np.float32(a.shape[1])
    return total / np.float32(len(flatten))


def similarity(
    x: Float[np.ndarray, "v d"], y: Float[np.ndarray, "w e"], found: OrthogonalPair
) -> Float[np.ndarray, "v w"]:
    """Returns the cosines under a rough map, without row and column means, with standard deviation 1/2."""
    scores = unit_rows(x @ found.source) @ unit_rows(y @ found.target).T
    scores -= scores.mean(axis=1, keepdims=True)
    scores -= scores.mean(axis=0)
    return scores / np.float32(2 * max(float(scores.std()), 1e-6))


def flattened(x: Float[np.ndarray, "v d"], power: float) -> Float[np.ndarray, "v d"]:
    """Returns x C^(-power / 2), C = x' x / v: the variances along the principal axes raised to 1 - ``power``."""
    if power == 0:
        return x
    variances, axes = np.linalg.eigh(x.T.astype(np.float64) @ x / len(x))
    scale = np.maximum(variances, variances[-1] * 1e-6) ** (-power / 2)
    return (x @ (axes * scale @ axes.T)).astype(np.float32)


def principal(x: Float[np.ndarray, "v d"], dims: int) -> Float[np.ndarray, "v j"]:
    """Returns ``x`` without its mean, along its ``dims`` axes of largest variance, as unit rows."""
    x = x - x.mean(axis=0)
    axes = np.linalg.eigh(x.T.astype(np.float64) @ x)[1][:, ::-1]
    return unit_rows((x @ axes[:, :dims]).astype(np.float32))


def transport(scores: Float[np.ndarray, "v w"], entropy: float, rounds: int = 10) -> Float[np.ndarray, "v w"]:
    """Returns the plan T that maximises <T, scores> + entropy H(T), with row sums 1 and column sums v / w.

    T = diag(u) exp(scores / entropy) diag(v), with u and v from Sinkhorn's iteration, rows last.

    Args:
        scores: the gain of moving one unit from a row to a column, shape (v, w).
        entropy: the weight of the entropy, above 0.
        rounds: the number of iterations.

    Source: Cuturi 2013.
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
    """Fits a transport plan and a rotation to each other with decreasing entropy: annealed Wasserstein-Procrustes.

    Both spaces X and Y are projected on their principal axes. At step t:
    U S V' = svd(X' T Y), and T = transport(cos(X U R, Y V R) + weight (1 - t / steps) prior, epsilon_t), with
    R = S^(stretch / 2) and epsilon falling from ``warm`` to ``cold``. With stretch 0, since |X' T Y|_* = max_W
    <T, X W Y'>, each half step raises <T, X W Y'> + epsilon H(T). With stretch 1, X U S V' Y' = X X' T Y Y' is the
    gradient of |X' T Y|_F^2 / 2, the objective of entropic Gromov-Wasserstein of the inner products. On real spaces,
    stretch 1 has never found a map.

    Args:
        x: source vectors, shape (v, d), v at least p.
        y: target vectors, shape (w, e), w at least q.
        prior: scores of the first plan, for the p and q most frequent words.
        start: settings.
        steps: the number of steps.
        warm: the first epsilon.
        cold: the last epsilon.

    Source: Grave, Joulin & Berthet 2019, equation 4; Alvarez-Melis & Jaakkola 2018, section 4.
    But: the paper starts from a convex relaxation and takes stochastic steps on random batches. Here the batch is the
    most frequent words, the start is ``prior``, and the entropy is annealed.
    """
    p, q = prior.shape
    a, b = principal(x, start.dims)[:p], principal(y, start.dims)[:q]
    plan = transport(prior, 0.2)
    scores = prior
    for step in range(steps):
        left, size, right = np.linalg.svd(a.T @ plan @ b, full_matrices=False)
        stretch = (size / max(float(size[0]), _TINY)) ** (start.stretch / 2)
        scores = unit_rows(a @ left * stretch) @ unit_rows(b @ right.T * stretch).T
        hinted = scores + np.float32(start.weight * (1 - step / steps)) * prior
        plan = transport(hinted, warm * (cold / warm) ** (step / max(1, steps - 1)))
    return Found(best_matches(scores), float(np.vdot(plan, scores)) / p)


def best_matches(scores: Float[np.ndarray, "p q"]) -> Pairs:
    """Returns every row with its best column, and every column with its best row."""
    p, q = scores.shape
    rows = np.concatenate([np.arange(p), scores.argmax(axis=0)])
    return Pairs.equal(rows, np.concatenate([scores.argmax(axis=1), np.arange(q)]))
