"""The settings of a classifier."""

from dataclasses import dataclass

from align.checks import SettingError, above_zero, check_choices, within
from align.classify.model import LossName

_BOUNDS = {
    "dim": (1, 4096),
    "epochs": (1, 100_000),
    "word_ngrams": (1, 20),
    "minn": (0, 100),
    "maxn": (0, 100),
    "buckets": (1, 100_000_000),
    "min_count": (1, 1_000_000_000),
    "min_ngram_count": (1, 1_000_000_000),
    "negatives": (1, 100_000),
    "batch": (1, 100_000),
    "workers": (1, 64),
    "patience": (1, 100_000),
    "frozen": (0, 100_000),
}


@dataclass(frozen=True)
class ClassifierSettings:
    """Settings of a classifier (``align.Classifier`` documents them)."""

    dim: int = 24
    epochs: int = 5
    rate: float = 1.25
    word_ngrams: int = 2
    minn: int = 0
    maxn: int = 0
    buckets: int = 2_000_000
    min_count: int = 1
    min_ngram_count: int = 2
    loss: LossName = "softmax"
    negatives: int = 5
    smoothing: float = 0.1
    batch: int = 128
    workers: int = 1
    validation: float = 0.0
    patience: int = 2
    frozen: int = 0

    def __post_init__(self) -> None:
        for name, (least, most) in _BOUNDS.items():
            within(self, least, most, name)
        above_zero(self, "rate")
        if self.maxn and self.maxn < self.minn:
            raise SettingError("maxn", self.maxn, f"must be 0, or at least the shortest length, {self.minn}")
        if not 0 <= self.validation < 1:
            raise SettingError("validation", self.validation, "must be from 0 to below 1")
        if not 0 <= self.smoothing < 1:
            raise SettingError("smoothing", self.smoothing, "must be from 0 to below 1")
        check_choices(self)
