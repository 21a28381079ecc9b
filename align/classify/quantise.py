"""Product quantisation of the vectors of features: one byte for every few dimensions, and one for the norm."""

import warnings
from dataclasses import replace

import numpy as np
from jaxtyping import Float32
from scipy.cluster.vq import kmeans2, vq

from align.checks import at_least
from align.classify.codes import QuantisedTable
from align.classify.model import LabelModel

_CENTROIDS, _SAMPLE, _ROUNDS = 256, 8_000, 8


def _centroids(points: Float32[np.ndarray, "n w"], rng: np.random.Generator) -> Float32[np.ndarray, "c w"]:
    """Returns at most 256 centroids of points, by k-means on a sample."""
    if len(points) > _SAMPLE:
        points = points[rng.choice(len(points), _SAMPLE, replace=False)]
    different = np.unique(points, axis=0)
    if len(different) <= _CENTROIDS:
        return different
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # kmeans2 warns of empty clusters
        begun = different[rng.choice(len(different), _CENTROIDS, replace=False)]
        found, _ = kmeans2(points, begun, iter=_ROUNDS, minit="matrix")
    return np.asarray(found[np.isfinite(found).all(1)], np.float32)


def quantise_table(table: Float32[np.ndarray, "u d"], *, width: int = 5, seed: int = 0) -> QuantisedTable:
    """Quantises the rows of a table.

    Args:
        table: the rows, shape (u, d).
        width: number of dimensions of a part.
        seed: seed of the sample and of the start of k-means.

    Returns:
        The codes.

    Raises:
        ValueError: ``width`` is below 1.

    Source: H. Jegou, M. Douze, C. Schmid, Product Quantization for Nearest Neighbor Search, PAMI 2011; for the lengths,
    A. Joulin et al., FastText.zip, 2016, section 3.
    """
    at_least(width, 1, "width")
    rng = np.random.default_rng(seed)
    norms = np.linalg.norm(table, axis=1).astype(np.float32)
    unit = table / np.maximum(norms, np.finfo(np.float32).tiny)[:, None]
    unit = np.pad(unit, ((0, 0), (0, -table.shape[1] % width))).astype(np.float32)
    codes: list[np.ndarray] = []
    centroids: list[np.ndarray] = []
    for start in range(0, unit.shape[1], width):
        points = unit[:, start : start + width]
        found = _centroids(points, rng)
        codes.append(vq(points, found)[0].astype(np.uint8))
        centroids.append(np.pad(found, ((0, _CENTROIDS - len(found)), (0, 0))))
    lengths = _centroids(norms[:, None], rng)
    length = vq(norms[:, None], lengths)[0].astype(np.uint8)
    return QuantisedTable(np.stack(codes, axis=1), np.stack(centroids), length, lengths[:, 0])


def quantised(model: LabelModel, *, width: int = 5, seed: int = 0) -> LabelModel:
    """Returns the model with quantised vectors of features; with 50 dimensions its file is about a fifteenth as large.

    Raises:
        ValueError: ``width`` is below 1.
    """
    codes = quantise_table(np.asarray(model.inputs), width=width, seed=seed)
    return replace(model, inputs=codes.table(model.inputs.shape[1]), codes=codes, squares=None)
