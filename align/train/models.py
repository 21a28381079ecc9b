"""The models by name, and one way to train any of them."""

from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from typing import Any, NamedTuple, TypeAlias, get_args, get_type_hints

import jax

from align.space import Space
from align.text.cooccurrence import Window
from align.text.corpus import Corpus
from align.train.cbow import CBOW
from align.train.checkpoint import CheckpointPolicy, run_with_checkpoints
from align.train.counting import PPMISVD
from align.train.glove import GloVe, SimplerGloVe
from align.train.hierarchical import CBOWHS, SkipGramHS
from align.train.skipgram import SGNS
from align.train.softmax import Softmax
from align.train.step import State
from align.train.textmodel import TextModel

Model: TypeAlias = TextModel | GloVe | PPMISVD

MODELS: Mapping[str, type[Model]] = {
    "sgns": SGNS,
    "cbow": CBOW,
    "skipgram-hs": SkipGramHS,
    "cbow-hs": CBOWHS,
    "softmax": Softmax,
    "glove": GloVe,
    "simpler-glove": SimplerGloVe,
    "ppmi-svd": PPMISVD,
}
_LEARNING = ("negatives", "epochs", "rate", "schedule", "sample")
SETTINGS = ("dim", "window", "fixed", *_LEARNING, "power", "most", "shift", "smoothing", "workers", "vectors")
"""Settings that users know by these names; a model has some of them."""
STEPPED = ("devices", "checkpoint", "checkpoint_every", "resume")
"""Options of the models that are trained step by step."""
GIVEN = ("start", "freeze")
"""Options of the models that read running text."""


class Progress(NamedTuple):
    """How far a training is: ``done`` of ``total`` in a stage, and the loss where there is one.

    In the stage ``training`` words of the corpus are counted, as often as they are read, and in ``cells`` those of the
    count matrix.
    """

    stage: str
    done: int
    total: int
    loss: float | None = None


Watch = Callable[[Progress], object]


def configured(name: str, **given: Any) -> Model:
    """The settings of model ``name``, those in ``given`` that are not None in the place of its own.

    A window may be given as its size. Of the training's options (``GIVEN``, ``STEPPED``) it is only checked that they
    apply.

    >>> configured("sgns", dim=50, window=None).dim
    50

    Raises:
        KeyError: no such model.
        ValueError: an option that the model does not have, or a value that makes no sense for it.
    """
    if name not in MODELS:
        raise KeyError(f"{name!r} is not a model known here; expected one of {', '.join(MODELS)}")
    kind = MODELS[name]
    known = {*(field.name for field in fields(kind)), *options(name)}
    told = {option: value for option, value in given.items() if value is not None}
    lacking = [_spelt(option) for option in told if option not in known]
    if lacking:
        raise ValueError(f"{name} has no {' and no '.join(lacking)}; it has {', '.join(map(_spelt, options(name)))}")
    settings = {option: value for option, value in told.items() if option not in STEPPED + GIVEN}
    hints = get_type_hints(kind)
    for option, value in settings.items():
        allowed = [one for one in get_args(hints[option]) if isinstance(one, str)]
        if allowed and value not in allowed:
            raise ValueError(f"{_spelt(option)} {value}: {name} has {', '.join(allowed)}")
    own = kind()
    if isinstance(own.window, Window) and "window" in settings:
        settings["window"] = replace(own.window, size=settings["window"])
    return replace(own, **settings)


def options(name: str) -> tuple[str, ...]:
    """Of ``SETTINGS`` those that a model has, and of ``GIVEN`` and ``STEPPED`` those that are for it."""
    kind = MODELS[name]
    own = {field.name for field in fields(kind)}
    given = GIVEN if issubclass(kind, TextModel) else ()
    stepped = () if issubclass(kind, PPMISVD) else STEPPED
    return (*(one for one in SETTINGS if one in own), *given, *stepped)


def _spelt(option: str) -> str:
    return f"--{option.replace('_', '-')}"


def settled(model: Model, corpus: Corpus, *, devices: int = 1) -> Model:
    """``model`` with all that hangs on the corpus and the machine decided (``TextModel.settled``)."""
    return model.settled(corpus, devices=devices) if isinstance(model, TextModel) else model


def train(
    model: Model,
    corpus: Corpus,
    *,
    seed: int,
    start: Space | None = None,
    frozen: frozenset[str] = frozenset(),
    devices: int = 1,
    policy: CheckpointPolicy | None = None,
    watch: Watch = lambda _: None,
) -> Space:
    """The space that ``model`` makes of ``corpus``; the same seed on the same kind of machine gives the same vectors.

    ``start`` gives initial vectors to the words that it has, and the ``frozen`` of them keep theirs; ``policy`` writes
    checkpoints and goes on from one. Initial vectors are only for models of running text, checkpoints and ``devices``
    for those that are trained step by step.

    Raises:
        ValueError: a corpus, or vectors, that the model cannot be trained on; ``loop.DivergedError``, a loss that is no
            number; a checkpoint of another run.
        KeyError: a word to freeze that has no initial vector.
        checkpoint.StoppedError: a signal has stopped the run; its checkpoint is written.
    """

    def report(stage: str, done: int, total: int) -> None:
        watch(Progress(stage, done, total))

    if isinstance(model, PPMISVD):
        if start is not None or frozen or devices != 1 or policy is not None:
            raise ValueError("a count-based space has neither initial vectors nor devices nor checkpoints")
        return model.fit(corpus, seed=seed, report=report)
    if isinstance(model, GloVe):
        if start is not None or frozen:
            raise ValueError("GloVe has neither initial vectors nor frozen words here")
        plan = model.plan(corpus, seed=seed, devices=devices, report=report)
        stage, total = "cells", plan.source.matrix.cells * model.epochs
    else:
        plan = model.plan(corpus, seed=seed, start=start, frozen=frozen, devices=devices)
        stage, total = "training", corpus.tokens * model.epochs

    def told(done: int, _state: State, loss: float) -> None:
        watch(Progress(stage, round(plan.source.progress(done) * total), total, loss))

    state, _ = run_with_checkpoints(
        plan.objective,
        plan.source,
        plan.config,
        key=jax.random.key(seed),
        policy=policy,
        callback=told,
        devices=devices,
    )
    return model.space(state, corpus)
