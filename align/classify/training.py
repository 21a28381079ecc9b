"""Training of a classifier: from labelled texts to a model, on the one training loop."""

import time
from dataclasses import replace
from typing import NamedTuple

import jax
import numpy as np

from align.checks import SettingError
from align.classify.beginning import Start, first_objective, first_state, label_counts, loss_of
from align.classify.held_out import HeldOutResult, ValidationSet, temperature_of
from align.classify.model import LabelModel, Squares
from align.classify.settings import ClassifierSettings
from align.classify.tokens import TokeniserName
from align.classify.training_set import TrainingSet
from align.progress import Report
from align.space import Space
from align.text.labelled import PREFIX
from align.train.batchers.batcher import Batcher
from align.train.batchers.labelled import LabelBatcher
from align.train.config import TrainingConfig
from align.train.loop import run
from align.train.objective import Objective
from align.train.objectives.classifier import TextClassification
from align.train.sources.labelled import LabelledSource
from align.train.step import State

_MIN_BATCH, _MIN_BATCHES = 16, 64
"""Fewest texts of a batch; and fewest batches of an epoch, if it has enough texts."""


class Trained(NamedTuple):
    """A model, and its results on the validation part, if there is one."""

    model: LabelModel
    held_out: HeldOutResult | None


def train_model(
    given: TrainingSet,
    settings: ClassifierSettings,
    tokeniser: TokeniserName,
    *,
    seed: int,
    start: Start = None,
    held_out: ValidationSet | None = None,
    deadline: float = float("inf"),
    report: Report = lambda *_: None,
) -> Trained:
    """Trains a model. ``report`` is called with the progress, counted in texts.

    With ``held_out``, training stops when the accuracy on it has not risen for ``patience`` epochs, and the model of
    the best epoch is returned, with calibrated probabilities. In any case, training stops after the segment in which
    ``time.perf_counter()`` passes ``deadline``.

    Raises:
        ValueError: ``start`` has other dimensions than the model, or ``frozen`` > 0 and ``start`` is not a space.
        loop.DivergedError: the loss is not finite.
    """
    if settings.frozen and not isinstance(start, Space):
        raise SettingError("frozen", settings.frozen, "needs a space of initial vectors (start)")
    counts = label_counts(given, start)
    u, key = given.features.rows, jax.random.key(seed)
    objective = first_objective(given, loss_of(settings, counts), settings.dim, start, frozen=settings.frozen > 0)
    dim = objective.dim
    size = min(settings.batch, max(_MIN_BATCH, len(given.data.labels) // _MIN_BATCHES))
    source = LabelledSource(LabelBatcher(), given.data, settings.epochs, seed, size, settings.workers)
    total = settings.epochs * len(given.data.labels)

    def model_of(state: State) -> LabelModel:
        tables = state.parameters.tables
        inputs, outputs = (np.array(tables[name])[:, :dim] for name in ("feature", "label"))
        squares = Squares(np.array(state.slots["feature"])[:u], np.array(state.slots["label"]))
        fields = (given.labels, counts, given.features, inputs[:u], outputs, settings.loss, tokeniser, PREFIX)
        return LabelModel(*fields, squares=squares)

    best: list[tuple[LabelModel, HeldOutResult]] = []

    def after_segment(done: int, state: State, loss: float) -> bool | None:
        del loss
        report("training", round(source.progress(done) * total), total)
        epoch, rest = divmod(done * settings.epochs, source.segments)
        if held_out is not None and rest == 0:
            model = model_of(state)
            accuracy = held_out.accuracy(model)
            if not best or accuracy > best[0][1].accuracy:
                best[:] = [(model, HeldOutResult(epoch, accuracy, 1.0))]
            if epoch - best[0][1].epoch >= held_out.patience:
                return True
        return time.perf_counter() > deadline

    def thaw(done: int, _: State, model: Objective, batcher: Batcher) -> tuple[Objective, Batcher]:
        if done * settings.epochs < settings.frozen * source.segments or not isinstance(model, TextClassification):
            return model, batcher
        return model.thawed(), batcher

    config = TrainingConfig(settings.rate, schedule="linear", workers=settings.workers)
    first = first_state(objective, config, start, key=key)
    between = thaw if settings.frozen else None
    state, _ = run(objective, source, config, key=key, callback=after_segment, between=between, start=(0, first))
    if held_out is None or not best:
        return Trained(model_of(state), None)
    model, result = best[0]
    temperature = temperature_of(model, held_out)
    return Trained(replace(model, temperature=temperature), result._replace(temperature=temperature))
