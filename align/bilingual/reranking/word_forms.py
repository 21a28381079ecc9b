"""Forms of a word: the base that an inflected English word or a Chinese word with a particle comes from."""

from collections.abc import Container, Mapping, Sequence

import numpy as np
from jaxtyping import Bool, Float, Int

from align.text.chinese import has_hanzi

_VOWELS = "aeiou"
_PARTICLES = "了着们的"


def base_of(word: str, known: Container[str]) -> str:
    """Returns the base of an inflected word if ``known`` contains it, else "".

    English plurals, third persons, past tenses and participles lose -s, -ed or -ing, with the usual changes of
    spelling (cities, stopped, making). A Chinese word loses 了, 着, 们 or 的 at its end.

    >>> known = {"city", "stop", "make", "glass", "朋友"}
    >>> [base_of(word, known) for word in ("cities", "stopped", "making", "glass", "朋友们", "makes")]
    ['city', 'stop', 'make', '', '朋友', 'make']
    """
    if has_hanzi(word):
        bases = [word[:-1]] if len(word) > 1 and word[-1] in _PARTICLES else []
    else:
        bases = _english_bases(word)
    return next((base for base in bases if base in known), "")


def is_inflected(
    words: Sequence[str], row_of: Mapping[str, int], rows: Int[np.ndarray, " n"]
) -> Bool[np.ndarray, " n"]:
    """Returns whether each of the words ``rows`` of a vocabulary has a base in it."""
    distinct, which = np.unique(rows, return_inverse=True)
    numbers: list[int] = distinct.tolist()
    return np.array([bool(base_of(words[row], row_of)) for row in numbers], bool)[which]


def form_features(
    words: Sequence[str], row_of: Mapping[str, int], ids: Int[np.ndarray, "q k"], scores: Float[np.ndarray, "q k"]
) -> dict[str, np.ndarray]:
    """Returns the features of candidates from their other forms.

    The other forms of a candidate are the candidates of the same query with the same base, and its base. The base of
    buildings is build: a base has no base itself. A dictionary mostly has bases, and the forms of a word support each
    other.

    Args:
      words: the vocabulary of the candidates.
      row_of: the row of each word.
      ids: the candidates of each query, shape (q, k).
      scores: their scores, shape (q, k).

    Returns:
      By name, in shape (q k,): whether the candidate is inflected (``inflected``), the number of its other forms
      (``forms``), its score minus that of the best of them (``above best form``; 0 if there is none), whether its base
      is a candidate (``base``), and its score minus that of the base (``above base``; 0 if it is not a candidate).
    """
    rows: list[int] = np.unique(ids).tolist()
    base = {row: row_of[_last_base(words[row], row_of)] for row in rows}
    bases = np.array([base[row] for row in ids.ravel().tolist()], np.int64).reshape(ids.shape)
    others = ~np.eye(ids.shape[1], dtype=bool)
    forms = (bases[:, :, None] == bases[:, None, :]) & others
    based = (bases[:, :, None] == ids[:, None, :]) & others
    best, own = (np.where(which, scores[:, None, :], -np.inf).max(axis=2) for which in (forms, based))
    found = {
        "inflected": bases != ids,
        "forms": forms.sum(axis=2),
        "above best form": np.where(np.isfinite(best), scores - best, 0),
        "base": np.isfinite(own),
        "above base": np.where(np.isfinite(own), scores - own, 0),
    }
    return {name: values.ravel() for name, values in found.items()}


def _last_base(word: str, known: Container[str]) -> str:
    """Returns the base of the base ... of a known word; the word itself if it has none."""
    while base := base_of(word, known):
        word = base
    return word


def _english_bases(word: str) -> list[str]:
    """Returns the words that ``word`` may be an inflected form of: of "rating", rate before rat."""
    for ending in ("s", "ed", "ing"):
        stem = word.removesuffix(ending)
        if stem == word or len(stem) < 3:
            continue
        if ending == "s":
            if stem[-1] in "su" or word.endswith("is"):
                return []
            return [f"{stem[:-2]}y"] * stem.endswith("ie") + [stem] + [stem[:-1]] * stem.endswith("e")
        doubled = [stem[:-1]] if stem[-1] == stem[-2] and stem[-1] not in _VOWELS else []
        return [f"{stem[:-1]}y"] * (ending == "ed" and stem[-1] == "i") + [f"{stem}e", stem, *doubled]
    return []
