"""The data of the page: words of both languages, their places, neighbours, translations and dictionary lines."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from align.bilingual.dictionary.cedict import Cedict
from align.bilingual.translator import Translator
from align.explore.dictionary_lines import lines_of_chinese, lines_of_english
from align.explore.projections import PlacedWords, Projection, place_words
from align.explore.reduced import reduce_points
from align.explore.tours import known_tours, tours
from align.meaning.axes import axis_names, axis_pairs, lookup
from align.progress import Report
from align.retrieval import nonzero_rows, top_k, unit_rows
from align.search import Neighbours
from align.space import Space
from align.text.chinese import pinyin, simplify_all

NEIGHBOURS, TRANSLATIONS = 10, 5
_SPARE = 4
"""How many times as many translations are sought as shown, because some are not among the page's words."""
_BLOCK = 1024
_IDEOGRAPHS = range(0x3400, 0xA000)


@dataclass(frozen=True, eq=False)
class PageWords:
    """The words of a page: rows of each language, by frequency. Word numbers count English words, then Chinese.

    Args:
      translator: the translator.
      source: rows of the English words, ascending, shape (v,).
      target: rows of the Chinese words, ascending, shape (w,).
    """

    translator: Translator
    source: Int[np.ndarray, " v"]
    target: Int[np.ndarray, " w"]

    def rows(self, *, reverse: bool) -> Int[np.ndarray, " v"]:
        """Returns the rows of one language, of Chinese with ``reverse``."""
        return self.target if reverse else self.source

    def space(self, *, reverse: bool) -> Space:
        """Returns the whole space of one language."""
        return self.translator.target if reverse else self.translator.source

    def points(self, *, reverse: bool) -> Float[np.ndarray, "v d"]:
        """Returns the points of the words of one language, shape (v, d)."""
        return self._points[reverse]

    @cached_property
    def _points(self) -> tuple[Float[np.ndarray, "v d"], Float[np.ndarray, "w d"]]:
        sides = ((self.space(reverse=reverse).vectors, self.rows(reverse=reverse)) for reverse in (False, True))
        english, chinese = (unit_rows(np.asarray(vectors[rows], np.float32)) for vectors, rows in sides)
        return english, chinese

    def names(self, *, reverse: bool) -> list[str]:
        """Returns the words of one language."""
        words = self.space(reverse=reverse).vocab.words
        return [str(words[int(row)]) for row in self.rows(reverse=reverse)]


def page_words(translator: Translator, limit: int) -> PageWords:
    """Returns the words of a page: the most frequent ones with a vector, and the words of axes and tours.

    Args:
      translator: the translator.
      limit: number of words a language; 0 means all.

    Raises:
      ValueError: a language has no word with a vector, or ``limit`` is below 0.
    """
    if limit < 0:
        raise ValueError(f"--words {limit}: must be at least 0 (0 means all words)")
    wanted = [word for tour in tours() for word in tour.words()]
    sides: list[Int[np.ndarray, " v"]] = []
    for space, language in ((translator.source, "en"), (translator.target, "zh")):
        pairs = [pair for name in axis_names() for pair in axis_pairs(name, "zh" if language == "zh" else "en")]
        named = lookup(space, [*wanted, *(word for pair in pairs for word in pair)]) if limit else np.zeros(0, int)
        known = np.flatnonzero(nonzero_rows(np.asarray(space.vectors)))
        rows = np.intersect1d(known, np.concatenate([known[: limit or None], named]))
        if not len(rows):
            raise ValueError(f"{space.name or language}: no word has a vector; a map needs some")
        sides.append(rows.astype(np.int64))
    return PageWords(translator, *sides)


@dataclass(frozen=True, eq=False)
class PageData:
    """What the page is made of: a JSON document and arrays (see ``payload.pack``)."""

    document: dict[str, Any]
    arrays: dict[str, np.ndarray]


def map_data(
    words: PageWords, *, title: str, projections: Sequence[Projection] = ("pca",), seed: int = 0, live: bool = False
) -> PageData:
    """Returns the data of the map: words, places, reduced points, axes and tours.

    Args:
      words: the words of the page.
      title: the title of the page.
      projections: names of the projections; the page shows the last one first.
      seed: seed of the projections.
      live: whether a local server answers the page's queries.

    Raises:
      ModuleNotFoundError: t-SNE is wanted, and openTSNE is not installed.
      ValueError: there are fewer than three words.
    """
    source, target = (words.points(reverse=reverse) for reverse in (False, True))
    placed = [place_words(name, source, target, seed=seed) for name in dict.fromkeys(projections)]
    reduced = reduce_points(np.concatenate([source, target]))
    names = [words.names(reverse=reverse) for reverse in (False, True)]
    ids = _ids(names)
    axes = _axes(words)
    document = {
        "title": title,
        "live": live,
        "seed": seed,
        "method": str(words.translator.details.get("method", "")),
        "sizes": [len(source), len(target)],
        "words": [*names[0], *names[1]],
        "pinyin": [pinyin(word) for word in names[1]],
        "traditional": _traditional_characters(names[1]),
        "projections": [{"name": one.name, "title": one.title} for one in placed],
        "axes": axes,
        "tours": known_tours(ids, axes),
        "probability": words.translator.by_chance or words.translator.resolved("best") == "best",
    }
    return PageData(document, _map_arrays(words, placed, reduced.codes, reduced.scale))


def _map_arrays(
    words: PageWords, placed: list[PlacedWords], codes: np.ndarray, scale: np.ndarray
) -> dict[str, np.ndarray]:
    """Returns the arrays of the map: frequency ranks from 1, codes, and the places of each projection."""
    ranks = np.concatenate([words.source, words.target]).astype(np.uint32) + np.uint32(1)
    return {"ranks": ranks, "codes": codes, "scale": scale, **{f"places.{one.name}": one.places for one in placed}}


def answer_data(words: PageWords, cedict: Cedict | None, *, report: Report = lambda *_: None) -> PageData:
    """Returns what a page without a server needs for each word: neighbours, translations and dictionary lines.

    Neighbours and translations are computed with all dimensions. Only words of the page count as neighbours or
    translations. Missing entries have the largest number of their type.

    Args:
      words: the words of the page.
      cedict: CC-CEDICT; None leaves the lines out.
      report: receives the stage, the words done and their number.
    """
    arrays: dict[str, np.ndarray] = {}
    total = sum(len(words.rows(reverse=reverse)) for reverse in (False, True))
    wide = max(len(words.source), len(words.target)) >= np.iinfo(np.uint16).max
    kind = np.dtype(np.uint32 if wide else np.uint16)
    done = 0
    sides: dict[str, list[Neighbours]] = {"neighbours": [], "translations": []}
    for reverse in (False, True):
        count = len(words.rows(reverse=reverse))
        for start in range(0, count, _BLOCK):
            block = np.arange(start, min(start + _BLOCK, count))
            sides["neighbours"].append(neighbours_of(words, block, reverse=reverse))
            sides["translations"].append(translations_of(words, block, reverse=reverse))
            done += len(block)
            report("neighbours and translations", done, total)
    for name, parts in sides.items():
        ids = np.concatenate([part.ids for part in parts])
        scores = np.concatenate([part.scores for part in parts])
        low, high = (float(pick(scores[ids >= 0], initial=0.0)) for pick in (np.min, np.max))
        span = max(high - low, 1e-9)
        arrays[name] = np.where(ids < 0, np.iinfo(kind).max, ids).astype(kind)
        levels = np.dtype(np.uint8 if name == "neighbours" else np.uint16)
        shares = np.where(ids < 0, 0, (scores - low) / span)
        arrays[f"{name}.scores"] = np.rint(shares * np.iinfo(levels).max).astype(levels)
        arrays[f"{name}.range"] = np.array([low, high], np.float32)
    return PageData({"dictionary": dictionary_lines(words, cedict)}, arrays)


def neighbours_of(words: PageWords, block: Int[np.ndarray, " q"], *, reverse: bool) -> Neighbours:
    """Returns the nearest words of the same language, by cosine in all dimensions.

    Args:
      words: the words of the page.
      block: places of the queries among the words of their language, shape (q,).
      reverse: whether they are Chinese.

    Returns:
      Places and cosines of the neighbours, both of shape (q, ``NEIGHBOURS``); -1 where there are fewer.
    """
    points = words.points(reverse=reverse)
    found = top_k(points[block], points, NEIGHBOURS, exclude=block[:, None])
    return _padded(found.ids, found.scores, NEIGHBOURS)


def translations_of(words: PageWords, block: Int[np.ndarray, " q"], *, reverse: bool) -> Neighbours:
    """Returns the best translations of words that are on the page, by the translator's own order.

    Args:
      words: the words of the page.
      block: places of the queries among the words of their language, shape (q,).
      reverse: whether they are Chinese.

    Returns:
      Places of the candidates among the page's words of the other language, and their probabilities or scores, both of
      shape (q, ``TRANSLATIONS``); -1 where there are fewer.
    """
    rows, others = words.rows(reverse=reverse)[block], words.rows(reverse=not reverse)
    other = words.space(reverse=not reverse)
    whole = len(others) == len(other)
    found = words.translator.nearest(rows, TRANSLATIONS * (1 if whole else _SPARE), reverse=reverse)
    place = np.full(len(other) + 1, -1)
    place[others] = np.arange(len(others))
    ids = place[found.ids]
    order = np.argsort(ids < 0, axis=1, kind="stable")[:, :TRANSLATIONS]
    ids, scores = np.take_along_axis(ids, order, axis=1), np.take_along_axis(found.scores, order, axis=1)
    if words.translator.by_chance:
        scores = np.full_like(scores, 1 / max(len(other), 1))
    elif words.translator.resolved("best") == "best":
        scores = np.maximum(scores, 0)
    return _padded(ids, np.where(ids < 0, 0, scores), TRANSLATIONS)


def _padded(ids: Int[np.ndarray, "q n"], scores: Float[np.ndarray, "q n"], width: int) -> Neighbours:
    """Returns ids and scores with ``width`` columns; added ids are -1, added scores 0."""
    gap = ((0, 0), (0, width - ids.shape[1]))
    return Neighbours(
        np.pad(ids, gap, constant_values=-1).astype(np.int64),
        np.pad(np.where(ids < 0, 0, scores), gap).astype(np.float32),
    )


def dictionary_lines(words: PageWords, cedict: Cedict | None) -> list[list[str]]:
    """Returns CC-CEDICT's lines of every word of the page; no lines at all without CC-CEDICT."""
    if cedict is None:
        return []
    english = [lines_of_english(cedict, word) for word in words.names(reverse=False)]
    return [*english, *(lines_of_chinese(cedict, word) for word in words.names(reverse=True))]


def _ids(names: list[list[str]]) -> dict[str, int]:
    """Returns the number of each word. A word of both languages has its English number."""
    ids: dict[str, int] = {}
    for number, word in enumerate([*names[0], *names[1]]):
        ids.setdefault(word, number)
    return ids


def _axes(words: PageWords) -> dict[str, list[list[int]]]:
    """Returns the built-in axes as pairs of word numbers, positive first; an axis of a single language is left out."""
    axes: dict[str, list[list[int]]] = {}
    for name in axis_names():
        pairs: list[list[int]] = []
        languages = 0
        for reverse, language in ((False, "en"), (True, "zh")):
            listed = axis_pairs(name, "zh" if language == "zh" else "en")
            rows = lookup(words.space(reverse=reverse), [word for pair in listed for word in pair]).reshape(-1, 2)
            place = np.full(len(words.space(reverse=reverse)) + 1, -1)
            place[words.rows(reverse=reverse)] = np.arange(len(words.rows(reverse=reverse)))
            found = place[rows]
            found = found[(found >= 0).all(axis=1)] + (len(words.source) if reverse else 0)
            languages += bool(len(found))
            pairs += [[int(a), int(b)] for a, b in found]
        if languages == 2:
            axes[name] = pairs
    return axes


def _traditional_characters(words: list[str]) -> str:
    """Returns traditional characters, each followed by its simplified form, for the characters of ``words``."""
    used = set("".join(words))
    characters = [chr(code) for code in _IDEOGRAPHS]
    pairs = zip(characters, simplify_all(characters), strict=True)
    return "".join(a + b for a, b in pairs if a != b and b in used)
