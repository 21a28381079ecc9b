"""The interactive session: on a terminal with completion and history, or from a pipe."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from align.encoding import decode
from align.repl.background import BackgroundFit, in_background
from align.repl.reply import print_reply, reply
from align.repl.session import Reply, Session

if TYPE_CHECKING:
    from rich.console import Console

    from align.bilingual.dictionary.cedict import Cedict
    from align.bilingual.translator import Retrieval, Translator
    from align.senses import SenseSpace

__all__ = ["Reply", "Session", "reply", "run"]


def run(
    translators: "Mapping[str, Translator]",
    *,
    k: int = 5,
    retrieval: "Retrieval" = "best",
    senses: "Sequence[SenseSpace]" = (),
    full_default: Path | None = None,
) -> int:
    """Answers lines until the end of input or ``:quit``, and returns the exit status 0.

    A thread reads CC-CEDICT in the background.

    Args:
      translators: translators by name; the first is in use until the user chooses another.
      k: number of candidates to show.
      retrieval: how candidates are scored, one of ``RETRIEVALS``.
      senses: spaces with several senses per word, at most one for each language.
      full_default: where to save the full default translator; given if ``translators`` has the quick one. On a
        terminal, another process fits the full translator, and the session uses it as soon as it is ready.

    Raises:
      ValueError: a line from a pipe is not UTF-8; the lines before it are answered.
    """
    from rich.console import Console

    cedict = in_background(_read_cedict)
    session = Session(translators, cedict, next(iter(translators)), k, retrieval, senses=tuple(senses))
    console = Console(highlight=False)
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        _pipe(session, console)
        return 0
    from align.repl.prompt import interact

    if full_default is None:
        interact(session, console)
        return 0
    with BackgroundFit.start(full_default).until_end() as fit:
        interact(replace(session, upgrade=fit.ready), console)
    return 0


def _read_cedict() -> "Cedict":
    """Returns CC-CEDICT after building its table of English words and loading the readings of hanzi."""
    from align.bilingual.dictionary.cedict import load_cedict
    from align.text.readings import pinyin

    cedict = load_cedict()
    cedict.of_english("")
    pinyin("字")
    return cedict


def _pipe(session: Session, console: "Console") -> None:
    """Answers the lines of standard input, without a prompt; raises ValueError for a line that is not UTF-8."""
    for number, raw in enumerate(sys.stdin.buffer, 1):
        answer = reply(session, decode(raw, "standard input", first_line=number, option=""))
        print_reply(answer, console)
        session = answer.session
        if answer.over:
            return
