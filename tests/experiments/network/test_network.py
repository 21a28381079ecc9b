"""The network by hand: its gradients are those of ``jax.grad``, its rules and its curves those of the formulas."""

import contextlib
import io

import numpy as np
import optax
import pytest

from experiments.network import __main__ as main
from experiments.network import batches, curve, descent
from experiments.network.activations import ACTIVATIONS, RELU, SIGMOID, TANH, errors, sigmoid
from experiments.network.backprop import SIZES, chain
from experiments.network.layers import (
    backward,
    by_finite_differences,
    by_jax,
    draw_weights,
    forward,
    largest_difference,
    loss_of,
)
from experiments.network.neuron import layer, neuron
from experiments.network.rules import Motion, Rule, path_of, step
from experiments.report import Table


def test_a_layer_is_its_neurons_one_by_one():
    rng = np.random.default_rng(0)
    x, w, b = rng.normal(size=(4, 3)), rng.normal(size=(2, 3)), rng.normal(size=2)
    one_by_one = [[neuron(row, w[i], float(b[i])).a for i in range(2)] for row in x]
    np.testing.assert_allclose(layer(x, w, b), one_by_one, rtol=1e-13)
    steps = neuron(x[0], w[0], float(b[0]))
    assert steps.z == pytest.approx(sum(x[0, j] * w[0, j] for j in range(3)) + b[0])
    assert steps.a == pytest.approx(1 / (1 + np.exp(-steps.z)))


@pytest.mark.parametrize("one", ACTIVATIONS, ids=lambda one: one.name)
def test_the_derivative_of_an_activation(one):
    found = errors(one)
    assert found.by_jax < 1e-14
    assert found.by_finite_differences < 1e-8
    wrong = one._replace(derivative=lambda x: one.derivative(x) + 1e-6)
    assert errors(wrong).by_jax > 5e-7


def test_the_derivative_of_the_sigmoid_is_a_quarter_at_most():
    assert float(SIGMOID.derivative(np.zeros(1))[0]) == 0.25


def test_the_chain_rule_of_one_neuron():
    rows = {row[0]: row for row in chain().rows}
    assert rows["w"][3] == pytest.approx(float(rows["w"][4]), abs=5e-4)
    assert rows["b"][3] == pytest.approx(float(rows["b"][4]), abs=5e-4)
    a = float(sigmoid(np.asarray(0.8 * 1.5 - 0.4)))
    assert rows["w"][3] == pytest.approx(a * a * (1 - a) * 1.5)


@pytest.mark.parametrize(("activation", "sizes"), [(TANH, (2, 1)), (TANH, (3, 4, 4, 2)), (RELU, (3, 4, 4, 2))])
def test_back_propagation_is_the_gradient(activation, sizes):
    rng = np.random.default_rng(1)
    layers = draw_weights(sizes, rng)
    x, y = rng.normal(size=(5, sizes[0])), rng.normal(size=(5, sizes[-1]))
    passed = forward(layers, x, activation)
    ours = backward(layers, passed, y, activation)
    assert [one.w.shape for one in ours.layers] == [one.w.shape for one in layers]
    assert [error.shape for error in ours.delta] == [z.shape for z in passed.z]
    assert largest_difference(ours.layers, by_jax(layers, x, y, activation)) < 1e-13
    assert largest_difference(ours.layers, by_finite_differences(layers, x, y, activation)) < 1e-8
    assert max(float(np.abs(one.w).max()) for one in ours.layers) > 1e-3


def test_a_step_against_the_gradient_lowers_the_loss_by_its_square():
    rng = np.random.default_rng(2)
    layers = draw_weights((2, 3, 1), rng)
    x, y = rng.normal(size=(4, 2)), rng.normal(size=(4, 1))
    found = backward(layers, forward(layers, x, TANH), y, TANH).layers
    moved = [one._replace(w=one.w - 1e-4 * g.w, b=one.b - 1e-4 * g.b) for one, g in zip(layers, found, strict=True)]
    fall = loss_of(forward(layers, x, TANH).a[-1], y) - loss_of(forward(moved, x, TANH).a[-1], y)
    assert fall == pytest.approx(1e-4 * sum(float((a**2).sum()) for g in found for a in g), rel=1e-2)


def test_one_step_of_each_rule():
    at = Motion(np.array([1.0, -2.0]), np.array([0.5, 0.25]))
    for rule in descent.RULES:
        point = at.x + rule.momentum * at.v if rule.ahead else at.x
        v = rule.momentum * at.v - rule.rate * np.array([point[0], 20 * point[1]])
        found = step(rule, at, descent.gradient)
        np.testing.assert_allclose((found.x, found.v), (at.x + v, v), rtol=1e-14)


@pytest.mark.parametrize("rule", descent.RULES, ids=lambda rule: rule.name)
def test_the_paths_are_those_of_optax(rule):
    """Optax keeps x + momentum v, the point of the gradient, as its parameter for Nesterov's rule."""
    path = path_of(rule, descent.START, descent.gradient, 6)
    optimiser = optax.sgd(rule.rate, momentum=rule.momentum or None, nesterov=rule.ahead)
    at = descent.START.astype(np.float32)
    state = optimiser.init(at)
    theirs = [at]
    for _ in range(6):
        updates, state = optimiser.update(descent.gradient(at), state)
        at = np.asarray(at + updates)
        theirs.append(at)
    velocity = np.diff(path, axis=0, prepend=path[:1])
    ours = path + rule.momentum * velocity if rule.ahead else path
    np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-5)


def test_descent_multiplies_each_coordinate():
    for _, rate in descent.RATES:
        path = path_of(Rule("descent", rate), descent.START, descent.gradient, 9)
        np.testing.assert_allclose(path[-1], descent.START * (1 - rate * descent.CURVATURES) ** 9)
    last = [
        float(descent.loss(path_of(Rule("descent", rate), descent.START, descent.gradient, 200)[-1]))
        for rate in (0.9 * descent.BEST, descent.BEST, 0.5 * (descent.BEST + descent.LIMIT), 1.01 * descent.LIMIT)
    ]
    assert min(last) == last[1]
    assert last[3] > float(descent.loss(descent.START)) > last[2]


def test_a_batch_of_all_examples_is_descent_on_the_loss():
    data = batches.points(seed=3, n=12)
    full = batches.descend(data, 12, seed=0, epochs=4)
    rule = path_of(Rule("descent", batches.RATE), batches.START, lambda w: batches.gradient(w, data), 4)
    np.testing.assert_allclose(full, rule)
    shifts = 1e-6 * np.eye(2)
    slopes = [(batches.loss(full[1] + s, data) - batches.loss(full[1] - s, data)) / 2e-6 for s in shifts]
    np.testing.assert_allclose(batches.gradient(full[1], data), slopes, rtol=1e-6)
    np.testing.assert_allclose(batches.gradients(full[1], data).mean(axis=0), batches.gradient(full[1], data))
    assert len(batches.descend(data, 5, seed=0, epochs=2)) == 1 + 2 * 3
    assert len(batches.descend(data, 1, seed=0, epochs=1)) == 13


def test_the_noise_of_a_batch_falls_with_the_root_of_its_size():
    data = batches.points(seed=4, n=40)
    for size in (1, 10):
        measured = batches.spread(data, size, seed=0, draws=4000)
        assert measured == pytest.approx(batches.expected_spread(data, size), rel=0.06)
    assert batches.spread(data, 40, seed=0, draws=2) == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("units", [1, 5, 40])
def test_placed_units_are_the_polyline_within_its_bound(units):
    fit = curve.placed(units)
    knots = np.linspace(curve.LOW, curve.HIGH, units + 1)
    np.testing.assert_allclose(fit.output, np.interp(curve.GRID, knots, curve.curve(knots)), atol=1e-12)
    assert fit.error <= curve.bound(units)


def test_training_fits_the_curve_better():
    x, h = curve.GRID, 1e-4
    np.testing.assert_allclose(
        curve.bend(x), (curve.curve(x + h) - 2 * curve.curve(x) + curve.curve(x - h)) / h**2, atol=1e-4
    )
    before, after = (curve.trained(8, seed=0, steps=steps) for steps in (0, 400))
    assert np.mean((after.output - curve.curve(x)) ** 2) < np.mean((before.output - curve.curve(x)) ** 2) / 4


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A run with one shape of network and five steps of training: its folder, its sections, its output."""
    folder, sections, said = tmp_path_factory.mktemp("network") / "new", {}, io.StringIO()
    short = {"back-propagation": {"sizes_of": SIZES[:1]}, "curve": {"steps": 5}}

    def kept(part):
        def run(options):
            sections[part.name] = part.run(options, **short.get(part.name, {}))
            return sections[part.name]

        return part._replace(run=run)

    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(said):
        patch.setattr("align.plotting.DPI", 40)
        patch.setattr(main, "PARTS", tuple(kept(part) for part in main.PARTS))
        assert main.main(["--out", str(folder), "--seed", "2"]) == 0
    return folder, sections, said.getvalue()


def test_the_run_writes_one_page(made):
    folder, _, said = made
    assert "largest difference from jax.grad" in said
    assert "**" not in said
    page = (folder / "network.html").read_text("utf-8")
    assert (page.count("<figure>"), page.count("<table>")) == (7, 8)
    names = ("neuron", "activations", "backprop", "descent", "rates", "batches", "curve")
    assert {path.name for path in folder.glob("*.png")} == {f"{name}.png" for name in names}


def tables(section):
    return [block for block in section.blocks if isinstance(block, Table)]


def test_the_tables_say_what_the_text_says(made):
    _, sections, _ = made
    (found,) = tables(sections["back-propagation"][0])[1:]
    assert len(found.rows) == len(ACTIVATIONS)
    assert all(float(row[-1]) < 1e-13 and float(row[-2]) < 1e-8 < row[3] for row in found.rows)
    rules, rates = (tables(section)[0] for section in sections["descent"])
    plain, momentum, nesterov = (int(row[-1]) for row in rules.rows)
    assert plain > momentum >= nesterov
    small, right, large = (float(row[-1]) for row in rates.rows)
    assert right < small < float(descent.loss(descent.START)) < large
    full, mini, single = (float(row[4]) for row in tables(sections["batches"][0])[0].rows)
    assert mini < single < full


@pytest.mark.parametrize(
    ("options", "word"),
    [(["--seed", "-1"], "-1"), (["--seed", "x"], "x"), (["--out"], "--out"), (["--words", "3"], "--words")],
)
def test_bad_options_are_one_line(options, word, capsys):
    with pytest.raises(SystemExit) as stopped:
        main.main(options)
    said = capsys.readouterr()
    assert (stopped.value.code, said.out, said.err.count("\n")) == (2, "", 1)
    assert word in said.err


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path, capsys):
    (tmp_path / "file").write_text("", "utf-8")
    with pytest.raises(SystemExit) as stopped:
        main.main(["--out", str(tmp_path / "file" / "below")])
    said = capsys.readouterr()
    assert (stopped.value.code, said.out, said.err.count("\n")) == (2, "", 1)
