"""Labelled texts: fastText's format, CSV and TSV with named columns, and folders by label."""

import csv
import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Literal, NamedTuple

from align.checks import check_choices, finite_number
from align.encoding import UTF8, decode
from align.message import number_of
from align.text.reading import texts_in
from align.unpacking import DAMAGE, Unpacking, packing_of

PREFIX = "__label__"
"""The prefix of labels in fastText's format."""
LabelledFormat = Literal["auto", "fasttext", "csv", "tsv", "folder"]
"""The format of labelled texts (``LabelledReader``)."""
_MAX_WEIGHT = 1e18
"""The largest weight of a text: training sums its square in float32."""
_TEXT, _LABEL = "text", "label"
_BY_ENDING = {".csv": "csv", ".tsv": "tsv", ".tab": "tsv"}


class LabelledText(NamedTuple):
    """A text, its labels, its weight in training, and where it comes from, for messages."""

    text: str
    labels: tuple[str, ...]
    weight: float
    place: str


@dataclass(frozen=True)
class LabelledReader:
    r"""Settings for reading files of labelled texts.

    Args:
        format: ``fasttext``: one text per line, with its labels, which begin with ``prefix``, anywhere in it. ``csv``
            and ``tsv``: columns with a header line. ``folder``: a sub-folder for each label, a text in each file.
            Names that begin with a dot are skipped. ``auto``: ``folder`` for a folder, else by the ending of the name,
            else ``fasttext``.
        text: the column of the text.
        label: the column of the label.
        weight: the column of the weight; empty: every text has weight 1.
        separator: the separator of several labels in the label column; empty: each text has one label.
        prefix: the prefix of labels in fastText's format.
        encoding: the text encoding.

    Example:
        >>> list(LabelledReader().parse("__label__good I like it\n__label__bad no", "reviews.txt"))[1]
        LabelledText(text='no', labels=('bad',), weight=1.0, place='reviews.txt:2')
    """

    format: LabelledFormat = "auto"
    text: str = _TEXT
    label: str = _LABEL
    weight: str = ""
    separator: str = ""
    prefix: str = PREFIX
    encoding: str = UTF8

    def __post_init__(self) -> None:
        check_choices(self)

    def kind_of(self, path: Path) -> str:
        """Returns the format of a file or folder: ``fasttext``, ``csv``, ``tsv`` or ``folder``."""
        if self.format != "auto":
            return self.format
        return "folder" if path.is_dir() else _BY_ENDING.get(_ending(path), "fasttext")

    def read(self, path: Path) -> list[LabelledText]:
        """Returns the texts of a file or folder.

        Raises:
            ValueError: a text has no label or no word, a column is missing, or a file cannot be read in its format;
                names file and line.
            OSError: the file cannot be read.
        """
        kind = self.kind_of(path)
        if kind != "fasttext" and self.prefix != PREFIX:
            raise ValueError(f"{path}: --label-prefix applies to fastText's format; this is read as {kind}")
        if kind in ("fasttext", "folder"):
            given = {"weight": self.weight, "separator": self.separator}
            given |= {"text": self.text != _TEXT, "label": self.label != _LABEL}
            if unused := [name for name, value in given.items() if value]:
                raise ValueError(f"{path}: --{unused[0]} applies to csv and tsv; this is read as {kind}")
        if kind == "folder":
            return list(self._folder(path))
        texts = list(self.parse(self._content(path), str(path)))
        if not texts:
            raise ValueError(f"{path}: holds no text; labelled texts were expected")
        return texts

    def parse(self, content: str, name: str) -> Iterator[LabelledText]:
        """Yields the texts in the content of a file called ``name``; raises the errors of ``read``."""
        kind = self.kind_of(Path(name))
        texts = self._lines(content, name) if kind == "fasttext" else self._columns(content, name, kind)
        for one in texts:
            if not one.labels:
                expected = f"{self.prefix}NAME text" if kind == "fasttext" else f"a label in the column {self.label!r}"
                raise ValueError(f"{one.place}: {_short(one.text)} has no label; {expected} was expected")
            if not one.text.strip():
                raise ValueError(f"{one.place}: the label {one.labels[0]!r} has an empty text")
            yield one

    def _lines(self, content: str, name: str) -> Iterator[LabelledText]:
        """Yields the texts in the lines of fastText's format."""
        for number, line in enumerate(content.split("\n"), 1):
            if words := split_blanks(line):
                if self.prefix in words:
                    raise ValueError(f"{name}:{number}: {self.prefix!r} without a name; {self.prefix}NAME was expected")
                labels = tuple(dict.fromkeys(w[len(self.prefix) :] for w in words if w.startswith(self.prefix)))
                text = " ".join(w for w in words if not w.startswith(self.prefix))
                yield LabelledText(text, labels, 1.0, f"{name}:{number}")

    def _columns(self, content: str, name: str, kind: str) -> Iterator[LabelledText]:
        """Yields the texts in the rows of a csv or tsv file."""
        rows = _rows(content, name, kind)
        place, header = next(rows, (name, list[str]()))
        for column in filter(None, (self.text, self.label, self.weight)):
            if column not in header:
                raise ValueError(f"{name}: no column {column!r}; it has {', '.join(header) or 'none'}")
            if header.count(column) > 1:
                raise ValueError(f"{place}: the column {column!r} occurs {header.count(column)} times; once expected")
        hint = "; a text with a comma or a quotation mark needs quotation marks around it" if kind == "csv" else ""
        for place, fields in rows:
            if len(fields) != len(header):
                found = f"{number_of(len(fields), 'field')} in a row; {len(header)} were expected, as in the header"
                raise ValueError(f"{place}: {found}{hint}")
            row = dict(zip(header, fields, strict=True))
            named = row[self.label]
            parts = named.split(self.separator) if self.separator else [named]
            labels = tuple(dict.fromkeys(part.strip() for part in parts if part.strip()))
            yield LabelledText(row[self.text], labels, self._weight(row.get(self.weight), place), place)

    def _weight(self, shown: str | None, place: str) -> float:
        """Returns the weight of a text as a number; 1 if there is no column of weights."""
        return checked_weight(shown, place) if self.weight else 1.0

    def _folder(self, path: Path) -> Iterator[LabelledText]:
        """Yields the texts of a folder; the label of a file is the name of its sub-folder."""
        if not path.is_dir():
            raise NotADirectoryError(f"{path}: a folder with a sub-folder for each label was expected")
        files = [(path / file.relative_to(path).parts[0], file) for file in texts_in(path) if file.parent != path]
        if not files:
            raise ValueError(f"{path}: holds no text; a sub-folder of files for each label was expected")
        for folder, file in files:
            if not folder.name.strip():
                raise ValueError(f"{file}: the folder's name {folder.name!r} is not a label")
            text = " ".join(self._content(file).split("\n"))
            if not text.strip():
                raise ValueError(f"{file}: an empty text")
            yield LabelledText(text, (folder.name,), 1.0, str(file))

    def _content(self, path: Path) -> str:
        """Returns the text of a file, decompressed."""
        raw = path.read_bytes()
        kind = packing_of(raw[:8])
        if kind == "zip":
            raise ValueError(f"{path}: a zip archive; unpack it first")
        if kind != "plain":
            try:
                raw = Unpacking(io.BytesIO(raw), kind).read()
            except DAMAGE as error:
                raise ValueError(f"{path}: damaged {kind} data ({error})") from error
        return decode(raw, str(path), encoding=self.encoding)


def _rows(content: str, name: str, kind: str) -> Iterator[tuple[str, list[str]]]:
    """Yields the place of the first line and the fields of each row of a csv or tsv file, except blank lines."""
    csv.field_size_limit(1 << 28)
    stream = io.StringIO(content, newline="")
    if kind == "csv":
        rows = csv.reader(stream, strict=True)
    else:
        rows = csv.reader(stream, delimiter="\t", quoting=csv.QUOTE_NONE)
    while True:
        place = f"{name}:{rows.line_num + 1}"
        try:
            fields = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            raise ValueError(f"{place}: the row that begins here cannot be read as {kind} ({error})") from error
        if fields:
            yield place, fields


def split_blanks(text: str) -> list[str]:
    r"""Returns the parts of a text between ASCII blanks, as fastText splits it.

    >>> split_blanks("a  b\u3000c")
    ['a', 'b\u3000c']
    """
    return [word.decode() for word in text.encode().split()] if not text.isascii() else text.split()


def checked_weight(given: str | float | None, place: str) -> float:
    """Returns the weight of a text as a number.

    Args:
        given: the weight, as a number or as text.
        place: where the text comes from, for the message.

    Raises:
        ValueError: the weight is not a number from 0 to 1e18.

    Example:
        >>> checked_weight("0.5", "reviews.csv:2")
        0.5
    """
    weight = finite_number(given.strip()) if isinstance(given, str) else given
    if weight is None or not 0 <= weight <= _MAX_WEIGHT:
        raise ValueError(f"{place}: weight {given!r}: a number from 0 to {_MAX_WEIGHT:g} was expected")
    return weight


def check_labels(texts: list[LabelledText], name: str) -> list[str]:
    """Returns the labels of training texts, the most frequent first; ties are in order of first occurrence.

    Raises:
        ValueError: there are fewer than two labels.
    """
    counts = Counter(chain.from_iterable(one.labels for one in texts))
    if len(counts) < 2:
        only = ", ".join(map(repr, counts)) or "no label"
        raise ValueError(f"{name}: {number_of(len(texts), 'text')} with only {only}; at least two labels were expected")
    return sorted(counts, key=lambda label: -counts[label])


def distinct(texts: list[LabelledText]) -> list[LabelledText]:
    """Merges repeats: equal texts with equal labels. The first occurrence is kept, at the position of the last."""
    return list({(one.text, one.labels): one for one in reversed(texts)}.values())[::-1]


def _ending(path: Path) -> str:
    """Returns the ending of a file name, such as ``.csv``, without that of a compressed file."""
    return Path(path.stem).suffix if path.suffix in (".gz", ".bz2", ".xz") else path.suffix


def _short(text: str) -> str:
    """Returns the beginning of a text in quotes, for messages."""
    return repr(text if len(text) <= 40 else text[:40] + "...")
