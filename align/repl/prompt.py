"""The session on a terminal: a prompt with completion over both vocabularies, and history between sessions."""

from collections.abc import Callable
from pathlib import Path

from prompt_toolkit import PromptSession
from prompt_toolkit.auto_suggest import AutoSuggestFromHistory
from prompt_toolkit.completion import Completer, DynamicCompleter
from prompt_toolkit.history import FileHistory, History, InMemoryHistory
from rich.console import Console

from align.bilingual.translator import Translator
from align.repl.background import in_background
from align.repl.complete import Prefixes, WordCompleter
from align.repl.reply import print_reply, reply
from align.repl.session import Session


def interact(session: Session, console: Console) -> None:
    """Reads and answers lines until ``:quit`` or Ctrl-D. Ctrl-C clears the line, or stops an answer.

    Lines that are pasted together are answered one by one, as if each had been typed.
    """
    console.print("Type an English or a Chinese word. :help shows more; Ctrl-D leaves.", style="dim")
    current = [session]
    prompt = _prompt(current, console)
    while True:
        try:
            for line in prompt.prompt().splitlines():
                answer = reply(current[0], line)
                print_reply(answer, console)
                current[0] = answer.session
                if answer.over:
                    return
        except KeyboardInterrupt:
            continue
        except EOFError:
            return


def _prompt(current: list[Session], console: Console) -> "PromptSession[str]":
    """Returns the prompt of the session ``current[0]``.

    A line below the prompt shows the state of the session, and its words are the completions. ``current`` is a list so
    that the prompt sees the session that the last answer put there.
    """
    completers = {name: _completer(translator) for name, translator in current[0].translators.items()}

    def completer() -> Completer:
        return completers[current[0].name]()

    def state() -> str:
        session = current[0]
        fitting = " · quick map; the full map is being fitted" if session.upgrade is not None else ""
        return f" {session.name} · {session.used_retrieval} · {session.k} candidates{fitting}"

    return PromptSession(
        "align> ",
        completer=DynamicCompleter(completer),
        complete_in_thread=True,
        complete_while_typing=True,
        auto_suggest=AutoSuggestFromHistory(),
        history=_history(console),
        bottom_toolbar=state,
    )


def _completer(translator: Translator) -> Callable[[], Completer]:
    """Builds the completer over both vocabularies in the background; returns a function that waits for it."""
    source, target = translator.source.vocab, translator.target.vocab
    return in_background(lambda: WordCompleter(Prefixes.of(source), Prefixes.of(target)))


def _history(console: Console) -> History:
    """Returns the lines of earlier sessions from the user's state folder; only this session's if it is read-only."""
    from platformdirs import user_state_path

    path = user_state_path("align") / "repl-history"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.open("a").close()
    except OSError as error:
        console.print(f"this session's lines are not saved: {path}: {error.strerror}", style="yellow")
        return InMemoryHistory()
    return FileHistory(Path(path))
