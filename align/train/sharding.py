"""Tables divided by rows among devices: each device keeps, and updates, one block of consecutive rows.

A step gathers only the rows of its batches. Every device learns which rows the others need and looks up those that it
has; the sum over devices, of which all terms but one are 0, goes to the device that needs the row. No device ever holds
a whole table.
But: in this look-up, each device holds the rows of the batches of all devices.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from align.train.update import RowGradients


class DeviceAxis(NamedTuple):
    """The axis of devices inside ``shard_map``.

    ``sharded``: whether the tables and the state of their rules are divided among the devices by rows. If not, each
    device has a copy.
    """

    name: str
    sharded: bool


def padded_rows(table: Any, multiple: int) -> Any:
    """Returns ``table`` with rows of 0 at its end, so that the number of rows is a multiple of ``multiple``.

    A table in the memory of the host stays there.
    """
    pad = np.pad if isinstance(table, np.ndarray) else jnp.pad
    return pad(table, ((0, -len(table) % multiple), (0, 0))) if len(table) % multiple else table


def from_all(leaf: Array, *, axis: DeviceAxis) -> Array:
    """Returns the arrays of all devices one after the other. Empty arrays, which XLA cannot gather, are unchanged."""
    return jax.lax.all_gather(leaf, axis.name, tiled=True) if leaf.size else leaf


def gather_rows(table: Float[Array, "rows d"], ids: Int[Array, "*n"], axis: DeviceAxis) -> Float[Array, "*n d"]:
    """Returns the rows ``ids`` of the divided table, of which ``table`` is this device's block."""
    if not ids.size:
        return jnp.zeros((*ids.shape, table.shape[1]), table.dtype)
    wanted = jax.lax.all_gather(ids.reshape(-1), axis.name)
    local = wanted - jax.lax.axis_index(axis.name) * len(table)
    here = (local >= 0) & (local < len(table))
    found = jnp.where(here[..., None], table[jnp.where(here, local, 0)], 0)
    mine = jax.lax.psum_scatter(found, axis.name)
    return mine.reshape(*ids.shape, table.shape[1])


def own_rows(parts: tuple[RowGradients, ...], rows: int, axis: DeviceAxis) -> tuple[RowGradients, ...]:
    """Returns gradients with row numbers of this device's block of ``rows`` rows.

    Rows of other devices get the number ``rows``, which is outside the block: JAX leaves out such an update.
    """
    start = jax.lax.axis_index(axis.name) * rows

    def local(part: RowGradients) -> RowGradients:
        ids = part.ids - start
        return part._replace(ids=jnp.where((ids >= 0) & (ids < rows), ids, rows))

    return tuple(local(part) for part in parts)
