"""Text for the terminal: an error in one line, whether the user caused it, a number of things or of bytes."""

from collections.abc import Sequence
from types import TracebackType

BY_CHANCE = "this translator's map is no better than chance: its translations mean nothing"
"""The warning before the translations of a translator whose ``by_chance`` is true."""


def one_line(error: BaseException) -> str:
    """Returns the message of an error on one line, without the quotes of a KeyError or the number of an OSError.

    >>> one_line(KeyError("'horze' is not in the vocabulary"))
    "'horze' is not in the vocabulary"
    """
    if isinstance(error, KeyError) and error.args:
        text = str(error.args[0])
    elif isinstance(error, OSError) and error.strerror:
        where = "" if error.filename is None else f"{error.filename}: "
        text = f"{where}{error.strerror[:1].lower()}{error.strerror[1:]}"
    else:
        text = f"too little memory: {error}" if _is_memory(error) else str(error)
    return shortened(" ".join(text.split())) or type(error).__name__


def shortened(text: str, max_length: int = 2000) -> str:
    """Returns a text without its middle if it is longer than ``max_length`` characters.

    Example:
        >>> shortened("abcdefghij", 6)
        'abc ... hij'
    """
    return text if len(text) <= max_length else f"{text[: max_length // 2]} ... {text[-(max_length // 2) :]}"


def few(words: Sequence[str], count: int = 5) -> str:
    """Returns the first ``count`` words in one line, with dots if there are more.

    >>> few(["king", "queen", "horse"], 2)
    'king, queen, ...'
    """
    return ", ".join(words[:count]) + (", ..." if len(words) > count else "")


def is_refusal(error: BaseException) -> bool:
    """Returns whether this project raised ``error`` on purpose, to refuse the user's input.

    An OSError (a missing file, a full disk, no network) and a lack of memory count as the user's. A ValueError, a
    KeyError or a ModuleNotFoundError (of an optional library) counts only if a ``raise`` statement of this project's
    own code raised it. Every check of a user's input ends in such a statement. A ValueError that numpy, JAX or the
    interpreter raises means that a check is missing, which is our fault.

    >>> try:
    ...     int("x")
    ... except ValueError as error:
    ...     is_refusal(error)
    False
    """
    if isinstance(error, OSError) or _is_memory(error):
        return True
    return isinstance(error, ValueError | KeyError | ModuleNotFoundError) and _raised_here(error.__traceback__)


def explain(error: BaseException) -> str:
    """Returns the message to show for an error, which begins with "internal failure" if the user did not cause it."""
    return one_line(error) if is_refusal(error) else f"internal failure: {type(error).__name__}: {one_line(error)}"


def _is_memory(error: BaseException) -> bool:
    """Returns whether numpy or JAX ran out of memory."""
    return isinstance(error, MemoryError) or (isinstance(error, RuntimeError) and "RESOURCE_EXHAUSTED" in str(error))


def _raised_here(trace: TracebackType | None) -> bool:
    """Returns whether the innermost frame is ours and stopped at a ``raise`` statement, not in a call or operator."""
    from dis import opmap

    if trace is None:
        return False
    while trace.tb_next is not None:
        trace = trace.tb_next
    package = str(trace.tb_frame.f_globals.get("__name__", "")).partition(".")[0]
    ours = {__name__.partition(".")[0], "experiments"}
    return package in ours and trace.tb_frame.f_code.co_code[trace.tb_lasti] == opmap["RAISE_VARARGS"]


def number_of(count: int, singular: str, plural: str = "") -> str:
    """Returns a count with its noun; without ``plural``, the plural ends in s.

    Example:
        >>> number_of(1, "word"), number_of(2345, "word"), number_of(0, "entry", "entries")
        ('1 word', '2,345 words', '0 entries')
    """
    return f"{count:,} {singular if count == 1 else plural or f'{singular}s'}"


def size_text(count: int | float) -> str:
    """Returns a number of bytes as text: in kB from 1,000, in MB with one decimal from 100,000.

    Example:
        >>> size_text(1_234_567), size_text(45_600), size_text(120), size_text(0.4)
        ('1.2 MB', '46 kB', '120 bytes', '0.4 bytes')
    """
    if count >= 1e5:
        return f"{count / 1e6:,.1f} MB"
    if count >= 1e3:
        return f"{count / 1e3:.0f} kB"
    return number_of(int(count), "byte") if count >= 1 or not count else f"{count:.1f} bytes"
