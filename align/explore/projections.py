"""Projections: the places of the words of both languages on one plane."""

from typing import Any, Literal, NamedTuple, get_args

import numpy as np
from jaxtyping import Float, UInt16

Projection = Literal["pca", "tsne"]
PROJECTIONS: tuple[Projection, ...] = get_args(Projection)
TITLES = {"pca": "PCA: principal components", "tsne": "t-SNE: neighbours together"}
LEVELS = 65_535
TSNE_DIMS = 50


class PlacedWords(NamedTuple):
    """A projection as the page stores it: two whole numbers from 0 to 65,535 per word, at one scale for both axes."""

    name: Projection
    title: str
    places: UInt16[np.ndarray, "v 2"]


def centred_languages(source: Float[np.ndarray, "v d"], target: Float[np.ndarray, "w d"]) -> Float[np.ndarray, "vw d"]:
    """Returns the points of both languages, each minus its language's mean, in one matrix of shape (v + w, d).

    Without this, the difference of the two languages' means would be the first component of every map.
    """
    return np.concatenate([source - source.mean(axis=0), target - target.mean(axis=0)])


def place_words(
    name: Projection, source: Float[np.ndarray, "v d"], target: Float[np.ndarray, "w d"], *, seed: int
) -> PlacedWords:
    """Returns the places of the words of both languages on one plane.

    Args:
      name: ``pca`` or ``tsne``.
      source: points of the English words, shape (v, d).
      target: points of the Chinese words, shape (w, d).
      seed: seed of t-SNE. PCA needs none.

    Returns:
      The projection; its places have shape (v + w, 2), English words first.

    Raises:
      ModuleNotFoundError: t-SNE is wanted, and openTSNE is not installed.
      ValueError: fewer than three words, or an unknown name.

    Source: van der Maaten & Hinton 2008 (t-SNE); Poličar, Stražar & Zupan 2019 (openTSNE).
    """
    if name not in PROJECTIONS:
        raise ValueError(f"projection {name!r}: must be {' or '.join(PROJECTIONS)}")
    x = centred_languages(source, target)
    if len(x) < 3:
        raise ValueError(f"{len(x)} words; a map needs three or more")
    plane = _components(x, 2)
    if name == "tsne":
        plane = _tsne(_components(x, TSNE_DIMS), seed=seed)
    return PlacedWords(name, TITLES[name], _on_grid(plane))


def _components(x: Float[np.ndarray, "v d"], kept: int) -> Float[np.ndarray, "v k"]:
    """Returns the first ``kept`` principal components of centred rows; each has its largest entry positive."""
    _, directions = np.linalg.eigh((x.T @ x).astype(np.float64))
    scores = (x @ directions[:, ::-1][:, :kept].astype(x.dtype)).astype(np.float64)
    if scores.shape[1] < 2:
        scores = np.pad(scores, ((0, 0), (0, 2 - scores.shape[1])))
    peaks = scores[np.abs(scores).argmax(axis=0), np.arange(scores.shape[1])]
    return scores * np.where(peaks < 0, -1.0, 1.0)


def _tsne(x: Float[np.ndarray, "v k"], *, seed: int) -> Float[np.ndarray, "v 2"]:
    """Returns openTSNE's plane, which starts from the first two principal components."""
    try:
        from openTSNE import TSNE  # pyright: ignore[reportMissingImports]
    except ModuleNotFoundError as error:
        message = "openTSNE is not installed; install it with: pip install 'align-words[explore]'"
        raise ModuleNotFoundError(message, name="openTSNE") from error

    settings: dict[str, Any] = {
        "perplexity": min(30.0, (len(x) - 1) / 3),
        "initialization": x[:, :2] / max(float(np.std(x[:, 0])), 1e-12) * 1e-4,
        "metric": "cosine",
        "random_state": seed,
        "n_jobs": 1,
    }
    fitted = TSNE(**settings).fit(x)
    return np.asarray(fitted, np.float64)


def _on_grid(plane: Float[np.ndarray, "v 2"]) -> UInt16[np.ndarray, "v 2"]:
    """Returns a plane as whole numbers from 0 to ``LEVELS``, centred, with one scale for both axes."""
    low, high = plane.min(axis=0), plane.max(axis=0)
    reach = max(float((high - low).max()) / 2, 1e-12)
    return np.rint(((plane - (low + high) / 2) / reach + 1) / 2 * LEVELS).astype(np.uint16)
