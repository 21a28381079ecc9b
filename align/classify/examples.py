"""Labelled texts made of lists of texts and labels, and the weights of labels."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal

import numpy as np
from jaxtyping import Shaped

from align.text.labelled import LabelledText, check_labels, checked_weight

ClassWeight = Mapping[str, float] | Literal["balanced"] | None


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
) -> tuple[list[LabelledText], list[Any]]:
    """Returns labelled texts, and the distinct labels as they were given.

    Raises:
        TypeError: a text is not a string.
        ValueError: the numbers of texts, labels and weights differ, a text has no label, an empty label or no word,
            labels of several types cannot be distinguished, or a weight is below 0 or not finite.
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
    values = {str(label): label for own in lists for label in own}
    if set(values) != set(map(str, np.unique(np.array(list(values.values()))))):
        raise ValueError(f"the labels {', '.join(sorted(values)[:5])} are of several types; one type was expected")
    return read, list(values.values())


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
        ValueError: a weight belongs to no label, or is below 0 or infinite.
    """
    if weight is None:
        return texts
    counts = {label: sum(label in text.labels for text in texts) for label in check_labels(texts, name)}
    if weight == "balanced":
        by_label = {label: len(texts) / (len(counts) * count) for label, count in counts.items()}
    else:
        unknown = sorted(set(weight) - set(counts))
        if unknown:
            raise ValueError(f"class_weight: {unknown[0]!r} is not a label; {', '.join(counts)} were expected")
        by_label = {label: float(weight.get(label, 1.0)) for label in counts}
    if not all(0 <= value < np.inf for value in by_label.values()):
        raise ValueError(f"class_weight {by_label}: weights must be 0 or more")
    return [
        text._replace(weight=text.weight * sum(by_label[label] for label in text.labels) / len(text.labels))
        for text in texts
    ]
