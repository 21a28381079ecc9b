"""The state of a session, and the answer to a line."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from rich.text import Text

from align.bilingual.dictionary.cedict import Cedict
from align.bilingual.placed_senses import PlacedSenses, place_senses
from align.bilingual.translator import Retrieval, Translator
from align.checks import at_least
from align.senses import SenseSpace


@dataclass(frozen=True, eq=False)
class Session:
    """The state of a session, from which each line is answered.

    Args:
      translators: the translators by name, at least one.
      cedict: a function that returns CC-CEDICT. It may wait until the dictionary has been read, and it raises the
        error of a failed reading.
      name: the name of the translator in use.
      k: number of candidates to show, at least 1.
      retrieval: how candidates are scored, one of ``RETRIEVALS``.
      pictures: the folder that ``:plot`` writes to.
      senses: spaces with several senses per word, used for words in context.
      upgrade: a function that returns the full default translator once it is ready, and None before. It replaces the
        quick one. None if no replacement is expected.

    Raises:
      ValueError: no translator has this name, or k < 1.
    """

    translators: Mapping[str, Translator]
    cedict: Callable[[], Cedict]
    name: str
    k: int = 5
    retrieval: Retrieval = "best"
    pictures: Path = Path()
    senses: tuple[SenseSpace, ...] = ()
    upgrade: Callable[[], Translator | None] | None = None

    def __post_init__(self) -> None:
        if self.name not in self.translators:
            raise ValueError(f"no translator is called {self.name!r}; there is {', '.join(self.translators) or 'none'}")
        at_least(self.k, 1, "k")

    @property
    def translator(self) -> Translator:
        """The translator in use."""
        return self.translators[self.name]

    @cached_property
    def placed(self) -> list[PlacedSenses]:
        """The senses, placed in the common space of the translator in use.

        Raises:
          ValueError: the translator has too few of the words with senses.
        """
        return [place_senses(self.translator, one) for one in self.senses]

    @property
    def used_retrieval(self) -> Retrieval:
        """The retrieval in use: csls instead of best if the translator has no second stage."""
        return self.translator.resolved(self.retrieval)


class Reply(NamedTuple):
    """The answer to a line.

    ``lines`` is the text to show, ``session`` the state for the next line, ``over`` whether the session ends, and
    ``failed`` whether something in the line was wrong.
    """

    lines: list[Text]
    session: Session
    over: bool = False
    failed: bool = False


Command = Callable[[Session, list[str]], Reply]


def wrong(session: Session, message: str) -> Reply:
    """Returns a reply of one line that says what was wrong."""
    return Reply([Text(" ".join(message.split()), "red")], session, failed=True)
