"""Sets of documents: labelled news and newsgroups, documents that people compared, pages in two languages."""

import re
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from align.catalogue import resolve
from align.text.chinese import has_hanzi
from align.text.tokenise import English, Jieba

LABELLED = {"R8": "reuters-r8", "R52": "reuters-r52", "20NG": "20-newsgroups"}
_HEADER = 3
_CLASS = re.compile(r"^class (\w+)\(AbstractModel\):$", re.MULTILINE)
_QUOTED = re.compile(r'r?"""(.*?)"""', re.DOTALL)
_MARKUP = re.compile(r"<[^<>]*>|\[([^\]]*)\]\([^)]*\)|:type .*|:rtype.*|:param _?\w+:")


class LabelledTexts(NamedTuple):
    """Tokenised documents and the class of each."""

    texts: list[list[str]]
    labels: list[str]


class Pages(NamedTuple):
    """Pages of a manual in two languages: row i of one side is the translation of row i of the other."""

    english: list[list[str]]
    chinese: list[list[str]]


class ComparedTexts(NamedTuple):
    """Documents that people compared, the mean similarity of every two, and background documents."""

    texts: list[list[str]]
    similarities: Float[np.ndarray, "n n"]
    background: list[list[str]]


def read_labelled(path: Path, *, limit: int, seed: int) -> LabelledTexts:
    """Reads ``limit`` random documents of a file of lines ``class TAB text`` after three header lines.

    The order is random: the training part of 20 Newsgroups is sorted by class.

    Raises:
        ValueError: a line has no tab; the message names file and line.
    """
    rows: list[tuple[str, str]] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), 1):
        label, tab, text = line.partition("\t")
        if number <= _HEADER or not line.strip():
            continue
        if not tab:
            raise ValueError(f"{path}:{number}: {line[:40]!r} is not 'class<TAB>text'")
        rows.append((label, text))
    order = np.random.default_rng(seed).permutation(len(rows))[:limit]
    tokeniser = English()
    return LabelledTexts([tokeniser.tokens(rows[i][1]) for i in order], [rows[i][0] for i in order])


def read_set(name: str, *, train: int, test: int, seed: int) -> tuple[LabelledTexts, LabelledTexts]:
    """Reads random documents of the training and of the test part of R8, R52 or 20NG."""
    folder = resolve(LABELLED[name])
    parts = {part: next(folder.glob(f"*-{part}.tab")) for part in ("train", "test")}
    return (
        read_labelled(parts["train"], limit=train, seed=seed),
        read_labelled(parts["test"], limit=test, seed=seed + 1),
    )


def read_lee() -> ComparedTexts:
    """Reads the 50 documents of Lee et al. (2005), their similarities, and 300 background documents."""
    tokeniser = English()

    def texts(name: str) -> list[list[str]]:
        lines = resolve(name).read_text(encoding="latin-1").splitlines()
        return [tokeniser.tokens(line) for line in lines if line.strip()]

    return ComparedTexts(texts("lee-documents"), np.loadtxt(resolve("lee-similarities")), texts("lee-background"))


def read_pages(count: int, *, seed: int, min_tokens: int = 15) -> Pages:
    """Reads pages of the cloud manual: the documentation of one class each, in English and in Chinese.

    English terms in the Chinese pages would reveal the answer, so Chinese tokens without a hanzi are dropped.

    Args:
      count: largest number of pages, drawn at random.
      seed: seed of the draw.
      min_tokens: pages with fewer tokens in either language are left out.

    Returns:
      The pages.
    """
    english, chinese = (dict(manual_pages(resolve(name))) for name in ("tencent-docs-en", "tencent-docs-zh"))
    shared = sorted(set(english) & set(chinese))
    left, right = English(), Jieba()
    pages = Pages([], [])
    for i in np.random.default_rng(seed).permutation(len(shared)):
        texts = (english[shared[i]], chinese[shared[i]])
        if not has_hanzi(texts[1]) or has_hanzi(texts[0]):
            continue
        sides = (left.tokens(texts[0]), [token for token in right.tokens(texts[1]) if has_hanzi(token)])
        if min(map(len, sides)) >= min_tokens:
            pages.english.append(sides[0])
            pages.chinese.append(sides[1])
            if len(pages.english) == count:
                break
    return pages


def manual_pages(wheel: Path) -> Iterator[tuple[str, str]]:
    """Yields ``file.class`` and the running text of the documentation of each class in a wheel."""
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            if name.endswith("models.py"):
                source = archive.read(name).decode()
                starts = list(_CLASS.finditer(source))
                for start, stop in zip(starts, [*starts[1:], None], strict=True):
                    body = source[start.end() : stop.start() if stop else None]
                    yield f"{name}.{start[1]}", class_text(_QUOTED.findall(body)[:2])


def class_text(strings: Sequence[str]) -> str:
    r"""Returns the running text of a class's documentation strings, without parameter names, types and markup.

    >>> class_text([":param _DiskId: the [ID](/document/7) of the disk\n:type DiskId: str"]).split()
    ['the', 'ID', 'of', 'the', 'disk']
    """
    return " ".join(_MARKUP.sub(lambda found: found[1] or " ", text) for text in strings)
