"""A small space with awkward words, and the libraries' own readers to compare with."""

import numpy as np
import pytest

from align.space import Space
from align.text.vocab import Vocab

WORDS = [
    "the",
    "国王",
    "naïve",
    "🐴",
    "12.5",
    "-1",
    "a_b",
    "</s>",
    "x" * 200,
    "\u3000",
    "e\u0301",
    "nbsp\u00a0word",
    "\u2028",
]


@pytest.fixture
def space() -> Space:
    vectors = np.random.default_rng(0).standard_normal((len(WORDS), 7)).astype(np.float32)
    vectors[0] = [0, -0.0, 1, 1e-45, -1e8, 1e-7, 123456.79]
    return Space(Vocab(WORDS), vectors)
