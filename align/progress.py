"""Progress bars on standard error, for work of more than about two seconds; drawn on terminals only."""

import contextlib
from collections.abc import Callable, Generator, Iterable, Iterator, Sized
from functools import partial
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from rich.progress import Progress, ProgressColumn, TaskID

_quiet = False

Advance = Callable[[int], object]
"""Receives the amount done since the last call."""
Thing = TypeVar("Thing")

Report = Callable[[str, int, int], object]
"""Receives the stage of a long operation, the amount done, and the stage's total."""


def running_total(report: Report, stage: str, total: int) -> Advance:
    """Returns ``advance(amount)``, which adds up amounts and reports the sum as the progress of ``stage``."""
    done = 0

    def advance(amount: int) -> None:
        nonlocal done
        done += amount
        report(stage, done, total)

    return advance


def quiet(silent: bool = True) -> None:
    """Turns later progress bars of this process off (or on again); the command line's ``--quiet``."""
    global _quiet  # noqa: PLW0603
    _quiet = silent


@contextlib.contextmanager
def bytes_bar(label: str, total: int | None = None, *, done: int = 0, show: bool = True) -> Generator[Advance]:
    """Yields ``advance(n)``, which moves a bar by ``n`` bytes.

    If standard error is not a terminal, or after ``quiet()``, no bar is drawn and ``advance`` does nothing.

    Args:
        label: the text before the bar.
        total: total number of bytes; None draws a bar without an end.
        done: number of bytes done before, as in a resumed download.
        show: False draws nothing.
    """
    with _advancing(label, total, done, show, _byte_columns) as advance:
        yield advance


@contextlib.contextmanager
def count_bar(label: str, total: int | None = None, *, done: int = 0, show: bool = True) -> Generator[Advance]:
    """Yields ``advance(n)``, which moves a bar by ``n`` items of ``total``; arguments as in ``bytes_bar``.

    Example:
        >>> with count_bar("steps", 3, show=False) as advance:
        ...     advance(1)
    """
    with _advancing(label, total, done, show, _count_columns) as advance:
        yield advance


@contextlib.contextmanager
def noted_bar(label: str, total: int, *, show: bool = True) -> Generator[Callable[[int, str], None]]:
    """Yields ``at(done, note)``, which moves a bar to ``done`` of ``total`` and writes a note next to it.

    The first call sets the starting point, so that the remaining time of resumed work is estimated from this run only.

    Example:
        >>> with noted_bar("training", 100, show=False) as at:
        ...     at(40, "loss 0.5")
    """
    with _drawn(label, total, 0, show, _note_columns) as drawn:
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


@contextlib.contextmanager
def stage_bars(label: str = "") -> Generator[Report]:
    """Yields a ``Report`` that draws one progress bar after the other, one for each stage.

    Args:
        label: the text before the name of each stage.

    Example:
        >>> with stage_bars() as report:
        ...     _ = report("reading", 1, 2), report("reading", 2, 2), report("fitting", 1, 9)
    """
    with contextlib.ExitStack() as bars:
        current, moved = "", 0
        advance: Advance = _ignore

        def report(stage: str, done: int, total: int) -> None:
            nonlocal current, moved, advance
            if stage != current:
                bars.close()
                current, moved, advance = stage, 0, bars.enter_context(count_bar(f"{label}{stage}", total))
            advance(done - moved)
            moved = done

        yield report


def counted(things: Iterable[Thing], label: str, total: int | None = None, *, show: bool = True) -> Iterator[Thing]:
    """Yields ``things`` one by one under a counting bar; the total defaults to their length if they have one."""
    if total is None and isinstance(things, Sized):
        total = len(things)
    with count_bar(label, total, show=show) as advance:
        for thing in things:
            yield thing
            advance(1)


def _byte_columns() -> "list[ProgressColumn]":
    from rich.progress import DownloadColumn, TransferSpeedColumn

    return [DownloadColumn(), TransferSpeedColumn()]


def _count_columns() -> "list[ProgressColumn]":
    from rich.progress import MofNCompleteColumn

    return [MofNCompleteColumn()]


def _note_columns() -> "list[ProgressColumn]":
    from rich.progress import TaskProgressColumn, TextColumn

    return [TaskProgressColumn(), TextColumn("{task.fields[note]}")]


@contextlib.contextmanager
def _advancing(
    label: str, total: int | None, done: int, show: bool, columns: "Callable[[], list[ProgressColumn]]"
) -> Generator[Advance]:
    """Yields a function that advances the bar, or one that does nothing if no bar is drawn."""
    with _drawn(label, total, done, show, columns) as drawn:
        yield _ignore if drawn is None else partial(drawn[0].advance, drawn[1])


@contextlib.contextmanager
def _drawn(
    label: str, total: int | None, done: int, show: bool, columns: "Callable[[], list[ProgressColumn]]"
) -> "Generator[tuple[Progress, TaskID] | None]":
    """Yields a bar and its task, or None if nothing is drawn."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    if _quiet or not show or not console.is_terminal:
        yield None
        return
    text = TextColumn("{task.description}")
    bar = Progress(text, BarColumn(), *columns(), TimeRemainingColumn(), console=console, transient=True)
    with bar:
        yield bar, bar.add_task(label, total=total, completed=done, note="")


def _ignore(_amount: int) -> None:
    """Does nothing: no bar is drawn."""
