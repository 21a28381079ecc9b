"""Random search for the settings of a classifier, within limits of time and of file size."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from align.classify.classifier import Classifier
from align.classify.held_out import divide
from align.classify.model_file import bytes_of
from align.message import size_text
from align.text.labelled import LabelledText

_SHARE = 0.1
"""The share of the texts that form the validation part."""
_CHOICES: dict[str, tuple[Any, ...]] = {
    "epochs": (2, 3, 5, 8, 12),
    "rate": (0.5, 0.8, 1.25, 2.0, 3.0),
    "word_ngrams": (1, 2, 2, 3),
    "dim": (24, 48, 96),
    "smoothing": (0.0, 0.1, 0.2),
    "min_ngram_count": (1, 2, 3),
    "characters": ((0, 0), (0, 0), (2, 4), (3, 6)),
}
"""The values that each setting is drawn from with equal probability; ``characters`` is (minn, maxn)."""


class TuningTrial(NamedTuple):
    """A trial: the settings that replaced those of the first classifier, and what they gave.

    ``accuracy`` is P@1 on the validation part, ``size`` the bytes of the model's file without the settings,
    ``quantised`` whether the model was quantised to fit the limit of size.
    """

    settings: dict[str, Any]
    accuracy: float
    size: int
    quantised: bool


@dataclass(frozen=True)
class Limits:
    """The limits of a search.

    Args:
        seconds: wall time of the whole search, above 0. The search ends soon after, at the end of a training segment.
        size: largest size of the file in bytes; 0: no limit. A model that is too large is quantised.

    Raises:
        ValueError: a limit is out of range.
    """

    seconds: float
    size: int = 0

    def __post_init__(self) -> None:
        if not 0 < self.seconds < float("inf"):
            raise ValueError(f"autotune {self.seconds:g} s: must be above 0")
        if self.size < 0:
            raise ValueError(f"size {self.size}: must be at least 0")


class Tuned(NamedTuple):
    """The best classifier, and all trials."""

    classifier: Classifier
    trials: tuple[TuningTrial, ...]


def autotune(
    first: Classifier,
    texts: list[LabelledText],
    limits: Limits,
    *,
    name: str = "the texts",
    split: bool = False,
    report: Callable[[TuningTrial], object] = lambda _: None,
) -> Tuned:
    """Tries random settings and returns the classifier with the highest P@1 on a tenth of the texts.

    The first trial has the settings of ``first``. A trial that the time limit cuts short is dropped, unless it is the
    first.

    Args:
        first: the classifier to begin with; settings that are not searched keep its values.
        texts: the texts; a tenth of them form the validation part.
        limits: the limits of time and of file size.
        name: what messages call the texts.
        split: as for ``Classifier.fit_texts``.
        report: is called after each trial.

    Returns:
        The best classifier that fits the limit of size, and all trials.

    Raises:
        ValueError: no trial fits the limit of size (the message gives the smallest size); or as for ``Classifier.fit``.

    Source: J. Bergstra, Y. Bengio, Random Search for Hyper-Parameter Optimization, JMLR 2012.
    """
    begun = time.perf_counter()
    deadline = begun + limits.seconds
    kept, apart = divide(texts, _SHARE, first.seed)
    rng = np.random.default_rng(first.seed)
    trials: list[TuningTrial] = []
    best: list[tuple[float, Classifier]] = []
    chosen: dict[str, Any] = {}
    while not trials or time.perf_counter() < deadline:
        candidate = Classifier(**{**first.get_params(), **chosen})
        candidate.fit_texts(kept, name=name, split=split, deadline=deadline)
        if trials and time.perf_counter() > deadline:
            break
        smaller = bool(limits.size) and bytes_of(candidate.model_) > limits.size
        candidate = candidate.quantised(limits.size, kept) if smaller else candidate
        accuracy, size = candidate.evaluate(apart).first, bytes_of(candidate.model_)
        trials.append(TuningTrial(chosen, accuracy, size, smaller))
        report(trials[-1])
        if (not limits.size or size <= limits.size) and (not best or accuracy > best[0][0]):
            best[:] = [(accuracy, candidate)]
        chosen = _random_settings(rng)
    if not best:
        smallest = size_text(min(trial.size for trial in trials))
        raise ValueError(f"no trial has at most {size_text(limits.size)}; the smallest has {smallest}")
    return Tuned(best[0][1], tuple(trials))


def _random_settings(rng: np.random.Generator) -> dict[str, Any]:
    """Returns settings drawn at random."""
    drawn = {key: values[int(rng.integers(len(values)))] for key, values in _CHOICES.items()}
    minn, maxn = drawn.pop("characters")
    return {**drawn, "minn": minn, "maxn": maxn}
