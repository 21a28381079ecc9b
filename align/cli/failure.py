"""The message and the exit status of an error, for every command."""

import os
import sys
from inspect import signature

from cyclopts import CycloptsError, UnusedCliTokensError

from align.checks import SettingError, option_of
from align.cli.output import say
from align.message import explain, is_refusal, one_line

COMPUTATIONS = {"align.train.loop": "DivergedError"}
"""Errors of our own, by module, that report a failed computation and not a wrong input."""


def fail(error: Exception) -> int:
    """Writes the message of an error, with its traceback if ALIGN_TRACEBACK is set, and returns the exit status."""
    if os.environ.get("ALIGN_TRACEBACK"):
        import traceback

        traceback.print_exception(error)
    say(f"align: {message_of(error)}")
    return status_of(error)


def message_of(error: Exception) -> str:
    """Returns the message of an error, which names a wrong setting as its option is written.

    Example:
        >>> message_of(SettingError("batch_size", 0, "must be at least 1"))
        '--batch-size 0: must be at least 1'
    """
    if isinstance(error, UnusedCliTokensError) and error.target is not None:
        kinds = signature(error.target).parameters.values()
        names = " ".join(one.name.upper().strip("_") for one in kinds if one.kind is one.POSITIONAL_ONLY)
        surplus = " ".join(error.unused_tokens or ())
        return f"{surplus}: too many words; expected: {names} (quotation marks keep a phrase or sentence together)"
    if isinstance(error, CycloptsError) or _is_computation(error):
        return one_line(error)
    if isinstance(error, SettingError) and error.setting.isidentifier():
        return f"{option_of(error.setting)} {error.problem}"
    return explain(error)


def status_of(error: Exception) -> int:
    """Returns the exit status: 1 for a failed computation or a failure of ours, 2 for wrong input."""
    if _is_computation(error):
        return 1
    return 2 if isinstance(error, CycloptsError) or is_refusal(error) else 1


def _is_computation(error: Exception) -> bool:
    """Whether ``error`` is one of ``COMPUTATIONS``; a module that was not imported has raised nothing."""
    kinds = (getattr(sys.modules[module], name) for module, name in COMPUTATIONS.items() if module in sys.modules)
    return isinstance(error, tuple(kinds))
