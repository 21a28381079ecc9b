"""Labelled texts: words with parts of speech (in two languages) or named entities, and whole texts with a sentiment."""

import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Literal, NamedTuple

from align.catalogue import fetch
from align.text.reading import texts_in
from experiments.labelled_sets import some_texts

MAX_WORDS = 80
"""The largest number of words of a sentence. Longer sentences are left out, and longer whole texts are cut."""
Measure = Literal["words", "entities", "texts"]
_TAGGED = re.compile(r"\[?([^\s/]+)/([A-Za-z]+)\S*")
_BIO = {"B": "B", "S": "B", "M": "I", "E": "I", "O": "O"}
_PLAIN_TAG = re.compile(r"[a-z]+|[^a-z]+")


class Sentence(NamedTuple):
    """A sentence: its words, and the label of each word. A whole text has a single label."""

    words: list[str]
    labels: list[str]


class Task(NamedTuple):
    """A task for a classifier of vectors: labelled sentences for training and for testing."""

    name: str
    measure: Measure
    """The unit of the score: right words, entities found (F1), or right texts."""
    train: list[Sentence]
    test: list[Sentence]

    @property
    def sentences(self) -> list[Sentence]:
        """All sentences."""
        return self.train + self.test


def peoples_daily() -> Iterator[Sentence]:
    """Yields the sentences of People's Daily of January 1998, with the first letter of each word's tag."""
    for path in texts_in(fetch("peoples-daily")):
        for line in path.read_text(encoding="utf-8").splitlines():
            pairs = _TAGGED.findall(line)
            yield Sentence([word for word, _ in pairs], [tag.lower()[:1] for _, tag in pairs])


def brown() -> Iterator[Sentence]:
    """Yields the sentences of the Brown Corpus, one text of each genre in turn; tags are without their suffixes."""
    for path in sorted(texts_in(fetch("brown")), key=lambda path: (path.name[2:], path.name)):
        for line in path.read_text(encoding="latin-1").splitlines():
            pairs = [token.rpartition("/")[::2] for token in line.split()]
            found = [_PLAIN_TAG.match(tag) for _, tag in pairs]
            yield Sentence([word for word, _ in pairs], [tag[0] if tag else "" for tag in found])


def entities() -> Iterator[Sentence]:
    """Yields the sentences of the MSRA news in characters, with their named entities in the BIO scheme."""
    for path in texts_in(fetch("msra-news")):
        lines = path.read_text(encoding="utf-8").splitlines()
        for full, group in groupby(lines, lambda line: bool(line.strip())):
            if full:
                pairs = [line.split() for line in group]
                yield Sentence([pair[0] for pair in pairs], [_BIO[pair[-1][0]] + pair[-1][1:] for pair in pairs])


def some(sentences: Iterator[Sentence], words: int) -> list[Sentence]:
    """Returns the first sentences of 2 to 80 words, about ``words`` words in total; all of them if ``words`` is 0."""
    found: list[Sentence] = []
    count = 0
    for one in sentences:
        if words and count >= words:
            break
        if 2 <= len(one.words) <= MAX_WORDS:
            found.append(one)
            count += len(one.words)
    return found


def tagging(name: str, measure: Measure, sentences: Iterator[Sentence], words: int) -> Task:
    """Returns the task of labelling the words of sentences with about ``words`` words in total (0: all sentences).

    The last tenth of the sentences is for testing.

    Raises:
        ValueError: there are too few sentences.
    """
    found = some(sentences, words)
    split = len(found) * 9 // 10
    if not split:
        raise ValueError(f"{name}: {len(found)} sentences; at least 2 were expected")
    return Task(name, measure, found[:split], found[split:])


def sentiment(name: str, language: Literal["en", "zh"], count: int, *, seed: int) -> Task:
    """Returns the task of labelling ``count`` tweets (English) or shop reviews in characters (Chinese).

    A quarter of the texts is for testing.
    """
    source, tokeniser = ("tweets", "english") if language == "en" else ("reviews", "characters")
    texts = some_texts(source, tokeniser, count, seed=seed)
    found = [Sentence(one.text.split(" ")[:MAX_WORDS], list(one.labels)) for one in texts]
    split = len(found) * 3 // 4
    return Task(name, "texts", found[:split], found[split:])


def spans(labels: Sequence[str]) -> set[tuple[int, int, str]]:
    """Returns the entities in labels of the BIO scheme: beginning, end and kind; an I without its B is left out.

    >>> sorted(spans(["B-LOC", "I-LOC", "I-LOC", "O", "B-PER", "B-ORG", "I-LOC"]))
    [(0, 3, 'LOC'), (4, 5, 'PER'), (5, 6, 'ORG')]
    """
    found: set[tuple[int, int, str]] = set()
    begin, kind = 0, ""
    for place, label in enumerate([*labels, "O"]):
        if kind and label != f"I-{kind}":
            found.add((begin, place, kind))
            kind = ""
        if label.startswith("B-"):
            begin, kind = place, label[2:]
    return found
