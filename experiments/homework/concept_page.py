"""Interactive maps of some words in both languages, inside the report; the pages of the concepts."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Float

from align.bilingual.translator import Translator
from align.explore.assemble import write_page
from align.explore.tours import Tour
from align.retrieval import CSLSIndex, unit_rows
from align.space import Space
from align.text.chinese import has_hanzi
from align.text.vocab import Vocab
from experiments.homework.concepts import ConceptInSpaces
from experiments.homework.shapes import Comparison, Maps

FREQUENT = 1_000
"""Number of most frequent words of each language that a page shows beside the words of the concepts."""


def write_concept_pages(done: Sequence[Comparison], maps: Maps, folder: Path, *, seed: int) -> dict[str, Path]:
    """Writes a page for each pair of spaces, and returns the page of each concept.

    The first concepts of the result are those of the page with the most concepts.

    The tours of a page are the concepts that were tested in its spaces.

    Raises:
        OSError: a file cannot be written.
    """
    groups: dict[tuple[int, int], list[ConceptInSpaces]] = {}
    for test in done:
        groups.setdefault((id(test.shown.english), id(test.shown.chinese)), []).append(test.shown)
    pages: dict[str, Path] = {}
    for number, kept in enumerate(sorted(groups.values(), key=len, reverse=True), 1):
        path = folder / ("concepts.html" if number == 1 else f"concepts-{number}.html")
        _write_page(kept, maps, path, seed=seed)
        pages |= dict.fromkeys((shown.name for shown in kept), path)
    return pages


def _write_page(kept: Sequence[ConceptInSpaces], maps: Maps, path: Path, *, seed: int) -> None:
    """Writes the page of concepts of one pair of spaces; its map is the rotation learned without their words."""
    spaces = kept[0].english, kept[0].chinese
    learned = maps.between(*spaces)
    note = "Each word is joined to its translation; the rotation was learned without the words of any concept."
    views = [Tour(shown.name, shown.name, note, shown.pairs) for shown in kept]
    points = (learned.english @ learned.rotation, learned.chinese)
    write_word_map(spaces, points, path, title="Concepts in both languages", views=views, seed=seed)


def write_word_map(
    spaces: tuple[Space, Space],
    points: tuple[Float[np.ndarray, "v d"], Float[np.ndarray, "w d"]],
    path: Path,
    *,
    title: str,
    views: Sequence[Tour],
    seed: int,
) -> None:
    """Writes a page of the words of some tours, among the most frequent words of both languages.

    Args:
      spaces: the English and the Chinese space.
      points: their words in one common space, shapes (v, d) and (w, d).
      path: the HTML file to write.
      title: the title of the page.
      views: the tours.
      seed: seed of the projection.

    Raises:
      OSError: the file cannot be written.
    """
    named = [word for tour in views for word in tour.words()]
    sides: list[Space] = []
    for space, vectors, chinese in zip(spaces, points, (False, True), strict=True):
        words = [*space.vocab.words[:FREQUENT], *(word for word in named if has_hanzi(word) is chinese)]
        rows = sorted({space.vocab.index[str(word)] for word in words})
        vocab = Vocab([str(space.vocab.words[row]) for row in rows])
        sides.append(Space(vocab, unit_rows(vectors[rows]), name=space.name))
    index = CSLSIndex(sides[0].vectors, sides[1].vectors)
    translator = Translator(sides[0], sides[1], index.source_means, index.target_means, {"method": "Procrustes"})
    dims = points[0].shape[1]
    write_page(translator, path, cedict=None, limit=0, title=title, seed=seed, views=views, dims=dims)
