"""Commands on axes of meaning: axis, eval axis."""

from math import isnan
from typing import TYPE_CHECKING, Any

from align.checks import at_least, at_most
from align.cli.options import READ_ALL, Flag, Maybe, Reading, Seed, is_bulk, names_translator, one_of, refuse, words_of
from align.cli.output import say, say_words, write, write_json, write_table, write_tsv
from align.cli.translation import open_translator
from align.cli.words import WordFinder, finder_in, finder_of, known_form
from align.message import number_of

MAX_RESAMPLES = 100_000
_RESAMPLES, _SUBSAMPLES = 2000, 20

if TYPE_CHECKING:
    from align.meaning.axes import Axis, Projection
    from align.space import Space

    Side = tuple[Space, Axis, list[str]]


def axis(
    space: str,
    axis: str,
    /,
    *words: str,
    resamples: int = _RESAMPLES,
    corpus: Maybe = "",
    subsamples: int = _SUBSAMPLES,
    seed: Seed = 0,
    json: Flag = False,
    tsv: Flag = False,
    reading: Reading = READ_ALL,
) -> int:
    """Project words on an axis of meaning: near +1 at one pole, near -1 at the other, with 95 % intervals.

    An axis is the mean of the unit-length differences of pairs of opposites; a projection is the cosine of a word with
    the axis. Intervals come from pairs drawn with replacement. With `--corpus`, they are 90 % intervals from skip-gram
    spaces trained on disjoint parts of the corpus. With a translator, Chinese words are projected on the axis of the
    Chinese pairs, in the space that both languages share. If a word on the command line is unknown, the exit status
    is 2; unknown words on standard input are counted.

    **Examples**

        align axis googlenews-small gender nurse engineer
        align axis chinese-synonym affluence 别墅 窝棚 --json
        align axis en-zh.align gender nurse engineer 护士 工程师
        align axis vectors.vec my-axis.tsv word

    Args:
        space: A file of word vectors, a name from the catalogue, or a translator (its name ends in .align).
        axis: A built-in axis (gender, affluence, education, ...), or a TSV of pairs `positive TAB negative`.
        words: The words. Without any, or with -, read from standard input, one per line.
        resamples: Number of bootstrap resamples, without --corpus.
        corpus: The corpus that the space was trained on, written by `align corpus`.
        subsamples: Number of parts of the corpus, with --corpus.
        seed: Seed of the bootstrap, and of the partition.
        json: Print one JSON document.
        tsv: Print tab-separated lines: word, projection, low, high.
        reading: How vector files are read.
    """
    from align.meaning.axes import project_words

    one_of(json=json, tsv=tsv)
    at_most(at_least(resamples, 1, "--resamples"), MAX_RESAMPLES, "--resamples")
    if corpus:
        refuse("only without --corpus", resamples=resamples != _RESAMPLES)
    else:
        refuse("only with --corpus", subsamples=subsamples != _SUBSAMPLES)
    listed = list(words_of(words))
    sides, finder = _sides(space, axis, reading, listed)
    found: dict[str, Projection] = {}
    for opened, made, mine in sides:
        forms = [known_form(word, opened) for word in mine]
        projected = project_words(opened, made, forms, seed=seed, resamples=resamples)
        if corpus:
            projected = _subsampled(corpus, made, projected, subsamples=subsamples, seed=seed)
        found |= dict(zip(mine, projected, strict=True))
    status = finder.report(listed, found, bulk=is_bulk(words))
    listed = [word for word in listed if word in found]
    if not listed:
        return status
    if json:
        write_json(_document(space, axis, sides, [found[word] for word in listed], listed))
    elif tsv:
        write_tsv((word, *(_shown(value, ".4f", "") for value in _figures(found[word]))) for word in listed)
    else:
        _write_table(sides, [(word, found[word]) for word in listed])
    if any(len(made.pairs) == 1 for _, made, _ in sides) and not corpus:
        say(f"align: {axis}: one pair gives no interval; two pairs or more are needed")
    return status


def _subsampled(
    corpus: str, axis: "Axis", found: "list[Projection]", *, subsamples: int, seed: int
) -> "list[Projection]":
    """Returns the projections with intervals from skip-gram spaces of parts of a corpus."""
    from align.meaning.subsampling import epochs_for, subsampled_intervals
    from align.text.corpus import open_corpus
    from align.train.models import train
    from align.train.window_models import SGNS

    intervals = subsampled_intervals(
        open_corpus(corpus),
        axis.pairs,
        [one.word for one in found],
        [one.value for one in found],
        lambda part: train(SGNS(epochs=epochs_for(part, default=SGNS().epochs)), part, seed=seed),
        subsamples=subsamples,
        seed=seed,
    )
    return [one._replace(interval=interval) for one, interval in zip(found, intervals, strict=True)]


def _sides(space: str, axis: str, reading: Reading, words: list[str]) -> "tuple[list[Side], WordFinder]":
    """Returns each space with its axis and the words that it knows, and the finder: one space, or a translator's."""
    from align.meaning.axes import axis_pairs, fit_axis

    if not names_translator(space, reading):
        opened, language = reading.space_and_language(space)
        finder = finder_in(opened)
        mine = [word for word in words if finder.knows(word)]
        made = fit_axis(opened, axis_pairs(axis, language), name=axis)
        return [(opened, made, mine)] if mine else [], finder

    from align.bilingual.query import known_queries, side

    translator = open_translator(space)
    finder = finder_of(translator, build=False)
    queries = known_queries(translator, [word for word in words if finder.knows(word)])
    built: list[Side] = []
    for reverse in (False, True):
        mine = [one.word for one in queries if one.reverse is reverse]
        if mine:
            opened = side(translator, reverse)
            built.append((opened, fit_axis(opened, axis_pairs(axis, "zh" if reverse else "en"), name=axis), mine))
    return built, finder


def _figures(found: "Projection") -> tuple[float, float, float]:
    return (found.value, found.interval.low, found.interval.high)


def _write_table(sides: "list[Side]", found: "list[tuple[str, Projection]]") -> None:
    """Writes a line about each axis, and a table of the words."""
    for opened, made, _ in sides:
        write(_about(opened, made))
    rows = [(word, *(_shown(value, "+.3f", "-") for value in _figures(one))) for word, one in found]
    write_table(("word", "projection", "low", "high"), rows)


def _about(space: "Space", axis: "Axis") -> str:
    """Returns a line about an axis: its poles, and the number of its pairs that the space covers."""
    positive, negative = axis.pairs[0]
    lost = f"; not in the space: {', '.join(axis.unseen)}" if axis.unseen else ""
    return f"{axis.name} in {space.name}: + {positive}, - {negative}; {number_of(len(axis.pairs), 'pair')}{lost}"


def _document(
    space: str,
    axis: str,
    sides: "list[Side]",
    found: "list[Projection]",
    listed: list[str],
) -> dict[str, Any]:
    """Returns the document of `align axis --json`."""
    from align.evaluate.score import defined

    return {
        "space": space,
        "axis": axis,
        "axes": [
            {"space": opened.name, "pairs": [list(pair) for pair in made.pairs], "unseen": list(made.unseen)}
            for opened, made, _ in sides
        ],
        "words": [
            {
                "word": word,
                "found": one.word,
                "projection": one.value,
                "low": defined(one.interval.low),
                "high": defined(one.interval.high),
            }
            for word, one in zip(listed, found, strict=True)
        ],
    }


def axis_survey(
    space: str,
    axis: str,
    file: str,
    /,
    *,
    seed: Seed = 0,
    json: Flag = False,
    tsv: Flag = False,
    reading: Reading = READ_ALL,
) -> None:
    """Compare projections on an axis with a survey: Pearson and Spearman correlation, with intervals and coverage.

    Words that the space lacks are left out. If some words of the survey begin with a capital letter, the output also
    has the correlations without these names. Intervals hold 95 % of 2,000 bootstrap resamples of the covered words.

    **Examples**

        align eval axis googlenews-small affluence survey.tsv
        align eval axis googlenews-small my-axis.tsv survey.tsv --json
        align eval axis googlenews-small gender occupations-women
        align eval axis googlenews-small valence warriner

    Args:
        space: A file of word vectors, or a name from the catalogue.
        axis: A built-in axis, or a TSV of pairs `positive TAB negative`.
        file: The survey, with lines `word TAB rating`, or a name from the catalogue (`occupations-women`, `warriner`).
        seed: Seed of the bootstrap.
        json: Print one JSON document.
        tsv: Print tab-separated lines.
        reading: How vector files are read.
    """
    from align.meaning.axes import axis_pairs, fit_axis
    from align.meaning.survey import agreement, find_survey

    one_of(json=json, tsv=tsv)
    survey = find_survey(file, axis)
    opened, language = reading.space_and_language(space)
    made = fit_axis(opened, axis_pairs(axis, language), name=axis)
    bare = survey.without_names()
    parts = [survey, *([bare] if 0 < len(bare) < len(survey) else [])]
    found = [agreement(opened, made, part).as_json(seed=seed) for part in parts]
    about = {"space": opened.name, "axis": axis, "pairs": len(made.pairs), "pairs_unseen": list(made.unseen)}
    if json:
        write_json({**found[0], **about, "without_names": found[1] if len(found) > 1 else None})
        return
    if tsv:
        write_tsv([SURVEY_COLUMNS, *map(_survey_line, found)])
        return
    write(_about(opened, made))
    write_table(SURVEY_HEADINGS, [_survey_row(one) for one in found])
    say_words("not in the space", "the survey", found[0]["unseen"])


SURVEY_HEADINGS = ("survey", "covered", "total", "Pearson", "95 %", "Spearman", "95 %")
SURVEY_COLUMNS = (
    *("survey", "covered", "total", "pearson", "pearson low", "pearson high"),
    *("spearman", "spearman low", "spearman high"),
)


def _survey_line(one: dict[str, Any]) -> tuple[object, ...]:
    """Returns a result as tab-separated columns; undefined values are empty."""
    ends = one["intervals"]
    figures = (one["pearson"], *ends["pearson"], one["spearman"], *ends["spearman"])
    return (one["name"], one["covered"], one["total"], *("" if x is None else f"{x:.4f}" for x in figures))


def _survey_row(one: dict[str, Any]) -> tuple[object, ...]:
    """Returns a row of the table; undefined values are dashes."""
    cells: list[str] = []
    for kind in ("pearson", "spearman"):
        low, high = one["intervals"][kind]
        cells.append("-" if one[kind] is None else f"{one[kind]:.3f}")
        cells.append("-" if low is None else f"{low:.3f} to {high:.3f}")
    return (one["name"], one["covered"], one["total"], *cells)


def _shown(value: float, form: str, undefined: str) -> str:
    """Returns ``value`` as text, or ``undefined`` for NaN."""
    return undefined if isnan(value) else format(value, form)


COMMANDS = {"axis": axis, "eval axis": axis_survey}
