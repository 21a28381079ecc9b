"""Labelled texts made of lists of texts and labels, and the weights of labels."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal

import numpy as np
from jaxtyping import Shaped

from align.text.labelled import LabelledText, check_labels, checked_weight

ClassWeight = Mapping[Any, float] | Literal["balanced"] | None


def checked(texts: Iterable[Any]) -> list[str]:
    """Returns texts as a list.

    Raises:
        TypeError: ``texts`` is a single string, or one of them is not a string, such as a missing value.
    """
    if isinstance(texts, str | bytes):
        raise TypeError("a single text; a list of texts was expected")
    given = list(texts)
    for number, text in enumerate(given):
        if not isinstance(text, str):
            raise TypeError(f"text {number}: {text!r} is not a string")
    return given


def _missing(label: Any) -> bool:
    return label is None or (isinstance(label, float) and bool(np.isnan(label)))


def several(label: Any) -> list[Any]:
    """Returns the labels of a text as a list, whether ``label`` is one label or several.

    Raises:
        ValueError: ``label`` is an array of several values, as in a matrix of indicators.
    """
    if isinstance(label, np.ndarray) and label.ndim:
        raise ValueError(f"a label or a list of labels was expected for each text; an array of {len(label)} was given")
    return list(label) if isinstance(label, list | tuple | set | frozenset) else [label]


def labelled_texts(
    texts: Iterable[str], labels: Iterable[Any], sample_weight: Sequence[float] | None
) -> tuple[list[LabelledText], Shaped[np.ndarray, " l"]]:
    """Returns labelled texts, and the distinct labels, sorted, with the type that they have after saving and loading.

    Raises:
        TypeError: a text is not a string.
        ValueError: the numbers of texts, labels and weights differ, a text has no label, an empty label or no word,
            a label has a type that a file does not keep, labels are of several types, or a weight is not from 0 to
            1e18.
    """
    given, named = checked(texts), list(labels)
    weights = [1.0] * len(given) if sample_weight is None else [float(weight) for weight in sample_weight]
    if not len(given) == len(named) == len(weights):
        raise ValueError(
            f"{len(given)} texts, {len(named)} labels and {len(weights)} weights: the numbers must be equal"
        )
    lists = [[one for one in several(label) if not _missing(one)] for label in named]
    read = [
        LabelledText(text, tuple(map(str, own)), weight, f"text {number}")
        for number, (text, own, weight) in enumerate(zip(given, lists, weights, strict=True))
    ]
    for text in read:
        if not text.labels or not text.text.strip():
            raise ValueError(f"{text.place}: {'no label' if text.text.strip() else 'an empty text'}")
        if not all(map(str.strip, text.labels)):
            raise ValueError(f"{text.place}: an empty label among {list(text.labels)}")
        checked_weight(text.weight, text.place)
    values = {(type(label), str(label)): label for own in lists for label in own}
    kinds, names = {_kind(label) for label in values.values()}, sorted({name for _, name in values})
    if len(kinds) > 1:
        raise ValueError(f"the labels {', '.join(names[:5])} are of several types; one type was expected")
    kept = labels_of_kind(names, kinds.pop()) if kinds else np.array([])
    if sorted(map(str, kept)) != names:
        raise ValueError(f"the labels {', '.join(map(repr, names[:5]))} are not distinct after saving and loading")
    return read, kept


def _kind(label: Any) -> str:
    """Returns the character of the numpy type that a label has in a file; raises ValueError if there is none."""
    if isinstance(label, str):
        return "U"
    if isinstance(label, bool | np.bool_):
        return "b"
    if isinstance(label, int | np.integer) and -(1 << 63) <= label < 1 << 63:
        return "i"
    if isinstance(label, float):
        return "f"
    expected = "a string, a bool, an integer of 64 bits or a float of 64 bits was expected"
    raise ValueError(f"the label {label!r} has the type {type(label).__name__}; {expected}")


def labels_of_kind(labels: Sequence[str], kind: str) -> Shaped[np.ndarray, " l"]:
    """Returns the labels of a file, sorted, with the type that they had in training.

    Raises:
        ValueError: a label is not of this type.

    >>> labels_of_kind(["10", "9"], "i").tolist()
    [9, 10]
    """
    convert: Callable[[str], Any] = {"b": "True".__eq__, "i": int, "u": int, "f": float}.get(kind, str)
    return np.unique(np.array([convert(label) for label in labels]))


def weighted(texts: list[LabelledText], weight: ClassWeight, name: str) -> list[LabelledText]:
    """Returns the texts, each with its weight multiplied by the mean weight of its labels.

    Raises:
        ValueError: a weight belongs to no label or is not from 0 to 1e18, or all weights are 0.
    """
    found = texts if weight is None else _weighted_by_label(texts, weight, name)
    if found and not any(np.float32(text.weight) for text in found):
        raise ValueError(f"{name}: all weights are 0; a weight above 0 was expected")
    return found


def _weighted_by_label(
    texts: list[LabelledText], weight: Mapping[Any, float] | Literal["balanced"], name: str
) -> list[LabelledText]:
    """Returns the texts, each with its weight multiplied by the mean weight of its labels."""
    counts = {label: sum(label in text.labels for text in texts) for label in check_labels(texts, name)}
    if weight == "balanced":
        by_label = {label: len(texts) / (len(counts) * count) for label, count in counts.items()}
    else:
        unknown = [label for label in weight if str(label) not in counts]
        if unknown:
            raise ValueError(f"class_weight: {unknown[0]!r} is not a label; {', '.join(counts)} were expected")
        given = {str(label): value for label, value in weight.items()}
        if len(given) < len(weight):
            raise ValueError("class_weight: a label occurs twice, as a number and as text")
        by_label = {label: checked_weight(given.get(label, 1.0), f"class_weight {label!r}") for label in counts}
    means = [sum(by_label[label] for label in text.labels) / len(text.labels) for text in texts]
    return [
        text._replace(weight=checked_weight(text.weight * mean, text.place))
        for text, mean in zip(texts, means, strict=True)
    ]
