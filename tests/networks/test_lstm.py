"""The LSTM against a naive step in numpy, over time, with sentences that begin anew."""

import jax
import jax.numpy as jnp
import numpy as np

from align.networks.lstm import CLIP, LSTMState, init_lstm, run_lstms

TIME, BATCH, DIM, CELLS = 5, 3, 4, 6


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def naive_step(lstm, x, cell, output):
    """One time step of one sentence, gate by gate."""
    z = x @ lstm["inputs"] + output @ lstm["recurrent"] + lstm["bias"]
    i, f, g, o = (z[k * CELLS : (k + 1) * CELLS] for k in range(4))
    cell = np.array([min(max(sigmoid(f[k]) * cell[k] + sigmoid(i[k]) * np.tanh(g[k]), -3), 3) for k in range(CELLS)])
    return cell, np.clip((sigmoid(o) * np.tanh(cell)) @ lstm["projection"], -3, 3)


def plain_run(lstm, x, reset, state):
    """The equations, time step by time step, for JAX to differentiate."""
    outputs, (cell, output) = [], state
    for t in range(TIME):
        cell, output = (jnp.where(reset[t, :, None], 0, part) for part in (cell, output))
        i, f, g, o = jnp.split(x[t] @ lstm.inputs + output @ lstm.recurrent + lstm.bias, 4, axis=1)
        cell = jnp.clip(jax.nn.sigmoid(f) * cell + jax.nn.sigmoid(i) * jnp.tanh(g), -CLIP, CLIP)
        output = jnp.clip((jax.nn.sigmoid(o) * jnp.tanh(cell)) @ lstm.projection, -CLIP, CLIP)
        outputs.append(output)
    return jnp.stack(outputs), LSTMState(cell, output)


def test_the_gradient_is_that_of_the_equations() -> None:
    rng = np.random.default_rng(1)
    lstm = jax.tree.map(lambda leaf: 6 * leaf, init_lstm(DIM, CELLS, key=jax.random.key(0)))
    x, *weights = (jnp.asarray(rng.normal(size=(TIME, BATCH, n)), jnp.float32) for n in (DIM, DIM, CELLS, DIM))
    reset = jnp.asarray(rng.random((TIME, BATCH)) < 0.3)
    state = LSTMState(*(2 * jnp.asarray(rng.normal(size=(BATCH, n)), jnp.float32) for n in (CELLS, DIM)))

    def loss(run, lstm, x, state):
        outputs, last = run(lstm, x, reset, state)
        values = outputs, last.cell, last.output
        return sum(((w if v.ndim == 3 else w[0]) * v).sum() for w, v in zip(weights, values, strict=True))

    def ours(lstm, x, reset, state):
        (outputs,), (last,) = run_lstms([lstm], [x], [reset], [state])
        return outputs, last

    gradient = jax.jit(jax.grad(loss, argnums=(1, 2, 3)), static_argnums=0)
    expected, found = (gradient(run, lstm, x, state) for run in (plain_run, ours))
    assert (jnp.abs(plain_run(lstm, x, reset, state)[0]) == CLIP).any()
    jax.tree.map(lambda one, other: np.testing.assert_allclose(one, other, atol=2e-5), found, expected)


def test_two_lstms_side_by_side_are_naive_ones_one_after_the_other() -> None:
    rng = np.random.default_rng(0)
    lstms = [init_lstm(DIM, CELLS, key=jax.random.key(i)) for i in (0, 1)]
    lstms = [jax.tree.map(lambda leaf: 6 * leaf, one) for one in lstms]  # large enough to reach the bounds
    inputs = [rng.normal(size=(TIME, BATCH, DIM)).astype(np.float32) for _ in lstms]
    resets = [rng.random((TIME, BATCH)) < 0.3 for _ in lstms]
    states = [LSTMState(*(rng.normal(size=(BATCH, n)).astype(np.float32) for n in (CELLS, DIM))) for _ in lstms]
    outputs, last = run_lstms(lstms, [jnp.asarray(x) for x in inputs], [jnp.asarray(x) for x in resets], states)
    assert any(float(jnp.abs(x).max()) == CLIP for x in outputs)
    for lstm, x, reset, state, found, end in zip(lstms, inputs, resets, states, outputs, last, strict=True):
        plain = {name: np.asarray(getattr(lstm, name)) for name in ("inputs", "recurrent", "bias", "projection")}
        for b in range(BATCH):
            cell, output = np.array(state.cell[b]), np.array(state.output[b])
            for t in range(TIME):
                if reset[t, b]:
                    cell, output = np.zeros(CELLS), np.zeros(DIM)
                cell, output = naive_step(plain, x[t, b], cell, output)
                np.testing.assert_allclose(found[t, b], output, atol=2e-5)
            np.testing.assert_allclose(end.cell[b], cell, atol=2e-5)
