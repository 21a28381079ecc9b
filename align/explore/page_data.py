"""The data of the map: words of both languages, their places, axes and tours."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from align.bilingual.translator import Translator
from align.explore.projections import PlacedWords, Projection, place_words
from align.explore.reduced import MAX_DIMS, reduce_points
from align.explore.tours import Tour, known_tours, tours
from align.meaning.axes import axis_names, axis_pairs, lookup
from align.retrieval import nonzero_rows, top_k, unit_rows
from align.space import Space
from align.text.chinese import simplify_all
from align.text.readings import pinyin

ANSWERS = 5
_IDEOGRAPHS = range(0x3400, 0xA000)


@dataclass(frozen=True, eq=False)
class PageWords:
    """The words of a page, as rows of each language's space. Word numbers count the English words, then the Chinese.

    Args:
      translator: the translator.
      source: rows of the English words, ascending, shape (v,).
      target: rows of the Chinese words, ascending, shape (w,).
      originals: the English and the Chinese space before they were mapped, to find neighbours in; None means the common
        space.
    """

    translator: Translator
    source: Int[np.ndarray, " v"]
    target: Int[np.ndarray, " w"]
    originals: tuple[Space, Space] | None = None

    def rows(self, *, reverse: bool) -> Int[np.ndarray, " v"]:
        """Returns the rows of the English words, or with ``reverse`` those of the Chinese words."""
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

    def original_points(self, *, reverse: bool) -> Float[np.ndarray, "v e"]:
        """Returns the vectors of one language before the mapping, as unit rows; zeros for a word without one."""
        if self.originals is None:
            return self.points(reverse=reverse)
        return self._original_points[reverse]

    @cached_property
    def _original_points(self) -> tuple[Float[np.ndarray, "v d"], Float[np.ndarray, "w e"]]:
        english, chinese = (
            _unit_or_zero(space, self.names(reverse=reverse))
            for reverse, space in zip((False, True), self.originals or (), strict=True)
        )
        return english, chinese

    def names(self, *, reverse: bool) -> list[str]:
        """Returns the words of one language."""
        words = self.space(reverse=reverse).vocab.words
        return [str(words[int(row)]) for row in self.rows(reverse=reverse)]


def _unit_or_zero(space: Space, names: Sequence[str]) -> Float[np.ndarray, "v d"]:
    """Returns the unit vectors of words, and zeros for words that the space lacks."""
    rows = space.vocab.ids(names)
    points = unit_rows(np.asarray(space.vectors[np.maximum(rows, 0)], np.float32))
    points[rows < 0] = 0
    return points


def page_words(translator: Translator, limit: int, originals: tuple[Space, Space] | None = None) -> PageWords:
    """Returns the words of a page: the most frequent ones with a vector, and the words of axes and tours.

    Args:
      translator: the translator.
      limit: number of the most frequent words of each language; 0 means all.
      originals: the two spaces before they were mapped, to find neighbours in; None means the common space.

    Raises:
      ValueError: a language has no word with a vector, a space of ``originals`` has no word of its language, or
        ``limit`` is below 0.
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
    words = PageWords(translator, sides[0], sides[1], originals)
    for reverse, original in zip((False, True), originals or (), strict=False):
        if (original.vocab.ids(words.names(reverse=reverse)) < 0).all():
            language = "Chinese" if reverse else "English"
            raise ValueError(f"{original.name}: has none of the {language} words of the translator")
    return words


@dataclass(frozen=True, eq=False)
class PageData:
    """The data of a page: a JSON document and arrays (see ``payload.pack``)."""

    document: dict[str, Any]
    arrays: dict[str, np.ndarray]


def map_data(
    words: PageWords,
    *,
    title: str,
    projections: Sequence[Projection] = ("pca",),
    seed: int = 0,
    live: bool = False,
    views: Sequence[Tour] | None = None,
    dims: int = MAX_DIMS,
) -> PageData:
    """Returns the data of the map: words, places, reduced points, axes and tours.

    Args:
      words: the words of the page.
      title: the title of the page.
      projections: names of the projections; the page shows the last one first.
      seed: seed of the projections.
      views: the tours; None means those of ``tours``.
      live: whether a local server answers the page's queries.
      dims: the largest number of dimensions that the page computes with.

    Raises:
      ModuleNotFoundError: t-SNE is wanted, and openTSNE is not installed.
      ValueError: there are fewer than three words.
    """
    source, target = (words.points(reverse=reverse) for reverse in (False, True))
    placed = [place_words(name, source, target, seed=seed) for name in dict.fromkeys(projections)]
    reduced = reduce_points(np.concatenate([source, target]), dims)
    names = [words.names(reverse=reverse) for reverse in (False, True)]
    ids = _ids(names)
    axes = _axes(words)
    document = {
        "title": title,
        "live": live,
        "seed": seed,
        "method": str(words.translator.details.get("method", "")),
        "sizes": [len(source), len(target)],
        "spaces": [space.name for space in words.originals or ()],
        "words": [*names[0], *names[1]],
        "pinyin": [pinyin(word) for word in names[1]],
        "traditional": _traditional_characters(names[1]),
        "projections": [{"name": one.name, "title": one.title} for one in placed],
        "axes": axes,
        "tours": [
            {**tour, "original": original_answers(words, tour["analogy"])} for tour in known_tours(ids, axes, views)
        ],
        "probability": words.translator.by_chance or words.translator.resolved("best") == "best",
    }
    return PageData(document, _map_arrays(words, placed, reduced.codes, reduced.scale))


def original_answers(words: PageWords, analogy: Sequence[int]) -> list[tuple[int, float]]:
    """Returns the answers to an analogy in its language's space before the mapping, best first.

    The answers to "a is to b as c is to ?" are the words nearest to b - a + c, without these three (3CosAdd).

    Args:
      words: the words of the page.
      analogy: the numbers of a, b and c.

    Returns:
      Word numbers and cosines of ``ANSWERS`` words; none if the page has no original spaces, if a, b and c are not
      three words of one language, or if the space lacks one of them.
    """
    first = len(words.source)
    reverse = bool(analogy) and analogy[0] >= first
    if words.originals is None or len(analogy) != 3 or any((word >= first) != reverse for word in analogy):
        return []
    points, shift = words.original_points(reverse=reverse), first if reverse else 0
    places = np.array(analogy) - shift
    a, b, c = points[places]
    if not all(row.any() for row in (a, b, c)):
        return []
    found = top_k(unit_rows((b - a + c)[None]), points, ANSWERS, exclude=places[None])
    return [
        (shift + int(place), round(float(score), 4))
        for place, score in zip(found.ids[0], found.scores[0], strict=True)
        if place >= 0
    ]


def _map_arrays(
    words: PageWords, placed: list[PlacedWords], codes: np.ndarray, scale: np.ndarray
) -> dict[str, np.ndarray]:
    """Returns the arrays of the map: frequency ranks from 1, codes, and the places of each projection."""
    ranks = np.concatenate([words.source, words.target]).astype(np.uint32) + np.uint32(1)
    return {"ranks": ranks, "codes": codes, "scale": scale, **{f"places.{one.name}": one.places for one in placed}}


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
