"""What the page shows for each word: its neighbours, translations and dictionary lines."""

import numpy as np
from jaxtyping import Float, Int

from align.bilingual.dictionary.cedict import Cedict
from align.explore.dictionary_lines import lines_of_chinese, lines_of_english
from align.explore.page_data import PageData, PageWords
from align.progress import Advance, Report, running_total
from align.retrieval import top_k
from align.search import Neighbours

NEIGHBOURS, TRANSLATIONS = 10, 5
_SPARE = 4
"""The number of translations to retrieve for each one shown, because some of them are not words of the page."""
_BLOCK = 256


def answer_data(words: PageWords, cedict: Cedict | None, *, report: Report = lambda *_: None) -> PageData:
    """Returns what a page without a server needs for each word: neighbours, translations and dictionary lines.

    Neighbours and translations are computed with all dimensions. Only words of the page count as neighbours or
    translations. Missing entries have the largest number of their type.

    Args:
      words: the words of the page.
      cedict: CC-CEDICT; None leaves the lines out.
      report: receives the stage, the number of words done, and their total. Each word counts twice, once for its
        neighbours and once for its translations.
    """
    arrays: dict[str, np.ndarray] = {}
    total = 2 * sum(len(words.rows(reverse=reverse)) for reverse in (False, True))
    advance = running_total(report, "neighbours and translations", total)
    wide = max(len(words.source), len(words.target)) >= np.iinfo(np.uint16).max
    kind = np.dtype(np.uint32 if wide else np.uint16)
    sides: dict[str, list[Neighbours]] = {"neighbours": [], "translations": []}
    for reverse in (False, True):
        every = np.arange(len(words.rows(reverse=reverse)))
        for block in np.split(every, range(_BLOCK, len(every), _BLOCK)):
            sides["neighbours"].append(neighbours_of(words, block, reverse=reverse))
            advance(len(block))
        sides["translations"].append(translations_of(words, every, reverse=reverse, progress=advance))
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
    return PageData({"dictionary": dictionary_lines(words, cedict), "cedict": cedict is not None}, arrays)


def neighbours_of(words: PageWords, block: Int[np.ndarray, " q"], *, reverse: bool) -> Neighbours:
    """Returns the nearest words of the same language, by cosine in the original space if the page has it.

    Args:
      words: the words of the page.
      block: numbers of the queries among the page's words of their language, shape (q,).
      reverse: whether the queries are Chinese.

    Returns:
      Numbers and cosines of the neighbours, both of shape (q, ``NEIGHBOURS``); -1 if there are fewer.
    """
    points = words.original_points(reverse=reverse)
    found = top_k(points[block], points, NEIGHBOURS, exclude=block[:, None])
    return _padded(found.ids, found.scores, NEIGHBOURS)


def translations_of(
    words: PageWords, block: Int[np.ndarray, " q"], *, reverse: bool, progress: Advance | None = None
) -> Neighbours:
    """Returns the translator's best translations of each word, among the words of the page.

    Args:
      words: the words of the page.
      block: numbers of the queries among the page's words of their language, shape (q,).
      reverse: whether the queries are Chinese.
      progress: receives the number of queries finished, block by block.

    Returns:
      Numbers of the candidates among the page's words of the other language, and their probabilities or scores, both of
      shape (q, ``TRANSLATIONS``); -1 if there are fewer.
    """
    rows, others = words.rows(reverse=reverse)[block], words.rows(reverse=not reverse)
    other = words.space(reverse=not reverse)
    whole = len(others) == len(other)
    found = words.translator.nearest(rows, TRANSLATIONS * (1 if whole else _SPARE), reverse=reverse, progress=progress)
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
    """Returns CC-CEDICT's lines for every word of the page; an empty list without CC-CEDICT."""
    if cedict is None:
        return []
    english = [lines_of_english(cedict, word) for word in words.names(reverse=False)]
    return [*english, *(lines_of_chinese(cedict, word) for word in words.names(reverse=True))]
