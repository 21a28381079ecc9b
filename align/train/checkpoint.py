"""Checkpoints: writes an unfinished run to a file every few minutes and on a signal, and resumes it."""

import hashlib
import os
import signal
import threading
import time
import zlib
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields, is_dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, NamedTuple

import equinox as eqx
import jax
import numpy as np
from jaxtyping import Array, Float, Key

from align.checks import SettingError
from align.space import Space
from align.tensors import load_tensors, save_tensors
from align.text.corpus import Corpus
from align.text.vocab import PackedWords
from align.train.config import TrainingConfig
from align.train.loop import Callback, run
from align.train.objective import Objective
from align.train.processes import largest, on_host, writes_files
from align.train.sources.source import Source
from align.train.step import State, init

FORMAT = "align checkpoint 2"
_OLD_FORMATS = ("align checkpoint 1",)
EVERY = 600.0
"""Seconds between two checkpoints."""
_SAMPLES, _SAMPLE = 64, 1 << 18
"""Of a large corpus, the number of samples that enter its digest, and the number of words of each."""


class Checkpoint(NamedTuple):
    """An unfinished run: the number of segments ``done``, the ``state`` after them, and the loss of each."""

    done: int
    state: State
    losses: Float[np.ndarray, " done"]


class StoppedError(Exception):
    """A signal stopped the run, and its checkpoint has been written."""

    def __init__(self, message: str, number: int) -> None:
        super().__init__(message)
        self.status = 128 + number
        """The exit status by the shells' convention: 130 after SIGINT, 143 after SIGTERM."""


@dataclass(frozen=True)
class CheckpointPolicy:
    """The file of a run's checkpoints, their interval, and the identity of the run.

    Raises:
        SettingError: ``every`` is below 0 or not a number.
    """

    path: Path
    fingerprint: Mapping[str, str]
    """Everything that the result of the run depends on (:func:`fingerprint`); checkpoints of other runs are refused."""
    every: float = EVERY
    """Seconds from one checkpoint to the next."""
    resume: bool = False
    """Whether to resume the run in ``path``."""

    def __post_init__(self) -> None:
        if not self.every >= 0:
            raise SettingError("checkpoint_every", self.every, "must be at least 0 seconds")


def run_with_checkpoints(
    objective: Objective,
    source: Source,
    config: TrainingConfig,
    *,
    key: Key[Array, ""],
    policy: CheckpointPolicy | None,
    callback: Callback = lambda *_: None,
    devices: int = 1,
    shard: bool = False,
) -> tuple[State, Float[np.ndarray, " segments"]]:
    """Runs ``loop.run`` and writes checkpoints.

    The result is the same with and without checkpoints, and after a resumption. A checkpoint is written after the first
    segment that ends ``every`` seconds after the last checkpoint. On SIGINT or SIGTERM, the run finishes the segment
    and writes its checkpoint; a second signal has its usual effect. The file is not removed at the end. Several
    processes stop together, even if only one gets the signal.

    Args:
        objective: the model.
        source: the data.
        config: the configuration of the run.
        key: key of all random numbers.
        policy: the policy; None only runs ``loop.run``.
        callback: as in ``loop.run``.
        devices: as in ``loop.run``.
        shard: as in ``loop.run``.

    Returns:
        The last state, and the loss of every segment, including segments before a resumption.

    Raises:
        StoppedError: a signal arrived.
        ValueError: the checkpoint to resume is damaged or of another run; or as in ``loop.run``.
        OSError: the checkpoint cannot be read or written.
    """
    if policy is None:
        return run(objective, source, config, key=key, callback=callback, devices=devices, shard=shard)
    losses: list[float] = []
    start = None
    if policy.resume:
        copies, multiple = max(devices, config.workers), devices if shard else 1
        like = eqx.filter_eval_shape(init, objective, config, key=key, copies=copies, multiple=multiple)
        before = load_checkpoint(policy.path, like, policy.fingerprint)
        losses, start = before.losses.tolist(), (before.done, before.state)
        if largest((before.done, -before.done)) != (before.done, -before.done):
            raise ValueError(f"{policy.path}: the processes have different checkpoints; they must share one file")
    last = time.monotonic()
    with _signals() as came:

        def keep(done: int, state: State, loss: float) -> bool | None:
            nonlocal last
            losses.append(loss)
            ends = callback(done, state, loss)
            number, due = largest((came[0] if came else 0, int(time.monotonic() - last >= policy.every)))
            if number or due:
                save_checkpoint(policy.path, Checkpoint(done, state, np.array(losses)), policy.fingerprint)
                last = time.monotonic()
            if number:
                name = signal.Signals(number).name
                raise StoppedError(f"stopped by {name} after segment {done} of {source.segments}", number)
            return ends

        state, _ = run(objective, source, config, key=key, callback=keep, start=start, devices=devices, shard=shard)
    return state, np.array(losses)


def check_checkpoint(path: str | os.PathLike[str], *, resume: bool, fingerprint: Mapping[str, str]) -> Path:
    """Returns the path of a checkpoint, which must not exist to begin a run; to ``resume`` one, it must be of that run.

    Raises:
        FileNotFoundError: there is no checkpoint to resume.
        FileExistsError: there is a checkpoint, and the caller does not resume it.
        ValueError: the checkpoint to resume is of another run or version.
    """
    path = Path(path)
    if resume and not path.exists():
        raise FileNotFoundError(f"{path}: no checkpoint to resume; leave out --resume to begin anew")
    if path.exists() and not resume:
        raise FileExistsError(
            f"{path}: holds an unfinished run; add --resume to continue it, or remove it to begin anew"
        )
    if resume:
        _read(path, fingerprint)
    return path


@contextmanager
def _signals() -> Generator[list[int]]:
    """Yields a list that receives the number of the first SIGINT or SIGTERM; a second one has its usual effect.

    Ignored signals stay ignored. Only the main thread can handle signals; in other threads the list stays empty.
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
    """Writes ``checkpoint`` to ``path``, whole or not at all. Of several processes, process 0 writes.

    The file has the arrays of the state, named by their path in it, such as ``.parameters.tables['word']``, and
    ``losses``. Its metadata are ``format``, ``done``, ``crc32`` (of all arrays), and the ``fingerprint``.

    Raises:
        ValueError: the file format has no code for the type of an array.
        OSError: the file cannot be written.
    """
    arrays = {name: on_host(array) for name, array in _named(checkpoint.state, eqx.is_array).items()}
    if not writes_files():
        return
    arrays["losses"] = np.asarray(checkpoint.losses, np.float64)
    said = {"format": FORMAT, "done": str(checkpoint.done), "crc32": _checksum(arrays)}
    save_tensors(path, arrays, said | {_KEY + name: text for name, text in fingerprint.items()})


def load_checkpoint(path: str | os.PathLike[str], like: State, fingerprint: Mapping[str, str]) -> Checkpoint:
    """Returns the checkpoint in ``path``, with a state of the structure of ``like``, which holds arrays or shapes.

    The arrays of the state are in the memory of the host; ``loop.run`` places them.

    Raises:
        ValueError: the file is not a checkpoint, is damaged, or is of another run or version; names the file and the
            difference.
        OSError: the file cannot be read.
    """
    arrays, said = _read(path, fingerprint)
    if said.get("crc32") != _checksum(arrays):
        raise ValueError(f"{path}: damaged: its arrays do not match its checksum")
    losses, done = arrays.pop("losses", np.zeros(0)), said.get("done", "")
    if not done.isdigit() or losses.shape != (int(done),):
        raise ValueError(f"{path}: {losses.size} losses of {done or 'no'} segments; equal numbers were expected")
    expected = {name: (leaf.shape, leaf.dtype) for name, leaf in _named(like, _has_shape).items()}
    if {name: (array.shape, array.dtype) for name, array in arrays.items()} != expected:
        raise ValueError(
            f"{path}: its arrays are {', '.join(arrays)}, not those of this model, or of other sizes; "
            "a checkpoint of another version cannot be resumed"
        )
    shapes, rest = eqx.partition(like, _has_shape)
    filled = [np.array(arrays[name]) for name in expected]
    return Checkpoint(int(done), eqx.combine(jax.tree.unflatten(jax.tree.structure(shapes), filled), rest), losses)


def _read(path: str | os.PathLike[str], fingerprint: Mapping[str, str]) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """Returns the memory-mapped arrays of a checkpoint of the run ``fingerprint``, and its metadata."""
    arrays, said = load_tensors(path)
    if said.get("format") in _OLD_FORMATS:
        raise ValueError(f"{path}: a checkpoint of an older version, which cannot be resumed; remove it to begin anew")
    if said.get("format") != FORMAT:
        raise ValueError(f"{path}: not a checkpoint (its format is {said.get('format')!r}; {FORMAT!r} was expected)")
    there = {name.removeprefix(_KEY): text for name, text in said.items() if name.startswith(_KEY)}
    names = [name for name in {**fingerprint, **there} if fingerprint.get(name) != there.get(name)]
    if names:
        unlike = (f"{name} is {there.get(name, 'none')} there, {fingerprint.get(name, 'none')} here" for name in names)
        raise ValueError(f"{path}: a checkpoint of another run: {'; '.join(unlike)}")
    return arrays, said


_KEY = "run "
"""The beginning of the names of the fingerprint's entries in the metadata."""


def _has_shape(leaf: object) -> bool:
    """Returns whether a leaf of a state is an array or the shape of one."""
    return isinstance(leaf, jax.ShapeDtypeStruct | jax.Array)


def _named(state: State, wanted: Callable[[object], bool]) -> dict[str, Any]:
    """Returns the arrays of a state, named by their path in it."""
    leaves = jax.tree_util.tree_flatten_with_path(eqx.filter(state, wanted))[0]
    return {jax.tree_util.keystr(place): leaf for place, leaf in leaves}


def _checksum(arrays: Mapping[str, np.ndarray]) -> str:
    """Returns the CRC-32 of all arrays, in the order of their names."""
    total = 0
    for name in sorted(arrays):
        total = zlib.crc32(np.ascontiguousarray(arrays[name]).reshape(-1).view(np.uint8).data, total)
    return f"{total:08x}"


def fingerprint(model: Any, corpus: Corpus, *, seed: int, **more: object) -> dict[str, str]:
    """Returns everything that the result of a run depends on: settings, corpus, seed, ``more``, device and versions.

    Arrays, spaces and sets of words are represented by a digest of their content, functions by their name.
    """
    kind = jax.devices()[0]
    return {
        "kind": type(model).__name__,
        **{field.name: _text(getattr(model, field.name)) for field in fields(model)},
        "corpus": digest(corpus),
        "seed": str(seed),
        **{name: _text(value) for name, value in more.items()},
        "device": f"{kind.platform} {kind.device_kind}",
        "version": _own_version(),
        "jax": version("jax"),
    }


def _own_version() -> str:
    """Returns the version of this package, or "source" if it runs without being installed."""
    try:
        return version("align-words")
    except PackageNotFoundError:
        return "source"


def _text(value: Any) -> str:
    """Returns a text for ``value`` that is the same in every process."""
    if is_dataclass(value) and not isinstance(value, Space | type):
        inside = (f"{field.name}={_text(getattr(value, field.name))}" for field in fields(value))
        return f"{type(value).__name__}({', '.join(inside)})"
    if isinstance(value, Space):
        units = "" if value.units is None else f" {_text(value.units)}"
        return f"{_text(PackedWords.pack(value.vocab.words).block)} {_text(np.asarray(value.vectors))}{units}"
    if isinstance(value, frozenset):
        return _text(PackedWords.pack(sorted(value)).block)
    if isinstance(value, np.ndarray):
        return f"{value.dtype}{value.shape} {hashlib.sha256(np.ascontiguousarray(value).data).hexdigest()[:16]}"
    return str(getattr(value, "__qualname__", None) or repr(value))


def digest(corpus: Corpus) -> str:
    """Returns a short digest of a corpus: its words, their counts, and its text.

    But: of a text of more than 16 million words, only 64 samples of 256 thousand words enter the digest.
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
