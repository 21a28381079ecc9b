"""Checks of numbers that a user gives, and the error that names the setting with a wrong value."""

import re
from collections.abc import Callable
from dataclasses import fields
from typing import Any, Literal, get_args, get_origin

SEEDS = 1 << 32
"""The number of valid seeds, which are the whole numbers below it."""
MAX_TRAINED_DIM = 10_000
"""The largest number of dimensions of trained vectors."""
MAX_WORKERS = 1024
"""The largest number of threads or processes of one machine that may share a task."""
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?", re.ASCII)
_MAX_INT = (1 << 31) - 1
"""The largest whole number that a setting may be."""
_SMALL, _LARGE = 1e-30, 1e30
"""The smallest and the largest size of a setting that is not a whole number: models compute in float32."""


class SettingError(ValueError):
    """A setting has an invalid value.

    The command line shows the name of the setting as that of its option (``option_of``).

    Args:
        setting: the name of the setting.
        value: its value.
        expected: what is expected, such as "must be at least 1".

    Example:
        >>> print(SettingError("rate", -1.0, "must be above 0"))
        rate -1: must be above 0
    """

    def __init__(self, setting: str, value: object, expected: str) -> None:
        shown = f"{value:g}" if isinstance(value, float) else str(value)
        super().__init__(f"{setting} {shown}: {expected}")
        self.setting = setting
        """The name of the setting."""
        self.problem = f"{shown}: {expected}"
        """Its value, and what is expected."""
        self.expected = expected
        """What is expected."""


def option_of(setting: str) -> str:
    """Returns the option of the command line that gives a setting.

    >>> option_of("x_max")
    '--x-max'
    """
    return f"--{setting.replace('_', '-')}"


def check_seed(value: int, name: str = "seed") -> int:
    """Returns the seed ``value``, a whole number from 0 to 2^32 - 1: the range that every random generator takes.

    Raises:
        SettingError: the value is outside this range.

    >>> check_seed(7)
    7
    """
    if not 0 <= value < SEEDS:
        raise SettingError(name, value, f"must be a whole number from 0 to {SEEDS - 1}")
    return value


def at_least(value: int, minimum: int, name: str) -> int:
    """Returns ``value``, which must be ``minimum`` or more.

    Raises:
        SettingError: the value is smaller.

    >>> at_least(3, 1, "k")
    3
    """
    if value < minimum:
        raise SettingError(name, value, f"must be at least {minimum}")
    return value


def at_most(value: int, maximum: int, name: str) -> int:
    """Returns ``value``, which must be ``maximum`` or less.

    Raises:
        SettingError: the value is larger.

    >>> at_most(3, 5, "workers")
    3
    """
    if value > maximum:
        raise SettingError(name, value, f"must be at most {maximum}")
    return value


def check_settings(settings: Any, expected: str, check: Callable[[Any], bool], *names: str) -> None:
    """Checks each of the named attributes of ``settings``.

    Raises:
        SettingError: ``check`` is False for a value (the message then ends with ``expected``), or the value is a whole
            number over 2^31 - 1, or another number that is not 0 and not from 1e-30 to 1e30 in size.
    """
    for name in names:
        value = getattr(settings, name)
        if not check(value):
            raise SettingError(name, value, expected)
        if isinstance(value, float) and value and not _SMALL <= abs(value) <= _LARGE:
            raise SettingError(name, value, f"must be from {_SMALL:g} to {_LARGE:g}")
        if isinstance(value, int) and value > _MAX_INT:
            raise SettingError(name, value, f"must be at most {_MAX_INT}")


def check_choices(settings: Any) -> None:
    """Checks each setting whose type is a ``Literal``: it must be one of the values that the type names.

    Raises:
        SettingError: a value is another one.
    """
    for field in fields(settings):
        choices, value = get_args(field.type), getattr(settings, field.name)
        if get_origin(field.type) is Literal and value not in choices:
            raise SettingError(field.name, value, f"must be one of {', '.join(map(str, choices))}")


def within(settings: Any, minimum: int, maximum: int, *names: str) -> None:
    """Checks that each of the named settings is from ``minimum`` to ``maximum``."""
    expected = f"must be from {minimum} to {maximum}"
    check_settings(settings, expected, lambda value: minimum <= value <= maximum, *names)


def at_least_one(settings: Any, *names: str) -> None:
    """Checks that each of the named settings is at least 1."""
    check_settings(settings, "must be at least 1", lambda value: value >= 1, *names)


def up_to(settings: Any, maximum: int, *names: str) -> None:
    """Checks that each of the named settings is at most ``maximum``."""
    check_settings(settings, f"must be at most {maximum}", lambda value: value <= maximum, *names)


def above_zero(settings: Any, *names: str) -> None:
    """Checks that each of the named settings is above 0."""
    check_settings(settings, "must be above 0", lambda value: value > 0, *names)


def not_negative(settings: Any, *names: str) -> None:
    """Checks that each of the named settings is 0 or more."""
    check_settings(settings, "must be at least 0", lambda value: value >= 0, *names)


def finite_number(column: str) -> float | None:
    """Returns a column of a table as a number; None for all other text, such as ``nan``, ``7,35`` and ``1_000``.

    >>> finite_number("6.77"), finite_number("7,35"), finite_number("inf")
    (6.77, None, None)
    """
    return float(column) if _NUMBER.fullmatch(column) else None
