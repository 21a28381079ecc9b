"""Sub-word units of a translator: unseen words are built from their parts and placed in the common space."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from align.bilingual.alignment_file import restored_alignment
from align.text.units import HashedNgrams

if TYPE_CHECKING:
    from align.bilingual.mapping import Alignment
    from align.bilingual.normalise import Normaliser


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
        """Returns the points of words as if they were unseen: unit rows, or zeros if no part of a word has a vector."""
        alignment, source, target = self._alignment
        nothing = np.zeros(self.units.table.shape[1], np.float32)
        built = [self.units.vector(word) for word in words]
        vectors = np.stack([nothing if vector is None else np.asarray(vector, np.float32) for vector in built])
        normalised = (target if self.reverse else source)(vectors)
        normalised[[vector is None for vector in built]] = 0
        return alignment.place_target(normalised) if self.reverse else alignment.place_source(normalised)
