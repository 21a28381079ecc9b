"""The file of a translator: two vocabularies, their points and means, and the arrays of the mapping."""

import json
import os
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float

from align.bilingual.placed_units import PlacedUnits
from align.space import Space
from align.tensors import check_names, load_tensors, save_tensors
from align.text.units import HashedNgrams
from align.text.vocab import PackedWords, Vocab

_FORMATS = ("align-translator-1", "align-translator-2")
"""The format of a file with the means of CSLS, and the format of a file without them."""
_ARRAYS = ("words", "vectors", "means", "ngrams", "bucket_vectors", "bucket_numbers")


class TranslatorParts(NamedTuple):
    """The content of a translator's file, with the same fields as ``Translator``."""

    source: Space
    target: Space
    source_means: Float[np.ndarray, " v"] | None
    target_means: Float[np.ndarray, " w"] | None
    details: Mapping[str, str]
    weights: Mapping[str, np.ndarray]


def write_parts(path: str | os.PathLike[str], parts: TranslatorParts) -> None:
    """Writes the parts to one file, which appears whole or not at all."""
    arrays: dict[str, np.ndarray] = {
        "source.vectors": parts.source.vectors,
        "target.vectors": parts.target.vectors,
    }
    means = {"source.means": parts.source_means, "target.means": parts.target_means}
    arrays |= {name: array for name, array in means.items() if array is not None}
    ngrams: dict[str, list[int]] = {}
    for side, space in (("source", parts.source), ("target", parts.target)):
        arrays[f"{side}.words"] = PackedWords.pack(space.vocab.words).block
        if isinstance(space.units, PlacedUnits):
            units = space.units.units
            arrays |= {f"{side}.{name}": array for name, array in units.arrays().items()}
            ngrams[side] = [int(size) for size in units.sizes().values()]
    arrays |= {f"mapping.{name}": array for name, array in parts.weights.items()}
    names = {"source": parts.source.name, "target": parts.target.name}
    metadata = {
        "format": _FORMATS["source.means" not in arrays],
        "spaces": json.dumps(names),
        "details": json.dumps(dict(parts.details)),
    }
    metadata |= {"ngrams": json.dumps(ngrams)} if ngrams else {}
    save_tensors(path, arrays, metadata)


def read_parts(path: str | os.PathLike[str]) -> TranslatorParts:
    """Returns the parts in a file; the arrays are views of the memory-mapped file.

    Raises:
      ValueError: the file is not a translator, or was cut short or changed; the message names it.
      OSError: the file cannot be read.
    """
    arrays, metadata = load_tensors(path)
    if metadata.get("format") not in _FORMATS:
        raise ValueError(f"{path}: not a translator (a file made by `align map` was expected)")
    try:
        names, details = json.loads(metadata["spaces"]), json.loads(metadata["details"])
        ngrams = dict(json.loads(metadata.get("ngrams", "{}")))
        details = {str(k): str(v) for k, v in details.items()}
        weights = {name[8:]: _finite(array) for name, array in arrays.items() if name.startswith("mapping.")}
        others = {name: array for name, array in arrays.items() if not name.startswith("mapping.")}
        check_names(others, *(f"{side}.{name}" for side in ("source", "target") for name in _ARRAYS))
        means = (None, None)
        if metadata["format"] == _FORMATS[0] or "source.means" in arrays or "target.means" in arrays:
            means = _typed(arrays["source.means"], 1), _typed(arrays["target.means"], 1)

        def placed(side: str) -> Space:
            space, lengths = _space(arrays, side, names[side]), ngrams.get(side)
            if lengths is None:
                return space
            return replace(space, units=PlacedUnits(_ngrams(arrays, side, lengths), weights, details, side == "target"))

        return TranslatorParts(placed("source"), placed("target"), *means, details, weights)
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise ValueError(f"{path}: a damaged translator ({error})") from error


def _typed(array: np.ndarray, axes: int) -> np.ndarray:
    """Returns ``array`` after checking that it is float32, has ``axes`` axes, and is finite."""
    if array.dtype != np.float32 or array.ndim != axes:
        raise ValueError(f"an array of {array.dtype} with {array.ndim} axes; float32 with {axes} was expected")
    return _finite(array)


def _finite(array: np.ndarray) -> np.ndarray:
    """Returns ``array`` after checking that its numbers are finite.

    A float32 array is checked by its sum of squares, in one pass without a copy; huge numbers overflow. The sum of
    squares of a sound float16 array may be above 65,504, the largest float16, so its numbers are checked one by one.
    """
    if array.dtype == np.float16:
        sound = bool(np.isfinite(array).all())
    else:
        sound = array.dtype.kind != "f" or bool(np.isfinite(np.vdot(array, array)))
    if not sound:
        raise ValueError("an array holds a number that is not finite or far too large")
    return array


def _ngrams(arrays: Mapping[str, np.ndarray], side: str, lengths: Any) -> HashedNgrams:
    """Returns the n-grams of one side; ``lengths`` are minn, maxn and the number of buckets."""
    own = {name.removeprefix(f"{side}."): array for name, array in arrays.items() if name.startswith(f"{side}.")}
    units = HashedNgrams.read(own, dict(zip(("minn", "maxn", "buckets"), map(str, lengths), strict=True)), None)
    if units is None:
        raise ValueError(f"no table of {side} n-grams")
    _typed(units.table, 2)
    return units


def _space(arrays: Mapping[str, np.ndarray], side: str, name: Any) -> Space:
    """Returns the space of one side, without its n-grams."""
    vectors = _typed(arrays[f"{side}.vectors"], 2)
    return Space(Vocab(PackedWords.read(arrays[f"{side}.words"], len(vectors))), vectors, name=str(name))
