"""Probes: softmax classifiers of single vectors, and the score of each kind of vectors on a task.

Entities are few, so the most probable label of a character is hardly ever the label of an entity. Labels of entities
are therefore decoded with the transitions between labels in the training sentences: the sequence y maximises the
sum of log p(y_t | y_(t-1)) + log p(y_t | x_t) - log p(y_t). Source: H. Bourlard and N. Morgan, Connectionist Speech
Recognition, 1994, chapter 7.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float, Float32, Int

from align.encoder import Encoder
from align.evaluate.resampling import Interval, draws, quantiles
from align.networks.mixture import Mixture
from align.space import Space
from experiments.elmo.texts import Sentence, Task, spans

MIXTURE = "mixture of the layers"
STATIC = "static vectors (skip-gram)"
_STEPS = 400
_BATCH = 1024
_RESAMPLES = 2000
Layers = Float32[np.ndarray, "layers t d"]
LogProbabilities = Float32[np.ndarray, "t classes"]


class Outcome(NamedTuple):
    """The score of one kind of vectors on a task, with its interval over resampled sentences."""

    vectors: str
    score: float
    interval: Interval


class ProbeResult(NamedTuple):
    """The scores of all kinds of vectors on a task, and the weights of the layers in the mixture."""

    outcomes: list[Outcome]
    weights: list[float]


def fit_classifier(
    layers: Layers, labels: Int[np.ndarray, " t"], classes: int, *, seed: int
) -> tuple[Callable[[Layers], LogProbabilities], Mixture]:
    """Trains a softmax classifier on a mixture of layers, together with the weights of the layers.

    Returns:
        A function from vectors to the log-probability of each class, and the mixture.
    """
    mean, scale = layers.mean(1, keepdims=True), layers.std(1, keepdims=True) + 1e-6
    # the best biases if the vectors have no information
    shares = np.log((np.bincount(labels, minlength=classes) + 1) / (len(labels) + classes))
    weights: Any = (Mixture.uniform(len(layers)), jnp.zeros((layers.shape[2], classes)), jnp.asarray(shares))
    optimiser = optax.adam(optax.cosine_decay_schedule(0.02, _STEPS))

    def scores(weights: Any, x: Array) -> Float[Array, "t classes"]:
        mixture, weight, bias = weights
        return mixture(x) @ weight + bias

    def loss(weights: Any, x: Array, y: Array) -> Float[Array, ""]:
        return optax.softmax_cross_entropy_with_integer_labels(scores(weights, x), y).mean()

    @jax.jit
    def step(weights: Any, state: Any, x: Array, y: Array) -> Any:
        updates, state = optimiser.update(jax.grad(loss)(weights, x, y), state)
        return optax.apply_updates(weights, updates), state

    state, rng = optimiser.init(weights), np.random.default_rng(seed)
    for _ in range(_STEPS):
        at = rng.integers(layers.shape[1], size=_BATCH)
        weights, state = step(weights, state, jnp.asarray((layers[:, at] - mean) / scale), jnp.asarray(labels[at]))

    def predict(x: Layers) -> LogProbabilities:
        return np.asarray(jax.nn.log_softmax(scores(weights, jnp.asarray((x - mean) / scale))))

    return predict, weights[0]


def probe(task: Task, encoder: Encoder, space: Space, *, seed: int) -> ProbeResult:
    """Returns the scores of static vectors, of each layer and of the mixture, and the weights of the mixture."""
    names = sorted({label for one in task.sentences for label in one.labels})
    number = {name: row for row, name in enumerate(names)}
    labels = np.array([number[label] for one in task.train for label in one.labels])
    whole = task.measure == "texts"
    encoded = [_joined(encoder.encode([one.words for one in part]), whole=whole) for part in task[2:]]
    static = [_joined(_static(part, space), whole=whole) for part in task[2:]]
    inputs = {STATIC: static}
    inputs |= {f"layer {j}": [x[j : j + 1] for x in encoded] for j in range(encoder.layers)}
    inputs[MIXTURE] = encoded
    outcomes: list[Outcome] = []
    weights: list[float] = []
    for name, (x, y) in inputs.items():
        predict, mixture = fit_classifier(x, labels, len(names), seed=seed)
        found = [names[row] for row in _classes(task, predict(y), number)]
        outcomes.append(Outcome(name, *score(task, found, seed=seed)))
        weights = np.asarray(mixture.weights).tolist()
    return ProbeResult(outcomes, weights)


def decode(
    scores: Float[np.ndarray, "t classes"],
    transitions: Float[np.ndarray, "classes classes"],
    ends: Float[np.ndarray, "two classes"],
) -> list[int]:
    """Returns the classes of a sentence with the largest sum of scores and transitions (Viterbi).

    Args:
        scores: the score of each class for each word.
        transitions: the score of each class (column) after another (row).
        ends: the scores of the classes of the first and of the last word.

    Example:
        >>> never = np.array([[0.0, -9.0], [0.0, 0.0]])
        >>> decode(np.array([[1.0, 0.0], [0.0, 2.0]]), never, np.zeros((2, 2)))
        [1, 1]
    """
    best, before = scores[0] + ends[0], list[Int[np.ndarray, " classes"]]()
    for now in scores[1:]:
        reached = best[:, None] + transitions
        before.append(reached.argmax(0))
        best = reached.max(0) + now
    path = [int((best + ends[1]).argmax())]
    for choice in reversed(before):
        path.append(int(choice[path[-1]]))
    return path[::-1]


def _classes(task: Task, found: LogProbabilities, number: dict[str, int]) -> list[int]:
    """Returns the class of each test vector; those of entities are decoded sentence by sentence."""
    if task.measure != "entities":
        return found.argmax(1).tolist()
    transitions, ends = np.zeros((len(number), len(number))), np.zeros((2, len(number)))
    for one in task.train:
        ids = [number[label] for label in one.labels]
        np.add.at(transitions, (ids[:-1], ids[1:]), 1)
        ends[[0, 1], [ids[0], ids[-1]]] += 1
    prior = transitions.sum(0) + ends[0]
    with np.errstate(divide="ignore"):
        after = np.log(transitions) - np.log(np.maximum(transitions.sum(1, keepdims=True), 1))
        edges, shares = np.log(ends / len(task.train)), np.log(np.maximum(prior, 1) / prior.sum())
    cuts = np.cumsum([len(one.labels) for one in task.test])[:-1]
    return [row for part in np.split(found - shares, cuts) for row in decode(part, after, edges)]


def score(task: Task, found: Sequence[str], *, seed: int) -> tuple[float, Interval]:
    """Returns the share of right labels or the F1 of entities in the test sentences, and its interval.

    Both are 2 right / (gold + found), where gold = found = all labels in the first case.

    Args:
        task: the task.
        found: the labels of all test sentences, one after another.
        seed: seed of the bootstrap.
    """
    right, total = np.zeros(len(task.test)), np.zeros(len(task.test))
    begin = 0
    for row, one in enumerate(task.test):
        own = found[begin : begin + len(one.labels)]
        begin += len(one.labels)
        if task.measure == "entities":
            gold, given = spans(one.labels), spans(own)
            right[row], total[row] = 2 * len(gold & given), len(gold) + len(given)
        else:
            right[row], total[row] = sum(map(str.__eq__, own, one.labels)), len(own)
    return ratio(right, total, seed=seed)


def ratio(
    right: Float[np.ndarray, " n"], total: Float[np.ndarray, " n"], *, seed: int, resamples: int = _RESAMPLES
) -> tuple[float, Interval]:
    """Returns the ratio of two sums, and its percentile-bootstrap interval; NaN if the second sum is 0."""
    with np.errstate(invalid="ignore"):
        values = np.concatenate([(drawn @ right) / (drawn @ total) for drawn in draws(len(right), resamples, seed)])
        return float(np.divide(right.sum(), total.sum())), quantiles(values, 0.95)


def _static(sentences: Sequence[Sentence], space: Space) -> list[Layers]:
    """Returns the static vectors of the words of each sentence as a single layer; 0 for unknown words."""
    vectors = np.concatenate([np.asarray(space.vectors), np.zeros((1, space.dim), np.float32)])
    return [vectors[space.vocab.ids(one.words)][None] for one in sentences]


def _joined(vectors: Sequence[Layers], *, whole: bool) -> Layers:
    """Returns the vectors of all words of all sentences, or, with ``whole``, the mean vector of each sentence."""
    return np.concatenate([one.mean(1, keepdims=True) for one in vectors] if whole else list(vectors), axis=1)
