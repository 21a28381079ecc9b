"""The state of a session, and what the answer to a line consists of."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from rich.text import Text

from align.bilingual.dictionary.cedict import Cedict
from align.bilingual.translator import Retrieval, Translator


@dataclass(frozen=True, eq=False)
class Session:
    """What a line is answered with: the translators by name, which one is used and how, and where pictures go.

    ``cedict`` gives the dictionary, and may wait for it to be read. ``upgrade``, if given, returns a better translator
    for the name in use once there is one: the quick default translator gives way to the full one.

    Raises:
        ValueError: no translator, or an unknown one, or ``k`` below 1.
    """

    translators: Mapping[str, Translator]
    cedict: Callable[[], Cedict]
    name: str
    k: int = 5
    retrieval: Retrieval = "best"
    pictures: Path = Path()
    upgrade: Callable[[], Translator | None] | None = None

    def __post_init__(self) -> None:
        if self.name not in self.translators:
            raise ValueError(f"no translator is called {self.name!r}; there is {', '.join(self.translators) or 'none'}")
        if self.k < 1:
            raise ValueError(f"{self.k} candidates: at least 1 was expected")

    @property
    def translator(self) -> Translator:
        """The translator in use."""
        return self.translators[self.name]


class Reply(NamedTuple):
    """The lines to show, the session after them, and whether it is over; ``failed``: a line was not understood."""

    lines: list[Text]
    session: Session
    over: bool = False
    failed: bool = False


Command = Callable[[Session, list[str]], Reply]


def wrong(session: Session, message: str) -> Reply:
    """A reply that only says what was wrong, on one line."""
    return Reply([Text(" ".join(message.split()), "red")], session, failed=True)
