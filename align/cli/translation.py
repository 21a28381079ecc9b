"""Commands on two spaces: map, translate."""

from collections.abc import Iterable, Iterator
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args

from cyclopts import Parameter

from align.checks import at_least
from align.cli.answers import (
    Answer,
    AnswerOptions,
    answer_document,
    answer_rows,
    answers_of,
    open_cedict,
    open_placed,
    show_answer,
)
from align.cli.dictionary import open_dictionary
from align.cli.options import (
    READ_ALL,
    TRANSLATOR_ENDING,
    Count,
    DictionaryEncoding,
    Flag,
    Given,
    Maybe,
    Output,
    Reading,
    Seed,
    is_bulk,
    one_of,
    refuse,
    shown_as,
    words_of,
)
from align.cli.output import output_file, report_unknown, say, write_json, write_tsv
from align.message import BY_CHANCE, number_of
from align.progress import stage_bars

if TYPE_CHECKING:
    from align.bilingual.dictionary.dictionary import Dictionary
    from align.bilingual.query import Query
    from align.bilingual.translator import Translator
    from align.space import Space

Retrieval = Literal["best", "csls", "nn", "inverted-softmax"]
Method = Literal[
    "best",
    "procrustes",
    "least-squares",
    "reweighted",
    "mlp",
    "kernel-ridge",
    "ensemble",
    "vecmap",
    "cca",
    "geomm",
    "rcsls",
    "contrastive",
    "refined",
    "self-learning",
    "unsupervised",
]
METHODS: tuple[Method, ...] = get_args(Method)
Methods = Annotated[
    tuple[Method, ...], Parameter(name="--method", consume_multiple=1, show_default=shown_as("all methods"))
]
_BATCH = 1024
IDENTICAL, NO_DICTIONARY = "identical", "none"


def map_(
    english: str,
    chinese: str,
    /,
    *,
    output: Output,
    dictionary: Maybe = "",
    method: Method = "best",
    normalise: Given = "unit,centre,unit",
    pairs: int = 0,
    reverse: Flag = False,
    exclude_latin: Flag = False,
    dictionary_encoding: DictionaryEncoding = "",
    seed: Seed = 0,
    reading: Reading = READ_ALL,
) -> int:
    """Fit a mapping from an English space to a Chinese one on the pairs of a dictionary, and save a translator.

    Without pairs, the quality of the map is compared with that of maps from shuffled words. If it is no better, the
    exit status is 1, and every translation of the file has a probability near 0.

    **Examples**

        align map googlenews-small chinese-synonym -o en-zh.align
        align map en.vec zh.vec -o en-zh.align --method procrustes --dictionary train.tsv
        align map en.vec zh.vec -o en-zh.align --pairs 25
        align map en.vec zh.vec -o en-zh.align --dictionary none

    Args:
        english: The space to map: a file, or a name from the catalogue.
        chinese: The space to map to.
        output: The translator to write; its name ends in .align.
        dictionary: `cedict`; a TSV, MUSE or CC-CEDICT file of English and Chinese words; `identical` for identically
            spelt words; or `none`. Default: `cedict`, or `none` with `--method unsupervised`.
        method: The mapping method. With `best`, the first evaluation of the translator takes longer, because the CSLS
            means are computed then.
        normalise: Normalisation of the vectors: `unit` and `centre` in the order given; `iterate`: both repeatedly;
            or `none`.
        pairs: Use only this number of most frequent covered English words, with all their translations; 0 uses all.
        reverse: Read the first column of the dictionary as Chinese and the second as English.
        exclude_latin: Leave out pairs without a Chinese character (angela, android).
        dictionary_encoding: Text encoding of the dictionary: gb18030, big5, utf-16 ... UTF-8 if not given.
        seed: Seed of all random numbers.
        reading: How vector files are read.
    """
    path = output_file(output, (TRANSLATOR_ENDING,), inputs=(english, chinese, dictionary))
    steps = steps_of(normalise)
    at_least(pairs, 0, "--pairs")

    from align.bilingual.fitting import METHODS as FITS
    from align.bilingual.fitting import first_words, fit

    settings = FITS[method]()
    dictionary = _dictionary_of(method, settings.uses_pairs, dictionary, pairs)
    read = _read(dictionary, exclude_latin=exclude_latin, reverse=reverse, dictionary_encoding=dictionary_encoding)
    source, target = spaces_of(reading, english, chinese)
    given = _computed_dictionary(dictionary, source, target) if read is None else read
    vocabs = source.words_with_vectors(), target.words_with_vectors()
    if read is not None or given.pairs:
        say(f"align: {given.coverage(*vocabs)}")
    if pairs:
        given = first_words(given, pairs, *vocabs)
        say(f"align: fitting on {number_of(len(given.targets), 'source word')} with {number_of(len(given), 'pair')}")
    with stage_bars() as report:
        made = fit(source, target, given, settings, normalise=steps, seed=seed, report=report)
    made.save(path)
    say(f"align: {len(made.source):,} English and {len(made.target):,} Chinese words written to {path}")
    return _report_quality(made, dictionary, given)


def _dictionary_of(method: str, uses_pairs: str, dictionary: str, pairs: int) -> str:
    """Returns the dictionary that the options select; raises ValueError if ``--method`` or ``--pairs`` disagree."""
    if not dictionary:
        dictionary = NO_DICTIONARY if uses_pairs == "none" else "cedict"
    if pairs and dictionary == NO_DICTIONARY:
        raise ValueError(f"--pairs {pairs}: there are no pairs with --dictionary {NO_DICTIONARY}")
    if uses_pairs == "none" and dictionary != NO_DICTIONARY:
        raise ValueError(f"--dictionary {dictionary}: --method {method} uses no pairs; leave one of the two out")
    if uses_pairs == "required" and dictionary == NO_DICTIONARY:
        raise ValueError(f"--dictionary {dictionary}: --method {method} needs pairs")
    return dictionary


def _read(dictionary: str, *, exclude_latin: bool, reverse: bool, dictionary_encoding: str) -> "Dictionary | None":
    """Returns the dictionary, or None if it is not read but computed; its options are then refused."""
    if dictionary not in (IDENTICAL, NO_DICTIONARY):
        return open_dictionary(dictionary, exclude_latin=exclude_latin, reverse=reverse, encoding=dictionary_encoding)
    why = f"only for a dictionary that is read, not for --dictionary {dictionary}"
    refuse(why, reverse=reverse, exclude_latin=exclude_latin, dictionary_encoding=bool(dictionary_encoding))
    return None


def spaces_of(reading: Reading, english: str, chinese: str) -> "tuple[Space, Space]":
    """Returns the two spaces, the Chinese one simplified; warns if the script of one is that of the other language.

    Raises:
        ValueError: the spaces are the wrong way round.
    """
    from align.evaluate.suite import language_of
    from align.text.chinese import has_hanzi

    source, target = reading.space(english), reading.space(chinese)
    if (language_of(source), language_of(target)) == ("zh", "en"):
        raise ValueError(f"{english}: its words are Chinese, those of {chinese} English; the English space comes first")
    if language_of(source) == "zh":
        say(f"align: warning: most words of {english}, the English space, are Chinese")
    if not any(map(has_hanzi, target.vocab.words)):
        say(f"align: warning: no word of {chinese}, the Chinese space, has a Chinese character")
    return source, target.simplified()


def _computed_dictionary(dictionary: str, source: "Space", target: "Space") -> "Dictionary":
    """Returns a dictionary that is not a file: identically spelt words, or no pairs."""
    from align.bilingual.dictionary.dictionary import Dictionary
    from align.bilingual.dictionary.identical import identical

    return identical(source.vocab, target.vocab) if dictionary == IDENTICAL else Dictionary((), NO_DICTIONARY)


def _report_quality(made: "Translator", dictionary: str, given: "Dictionary") -> int:
    """Reports the quality of a map without pairs, and of chance; returns 1 if the map is no better than chance."""
    if dictionary == IDENTICAL and not given.pairs:
        say("align: no word is spelt identically in both spaces; the map was fitted without pairs")
    quality = made.details.get("quality")
    if quality is None:
        return 0
    said = f"quality {quality}, mean CSLS of mutual neighbours"
    if made.details["chance"] != "1":
        say(f"align: {said}; chance reaches {made.details['chance_quality']} at most")
        return 0
    say(f"align: warning: no mapping was found: {said}; chance reaches {made.details['chance_quality']}")
    return 1


def steps_of(normalise: str) -> tuple[str, ...]:
    """Returns the steps of ``--normalise``; raises ValueError for an unknown step."""
    from align.bilingual.normalise import check_steps

    return check_steps([step.strip() for step in normalise.split(",") if step.strip() not in ("", "none")])


def translate(
    *words: str,
    with_: Maybe = "",
    k: Count = 5,
    retrieval: Retrieval = "best",
    reverse: Flag = False,
    context: Maybe = "",
    senses: Annotated[tuple[str, ...], Parameter(show_default=False, negative="")] = (),
    json: Flag = False,
    tsv: Flag = False,
) -> int:
    """Translate words and phrases, English to Chinese or Chinese to English.

    If only one vocabulary has a word, the word is of that language; otherwise its script decides. A word that the
    vocabulary does not have as written is looked up in another case or script, or without its ending. A phrase
    ("new york") is looked up as one token, with `_` between its words, joined, or as the mean of its words. If a word
    on the command line is unknown, the exit status is 2; unknown words on standard input get no candidates.

    With --context, candidates that fit the context come first, and the translations that CC-CEDICT lists are candidates
    too. With --senses, the candidates of each sense are listed; with both, the probable senses change the order.

    **Examples**

        align translate king queen 国王 "white horse"
        align translate Horses --with en-zh.align --k 3 --json
        align translate bank --context "He sat on the bank of the river"
        align translate bank --senses senses.safetensors
        cut -f1 words.tsv | align translate --tsv

    Args:
        words: Words or quoted phrases. Without any, or with -, read from standard input, one per line.
        with_: A file written by `align map`. Without it, the default translator; a quick one is fitted on first use.
        k: Number of candidates.
        retrieval: The score to sort by. `best` re-ranks if the translator has a re-ranker, and is CSLS otherwise.
        reverse: Translate every word from Chinese to English, whatever its script and vocabulary.
        context: A sentence around the words, in their language.
        senses: A file of `align train adagram`; may be given once for each language.
        json: Print one JSON document. `used` in it names the score that ordered the candidates.
        tsv: Print tab-separated lines: word, candidate, score, frequency rank. A sense of a word is `bank#2`.
    """
    one_of(json=json, tsv=tsv)
    at_least(k, 1, "--k")
    if context and not any(letter.isalnum() for letter in context):
        raise ValueError(f"--context {context!r} has no words: a sentence was expected")
    typed = words_of(words)
    first = list(islice(typed, 1))  # a missing file of words is an error before the translator is fitted
    translator = open_translator(with_, quick=True)
    if translator.by_chance:
        say(f"align: {BY_CHANCE}")
    cedict = open_cedict() if context or senses else None
    options = AnswerOptions(k, retrieval, context, open_placed(translator, senses), cedict)
    unknown: list[Query] = []
    documents: list[dict[str, Any]] = []
    total = 0
    for query, found in _answers(translator, chain(first, typed), options, reverse=True if reverse else None):
        total += 1
        if not query.form:
            unknown.append(query)
        if json:
            documents.append(answer_document(query, found))
        elif tsv:
            write_tsv(answer_rows(query, found))
        elif query.form:
            show_answer(query, found)
    if json:
        given = {"context": context} if context else {}
        used = {"retrieval": retrieval, "used": translator.resolved(retrieval)}
        write_json({"name": with_ or "default", "k": k, **used, **given, "translations": documents})
    return report_unknown(_unknown_lines(translator, unknown), len(unknown), total, bulk=is_bulk(words))


def _answers(
    translator: "Translator", words: Iterable[str], options: AnswerOptions, *, reverse: bool | None
) -> "Iterator[tuple[Query, Answer]]":
    """Yields every word with its answer, in order; unknown words have no candidates."""
    from align.bilingual.query import parse_query

    stream = iter(words)
    while batch := [parse_query(translator, word, reverse) for word in islice(stream, _BATCH)]:
        distinct = list(dict.fromkeys(batch))
        answers = answers_of(translator, distinct, options)
        found = dict(zip(distinct, answers, strict=True))
        yield from ((query, found[query]) for query in batch)


def _unknown_lines(translator: "Translator", unknown: "list[Query]") -> Iterator[str]:
    """Yields a message for each unknown word."""
    from align.bilingual.query import unknown_line

    yield from (unknown_line(translator, query) for query in unknown)


def open_translator(name: str, *, quick: bool = False) -> "Translator":
    """Returns the translator in the file ``name``, or for "" and ``default`` the default translator.

    The default translator is fitted on first use. With ``quick``, a quick map is used until the full one is fitted.

    Raises:
        ValueError: the file is not a translator.
        OSError: there is no such file, or the vectors of the default translator cannot be fetched.
    """
    from align.bilingual.translator import Translator

    if name and (name != "default" or Path(name).exists()):
        return Translator.load(name)

    from align.bilingual.default import default_path, open_default

    if not quick and not default_path().exists():
        say("align: fitting the default translator, once; this takes some minutes")
    with stage_bars() as report:
        opened = open_default(quick=quick, report=report)
    for note in opened.notes:
        say(f"align: {note}")
    if opened.quick:
        say("align: a quick map answers; `align fetch --default-translator` fits the full one, in some minutes")
    return opened.translator


COMMANDS = {"map": map_, "translate": translate}
