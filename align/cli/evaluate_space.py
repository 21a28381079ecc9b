"""Commands that evaluate a space: eval similarity, eval analogy."""

from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter

from align.cli.options import READ_ALL, Flag, Maybe, Reading, Seed, one_of, refuse, shown_as
from align.cli.output import say_words, write, write_json, write_table, write_tsv
from align.encoding import check_encoding

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from align.evaluate.analogy import Accuracy
    from align.evaluate.score import Score

NAMES = {"add": "3CosAdd", "mul": "3CosMul"}
SIMILARITY_HEADINGS = ("set", "covered", "total", "Spearman", "95 %", "Pearson", "95 %")


def similarity(
    space: str,
    /,
    *,
    sets: Annotated[
        tuple[str, ...], Parameter(name="--set", consume_multiple=1, show_default=shown_as("all sets of the language"))
    ] = (),
    set_encoding: Maybe = "",
    match_case: Flag = False,
    build: Annotated[bool, Parameter(negative="--no-build", show_default=shown_as("--build"))] = True,
    seed: Seed = 0,
    json: Flag = False,
    tsv: Flag = False,
    reading: Reading = READ_ALL,
) -> None:
    """Correlate the cosines of word pairs with human ratings: Spearman and Pearson, with intervals and coverage.

    Intervals are 95 % intervals of 2,000 bootstrap resamples of the covered pairs. A pair is covered if the space has
    vectors of both words; a space with n-grams (fastText) builds vectors of unseen words, unless --no-build is given.
    Without --set, all sets of the space's language are used: wordsim353, simlex999, men and rare-words for English,
    wordsim-297 and wordsim-240 for Chinese.

    **Examples**

        align eval similarity glove-6b-50
        align eval similarity zhwiki-synonyms --set wordsim-240 --json
        align eval similarity my.vec --set simlex999 my-pairs.tsv --limit 300000

    Args:
        space: A file of word vectors, or a name from the catalogue.
        sets: Files of lines `word word rating`, or names of sets; several may be given.
        set_encoding: Text encoding of the sets that are files: gb18030, big5, utf-16 ... UTF-8 if not given.
        match_case: King and king are different words.
        build: Build vectors of unseen words from their n-grams, if the space has any.
        seed: Seed of the bootstrap.
        json: Print one JSON document.
        tsv: Print tab-separated lines.
        reading: How vector files are read.
    """
    from align.evaluate.similarity import similarity
    from align.evaluate.suite import PAIRS, pair_set
    from align.progress import counted

    one_of(json=json, tsv=tsv)
    encoding = check_encoding(set_encoding, option="--set-encoding")
    refuse("only with --set", set_encoding=bool(set_encoding) and not sets)
    chosen = [pairs for name in sets for pairs in pair_set(name, encoding=encoding)]
    opened, language = reading.space_and_language(space)
    chosen = chosen or [pairs for name in PAIRS[language] for pairs in pair_set(name)]
    found = [similarity(opened, pairs, fold_case=not match_case, build=build) for pairs in chosen]
    documents = [result.as_json(seed=seed) for result in counted(found, "bootstrap")]
    if json:
        whole = {"covered": sum(result.covered for result in found), "total": sum(result.total for result in found)}
        head: dict[str, Any] = (
            documents[0] if len(documents) == 1 else {"name": ", ".join(result.name for result in found), **whole}
        )
        write_json({**head, "space": opened.name, "language": language, "seed": seed, "sets": documents})
    elif tsv:
        write_tsv([_SIMILARITY_COLUMNS, *map(_similarity_line, documents)])
    else:
        write_table(SIMILARITY_HEADINGS, [_similarity_row(document) for document in documents])
        say_words("not in the space", "the sets", dict.fromkeys(word for one in found for word in one.unseen))
        say_words("built from parts", "the sets", dict.fromkeys(word for one in found for word in one.built))


_SIMILARITY_COLUMNS = (
    *("set", "covered", "total", "unseen words", "spearman", "spearman low", "spearman high"),
    *("pearson", "pearson low", "pearson high"),
)


def _similarity_line(result: dict[str, Any]) -> tuple[object, ...]:
    """Returns a result as tab-separated columns; undefined values are empty."""
    ends = result["intervals"]
    figures = (result["spearman"], *ends["spearman"], result["pearson"], *ends["pearson"])
    cells = ("" if figure is None else f"{figure:.4f}" for figure in figures)
    return (result["name"], result["covered"], result["total"], result["unseen"], *cells)


def _similarity_row(result: dict[str, Any]) -> tuple[object, ...]:
    """Returns a result as a row of the table; undefined values are dashes."""
    cells: list[str] = []
    for kind in ("spearman", "pearson"):
        low, high = result["intervals"][kind]
        cells.append("-" if result[kind] is None else f"{result[kind]:.3f}")
        cells.append("-" if low is None else f"{low:.3f} to {high:.3f}")
    return (result["name"], result["covered"], result["total"], *cells)


def _report_words(what: str, missing: "Iterable[str]", built: "Iterable[str]") -> None:
    """Reports missing words, and words whose vectors are built from sub-word units."""
    made = list(built)
    say_words("not in the space", what, [word for word in missing if word not in made])
    say_words("built from parts", what, made)


def analogy(
    space: str,
    /,
    *,
    questions: Annotated[Maybe, Parameter(name="--set")] = "",
    set_encoding: Maybe = "",
    method: Literal["add", "mul"] | None = None,
    match_case: Flag = False,
    json: Flag = False,
    tsv: Flag = False,
    reading: Reading = READ_ALL,
) -> None:
    """Answer a set of analogy questions in a space: accuracy at rank 1, by category, with coverage.

    Without --set, the questions of the space's language are used: questions-words for English, cntext-analogy for
    Chinese. --limit 30000 takes questions and answers from the 30,000 most frequent words only.

    **Examples**

        align eval analogy glove-6b-50 --limit 30000
        align eval analogy zhwiki-synonyms --set ca8-morphological --method mul --json

    Args:
        space: A file of word vectors, or a name from the catalogue.
        questions: A file of `: category` lines and lines `a b c d`, or a name from the catalogue.
        set_encoding: Text encoding of the questions: gb18030, big5, utf-16 ... UTF-8 if not given.
        method: Only `add` (3CosAdd) or `mul` (3CosMul); by default both.
        match_case: King and king are different words.
        json: Print one JSON document, which begins with the figures of the first method.
        tsv: Print tab-separated lines.
        reading: How vector files are read.
    """
    from align.catalogue import resolve
    from align.evaluate.analogy import accuracy, read_questions, three_cos_add, three_cos_mul
    from align.evaluate.suite import QUESTIONS
    from align.progress import count_bar

    one_of(json=json, tsv=tsv)
    encoding = check_encoding(set_encoding, option="--set-encoding")
    refuse("only with --set", set_encoding=bool(set_encoding) and not questions)
    given = read_questions(resolve(questions), encoding=encoding) if questions else ()
    opened, language = reading.space_and_language(space)
    name = questions or QUESTIONS[language]
    categories = given or read_questions(resolve(name))
    solvers = {"add": three_cos_add, "mul": three_cos_mul}
    methods = list(solvers) if method is None else [method]
    with count_bar("questions", len(methods) * sum(len(category.questions) for category in categories)) as advance:
        found = {
            key: accuracy(
                opened, categories, method=solvers[key], name=name, fold_case=not match_case, progress=advance
            )
            for key in methods
        }
    if json:
        parts = {
            key: {**_document(answered.total), "categories": [_document(score) for score in answered.categories]}
            for key, answered in found.items()
        }
        first = {"name": name, "space": opened.name, "language": language, "method": methods[0]}
        write_json({**first, **parts[methods[0]], "methods": parts})
        return
    headings, rows = _analogy_table(found)
    if tsv:
        write_tsv([headings, *rows])
        return
    if method is None:
        write(f"{name}, {opened.name}, 3CosAdd and 3CosMul")
    write_table(headings, rows)
    _report_words("the questions", found[methods[0]].missing, found[methods[0]].built)


def _analogy_table(found: "Mapping[str, Accuracy]") -> tuple[tuple[str, ...], list[tuple[object, ...]]]:
    """Returns the headings and the rows of the table of categories, from the accuracy of each method."""
    figures = ("right", "right of all")
    headings = ("category", "covered", "total", *(f"{NAMES[key]} {figure}" for key in found for figure in figures))
    lines = zip(*((*one.categories, one.total) for one in found.values()), strict=True)
    return headings, [_analogy_row(scores) for scores in lines]


def _analogy_row(scores: "Sequence[Score]") -> tuple[object, ...]:
    """Returns a category's row of the table, from its score by each method."""
    from align.evaluate.score import shown

    figures = [shown(figure) for score in scores for figure in (score.value, score.over_all)]
    return (scores[0].name, scores[0].covered, scores[0].total, *figures)


def _document(score: "Score") -> dict[str, object]:
    """Returns a score as part of a JSON document."""
    from align.evaluate.score import defined

    return {
        "name": score.name,
        "covered": score.covered,
        "total": score.total,
        "accuracy": {"covered": defined(score.value), "all": defined(score.over_all)},
    }


COMMANDS = {"eval similarity": similarity, "eval analogy": analogy}
