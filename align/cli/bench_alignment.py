"""The table of methods: bench-alignment."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from align.cli.evaluation_split import DEFAULT_SPLIT, SplitOptions
from align.cli.options import READ_ALL, Flag, Reading, Seed, one_of, shown_as
from align.cli.output import write, write_json, write_table, write_tsv
from align.cli.translation import METHODS, Methods, Retrieval
from align.progress import stage_bars

if TYPE_CHECKING:
    from align.evaluate.benchmark import Row

SCORES = ("p@1", "p@5", "p@10", "mrr")
HEADINGS = (
    *("method", "direction", "retrieval", "p@1", "95 %", "p@5", "p@10", "mrr", "p@1 all", "covered", "total"),
    *("train s", "search s", "hubness"),
)
RETRIEVALS: tuple[Retrieval, ...] = ("nn", "csls", "inverted-softmax", "best")
_RETRIEVALS = Parameter(name="--retrieval", consume_multiple=1, show_default=shown_as("all"))
Retrievals = Annotated[tuple[Retrieval, ...], _RETRIEVALS]


def bench_alignment(
    english: str = "googlenews-small",
    chinese: str = "chinese-synonym",
    /,
    *,
    method: Methods = METHODS,
    retrieval: Retrievals = RETRIEVALS,
    evaluation_split: SplitOptions = DEFAULT_SPLIT,
    seed: Seed = 0,
    json: Flag = False,
    tsv: Flag = False,
    reading: Reading = READ_ALL,
) -> None:
    """Fit every method on one split of a dictionary and print scores, intervals, times and hubness in one table.

    The split is the same as in `eval methods`. The interval of P@1 is a 95 % bootstrap interval over test words; a star
    marks the best value of each score in a direction. Train s is the time of the whole fit, including the means of
    CSLS. Search s is the time to find the 10 nearest candidates of all test words. Hubness is the skewness of the
    number of times that a candidate is among these. A second table lists P@1 by frequency rank.

    **Examples**

        align bench-alignment googlenews-small zhwiki-synonyms
        align bench-alignment en.vec zh.vec --dictionary cedict --method procrustes vecmap --retrieval csls --json

    Args:
        english: A file of word vectors, or a name from the catalogue.
        chinese: The same for Chinese.
        method: The methods to fit.
        retrieval: How candidates are scored.
        evaluation_split: The dictionary and its split.
        seed: Seed of training and of the resamples.
        json: Print one JSON document.
        tsv: Print tab-separated lines.
        reading: How vector files are read.
    """
    one_of(json=json, tsv=tsv)
    source, target, coverage, cut, steps = evaluation_split.open(english, chinese, reading)

    from align.bilingual.fitting import METHODS as FITS
    from align.evaluate.benchmark import best, evaluate_method

    rows: list[Row] = []
    how: dict[str, Any] = {"retrievals": tuple(dict.fromkeys(retrieval)), "normalise": steps, "seed": seed}
    for one in dict.fromkeys(method):
        with stage_bars(f"{one}: ") as report:
            rows += evaluate_method(one, FITS[one](), source, target, cut, **how, report=report)
    top = best(rows)
    if json:
        found = [
            {**row.as_json(seed=seed), "best": [name for name in SCORES if _is_best(row, name, top)]} for row in rows
        ]
        write_json({"name": coverage.name, "covered": coverage.words, "total": coverage.words_total, "rows": found})
        return
    cells = [_cells(row, top, seed) for row in rows]
    bands = _bands(rows)
    if tsv:
        names = list(dict.fromkeys(name for row in bands for name in row))
        write_tsv([(*HEADINGS, *names)])
        write_tsv([(*line, *(row.get(name, "") for name in names)) for line, row in zip(cells, bands, strict=True)])
        return
    write_table(HEADINGS, cells)
    for direction in dict.fromkeys(row.line.direction for row in rows):
        part = [(row, band) for row, band in zip(rows, bands, strict=True) if row.line.direction == direction]
        names = list(dict.fromkeys(name for _, band in part for name in band))
        write(f"\nP@1 by the frequency rank of the source word, {direction}")
        write_table(
            ("method", "retrieval", *names),
            [(row.line.method, row.line.retrieval, *(band.get(name, "") for name in names)) for row, band in part],
        )


def _is_best(row: "Row", name: str, top: dict[tuple[str, str], float]) -> bool:
    return row.scores()[name] >= top[row.line.direction, name] > 0


def _cells(row: "Row", top: dict[tuple[str, str], float], seed: int) -> tuple[object, ...]:
    """Returns a row of the table."""
    scores, lexicon = row.scores(), row.line.lexicon
    marked = [f"{scores[name]:.3f}{'*' if _is_best(row, name, top) else ''}" for name in SCORES]
    low, high = row.intervals(seed=seed)["p@1"]
    every = f"{lexicon.precision(1).over_all:.3f}"
    seconds = (f"{row.training_seconds:.1f}", f"{row.retrieval_seconds:.2f}", f"{row.hubness:.1f}")
    counts = (len(lexicon.ranks), lexicon.total)
    return (*row.line[:3], marked[0], f"{low:.3f}-{high:.3f}", *marked[1:], every, *counts, *seconds)


def _bands(rows: "Sequence[Row]") -> list[dict[str, str]]:
    """Returns P@1 of each frequency band that has test words, by the band's name, for every row."""
    return [{name: f"{band.precision(1).value:.3f}" for name, band in row.line.lexicon.bands()} for row in rows]


COMMANDS = {"bench-alignment": bench_alignment}
