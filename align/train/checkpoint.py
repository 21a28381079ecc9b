"""Checkpoints: a run written to a file every few minutes and when it is told to stop, and taken up again from there."""

import hashlib
import os
import signal
import threading
import time
import zlib
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields, is_dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Key

from align.space import Space
from align.tensors import load_tensors, save_tensors
from align.text.corpus import Corpus
from align.text.vocab import PackedWords
from align.train.config import TrainingConfig
from align.train.loop import Callback, run
from align.train.objective import Objective
from align.train.sources.source import Source
from align.train.step import State, init

FORMAT = "align checkpoint 2"
EVERY = 600.0
"""Seconds between two checkpoints."""
_SAMPLES, _SAMPLE = 64, 1 << 18


class Checkpoint(NamedTuple):
    """How far a run was: segments ``done``, the ``state`` after them, and the loss of each."""

    done: int
    state: State
    losses: Float[np.ndarray, " done"]


class StoppedError(Exception):
    """A run that a signal has stopped; its checkpoint is written."""

    def __init__(self, message: str, number: int) -> None:
        super().__init__(message)
        self.status = 128 + number
        """The exit status by the shells' convention: 130 after SIGINT, 143 after SIGTERM."""


@dataclass(frozen=True)
class CheckpointPolicy:
    """Where and how often a run is written, and what it is a run of.

    Raises:
        ValueError: ``every`` is below 0.
    """

    path: Path
    fingerprint: Mapping[str, str]
    """What decides the numbers of the run (:func:`fingerprint`); a checkpoint of another run is refused."""
    every: float = EVERY
    """Seconds from one checkpoint to the next."""
    resume: bool = False
    """Whether to go on from the checkpoint in ``path``."""

    def __post_init__(self) -> None:
        if not self.every >= 0:
            raise ValueError(f"a checkpoint every {self.every} seconds; 0 or more was expected")


def run_with_checkpoints(
    objective: Objective,
    source: Source,
    config: TrainingConfig,
    *,
    key: Key[Array, ""],
    policy: CheckpointPolicy | None,
    callback: Callback = lambda *_: None,
    devices: int = 1,
) -> tuple[State, Float[np.ndarray, " segments"]]:
    """``loop.run`` under the eyes of a ``policy``, with the same numbers, interrupted or not; the losses are all.

    A checkpoint is written after the first segment that ends ``every`` seconds after the one before. On SIGINT or
    SIGTERM the segment is finished and its checkpoint written; on a second signal the process ends as it would have.
    The file stays: who has saved what was learned removes it. Without a policy it is ``loop.run``.

    Raises:
        StoppedError: a signal came.
        ValueError: the checkpoint to go on from is damaged or of another run; else as ``loop.run``.
        OSError: the checkpoint cannot be read or written.
    """
    if policy is None:
        return run(objective, source, config, key=key, callback=callback, devices=devices)
    losses: list[float] = []
    start = None
    if policy.resume:
        like = eqx.filter_eval_shape(init, objective, config, key=key, copies=max(devices, config.workers))
        before = load_checkpoint(policy.path, like, policy.fingerprint)
        losses, start = before.losses.tolist(), (before.done, before.state)
    last = time.monotonic()
    with _signals() as came:

        def keep(done: int, state: State, loss: float) -> bool | None:
            nonlocal last
            losses.append(loss)
            ends = callback(done, state, loss)
            if came or time.monotonic() - last >= policy.every:
                save_checkpoint(policy.path, Checkpoint(done, state, np.array(losses)), policy.fingerprint)
                last = time.monotonic()
            if came:
                name = signal.Signals(came[0]).name
                raise StoppedError(f"stopped by {name} after part {done} of {source.segments}", came[0])
            return ends

        state, _ = run(objective, source, config, key=key, callback=keep, start=start, devices=devices)
    return state, np.array(losses)


@contextmanager
def _signals() -> Generator[list[int]]:
    """Yield a list that gets the number of a SIGINT or SIGTERM; the second of them is answered as it was before.

    A signal that is ignored stays so. Only the main thread hears of signals; in others the list stays empty.
    """
    came: list[int] = []
    kinds = (signal.SIGINT, signal.SIGTERM) if threading.current_thread() is threading.main_thread() else ()
    before = {kind: signal.getsignal(kind) for kind in kinds if signal.getsignal(kind) != signal.SIG_IGN}

    def restore() -> None:
        for kind, handler in before.items():
            signal.signal(kind, handler)

    def note(number: int, _frame: object) -> None:
        came.append(number)
        restore()

    for kind in before:
        signal.signal(kind, note)
    try:
        yield came
    finally:
        restore()


def save_checkpoint(path: str | os.PathLike[str], checkpoint: Checkpoint, fingerprint: Mapping[str, str]) -> None:
    """Write ``checkpoint`` to ``path``, whole or not at all.

    Arrays: every array of the state by its place in it, such as ``.parameters.tables['in']``; and ``losses``.
    Metadata: ``format``, ``done``, ``crc32`` (of all arrays, one after the other), and the ``fingerprint``.

    Raises:
        ValueError: an array is of a type that the file has no code for.
        OSError: the file cannot be written.
    """
    arrays = {name: np.asarray(array) for name, array in _named(checkpoint.state, eqx.is_array).items()}
    arrays["losses"] = np.asarray(checkpoint.losses, np.float64)
    said = {"format": FORMAT, "done": str(checkpoint.done), "crc32": _checksum(arrays)}
    save_tensors(path, arrays, said | {_KEY + name: text for name, text in fingerprint.items()})


def load_checkpoint(path: str | os.PathLike[str], like: State, fingerprint: Mapping[str, str]) -> Checkpoint:
    """The checkpoint in ``path``, with a state of the form of ``like`` (of arrays, or of their shapes only).

    Raises:
        ValueError: not a checkpoint, a damaged one, or one of another run; names the file and what differs.
        OSError: the file cannot be read.
    """
    arrays, said = load_tensors(path)
    if said.get("format") != FORMAT:
        raise ValueError(f"{path}: not a checkpoint (its format is {said.get('format')!r}; {FORMAT!r} was expected)")
    there = {name.removeprefix(_KEY): text for name, text in said.items() if name.startswith(_KEY)}
    names = [name for name in {**fingerprint, **there} if fingerprint.get(name) != there.get(name)]
    if names:
        unlike = (f"{name} is {there.get(name, 'none')} there, {fingerprint.get(name, 'none')} here" for name in names)
        raise ValueError(f"{path}: a checkpoint of another run: {'; '.join(unlike)}")
    if said.get("crc32") != _checksum(arrays):
        raise ValueError(f"{path}: damaged: its arrays do not have the checksum that it gives")
    losses, done = arrays.pop("losses", np.zeros(0)), said.get("done", "")
    if not done.isdigit() or losses.shape != (int(done),):
        raise ValueError(f"{path}: {losses.size} losses of {done or 'no'} parts done; as many were expected")
    expected = {name: (leaf.shape, leaf.dtype) for name, leaf in _named(like, _has_shape).items()}
    if {name: (array.shape, array.dtype) for name, array in arrays.items()} != expected:
        raise ValueError(f"{path}: its arrays are {', '.join(arrays)}, not those of this model, or of other sizes")
    shapes, rest = eqx.partition(like, _has_shape)
    filled = [jnp.array(arrays[name], copy=True) for name in expected]  # training writes over them
    return Checkpoint(int(done), eqx.combine(jax.tree.unflatten(jax.tree.structure(shapes), filled), rest), losses)


_KEY = "run "


def _has_shape(leaf: object) -> bool:
    return isinstance(leaf, jax.ShapeDtypeStruct | jax.Array)


def _named(state: State, wanted: Callable[[object], bool]) -> dict[str, Any]:
    """The arrays of a state, each by its place in it."""
    leaves = jax.tree_util.tree_flatten_with_path(eqx.filter(state, wanted))[0]
    return {jax.tree_util.keystr(place): leaf for place, leaf in leaves}


def _checksum(arrays: Mapping[str, np.ndarray]) -> str:
    total = 0
    for name in sorted(arrays):
        total = zlib.crc32(np.ascontiguousarray(arrays[name]).reshape(-1).view(np.uint8).data, total)
    return f"{total:08x}"


def fingerprint(model: Any, corpus: Corpus, *, seed: int, **more: object) -> dict[str, str]:
    """All that the numbers of a run hang on, as texts: the model's settings, the corpus, the seed, ``more``, versions.

    Arrays, spaces and sets of words count by their content, functions by their name.
    """
    kind = jax.devices()[0]
    return {
        "model": type(model).__name__,
        **{field.name: _text(getattr(model, field.name)) for field in fields(model)},
        "corpus": digest(corpus),
        "seed": str(seed),
        **{name: _text(value) for name, value in more.items()},
        "device": f"{kind.platform} {kind.device_kind}",
        "version": version("align-words"),
        "jax": version("jax"),
    }


def _text(value: Any) -> str:
    """``value`` as a text that is the same in every process."""
    if is_dataclass(value) and not isinstance(value, Space | type):
        inside = (f"{field.name}={_text(getattr(value, field.name))}" for field in fields(value))
        return f"{type(value).__name__}({', '.join(inside)})"
    if isinstance(value, Space):
        return f"{_text(PackedWords.pack(value.vocab.words).block)} {_text(np.asarray(value.vectors))}"
    if isinstance(value, frozenset):
        return _text(PackedWords.pack(sorted(value)).block)
    if isinstance(value, np.ndarray):
        return f"{value.dtype}{value.shape} {hashlib.sha256(np.ascontiguousarray(value).data).hexdigest()[:16]}"
    return str(getattr(value, "__qualname__", None) or repr(value))


def digest(corpus: Corpus) -> str:
    """A short digest of a corpus: its words and their counts, and the text's numbers.

    But: of a text longer than 16 M numbers, 64 stretches of 256 K stand for it; the counts are of all of it.
    """
    words, ids = corpus.vocab.words, corpus.ids
    packed = words if isinstance(words, PackedWords) else PackedWords.pack(words)
    found = hashlib.sha256(f"{len(words)} {len(ids)} ".encode())
    found.update(np.ascontiguousarray(packed.block).data)
    found.update(np.asarray(corpus.vocab.counts, np.int64).data)
    if len(ids) <= _SAMPLES * _SAMPLE:
        starts, length = [0], len(ids)
    else:
        starts, length = np.linspace(0, len(ids) - _SAMPLE, _SAMPLES, dtype=np.int64).tolist(), _SAMPLE
    for start in starts:
        found.update(np.ascontiguousarray(ids[start : start + length]).data)
    return found.hexdigest()[:16]
