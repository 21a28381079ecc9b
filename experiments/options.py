"""The options of an experiment that needs no vectors: where its files go, and the seed of what is drawn at random."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from align.checks import check_seed
from experiments.homework.spaces import refuse


@dataclass(frozen=True)
class Options:
    """The folder for files, the one seed, and how many words of text are read where that can be chosen."""

    out: Path
    seed: int = 0
    words: int = 0


def parse(argv: Sequence[str] | None, description: str, *, module: str, out: str, words: int | None = None) -> Options:
    """The options in ``argv`` (None: the process's own), ``out`` the folder when none is named; ``--help`` exits 0.

    With ``words`` there is an option for the number of words, and this is its default.

    Raises:
        SystemExit: status 2 after one line on standard error, where an option is unknown or its value bad.
    """
    parser = argparse.ArgumentParser(
        prog=f"python -m {module}", description=description, exit_on_error=False, allow_abbrev=False
    )
    parser.add_argument(
        "--out", metavar="FOLDER", type=Path, default=Path(out), help="for the files (default: %(default)s)"
    )
    parser.add_argument("--seed", metavar="N", type=int, default=0, help="of all that is random")
    if words is not None:
        parser.add_argument("--words", metavar="N", type=int, default=words, help="of text (default: %(default)s)")
    try:
        found = known_only(parser, argv)
        if words is not None and found.words < 0:
            raise ValueError(f"--words {found.words}: a number of words from 0 up was expected")
    except (argparse.ArgumentError, ValueError) as error:
        refuse(str(error))
    return Options(**vars(found))


def known_only(parser: argparse.ArgumentParser, argv: Sequence[str] | None) -> argparse.Namespace:
    """The options that ``parser`` finds in ``argv``.

    Raises:
        argparse.ArgumentError: a value is bad.
        ValueError: an option is unknown, or the seed out of range.
    """
    found, unknown = parser.parse_known_args(argv)
    if unknown:
        raise ValueError(f"unknown option {unknown[0]!r}; see {parser.prog} --help")
    check_seed(found.seed)
    return found
