"""The command on dictionaries, dictionary, and the dictionaries that other commands read."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from align.checks import at_least
from align.cli.options import READ_ALL, DictionaryEncoding, Flag, Maybe, MaybeSeed, Reading, refuse
from align.cli.output import distinct_outputs, output_file, say, write
from align.message import number_of

if TYPE_CHECKING:
    from align.bilingual.dictionary.dictionary import Dictionary

_TRAIN, _TEST = 5000, 1500


def dictionary(
    source: str = "cedict",
    /,
    *,
    english: Maybe = "",
    chinese: Maybe = "",
    export: Annotated[Maybe, Parameter(name=["--export", "-o"])] = "",
    split: Annotated[Maybe, Parameter(name="--split")] = "",
    train: int = _TRAIN,
    test: int = _TEST,
    seed: MaybeSeed = None,
    exclude_latin: Flag = False,
    reverse: Flag = False,
    dictionary_encoding: DictionaryEncoding = "",
    reading: Reading = READ_ALL,
) -> None:
    """Read a dictionary, show how much of it two spaces cover, and export it or its split as TSV.

    A split takes the most frequent covered English words to train and the next to test; no test word and no test pair
    is in the training part, in either direction. The split depends on the words that two spaces cover, by default
    googlenews-small and chinese-synonym.

    **Examples**

        align dictionary cedict --export en-zh.tsv
        align dictionary cedict --english googlenews-small --chinese zhwiki-synonyms
        align dictionary cedict --split cedict-split
        align dictionary muse-en-zh --english en.bin --chinese zh.bin --split parts --train 3000

    Args:
        source: `cedict`, a name from the catalogue, or a TSV, MUSE or CC-CEDICT file.
        english: The space of the first column's words.
        chinese: The space of the second column's words.
        export: A file for the pairs, one `source<TAB>target` per line; only the covered pairs if two spaces are given.
        split: A folder for train.tsv, test.tsv and reverse-test.tsv (first column Chinese), created if it does not
            exist.
        train: With --split, the number of English training words.
        test: With --split, the number of English test words.
        seed: With --split, divide the words at random with this seed, instead of by frequency.
        exclude_latin: Leave out pairs without a Chinese character (angela, android).
        reverse: Swap the two columns of the dictionary before anything else, for one whose first column is Chinese.
        dictionary_encoding: Text encoding of the dictionary: gb18030, big5, utf-16 ... UTF-8 if not given.
        reading: How vector files are read.
    """
    if split:
        from align.bilingual.default import CHINESE, ENGLISH

        english, chinese = english or ENGLISH, chinese or CHINESE
    _check_options(english, chinese, split, reading, train=train, test=test, seed=seed)
    out, parts = _dictionary_outputs(export, split, (source, english, chinese))
    found = open_dictionary(source, exclude_latin=exclude_latin, reverse=reverse, encoding=dictionary_encoding)
    write(f"{found.name}: {number_of(len(found), 'pair')}, {number_of(len(found.targets), 'source word')}")
    if english:
        spaces = reading.space(english), reading.space(chinese).simplified()
        first, second = (space.words_with_vectors() for space in spaces)
        write(str(found.coverage(first, second)))
        if split:
            from align.bilingual.dictionary.split import split as divide

            cut = divide(found, first, second, train=train, test=test, seed=seed)
            if cut.note:
                say(f"align: {cut.note}")
            for path, part in zip(parts, (cut.train, cut.test, cut.reverse_test), strict=True):
                _export(part, path)
        found = found.covered(first, second)
    if out:
        _export(found, out, needed=True)


def _check_options(
    english: str, chinese: str, split: str, reading: Reading, *, train: int, test: int, seed: int | None
) -> None:
    """Raises ValueError if one space is given without the other, or an option that would have no effect."""
    if bool(english) != bool(chinese):
        raise ValueError("--english and --chinese go together")
    if not english:
        reading.refuse("only with --english and --chinese")
    if not split:
        refuse("only with --split", train=train != _TRAIN, test=test != _TEST, seed=seed is not None)
    at_least(train, 1, "--train")
    at_least(test, 1, "--test")


def _dictionary_outputs(export: str, split: str, read: tuple[str, ...]) -> tuple[Path | None, list[Path]]:
    """Returns the files for the pairs and for the parts of a split, checked; ``read`` are the files that are read."""
    out = output_file(export, (".tsv", ".txt"), inputs=read) if export else None
    names = [f"{split}/{part}.tsv" for part in ("train", "test", "reverse-test") if split]
    parts = [output_file(name, (".tsv",), inputs=read) for name in names]
    distinct_outputs(out, *parts)
    return out, parts


def _export(part: "Dictionary", path: Path, *, needed: bool = False) -> None:
    """Write pairs to a file; raises ValueError if there is none and one is ``needed``."""
    from align.bilingual.dictionary.dictionary import write_dictionary

    if needed and not part.pairs:
        raise ValueError(f"{path}: not written, because no pair of {part.name} is left")
    write_dictionary(part, path)
    say(f"align: {number_of(len(part), 'pair')} of {number_of(len(part.targets), 'word')} written to {path}")


def open_dictionary(
    source: str, *, exclude_latin: bool = False, reverse: bool = False, encoding: str = ""
) -> "Dictionary":
    """The dictionary ``source`` (a file or a name), English first: columns swapped if ``reverse``."""
    from align.bilingual.dictionary.dictionary import read_dictionary

    found = read_dictionary(source, encoding=encoding)
    if reverse:
        found = found.reversed()
    return found.without_latin() if exclude_latin else found


COMMANDS = {"dictionary": dictionary}
