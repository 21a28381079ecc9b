"""A projection, not a measurement: the time to read 1 G, 100 G and 1 T words on 1, 8 and 64 GPUs, and to tokenise them.

``python -m experiments.projection`` prints it. No GPU was at hand for this project, so the rates of GPUs are estimated
from memory traffic: the bandwidth divided by the bytes that a word moves. The rate of tokenising is measured on a
processor (section Speed of RESULTS.md). Each assumption is a field of ``Assumptions``.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import NamedTuple

from experiments.results import markdown

WORDS = {"1 G": 1e9, "100 G": 1e11, "1 T": 1e12}
GPUS = (1, 8, 64)
COLUMNS = (
    *("words", "GPUs", "words/s, as built", "limit", "one reading", "words/s, rows only where needed"),
    *("cores that keep up", "tokenising on one machine"),
)


@dataclass(frozen=True)
class Assumptions:
    """The assumptions of the projection; ``MEANING`` says what each field is, with its unit."""

    dim: int = 300
    kept: float = 0.4
    rows: float = 3.0
    passes: float = 3.0
    bandwidth: float = 4.8e12
    efficiency: float = 0.25
    link: float = 4.5e11
    network: float = 5e10
    node: int = 8
    text: float = 6.0
    core: float = 11e6
    cores: int = 64


MEANING = {
    "dim": "dimensions of the vectors",
    "kept": "share of the words that sub-sampling keeps",
    "rows": "table rows per kept word: its vector, its context, and one noise word",
    "passes": "times that each row moves: read, and read and written by the update",
    "bandwidth": "bytes/s of a GPU's memory (published for an H200)",
    "efficiency": "share of the bandwidth that rows in random order reach (a guess)",
    "link": "bytes/s into a GPU from the others of its machine (published for NVLink 4)",
    "network": "bytes/s into a GPU from other machines (a network of 400 Gb/s for each GPU)",
    "node": "GPUs of one machine",
    "text": "bytes of English text per word",
    "core": "bytes/s of text that a core tokenises (measured: 22 MB/s on two cores)",
    "cores": "cores of a machine that tokenises",
}


class Rate(NamedTuple):
    """Words per second of all GPUs together, and what limits them."""

    words: float
    limit: str


def as_built(a: Assumptions, gpus: int) -> Rate:
    """Returns the rate if every GPU receives the row gradients of all others, as the training loop does.

    With G GPUs, the rate is the smaller of G bandwidth efficiency / (4 dim kept rows passes), the limit of memory, and
    wire / (4 dim kept rows (1 - 1 / G)), the limit of links; wire is ``link`` within a machine and ``network`` beyond.
    """
    row = a.kept * a.rows * 4 * a.dim
    memory = gpus * a.bandwidth * a.efficiency / (row * a.passes)
    if gpus == 1:
        return Rate(memory, "memory")
    wire = a.link if gpus <= a.node else a.network
    links = wire / (row * (1 - 1 / gpus))
    return Rate(memory, "memory") if memory <= links else Rate(links, "links" if gpus <= a.node else "network")


def to_owners(a: Assumptions, gpus: int) -> float:
    """Returns the rate if rows and gradients went only to the GPUs that need them; the loop does not do this yet."""
    row = a.kept * a.rows * 4 * a.dim
    memory = gpus * a.bandwidth * a.efficiency / (row * a.passes)
    wire = a.link if gpus <= a.node else a.network
    return memory if gpus == 1 else min(memory, gpus * wire / (2 * row * (1 - 1 / gpus)))


def table(a: Assumptions) -> list[tuple[str, ...]]:
    """Returns the rows of the projection."""
    lines: list[tuple[str, ...]] = []
    for name, words in WORDS.items():
        for gpus in GPUS:
            rate = as_built(a, gpus)
            cores = rate.words * a.text / a.core
            alone = words * a.text / (a.core * a.cores)
            owners = f"{to_owners(a, gpus) / 1e6:,.0f} M"
            speed = f"{rate.words / 1e6:,.0f} M"
            lines.append(
                (
                    name,
                    str(gpus),
                    speed,
                    rate.limit,
                    time_text(words / rate.words),
                    owners,
                    f"{cores:,.0f}",
                    time_text(alone),
                )
            )
    return lines


def time_text(seconds: float) -> str:
    """Returns a time in the largest unit that is not below 1.

    >>> time_text(5.0), time_text(600.0), time_text(7200.0)
    ('5 s', '10 min', '2.0 h')
    """
    if seconds < 60:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 3600 else f"{seconds / 3600:.1f} h"


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints the assumptions and the table in Markdown."""
    parser = argparse.ArgumentParser(prog="experiments.projection", description=__doc__)
    for field in fields(Assumptions):
        parser.add_argument(
            f"--{field.name}", type=type(field.default), default=field.default, help=MEANING[field.name]
        )
    given = Assumptions(**vars(parser.parse_args(arguments)))
    for field in fields(Assumptions):
        value = getattr(given, field.name)
        if not 0 < value < float("inf"):
            parser.error(f"--{field.name} {value}: must be above 0")
        print(f"- {field.name} {value:g}: {MEANING[field.name]}")
    print()
    print(markdown(COLUMNS, table(given)))


if __name__ == "__main__":
    main()
