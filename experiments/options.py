"""Command-line options of the experiments."""

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from align.checks import check_seed

ENGLISH = "googlenews-small"
CHINESE = "chinese-synonym"
ENGLISH_WITH_NAMES = "glove-6b-50"
CHINESE_WITH_NAMES = "zhwiki-synonyms"
DICTIONARY = "cedict"

_EXAMPLES = """examples:
  python -m {module}
  python -m {module} --english glove-6b-50 --seed 7
  python -m {module} --english GoogleNews-vectors-negative300.bin.gz --chinese sgns.merge.word.bz2 --out results/mine
"""


@dataclass(frozen=True)
class RunOptions:
    """Options of an experiment on fixed spaces or on text: its output folder, its seed, and its number of words.

    ``words`` is 0 if the experiment has no such option.
    """

    out: Path
    seed: int = 0
    words: int = 0


@dataclass(frozen=True)
class SpaceOptions:
    """Options of an experiment on two spaces of the user's choice, which are catalogue names or files."""

    english: str = ENGLISH
    chinese: str = CHINESE
    seed: int = 0
    out: Path = Path("results/homework")
    limit: int = 200_000
    steps: int = 0
    """Training steps of the network; 0: its default."""


def refuse(message: str) -> NoReturn:
    """Prints ``message`` as one line on standard error and exits with status 2, which means bad input."""
    sys.stderr.write(f"align: {message}\n")
    raise SystemExit(2)


def new_parser(module: str, description: str | None, *, examples: str = "") -> argparse.ArgumentParser:
    """Returns a parser without options; its errors are exceptions, so that ``refuse`` can show them.

    Args:
      module: the experiment's module, for the usage line.
      description: the first line is printed by ``--help``.
      examples: printed at the end of ``--help``.
    """
    return argparse.ArgumentParser(
        prog=f"python -m {module}",
        description=(description or "").split("\n", maxsplit=1)[0],
        epilog=examples or None,
        formatter_class=argparse.RawDescriptionHelpFormatter if examples else argparse.HelpFormatter,
        exit_on_error=False,
        allow_abbrev=False,
    )


def add_out(parser: argparse.ArgumentParser, default: str | Path) -> None:
    """Adds the option ``--out``, the output folder."""
    about = "output folder (default: %(default)s)"
    parser.add_argument("--out", metavar="FOLDER", type=Path, default=Path(default), help=about)


def add_seed(parser: argparse.ArgumentParser, about: str = "random seed", kind: Callable[[str], int] = int) -> None:
    """Adds the option ``--seed``, which ``kind`` reads and ``known_only`` checks."""
    parser.add_argument("--seed", metavar="N", type=kind, default=0, help=f"{about} (default: 0)")


def known_only(parser: argparse.ArgumentParser, argv: Sequence[str] | None) -> argparse.Namespace:
    """Parses ``argv`` and refuses unknown options.

    Raises:
        argparse.ArgumentError: a value is bad.
        ValueError: an option is unknown, or the seed is out of range.
    """
    found, unknown = parser.parse_known_args(argv)
    if unknown:
        raise ValueError(f"unknown option {unknown[0]!r}; see {parser.prog} --help")
    if "seed" in found:
        check_seed(found.seed, "--seed")
    return found


def parse_run(
    argv: Sequence[str] | None,
    description: str,
    *,
    module: str,
    out: str,
    words: int | None = None,
    about_words: str = "words of text; 0: all",
) -> RunOptions:
    """Parses the options of an experiment on fixed spaces or on text; ``--help`` exits with status 0.

    Args:
      argv: the arguments; None: ``sys.argv``.
      description: printed by ``--help``.
      module: the experiment's module, for the usage line.
      out: default output folder.
      words: default of ``--words``; None leaves that option out.
      about_words: what ``--words`` means, for ``--help``.

    Raises:
        SystemExit: status 2 after one line on standard error, if an option is unknown or its value is bad.
    """
    parser = new_parser(module, description)
    add_out(parser, out)
    add_seed(parser)
    if words is not None:
        parser.add_argument(
            "--words", metavar="N", type=int, default=words, help=f"{about_words} (default: %(default)s)"
        )
    try:
        found = known_only(parser, argv)
        read = 0 if words is None else found.words
        if read < 0:
            raise ValueError(f"--words {read}: must be at least 0")
    except (argparse.ArgumentError, ValueError) as error:
        refuse(str(error))
    return RunOptions(out=found.out, seed=found.seed, words=read)


def parse_spaces(argv: Sequence[str] | None, description: str, *, module: str, network: bool = False) -> SpaceOptions:
    """Parses the options of an experiment on two spaces of the user's choice; ``--help`` exits with status 0.

    Args:
      argv: the arguments; None: ``sys.argv``.
      description: printed by ``--help``.
      module: the experiment's module, for the usage line and the examples.
      network: whether the experiment trains a network, which gives it the option ``--steps``.

    Raises:
        SystemExit: status 2 after one line on standard error, if an option is unknown or its value is bad.
    """
    default = SpaceOptions()
    parser = new_parser(module, description, examples=_EXAMPLES.format(module=module))
    add_spaces(parser)
    add_seed(parser, kind=_count)
    add_out(parser, default.out)
    about = "read the N most frequent words of each file (default: %(default)s)"
    parser.add_argument("--limit", metavar="N", type=_count, default=default.limit, help=about)
    if network:
        about = "training steps of the network that translates, for a quick first run (default: 300)"
        parser.add_argument("--steps", metavar="N", type=_count, default=default.steps, help=about)
    try:
        found = known_only(parser, argv)
    except (argparse.ArgumentError, ValueError) as error:
        refuse(str(error))
    steps = found.steps if network else default.steps
    return SpaceOptions(found.english, found.chinese, found.seed, found.out, found.limit, steps)


def add_shared(parser: argparse.ArgumentParser, *, out: str, kind: str = "") -> None:
    """Adds the options ``--english``, ``--chinese``, ``--candidates``, ``--seed`` and ``--out``.

    Args:
      parser: the parser of an experiment that compares methods on two spaces.
      out: default output folder.
      kind: what ``--help`` calls the spaces in addition to their language, such as "pretrained".
    """
    add_spaces(parser, kind)
    about = "use the N most frequent words of each space (default: %(default)s)"
    parser.add_argument("--candidates", metavar="N", type=int, default=20_000, help=about)
    add_seed(parser)
    add_out(parser, out)


def add_spaces(parser: argparse.ArgumentParser, kind: str = "") -> None:
    """Adds the options ``--english`` and ``--chinese``."""
    about = "word vectors: a name from `align fetch --list`, or a file of any format (default: %(default)s)"
    for language, default in (("English", ENGLISH), ("Chinese", CHINESE)):
        named = f"{kind} {language}".strip()
        parser.add_argument(f"--{language.lower()}", metavar="NAME|PATH", default=default, help=f"{named} {about}")


def _count(text: str) -> int:
    """Reads a whole number, at least 0; argparse turns the error into its message."""
    if not text.isascii() or not text.isdigit():
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number, at least 0")
    return int(text)
