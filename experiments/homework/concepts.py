"""The concepts of `data/concepts.tsv`, and the two spaces in which each is tested."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from align.bilingual.dictionary.dictionary import forms
from align.space import Space
from experiments.spaces import Context
from experiments.word_lists import list_path, read_list

ENOUGH_PAIRS = 6
"""With fewer covered pairs than this, spaces with proper names are used if they cover more."""
MIN_PAIRS = 5
"""The smallest number of covered pairs; concepts with fewer are left out."""

Pair = tuple[str, str]


class ConceptInSpaces(NamedTuple):
    """A concept in two spaces: its covered pairs in the spaces' spelling, and the listed words that they lack."""

    name: str
    pairs: tuple[Pair, ...]
    missing: tuple[str, ...]
    english: Space
    chinese: Space


def concept_lists() -> dict[str, tuple[Pair, ...]]:
    """Returns the English-Chinese pairs of every concept, in the order of the file."""
    groups: dict[str, list[Pair]] = {}
    for name, english, chinese in read_list(list_path("concepts.tsv"), 3):
        groups.setdefault(name, []).append((english, chinese))
    return {name: tuple(pairs) for name, pairs in groups.items()}


def in_spaces(name: str, pairs: tuple[Pair, ...], english: Space, chinese: Space) -> ConceptInSpaces:
    """Looks a concept up in two spaces. A pair is covered if the spaces have both words, ignoring case."""
    left = forms((en for en, _ in pairs), english.vocab)
    right = forms((zh for _, zh in pairs), chinese.vocab)
    covered = tuple((left[en], right[zh]) for en, zh in pairs if en in left and zh in right)
    missing = [en for en, _ in pairs if en not in left] + [zh for _, zh in pairs if zh not in right]
    return ConceptInSpaces(name, covered, tuple(missing), english, chinese)


def show_in(context: Context, name: str, pairs: tuple[Pair, ...]) -> tuple[ConceptInSpaces, str]:
    """Looks a concept up in the first pair of spaces that covers ``ENOUGH_PAIRS`` pairs, or else in the best pair.

    The default spaces are the first pair. Spaces with proper names are loaded only if they are needed.

    Returns:
        The concept, and an error message of one line if a space could not be loaded (else an empty string).
    """
    best, trouble = in_spaces(name, pairs, context.english, context.chinese), ""
    for choice in _spaces_with_names(context):
        if len(best.pairs) >= min(ENOUGH_PAIRS, len(pairs)):
            return best, ""
        try:
            found = in_spaces(name, pairs, *choice())
        except OSError as error:
            trouble = " ".join(str(error).split())
            continue
        best = max(best, found, key=lambda shown: len(shown.pairs))
    return best, trouble


def _spaces_with_names(context: Context) -> Iterator[Callable[[], tuple[Space, Space]]]:
    """Yields functions that load a pair of spaces, at least one of which has proper names."""
    yield lambda: (context.with_names, context.chinese)
    yield lambda: (context.english, context.chinese_with_names)
    yield lambda: (context.with_names, context.chinese_with_names)
