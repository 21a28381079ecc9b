"""Commands over files: fetch, convert."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from align.cli.options import (
    READ_ALL,
    SPACE_ENDINGS,
    Flag,
    Maybe,
    MaybeOutput,
    Reading,
    names_translator,
    one_of,
    refuse,
    word_list,
)
from align.cli.output import (
    distinct_outputs,
    output_file,
    say,
    say_lost_ngrams,
    say_words,
    write,
    write_json,
    write_table,
    write_tsv,
)
from align.message import number_of, size_text

SpaceFormat = Literal["vec", "txt", "bin", "safetensors", "fasttext"]

if TYPE_CHECKING:
    from align.space import Space


def fetch(
    *names: str,
    list_: Flag = False,
    all_default: Flag = False,
    default_translator: Flag = False,
    json: Flag = False,
    tsv: Flag = False,
) -> None:
    """Fetch data by name into the cache, and print where it is.

    Data in the cache is not fetched again; an interrupted download is resumed. The environment variable ALIGN_CACHE
    sets the folder of the cache.

    **Examples**

        align fetch --list
        align fetch googlenews-small zhwiki-synonyms
        align fetch --all-default

    Args:
        names: Names from the catalogue.
        list_: List the catalogue instead.
        all_default: Fetch all data that the commands and experiments use by default.
        default_translator: Also fit the default translator, which takes some minutes, unless the cache has it.
        json: With --list, print one JSON document.
        tsv: With --list, print tab-separated lines.
    """
    from align.catalogue import default_names, fetch

    one_of(json=json, tsv=tsv)
    if list_:
        if names:
            raise ValueError(f"{names[0]}: not with --list, which fetches nothing")
        refuse("not with --list, which fetches nothing", all_default=all_default, default_translator=default_translator)
        _list(json, tsv)
        return
    if json or tsv:
        raise ValueError("--json and --tsv go with --list")
    wanted: list[str] = list(dict.fromkeys((*names, *(default_names() if all_default else ()))))
    if not wanted and not default_translator:
        raise ValueError(
            "nothing to fetch: name something, or give --all-default or --default-translator (--list shows all names)"
        )
    for name in wanted:
        write(f"{name}\t{fetch(name)}")
    if default_translator:
        write(f"default translator\t{_fit_default()}")


def _fit_default() -> Path:
    """Fits the default translator where the cache does not have it, and returns its file."""
    from align.bilingual.default import default_path, open_default
    from align.progress import stage_bars

    with stage_bars() as report:
        opened = open_default(report=report)
    for note in opened.notes:
        say(f"align: {note}")
    return default_path()


def _list(json: bool, tsv: bool) -> None:
    """Print the catalogue."""
    from align.catalogue import cache_folder, listing

    entries = listing()
    if json:
        write_json({"cache": str(cache_folder()), "resources": entries})
    elif tsv:
        write_tsv([list(entries[0]), *[list(one.values()) for one in entries]])
    else:
        rows = [
            (
                *(one["name"], one["language"], one["what"], size_text(one["size"])),
                *("yes" if one["fetched"] else "", "yes" if one["default"] else "", one["licence"]),
            )
            for one in entries
        ]
        write_table(("name", "language", "what", "size", "here", "default", "licence"), rows)
        say(f"align: the cache is {cache_folder()}; --json and --tsv also show source, hash, contents and citation")


def convert(
    source: str,
    target: Maybe = "",
    /,
    *,
    output: MaybeOutput = "",
    source_out: Annotated[Maybe, Parameter(name="--source")] = "",
    target_out: Annotated[Maybe, Parameter(name="--target")] = "",
    format_: Annotated[SpaceFormat | None, Parameter(name="--format", show_default=False)] = None,
    words: Maybe = "",
    reading: Reading = READ_ALL,
) -> None:
    """Write a file of word vectors, or the mapped vectors of a translator, in another format.

    The format of the input is recognised from its content: word2vec, GloVe, fastText, .npz, .safetensors, or gensim
    .kv with --trust, packed or not. The ending of the output chooses the format written: .bin .txt .vec .safetensors,
    or .tsv for the Embedding Projector, with the words in NAME.words.tsv. A .bin file has word2vec's format; with
    --format fasttext it is a model for fastText's own programs. Only such a model and .safetensors keep the n-grams
    that give vectors to unseen words. A space with senses (`align train adagram`) is written as one word for each
    sense: bank#1, bank#2.

    A translator (.align) gives two files of vectors in one common space: en and zh in the folder --output, or the files
    --source (English) and --target (Chinese).

    **Examples**

        align convert glove-6b-50 glove.safetensors --limit 100000
        align convert english.safetensors english.bin --format fasttext
        align convert senses.safetensors senses.vec
        align convert t.align -o mapped --format bin
        align convert t.align --source en.vec --target zh.vec

    Args:
        source: A file, or a name from the catalogue.
        target: The file to write.
        output: For a translator, the folder for en and zh, created if it does not exist.
        source_out: For a translator, the file for the mapped English vectors.
        target_out: For a translator, the file for the mapped Chinese vectors.
        format_: For a translator, the format of the files in --output (default: vec). For a space: fasttext, with .bin.
        words: Keep only the words in this file, one per line. With --limit, only those among the first LIMIT words of
            the source are kept.
        reading: How vector files are read.
    """
    ending = format_ or "vec"
    outputs = [f"{output}/en.{ending}", f"{output}/zh.{ending}"] if output else [source_out, target_out]
    if names_translator(source, reading, limit=False):
        if format_ == "fasttext":
            raise ValueError(f"{source}: --format fasttext is for one space; a translator keeps no n-grams or counts")
        if target or not any(outputs) or (output and (source_out or target_out)):
            raise ValueError(f"{source}: a translator gives two files; name a folder with -o, or --source and --target")
        _convert_translator(source, outputs, words, reading)
        return
    if any(outputs):
        raise ValueError(f"{source}: -o, --source and --target are for translators (.align); name one file to write")
    if not target:
        raise ValueError("no output: name the file to write after the source")
    from align.files import save

    if format_ not in (None, "fasttext"):
        raise ValueError(f"--format {format_}: for a space, the ending of {target} chooses the format")
    out = output_file(target, (".bin",) if format_ else (*SPACE_ENDINGS, ".tsv"), inputs=(source, words))
    if out.suffix == ".tsv":
        _convert_for_projector(source, out, words, reading)
        return
    space = _space(source, words, reading)
    save(space, out, fasttext=format_ == "fasttext")
    say(f"align: {number_of(len(space), 'word')} of {number_of(space.dim, 'dimension')} written to {out}")
    if format_ is None:
        say_lost_ngrams(space, out, ".safetensors and --format fasttext keep them")


def _convert_for_projector(source: str, out: Path, words: str, reading: Reading) -> None:
    """Write the vectors of a space to ``out``, and its words to the file beside it."""
    from align.files.projector import save_projector

    output_file(str(out.with_suffix(".words.tsv")), (".tsv",), inputs=(source, words))
    space = _space(source, words, reading)
    names = save_projector(space, out)
    vectors = f"{number_of(len(space), 'vector')} of {number_of(space.dim, 'dimension')}"
    say(f"align: {vectors} written to {out}, their words to {names}")


def _space(source: str, words: str, reading: Reading) -> "Space":
    """The space to convert, of the words in the file ``words`` if it is named; one word for each sense."""
    from align.senses import SenseSpace, holds_senses

    kept = word_list(words) if words else None
    path = Path(source).expanduser()
    if holds_senses(path):
        senses = SenseSpace.load(path)
        space = senses.as_space(words=kept, limit=reading.limit)
        _check_kept(senses.vocab.words[: reading.limit], source, words, kept, reading)
    else:
        space = reading.space(source, words=kept)
        _check_kept(space.vocab.words, source, words, kept, reading)
    return space


def _check_kept(have: Sequence[str], source: str, words: str, kept: Sequence[str] | None, reading: Reading) -> None:
    """Reports the words of the file ``words`` that ``source`` lacks; ``have`` are the words that were read from it.

    Raises:
        ValueError: ``source`` has none of them.
    """
    if kept is None:
        return
    known = set(have)
    missing = [word for word in kept if word not in known]
    among = "" if reading.limit is None else f" among the first {number_of(reading.limit, 'word')}"
    if len(missing) == len(kept):
        raise ValueError(f"{words}: {source} has none of its {number_of(len(kept), 'word')}{among}")
    say_words(f"not in {source}{among}", words, missing)


def _convert_translator(source: str, outputs: Sequence[str], words: str, reading: Reading) -> None:
    """Write the mapped vectors of English and Chinese to ``outputs``; an empty path writes nothing."""
    from align.bilingual.translator import Translator
    from align.files import save

    paths = [output_file(path, SPACE_ENDINGS, inputs=(words,)) if path else None for path in outputs]
    distinct_outputs(*paths)
    kept = word_list(words) if words else None
    translator = Translator.load(source)
    parts: list[tuple[Space, Path]] = []
    for space, path in zip((translator.source, translator.target), paths, strict=True):
        if path is not None:
            part = space if kept is None and reading.limit is None else space.restrict(reading.limit, kept)
            _check_kept(part.vocab.words, space.name, words, kept, reading)
            parts.append((part, path))
    for part, path in parts:
        save(part, path)
        say(f"align: {number_of(len(part), 'word')} of {number_of(part.dim, 'dimension')} written to {path}")


COMMANDS = {"fetch": fetch, "convert": convert}
