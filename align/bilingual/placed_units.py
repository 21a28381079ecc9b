"""Sub-word units of a translator: unseen words are built from their parts and placed in the common space."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from align.text.units import HashedNgrams

if TYPE_CHECKING:
    from align.bilingual.mapping import Alignment
    from align.bilingual.mapping import Mapping as VectorMap
    from align.bilingual.normalise import Normaliser


def restored_alignment(
    arrays: Mapping[str, np.ndarray], details: Mapping[str, str]
) -> "tuple[Alignment, Normaliser, Normaliser]":
    """Returns the alignment and the two normalisers in a translator's weights and details.

    Raises:
        ValueError: they hold no mapping, or one of an unknown kind.
    """
    import jax.numpy as jnp  # late: a saved translator answers without JAX

    from align.bilingual.mapping import KINDS, Alignment, View
    from align.bilingual.normalise import Normaliser

    def mapping(kind: str, prefix: str) -> "VectorMap":
        parts = {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}
        return KINDS[kind](**{name: jnp.asarray(array) for name, array in parts.items()})

    try:
        views = tuple(
            View(mapping(one, f"{i}.source."), mapping(other, f"{i}.target."), float(weight))
            for i, (one, other, weight) in enumerate(json.loads(details["views"]))
        )
        steps = tuple(step for step in details["normalise"].split(",") if step)
        means = [[arrays[f"{side}.mean.{i}"] for i in range(steps.count("centre"))] for side in ("source", "target")]
    except (KeyError, ValueError, TypeError) as error:
        raise ValueError(f"the translator does not hold its mapping ({error!r})") from error
    return Alignment(views), Normaliser(steps, tuple(means[0])), Normaliser(steps, tuple(means[1]))


@dataclass(frozen=True, eq=False)
class PlacedUnits:
    """The units of one space of a translator, with vectors normalised and mapped like the vectors of its words.

    Args:
        units: the units of the space before mapping.
        arrays: the weights of the translator.
        details: its details.
        reverse: whether the space is the Chinese one.
    """

    units: HashedNgrams
    arrays: Mapping[str, np.ndarray]
    details: Mapping[str, str]
    reverse: bool

    @cached_property
    def _alignment(self) -> "tuple[Alignment, Normaliser, Normaliser]":
        return restored_alignment(self.arrays, self.details)

    def vector(self, word: str) -> Float[np.ndarray, " j"] | None:
        """Returns the point of an unseen ``word``, a unit vector, or None if no part of it has a vector."""
        point = self.points([word])[0]
        return point if point.any() else None

    def points(self, words: Sequence[str]) -> Float[np.ndarray, "n j"]:
        """Returns the points of words as if they were unseen: unit rows, or zeros where no part has a vector."""
        alignment, source, target = self._alignment
        nothing = np.zeros(self.units.table.shape[1], np.float32)
        built = [self.units.vector(word) for word in words]
        vectors = np.stack([nothing if one is None else np.asarray(one, np.float32) for one in built])
        normalised = (target if self.reverse else source)(vectors)
        normalised[[one is None for one in built]] = 0
        return alignment.place_target(normalised) if self.reverse else alignment.place_source(normalised)
