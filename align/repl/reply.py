"""The answer to a line: the text to show, and the session after it."""

from dataclasses import replace

from rich.console import Console
from rich.text import Text

from align.bilingual.dictionary.cedict import Cedict
from align.bilingual.query import Query, parse_query, words_in
from align.message import BY_CHANCE, explain
from align.repl.commands import COMMANDS
from align.repl.in_context import gloss, is_sentence
from align.repl.session import Reply, Session, wrong
from align.repl.word_entry import dictionary_line, look_up, show
from align.text.forms import is_word


def reply(session: Session, line: str) -> Reply:
    """Answers one line: a command if it begins with ``:`` (or the full-width ``：``), otherwise words or a sentence.

    An error becomes a line of the reply, and the session continues. A line that begins with ``#`` is ignored.
    """
    stripped = line.strip()
    if not stripped or stripped.startswith("#"):
        return Reply([], session)
    session, news = _upgraded(session)
    answer = _answer(session, stripped)
    return answer._replace(lines=[*news, *answer.lines])


def _upgraded(session: Session) -> tuple[Session, list[Text]]:
    """Returns the session with the full translator if it is ready, and a line that says so."""
    try:
        better = session.upgrade() if session.upgrade is not None else None
    except Exception as error:
        return replace(session, upgrade=None), [Text(f"the full map could not be fitted: {explain(error)}", "yellow")]
    if better is None:
        return session, []
    session = replace(session, translators={**session.translators, session.name: better}, upgrade=None)
    return session, [Text("The full map is ready and is used from now on.", "green")]


def _answer(session: Session, stripped: str) -> Reply:
    """Answers a line that is not empty."""
    try:
        if stripped[0] not in ":：":
            cedict, failure = _dictionary(session)
            if not failure and is_sentence(session.translator, cedict, stripped):
                return gloss(session, [stripped])
            return translate(session, words_in(stripped))
        name, *arguments = words_in(stripped[1:]) or ["help"]
        command = COMMANDS[command_named(name)]
        if command.whole:
            arguments = stripped[1:].strip().split(maxsplit=1)[1:]
        return command.run(session, arguments)
    except Exception as error:
        return wrong(session, explain(error))


def command_named(name: str) -> str:
    """Returns the command called ``name``, or the only command whose name begins with ``name``.

    Raises:
      KeyError: no command begins with ``name``, or more than one does.
    """
    matching = [key for key in COMMANDS if key.startswith(name.lower())]
    if name.lower() in COMMANDS:
        return name.lower()
    if len(matching) != 1:
        among = f"; {' or '.join(f':{key}' for key in matching)}?" if matching else "; :help lists the commands"
        raise KeyError(f"there is no command :{name}{among}")
    return matching[0]


def translate(session: Session, words: list[str]) -> Reply:
    """Answers words to translate: an entry for each known word, suggestions for each unknown word."""
    cedict, lines = _dictionary(session)
    failed = bool(lines)
    if session.translator.by_chance:
        lines.append(Text(BY_CHANCE, "yellow"))
    for word in words:
        if lines:
            lines.append(Text(""))
        query = parse_query(session.translator, word)
        try:
            lines += show(look_up(session.translator, cedict, query, session.k, session.retrieval))
        except KeyError as error:
            failed = True
            lines += _unknown(cedict, query, error)
    return Reply(lines, session, failed=failed)


def _dictionary(session: Session) -> tuple[Cedict | None, list[Text]]:
    """Returns CC-CEDICT and no line, or None and a line that says why CC-CEDICT cannot be read."""
    try:
        return session.cedict(), []
    except Exception as error:
        return None, [Text(f"CC-CEDICT is not available: {explain(error)}", "yellow")]


def _unknown(cedict: Cedict | None, query: Query, error: KeyError) -> list[Text]:
    """Returns the lines for a word without a vector: the error message, and what CC-CEDICT says about the word."""
    message = Text(explain(error), "red")
    if cedict is None or not is_word(query.word):
        return [message]
    return [message, dictionary_line(cedict, query)]


def print_reply(answer: Reply, console: Console) -> None:
    """Prints the lines of an answer."""
    for line in answer.lines:
        console.print(line, soft_wrap=True)
