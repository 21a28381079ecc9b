"""The page of all concepts: an interactive map of their words in both languages, inside the report."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from align.bilingual.translator import Translator
from align.explore.assemble import write_page
from align.explore.tours import Tour
from align.retrieval import CSLSIndex, unit_rows
from align.space import Space
from align.text.vocab import Vocab
from experiments.homework.shapes import Comparison, Maps

FREQUENT = 1_000
"""Number of the most frequent words of each language around the words of the concepts."""


def in_common_spaces(done: Sequence[Comparison]) -> list[Comparison]:
    """Returns the comparisons in the pair of spaces in which most concepts are tested."""
    spaces = [(id(test.shown.english), id(test.shown.chinese)) for test in done]
    most = Counter(spaces).most_common(1)[0][0]
    return [test for test, pair in zip(done, spaces, strict=True) if pair == most]


def write_concept_page(done: Sequence[Comparison], maps: Maps, path: Path, *, seed: int) -> Path:
    """Writes a page whose tours are the concepts; its map is the rotation that was learned without their words.

    The concepts are those of ``in_common_spaces``.

    Raises:
        OSError: the file cannot be written.
    """
    kept = [test.shown for test in in_common_spaces(done)]
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
    return path
