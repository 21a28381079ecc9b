"""Signals that end the program as exceptions at a safe place: never within an import or a call into JAX.

SIGINT raises KeyboardInterrupt. SIGTERM and SIGHUP raise SystemExit, so that temporary files are removed.

An exception that a signal raises within an import can leave a module half made. Within JAX it can be swallowed by a
callback of the garbage collector, so that the program runs on, or it can end the process with a crash. So where such
code runs, the exception waits until control is back in the function that called it, so a long call delays the end. A
second signal does not wait.
"""

import os
import signal
import sys
import threading
from types import FrameType
from typing import Any

MESSAGE = b"align: interrupted\n"
STATUS = 130
_LIBRARIES = frozenset({"jax", "jaxlib"})
_USUAL: dict[int, Any] = {signal.SIGINT: signal.default_int_handler, signal.SIGTERM: signal.SIG_DFL}
"""The signals, each with its handler in a Python program that sets none."""
if hasattr(signal, "SIGHUP"):
    _USUAL[signal.SIGHUP] = signal.SIG_DFL


class Interrupter:
    """A handler of signals that raises their exception where it is safe; a second signal does not wait."""

    def __init__(self) -> None:
        self.waiting = 0
        """The number of the signal that waits for a safe place; 0 if none does."""

    def __call__(self, number: int, frame: FrameType | None) -> None:
        """Raises the exception of a signal, now or as soon as control is back in code that can be interrupted."""
        caller = _caller_of_busy(frame)
        if caller is None:
            self.waiting = 0
            raise exception_of(number)
        if self.waiting:
            if number == signal.SIGINT:
                os.write(2, MESSAGE)
            os._exit(128 + number)
        self.waiting = number
        caller.f_trace = self._raise
        sys.settrace(_no_trace)

    def _raise(self, frame: FrameType, _event: str, _arg: object) -> Any:
        """The trace function of the frame in which the exception is raised."""
        sys.settrace(None)
        frame.f_trace = None
        number, self.waiting = self.waiting, 0
        raise exception_of(number)


def exception_of(number: int) -> BaseException:
    """Returns the exception of a signal.

    Example:
        >>> exception_of(signal.SIGINT), exception_of(signal.SIGTERM)
        (KeyboardInterrupt(), SystemExit(143))
    """
    return KeyboardInterrupt() if number == signal.SIGINT else SystemExit(128 + number)


def handle_interrupts() -> None:
    """Installs an ``Interrupter`` for each signal that is not ignored and has the usual handler.

    Example:
        >>> before = signal.getsignal(signal.SIGINT)
        >>> handle_interrupts()
        >>> signal.getsignal(signal.SIGINT) is before or isinstance(signal.getsignal(signal.SIGINT), Interrupter)
        True
        >>> restore_signals()
        >>> _ = signal.signal(signal.SIGINT, before)
    """
    if threading.current_thread() is not threading.main_thread():
        return
    handler = Interrupter()
    for number, usual in _USUAL.items():
        if signal.getsignal(number) == usual:
            signal.signal(number, handler)


def restore_signals() -> None:
    """Lets signals end the process at once, where an ``Interrupter`` handles them."""
    for number in _USUAL:
        if isinstance(signal.getsignal(number), Interrupter):
            signal.signal(number, signal.SIG_DFL)


def _caller_of_busy(frame: FrameType | None) -> FrameType | None:
    """Returns the frame that called the outermost import or call into JAX; None if no such code runs."""
    caller = None
    while frame is not None:
        if _is_busy(frame):
            caller = frame.f_back
        frame = frame.f_back
    return caller


def _is_busy(frame: FrameType) -> bool:
    """Returns whether a frame belongs to the import system or to JAX."""
    module = str(frame.f_globals.get("__name__", ""))
    return module.startswith("importlib._bootstrap") or module.partition(".")[0] in _LIBRARIES


def _no_trace(_frame: FrameType, _event: str, _arg: object) -> None:
    """A trace function that traces no new frame."""
