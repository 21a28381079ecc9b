"""The file of a classifier: its words, labels and tables in one memory-mapped file."""

import json
import os
from collections.abc import Mapping
from typing import Any

import numpy as np

from align.classify.model import LOSSES, LabelModel
from align.classify.tokens import TOKENISERS
from align.tensors import load_tensors, save_tensors
from align.text.text_features import TextFeatures

FORMAT = "align-classifier-1"


def write_model(model: LabelModel, path: str | os.PathLike[str], settings: Mapping[str, Any]) -> None:
    """Writes a model and the settings of its training to one file, whole or not at all."""
    features = model.features
    arrays = {
        "words": np.frombuffer(b"".join(b"%b\n" % word for word in features.words), np.uint8),
        "inputs": model.inputs,
        "outputs": model.outputs,
        "counts": np.asarray(model.counts, np.int64),
    }
    if features.numbers is not None:
        arrays["numbers"] = np.asarray(features.numbers, np.int32)
    described = {
        "labels": model.labels,
        "features": [features.word_ngrams, features.minn, features.maxn, features.buckets],
        "loss": model.loss,
        "tokeniser": model.tokeniser,
        "prefix": model.prefix,
        "temperature": model.temperature,
    }
    metadata = {"format": FORMAT, "model": json.dumps(described), "settings": json.dumps(dict(settings))}
    save_tensors(path, arrays, metadata)


def read_model(path: str | os.PathLike[str]) -> tuple[LabelModel, dict[str, Any]]:
    """Returns the model in a file, whose tables are views of the memory-mapped file, and its settings.

    Raises:
        ValueError: the file is not a classifier, or was cut short or changed; the message names it.
        OSError: the file cannot be read.
    """
    arrays, metadata = load_tensors(path)
    if metadata.get("format") != FORMAT:
        raise ValueError(f"{path}: not a classifier (a file made by `align classify train` was expected)")
    try:
        described, settings = json.loads(metadata["model"]), dict(json.loads(metadata["settings"]))
        words = tuple(arrays["words"].tobytes().split(b"\n")[:-1])
        word_ngrams, minn, maxn, buckets = map(int, described["features"])
        features = TextFeatures(words, word_ngrams, minn, maxn, buckets, _numbers(arrays))
        tables = [_finite(arrays[name]) for name in ("inputs", "outputs")]
        for name, known in (("loss", LOSSES), ("tokeniser", TOKENISERS)):
            if described[name] not in known:
                raise ValueError(f"its {name} is {described[name]!r}")
        model = LabelModel(
            tuple(map(str, described["labels"])),
            arrays["counts"],
            features,
            *tables,
            loss=described["loss"],
            tokeniser=described["tokeniser"],
            prefix=str(described["prefix"]),
            temperature=float(described["temperature"]),
        )
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise ValueError(f"{path}: a damaged classifier ({error})") from error
    return model, settings


def _numbers(arrays: Mapping[str, np.ndarray]) -> np.ndarray | None:
    numbers = arrays.get("numbers")
    if numbers is not None and (numbers.dtype != np.int32 or numbers.ndim != 1 or (numbers < 0).any()):
        raise ValueError("its bucket numbers are not whole numbers of 0 or more")
    return numbers


def _finite(table: np.ndarray) -> np.ndarray:
    if table.dtype != np.float32 or table.ndim != 2 or not np.isfinite(np.vdot(table, table)):
        raise ValueError(f"a table of {table.dtype} with {table.ndim} axes; finite float32 with 2 was expected")
    return table
