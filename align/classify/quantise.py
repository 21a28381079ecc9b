"""Small models: the most important features, with a byte for every few dimensions and one for the norm."""

import warnings
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from jaxtyping import Float, Float32, Int
from scipy.cluster.vq import kmeans2, vq

from align.checks import at_least
from align.classify.codes import QuantisedTable
from align.classify.model import LabelModel, Squares
from align.classify.model_file import bytes_of
from align.classify.retraining import retrained
from align.classify.settings import ClassifierSettings
from align.text.labelled import LabelledText
from align.text.text_features import END

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


def quantise_table(table: Float32[np.ndarray, "u d"], *, width: int = 3, seed: int = 0) -> QuantisedTable:
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


def quantised(
    model: LabelModel,
    texts: Sequence[LabelledText] = (),
    settings: ClassifierSettings | None = None,
    *,
    size: int | None = None,
    width: int = 3,
    seed: int = 0,
) -> LabelModel:
    """Returns the model with its most important features only (``thinned``), and with quantised vectors.

    With ``texts``, the model of few features learns from them for two more epochs (``retrained``) before its vectors
    are quantised.

    Args:
        model: the model.
        texts: labelled texts, best those that the model learned from.
        settings: the settings of training with ``texts``.
        size: largest size of its file in bytes (``model_file.bytes_of``); None: a tenth of the size that the file of
            ``model`` has without the state of training. If no number of features fits, one feature is left.
        width: number of dimensions of a part.
        seed: seed of the sample and of the start of k-means, and of the order of the texts.

    Raises:
        ValueError: ``width`` is below 1; or as for ``retrained``.
    """
    at_least(width, 1, "width")
    limit = bytes_of(replace(model, squares=None)) // 10 if size is None else size
    order = np.argsort(-importance(model), kind="stable")

    def file_size(count: int) -> int:
        return bytes_of(_with_codes(thinned(model, order[:count]), width))

    count = bisect_right(range(1, len(order) + 1), limit, key=file_size)  # the size grows with the number of features
    small = thinned(model, order[: max(count, 1)])
    if texts:
        small = retrained(small, texts, settings or ClassifierSettings(), seed=seed)
    codes = quantise_table(small.inputs, width=width, seed=seed)
    return replace(small, inputs=codes.table(model.inputs.shape[1]), codes=codes, squares=None)


def importance(model: LabelModel) -> Float[np.ndarray, " u"]:
    """Returns |z| s^(1/4) for each feature, with s its sum of squared gradients: how much it tells about texts.

    A rare feature has a small s, and says little about other texts even if its vector is long. Without the state of
    training, it is |z|.
    """
    norms = np.linalg.norm(model.inputs, axis=1)
    return norms if model.squares is None else norms * np.asarray(model.squares.features, np.float64) ** 0.25


def thinned(model: LabelModel, rows: Int[np.ndarray, " r"]) -> LabelModel:
    """Returns the model with the features of ``rows`` and the end of a text only, words in alphabetical order.

    But: n-grams that are left out still count when a sum is divided by the number of features; words do not, because
    they are unknown then. So probabilities change a little where words are left out.
    """
    features = model.features
    kept = np.zeros(features.rows, bool)
    kept[rows] = True
    if END in features.index:
        kept[features.index[END]] = True
    v = len(features.words)
    words = sorted((word, row) for row, word in enumerate(features.words) if kept[row])
    buckets = np.flatnonzero(kept[v:]).astype(np.int32)
    numbers = buckets if features.numbers is None else features.numbers[buckets]
    fewer = replace(
        features,
        words=tuple(word for word, _ in words),
        numbers=numbers,
        pruned=features.pruned and features.numbers is not None,
    )
    chosen = np.concatenate([np.array([row for _, row in words], np.int64), v + np.flatnonzero(kept[v:])])
    sums = None if model.squares is None else Squares(np.asarray(model.squares.features)[chosen], model.squares.labels)
    return replace(model, features=fewer, inputs=np.asarray(model.inputs)[chosen], codes=None, squares=sums)


def _with_codes(model: LabelModel, width: int) -> LabelModel:
    """Returns the model with codes of the right size that represent nothing, to find the size of its file."""
    rows, parts = len(model.inputs), -(-model.inputs.shape[1] // width)
    codes = QuantisedTable(
        np.zeros((rows, parts), np.uint8),
        np.zeros((parts, _CENTROIDS, width), np.float32),
        np.zeros(rows, np.uint8),
        np.zeros(_CENTROIDS, np.float32),
    )
    return replace(model, codes=codes, squares=None)
