"""The session as a function: a line and the state before it give the text to show and the state after it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.text import Text

from align.bilingual.dictionary.cedict import Cedict
from align.bilingual.query import ask, words_in
from align.bilingual.translator import Retrieval, Translator
from align.message import one_line
from align.repl.entry import look_up, show


@dataclass(frozen=True, eq=False)
class Session:
    """What a line is answered with: the translators by name, which one is used and how, and where pictures go.

    ``cedict`` gives the dictionary, and may wait for it to be read.

    Raises:
        ValueError: no translator, or an unknown one, or ``k`` below 1.
    """

    translators: Mapping[str, Translator]
    cedict: Callable[[], Cedict]
    name: str
    k: int = 5
    retrieval: Retrieval = "best"
    pictures: Path = Path()

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


def reply(session: Session, line: str) -> Reply:
    """Answer one line: a command where it begins with ``:`` (or a full-width ``：``), words to translate otherwise.

    What a user can do wrong is told in the reply's lines; the session goes on.
    """
    from align.repl.commands import COMMANDS

    stripped = line.strip()
    if not stripped or stripped.startswith("#"):
        return Reply([], session)
    if stripped[0] not in ":：":
        return translate(session, words_in(stripped))
    name, *arguments = words_in(stripped[1:]) or ["help"]
    matching = [key for key in COMMANDS if key.startswith(name.lower())]
    exact = name.lower() if name.lower() in COMMANDS else ""
    if not exact and len(matching) != 1:
        among = f"; {' or '.join(f':{key}' for key in matching)}?" if matching else "; :help shows the commands"
        return wrong(session, f"there is no command :{name}{among}")
    try:
        return COMMANDS[exact or matching[0]].run(session, arguments)
    except (ValueError, KeyError, OSError) as error:
        return wrong(session, one_line(error))


def translate(session: Session, words: list[str]) -> Reply:
    """The entries of ``words``, an empty line between; for an unknown word a line with suggestions."""
    lines: list[Text] = []
    failed = False
    for word in words:
        if lines:
            lines.append(Text(""))
        asked = ask(session.translator, word)
        try:
            lines += show(look_up(session.translator, session.cedict(), asked, session.k, session.retrieval))
        except KeyError as error:
            failed = True
            lines.append(Text(one_line(error), "red"))
            lines += _dictionary_line(session, asked.word, asked.reverse)
    return Reply(lines, session, failed=failed)


def _dictionary_line(session: Session, word: str, reverse: bool) -> list[Text]:
    """What CC-CEDICT says of a word that the vectors do not have; nothing where it has nothing."""
    from align.bilingual.query import Asked
    from align.repl.entry import listed, senses

    found = senses(session.cedict(), Asked(word, "", "", reverse))
    return [Text(f"  CC-CEDICT: {listed(found)}", "magenta")] if found else []


def wrong(session: Session, message: str) -> Reply:
    """A reply that only says what was wrong, on one line."""
    return Reply([Text(" ".join(message.split()), "red")], session, failed=True)


def print_reply(answer: Reply, console: Console) -> None:
    """Print the lines of an answer."""
    for line in answer.lines:
        console.print(line, soft_wrap=True)
