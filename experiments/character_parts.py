"""Parts of Chinese characters as sub-words: components and strokes beside the n-grams of characters.

Claim to test: fastText's vectors of Chinese words improve if a word's bag also has the components of its characters
(the direct parts in cjkvi-ids), or the n-grams of its strokes (the characters taken apart down to strokes by
cjk-decomp, in five kinds, lengths 3 to 6).
Source: Cao et al. 2018, cw2vec, AAAI, for n-grams of strokes. Half of the words of the rated pairs are removed from the
text, as in ``experiments.subwords``. Command: ``python -m experiments.character_parts [--words N] [--seed N]``, N words
of the default Chinese text (0: all of them).
"""

import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from rich.console import Console
from rich.table import Table

from align.catalogue import resolve
from align.evaluate.analogy import accuracy, read_questions
from align.evaluate.suite import QUESTIONS
from align.message import one_line
from align.progress import Report, counted
from align.space import Space
from align.text.corpus import Corpus
from align.text.units import UnitBags, ngrams
from align.text.vocab import Vocab
from align.train.fasttext import FastText, Ngrams
from align.train.models import train
from align.train.step import State
from experiments.options import parse_run, refuse
from experiments.subwords import EPOCHS, Material, material, mean_score

WORDS = 2_500_000
LENGTHS = (3, 6)
"""Lengths of n-grams of strokes."""
KINDS = {"㇐": 1, "㇀": 1, "㇑": 2, "㇚": 2, "㇓": 3, "㇒": 3, "㇔": 4, "㇏": 4, "㇃": 4}
"""The kinds of strokes: horizontal, vertical, left-falling, right-falling or dot; all others are turning (5)."""
_TIMES = re.compile(r"r(?!ef|ot)(\d?)")

Parts = Mapping[str, tuple[str, ...]]
"""Units of characters or words, by character or word."""


class Scores(NamedTuple):
    """Spearman's rho on unseen and on other pairs, means over the sets, and the accuracy of analogies."""

    unseen: float
    seen: float
    analogies: float


def read_components(path: Path) -> Parts:
    """Returns the direct components of each character in a table of cjkvi-ids; a character that is whole has none."""
    found: dict[str, tuple[str, ...]] = {}
    for line in path.read_text("utf-8").splitlines():
        fields = line.split("\t")
        if line.startswith("#") or len(fields) < 3:
            continue
        parts = re.sub(r"\[.*?\]|[⿰-⿻]|&[^;]*;", "", fields[2])
        found[fields[1]] = tuple(part for part in parts if part != fields[1])
    return found


def read_strokes(path: Path) -> Parts:
    """Returns the strokes of each character in a table of cjk-decomp, as digits of their kinds (``KINDS``)."""
    table: dict[str, tuple[str, list[str]]] = {}
    for line in path.read_text("utf-8").splitlines():
        name, _, rule = line.strip().partition(":")
        kind, _, parts = rule.rstrip(")").partition("(")
        table[name] = kind, [part for part in parts.split(",") if part]

    @cache
    def strokes(name: str) -> tuple[str, ...]:
        kind, parts = table.get(name, ("", []))
        if not parts:
            return (str(KINDS.get(name, 5)),)
        repeated = _TIMES.match(kind) if len(parts) == 1 else None
        return tuple(one for part in parts for one in strokes(part)) * (int(repeated[1] or 2) if repeated else 1)

    return {name: strokes(name) for name in table if len(name) == 1}


def component_units(word: str, parts: Parts) -> tuple[str, ...]:
    """Returns the components of all characters of a word."""
    return tuple(f"part {part}" for character in word for part in parts.get(character, ()))


def stroke_units(word: str, parts: Parts) -> tuple[str, ...]:
    """Returns the n-grams of the strokes of a word, all of whose characters follow one another."""
    text = "".join(stroke for character in word for stroke in parts.get(character, ()))
    return tuple(
        f"stroke {text[i : i + n]}" for n in range(LENGTHS[0], LENGTHS[1] + 1) for i in range(len(text) - n + 1)
    )


@dataclass(frozen=True, kw_only=True)
class UnitFastText(FastText):
    """fastText whose bags hold any named units. Its space also has the words ``unseen``, as means of their units."""

    units: Parts = field(default_factory=dict[str, tuple[str, ...]])
    """The units of each word, without the word itself."""
    unseen: tuple[str, ...] = ()

    def rows(self, vocab: Vocab) -> dict[str, int]:
        """Returns the row of each unit; rows below v are those of the words themselves."""
        names = sorted({unit for word in vocab.words for unit in self.units[word]})
        return {name: len(vocab) + i for i, name in enumerate(names)}

    def ngrams(self, vocab: Vocab, *, report: Report = lambda *_: None) -> Ngrams:
        """Returns the row of each word and the rows of its units."""
        del report
        row = self.rows(vocab)
        bags = [[i, *(row[unit] for unit in self.units[word])] for i, word in enumerate(vocab.words)]
        sizes = np.array([len(bag) for bag in bags])
        return Ngrams(np.arange(len(row)), UnitBags(np.array([i for bag in bags for i in bag]), sizes))

    def space_of(self, state: State, corpus: Corpus, ngrams: Ngrams) -> Space:
        """Returns the vectors of the corpus's words and of the unseen words."""
        table, row = np.asarray(state.parameters.tables["unit"])[:, : self.dim], self.rows(corpus.vocab)
        begins = np.cumsum(ngrams.bags.sizes) - ngrams.bags.sizes
        seen = np.add.reduceat(table[ngrams.bags.ids], begins) / ngrams.bags.sizes[:, None]
        built = {word: [row[unit] for unit in self.units[word] if unit in row] for word in self.unseen}
        built = {word: table[rows].mean(axis=0) for word, rows in built.items() if rows}
        vectors = np.concatenate([seen, *(vector[None] for vector in built.values())])
        return Space(Vocab([*corpus.vocab.words, *built]), vectors.astype(np.float32), name=corpus.name)


def units_of(words: Sequence[str], more: Callable[[str], tuple[str, ...]] | None) -> Parts:
    """Returns the n-grams of 1 to 3 characters of each word, and its units by ``more``."""
    return {word: (*ngrams(word, 1, 3), *(more(word) if more else ())) for word in words}


def scores(given: Material, more: Callable[[str], tuple[str, ...]] | None, *, epochs: int, seed: int) -> Scores:
    """Trains on the text without the hidden words, whose vectors are then built from their units, and scores."""
    seen = set(given.rest.vocab.words)
    unseen = tuple(word for word in given.whole.vocab.words if word not in seen)
    model = UnitFastText(units=units_of(given.whole.vocab.words, more), unseen=unseen, epochs=epochs)
    space = train(model, given.rest, seed=seed)
    found = accuracy(space.restrict(len(seen)), read_questions(resolve(QUESTIONS["zh"]))).total
    return Scores(mean_score(space, given.unseen)[0], mean_score(space, given.seen)[0], found.value)


def main(argv: Sequence[str] | None = None) -> int:
    """Trains with each kind of unit and prints a table; returns the exit status."""
    description = (__doc__ or "").split("\n", maxsplit=1)[0]
    options = parse_run(argv, description, module="experiments.character_parts", out="results", words=WORDS)
    table = Table("units", "unseen pairs", "other pairs", "analogies", title="Spearman's rho and accuracy")
    try:
        folder = resolve("hanzi-parts")
        components, strokes = read_components(folder / "ids.txt"), read_strokes(folder / "cjk-decomp.txt")
        kinds: dict[str, Callable[[str], tuple[str, ...]] | None] = {
            "characters": None,
            "characters, components": lambda word: component_units(word, components),
            "characters, strokes": lambda word: stroke_units(word, strokes),
        }
        given = material("zh", options.words, seed=options.seed)
        for name in counted(list(kinds), "models"):
            found = scores(given, kinds[name], epochs=EPOCHS["zh"], seed=options.seed)
            table.add_row(name, *(f"{value:.3f}" for value in found))
    except (KeyError, ValueError, OSError) as error:
        refuse(one_line(error))
    Console(width=120, highlight=False).print(table)
    return 0


if __name__ == "__main__":
    sys.exit(main())
