"""Search of settings within a limit of time, and of size."""

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
_CHOICES: dict[str, tuple[Any, ...]] = {
    "epochs": (2, 3, 5, 8, 12),
    "rate": (0.05, 0.1, 0.2, 0.3, 0.5),
    "word_ngrams": (1, 2, 2, 3),
    "dim": (24, 48, 96),
    "min_ngram_count": (1, 2, 3),
    "characters": ((0, 0), (0, 0), (2, 4), (3, 6)),
}


class TuningTrial(NamedTuple):
    """Settings that differ from the first ones, their accuracy on the validation part, and the size of the file."""

    settings: dict[str, Any]
    accuracy: float
    size: int
    quantised: bool


@dataclass(frozen=True)
class Limits:
    """The limits of a search.

    Args:
        seconds: wall time of the whole search, above 0. It ends soon after: a trial stops at the end of an epoch.
        size: largest number of bytes of the file; 0: no limit. A model that is too large is quantised.

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
    """Tries settings at random and returns the classifier of the highest accuracy on a tenth of the texts.

    The first trial has the settings of ``first``. A trial that is cut short by the time limit counts only if it is the
    first.

    Args:
        first: the classifier to begin with; what is not searched stays as it is.
        texts: the texts; a tenth of them is the validation part.
        limits: the time and the size.
        name: what messages call the texts.
        split: as for ``Classifier.fit_texts``.
        report: is called after each trial.

    Returns:
        The best classifier that fits the size.

    Raises:
        ValueError: no trial fits the size; the message gives the smallest size. Else as ``Classifier.fit``.

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
        candidate = candidate.quantised() if smaller else candidate
        accuracy, size = candidate.evaluate(apart).first, bytes_of(candidate.model_)
        trials.append(TuningTrial(chosen, accuracy, size, smaller))
        report(trials[-1])
        if (not limits.size or size <= limits.size) and (not best or accuracy > best[0][0]):
            best[:] = [(accuracy, candidate)]
        chosen = _drawn(rng)
    if not best:
        smallest = size_text(min(trial.size for trial in trials))
        raise ValueError(f"no trial has at most {size_text(limits.size)}; the smallest has {smallest}")
    return Tuned(best[0][1], tuple(trials))


def _drawn(rng: np.random.Generator) -> dict[str, Any]:
    """Settings drawn at random."""
    drawn = {key: values[int(rng.integers(len(values)))] for key, values in _CHOICES.items()}
    minn, maxn = drawn.pop("characters")
    return {**drawn, "minn": minn, "maxn": maxn}
