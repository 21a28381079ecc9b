"""Progress bars on standard error, for anything that takes longer than about two seconds; silent off a terminal."""

import contextlib
from collections.abc import Callable, Generator, Iterable, Iterator, Sized
from functools import partial
from typing import TypeVar

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TaskID,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

_quiet = False

Advance = Callable[[int], None]
Thing = TypeVar("Thing")

Report = Callable[[str, int, int], object]
"""Told the stage of long work, how much of it is done, and of how much."""


def running_total(report: Report, stage: str, total: int) -> Advance:
    """What advances by amounts, for work that is told as amounts done so far of ``total``."""
    done = 0

    def advance(amount: int) -> None:
        nonlocal done
        done += amount
        report(stage, done, total)

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


@contextlib.contextmanager
def noted_bar(label: str, total: int, *, show: bool = True) -> Generator[Callable[[int, str], None]]:
    """Yield ``at(done, note)``, which moves a bar to ``done`` of ``total`` and writes a note beside it.

    The first call says where the work begins (it may go on from before), so that the time left is told from what is
    done after it. Drawn under the same conditions as bytes.

    Example:
        >>> with noted_bar("training", 100, show=False) as at:
        ...     at(40, "loss 0.5")
    """
    columns = (TaskProgressColumn(), TextColumn("{task.fields[note]}"))
    with _drawn(label, total, 0, show, columns) as drawn:
        if drawn is None:
            yield lambda _done, _note: None
            return
        bar, task = drawn
        begun = False

        def at(done: int, note: str) -> None:
            nonlocal begun
            if not begun:
                bar.reset(task, completed=done)
            begun = True
            bar.update(task, completed=done, note=note)

        yield at


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
    with _drawn(label, total, done, show, columns) as drawn:
        yield _ignore if drawn is None else partial(drawn[0].advance, drawn[1])


@contextlib.contextmanager
def _drawn(
    label: str, total: int | None, done: int, show: bool, columns: tuple[ProgressColumn, ...]
) -> Generator[tuple[Progress, TaskID] | None]:
    """Yield a bar and its task, or None where nothing is to be drawn."""
    console = Console(stderr=True)
    if _quiet or not show or not console.is_terminal:
        yield None
        return
    text = TextColumn("{task.description}")
    bar = Progress(text, BarColumn(), *columns, TimeRemainingColumn(), console=console, transient=True)
    with bar:
        yield bar, bar.add_task(label, total=total, completed=done, note="")


def _ignore(_amount: int) -> None:
    """Move no bar."""
