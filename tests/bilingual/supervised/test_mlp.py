"""The contrastive loss compared with loops, its gradient with finite differences, hard negatives, accuracy."""

from dataclasses import replace

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from align.bilingual.mapping import Alignment, Pairs, Residual
from align.bilingual.method import Progress
from align.bilingual.supervised.linear import Procrustes
from align.bilingual.supervised.mlp import MLP, Contrast, ResidualPair
from align.bilingual.supervised.negatives import hard_negatives, known_pairs, slots
from align.bilingual.supervised.pair_batches import PairBatch
from tests.bilingual.worlds import task_of

V, W, D, E, H = 9, 8, 4, 3, 5
PAIRS = Pairs(np.array([0, 0, 1, 2, 3, 4]), np.array([0, 1, 1, 3, 2, 5]), np.ones(6, np.float32))
BATCH = PairBatch(jnp.array([0, 1, 2, 4, 3, 0, 8, 1]), jnp.array([0, 1, 3, 5, 1, 7, 5, 6]))
"""Four pairs, then four neighbours, among them known translations of the pairs' words (0-1, 1-1, 4-5)."""
KEY = jax.random.key(0)


def contrast(dropout: float = 0.0) -> Contrast:
    """Vectors that are not of unit length, and maps that do something."""
    rng = np.random.default_rng(1)

    def residual(d: int, e: int) -> Residual:
        shapes = ((d, e), (d, H), (H,), (H, e))
        return Residual(*(jnp.asarray(rng.normal(size=shape).astype(np.float32)) for shape in shapes))

    x, y = (jnp.asarray(rng.normal(size=shape).astype(np.float32)) for shape in ((V, D), (W, E)))
    return Contrast(x, y, known_pairs(PAIRS), ResidualPair(residual(D, E), residual(E, D)), 4, 0.3, 0.7, dropout)


def naive(objective: Contrast, parameters: list[np.ndarray], masks: list[np.ndarray | float]) -> float:
    """The formula of ``Contrast`` with loops, in double precision; ``parameters`` are the arrays of both maps."""
    x, y = np.asarray(objective.x, np.float64), np.asarray(objective.y, np.float64)
    source, target = (np.asarray(side).tolist() for side in BATCH)
    known = set(zip(PAIRS.source.tolist(), PAIRS.target.tolist(), strict=True))

    def image(vector: np.ndarray, side: int) -> np.ndarray:
        w, a, bias, b = parameters[4 * side : 4 * side + 4]
        inside = vector @ a + bias
        gelu = 0.5 * inside * (1 + np.tanh(np.sqrt(2 / np.pi) * (inside + 0.044715 * inside**3)))
        return vector @ w + (gelu * masks[side]) @ b

    def unit(vector: np.ndarray) -> np.ndarray:
        return vector / np.linalg.norm(vector)

    f = [unit(image(x[i], 0)) for i in source]
    g = [unit(image(y[j], 1)) for j in target]

    def score(i: int, j: int) -> float:
        """Of the i-th source word of the batch with its j-th target word."""
        return (f[i] @ unit(y[target[j]]) + unit(x[source[i]]) @ g[j]) / 2

    total = 0.0
    for i in range(4):
        own = np.exp(score(i, i) / objective.temperature)
        targets = [j for j in range(8) if j != i and (source[i], target[j]) not in known]
        sources = [j for j in range(8) if j != i and (source[j], target[i]) not in known]
        total -= np.log(own / (own + sum(np.exp(score(i, j) / objective.temperature) for j in targets)))
        total -= np.log(own / (own + sum(np.exp(score(j, i) / objective.temperature) for j in sources)))
        apart = np.sum((f[i] - unit(y[target[i]])) ** 2) + np.sum((unit(x[source[i]]) - g[i]) ** 2)
        total += objective.square * apart
    return total / 4


@eqx.filter_jit
def loss_and_gradient(objective: Contrast) -> tuple[jax.Array, ResidualPair]:
    return jax.value_and_grad(lambda maps: objective.loss({}, maps, BATCH, key=KEY).value)(objective.start)


def listed(maps: ResidualPair) -> list[np.ndarray]:
    return [np.asarray(leaf, np.float64) for leaf in jax.tree.leaves(maps)]


def test_some_of_the_batch_is_known_and_some_is_not() -> None:
    """Without this, the test of the loss would not test the mask."""
    known = set(zip(PAIRS.source.tolist(), PAIRS.target.tolist(), strict=True))
    crossed = {
        (int(s), int(t)) in known for i, s in enumerate(BATCH.source[:4]) for j, t in enumerate(BATCH.target) if i != j
    }
    assert crossed == {True, False}


def test_the_loss_is_its_formula() -> None:
    objective = contrast()
    found, _ = loss_and_gradient(objective)
    assert float(found) == pytest.approx(naive(objective, listed(objective.start), [1.0, 1.0]), rel=1e-5)


def test_dropout_silences_hidden_units_of_either_map() -> None:
    objective = contrast(dropout=0.4)
    masks_of = jax.jit(lambda key: objective._masks(objective.start, key))
    masks = [np.asarray(mask, np.float64)[0] for mask in masks_of(KEY)]
    found, _ = loss_and_gradient(objective)
    assert float(found) == pytest.approx(naive(objective, listed(objective.start), masks), rel=1e-5)
    drawn = np.concatenate([masks_of(jax.random.key(i))[0] for i in range(400)])
    assert set(np.unique(drawn)) == {0, np.float32(1 / 0.6)}
    assert drawn.mean() == pytest.approx(1, abs=0.05)  # so that nothing needs scaling afterwards


def test_the_gradient_is_that_of_the_formula() -> None:
    objective = contrast()
    start = listed(objective.start)
    grads = listed(loss_and_gradient(objective)[1])
    rng = np.random.default_rng(2)
    for i, grad in enumerate(grads):
        way = rng.normal(size=grad.shape)
        ends = [
            naive(objective, [*start[:i], start[i] + step * way, *start[i + 1 :]], [1.0, 1.0]) for step in (1e-5, -1e-5)
        ]
        assert np.sum(grad * way) == pytest.approx((ends[0] - ends[1]) / 2e-5, rel=1e-3, abs=1e-5)


def test_known_pairs_are_known_and_few_others_seem_so() -> None:
    rng = np.random.default_rng(3)
    rows = rng.integers(0, 130_000, (2, 50_000))
    table = np.asarray(known_pairs(Pairs(rows[0], rows[1], np.ones(50_000, np.float32))))
    assert table[np.asarray(slots(jnp.asarray(rows[0]), jnp.asarray(rows[1])))].all()
    others = rng.integers(0, 130_000, (2, 100_000))
    # 50,000 of 16.8 million slots are taken: one pair in 335 is taken for a known one
    assert table[np.asarray(slots(jnp.asarray(others[0]), jnp.asarray(others[1])))].mean() < 0.005
    grid = np.stack(np.meshgrid(np.arange(1000), np.arange(1000))).reshape(2, -1)  # neighbouring numbers spread too
    assert len(np.unique(np.asarray(slots(jnp.asarray(grid[0]), jnp.asarray(grid[1]))))) > 960_000


@pytest.mark.parametrize("e", [3, 7])
def test_hard_negatives_are_the_words_of_highest_cosine(e: int) -> None:
    rng = np.random.default_rng(4)
    image, y = (rng.normal(size=(rows, e)).astype(np.float32) for rows in (40, 30))
    pairs = Pairs(rng.integers(0, 40, 12), rng.integers(0, 30, 12), np.ones(12, np.float32))
    pairs.source[1] = pairs.source[0]
    near_source, near_target = hard_negatives(image, y, pairs, 4, 20)
    cosines = (image / np.linalg.norm(image, axis=1)[:, None]) @ (y / np.linalg.norm(y, axis=1)[:, None]).T
    for i, (s, t) in enumerate(zip(pairs.source, pairs.target, strict=True)):
        assert near_source[i].tolist() == np.argsort(-cosines[:20, t])[:4].tolist()
        assert near_target[i].tolist() == np.argsort(-cosines[s, :20])[:4].tolist()


def bent_world(words: int = 500, dim: int = 8, seed: int = 5) -> tuple[np.ndarray, np.ndarray]:
    """Vectors, and their image under a rotation and a nonlinear function: no linear map fits them."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(words, dim))
    turn, one, other = (np.linalg.qr(rng.normal(size=(dim, dim)))[0] for _ in range(3))
    y = x @ turn + 1.5 * np.abs(x @ one) @ other
    y -= y.mean(axis=0)
    return tuple((side / np.linalg.norm(side, axis=1)[:, None]).astype(np.float32) for side in (x, y))


def hits(alignment: Alignment, x: np.ndarray, y: np.ndarray, test: range) -> tuple[float, float]:
    """The share of test words whose translation is the first answer, in both directions."""
    scores = alignment.place_source(x) @ alignment.place_target(y).T
    rows = np.array(test)
    return (scores[rows].argmax(axis=1) == rows).mean(), (scores[:, rows].argmax(axis=0) == rows).mean()


QUICK = MLP(hidden=64, steps=300, size=128, near=20, dropout=0.0)


def test_a_nonlinear_map_is_learned_that_no_rotation_fits() -> None:
    x, y = bent_world()
    train, test = range(400), range(400, 500)
    pairs = Pairs(np.array(train), np.array(train), np.ones(400, np.float32))
    told: list[Progress] = []

    def watch(progress: Progress) -> None:
        told.append(progress)
        assert np.isfinite(progress.alignment.place_source(x[:2])).all()

    learned = hits(QUICK.fit(task_of(x, y, pairs), watch=watch).alignment, x, y, test)
    alone = hits(replace(QUICK, linear=0.0).fit(task_of(x, y, pairs)).alignment, x, y, test)
    turned = hits(Procrustes().solve(x, y, pairs), x, y, test)
    for ours, only, theirs in zip(learned, alone, turned, strict=True):
        assert ours > theirs + 0.1
        assert only > theirs + 0.1
    assert [progress.step for progress in told] == list(range(20, 301, 20))
    assert {progress.steps for progress in told} == {300}
    assert told[-1].loss < 0.7 * told[0].loss


@pytest.mark.parametrize(
    "wrong", [{"hidden": 0}, {"steps": 0}, {"size": 0}, {"near": 0}, {"pool": 0}, {"hard": -1}, {"temperature": 0.0},
              {"dropout": 1.0}, {"dropout": -0.1}, {"square": -1.0}],
)  # fmt: skip
def test_settings_that_make_no_sense_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="must be"):
        MLP(**wrong)
