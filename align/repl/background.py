"""Work that goes on while the user types."""

import threading
from collections.abc import Callable
from typing import TypeVar

Thing = TypeVar("Thing")


def in_background(make: Callable[[], Thing]) -> Callable[[], Thing]:
    """Begin ``make()`` in a thread; returns a function that waits for its value, or raises what it raised."""
    made: list[Thing] = []
    failed: list[BaseException] = []

    def work() -> None:
        try:
            made.append(make())
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()

    def value() -> Thing:
        thread.join()
        if failed:
            raise failed[0]
        return made[0]

    return value
