"""Mapping tasks from arrays: vocabularies are artificial, and words are identical only if a test says so."""

import numpy as np

from align.bilingual.mapping import Pairs
from align.bilingual.method import MappingTask
from align.text.vocab import Vocab


def task_of(x: np.ndarray, y: np.ndarray, pairs: Pairs, identical_pairs: Pairs | None = None) -> MappingTask:
    source, target = ([f"{side}{i}" for i in range(len(rows))] for side, rows in (("e", x), ("z", y)))
    return MappingTask(Vocab(source), Vocab(target), x, y, pairs, identical_pairs or Pairs.none())
