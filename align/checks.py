"""Checks of numbers that a user gives."""

SEEDS = 1 << 32


def check_seed(value: int, name: str = "--seed") -> int:
    """Returns the seed ``value``, a whole number from 0 to 2^32 - 1: the range that every random generator takes.

    Raises:
        ValueError: the value is outside this range; the message begins with ``name``.

    >>> check_seed(7)
    7
    """
    if not 0 <= value < SEEDS:
        raise ValueError(f"{name} {value}: must be a whole number from 0 to {SEEDS - 1}")
    return value


def at_least(value: int, least: int, name: str) -> int:
    """Returns ``value``, which must be ``least`` or more.

    Raises:
        ValueError: the value is smaller; the message begins with ``name``.

    >>> at_least(3, 1, "--k")
    3
    """
    if value < least:
        raise ValueError(f"{name} {value}: must be at least {least}")
    return value
