"""Progress bars on standard error, for anything that takes longer than about two seconds; silent off a terminal."""

import contextlib
from collections.abc import Callable, Generator, Iterable, Iterator, Sized
from typing import TypeVar

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

_quiet = False

Advance = Callable[[int], None]
Thing = TypeVar("Thing")

Tell = Callable[[str, int, int], object]
"""Told the stage of long work, how much of it is done, and of how much."""


def running_total(tell: Tell, stage: str, total: int) -> Advance:
    """What advances by amounts, for work that is told as amounts done so far of ``total``."""
    done = 0

    def advance(amount: int) -> None:
        nonlocal done
        done += amount
        tell(stage, done, total)

    return advance


def quiet(silent: bool = True) -> None:
    """Turn every later progress bar of this process off (or on again): ``--quiet`` of the command line."""
    global _quiet  # noqa: PLW0603
    _quiet = silent


@contextlib.contextmanager
def bytes_bar(label: str, total: int | None = None, *, done: int = 0, show: bool = True) -> Generator[Advance]:
    """Yield ``advance(n)``, which moves a bar by ``n`` bytes; ``done`` bytes were there before (a resumed download).

    ``total=None`` draws a bar without an end. Nothing is drawn when standard error is not a terminal, after
    ``quiet()``, or with ``show=False``; ``advance`` may be called all the same.
    """
    columns = (DownloadColumn(), TransferSpeedColumn())
    with _bar(label, total, done, show, columns) as advance:
        yield advance


@contextlib.contextmanager
def count_bar(label: str, total: int | None = None, *, done: int = 0, show: bool = True) -> Generator[Advance]:
    """Yield ``advance(n)``, which moves a bar by ``n`` things of ``total``; drawn under the same conditions as bytes.

    Example:
        >>> with count_bar("steps", 3, show=False) as advance:
        ...     advance(1)
    """
    with _bar(label, total, done, show, (MofNCompleteColumn(),)) as advance:
        yield advance


def counted(things: Iterable[Thing], label: str, total: int | None = None, *, show: bool = True) -> Iterator[Thing]:
    """Yield ``things`` one by one under a counting bar; the total is their length where they have one."""
    if total is None and isinstance(things, Sized):
        total = len(things)
    with count_bar(label, total, show=show) as advance:
        for thing in things:
            yield thing
            advance(1)


@contextlib.contextmanager
def _bar(
    label: str, total: int | None, done: int, show: bool, columns: tuple[ProgressColumn, ...]
) -> Generator[Advance]:
    console = Console(stderr=True)
    if _quiet or not show or not console.is_terminal:
        yield _ignore
        return
    text = TextColumn("{task.description}")
    bar = Progress(text, BarColumn(), *columns, TimeRemainingColumn(), console=console, transient=True)
    with bar:
        task = bar.add_task(label, total=total, completed=done)
        yield lambda amount: bar.advance(task, amount)


def _ignore(_amount: int) -> None:
    """Move no bar."""
