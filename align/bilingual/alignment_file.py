"""An alignment as named arrays and text, the form in which a translator's file holds it."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from align.bilingual.mapping import Alignment
    from align.bilingual.mapping import Mapping as VectorMap
    from align.bilingual.normalise import Normaliser


def alignment_arrays(alignment: "Alignment", norms: "tuple[Normaliser, Normaliser]") -> dict[str, np.ndarray]:
    """Returns the arrays of an alignment and its normalisers by name, for a translator's file."""
    arrays: dict[str, np.ndarray] = {}
    for i, view in enumerate(alignment.views):
        for side, mapping in (("source", view.source), ("target", view.target)):
            arrays |= {f"{i}.{side}.{name}": np.asarray(array) for name, array in vars(mapping).items()}
    for side, norm in zip(("source", "target"), norms, strict=True):
        arrays |= {f"{side}.mean.{i}": mean for i, mean in enumerate(norm.means)}
    return arrays


def views_text(alignment: "Alignment") -> str:
    """Returns, as JSON, a list for each view: the kinds of its source and target mappings, and its weight."""
    from align.bilingual.mapping import KINDS

    names = {cls: kind for kind, cls in KINDS.items()}
    return json.dumps([[names[type(v.source)], names[type(v.target)], v.weight] for v in alignment.views])


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
            View(mapping(source, f"{i}.source."), mapping(target, f"{i}.target."), float(weight))
            for i, (source, target, weight) in enumerate(json.loads(details["views"]))
        )
        steps = tuple(step for step in details["normalise"].split(",") if step)
        means = [[arrays[f"{side}.mean.{i}"] for i in range(steps.count("centre"))] for side in ("source", "target")]
    except (KeyError, ValueError, TypeError) as error:
        raise ValueError(f"the translator does not hold its mapping ({error!r})") from error
    return Alignment(views), Normaliser(steps, tuple(means[0])), Normaliser(steps, tuple(means[1]))
