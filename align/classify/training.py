"""Training of a classifier: from labelled texts to a model, on the one training loop."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float32, Int32

from align.checks import SettingError, above_zero, at_least_one, not_negative
from align.classify.held_out import HeldOutResult, ValidationSet, temperature_of
from align.classify.model import LOSSES, LabelModel, LossName
from align.classify.tokens import TokeniserName, tokenise
from align.classify.tree import label_paths
from align.progress import Report
from align.space import Space
from align.text.labelled import PREFIX, LabelledText, check_labels
from align.text.text_features import TextFeatures, in_use, words_of
from align.train.batchers.labelled import LabelBatcher
from align.train.config import TrainingConfig
from align.train.loop import run
from align.train.objectives.classifier import TextClassification
from align.train.objectives.label_losses import LabelLoss, LabelNegativeSampling, LabelSoftmax, LabelTree, OneVsAll
from align.train.objectives.noise import noise_of
from align.train.sources.labelled import LabelledBags, LabelledSource, rounded_up
from align.train.step import State


@dataclass(frozen=True)
class ClassifierSettings:
    """Settings of a classifier (``align.Classifier`` documents them)."""

    dim: int = 50
    epochs: int = 5
    rate: float = 0.3
    word_ngrams: int = 2
    minn: int = 0
    maxn: int = 0
    buckets: int = 2_000_000
    min_count: int = 1
    min_ngram_count: int = 2
    loss: LossName = "softmax"
    negatives: int = 5
    batch: int = 64
    workers: int = 1
    validation: float = 0.0
    patience: int = 2

    def __post_init__(self) -> None:
        at_least_one(self, "dim", "epochs", "word_ngrams", "min_count", "min_ngram_count", "negatives", "batch")
        at_least_one(self, "buckets", "workers")
        above_zero(self, "rate")
        not_negative(self, "minn", "maxn")
        if self.maxn and self.maxn < self.minn:
            raise SettingError("maxn", self.maxn, f"must be 0, or at least the shortest length, {self.minn}")
        at_least_one(self, "patience")
        if not 0 <= self.validation < 1:
            raise SettingError("validation", self.validation, "must be from 0 to below 1")
        if self.loss not in LOSSES:
            raise SettingError("loss", self.loss, f"must be one of {', '.join(LOSSES)}")


class TrainingSet(NamedTuple):
    """Texts as bags of features, and their labels by name, the most frequent first."""

    features: TextFeatures
    data: LabelledBags
    labels: tuple[str, ...]


class Trained(NamedTuple):
    """A model, and what the validation part says of it, if there is one."""

    model: LabelModel
    held_out: HeldOutResult | None


def training_set(
    texts: list[LabelledText], settings: ClassifierSettings, tokeniser: TokeniserName, *, name: str = "the texts"
) -> TrainingSet:
    """Returns the features of labelled texts.

    Raises:
        ValueError: only one label, or no word that occurs ``min_count`` times.
    """
    labels = check_labels(texts, name)
    words = tokenise([one.text for one in texts], tokeniser)
    vocabulary, _ = words_of(words, settings.min_count)
    if len(vocabulary) < 2:
        raise ValueError(f"{name}: no word occurs {settings.min_count} times or more; lower --min-count")
    ngrams = settings.word_ngrams > 1 or settings.maxn > 0
    buckets = settings.buckets if ngrams else 0
    whole = TextFeatures(vocabulary, settings.word_ngrams, settings.minn, settings.maxn, buckets)
    features, bags = in_use(whole, whole.bags(words), settings.min_ngram_count)
    data = LabelledBags(bags, label_numbers(texts, labels), np.array([one.weight for one in texts], np.float32))
    return TrainingSet(features, data, tuple(labels))


def label_numbers(texts: list[LabelledText], labels: list[str]) -> Int32[np.ndarray, "n m"]:
    """Returns the numbers of the labels of each text, then -1.

    Raises:
        ValueError: a text has a label that is not one of ``labels``.
    """
    index = {label: number for number, label in enumerate(labels)}
    numbers = np.full((len(texts), max(len(one.labels) for one in texts)), -1, np.int32)
    for row, one in enumerate(texts):
        for column, label in enumerate(one.labels):
            if label not in index:
                known = ", ".join(labels[:10]) + (", ..." if len(labels) > 10 else "")
                raise ValueError(f"{one.place}: the label {label!r} was not in training; it had {known}")
            numbers[row, column] = index[label]
    return numbers


def held_out_set(
    texts: list[LabelledText], given: TrainingSet, tokeniser: TokeniserName, patience: int
) -> ValidationSet:
    """Returns the features and labels of a validation part."""
    bags = given.features.bags(tokenise([one.text for one in texts], tokeniser))
    return ValidationSet(bags, gold_labels(texts, given.labels), patience)


def gold_labels(texts: list[LabelledText], labels: Sequence[str]) -> Bool[np.ndarray, "n l"]:
    """Returns which of ``labels`` each text has; errors as those of ``label_numbers``."""
    gold = np.zeros((len(texts), len(labels) + 1), bool)
    gold[np.arange(len(texts))[:, None], label_numbers(texts, list(labels))] = True
    return gold[:, :-1]


def loss_of(settings: ClassifierSettings, counts: np.ndarray) -> LabelLoss:
    """Returns the output loss for labels that occur ``counts`` times."""
    labels = len(counts)
    if settings.loss == "hs":
        paths = label_paths(counts)
        return LabelTree(labels, jnp.asarray(paths.node), jnp.asarray(paths.branch))
    if settings.loss == "ns":
        return LabelNegativeSampling(labels, noise_of(counts, 0.5), settings.negatives)
    return OneVsAll(labels) if settings.loss == "ova" else LabelSoftmax(labels)


def train_model(
    given: TrainingSet,
    settings: ClassifierSettings,
    tokeniser: TokeniserName,
    *,
    seed: int,
    start: Space | None = None,
    held_out: ValidationSet | None = None,
    deadline: float = float("inf"),
    report: Report = lambda *_: None,
) -> Trained:
    """Trains a model; ``report`` gets the progress in texts.

    With ``held_out``, training stops when its accuracy has not risen for ``patience`` epochs, and the model of the best
    epoch is returned, with calibrated probabilities. It stops after the segment in which ``time.perf_counter()`` passes
    ``deadline``.

    Raises:
        ValueError: ``start`` has other dimensions than the model. ``loop.DivergedError``: the loss is not finite.
    """
    numbers = given.data.labels
    counts = np.bincount(numbers[numbers >= 0], minlength=len(given.labels))
    u, size = given.features.rows, rounded_up(given.features.rows)
    objective = TextClassification(
        loss_of(settings, counts),
        first_vectors(given.features, size, settings.dim, start),
        size,
        settings.dim,
    )
    source = LabelledSource(
        LabelBatcher(), given.data, size, settings.epochs, seed, settings.batch, pieces=settings.workers
    )
    total = settings.epochs * len(numbers)

    def made(state: State) -> LabelModel:
        tables = state.parameters.tables
        inputs, outputs = (np.array(tables[name])[:, : settings.dim] for name in ("feature", "label"))
        return LabelModel(given.labels, counts, given.features, inputs[:u], outputs, settings.loss, tokeniser, PREFIX)

    best: list[tuple[LabelModel, HeldOutResult]] = []

    def after_segment(done: int, state: State, loss: float) -> bool | None:
        del loss
        report("training", round(source.progress(done) * total), total)
        epoch, rest = divmod(done * settings.epochs, source.segments)
        if held_out is not None and rest == 0:
            model = made(state)
            accuracy = held_out.accuracy(model)
            if not best or accuracy > best[0][1].accuracy:
                best[:] = [(model, HeldOutResult(epoch, accuracy, 1.0))]
            if epoch - best[0][1].epoch >= held_out.patience:
                return True
        return time.perf_counter() > deadline

    config = TrainingConfig(settings.rate, schedule="linear", workers=settings.workers)
    state, _ = run(objective, source, config, key=jax.random.key(seed), callback=after_segment)
    if held_out is None or not best:
        return Trained(made(state), None)
    model, result = best[0]
    temperature = temperature_of(model, held_out)
    return Trained(replace(model, temperature=temperature), result._replace(temperature=temperature))


def first_vectors(features: TextFeatures, size: int, dim: int, start: Space | None) -> Float32[Array, "u d"] | None:
    """Returns ``size`` initial vectors of features: those of ``start`` for its words, NaN for all others.

    Raises:
        ValueError: ``start`` has other than ``dim`` dimensions.
    """
    if start is None:
        return None
    if start.dim != dim:
        raise ValueError(f"the initial vectors have {start.dim} dimensions; the model has {dim}")
    rows = start.vocab.ids([word.decode(errors="replace") for word in features.words])
    first = np.full((size, dim), np.nan, np.float32)
    first[np.flatnonzero(rows >= 0)] = np.asarray(start.vectors)[rows[rows >= 0]]
    return jnp.asarray(first)
