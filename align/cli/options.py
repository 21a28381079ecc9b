"""Option types that several commands share, and the words that a command reads."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO

from cyclopts import Parameter

from align.checks import at_least, check_seed
from align.encoding import check_encoding, decode, numbered_lines

if TYPE_CHECKING:
    from cyclopts import Token

    from align.evaluate.suite import Language
    from align.space import Space

STDIN = "/dev/stdin"
SPACE_ENDINGS = (".bin", ".txt", ".vec", ".safetensors")


def _check_seed_option(_kind: object, value: int | None) -> None:
    """Checks a seed option that may be absent."""
    if value is not None:
        check_seed(value, "--seed")


def _not_empty(_kind: object, tokens: "Sequence[Token]") -> str:
    """Returns the value of an option; a shell leaves it empty for a variable that is not set."""
    value = tokens[0].value
    if not value.strip():
        raise ValueError("it is empty")
    return value


Flag = Annotated[bool, Parameter(show_default=False)]
Maybe = Annotated[str, Parameter(show_default=False, converter=_not_empty)]
Given = Annotated[str, Parameter(converter=_not_empty)]
Seed = Annotated[int, Parameter(validator=_check_seed_option)]
MaybeSeed = Annotated[int | None, Parameter(validator=_check_seed_option)]
Count = Annotated[int, Parameter(name=["--k", "-k"])]
DictionaryEncoding = Annotated[Maybe, Parameter(name="--dictionary-encoding")]
Output = Annotated[Given, Parameter(name=["-o", "--output"])]
MaybeOutput = Annotated[Maybe, Parameter(name=["-o", "--output"])]


@Parameter(name="*")
@dataclass(frozen=True)
class Reading:
    """Options for reading vector files."""

    limit: int | None = None
    """Read only the first LIMIT words."""
    trust: Flag = False
    """Also read pickles (gensim .kv). A pickle can run any program: use this only for files from a source you trust."""
    encoding: Maybe = ""
    """Text encoding of the words in vector files: gb18030, big5, utf-16, latin-1 ... UTF-8 if not given."""

    def __post_init__(self) -> None:
        if self.limit is not None:
            at_least(self.limit, 1, "--limit")
        check_encoding(self.encoding)

    def space(self, source: str, *, words: Sequence[str] | None = None) -> "Space":
        """Returns the space in the file ``source``, or of the catalogue name ``source``; only ``words`` if given."""
        from align.catalogue import resolve
        from align.files import load
        from align.files.sanity import check_finite

        path, name = resolve(source), Path(source).name
        space = load(path, limit=self.limit, words=words, trust=self.trust, name=name, encoding=self.encoding)
        check_finite(space.vectors, space.vocab.words, source)
        return space

    def space_and_language(self, source: str) -> "tuple[Space, Language]":
        """Returns a space and its language; Chinese words are simplified."""
        from align.evaluate.suite import language_of

        opened = self.space(source)
        language = language_of(opened)
        return (opened.simplified() if language == "zh" else opened), language


READ_ALL = Reading()


def one_of(**chosen: bool) -> None:
    """Raises ValueError if more than one of the named flags is set."""
    on = [f"--{name}" for name, value in chosen.items() if value]
    if len(on) > 1:
        raise ValueError(f"{' and '.join(on)} exclude each other")


def word_list(path: str) -> list[str]:
    """Returns the words in a file, one per line, without repetitions.

    Raises:
        ValueError: the file holds no word, or is not UTF-8; names file and line.
        OSError: the file cannot be read.
    """
    lines = numbered_lines(Path(path).expanduser(), option="")
    words = list(dict.fromkeys(word for _, line in lines if (word := line.strip())))
    if not words:
        raise ValueError(f"{path}: holds no word; one per line was expected")
    return words


def words_of(words: Sequence[str]) -> Iterator[str]:
    """Yields ``words``; without any, or with ``-`` alone, the words on standard input, one per line.

    Raises:
        ValueError: no word is given and standard input is a terminal, or a line is not UTF-8.
    """
    if words and tuple(words) != (STDIN,):
        yield from words
        return
    if not words and sys.stdin.isatty():
        raise ValueError("no word given; name words, or give - and type or pipe them, one per line")
    stream: BinaryIO = sys.stdin.buffer
    for number, line in enumerate(stream, 1):
        if word := decode(line, "standard input", first_line=number, option="").strip():
            yield word
