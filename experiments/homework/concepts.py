"""The concepts of `data/concepts.tsv`, and which two spaces show each."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from align.bilingual.dictionary.dictionary import forms
from align.space import Space
from experiments.spaces import Context
from experiments.word_lists import list_path, read_list

ENOUGH = 6
"""A concept with fewer covered pairs than this is shown by spaces with proper names, where those cover more."""
LEAST = 5
"""A concept with fewer covered pairs than this is not shown at all."""

Pair = tuple[str, str]


class Shown(NamedTuple):
    """A concept in two spaces: its covered pairs as the spaces write them, and the words of its list they lack."""

    name: str
    pairs: tuple[Pair, ...]
    missing: tuple[str, ...]
    english: Space
    chinese: Space


def concept_lists() -> dict[str, tuple[Pair, ...]]:
    """Every concept with its English-Chinese pairs, in the order of the file."""
    groups: dict[str, list[Pair]] = {}
    for name, english, chinese in read_list(list_path("concepts.tsv"), 3):
        groups.setdefault(name, []).append((english, chinese))
    return {name: tuple(pairs) for name, pairs in groups.items()}


def in_spaces(name: str, pairs: tuple[Pair, ...], english: Space, chinese: Space) -> Shown:
    """The concept as two spaces hold it; a pair is covered where both words are there, in any case."""
    left = forms((one for one, _ in pairs), english.vocab)
    right = forms((other for _, other in pairs), chinese.vocab)
    covered = tuple((left[one], right[other]) for one, other in pairs if one in left and other in right)
    missing = [one for one, _ in pairs if one not in left] + [other for _, other in pairs if other not in right]
    return Shown(name, covered, tuple(missing), english, chinese)


def show_in(context: Context, name: str, pairs: tuple[Pair, ...]) -> tuple[Shown, str]:
    """The concept in the first two spaces that cover it well, else in those that cover most; and why, where not found.

    The default spaces come first; those with proper names are loaded only where they are needed. The second value is
    empty, or the one line that says which of them could not be had.
    """
    best, trouble = in_spaces(name, pairs, context.english, context.chinese), ""
    for choice in _with_names(context):
        if len(best.pairs) >= min(ENOUGH, len(pairs)):
            return best, ""
        try:
            found = in_spaces(name, pairs, *choice())
        except OSError as error:
            trouble = " ".join(str(error).split())
            continue
        best = max(best, found, key=lambda shown: len(shown.pairs))
    return best, trouble


def _with_names(context: Context) -> Iterator[Callable[[], tuple[Space, Space]]]:
    """Pairs of spaces of which one at least has proper names, each opened when it is called."""
    yield lambda: (context.with_names, context.chinese)
    yield lambda: (context.english, context.chinese_with_names)
    yield lambda: (context.with_names, context.chinese_with_names)
