"""Reranker: the second stage of a translator, with all that it needs beside the translator's own arrays."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from align.bilingual.reranking.features import NAMES, evidence
from align.bilingual.reranking.first_stage import Side, Stage, candidates, staged
from align.bilingual.reranking.grams import Grams
from align.bilingual.reranking.ordering import Head, Weights, probabilities, scores
from align.bilingual.reranking.spelling import Spelling
from align.space import Space


class Reranked(NamedTuple):
    """The candidates of each query in the order of the network, and the probability that each is right."""

    ids: Int[np.ndarray, "q k"]
    probability: Float[np.ndarray, "q k"]


@dataclass(frozen=True, eq=False)
class Reranker:
    """The first stage and one head a direction; ``k`` candidates of each word are put in order.

    Raises:
        ValueError: a head was trained on other evidence than ``evidence.NAMES``.
    """

    stage: Stage
    forward: Head
    backward: Head
    k: int = 40

    def __post_init__(self) -> None:
        if len(self.forward.mean) != len(NAMES) or len(self.backward.mean) != len(NAMES):
            raise ValueError("the re-ranker was trained on other evidence than this version gathers; map again")

    def rerank(self, rows: Int[np.ndarray, " q"], *, reverse: bool = False) -> Reranked:
        """The candidates of ``rows`` of the source (of the target where ``reverse``), best first."""
        stage, head = (self.stage.turned(), self.backward) if reverse else (self.stage, self.forward)
        ids = candidates(stage, rows, self.k)
        scored = scores(head, evidence(stage, rows, ids))
        right = probabilities(head, scored, stage.source.ranks[rows])
        order = np.argsort(-scored, axis=1, kind="stable")
        return Reranked(np.take_along_axis(ids, order, axis=1), np.take_along_axis(right, order, axis=1))


def arrays_of(reranker: Reranker) -> dict[str, np.ndarray]:
    """What a file has to hold beside the spaces: see ``reranker_of``."""
    stage = reranker.stage
    arrays: dict[str, np.ndarray] = {
        "pairs": stage.pairs.astype(np.int32),
        "k": np.array([reranker.k], np.int32),
        "cuts": np.array([_cuts(stage.source), _cuts(stage.target)], np.int32),
    }
    for name, side in (("source", stage.source), ("target", stage.target)):
        arrays |= {f"{name}.means": side.means, f"{name}.tops": side.tops, f"{name}.gram": side.grams.weight}
        arrays[f"{name}.lengths"] = np.array([side.grams.shortest, side.grams.longest], np.int32)
    for name, spelling in (("forward", stage.forward), ("backward", stage.backward)):
        arrays |= {
            f"{name}.anchors": spelling.anchors.astype(np.int32),
            f"{name}.weights": spelling.weights.astype(np.float16),
            f"{name}.columns": spelling.columns.astype(np.int32),
            f"{name}.mean": spelling.mean,
            f"{name}.kernel": np.array([spelling.width, spelling.share], np.float32),
        }
    for name, head in (("forward", reranker.forward), ("backward", reranker.backward)):
        parts = {"mean": head.mean, "scale": head.scale, "odds": head.odds, **head.weights._asdict()}
        arrays |= {f"{name}.head.{part}": np.asarray(array, np.float32) for part, array in parts.items()}
    return arrays


def _cuts(side: Side) -> list[int]:
    return [bound for part in (side.own, side.image, side.common) for bound in (part.start, part.stop)]


def reranker_of(arrays: Mapping[str, np.ndarray], source: Space, target: Space) -> Reranker:
    """The re-ranker whose ``arrays_of`` these are, over the translator's own two spaces.

    Raises:
        KeyError, ValueError: an array is missing, or of another shape than expected.
    """
    cuts = arrays["cuts"].tolist()

    def side(name: str, space: Space, bounds: list[int]) -> Side:
        own, image, common = (slice(bounds[i], bounds[i + 1]) for i in (0, 2, 4))
        shortest, longest = arrays[f"{name}.lengths"].tolist()
        grams = Grams(shortest, longest, arrays[f"{name}.gram"])
        means, tops = arrays[f"{name}.means"], arrays[f"{name}.tops"]
        if not len(space) == len(means) == len(tops):
            raise ValueError("the re-ranker was trained on other vocabularies")
        vocab = space.vocab
        return Side(
            vocab.words, vocab.index, np.arange(len(space)), space.vectors, own, image, common, means, tops, grams
        )

    def spelling(name: str) -> Spelling:
        width, share = arrays[f"{name}.kernel"].tolist()
        anchors, columns = (arrays[f"{name}.{part}"].astype(np.int64) for part in ("anchors", "columns"))
        return Spelling(
            anchors, arrays[f"{name}.weights"].astype(np.float32), columns, arrays[f"{name}.mean"], width, share
        )

    def head(name: str) -> Head:
        mean, scale, odds = (arrays[f"{name}.head.{part}"] for part in ("mean", "scale", "odds"))
        return Head(mean, scale, Weights(*(arrays[f"{name}.head.{part}"] for part in Weights._fields)), odds)

    stage = staged(
        side("source", source, cuts[0]),
        side("target", target, cuts[1]),
        arrays["pairs"].astype(np.int64),
        spelling("forward"),
        spelling("backward"),
    )
    return Reranker(stage, head("forward"), head("backward"), int(arrays["k"][0]))
