"""The models by name, and the one function that trains any of them.

    space = train(SGNS(dim=100), open_corpus("news.corpus"), seed=0, checkpoint="news.checkpoint")

To add a model, write its settings as a ``SteppedModel`` (or a ``WindowModel``) and add it to ``MODELS``.
"""

import os
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import MISSING, fields, replace
from typing import Any

import jax
import numpy as np

from align.checks import MAX_WORKERS, SettingError, at_most, check_seed, option_of
from align.locking import only_writer
from align.progress import Report
from align.space import Space
from align.text.cooccurrence import Window
from align.text.corpus import Corpus
from align.train.adagram import AdaGram
from align.train.checkpoint import EVERY, CheckpointPolicy, check_checkpoint, fingerprint, run_with_checkpoints
from align.train.elmo import ELMo
from align.train.fasttext import FastText
from align.train.glove import GloVe, SimplerGloVe
from align.train.loop import Callback
from align.train.model import Made, Model, Plan, Request, SolvedModel, SteppedModel
from align.train.ppmi_svd import PPMISVD
from align.train.processes import check_same, several, writes_files
from align.train.sources.text import corpus_name
from align.train.step import State
from align.train.window_models import CBOW, CBOWHS, SGNS, CBOWSoftmax, SkipGramHS, Softmax

MODELS: Mapping[str, type[Model[Any]]] = {
    "sgns": SGNS,
    "cbow": CBOW,
    "skipgram-hs": SkipGramHS,
    "cbow-hs": CBOWHS,
    "softmax": Softmax,
    "cbow-softmax": CBOWSoftmax,
    "fasttext": FastText,
    "adagram": AdaGram,
    "glove": GloVe,
    "simpler-glove": SimplerGloVe,
    "ppmi-svd": PPMISVD,
    "elmo": ELMo,
}
SETTINGS = (
    *("dim", "window", "fixed", "negatives", "epochs", "rate", "schedule", "sample", "power", "x_max", "shift"),
    *("smoothing", "features", "bigram_min_count", "characters", "vectors", "model", "minn", "maxn", "buckets"),
    *("senses", "concentration"),
    *("cells", "layers", "char_dim", "filters", "highways", "longest", "streams", "steps", "optimiser", "clip"),
)
"""Settings that the command line offers; each model has some of them."""
_ARGUMENTS = {
    "start": ("start",),
    "frozen": ("freeze",),
    "devices": ("devices", "coordinator", "processes", "process"),
    "workers": ("workers",),
    "shard": ("shard",),
    "checkpoint": ("checkpoint", "checkpoint_every", "resume"),
}
"""The command line's options for each argument of ``train`` that only some models take (``Model.takes``)."""


def train(
    model: Model[Made],
    corpus: Corpus,
    *,
    seed: int = 0,
    start: Space | None = None,
    frozen: frozenset[str] = frozenset(),
    devices: int = 1,
    workers: int = 0,
    shard: bool = False,
    checkpoint: str | os.PathLike[str] | None = None,
    checkpoint_every: float = EVERY,
    resume: bool = False,
    report: Report = lambda *_: None,
    callback: Callback = lambda *_: None,
) -> Made:
    """Trains ``model`` on ``corpus``.

    The same seed on the same kind of machine gives the same vectors, interrupted and resumed or not.

    Args:
        model: settings such as ``SGNS(dim=100)``.
        corpus: the text.
        seed: decides all that is random, a whole number from 0 to 2^32 - 1.
        start: initial vectors; words that are not in it begin at random.
        frozen: words whose vectors of ``start`` are not changed.
        devices: how many devices (GPUs) share each segment.
        workers: how many threads of one processor share each segment, each with a copy of the tables. 0 lets the model
            decide: two for a large corpus with small tables on a processor of several cores, else one.
        shard: whether the devices divide the rows of the tables instead of having copies.
        checkpoint: a file for the unfinished run, also written on SIGINT or SIGTERM. It is not removed at the end.
        checkpoint_every: seconds between two checkpoints.
        resume: whether to resume the run in ``checkpoint``.
        report: is called with the stage, the work done and the total work, counted in words or cells.
        callback: is called after every segment (``loop.Callback``); if it returns True, the run stops.

    Returns:
        A space of the words of ``corpus``; of ``AdaGram`` a ``SenseSpace``, of ``ELMo`` an ``Encoder``.

    Raises:
        ValueError: the corpus or an argument does not fit the model, or the checkpoint is of another run.
        loop.DivergedError: the loss is not finite.
        processes.LostProcessError: one of several processes has ended.
        KeyError: a frozen word has no initial vector.
        FileExistsError: ``checkpoint`` holds an unfinished run, and ``resume`` is False; or another run writes it.
        FileNotFoundError: there is no ``checkpoint`` to resume.
        checkpoint.StoppedError: a signal stopped the run after its checkpoint was written.

    Example:
        >>> from align.text.corpus import Corpus
        >>> from align.text.vocab import Vocab
        >>> import numpy as np
        >>> text = Corpus(Vocab(["a", "b"], np.array([2, 2])), np.array([0, 1, -1, 1, 0, -1], np.int32))
        >>> train(SGNS(dim=4, sample=0.0), text, seed=1).vectors.shape
        (2, 4)
    """
    request = Request(seed, start, frozen, devices, workers, shard)
    _check_arguments(model, request, corpus, checkpoint is not None, resume)
    if isinstance(model, SolvedModel):
        return model.solve(corpus, seed=seed, report=report)
    if not isinstance(model, SteppedModel):
        raise TypeError(f"{type(model).__name__} is neither a SteppedModel nor a SolvedModel")
    request = request._replace(workers=workers or model.default_workers(corpus, devices=devices))
    identity = fingerprint(model, corpus, **request._asdict()) if checkpoint is not None or several() else {}
    check_same({**identity, "resume": f"{resume}", "checkpoint": f"{checkpoint is not None}"})
    with only_writer(checkpoint) if checkpoint is not None and writes_files() else nullcontext():
        path = None if checkpoint is None else check_checkpoint(checkpoint, resume=resume, fingerprint=identity)
        policy = path and CheckpointPolicy(path, identity, checkpoint_every, resume)
        plan = model.plan(corpus, request, report=report)
        return _run(plan, request, policy=policy, report=report, callback=callback)


def _check_arguments(model: Model[Any], request: Request, corpus: Corpus, kept: bool, resume: bool) -> None:
    """Checks the arguments of ``train``, and that the model takes them; ``kept`` says whether there is a checkpoint."""
    if len(corpus.vocab) < 2:
        raise ValueError(f"{corpus_name(corpus)}: the vocabulary has fewer than two words; nothing to learn")
    if resume and not kept:
        raise ValueError("resume: training continues from a checkpoint, and none is given")
    check_seed(request.seed)
    start = request.start
    for name, least in (("devices", 1), ("workers", 0)):
        if getattr(request, name) < least:
            raise SettingError(name, getattr(request, name), f"must be at least {least}")
    at_most(request.workers, MAX_WORKERS, "workers")
    given = {
        "start": start is not None,
        "frozen": bool(request.frozen),
        "devices": request.devices != 1,
        "workers": request.workers > 1,
        "shard": request.shard,
        "checkpoint": kept,
    }
    unused = [name for name, there in given.items() if there and name not in model.takes]
    if unused:
        raise ValueError(f"{type(model).__name__} takes no {' and no '.join(unused)}")
    if request.shard and request.devices < 2:
        raise SettingError("shard", True, "needs several devices")
    if request.shard and start is not None:
        raise ValueError("shard and start: initial vectors cannot be divided among devices")
    if start is not None and start.units is None and not np.any(start.vocab.ids(corpus.vocab.words) >= 0):
        raise ValueError(f"{start.name or 'the initial vectors'}: has none of the words of {corpus_name(corpus)}")


def _run(plan: Plan, request: Request, *, policy: CheckpointPolicy | None, report: Report, callback: Callback) -> Any:
    """Runs a plan and returns the trained model."""

    def after_segment(done: int, state: State, loss: float) -> bool | None:
        ends = callback(done, state, loss)
        report(plan.stage, round(plan.source.progress(done) * plan.total), plan.total)
        return ends

    key = jax.random.key(request.seed)
    where: Any = {"devices": request.devices, "shard": request.shard}
    state, _ = run_with_checkpoints(
        plan.objective, plan.source, plan.config, key=key, policy=policy, callback=after_segment, **where
    )
    if not bool(state.has_terms):
        raise ValueError(plan.nothing_seen)
    return plan.finish(state)


def configured(name: str, **options: Any) -> Model[Any]:
    """Returns the settings of model ``name`` for options of the command line; None means the default.

    A window is given by its size. Options such as ``start`` or ``checkpoint`` are arguments of ``train``, not settings;
    this function only checks that the model takes them.

    >>> configured("sgns", dim=50, window=None).dim
    50

    Raises:
        KeyError: there is no such model.
        ValueError: the model does not take an option.
        SettingError: a value is out of range.
    """
    if name not in MODELS:
        raise KeyError(f"{name!r} is not a model; expected one of {', '.join(MODELS)}")
    kind, known = MODELS[name], options_of(name)
    given = {option: value for option, value in options.items() if value is not None}
    unknown = [option_of(option) for option in given if option not in known]
    if unknown:
        raise ValueError(f"{name} has no {' and no '.join(unknown)}; it has {', '.join(map(option_of, known))}")
    settings = {option: value for option, value in given.items() if option in SETTINGS}
    default = kind()
    window = getattr(default, "window", None)
    if isinstance(window, Window) and "window" in settings:
        settings["window"] = replace(window, size=settings["window"])
    return replace(default, **settings)


def options_of(name: str) -> tuple[str, ...]:
    """Returns the options of the command line that a model takes: its settings, then those of ``train``."""
    kind = MODELS[name]
    own = {field.name for field in fields(kind)}
    arguments = (option for argument, names in _ARGUMENTS.items() if argument in kind.takes for option in names)
    return (*(setting for setting in SETTINGS if setting in own), *arguments)


def described(option: str) -> str:
    """Returns, for the help of an option, which models take it, and the default of each setting.

    >>> described("x_max")
    'glove, simpler-glove: 10'
    >>> described("sample")
    'sgns, cbow, skipgram-hs, cbow-hs, fasttext, adagram: 0.0001; softmax, cbow-softmax: 0.001'
    """
    by_default: dict[str, list[str]] = {}
    for name, kind in MODELS.items():
        if option in options_of(name):
            value = getattr(kind(), option, MISSING)
            by_default.setdefault(_shown(value), []).append(name)
    groups = ["all" if len(names) == len(MODELS) else ", ".join(names) for names in by_default.values()]
    return "; ".join(f"{group}: {value}" if value else group for group, value in zip(groups, by_default, strict=True))


def _shown(value: Any) -> str:
    """Returns a default value as the help shows it: "" if there is none, and of a window its size."""
    if value is MISSING:
        return ""
    if isinstance(value, Window):
        return str(value.size)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)
