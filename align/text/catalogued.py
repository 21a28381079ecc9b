"""Readers that turn texts of the catalogue (CSV, tagged text, dictionaries) into running text."""

import csv
import html
import json
import os
import re
from collections.abc import Iterable, Iterator
from itertools import groupby, islice
from pathlib import Path

from align.catalogue import fetch, resolve
from align.text.reading import STDIN, Lines, Text, texts_in

PathLike = str | os.PathLike[str]

_HEADING = re.compile(r"\s*=.*=\s*")
_JOINED = re.compile(r" @([-,.])@ ")
_NEGATED = re.compile(r" n't\b")
_APOSTROPHE = re.compile(r'(?<=[A-Za-z])"(?=(?:d|ll|m|re|s|t|ve)\b)')
_TAG = re.compile(r"<[^<>]{1,40}>")
TAGGED = re.compile(r"\[?(\S+?)/[A-Za-z]+(?:\][A-Za-z]*)?(?:\s+|$)")
_PINYIN = re.compile(r"[(（\[]?[a-zɡ·'’ ]*[āáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜḿńňǹ][a-zɡāáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜ·'’ ]*[)）\]]?")
_NOTE = re.compile(r"（[^（）]*(?:）|\Z)")
_NUMBERING = re.compile(r"\d+\.|[(（]\d+[)）]|\[[^\[\]]*\]")


def texts_of(name: str) -> list[Text]:
    """Returns the files of a text of the catalogue, each with its reader.

    Raises:
        KeyError: no resource has this name.
        CatalogueError: the resource cannot be fetched.
    """
    return [Text(path, READERS.get(name)) for path in texts_in(fetch(name))]


def text_files(texts: PathLike | Text | Iterable[PathLike | Text], encoding: str) -> list[Text]:
    """Returns the files of ``texts``; ``encoding`` applies to files that are not texts of the catalogue.

    Args:
      texts: files, folders, ``-`` for standard input, or names of the catalogue.
      encoding: text encoding of the user's files.

    Raises:
      ValueError: no text is given.
      KeyError: no resource of the catalogue has this name.
      OSError: a file does not exist.
    """
    files: list[Text] = []
    for text in [texts] if isinstance(texts, str | os.PathLike | Text) else texts:
        if isinstance(text, Text):
            files += [Text(path, text.lines, text.encoding) for path in texts_in(text.path)]
        else:
            known = os.fspath(text)
            if known in READERS and not Path(text).exists():
                files += texts_of(known)
            else:
                path = Path(text) if known in STDIN else resolve(text)
                files += [Text(file, encoding=encoding) for file in texts_in(path)]
    if not files:
        raise ValueError("no text given")
    return files


def wikitext(lines: Iterator[str]) -> Iterator[str]:
    """Reads WikiText: drops headings and unknown words, and joins split words ("role @-@ playing", "do n't")."""
    for line in lines:
        if not _HEADING.fullmatch(line):
            yield _NEGATED.sub("n't", _JOINED.sub(r"\1", line.replace("<unk>", " "))).strip()


def columns(*names: str) -> Lines:
    """Returns a reader of CSV files with a header line that yields the columns ``names``.

    Tags are removed, and entities are decoded. A double quote instead of an apostrophe (``didn"t``, from a bad
    conversion) becomes an apostrophe. The reader raises ValueError if a column is missing.
    """

    def read(lines: Iterator[str]) -> Iterator[str]:
        csv.field_size_limit(1 << 28)
        rows = csv.DictReader(lines)
        missing = [name for name in names if name not in (rows.fieldnames or ())]
        if missing:
            raise ValueError(f"no column {missing[0]!r} in the CSV text; it has {', '.join(rows.fieldnames or ())}")
        for row in rows:
            texts = (html.unescape(_TAG.sub(" ", row[name])) for name in names if row[name])
            yield from (_APOSTROPHE.sub("'", text) for text in texts)

    return read


def tagged(lines: Iterator[str]) -> Iterator[str]:
    """Reads text of the form ``word/tag word/tag``, in which phrases may be in brackets, and joins the words.

    The words are joined so that one tokeniser splits all texts in the same way.

    >>> list(tagged(iter(["[中央/n  电台/n]nt  播出/v  。/w"])))
    ['中央电台播出。']
    """
    return (TAGGED.sub(r"\1", line).strip() for line in lines)


def tagged_words(lines: Iterator[str]) -> Iterator[str]:
    """Reads text of the form ``word/tag word/tag`` in a language with blanks between words.

    >>> list(tagged_words(iter(["The/at 1/2/cd cent/nn ./. "])))
    ['The 1/2 cent .']
    """
    return (" ".join(token.rpartition("/")[0] for token in line.split()) for line in lines)


def characters(lines: Iterator[str]) -> Iterator[str]:
    """Reads text with one character and its tag on each line and an empty line after each sentence.

    >>> list(characters(iter(["京 S-LOC", "城 O", "", "马 O"])))
    ['京城', '马']
    """
    for full, group in groupby(lines, lambda line: bool(line.strip())):
        if full:
            yield "".join(line.split()[0] for line in group)


def definitions(lines: Iterator[str]) -> Iterator[str]:
    r"""Reads a tab-separated dictionary: each headword and its definition (the last field), without numbers and pinyin.

    >>> list(definitions(iter(["晨风\t1.清晨的风。 2.鸟名。", "冬\t冬\t0\t[dōng]~天。"])))
    ['晨风 清晨的风。 鸟名。', '冬 冬天。']
    """
    for line in lines:
        word, _, rest = line.strip().partition("\t")
        meaning = _PINYIN.sub("", _NUMBERING.sub("", rest.rpartition("\t")[2]))
        yield f"{word} {meaning.replace('~', word).replace('～', word)}"


def documents(lines: Iterator[str]) -> Iterator[str]:
    r"""Reads a JSON list of documents, and yields their lines.

    >>> list(documents(iter(['["第一回", "话说\\n天下"]'])))
    ['第一回', '话说', '天下']
    """
    for document in json.loads("".join(lines)):
        yield from document.splitlines()


def poems(lines: Iterator[str]) -> Iterator[str]:
    r"""Reads a JSON list of poems, and yields their lines without the notes of editors.

    Notes are in parentheses, also over several lines, or quote a title in 《》.

    >>> list(poems(iter(['[{"title": "帝京篇", "paragraphs": ["秦川雄（一作宏）帝宅，", "見《全唐詩》。"]}]'])))
    ['秦川雄帝宅，']
    """
    for poem in json.loads("".join(lines)):
        text, notes = "\n".join(poem["paragraphs"]), 1
        while notes:
            text, notes = _NOTE.subn("", text)
        yield from (line for line in text.split("\n") if line and "《" not in line)


def synsets(lines: Iterator[str]) -> Iterator[str]:
    """Reads WordNet's data files: the words of each synset, then its definition and examples.

    >>> list(synsets(iter(["  1 licence", "00017222 03 n 02 plant 0 flora 0 001 @ 1 n 0000 | a living organism  "])))
    ['plant, flora: a living organism']
    """
    for line in lines:
        fields, bar, gloss = line.partition(" | ")
        if bar and not line.startswith("  "):
            columns = fields.split(" ")
            words = columns[4 : 4 + 2 * int(columns[3], 16) : 2]
            yield f"{', '.join(words).replace('_', ' ')}: {gloss.strip()}"


def labelled_rows(lines: Iterator[str]) -> Iterator[str]:
    r"""Reads lines ``class TAB text`` after three header lines, and yields the texts.

    >>> list(labelled_rows(iter(["Category\tText", "d\tstring", "class\t", "earn\tprofit rose"])))
    ['profit rose']
    """
    yield from (line.partition("\t")[2] for line in islice(lines, 3, None))


def extracts(lines: Iterator[str]) -> Iterator[str]:
    """Reads a JSON object of articles, and yields the first paragraph of each, its ``extract``.

    >>> list(extracts(iter(['{"Horse": {"title": "Horse", "extract": "The horse is a mammal."}}'])))
    ['The horse is a mammal.']
    """
    for article in json.loads("".join(lines)).values():
        yield from article["extract"].splitlines()


def distinct(lines: Iterator[str]) -> Iterator[str]:
    """Yields each line once.

    >>> list(distinct(iter(["good", "bad", "good"])))
    ['good', 'bad']
    """
    seen: set[str] = set()
    for line in lines:
        text = line.strip()
        if text not in seen:
            seen.add(text)
            yield text


READERS: dict[str, Lines] = {
    "wikitext-2": wikitext,
    "news-articles": columns("title", "subtitle", "text"),
    "movie-reviews": columns("text"),
    "peoples-daily": tagged,
    "brown": tagged_words,
    "msra-news": characters,
    "jionlp-definitions": definitions,
    "three-kingdoms": documents,
    "tang-poems": poems,
    "wordnet-definitions": synsets,
    "20-newsgroups": labelled_rows,
    "reuters-r52": labelled_rows,
    "wiki-topics": extracts,
    "inews-articles": distinct,
}
"""The readers of resources that are not running text."""
