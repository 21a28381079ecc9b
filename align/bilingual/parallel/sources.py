"""Parallel texts of the catalogue: English and Chinese sentence pairs by name."""

import html
import json
import lzma
import re
import tarfile
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from align.bilingual.dictionary.cedict import load_cedict
from align.bilingual.dictionary.gloss import Entry, is_remark
from align.bilingual.parallel.reading import SentencePair, checked, read_sentence_pairs
from align.catalogue import fetch
from align.catalogue.unpack import members
from align.text.chinese import has_hanzi

_CLASS = re.compile(r"^class (\w+)\(", re.MULTILINE)
_QUOTED = re.compile(r'r?"""(.*?)"""', re.DOTALL)
_PARAMETER = re.compile(r":param (_?\w+): (.*?)(?=\n\s*:type|\n\s*:rtype|\Z)", re.DOTALL)
_MARKUP = re.compile(r"<[^<>]*>|\(https?[^)]*\)|https?://\S+|\[([^\]]*)\]\([^)]*\)|`")
_PARAGRAPH = re.compile(r'<(p|h\d)\b[^>]* id="(\w+)"[^>]*>(.*?)</\1>', re.DOTALL)
_TAG = re.compile(r"<[^<>]*>")
_BRACKETS = re.compile(r"\[[^\[\]]*\]|\S+\|")
_HELP = "usr/share/libreoffice/help"


def cloud_docs() -> Iterator[SentencePair]:
    """Yields the lines of the documentation of cloud services, matched by file, class and parameter."""
    english, chinese = (dict(_documentation(fetch(name))) for name in ("tencent-docs-en", "tencent-docs-zh"))
    for key, text in english.items():
        if key in chinese:
            yield from _line_pairs(text, chinese[key])


def _documentation(wheel: Path) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yields (file, class, parameter) and the text of each parameter, and of each class without parameters."""
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            if not name.endswith("models.py"):
                continue
            source = archive.read(name).decode()
            starts = list(_CLASS.finditer(source))
            for start, stop in zip(starts, [*starts[1:], None], strict=True):
                body = source[start.end() : stop.start() if stop else None]
                for text in _QUOTED.findall(body):
                    found = list(_PARAMETER.finditer(text))
                    if not found:
                        yield (name, start[1], ""), text
                    yield from (((name, start[1], match[1]), match[2]) for match in found)


def _line_pairs(english: str, chinese: str) -> Iterator[SentencePair]:
    """Yields the lines of two texts as pairs, or both texts whole if the numbers of lines differ."""
    sides = [
        [
            line
            for raw in _MARKUP.sub(lambda found: found[1] or " ", text).split("\n")
            if (line := " ".join(raw.split()))
        ]
        for text in (english, chinese)
    ]
    yield from (
        zip(*sides, strict=True) if len(sides[0]) == len(sides[1]) else [(" ".join(sides[0]), " ".join(sides[1]))]
    )


def office_help() -> Iterator[SentencePair]:
    """Yields the paragraphs of LibreOffice's help, matched by page and paragraph."""
    english = dict(_help_pages(fetch("libreoffice-help-en"), "en-US"))
    for name, page in _help_pages(fetch("libreoffice-help-zh"), "zh-CN"):
        originals = english.get(name, {})
        yield from ((originals[key], text) for key, text in page.items() if key in originals)


def _help_pages(archive: Path, language: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Yields the name of each page, and its paragraphs by their ``id``."""
    for path, stream in members(archive, f"{_HELP}/{language}/text/*.html"):
        found = _PARAGRAPH.finditer(stream.read().decode())
        name = path.partition(f"/{language}/")[2]
        yield name, {match[2]: " ".join(html.unescape(_TAG.sub("", match[3])).split()) for match in found}


def cataclysm() -> Iterator[SentencePair]:
    """Yields the texts of the game Cataclysm: Dark Days Ahead: descriptions, dialogues and messages."""
    yield from read_sentence_pairs(fetch("cataclysm"))


def emoji_annotations() -> Iterator[SentencePair]:
    """Yields the names and keywords of each emoji in Unicode's common locale data."""
    tables = [
        json.loads(fetch(f"emoji-annotations-{language}").read_text(encoding="utf-8")) for language in ("en", "zh")
    ]
    english, chinese = (table["annotations"]["annotations"] for table in tables)
    for emoji, entry in english.items():
        if emoji in chinese:
            yield _keywords(entry), _keywords(chinese[emoji])


def _keywords(entry: Mapping[str, Sequence[str]]) -> str:
    """Returns the keywords and the name of an emoji, separated by semicolons."""
    return "; ".join((*entry.get("default", ()), *entry.get("tts", ())))


def quran() -> Iterator[SentencePair]:
    """Yields the verses of an English and a Chinese translation of the Quran."""
    folder = fetch("quran-translations")
    sides = [json.loads((folder / f"quran_{language}.json").read_text(encoding="utf-8")) for language in ("en", "zh")]
    verses = [[verse["translation"] for chapter in side for verse in chapter["verses"]] for side in sides]
    yield from ((_BRACKETS.sub(" ", verse), translated) for verse, translated in zip(*verses, strict=True))


def cedict_glosses() -> Iterator[SentencePair]:
    """Yields each gloss of CC-CEDICT with its headword; glosses that are remarks are left out."""
    cedict = load_cedict()
    for row in range(len(cedict.lines)):
        yield from _glosses(cedict.entry(row))


def _glosses(entry: Entry) -> Iterator[SentencePair]:
    for gloss in entry.glosses:
        literal = gloss.removeprefix("lit. ")
        text = " ".join(_BRACKETS.sub(" ", literal).replace("(", "").replace(")", "").split())
        if text and not is_remark(literal):
            yield text, entry.simplified


PARALLEL: Mapping[str, Callable[[], Iterator[SentencePair]]] = {
    "tencent-docs": cloud_docs,
    "office-help": office_help,
    "cataclysm": cataclysm,
    "emoji-annotations": emoji_annotations,
    "quran": quran,
    "cedict-glosses": cedict_glosses,
}
"""The parallel texts by name."""


def parallel_text(name: str) -> Iterator[SentencePair]:
    """Yields the sentence pairs of a parallel text of the catalogue, each once.

    Pairs whose English side has hanzi, or whose Chinese side has none, are left out.

    Args:
        name: a name of ``PARALLEL``.

    Raises:
        KeyError: no parallel text has this name.
        CatalogueError: a resource cannot be fetched.
        ValueError: a resource is damaged.
    """
    if name not in PARALLEL:
        raise KeyError(f"no parallel text is called {name!r}; there are {', '.join(PARALLEL)}")
    try:
        pairs = dict.fromkeys(
            pair for pair in PARALLEL[name]() if has_hanzi(pair[1]) and not has_hanzi(pair[0]) and pair[0].strip()
        )
    except (tarfile.TarError, lzma.LZMAError, zipfile.BadZipFile, KeyError, TypeError) as error:
        raise ValueError(f"{name}: the fetched files are damaged ({error!r})") from error
    yield from checked(pairs, name)
