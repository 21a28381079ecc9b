"""Translator: two vocabularies placed in one space, saved as one file that opens at once."""

import json
import os
from collections.abc import Mapping as Names
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, get_args

import numpy as np
from jaxtyping import Float, Int

from align.retrieval import Neighbours, best, csls, normalisers, top_k
from align.space import Space, unknown
from align.tensors import load_tensors, save_tensors
from align.text.chinese import has_hanzi
from align.text.vocab import PackedWords, Vocab

if TYPE_CHECKING:
    from align.bilingual.reranking.reranker import Reranker

Retrieval = Literal["best", "csls", "nn", "inverted-softmax"]
RETRIEVALS: tuple[Retrieval, ...] = get_args(Retrieval)
_FORMAT = "align-translator-1"
_MOST_CSLS = 2.0
SHARPNESS, SAMPLE = 10.0, 5000
"""Of inverted softmax: how sharp it is, and over how many words of the other language, evenly spaced by frequency."""


RERANKER = "rerank."
"""How the names of the re-ranker's arrays begin among a translator's ``weights``."""


class Candidate(NamedTuple):
    """A possible translation: its score and its frequency rank in its own vocabulary, from 1.

    The score is CSLS, a cosine, or where candidates were re-ranked the ``probability`` that it is right.
    """

    word: str
    score: float
    rank: int
    probability: float | None = None


@dataclass(frozen=True, eq=False)
class Translator:
    """English and Chinese words as unit rows of one common space; a pair's cosine there is its score.

    ``source_means`` and ``target_means`` are CSLS's r: each word's mean cosine to its 10 nearest words of the other
    language. ``details`` say how it was made; ``weights`` are the arrays of the mapping itself, which
    ``fitting.alignment_of`` makes callable again, to place vectors that are not in the vocabulary.

    Raises:
        ValueError: the two vocabularies' points differ in dimension, or the means in number.
    """

    source: Space
    target: Space
    source_means: Float[np.ndarray, " v"]
    target_means: Float[np.ndarray, " w"]
    details: Names[str, str] = field(default_factory=dict)
    weights: Names[str, np.ndarray] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.source.dim != self.target.dim:
            raise ValueError(f"source points of {self.source.dim} dimensions, target points of {self.target.dim}")
        if len(self.source) != len(self.source_means) or len(self.target) != len(self.target_means):
            raise ValueError("each word of the two vocabularies is to have its mean similarity")

    def __repr__(self) -> str:
        return f"Translator({self.source!r}, {self.target!r}, method={self.details.get('method', '')})"

    def direction(self, word: str) -> Literal["en-zh", "zh-en"]:
        """Which way ``word`` is translated: from Chinese where only that vocabulary has it, or by its script."""
        known_source, known_target = word in self.source, word in self.target
        if known_source != known_target:
            return "en-zh" if known_source else "zh-en"
        return "zh-en" if has_hanzi(word) else "en-zh"

    def translate(
        self, words: Sequence[str], k: int = 5, retrieval: Retrieval = "best", reverse: bool | None = None
    ) -> list[list[Candidate]]:
        """The ``k`` best candidates of each word, best first.

        ``reverse`` True takes every word as Chinese, False as English, None each as ``direction`` says.

        Raises:
            KeyError: a word is not in the vocabulary; the message names the nearest spellings.
            ValueError: ``k`` below 1, an unknown retrieval, or a lone string for ``words``.
        """
        if isinstance(words, str):
            raise ValueError(f"one word, {words!r}, stands where a list of words was expected")  # noqa: TRY004
        if k < 1:
            raise ValueError(f"{k} candidates were asked for; at least 1 was expected")
        sides = [self.direction(word) == "zh-en" if reverse is None else reverse for word in words]
        answers: list[list[Candidate]] = [[] for _ in words]
        for backward in set(sides):
            asked = [i for i, side in enumerate(sides) if side is backward]
            space, other = (self.target, self.source) if backward else (self.source, self.target)
            rows = np.array([_row(space, words[i]) for i in asked])
            found = self.nearest(rows, k, retrieval, reverse=backward)
            ranked = self.resolved(retrieval) == "best"
            for i, ids, scores in zip(asked, found.ids, found.scores, strict=True):
                answers[i] = [
                    Candidate(other.vocab.words[int(j)], float(s), int(j) + 1, max(float(s), 0.0) if ranked else None)
                    for j, s in zip(ids, scores, strict=True)
                ]
        return answers

    def nearest(
        self, rows: Int[np.ndarray, " q"], k: int, retrieval: Retrieval = "best", *, reverse: bool = False
    ) -> Neighbours:
        """The ``k`` best rows of the other vocabulary for ``rows`` of one (the target's where ``reverse``)."""
        retrieval = self.resolved(retrieval)
        one, other, means, other_means = self.side(reverse=reverse)
        if retrieval == "best" and self.reranker is not None:
            if k <= self.reranker.k:
                found = self.reranker.rerank(rows, reverse=reverse)
                return Neighbours(found.ids[:, :k], found.probability[:, :k])

            def scores(block: slice) -> Float[np.ndarray, "q v"]:
                return self.scores(rows[block], "best", reverse=reverse)

            return best(scores, len(rows), len(other), k)
        queries = one.vectors[rows]
        if retrieval != "csls":
            return top_k(queries, other.vectors, k, penalty=self.penalty(retrieval, reverse=reverse))
        return csls(queries, other.vectors, k, query_means=means[rows], candidate_means=other_means)

    def scores(
        self, rows: Int[np.ndarray, " q"], retrieval: Retrieval = "best", *, reverse: bool = False
    ) -> Float[np.ndarray, "q v"]:
        """The scores of ``rows`` against the whole other vocabulary (for ranks; a block of rows at a time).

        Of ``best``: the probability of the candidates that are re-ranked; of all others CSLS, put below 0 in its order.
        """
        retrieval = self.resolved(retrieval)
        one, other, means, other_means = self.side(reverse=reverse)
        cosines = one.vectors[rows] @ other.vectors.T
        if retrieval in ("csls", "best"):
            scores = 2 * cosines - means[rows][:, None] - other_means
            if retrieval == "best" and self.reranker is not None:
                scores = (scores - _MOST_CSLS) / 10
                found = self.reranker.rerank(rows, reverse=reverse)
                np.put_along_axis(scores, found.ids, found.probability, axis=1)
            return scores
        penalty = self.penalty(retrieval, reverse=reverse)
        return cosines if penalty is None else cosines - penalty

    def penalty(self, retrieval: Retrieval, *, reverse: bool = False) -> Float[np.ndarray, " v"] | None:
        """What is taken from a candidate's cosine: a query's candidates stand in the order of the rest; None: nothing.

        Inverted softmax's is computed when first asked for, in a second or two, and kept.
        """
        retrieval = self.resolved(retrieval)
        if retrieval == "nn":
            return None
        if retrieval in ("csls", "best"):
            return self.side(reverse=reverse)[3] / 2
        return self._source_normalisers if reverse else self._target_normalisers

    def resolved(self, retrieval: Retrieval) -> Retrieval:
        """``retrieval`` itself, but CSLS for ``best`` where the translator has no re-ranker."""
        _check(retrieval)
        return "csls" if retrieval == "best" and self.reranker is None else retrieval

    @cached_property
    def reranker(self) -> "Reranker | None":
        """The second stage, if the translator was made with one.

        Raises:
            ValueError: its arrays are not whole.
        """
        arrays = {name[len(RERANKER) :]: array for name, array in self.weights.items() if name.startswith(RERANKER)}
        if not arrays:
            return None

        from align.bilingual.reranking.reranker import reranker_of

        try:
            return reranker_of(arrays, self.source, self.target)
        except (KeyError, IndexError, TypeError) as error:
            raise ValueError(f"the translator does not hold its re-ranker ({error!r})") from error

    @cached_property
    def _source_normalisers(self) -> Float[np.ndarray, " v"]:
        return normalisers(_sample(self.target), self.source.vectors, SHARPNESS)

    @cached_property
    def _target_normalisers(self) -> Float[np.ndarray, " v"]:
        return normalisers(_sample(self.source), self.target.vectors, SHARPNESS)

    def side(self, *, reverse: bool) -> tuple[Space, Space, Float[np.ndarray, " v"], Float[np.ndarray, " w"]]:
        """The space asked from, the space searched, and the means of either."""
        sides = (self.source, self.target, self.source_means, self.target_means)
        return (sides[1], sides[0], sides[3], sides[2]) if reverse else sides

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write everything to one file, whole or not at all."""
        packed = {
            side: PackedWords.pack(space.vocab.words)
            for side, space in (("source", self.source), ("target", self.target))
        }
        arrays = {
            "source.vectors": self.source.vectors,
            "target.vectors": self.target.vectors,
            "source.means": self.source_means,
            "target.means": self.target_means,
            **{f"{side}.words": words.block for side, words in packed.items()},
            **{f"mapping.{name}": array for name, array in self.weights.items()},
        }
        names = {"source": self.source.name, "target": self.target.name}
        save_tensors(
            path, arrays, {"format": _FORMAT, "spaces": json.dumps(names), "details": json.dumps(dict(self.details))}
        )

    @staticmethod
    def load(path: str | os.PathLike[str]) -> "Translator":
        """Open a saved translator; its arrays are views of the memory-mapped file.

        Raises:
            ValueError: not a translator, or one that was cut short or changed; names the file.
            OSError: the file cannot be read.
        """
        arrays, metadata = load_tensors(path)
        if metadata.get("format") != _FORMAT:
            raise ValueError(f"{path}: not a translator (a file made by `align map` was expected)")
        try:
            names, details = json.loads(metadata["spaces"]), json.loads(metadata["details"])
            source, target = (_space(arrays, side, names[side]) for side in ("source", "target"))
            weights = {name[8:]: array for name, array in arrays.items() if name.startswith("mapping.")}
            means = _typed(arrays["source.means"], 1), _typed(arrays["target.means"], 1)
            return Translator(source, target, *means, {str(k): str(v) for k, v in details.items()}, weights)
        except (KeyError, ValueError, TypeError, AttributeError) as error:
            raise ValueError(f"{path}: a damaged translator ({error})") from error


def _typed(array: np.ndarray, axes: int) -> np.ndarray:
    if array.dtype != np.float32 or array.ndim != axes:
        raise ValueError(f"an array of {array.dtype} with {array.ndim} axes; float32 with {axes} was expected")
    return array


def _space(arrays: Names[str, np.ndarray], side: str, name: Any) -> Space:
    vectors, block = _typed(arrays[f"{side}.vectors"], 2), arrays[f"{side}.words"]
    if block.dtype != np.uint8 or np.count_nonzero(block == ord("\n")) != len(vectors):
        raise ValueError(f"its {side} words are not {len(vectors)} lines of text, one a vector")
    block.tobytes().decode()
    return Space(Vocab(PackedWords(block.reshape(-1), len(vectors))), vectors, name=str(name))


def _sample(space: Space) -> Float[np.ndarray, "q d"]:
    return space.vectors[np.unique(np.linspace(0, max(len(space) - 1, 0), SAMPLE).astype(np.int64))]


def _check(retrieval: str) -> None:
    if retrieval not in RETRIEVALS:
        raise ValueError(f"{retrieval!r} is no way of retrieval; expected {' or '.join(RETRIEVALS)}")


def _row(space: Space, word: str) -> int:
    row = space.vocab.index.get(word)
    if row is None:
        raise KeyError(unknown(word, space.vocab))
    return row
