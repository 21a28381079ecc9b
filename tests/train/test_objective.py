"""What every objective keeps to, those of the package and a small one with tables."""

import ast
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import align
from align.bilingual.mapping import Pairs, Residual
from align.bilingual.mlp import Contrast, Maps, known_pairs
from align.train.batches import hard_pairs
from align.train.loop import Run, run
from align.train.objective import Objective
from tests.train.factors import Factors, planted

KEY = jax.random.key(7)


class Case(NamedTuple):
    """An objective, its batches, and a run that is long enough to see it learn."""

    objective: Objective
    batches: Callable[..., Any]
    config: Run


def contrast() -> Case:
    rng = np.random.default_rng(0)
    x, y = (rng.normal(size=(60, dim)).astype(np.float32) for dim in (4, 5))
    pairs = Pairs(np.arange(40), np.arange(40), np.ones(40, np.float32))
    near = rng.integers(0, 60, (40, 6))
    shapes = {"forward": (4, 5), "backward": (5, 4)}
    maps = Maps(
        **{
            side: Residual(
                *(jnp.asarray(0.3 * rng.normal(size=s), jnp.float32) for s in ((d, e), (d, 8), (8,), (8, e)))
            )
            for side, (d, e) in shapes.items()
        }
    )
    objective = Contrast(jnp.asarray(x), jnp.asarray(y), known_pairs(pairs), maps, 16, 0.1, 0.0, 0.2)
    return Case(objective, hard_pairs(*pairs, near, near, size=16, hard=2), Run(60, 0.02, report=20))


CASES = {"Factors": Case(Factors((20, 16), 3), planted(), Run(60, 3.0, report=20)), "Contrast": contrast()}


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest) -> Case:
    return CASES[request.param]


def test_every_objective_of_the_package_is_among_them() -> None:
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in Path(align.__file__).parent.rglob("*.py")]
    classes = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    bases = {node.name: {base.id for base in node.bases if isinstance(base, ast.Name)} for node in classes}
    kinds = {
        name
        for name, above in bases.items()
        if "Objective" in above or any("Objective" in bases.get(a, ()) for a in above)
    }
    assert kinds <= set(CASES)
    assert "Contrast" in kinds


def test_a_key_decides_the_start(case: Case) -> None:
    one, two = (jax.tree.leaves(case.objective.init(key=KEY)) for _ in range(2))
    for ours, theirs in zip(one, two, strict=True):
        if eqx.is_array(ours):
            np.testing.assert_array_equal(ours, theirs)


def test_rows_are_those_of_the_tables(case: Case) -> None:
    tables, _ = case.objective.init(key=KEY)
    ids = eqx.filter_jit(lambda: case.objective.rows(case.batches(jnp.array(0), key=KEY), key=KEY))()
    assert set(ids) <= set(tables)
    for name, numbers in ids.items():
        assert int(numbers.min()) >= 0
        assert int(numbers.max()) < len(tables[name])


def test_a_run_learns_and_a_key_decides_it(case: Case) -> None:
    """Two runs of one key agree to the last bit, two keys do not; the loss falls; nothing compiles twice."""
    state, losses = run(*case, key=KEY)
    again, repeated = run(*case, key=KEY)
    _, other = run(*case, key=jax.random.key(8))
    assert losses.shape == (60,)
    assert losses[-10:].mean() < 0.8 * losses[:10].mean()
    np.testing.assert_array_equal(losses, repeated)
    for ours, theirs in zip(jax.tree.leaves(state), jax.tree.leaves(again), strict=True):
        if eqx.is_array(ours):
            np.testing.assert_array_equal(ours, theirs)
            assert not ours.weak_type
    assert (losses != other).any()
