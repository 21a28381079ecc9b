"""The start of a classifier's training: random vectors, given word vectors, or an earlier model."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float32, Int, Key

from align.checks import SettingError
from align.classify.model import LabelModel
from align.classify.settings import ClassifierSettings
from align.classify.training_set import TrainingSet
from align.classify.tree import label_paths
from align.space import Space
from align.text.text_features import TextFeatures
from align.train.config import TrainingConfig
from align.train.objectives.classifier import SQUARES, TextClassification, basis_dim, label_basis
from align.train.objectives.label_losses import LabelLoss, LabelNegativeSampling, LabelSoftmax, LabelTree, OneVsAll
from align.train.objectives.lookup import check_dim
from align.train.objectives.noise import noise_of
from align.train.sources.labelled import rounded_up
from align.train.step import State, init


class PastModel(NamedTuple):
    """An earlier model to continue from, and the row of each feature and label in it, -1 for new ones."""

    model: LabelModel
    features: Int[np.ndarray, " u"]
    labels: Int[np.ndarray, " l"]


Start = Space | PastModel | None
"""What training starts from: word vectors, an earlier model, or None (random vectors)."""


def loss_of(settings: ClassifierSettings, counts: np.ndarray) -> LabelLoss:
    """Returns the output loss for labels that occur ``counts`` times."""
    labels = len(counts)
    if settings.loss == "hs":
        paths = label_paths(counts)
        return LabelTree(labels, jnp.asarray(paths.node), jnp.asarray(paths.branch))
    if settings.loss == "ns":
        return LabelNegativeSampling(labels, noise_of(counts, 0.5), settings.negatives)
    return OneVsAll(labels) if settings.loss == "ova" else LabelSoftmax(labels, jnp.float32(settings.smoothing))


def label_counts(given: TrainingSet, start: Start) -> Int[np.ndarray, " l"]:
    """Returns the number of texts of each label, with those that an earlier model was trained on.

    With the loss ``hs``, the counts are those of the earlier model, because its tree is built from them.
    """
    numbers = given.data.labels
    counts = np.bincount(numbers[numbers >= 0], minlength=len(given.labels))
    if not isinstance(start, PastModel):
        return counts
    before = np.asarray(start.model.counts)
    return before if start.model.loss == "hs" else counts + np.pad(before, (0, len(counts) - len(before)))


def has_basis(model: LabelModel) -> bool:
    """Whether the vectors of the labels of a model are those of ``label_basis``, which training does not change."""
    labels, softmax = len(model.labels), model.loss == "softmax"
    same_shape = model.outputs.shape == (labels, basis_dim(labels, softmax=softmax))
    return same_shape and bool(np.array_equal(model.outputs, label_basis(labels, softmax=softmax)))


def first_objective(
    given: TrainingSet, output: LabelLoss, dim: int, start: Start, *, frozen: bool
) -> TextClassification:
    """Returns the objective with its initial vectors; ``frozen``: the vectors of a space ``start`` are frozen.

    Without a space, and if ``dim`` is large enough, the vectors of the labels are those of ``label_basis``.

    Raises:
        ValueError: the vectors of ``start`` do not have ``dim`` dimensions.
        SettingError: the earlier model has the vectors of ``label_basis``, and ``dim`` is too small for all labels.
    """
    size, softmax = rounded_up(given.features.rows), isinstance(output, LabelSoftmax)
    least = basis_dim(output.labels, softmax=softmax)
    own = start is None or (isinstance(start, PastModel) and has_basis(start.model))
    if own and start is not None and least > dim:
        raise SettingError("dim", dim, f"must be at least {least} to add labels to this classifier")
    basis = label_basis(output.labels, softmax=softmax) if own and least <= dim else None
    if isinstance(start, PastModel):
        rows = np.pad(start.features, (0, size - len(start.features)), constant_values=-1)
        wide = start.model.inputs.shape[1] if basis is None else least
        features = _rows_of(start.model.inputs, rows, wide, empty=np.nan if basis is None else 0.0)
        labels = _rows_of(start.model.outputs, start.labels, wide, empty=np.nan) if basis is None else basis
        first = jnp.asarray(features), jnp.asarray(labels)
        return TextClassification(output, *first, None, size, wide, basis is not None)
    if basis is not None:
        return TextClassification(output, None, jnp.asarray(basis), None, size, least, True)
    vectors = first_vectors(given.features, size, dim, start)
    fixed = ~jnp.isnan(vectors[:, 0]) if frozen and vectors is not None else None
    return TextClassification(output, vectors, None, fixed, size, dim)


def first_state(objective: TextClassification, config: TrainingConfig, start: Start, *, key: Key[Array, ""]) -> State:
    """Returns the state before the first step, with AdaGrad's sums of squares of an earlier model, if there is one."""
    state = init(objective, config, key=jax.random.split(key)[0], copies=config.workers)
    if not isinstance(start, PastModel) or start.model.squares is None:
        return state
    slots = dict(state.slots)
    for name, own, rows in zip(("feature", "label"), start.model.squares, (start.features, start.labels), strict=True):
        sums = np.full(len(state.slots[name]), SQUARES, np.float32)
        sums[np.flatnonzero(rows >= 0)] = own[rows[rows >= 0]]
        slots[name] = jnp.array(sums)
    return state._replace(slots=slots)


def _rows_of(
    table: Float32[np.ndarray, "u d"], rows: Int[np.ndarray, " w"], wide: int, *, empty: float
) -> Float32[np.ndarray, "w e"]:
    """Returns the rows of a table that ``rows`` names, with columns of 0 added; a row of ``empty`` for -1."""
    padded = np.pad(np.asarray(table), ((0, 0), (0, wide - table.shape[1])))
    return np.where((rows >= 0)[:, None], padded[rows], np.float32(empty))


def first_vectors(features: TextFeatures, size: int, dim: int, start: Space | None) -> Float32[Array, "u d"] | None:
    """Returns ``size`` initial vectors of features: those of ``start`` for its words, NaN for all others.

    Raises:
        SettingError: the vectors of ``start`` do not have ``dim`` dimensions.
        ValueError: ``start`` has none of the words.
    """
    if start is None:
        return None
    check_dim(start, dim)
    rows = start.vocab.ids([word.decode(errors="replace") for word in features.words])
    if not np.any(rows >= 0):
        raise ValueError(f"{start.name or 'the initial vectors'}: has none of the words of the texts")
    first = np.full((size, dim), np.nan, np.float32)
    first[np.flatnonzero(rows >= 0)] = np.asarray(start.vectors)[rows[rows >= 0]]
    return jnp.asarray(first)
