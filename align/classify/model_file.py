"""The file of a classifier: its words, labels and tables in one memory-mapped file."""

import json
import os
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from align.classify.codes import QuantisedTable
from align.classify.model import LOSSES, LabelModel, Squares
from align.classify.tokens import TOKENISERS
from align.tensors import load_tensors, save_tensors
from align.text.text_features import TextFeatures

FORMAT = "align-classifier-3"
_FORMAT_1 = "align-classifier-1"
"""The first format, whose sums of squared gradients have another scale: they are left out."""
_FORMATS = (FORMAT, "align-classifier-2", _FORMAT_1)
_MAX_WORDS = 1 << 32
"""Largest number of bytes of all words."""
_HEADER = 128
"""Bytes in the header for each array; the header has at most so many."""


def write_model(model: LabelModel, path: str | os.PathLike[str], settings: Mapping[str, Any]) -> None:
    """Writes a model and the settings of its training to one file, whole or not at all."""
    save_tensors(path, _arrays(model), _metadata(model, settings))


def bytes_of(model: LabelModel) -> int:
    """Returns the size of a model's file in bytes, or a little more, without the settings of its training."""
    arrays = _arrays(model)
    header = len(json.dumps(_metadata(model, {}))) + _HEADER * (len(arrays) + 1)
    return sum(array.nbytes for array in arrays.values()) + header


def _arrays(model: LabelModel) -> dict[str, np.ndarray]:
    """Returns the arrays of a model's file. The words of a quantised model are compressed."""
    features = model.features
    words = b"".join(b"%b\n" % word for word in features.words)
    packed = {"words": words} if model.codes is None else {"deflated_words": zlib.compress(words, 9)}
    return {
        **{name: np.frombuffer(raw, np.uint8) for name, raw in packed.items()},
        "outputs": model.outputs,
        "counts": np.asarray(model.counts, np.int64),
        **_inputs(model),
        **_squares(model),
        **({} if features.numbers is None else _packed(features.numbers)),
    }


def _metadata(model: LabelModel, settings: Mapping[str, Any]) -> dict[str, str]:
    """Returns the header of a model's file."""
    features = model.features
    described = {
        "labels": model.labels,
        "features": [features.word_ngrams, features.minn, features.maxn, features.buckets, features.pruned],
        "loss": model.loss,
        "tokeniser": model.tokeniser,
        "prefix": model.prefix,
        "temperature": model.temperature,
    }
    return {"format": FORMAT, "model": json.dumps(described), "settings": json.dumps(dict(settings))}


def _inputs(model: LabelModel) -> dict[str, np.ndarray]:
    """Returns the vectors of the features, or their codes if they are quantised."""
    if model.codes is None:
        return {"inputs": model.inputs}
    return {f"codes.{name}": array for name, array in model.codes._asdict().items()}


def _squares(model: LabelModel) -> dict[str, np.ndarray]:
    """Returns AdaGrad's sums of squared gradients, if there are any."""
    return {} if model.squares is None else {f"squares.{name}": sums for name, sums in model.squares._asdict().items()}


def _packed(numbers: np.ndarray) -> dict[str, np.ndarray]:
    """Returns bucket numbers as int32, or as uint16 differences if these are from 0 to 65,535."""
    steps = np.diff(np.asarray(numbers, np.int64), prepend=0)
    if len(steps) and steps.min() >= 0 and steps.max() < 1 << 16:
        return {"number_steps": steps.astype(np.uint16)}
    return {"numbers": np.asarray(numbers, np.int32)}


def read_model(path: str | os.PathLike[str]) -> tuple[LabelModel, dict[str, Any]]:
    """Returns the model in a file and its settings. The tables are views of the memory-mapped file.

    Raises:
        ValueError: the file is not a classifier, or was cut short or changed; the message names it.
        OSError: the file cannot be read.
    """
    arrays, metadata = load_tensors(path)
    if metadata.get("format") not in _FORMATS:
        raise ValueError(f"{path}: not a classifier (a file made by `align classify train` was expected)")
    try:
        described, settings = json.loads(metadata["model"]), dict(json.loads(metadata["settings"]))
        words = _words(arrays)
        word_ngrams, minn, maxn, buckets, pruned = map(int, described["features"])
        features = TextFeatures(words, word_ngrams, minn, maxn, buckets, _numbers(arrays), bool(pruned))
        outputs = _finite(arrays["outputs"])
        codes = _codes(arrays)
        inputs = _finite(arrays["inputs"] if codes is None else codes.table(outputs.shape[1]))
        for name, known in (("loss", LOSSES), ("tokeniser", TOKENISERS)):
            if described[name] not in known:
                raise ValueError(f"its {name} is {described[name]!r}")
        model = LabelModel(
            tuple(map(str, described["labels"])),
            arrays["counts"],
            features,
            inputs,
            outputs,
            loss=described["loss"],
            tokeniser=described["tokeniser"],
            prefix=str(described["prefix"]),
            temperature=float(described["temperature"]),
            codes=codes,
            squares=None if metadata["format"] == _FORMAT_1 else _read_squares(arrays),
        )
    except (KeyError, ValueError, TypeError, AttributeError, zlib.error) as error:
        raise ValueError(f"{path}: a damaged classifier ({error})") from error
    return model, settings


def _words(arrays: Mapping[str, np.ndarray]) -> tuple[bytes, ...]:
    if "deflated_words" not in arrays:
        return tuple(arrays["words"].tobytes().split(b"\n")[:-1])
    stream = zlib.decompressobj()
    raw = stream.decompress(arrays["deflated_words"].tobytes(), _MAX_WORDS)
    if not stream.eof or stream.unused_data:
        raise ValueError("its compressed words do not end where they should")
    return tuple(raw.split(b"\n")[:-1])


def _codes(arrays: Mapping[str, np.ndarray]) -> QuantisedTable | None:
    if "codes.codes" not in arrays:
        return None
    found = QuantisedTable(*(arrays[f"codes.{name}"] for name in QuantisedTable._fields))
    small = [found.codes, found.length]
    if any(one.dtype != np.uint8 for one in small) or found.length.max(initial=0) >= len(found.lengths):
        raise ValueError("its codes do not fit their centroids")
    return found


def _read_squares(arrays: Mapping[str, np.ndarray]) -> Squares | None:
    if "squares.features" not in arrays:
        return None
    found = Squares(*(arrays[f"squares.{name}"] for name in Squares._fields))
    if any(one.dtype != np.float32 or one.ndim != 1 or not (one >= 0).all() for one in found):
        raise ValueError("its sums of squares are not numbers of 0 or more")
    return found


def _numbers(arrays: Mapping[str, np.ndarray]) -> np.ndarray | None:
    numbers = arrays.get("numbers")
    if "number_steps" in arrays:
        numbers = np.cumsum(arrays["number_steps"], dtype=np.int64).astype(np.int32)
    if numbers is not None and (numbers.dtype != np.int32 or numbers.ndim != 1 or (numbers < 0).any()):
        raise ValueError("its bucket numbers are not whole numbers of 0 or more")
    return numbers


def _finite(table: np.ndarray) -> np.ndarray:
    if table.dtype != np.float32 or table.ndim != 2 or not np.isfinite(np.vdot(table, table)):
        raise ValueError(f"a table of {table.dtype} with {table.ndim} axes; finite float32 with 2 was expected")
    return table
