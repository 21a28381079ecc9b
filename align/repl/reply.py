"""The answer to a line: the text to show, and the session after it."""

from dataclasses import replace

from rich.console import Console
from rich.text import Text

from align.bilingual.query import Query, parse_query, words_in
from align.message import one_line
from align.repl.commands import COMMANDS
from align.repl.session import Reply, Session, wrong
from align.repl.word_entry import listed, look_up, senses, show


def reply(session: Session, line: str) -> Reply:
    """Answer one line: a command where it begins with ``:`` (or a full-width ``：``), words to translate otherwise.

    What a user can do wrong is told in the reply's lines; the session goes on.
    """
    better = session.upgrade() if session.upgrade is not None else None
    if better is not None:
        session = replace(session, translators={**session.translators, session.name: better}, upgrade=None)
        answer = reply(session, line)
        return answer._replace(lines=[Text("The full map is ready and answers from here on.", "green"), *answer.lines])
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
        asked = parse_query(session.translator, word)
        try:
            lines += show(look_up(session.translator, session.cedict(), asked, session.k, session.retrieval))
        except KeyError as error:
            failed = True
            lines.append(Text(one_line(error), "red"))
            lines += _dictionary_line(session, asked.word, asked.reverse)
    return Reply(lines, session, failed=failed)


def _dictionary_line(session: Session, word: str, reverse: bool) -> list[Text]:
    """What CC-CEDICT says of a word that the vectors do not have; nothing where it has nothing."""
    found = senses(session.cedict(), Query(word, "", "", reverse))
    return [Text(f"  CC-CEDICT: {listed(found)}", "magenta")] if found else []


def print_reply(answer: Reply, console: Console) -> None:
    """Print the lines of an answer."""
    for line in answer.lines:
        console.print(line, soft_wrap=True)
