"""Commands that evaluate translators (eval bli) and methods (eval methods); evaluate_space.py evaluates spaces."""

from typing import TYPE_CHECKING

from align.cli import evaluate_space
from align.cli.dictionary import open_dictionary
from align.cli.evaluation_split import DEFAULT_SPLIT, SplitOptions
from align.cli.options import READ_ALL, DictionaryEncoding, Flag, Reading, Seed, one_of
from align.cli.output import say, write, write_json, write_table, write_tsv
from align.cli.translation import METHODS, Methods, Retrieval, open_translator
from align.message import number_of
from align.progress import stage_bars

if TYPE_CHECKING:
    from align.evaluate.lexicon import Line


def bli(
    translator: str,
    /,
    *,
    dictionary: str = "cedict",
    reverse: Flag = False,
    retrieval: Retrieval = "best",
    exclude_latin: Flag = False,
    dictionary_encoding: DictionaryEncoding = "",
    json: Flag = False,
    tsv: Flag = False,
) -> None:
    """Evaluate a translator on a dictionary: P@1, P@5, P@10 and MRR, over covered words and over all words.

    Each word counts once, and each of its translations is a gold answer. A word is covered if the translator has it and
    one of its answers. If no word is covered, scores are null (a dash in the table).

    **Examples**

        align eval bli en-zh.align --dictionary test.tsv
        align eval bli en-zh.align --dictionary reverse-test.tsv --reverse --json
        align eval bli default --dictionary muse-en-zh-test

    Args:
        translator: A file written by `align map`, or `default`.
        dictionary: `cedict`, a name from the catalogue, or a TSV, MUSE or CC-CEDICT file.
        reverse: Translate from Chinese to English, whichever column of the dictionary is Chinese.
        retrieval: The score to sort by. `best` re-ranks if the translator has a re-ranker, and is CSLS otherwise.
        exclude_latin: Leave out pairs without a Chinese character (angela, android).
        dictionary_encoding: Text encoding of the dictionary: gb18030, big5, utf-16 ... UTF-8 if not given.
        json: Print one JSON document. `used` in it names the score that ordered the candidates.
        tsv: Print tab-separated lines.
    """
    from align.evaluate.lexicon import evaluate
    from align.evaluate.score import shown

    one_of(json=json, tsv=tsv)
    words = open_dictionary(dictionary, exclude_latin=exclude_latin, encoding=dictionary_encoding)
    if reverse and words.answers_in_chinese():
        words = words.reversed()
    opened = open_translator(translator)
    with stage_bars() as report:
        found = evaluate(opened, words, reverse=reverse, retrieval=retrieval, report=report)
    direction, used = "zh-en" if reverse else "en-zh", opened.resolved(retrieval)
    if not len(found.ranks):
        hint = "" if reverse else "; its first column must be English, or give --reverse to translate from Chinese"
        say(f"align: the translator covers no word of {words.name}{hint}")
    if json:
        made = {"translator": translator, "direction": direction, "retrieval": retrieval, "used": used}
        write_json({**found.as_json(), **made})
        return
    rows = [(score.name, shown(score.value, 4), shown(score.over_all, 4)) for score in found.scores()]
    if tsv:
        write_tsv([("score", "covered", "all"), *rows])
        return
    write(f"{found.name}, {direction}, {used}: {len(found.ranks):,} of {found.total:,} words covered")
    if found.latin:
        write(f"{number_of(found.latin, 'pair')} in Latin script (--exclude-latin drops such pairs)")
    write_table(("score", "covered words", "all words"), rows)
    error = found.calibration_error()
    if error is not None:
        write(f"expected calibration error of the first candidate's probability: {error:.3f}")


def methods(
    english: str = "googlenews-small",
    chinese: str = "chinese-synonym",
    /,
    *,
    method: Methods = METHODS,
    evaluation_split: SplitOptions = DEFAULT_SPLIT,
    seed: Seed = 0,
    json: Flag = False,
    tsv: Flag = False,
    reading: Reading = READ_ALL,
) -> None:
    """Fit every method on one split of a dictionary, and evaluate each in both directions, by NN and by CSLS.

    The split is made as by `align dictionary --split`: no test word is in the training part. `align bench-alignment`
    adds times, intervals, frequency bands and hubness.

    **Examples**

        align eval methods googlenews-small zhwiki-synonyms
        align eval methods en.vec zh.vec --dictionary cedict --method procrustes least-squares --json

    Args:
        english: A file of word vectors, or a name from the catalogue.
        chinese: The same for Chinese.
        method: The methods to fit.
        evaluation_split: The dictionary and its split.
        seed: Seed of the training.
        json: Print one JSON document.
        tsv: Print tab-separated lines.
        reading: How vector files are read.
    """
    one_of(json=json, tsv=tsv)
    source, target, coverage, cut, steps = evaluation_split.open(english, chinese, reading)

    from align.bilingual.fitting import METHODS as FITS
    from align.bilingual.fitting import fit, training_pairs
    from align.evaluate.lexicon import compare

    lines: list[Line] = []
    for name in dict.fromkeys(method):
        with stage_bars(f"{name}: ") as report:
            pairs = training_pairs(settings := FITS[name](), cut.train)
            made = fit(source, target, pairs, settings, normalise=steps, seed=seed, report=report)
            lines += compare({name: made}, cut.test, cut.reverse_test, report=report)
    if json:
        rows = [{**line.lexicon.as_json(), **dict(zip(HEADINGS, line[:3], strict=False))} for line in lines]
        write_json({"name": coverage.name, "covered": coverage.words, "total": coverage.words_total, "rows": rows})
    elif tsv:
        write_tsv([HEADINGS, *map(_row, lines)])
    else:
        write_table(HEADINGS, [_row(line) for line in lines])


HEADINGS = (
    *("method", "direction", "retrieval", "p@1", "p@5", "p@10", "mrr"),
    *("p@1 all", "p@5 all", "p@10 all", "mrr all", "covered", "total"),
)


def _row(line: "Line") -> tuple[object, ...]:
    """Returns a row of the table of methods."""
    from align.evaluate.score import shown

    scores = line.lexicon.scores()
    figures = [shown(score.value) for score in scores] + [shown(score.over_all) for score in scores]
    return (line.method, line.direction, line.retrieval, *figures, len(line.lexicon.ranks), line.lexicon.total)


COMMANDS = {"eval bli": bli, "eval methods": methods, **evaluate_space.COMMANDS}
