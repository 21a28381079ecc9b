"""Segmented text as a gold standard, and F1 of a segmentation against it."""

from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import NamedTuple

from align.catalogue import fetch
from align.text.catalogued import TAGGED
from align.text.discovery.symbols import is_mark

Line = Sequence[str]


class F1(NamedTuple):
    """F1 of the tokens of a segmentation."""

    every: float
    """All tokens."""
    words: float
    """Without punctuation, in the gold standard and in the segmentation."""


def peoples_daily() -> list[list[str]]:
    """Returns the tokens of each line of the People's Daily of January 1998, segmented by hand.

    Raises:
        OSError: the text cannot be fetched.
    """
    lines = (TAGGED.findall(line) for line in fetch("peoples-daily").read_text(encoding="utf-8").split("\n"))
    return [line for line in lines if line]


def halves(lines: list[list[str]]) -> tuple[list[list[str]], list[list[str]]]:
    """Returns the first and the second half of the lines: for development, and held out."""
    middle = len(lines) // 2
    return lines[:middle], lines[middle:]


def joined(lines: Iterable[Line]) -> str:
    """Returns the text of the lines without blanks between the tokens, which is all that learning reads."""
    return "".join("".join(line) + "\n" for line in lines)


def score(gold: Iterable[Line], found: Iterable[Line]) -> F1:
    """Returns F1: a token is right if the gold standard has a token at the same place of the line.

    F1 = 2 right / (tokens of the gold standard + tokens found).

    Raises:
        ValueError: a line has other characters than its line of the gold standard.
    """
    right, total = [0, 0], [0, 0]
    for expected, given in zip(gold, found, strict=True):
        if "".join(expected) != "".join(given):
            raise ValueError(f"{''.join(given)!r} is not the text of the line {''.join(expected)!r}")
        for kind, words_only in enumerate((False, True)):
            a, b = spans(expected, words_only=words_only), spans(given, words_only=words_only)
            right[kind] += len(a & b)
            total[kind] += len(a) + len(b)
    every, words = (2 * r / t if t else 0.0 for r, t in zip(right, total, strict=True))
    return F1(every, words)


def spans(line: Line, *, words_only: bool) -> set[tuple[int, int]]:
    """Returns the first character of each token of a line, and the character after its last."""
    ends = list(accumulate(map(len, line)))
    found = zip([0, *ends], ends, line, strict=False)
    return {(begin, end) for begin, end, token in found if not (words_only and is_mark(token))}
