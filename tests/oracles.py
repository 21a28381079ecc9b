"""Slow, simple versions of the package's algorithms, and small artificial data with known answers."""

import numpy as np

from align.bilingual.dictionary.dictionary import Dictionary
from align.space import Space
from align.text.vocab import Vocab


def brute_order(scores: np.ndarray) -> list[list[int]]:
    """Returns the columns of every row by descending score, ties by column."""
    return [sorted(range(len(row)), key=lambda j: (-row[j], j)) for row in scores]


def brute_means(queries: np.ndarray, candidates: np.ndarray, k: int = 10) -> tuple[np.ndarray, np.ndarray]:
    """Returns the mean of the ``k`` largest cosines of every query and every candidate, from the whole matrix."""
    cosines = queries @ candidates.T
    return tuple(np.array([np.mean(sorted(row)[-k:]) for row in side]) for side in (cosines, cosines.T))


HANZI = "一二三四五六七八九十百千大小上下左右中天地人口手足目耳日月水火山石田土"
ENGLISH = ["king", "queen", "horse", "horses", "China"] + [
    f"word{chr(97 + i // 26)}{chr(97 + i % 26)}" for i in range(35)
]
CHINESE = ["国王", "王后", "马", "马匹", "中国"] + [one + "字" for one in HANZI]
"""Forty words and their translations, for small spaces of real words."""


def brute_csls(queries: np.ndarray, candidates: np.ndarray, k: int = 10) -> np.ndarray:
    """Returns CSLS of every query with every candidate, from the whole matrix of cosines."""
    cosines = queries @ candidates.T
    query_means, candidate_means = brute_means(queries, candidates, k)
    return 2 * cosines - query_means[:, None] - candidate_means[None, :]


def brute_inverted_softmax(queries: np.ndarray, candidates: np.ndarray, sharpness: float) -> np.ndarray:
    """Returns log P(q | c) / b of every query and candidate, up to a constant, in double precision."""
    cosines = queries.astype(np.float64) @ candidates.T.astype(np.float64)
    chances = np.array([[np.exp(sharpness * cell) for cell in row] for row in cosines])
    return np.log(chances / chances.mean(axis=0)) / sharpness


def hanzi_words(count: int) -> list[str]:
    """Returns distinct artificial words of two hanzi that simplification does not change."""
    characters = "一人大小天水火山中国王马牛羊狗猫鸟鱼花草木石土金"
    return [a + b for a in characters for b in characters][:count]


def rotated_world(
    *, words: int = 300, dim: int = 12, target_dim: int | None = None, noise: float = 0.0, seed: int = 0
) -> tuple[Space, Space, Dictionary]:
    """Returns an English space, a Chinese one that is its rotation plus noise, and the right pairs."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(words, dim)).astype(np.float32)
    rotation = np.linalg.qr(rng.normal(size=(dim, dim)))[0][:, : target_dim or dim]
    y = (x @ rotation + noise * rng.normal(size=(words, target_dim or dim))).astype(np.float32)
    english, chinese = [f"word{i}" for i in range(words)], hanzi_words(words)
    order = rng.permutation(words)
    source = Space(Vocab(english), x, name="english")
    target = Space(Vocab([chinese[i] for i in order]), y[order], name="chinese")
    return source, target, Dictionary(tuple(zip(english, chinese, strict=True)), name="planted")
