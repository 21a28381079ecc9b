"""Measurements of the part on offsets: offsets and analogies of the pairs of `data/relations.tsv` in a space."""

import os
import zlib
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Int

from align.bilingual.dictionary.dictionary import forms
from align.evaluate.analogy import Method, Question, nearest_to_c, rank_answers, three_cos_add, three_cos_mul
from align.meaning.geometry import holm
from align.meaning.offsets import Parallel, parallelism
from align.progress import counted
from align.space import Space
from experiments.word_lists import list_path, read_list

MIN_PAIRS = 5
"""The smallest number of covered pairs with which a relation is tested."""
LANGUAGES = {"en": "English", "zh": "Chinese"}

Pair = tuple[str, str]


class Relation(NamedTuple):
    """Word pairs of one language that have one relation; ``language`` is "en" or "zh"."""

    name: str
    language: str
    pairs: tuple[Pair, ...]

    @property
    def key(self) -> tuple[str, str]:
        """The unique key of the relation: language and name."""
        return self.language, self.name


class CoveredRelation(NamedTuple):
    """A relation in a space: the pairs that it covers, in its spelling, and the words that it lacks."""

    relation: Relation
    space: Space
    pairs: tuple[Pair, ...]
    missing: tuple[str, ...]

    @property
    def name(self) -> str:
        """Language and relation, as in `English gender`."""
        return f"{LANGUAGES[self.relation.language]} {self.relation.name}"


class Answers(NamedTuple):
    """Ranks of the gold answer d to a : b = c : ?, over all ordered pairs of pairs (a, b), (c, d).

    Attributes:
        questions: the questions.
        first: the first answers of 3CosAdd.
        add: ranks by 3CosAdd, with a, b and c excluded from the answers.
        mul: ranks by 3CosMul, with a, b and c excluded.
        nearest: ranks by the baseline cos(x, c), with a, b and c excluded.
        kept: ranks by 3CosAdd with a, b and c allowed as answers.
        kept_b: share of questions whose first answer is b if a, b and c are allowed.
        kept_c: share of questions whose first answer is c if a, b and c are allowed.
    """

    questions: tuple[Question, ...]
    first: tuple[str, ...]
    add: Int[np.ndarray, " q"]
    mul: Int[np.ndarray, " q"]
    nearest: Int[np.ndarray, " q"]
    kept: Int[np.ndarray, " q"]
    kept_b: float
    kept_c: float


class Finding(NamedTuple):
    """A covered relation with its measurements; both p-values have Holm's correction over all tests of ``examine``."""

    cover: CoveredRelation
    parallel: Parallel
    answers: Answers
    random_p: float
    shuffled_p: float


def read_relations(path: str | os.PathLike[str] | None = None) -> tuple[Relation, ...]:
    """Reads relations from lines of relation, language, first and second word; by default from the project's file.

    Raises:
        ValueError: a line does not have four fields, or its language is neither `en` nor `zh`.
    """
    file = list_path("relations.tsv") if path is None else path
    groups: dict[tuple[str, str], list[Pair]] = {}
    for name, language, first, second in read_list(file, 4):
        if language not in LANGUAGES:
            raise ValueError(f"{file}: the language of {first!r} is {language!r}; 'en' or 'zh' was expected")
        groups.setdefault((name, language), []).append((first, second))
    return tuple(Relation(name, language, tuple(pairs)) for (name, language), pairs in groups.items())


def cover(relation: Relation, space: Space) -> CoveredRelation:
    """Looks the pairs up in the space, ignoring case (Paris, paris)."""
    spelling = forms((word for pair in relation.pairs for word in pair), space.vocab)
    pairs = tuple((spelling[a], spelling[b]) for a, b in relation.pairs if a in spelling and b in spelling)
    return CoveredRelation(
        relation, space, pairs, tuple(w for pair in relation.pairs for w in pair if w not in spelling)
    )


def examine(covers: Sequence[CoveredRelation], *, draws: int, seed: int) -> list[Finding]:
    """Measures every relation with at least ``MIN_PAIRS`` covered pairs.

    The random numbers of a relation depend only on the seed, the relation and the space. Holm's correction covers both
    nulls of all relations.
    """
    large = [cover for cover in covers if len(cover.pairs) >= MIN_PAIRS]
    measured = [(c, _parallel(c, draws, seed), answer(c.pairs, c.space)) for c in counted(large, "relations")]
    p = holm(np.array([[parallel.random.p, parallel.shuffled.p] for _, parallel, _ in measured]).reshape(-1))
    return [Finding(*row, float(p[2 * i]), float(p[2 * i + 1])) for i, row in enumerate(measured)]


def _parallel(cover: CoveredRelation, draws: int, seed: int) -> Parallel:
    """Measures how parallel the offsets of a relation are; the random numbers depend on its name and space."""
    key = zlib.crc32(f"{cover.name}/{cover.space.name}".encode())
    rows = cover.space.vocab.ids(word for pair in cover.pairs for word in pair).reshape(-1, 2)
    return parallelism(cover.space.unit, rows, draws=draws, rng=np.random.default_rng([seed, key]))


def answer(pairs: Sequence[Pair], space: Space) -> Answers:
    """Answers an analogy question for every ordered pair of pairs."""
    questions = [Question(*first, *second) for first in pairs for second in pairs if first != second]

    def ranks(method: Method) -> Int[np.ndarray, " q"]:
        return rank_answers(space, questions, method=method).ranks

    add = rank_answers(space, questions, method=three_cos_add)
    kept = rank_answers(space, questions, method=three_cos_add, keep=True)
    return Answers(
        questions=tuple(questions),
        first=tuple(add.first),
        add=add.ranks,
        mul=ranks(three_cos_mul),
        nearest=ranks(nearest_to_c),
        kept=kept.ranks,
        kept_b=float(np.mean([word == q.b for word, q in zip(kept.first, questions, strict=True)])),
        kept_c=float(np.mean([word == q.c for word, q in zip(kept.first, questions, strict=True)])),
    )


def right(ranks: Int[np.ndarray, " q"], k: int = 1) -> float:
    """Returns the share of questions with the gold answer among the first ``k``."""
    return float(np.mean(ranks <= k))
