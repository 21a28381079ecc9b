"""Reranker: the second stage of a translator, and the arrays that it adds to the translator's file."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int

from align.bilingual.aligned_pairs import AlignedPairs
from align.bilingual.reranking.features import NAMES, candidate_features
from align.bilingual.reranking.first_stage import (
    FirstStageIndex,
    HeldOut,
    LanguageSide,
    Surroundings,
    candidates,
    first_stage_index,
)
from align.bilingual.reranking.grams import Grams
from align.bilingual.reranking.ordering import Head, Weights, probabilities, scores
from align.bilingual.reranking.spelling import SpellingRegression
from align.progress import Advance
from align.retrieval import below_probabilities, nonzero_rows
from align.search import Neighbours
from align.space import Space

_BLOCK = 256
"""Queries whose candidates are found at once."""
_ALIGNED = 5
"""The largest number of aligned words that join the candidates of a query."""
ALIGNED_WEIGHT = 4.0
"""What the bonus of an aligned pair is multiplied with before it is added to a re-ranked score."""
_MANY = 2048
"""The number of queries from which it is faster to predict the translations of each candidate once."""


class Reranked(NamedTuple):
    """The candidates of each query in the order of their scores, and the probability of each.

    A query without a vector has the ids -1 and the probabilities -inf.
    """

    ids: Int[np.ndarray, "q k"]
    probability: Float[np.ndarray, "q k"]

    def first(self, k: int, others: Callable[[int], Neighbours]) -> Neighbours:
        """Returns the first k candidates of each query.

        Args:
          k: number of candidates. The scores of those that are not re-ranked are below 0.
          others: a function that returns the n best candidates of each query by CSLS, given n. They follow the
            re-ranked candidates.
        """
        count = self.ids.shape[1]
        if k <= count:
            return Neighbours(self.ids[:, :k], self.probability[:, :k])
        more = others(k + count)
        k = min(k, more.ids.shape[1])
        again = (more.ids[:, :, None] == self.ids[:, None]).any(axis=2)
        ids = np.concatenate([self.ids, more.ids], axis=1)
        scores = np.concatenate([self.probability, np.where(again, -np.inf, below_probabilities(more.scores))], axis=1)
        ids[:, count:][again] = -1
        order = np.argsort(-scores, axis=1, kind="stable")[:, :k]
        return Neighbours(np.take_along_axis(ids, order, axis=1), np.take_along_axis(scores, order, axis=1))


@dataclass(frozen=True, eq=False)
class Reranker:
    """The first-stage index, a head for each direction, and the number ``k`` of candidates to re-rank.

    Raises:
      ValueError: a head was trained on features other than ``features.NAMES``.
    """

    index: FirstStageIndex
    forward: Head
    backward: Head
    k: int = 40

    def __post_init__(self) -> None:
        if len(self.forward.mean) != len(NAMES) or len(self.backward.mean) != len(NAMES):
            raise ValueError(
                "the re-ranker was trained on features that this version does not compute; run `align map` again"
            )

    def __repr__(self) -> str:
        return f"Reranker({self.k} candidates, {len(self.index.pairs):,} training pairs)"

    def means(self) -> tuple[Float[np.ndarray, " v"], Float[np.ndarray, " w"]]:
        """Returns lower bounds of r of CSLS for the words of both languages: r over frequent words of the other."""
        return self.index.source.surroundings.means, self.index.target.surroundings.means

    def rerank(
        self,
        rows: Int[np.ndarray, " q"],
        *,
        reverse: bool = False,
        aligned: AlignedPairs | None = None,
        progress: Advance | None = None,
    ) -> Reranked:
        """Returns the candidates of the source words ``rows``, best first.

        A training word is treated as a new word: its own pairs are left out of its candidates' scores and features.

        Args:
          rows: the queries, source words; with ``reverse``, target words.
          reverse: whether the queries are target words.
          aligned: aligned pairs of words. The ``_ALIGNED`` words with the highest bonus are candidates, and
            ``ALIGNED_WEIGHT`` times the bonus is added to their scores. The probabilities of such a query are not
            calibrated.
          progress: receives the number of words finished, block by block.
        """
        index, head = (self.index.transpose(), self.backward) if reverse else (self.index, self.forward)
        known = nonzero_rows(index.source.points[rows])
        if not known.all():
            found = self.rerank(rows[known], reverse=reverse, aligned=aligned, progress=progress)
            if progress is not None:
                progress(int(np.sum(~known)))
            shape = (len(rows), found.ids.shape[1])
            every = Reranked(np.full(shape, -1), np.full(shape, -np.inf, np.float32))
            every.ids[known], every.probability[known] = found
            return every
        starts = range(_BLOCK, len(rows), _BLOCK)
        ids = np.concatenate([candidates(index, block, self.k) for block in np.split(rows, starts)])
        if aligned is not None:
            ids = _with_aligned(ids, rows, aligned, nonzero_rows(index.target.points))
        features = candidate_features(index, rows, ids, many=len(rows) >= _MANY, progress=progress)
        scored = np.concatenate([scores(head, block) for block in np.split(features, starts)])
        if aligned is not None:
            scored += ALIGNED_WEIGHT * aligned.between(rows, ids)
        probability = probabilities(head, scored, index.source.ranks[rows])
        order = np.argsort(-scored, axis=1, kind="stable")
        return Reranked(np.take_along_axis(ids, order, axis=1), np.take_along_axis(probability, order, axis=1))


def _with_aligned(
    ids: Int[np.ndarray, "q k"], rows: Int[np.ndarray, " q"], aligned: AlignedPairs, allowed: Bool[np.ndarray, " w"]
) -> Int[np.ndarray, "q k"]:
    """Returns the candidates with the words aligned best in the last places, if they are allowed and not among them."""
    made = ids.copy()
    for i, row in enumerate(rows.tolist()):
        columns, bonus = aligned.of(row)
        new = np.flatnonzero(allowed[columns] & ~np.isin(columns, ids[i]))
        best = columns[new[np.argsort(-bonus[new], kind="stable")]][: min(_ALIGNED, ids.shape[1])]
        made[i, ids.shape[1] - len(best) :] = best
    return made


def arrays_of(reranker: Reranker) -> dict[str, np.ndarray]:
    """Returns the arrays and settings that a file stores in addition to the two spaces, for :func:`reranker_of`."""
    index = reranker.index
    arrays: dict[str, np.ndarray] = {
        "pairs": index.pairs.astype(np.int32),
        "k": np.array([reranker.k], np.int32),
        "cuts": np.array([_cuts(index.source), _cuts(index.target)], np.int32),
    }
    for name, side in (("source", index.source), ("target", index.target)):
        arrays |= {
            f"{name}.means": side.surroundings.means,
            f"{name}.soft_maxima": side.surroundings.soft_maxima,
            f"{name}.gram": side.grams.weight,
            f"{name}.lengths": np.array([side.grams.shortest, side.grams.longest], np.int32),
            f"{name}.held_out.rows": side.held_out.rows.astype(np.int32),
            f"{name}.held_out.images": side.held_out.images,
            f"{name}.held_out.means": side.held_out.surroundings.means,
            f"{name}.held_out.soft_maxima": side.held_out.surroundings.soft_maxima,
        }
    for name, spelling in (("forward", index.forward), ("backward", index.backward)):
        arrays |= {
            f"{name}.anchors": spelling.anchors.astype(np.int32),
            f"{name}.weights": spelling.weights.astype(np.float16),
            f"{name}.columns": spelling.columns.astype(np.int32),
            f"{name}.mean": spelling.mean,
            f"{name}.leverage": spelling.leverage,
            f"{name}.kernel": np.array([spelling.width, spelling.share, spelling.ridge], np.float32),
        }
    for name, head in (("forward", reranker.forward), ("backward", reranker.backward)):
        parts = {"mean": head.mean, "scale": head.scale, "odds": head.odds, **head.weights._asdict()}
        arrays |= {f"{name}.head.{part}": np.asarray(array, np.float32) for part, array in parts.items()}
    return arrays


def over_all_words(
    arrays: Mapping[str, np.ndarray],
    rows: tuple[Int[np.ndarray, " n"], Int[np.ndarray, " m"]],
    sizes: tuple[int, int],
) -> dict[str, np.ndarray]:
    """Converts the arrays of a re-ranker over some words to arrays over all words.

    Args:
      arrays: the result of ``arrays_of``, with row numbers among the words that have a vector.
      rows: the row numbers of these words among all words, source and target.
      sizes: the total numbers of source and target words.
    """
    made = dict(arrays)
    made["pairs"] = np.stack([one[arrays["pairs"][:, i]] for i, one in enumerate(rows)], axis=1).astype(np.int32)
    for side, anchors, own, size in zip(("source", "target"), ("forward", "backward"), rows, sizes, strict=True):
        for name in (f"{anchors}.anchors", f"{side}.held_out.rows"):
            made[name] = own[arrays[name]].astype(np.int32)
        for name in (f"{side}.means", f"{side}.soft_maxima"):
            made[name] = np.zeros(size, np.float32)
            made[name][own] = arrays[name]
    return made


def _cuts(side: LanguageSide) -> list[int]:
    return [bound for part in (side.own, side.image, side.common) for bound in (part.start, part.stop)]


def reranker_of(arrays: Mapping[str, np.ndarray], source: Space, target: Space) -> Reranker:
    """Returns the re-ranker from its ``arrays_of``, over the two spaces of its translator.

    Raises:
      KeyError, ValueError: an array is missing or has an unexpected shape.
    """
    cuts = arrays["cuts"].tolist()
    index = first_stage_index(
        _side(arrays, "source", source, cuts[0]),
        _side(arrays, "target", target, cuts[1]),
        arrays["pairs"].astype(np.int64),
        _spelling(arrays, "forward"),
        _spelling(arrays, "backward"),
    )
    return Reranker(index, _head(arrays, "forward"), _head(arrays, "backward"), int(arrays["k"][0]))


def _side(arrays: Mapping[str, np.ndarray], name: str, space: Space, bounds: list[int]) -> LanguageSide:
    own, image, common = (slice(bounds[i], bounds[i + 1]) for i in (0, 2, 4))
    shortest, longest = arrays[f"{name}.lengths"].tolist()
    near = Surroundings(arrays[f"{name}.means"], arrays[f"{name}.soft_maxima"])
    if not len(space) == len(near.means) == len(near.soft_maxima):
        raise ValueError("the re-ranker was trained on other vocabularies")
    away = f"{name}.held_out"
    held_out = HeldOut(
        arrays[f"{away}.rows"].astype(np.int64),
        arrays[f"{away}.images"],
        Surroundings(arrays[f"{away}.means"], arrays[f"{away}.soft_maxima"]),
    )
    return LanguageSide(
        words=space.vocab.words,
        row_of=space.vocab.index,
        ranks=np.arange(len(space)),
        points=space.vectors,
        own=own,
        image=image,
        common=common,
        surroundings=near,
        grams=Grams(shortest, longest, arrays[f"{name}.gram"]),
        held_out=held_out,
    )


def _spelling(arrays: Mapping[str, np.ndarray], name: str) -> SpellingRegression:
    width, share, ridge = arrays[f"{name}.kernel"].tolist()
    anchors, columns = (arrays[f"{name}.{part}"].astype(np.int64) for part in ("anchors", "columns"))
    weights = arrays[f"{name}.weights"].astype(np.float32)
    leverage, mean = arrays[f"{name}.leverage"], arrays[f"{name}.mean"]
    return SpellingRegression(anchors, weights, columns, mean, leverage, width, share, ridge)


def _head(arrays: Mapping[str, np.ndarray], name: str) -> Head:
    mean, scale, odds = (arrays[f"{name}.head.{part}"] for part in ("mean", "scale", "odds"))
    return Head(mean, scale, Weights(*(arrays[f"{name}.head.{part}"] for part in Weights._fields)), odds)
