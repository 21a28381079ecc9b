"""The pages of the concepts: interactive maps of their words in both languages, inside the report."""

from collections.abc import Sequence
from pathlib import Path

from align.bilingual.translator import Translator
from align.explore.assemble import write_page
from align.explore.tours import Tour
from align.retrieval import CSLSIndex, unit_rows
from align.space import Space
from align.text.vocab import Vocab
from experiments.homework.concepts import Shown
from experiments.homework.shapes import Comparison, Maps

FREQUENT = 1_000
"""Number of the most frequent words of each language around the words of the concepts."""


def write_concept_pages(done: Sequence[Comparison], maps: Maps, folder: Path, *, seed: int) -> dict[str, Path]:
    """Writes a page for each pair of spaces; returns the page of each concept, those of the largest page first.

    The tours of a page are the concepts that were tested in its spaces.

    Raises:
        OSError: a file cannot be written.
    """
    groups: dict[tuple[int, int], list[Shown]] = {}
    for test in done:
        groups.setdefault((id(test.shown.english), id(test.shown.chinese)), []).append(test.shown)
    pages: dict[str, Path] = {}
    for number, kept in enumerate(sorted(groups.values(), key=len, reverse=True), 1):
        path = folder / ("concepts.html" if number == 1 else f"concepts-{number}.html")
        _write_page(kept, maps, path, seed=seed)
        pages |= dict.fromkeys((shown.name for shown in kept), path)
    return pages


def _write_page(kept: Sequence[Shown], maps: Maps, path: Path, *, seed: int) -> None:
    """Writes the page of concepts of one pair of spaces; its map is the rotation learned without their words."""
    spaces = kept[0].english, kept[0].chinese
    learned = maps.between(*spaces)
    sides = (learned.english @ learned.rotation, learned.chinese)
    points: list[Space] = []
    for side, (space, vectors) in enumerate(zip(spaces, sides, strict=True)):
        named = {pair[side] for shown in kept for pair in shown.pairs}
        words = [*space.vocab.words[:FREQUENT], *sorted(named)]
        rows = sorted({space.vocab.index[str(word)] for word in words})
        vocab = Vocab([str(space.vocab.words[row]) for row in rows])
        points.append(Space(vocab, unit_rows(vectors[rows]), name=space.name))
    index = CSLSIndex(points[0].vectors, points[1].vectors)
    translator = Translator(points[0], points[1], index.source_means, index.target_means, {"method": "Procrustes"})
    note = "Each word is joined to its translation; the rotation was learned without the words of any concept."
    listed = [Tour(shown.name, shown.name, note, shown.pairs) for shown in kept]
    write_page(translator, path, cedict=None, limit=0, title="Concepts in both languages", seed=seed, views=listed)
