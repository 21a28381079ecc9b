"""The spaces of experiments: default names, loading, and the context that every part of a report receives."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from align.checks import at_least
from align.space import Space
from experiments.options import CHINESE_WITH_NAMES, ENGLISH_WITH_NAMES, SpaceOptions

_NAMES_LIMIT = 100_000
_CHINESE_NAMES_LIMIT = 200_000


@dataclass(frozen=True, eq=False)
class Context:
    """The input of every part of a report: two spaces, the folder for its files, and the seed.

    ``names`` and ``chinese_names`` are spaces that contain proper names, or names of such spaces. A part uses them
    for words that the first two spaces lack. They are loaded on first use. ``steps`` are the training steps of the
    network that translates; 0 means its default.
    """

    english: Space
    chinese: Space
    out: Path
    seed: int
    names: str | Space = ENGLISH_WITH_NAMES
    chinese_names: str | Space = CHINESE_WITH_NAMES
    steps: int = 0

    @cached_property
    def with_names(self) -> Space:
        """The English space with proper names (its 100,000 most frequent words)."""
        return self.names if isinstance(self.names, Space) else read_space(self.names, _NAMES_LIMIT)

    @cached_property
    def chinese_with_names(self) -> Space:
        """The Chinese space with proper names, simplified."""
        named = self.chinese_names
        return named if isinstance(named, Space) else read_space(named, _CHINESE_NAMES_LIMIT).simplified()


def read_space(name: str, limit: int | None = None) -> Space:
    """Loads the ``limit`` most frequent words of a catalogue name or file.

    Raises:
        KeyError: ``name`` is neither a file nor a catalogue name.
        ValueError: the file is not a vector file, or is damaged.
    """
    from align.catalogue import resolve
    from align.files import load

    return load(resolve(name), limit=limit, name=Path(name).name)


def read_pair(english: str, chinese: str, candidates: int) -> tuple[Space, Space]:
    """Loads the ``candidates`` most frequent words of both spaces; simplifies the Chinese space first.

    Raises:
        ValueError: ``candidates`` is below 1, or a file is not a vector file.
        KeyError: a name is neither a file nor a catalogue name.
    """
    at_least(candidates, 1, "--candidates")
    other = read_space(chinese, 2 * candidates).simplified()
    return read_space(english, candidates), other.restrict(candidates)


def open_context(options: SpaceOptions) -> Context:
    """Loads both spaces and makes the output folder.

    Raises:
        KeyError, ValueError: as in :func:`read_space`.
        OSError: the folder cannot be made.
    """
    options.out.mkdir(parents=True, exist_ok=True)
    english = read_space(options.english, options.limit)
    chinese = read_space(options.chinese, options.limit).simplified()
    return Context(english=english, chinese=chinese, out=options.out, seed=options.seed, steps=options.steps)
