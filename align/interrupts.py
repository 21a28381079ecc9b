"""SIGINT as a KeyboardInterrupt at a safe place: never within an import or a call into JAX.

An exception that a signal raises within an import can leave a module half made. Within JAX it can be swallowed by a
callback of the garbage collector, so that the program runs on, or it can end the process with a crash. So where such
code runs, the interrupt waits until control is back in the function that called it.
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


class Interrupter:
    """A handler of SIGINT that raises KeyboardInterrupt where it is safe; a second SIGINT does not wait."""

    def __init__(self) -> None:
        self.waiting = False
        """Whether an interrupt waits for a safe place."""

    def __call__(self, _number: int, frame: FrameType | None) -> None:
        """Raises KeyboardInterrupt, now or as soon as control is back in code that can be interrupted."""
        caller = _caller_of_busy(frame)
        if caller is None:
            self.waiting = False
            raise KeyboardInterrupt
        if self.waiting:
            os.write(2, MESSAGE)
            os._exit(STATUS)
        self.waiting = True
        caller.f_trace = self._raise
        sys.settrace(_no_trace)

    def _raise(self, frame: FrameType, _event: str, _arg: object) -> Any:
        """The trace function of the frame in which the interrupt is raised."""
        sys.settrace(None)
        frame.f_trace = None
        self.waiting = False
        raise KeyboardInterrupt


def handle_interrupts() -> None:
    """Installs an ``Interrupter``, unless SIGINT is ignored or has a handler other than Python's own.

    Example:
        >>> before = signal.getsignal(signal.SIGINT)
        >>> handle_interrupts()
        >>> signal.getsignal(signal.SIGINT) is before or isinstance(signal.getsignal(signal.SIGINT), Interrupter)
        True
        >>> _ = signal.signal(signal.SIGINT, before)
    """
    main = threading.current_thread() is threading.main_thread()
    if main and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, Interrupter())


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
