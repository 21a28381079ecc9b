"""The ``align`` command: one small file per group of commands; heavy libraries are imported when a command runs."""

import os
import sys
from collections.abc import Callable, Sequence
from inspect import Parameter as SignatureParameter
from inspect import signature

from cyclopts import App, Group, Parameter

from align.cache import keep_compiled
from align.cli import (
    axis,
    bench_alignment,
    classify,
    corpus,
    data,
    dictionary,
    discover,
    documents,
    encode,
    evaluate,
    explore,
    gloss,
    look,
    senses,
    train,
    train_bilingual,
    translation,
    words,
)
from align.cli.failure import fail
from align.cli.options import STDIN, check_whole_numbers
from align.cli.output import check_columns, drop_output, flush, output_error, prepare_streams, write, write_table

QUIET = "--quiet"
GROUPS = (
    data,
    dictionary,
    corpus,
    discover,
    train,
    train_bilingual,
    encode,
    words,
    senses,
    translation,
    gloss,
    axis,
    documents,
    classify,
    evaluate,
    bench_alignment,
    look,
    explore,
)


def _version() -> str:
    """The version of the installed package."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("align-words")
    except PackageNotFoundError:
        return "not installed (run from its source)"


def build() -> App:
    """Returns the command line application, with every group's commands."""
    app = App(
        name="align",
        help="English and Chinese word vectors: fetch, explore, map one space onto the other, translate, evaluate.",
        help_epilogue="`--quiet`, anywhere, hides progress bars. Exit status: 0 done; 1 failure of align; 2 wrong "
        "input, or something missing that the input needs (a file, the network, disk space).",
        version=_version,
        version_format="plaintext",
        help_format="markdown",
        suppress_keyboard_interrupt=False,
        default_parameter=Parameter(negative=""),
        group_parameters=Group("Parameters", validator=check_whole_numbers),
    )
    groups = {
        "": app,
        "eval": App(name="eval", help="Evaluate a translator or a space; every score comes with its coverage."),
        "documents": App(name="documents", help="Compare documents, one per line, by the words they contain."),
        "classify": App(name="classify", help="Text classification: train a classifier, test it, and predict with it."),
    }
    for name in ("eval", "documents", "classify"):
        app.command(groups[name])
    for group in GROUPS:
        for name, run in group.COMMANDS.items():
            outer, _, inner = name.rpartition(" ")
            if outer not in groups:  # a command that is also a group of commands
                groups[outer] = app[outer]
            groups[outer].command(run, name=inner, usage=usage_line(name, run))
    return app


def usage_line(name: str, run: Callable[..., object]) -> str:
    """Returns the usage line of a command, with its arguments named as in the text of its help."""
    shown = [f"Usage: align {name} [OPTIONS]"]
    for parameter in signature(run).parameters.values():
        argument = parameter.name.upper().strip("_")
        required = parameter.default is SignatureParameter.empty
        if parameter.kind is SignatureParameter.VAR_POSITIONAL:
            shown.append(f"[{argument}...]")
        elif parameter.kind is SignatureParameter.POSITIONAL_ONLY:
            shown.append(argument if required else f"[{argument}]")
        elif required:
            shown.append("-o OUTPUT" if argument == "OUTPUT" else f"--{argument.lower()} {argument}")
    return " ".join(shown)


def overview() -> None:
    """Write what one can do: three lines, and a table of the commands."""
    write("align translates words between English and Chinese by mapping one space of word vectors onto the other.")
    write("Try:  align translate king queen 国王   (the first time it fetches vectors and fits a mapping)")
    write("Then: align repl   for an interactive session, and  align COMMAND --help  for any command, with examples.\n")
    write_table(
        ("command", "what it does"), [(name, _about(run)) for group in GROUPS for name, run in group.COMMANDS.items()]
    )


def _about(run: Callable[..., object]) -> str:
    """The first line of a command's help."""
    return (run.__doc__ or "").partition("\n")[0]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status.

    0: done. 1: a failure of ours, such as training that diverges. 2: the user's input or environment: a file that
    cannot be read, no network, a full disk. Every error is one line on standard error; ALIGN_TRACEBACK=1 shows where it
    was raised.
    """
    prepare_streams()
    check_columns()
    tokens = [STDIN if word == "-" else _as_utf8(word) for word in (sys.argv[1:] if argv is None else argv)]
    try:
        keep_compiled()
        status = _run(tokens)
        flush()
    except BrokenPipeError:
        drop_output()
        return 141
    except SystemExit as end:
        if not isinstance(end.__context__, BrokenPipeError):
            raise
        return 141  # the writer of help texts ends the program if a reader has closed the pipe
    except Exception as error:
        return fail(output_error(error))
    return status


def _as_utf8(argument: str) -> str:
    """Returns an argument decoded as UTF-8 even if the locale made Python read it as ASCII; other bytes are kept."""
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
