"""Training in several processes, on one machine or several: JAX then sees the devices of all of them.

Every process runs the same program on the same corpus, with its part of each segment on its own devices, and has the
same state after every segment. Process 0 alone writes files.
"""

import zlib
from collections.abc import Mapping
from typing import Any

import jax
import numpy as np
from jax.experimental import multihost_utils
from jax.sharding import NamedSharding

_LOST = ("gloo all", "nccl operation", "nccl error", "connection closed by peer", "connection reset by peer")
"""Parts of the messages of JAX's errors when another process has ended."""
_SLOTS = 64
"""The largest number of settings that are compared."""


class LostProcessError(ConnectionError):
    """Another process of the group has ended, or cannot be reached."""

    MESSAGE = "another process has ended or cannot be reached"


def several() -> bool:
    """Returns whether this process is one of several that train together."""
    return jax.process_count() > 1


def writes_files() -> bool:
    """Returns whether this process writes the checkpoint and the result: process 0 does."""
    return jax.process_index() == 0


def lost_process(error: Exception) -> bool:
    """Returns whether JAX raised ``error`` because another process has ended; False if there is only one process.

    Example:
        >>> lost_process(ValueError("a wrong value"))
        False
    """
    return (
        several() and isinstance(error, ValueError | RuntimeError) and any(part in str(error).lower() for part in _LOST)
    )


def check_same(settings: Mapping[str, str]) -> None:
    """Checks that all processes have the same settings; their ``device`` may be of different kinds.

    Raises:
        ValueError: some settings differ; names them.

    Example:
        >>> check_same({"dim": "100"})
    """
    if not several():
        return
    names = sorted(settings.keys() - {"device"})[:_SLOTS]
    own = np.zeros(_SLOTS, np.int32)
    own[: len(names)] = [zlib.crc32(f"{name}={settings[name]}".encode()) >> 1 for name in names]
    every = np.asarray(multihost_utils.process_allgather(own))
    unlike = (every != every[0]).any(axis=0)
    if unlike.any():
        differ = ", ".join(name for name, there in zip(names, unlike, strict=False) if there)
        raise ValueError(f"the processes do not run the same training; they differ in: {differ}")


def largest(values: tuple[int, ...]) -> tuple[int, ...]:
    """Returns the largest value at each position over all processes. All processes then take the same decision.

    Example:
        >>> largest((0, 15))  # of a single process
        (0, 15)
    """
    if not several():
        return values
    every = multihost_utils.process_allgather(np.array(values, np.int32))
    return tuple(int(value) for value in np.asarray(every).max(axis=0))


def on_devices(data: Any, sharding: NamedSharding) -> Any:
    """Returns the arrays of ``data``, which all processes have, with each device's part of them on the device."""

    def placed(array: Any) -> Any:
        whole = np.asarray(array)
        return jax.make_array_from_callback(whole.shape, sharding, lambda part: whole[part])

    return jax.tree.map(placed, data)


def on_host(array: Any) -> np.ndarray:
    """Returns a whole array in the memory of the host, also if its parts are on devices of several processes.

    All processes must call it together.
    """
    if isinstance(array, jax.Array) and not (array.is_fully_addressable or array.is_fully_replicated):
        return np.asarray(multihost_utils.process_allgather(array, tiled=True))
    return np.asarray(array)
