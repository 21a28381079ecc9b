"""The answers of a translator, and its wrong answers sorted into kinds by rules."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from align.bilingual.dictionary.cedict import Cedict
from align.bilingual.dictionary.dictionary import Dictionary
from align.bilingual.translator import Retrieval, Translator
from align.evaluate.lexicon import Lexicon
from align.space import Space
from align.text.forms import stems
from experiments.word_lists import list_path, read_list

HUB = 5
"""A word that is the first answer for at least this many test words is a hub."""
NEAR, TOPIC = 0.999, 0.99
"""Quantiles of the cosines of random pairs that a cosine must exceed for a near-synonym and for the same topic."""
_DRAWS = 200
_PREFIX = 5
_NEGATIONS = {
    "zh": ("不", "无", "非", "未", "没", "反"),
    "en": ("un", "in", "im", "il", "ir", "dis", "non", "non-", "anti", "anti-"),
}
_BRACKETS = re.compile(r"\([^()]*\)|\[[^\]]*\]")
_REMARKS = ("CL:", "variant of", "old variant", "see ", "surname ", "also written", "also pr.", "abbr. ", "used in ")


class Answer(NamedTuple):
    """A test word with its first answer.

    Attributes:
        word: the test word.
        rank: its frequency rank, from 1.
        first: the first answer.
        score: the score of the first answer.
        golds: the covered gold answers.
        place: the rank of the first gold answer among all candidates, from 1.
    """

    word: str
    rank: int
    first: str
    score: float
    golds: tuple[str, ...]
    place: int


class Kind(NamedTuple):
    """A kind of wrong answer: its name and its rule."""

    name: str
    rule: str


KINDS = (
    Kind("other form", "CC-CEDICT gives the pair for another form of the English word (plural, past, comparative, …)"),
    Kind(
        "in its definition",
        "the English word, or a form of it, is in CC-CEDICT's definition of the Chinese word",
    ),
    Kind(
        "opposite",
        "a translation of the English word's opposite (`data/opposites.tsv`, and the gender pairs), or a right answer "
        "negated or with one character replaced by its opposite",
    ),
    Kind("near-synonym", "as near to a right answer as the nearest 0.1% of random pairs"),
    Kind("same characters", "shares a character with a right answer (into English: its first five letters)"),
    Kind("hub", f"the first answer for {HUB} or more of the test words"),
    Kind("same topic", "as near to a right answer as the nearest 1% of random pairs"),
    Kind("other", "none of these"),
)
"""The kinds, in the order in which their rules are tried. The first rule that holds decides."""


class Mistake(NamedTuple):
    """A wrong answer, its kind, and its cosine with the nearest right answer in the space of its language."""

    answer: Answer
    kind: str
    cosine: float


class SortedAnswers(NamedTuple):
    """All answers of a direction, the mistakes among them, and the cosines at the quantiles ``TOPIC`` and ``NEAR``."""

    reverse: bool
    answers: tuple[Answer, ...]
    mistakes: tuple[Mistake, ...]
    topic: float
    near: float

    def of(self, kind: str) -> list[Mistake]:
        """Returns the mistakes of one kind."""
        return [mistake for mistake in self.mistakes if mistake.kind == kind]


def answers_of(
    translator: Translator, test: Dictionary, lexicon: Lexicon, *, retrieval: Retrieval, reverse: bool
) -> tuple[Answer, ...]:
    """Returns the first answer to every covered word of ``test``; ``lexicon`` has the ranks by the same retrieval."""
    source, target = translator.spaces(reverse=reverse)
    golds = test.covered(source.vocab, target.vocab).targets
    found = translator.nearest(lexicon.rows, 1, retrieval, reverse=reverse)
    return tuple(
        Answer(word, int(row) + 1, target.vocab.words[int(ids[0])], float(scores[0]), golds[word], int(place))
        for row, ids, scores, place in zip(lexicon.rows, found.ids, found.scores, lexicon.ranks, strict=True)
        if (word := source.vocab.words[int(row)])
    )


def sort_mistakes(
    answers: Sequence[Answer], space: Space, cedict: Cedict, *, reverse: bool, seed: int
) -> SortedAnswers:
    """Sorts the wrong answers by ``KINDS``; ``space`` is the original space of the answers' language."""
    cosines = gold_cosines(answers, space)
    rng = np.random.default_rng([seed, 4 + reverse])
    drawn = np.repeat(np.arange(len(answers))[:, None], max(0, min(_DRAWS, len(answers) - 1)), axis=1)
    topic, near = chance_quantiles(cosines, drawn, (TOPIC, NEAR), rng)
    counts = Counter(answer.first for answer in answers)
    rules = Rules(cedict, "en" if reverse else "zh", topic, near, counts)
    mistakes = tuple(
        Mistake(answer, rules.kind(answer, cosine), cosine)
        for answer, cosine in zip(answers, cosines.diagonal().tolist(), strict=True)
        if answer.place > 1
    )
    return SortedAnswers(reverse, tuple(answers), mistakes, topic, near)


def hubs(firsts: Iterable[str]) -> list[tuple[str, int]]:
    """Returns the answers that come first at least ``HUB`` times, with their counts, most frequent first."""
    return [(word, count) for word, count in Counter(firsts).most_common() if count >= HUB]


def gold_cosines(answers: Sequence[Answer], space: Space) -> Float[np.ndarray, "q q"]:
    """Returns the largest cosine of each first answer (column) with a right answer to each test word (row).

    The diagonal has the cosines of the answers with right answers to their own words.

    Args:
        answers: the answers to q test words.
        space: the space of the answers' language.
    """
    unit = space.unit
    firsts = unit[space.vocab.ids([answer.first for answer in answers])]
    rows = [(firsts @ unit[space.vocab.ids(answer.golds)].T).max(axis=1) for answer in answers]
    return np.stack(rows) if rows else np.zeros((0, 0))


def chance_quantiles(
    cosines: Float[np.ndarray, "q q"],
    drawn: Int[np.ndarray, "*n"],
    shares: Sequence[float],
    rng: np.random.Generator,
) -> list[float]:
    """Returns quantiles of the cosines of random pairs: a first answer, and a right answer to another test word.

    Args:
        cosines: made by ``gold_cosines``.
        drawn: the numbers of the first answers; each is paired with a random other word.
        shares: the shares of the pairs below the quantiles.
        rng: source of the other words.

    Returns:
        The quantiles; 1 if there are fewer than two test words.
    """
    count = len(cosines)
    if count < 2:
        return [1.0] * len(shares)
    others = (drawn + rng.integers(1, count, drawn.shape)) % count
    return np.quantile(cosines[others, drawn], shares).tolist()


@dataclass(frozen=True, eq=False)
class Rules:
    """The rules of ``KINDS``.

    Args:
        cedict: the dictionary.
        language: the language of the answers, "en" or "zh".
        topic: smallest cosine of the same topic.
        near: smallest cosine of a near-synonym.
        counts: the number of test words that each word is the first answer to.
    """

    cedict: Cedict
    language: str
    topic: float
    near: float
    counts: Mapping[str, int]

    @cached_property
    def opposites(self) -> Mapping[str, frozenset[str]]:
        """The opposites of English words and Chinese characters: `data/opposites.tsv`, and the gender pairs."""
        pairs = [(one, other) for _, one, other in read_list(list_path("opposites.tsv"), 3)]
        relations = read_list(list_path("relations.tsv"), 4)
        pairs += [(one, other) for name, language, one, other in relations if (name, language) == ("gender", "en")]
        found: dict[str, frozenset[str]] = {}
        for one, other in (*pairs, *((other, one) for one, other in pairs)):
            found[one] = found.get(one, frozenset()) | {other}
        return found

    def kind(self, answer: Answer, cosine: float) -> str:
        """Returns the name of the first kind whose rule holds for a wrong answer."""
        english, chinese = (answer.first, answer.word) if self.language == "en" else (answer.word, answer.first)
        tests: tuple[Callable[[], bool], ...] = (
            lambda: self.attested(english, chinese),
            lambda: self.mentioned(english, chinese),
            lambda: self.opposite(english, chinese) or any(self.negated(answer.first, gold) for gold in answer.golds),
            lambda: cosine >= self.near,
            lambda: any(self.shares_stem(answer.first, gold) for gold in answer.golds),
            lambda: self.counts[answer.first] >= HUB,
            lambda: cosine >= self.topic,
        )
        return next((kind.name for kind, holds in zip(KINDS, tests, strict=False) if holds()), KINDS[-1].name)

    def attested(self, english: str, chinese: str) -> bool:
        """Returns whether CC-CEDICT has the pair, for any form of the English word."""
        wanted = word_forms(english)
        return any(wanted & word_forms(sense.english) for sense in self.cedict.senses_of(chinese))

    def mentioned(self, english: str, chinese: str) -> bool:
        """Returns whether a gloss of the Chinese word, without brackets, contains a form of the English word.

        Glosses that are remarks, such as classifiers and variants, do not count.
        """
        wanted = word_forms(english)
        glosses = (gloss for entry in self.cedict.of_chinese(chinese) for gloss in entry.glosses)
        words = (
            word for gloss in glosses if not gloss.startswith(_REMARKS) for word in _BRACKETS.sub(" ", gloss).split()
        )
        return any(wanted & word_forms(word.strip(".,;:!?\"'")) for word in words)

    def opposite(self, english: str, chinese: str) -> bool:
        """Returns whether CC-CEDICT translates an opposite of the English word by the Chinese word."""
        words = {other for form in word_forms(english) for other in self.opposites.get(form, ())}
        return any(self.attested(other, chinese) for other in words)

    def negated(self, one: str, other: str) -> bool:
        """Returns whether one word is the negation of the other, or has its opposite in place of one character."""
        longer, shorter = (one, other) if len(one) > len(other) else (other, one)
        if any(longer == before + shorter for before in _NEGATIONS[self.language]):
            return True
        changed = [(a, b) for a, b in zip(one, other, strict=False) if a != b]
        return len(one) == len(other) and len(changed) == 1 and changed[0][1] in self.opposites.get(changed[0][0], ())

    def shares_stem(self, one: str, other: str) -> bool:
        """Returns whether two words share a character (Chinese), or their first five letters (English)."""
        if self.language == "zh":
            return bool(set(one) & set(other))
        return len(one) >= _PREFIX and one[:_PREFIX].casefold() == other[:_PREFIX].casefold()


def word_forms(word: str) -> frozenset[str]:
    """Returns an English word, case-folded, and the possible stems of at least three letters.

    >>> sorted(word_forms("Horses"))
    ['hors', 'horse', 'horses']
    """
    lower = word.casefold()
    return frozenset((lower, *(stem.word for stem in stems(lower) if len(stem.word) >= 3)))


def draw(answers: Sequence[Answer], count: int, rng: np.random.Generator) -> list[Answer]:
    """Draws up to ``count`` of ``answers`` at random and returns them in their order."""
    drawn = np.sort(rng.choice(len(answers), min(count, len(answers)), replace=False)) if answers else []
    return [answers[i] for i in drawn]
