"""The ``align`` command: one small file per group of commands; heavy libraries are imported when a command runs."""

import io
import os
import sys
from collections.abc import Callable, Sequence

from cyclopts import App, CycloptsError, Parameter

from align.cache import keep_compiled
from align.cli import axis, bench_alignment, corpus, data, documents, evaluate, look, train, translation, words
from align.cli.options import STDIN
from align.cli.output import say, write, write_table
from align.message import one_line

QUIET = "--quiet"
GROUPS = (data, corpus, train, words, translation, axis, documents, evaluate, bench_alignment, look)
NUMERICAL = {"align.train.loop": "DivergedError", "numpy.linalg": "LinAlgError"}
"""ValueErrors by module that are failures of a computation, not of what the user gave."""


def _version() -> str:
    from importlib.metadata import version

    return version("align-words")


def build() -> App:
    """The command line: every group's commands under one name."""
    app = App(
        name="align",
        help="English and Chinese word vectors: fetch, look, map one onto the other, translate, judge.",
        help_epilogue="`--quiet`, anywhere, hides progress bars. Exit status: 0 done, 1 our failure, 2 your input, "
        "or what it needs (a file, the network, room on the disk).",
        version=_version,
        version_format="plaintext",
        help_format="markdown",
        suppress_keyboard_interrupt=False,
        default_parameter=Parameter(negative=""),
    )
    groups = {
        "": app,
        "eval": App(name="eval", help="Judge a translator or a space; every figure comes with its coverage."),
        "documents": App(name="documents", help="Compare documents, one a line, by the words that they hold."),
    }
    for name in ("eval", "documents"):
        app.command(groups[name])
    for group in GROUPS:
        for name, run in group.COMMANDS.items():
            outer, _, inner = name.rpartition(" ")
            groups[outer].command(run, name=inner)
    return app


def overview() -> None:
    """What one can do: three lines, and a table of the commands."""
    write("align translates words between English and Chinese by mapping one space of word vectors onto the other.")
    write("Try:  align translate king queen 国王   (the first time it fetches vectors and fits a mapping)")
    write("Then: align repl   to look around, and  align COMMAND --help  for any command, with examples.\n")
    write_table(
        ("command", "what it does"), [(name, _about(run)) for group in GROUPS for name, run in group.COMMANDS.items()]
    )


def _about(run: Callable[..., object]) -> str:
    """The first line of a command's help."""
    return (run.__doc__ or "").partition("\n")[0]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status.

    0: done. 1: a failure of ours, as where training diverges. 2: the user's input, or what stands around it: a file
    that cannot be read, no network, a full disk. 130: interrupted. Whatever goes wrong is told in one line on standard
    error; set ALIGN_TRACEBACK=1 to see where it came from.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    tokens = [STDIN if word == "-" else _as_utf8(word) for word in (sys.argv[1:] if argv is None else argv)]
    try:
        keep_compiled()
        status = _run(tokens)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except (ValueError, KeyError, OSError, CycloptsError) as error:
        return _failed(error, 1 if _is_numerical(error) else 2, one_line(error))
    except Exception as error:
        return _failed(error, 1, f"internal failure: {type(error).__name__}: {one_line(error)}")
    return status


def _is_numerical(error: Exception) -> bool:
    """Whether ``error`` is one of ``NUMERICAL``; a module that was not imported raised nothing."""
    kinds = (getattr(sys.modules[module], name) for module, name in NUMERICAL.items() if module in sys.modules)
    return isinstance(error, tuple(kinds))


def _as_utf8(argument: str) -> str:
    """An argument as UTF-8 also where the locale made Python read it as ASCII; what is not UTF-8 stays."""
    try:
        return os.fsencode(argument).decode()
    except UnicodeError:
        return argument


def _run(tokens: list[str]) -> int:
    if not tokens:
        overview()
        return 0
    if QUIET in tokens:
        from align.progress import quiet

        quiet()
        tokens = [word for word in tokens if word != QUIET]
    done = build()(tokens, exit_on_error=False, print_error=False, result_action="return_value")
    return done if isinstance(done, int) else 0


def _failed(error: Exception, status: int, message: str) -> int:
    if os.environ.get("ALIGN_TRACEBACK"):
        import traceback

        traceback.print_exception(error)
    say(f"align: {message}")
    return status
