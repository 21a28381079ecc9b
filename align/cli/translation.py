"""Commands over two spaces: map, translate."""

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from align.checks import at_least
from align.cli.data import open_dictionary
from align.cli.options import READ_ALL, STDIN, Count, Flag, Maybe, Output, Reading, Seed, one_of, words_of
from align.cli.output import output_file, say, write, write_json, write_tsv
from align.message import one_line
from align.progress import stage_bars

if TYPE_CHECKING:
    from align.bilingual.dictionary.dictionary import Dictionary
    from align.bilingual.query import Asked
    from align.bilingual.translator import Candidate, Translator
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
_BATCH = 1024
TRANSLATOR_ENDING = ".align"
IDENTICAL, NO_DICTIONARY = "identical", "none"


def map_(
    english: str,
    chinese: str,
    /,
    *,
    output: Output,
    dictionary: str = "cedict",
    method: Method = "best",
    normalise: str = "unit,centre,unit",
    pairs: int = 0,
    reverse: Flag = False,
    exclude_latin: Flag = False,
    seed: Seed = 0,
    reading: Reading = READ_ALL,
) -> None:
    """Fit a mapping from an English space to a Chinese one on the pairs of a dictionary, and save a translator.

    **Examples**

        align map googlenews-small zhwiki-synonyms -o en-zh.align
        align map en.vec zh.vec -o en-zh.align --method procrustes --dictionary train.tsv
        align map en.vec zh.vec -o en-zh.align --pairs 25
        align map en.vec zh.vec -o en-zh.align --dictionary none

    Args:
        english: The space to map: a file, or a name from the catalogue.
        chinese: The space to map to.
        output: The translator to write; its name ends in .align.
        dictionary: `cedict`; a TSV, MUSE or CC-CEDICT file: English, Chinese; `identical`: words written alike; `none`.
        method: How the mapping is fitted.
        normalise: Done to the vectors first: `unit`, `centre`, in the order given; `iterate`: both by turns; or `none`.
        pairs: Fit on the most frequent so many of the source words covered, with all their translations; 0: on all.
        reverse: The dictionary's first column is Chinese.
        exclude_latin: Leave out pairs without a Chinese character (angela, android).
        seed: Of what is drawn at random.
        reading: How vector files are read.
    """
    path = output_file(output, (TRANSLATOR_ENDING,))
    steps = steps_of(normalise)
    if pairs and dictionary == NO_DICTIONARY:
        raise ValueError(f"--pairs {pairs}: there are no pairs with --dictionary {NO_DICTIONARY}")
    at_least(pairs, 0, "--pairs")
    made_here = dictionary in (IDENTICAL, NO_DICTIONARY)
    read = None if made_here else open_dictionary(dictionary, exclude_latin=exclude_latin, reverse=reverse)
    source, target = reading.space(english), reading.space(chinese).simplified()

    from align.bilingual.fitting import METHODS as FITS
    from align.bilingual.fitting import first_words, fit

    given = _made_here(dictionary, source, target) if read is None else read
    if read is not None or given.pairs:
        say(f"align: {given.coverage(source.vocab, target.vocab)}")
    if pairs:
        given = first_words(given, pairs, source.vocab, target.vocab)
        say(f"align: {len(given.targets):,} source words with {len(given):,} pairs are fitted on")
    with stage_bars() as report:
        made = fit(source, target, given, FITS[method](), normalise=steps, seed=seed, report=report)
    made.save(path)
    say(f"align: {len(made.source):,} English and {len(made.target):,} Chinese words written to {path}")


def _made_here(dictionary: str, source: "Space", target: "Space") -> "Dictionary":
    """The dictionary that is no file: words written alike, or no pair at all."""
    from align.bilingual.dictionary.dictionary import Dictionary
    from align.bilingual.dictionary.identical import identical

    return identical(source.vocab, target.vocab) if dictionary == IDENTICAL else Dictionary((), NO_DICTIONARY)


def steps_of(normalise: str) -> tuple[str, ...]:
    """The steps of ``--normalise``; raises ValueError for one that is not known."""
    from align.bilingual.normalise import check_steps

    return check_steps([step.strip() for step in normalise.split(",") if step.strip() not in ("", "none")])


def translate(
    *words: str,
    with_: Maybe = "",
    k: Count = 5,
    retrieval: Retrieval = "best",
    reverse: Flag = False,
    json: Flag = False,
    tsv: Flag = False,
) -> int:
    """Translate words, English to Chinese or Chinese to English.

    A word that only one of the two vocabularies has is of that language; of any other the script decides. A word that
    is not known as it is written is looked up in another case, script or without its ending. A word on the command
    line that is not known at all makes the exit status 2; one on standard input gets no candidates.

    **Examples**

        align translate king queen 国王
        align translate Horses --with en-zh.align --k 3 --json
        cut -f1 words.tsv | align translate --tsv

    Args:
        words: The words; with none, or with -, those on standard input, one a line.
        with_: A file written by `align map`; none: the default translator, made on first use and kept in the cache.
        k: How many candidates of each.
        retrieval: `best`: re-ranked, where the translator can, else by CSLS; or by one of the other scores alone.
        reverse: Every word is of the second language, Chinese, whatever the vocabularies and its script say.
        json: Print one JSON document.
        tsv: Print tab-separated lines: word, candidate, score, frequency rank.
    """
    one_of(json=json, tsv=tsv)
    at_least(k, 1, "--k")
    asked = words_of(words)
    first = list(islice(asked, 1))
    translator = open_translator(with_)
    batches = _answers(translator, _joined(first, asked), k, retrieval, True if reverse else None)
    unknown: list[Asked] = []
    documents: list[dict[str, Any]] = []
    total = 0
    for one, found in batches:
        total += 1
        if not one.form:
            unknown.append(one)
        if json:
            documents.append(_document(one, found))
        elif tsv:
            write_tsv(
                [(one.word, near.word, f"{near.score:.4f}", near.rank) for near in found] or [(one.word, "", "", "")]
            )
        elif found:
            _show(one, found)
    if json:
        write_json({"name": with_ or "default", "k": k, "retrieval": retrieval, "translations": documents})
    return _tell_unknown(translator, unknown, total, bulk=not words or words == (STDIN,))


def _joined(first: list[str], rest: Iterator[str]) -> Iterator[str]:
    yield from first
    yield from rest


def _answers(
    translator: "Translator", words: Iterable[str], k: int, retrieval: Retrieval, reverse: bool | None
) -> "Iterator[tuple[Asked, list[Candidate]]]":
    """Every word with its candidates, in order, batch by batch; none for an unknown word."""
    from align.bilingual.query import ask

    stream = iter(words)
    while batch := [ask(translator, word, reverse) for word in islice(stream, _BATCH)]:
        found: dict[Asked, list[Candidate]] = {one: [] for one in batch}
        for backward in (False, True):
            side = [one for one in found if one.form and one.reverse is backward]
            candidates = translator.translate([one.form for one in side], k, retrieval, backward) if side else []
            found.update(zip(side, candidates, strict=True))
        yield from ((one, found[one]) for one in batch)


def _document(asked: "Asked", found: "list[Candidate]") -> dict[str, Any]:
    """One word's part of the JSON document; ``found`` is null where the vocabulary has no form of the word."""
    return {
        "word": asked.word,
        "found": asked.form or None,
        "direction": "zh-en" if asked.reverse else "en-zh",
        "candidates": [{name: value for name, value in near._asdict().items() if value is not None} for near in found],
    }


def _show(asked: "Asked", found: "list[Candidate]") -> None:
    from rich.cells import cell_len

    from align.text.chinese import pinyin

    write(asked.form + (f"  (for {asked.word!r}: {asked.why})" if asked.why else ""))
    width = max(cell_len(near.word) for near in found)
    for near in found:
        reading = "" if asked.reverse else pinyin(near.word)
        told = f"{near.score:6.3f}" if near.probability is None else f"{near.probability:6.1%}"
        write(f"  {told}  {near.word}{' ' * (width - cell_len(near.word))}  {reading}".rstrip())


def _tell_unknown(translator: "Translator", unknown: "list[Asked]", total: int, *, bulk: bool) -> int:
    """Say which words are not known, in one line; the exit status."""
    from align.bilingual.query import unknown_line

    if not unknown:
        return 0
    if bulk:
        say(f"align: {len(unknown):,} of {total:,} words are not in the vocabulary")
        return 0
    say(f"align: {'; '.join(unknown_line(translator, one) for one in unknown)}")
    return 2


def open_translator(name: str) -> "Translator":
    """The translator in the file ``name``; for none or ``default`` the one that is made on first use.

    Raises:
        ValueError: the file is not a translator.
        OSError: there is no such file, or the default one's vectors cannot be fetched.
    """
    from align.bilingual.translator import Translator

    if name and (name != "default" or Path(name).exists()):
        return Translator.load(name)

    from align.bilingual.default import default_path, make_default

    path = default_path()
    if path.exists():
        try:
            return Translator.load(path)
        except ValueError as error:
            say(f"align: {one_line(error)}; it is made again")
    say("align: the default translator is made, once: this takes some minutes")
    with stage_bars() as report:
        return make_default(path, report=report)


COMMANDS = {"map": map_, "translate": translate}
