"""Completion over the words of both languages and the commands."""

import heapq
import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document

from align.bilingual.query import words_in
from align.meaning.axes import axis_names
from align.repl.commands import COMMANDS
from align.text.chinese import has_hanzi, simplify
from align.text.vocab import Vocab

_SHOWN = 30
"""The largest number of completions."""
_MAX_LENGTH = 200
"""The number of characters before the cursor that are searched for the word to complete."""
_AXIS = re.compile(r"\s*[:：]axis\s+(\S*)")
"""The command ``:axis`` with the part of its first argument, the name of an axis, that is typed."""


@dataclass(frozen=True)
class Prefixes:
    """The words of a vocabulary, indexed so that bisection finds those with a prefix.

    Args:
      folded: the case-folded words in alphabetical order.
      ranks: for each entry of ``folded``, the place of its word in ``words``, from 0.
      words: the words, most frequent first.
    """

    folded: Sequence[str]
    ranks: Sequence[int]
    words: Sequence[str]

    @classmethod
    def of(cls, vocab: Vocab) -> "Prefixes":
        """Indexes the words of ``vocab``."""
        words = list(vocab)
        order = sorted((word.casefold(), rank) for rank, word in enumerate(words))
        return cls([key for key, _ in order], [rank for _, rank in order], words)

    def with_prefix(self, prefix: str, k: int = _SHOWN) -> list[str]:
        """Returns the ``k`` most frequent words that begin with ``prefix``, ignoring case, most frequent first."""
        wanted = prefix.casefold()
        first = bisect_left(self.folded, wanted)
        last = bisect_left(self.folded, wanted + "\U0010ffff")
        return [self.words[rank] for rank in heapq.nsmallest(k, self.ranks[first:last])]


class WordCompleter(Completer):
    """Completes the word before the cursor: a command after ``:``, otherwise a Chinese or an English word."""

    def __init__(self, english: Prefixes, chinese: Prefixes) -> None:
        self.english = english
        self.chinese = chinese

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
        """Yields the completions of the word before the cursor."""
        del complete_event
        if axis := _AXIS.fullmatch(document.text_before_cursor):
            begun = axis[1].lower()
            yield from (Completion(name, -len(begun)) for name in axis_names() if name.startswith(begun))
            return
        typed = (words_in(document.text_before_cursor[-_MAX_LENGTH:]) or [""])[-1]
        if not document.text_before_cursor.endswith(typed):
            return
        if not typed:
            return
        if document.text_before_cursor.lstrip() == typed and typed[0] in ":：":
            for name in COMMANDS:
                if name.startswith(typed[1:].lower()):
                    yield Completion(f":{name}", -len(typed), display_meta=COMMANDS[name].about)
            return
        words = self.chinese.with_prefix(simplify(typed)) if has_hanzi(typed) else self.english.with_prefix(typed)
        for word in words:
            yield Completion(word, -len(typed))
