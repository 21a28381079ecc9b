"""What every part of the homework starts from: its options, and the two spaces they name."""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NoReturn

from align.checks import check_seed
from align.space import Space

ENGLISH = "googlenews-small"
CHINESE = "chinese-synonym"
NAMES = "glove-6b-50"
CHINESE_NAMES = "zhwiki-synonyms"

_EXAMPLES = """examples:
  python -m {module}
  python -m {module} --english glove-6b-50 --seed 7
  python -m {module} --english GoogleNews-vectors-negative300.bin.gz --chinese sgns.merge.word.bz2 --out results/mine
"""


@dataclass(frozen=True)
class Options:
    """What the command line asks for; ``english`` and ``chinese`` are catalogue names or files."""

    english: str = ENGLISH
    chinese: str = CHINESE
    seed: int = 0
    out: Path = Path("results/homework")
    limit: int = 200_000


@dataclass(frozen=True, eq=False)
class Context:
    """The two spaces (the Chinese one simplified), where figures go, and the one seed of all that is random.

    ``names`` and ``chinese_names`` name spaces that have proper names, for words that the first two lack (the small
    GoogleNews file has no countries, the default Chinese one no months); they are loaded on first use.
    """

    english: Space
    chinese: Space
    out: Path
    seed: int
    names: str = NAMES
    chinese_names: str = CHINESE_NAMES

    @cached_property
    def with_names(self) -> Space:
        """The English space with proper names (its 100,000 most frequent words)."""
        return read_space(self.names, 100_000)

    @cached_property
    def chinese_with_names(self) -> Space:
        """The Chinese space with proper names, simplified."""
        return read_space(self.chinese_names, 200_000).simplified()


def parse(argv: Sequence[str] | None, description: str, *, module: str = "experiments.homework") -> Options:
    """The options in ``argv`` (None: the process's own); ``--help`` prints ``description`` and examples, and exits 0.

    Raises:
        SystemExit: status 2 after one line on standard error, where an option is unknown or its value bad.
    """
    default = Options()
    parser = argparse.ArgumentParser(
        prog=f"python -m {module}",
        description=description,
        epilog=_EXAMPLES.format(module=module),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        exit_on_error=False,
        allow_abbrev=False,
    )
    spaces = "word vectors: a name from `align fetch --list`, or a file of any format"
    parser.add_argument("--english", metavar="NAME|PATH", default=default.english, help=f"English {spaces}")
    parser.add_argument("--chinese", metavar="NAME|PATH", default=default.chinese, help=f"Chinese {spaces}")
    parser.add_argument("--seed", metavar="N", type=_seed, default=default.seed, help="of all that is random")
    parser.add_argument(
        "--out", metavar="FOLDER", type=Path, default=default.out, help="for the figures and report.html"
    )
    parser.add_argument(
        "--limit", metavar="N", type=_count, default=default.limit, help="read the N most frequent words of each file"
    )
    try:
        found, unknown = parser.parse_known_args(argv)
    except argparse.ArgumentError as error:
        refuse(str(error))
    if unknown:
        refuse(f"unknown option {unknown[0]!r}; see python -m {module} --help")
    return Options(**vars(found))


def _count(text: str) -> int:
    """A whole number from 0 up; argparse turns the error into its message."""
    if not text.isascii() or not text.isdigit():
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 0 up")
    return int(text)


def _seed(text: str) -> int:
    """A seed; argparse turns the error into its message."""
    count = _count(text)
    try:
        check_seed(count)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
    return count


def refuse(message: str) -> NoReturn:
    """Say ``message`` in one line on standard error and exit with status 2: the input was bad."""
    sys.stderr.write(f"align: {message}\n")
    raise SystemExit(2)


def read_space(name: str, limit: int | None = None) -> Space:
    """The space of a catalogue name or file.

    Raises:
        KeyError: no file and no catalogue name.
        ValueError: the file is not a vector file, or is damaged.
    """
    from align.catalogue import resolve
    from align.files import load

    return load(resolve(name), limit=limit, name=Path(name).name)


def open_context(options: Options) -> Context:
    """Load both spaces and make the output folder; raises as :func:`read_space` does, and OSError for the folder."""
    options.out.mkdir(parents=True, exist_ok=True)
    english = read_space(options.english, options.limit)
    chinese = read_space(options.chinese, options.limit).simplified()
    return Context(english=english, chinese=chinese, out=options.out, seed=options.seed)
