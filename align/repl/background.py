"""Work in the background, while the user types."""

import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import TypeVar

from align.bilingual.translator import Translator

Value = TypeVar("Value")


def in_background(make: Callable[[], Value]) -> Callable[[], Value]:
    """Calls ``make`` in a thread, and returns a function that waits for the result.

    The function returns the value of ``make``, or raises the exception that ``make`` raised.

    Example:
      >>> in_background(lambda: 2 + 2)()
      4
    """
    made: list[Value] = []
    failed: list[BaseException] = []

    def work() -> None:
        try:
            made.append(make())
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()

    def value() -> Value:
        thread.join()
        if failed:
            raise failed[0]
        return made[0]

    return value


@dataclass(frozen=True, eq=False)
class BackgroundFit:
    """A translator that another process fits and saves at ``path`` while the session continues."""

    process: "subprocess.Popen[bytes]"
    path: Path

    @staticmethod
    def start(
        path: Path, arguments: Sequence[str] = ("-m", "align", "fetch", "--default-translator")
    ) -> "BackgroundFit":
        """Starts ``python`` with ``arguments``, a command that writes ``path``. Ctrl-C does not stop the process."""
        quiet = subprocess.DEVNULL
        process = subprocess.Popen(
            [sys.executable, *arguments], stdin=quiet, stdout=quiet, stderr=quiet, start_new_session=True
        )
        return BackgroundFit(process, path)

    def ready(self) -> Translator | None:
        """Returns the translator once it has been fitted, and None before.

        Raises:
          OSError: the process ended without writing a translator.
        """
        status = self.process.poll()
        if status is None:
            return None
        if status or not self.path.exists():
            raise OSError(f"its process ended with status {status}; try `align fetch --default-translator`")
        return Translator.load(self.path)

    def stop(self) -> None:
        """Stops the process if it still runs. No partial file remains: ``path`` is written whole or not at all."""
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait()

    @contextmanager
    def until_end(self) -> Generator["BackgroundFit"]:
        """Stops the process at the end of a block, and if the terminal closes or this process receives SIGTERM."""

        def end(number: int, _: FrameType | None) -> None:
            self.stop()
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)

        before = {number: signal.signal(number, end) for number in (signal.SIGHUP, signal.SIGTERM)}
        try:
            yield self
        finally:
            self.stop()
            for number, handler in before.items():
                signal.signal(number, handler)
