"""Option types that several commands share, and the words that a command reads."""

import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO, get_args

from cyclopts import Parameter

from align.checks import SettingError, at_least, check_seed, option_of
from align.cli.output import say
from align.encoding import check_encoding, decode, numbered_lines

if TYPE_CHECKING:
    from cyclopts import ArgumentCollection, Token

    from align.space import Space
    from align.text.scripts import Language

STDIN = "/dev/stdin"
SPACE_ENDINGS = (".bin", ".txt", ".vec", ".safetensors")
TRANSLATOR_ENDING = ".align"
_WHOLE = re.compile(r"[+-]?[0-9]+")
SECONDS: Mapping[str, float] = {"s": 1.0, "m": 60.0, "h": 3600.0}
"""Units of time, for :func:`number_with_unit`."""


def _check_seed_option(_kind: object, value: int | None) -> None:
    """Checks a seed option that may be absent; the parser adds its name to the message."""
    if value is not None:
        try:
            check_seed(value)
        except SettingError as error:
            raise ValueError(error.expected.capitalize()) from error


def check_whole_numbers(arguments: "ArgumentCollection") -> None:
    """Raises CoercionError for a whole number that is not written in the digits 0 to 9; Python reads more as one."""
    from cyclopts import CoercionError

    for argument in arguments:
        if int in (argument.hint, *get_args(argument.hint)):
            for token in argument.tokens:
                if not _WHOLE.fullmatch(token.value):
                    raise CoercionError(argument=argument, token=token, target_type=int)


def _not_empty(_kind: object, tokens: "Sequence[Token]") -> str:
    """Returns the value of an option; a shell leaves it empty for a variable that is not set."""
    value = tokens[0].value
    if not value.strip():
        raise ValueError("it is empty")
    return value


def shown_as(text: str) -> Callable[[object], str]:
    """Returns what help shows as the default of an option, whose value in Python would say less."""
    return lambda _: text


Flag = Annotated[bool, Parameter(show_default=False)]
Maybe = Annotated[str, Parameter(show_default=False, converter=_not_empty)]
Given = Annotated[str, Parameter(converter=_not_empty)]
StandardInput = Annotated[str, Parameter(show_default=shown_as("-"))]
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
    """Read only the first LIMIT words of a vector file."""
    trust: Flag = False
    """Also read pickles (gensim .kv). A pickle can run any program: use this only for files from a source you trust."""
    encoding: Maybe = ""
    """Text encoding of the words in vector files: gb18030, big5, utf-16, latin-1 ... UTF-8 if not given."""

    def __post_init__(self) -> None:
        if self.limit is not None:
            at_least(self.limit, 1, "--limit")
        check_encoding(self.encoding)

    def refuse(self, why: str, *, limit: bool = True) -> None:
        """Raises ValueError if an option is given where no vector file is read; ``limit``: whether --limit counts."""
        refuse(why, limit=limit and self.limit is not None, trust=self.trust, encoding=bool(self.encoding))

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


def refuse(why: str, **given: bool) -> None:
    """Raises ValueError if a named option is given that would have no effect; ``why`` says where it has one.

    Example:
        >>> refuse("only with --split", train=True, seed=False)
        Traceback (most recent call last):
        ValueError: --train: only with --split
    """
    if on := [option_of(name) for name, value in given.items() if value]:
        raise ValueError(f"{', '.join(on)}: {why}")


def names_translator(source: str, reading: Reading | None = None, *, limit: bool = True) -> bool:
    """Returns whether an argument names a translator rather than a space.

    Args:
        source: the argument.
        reading: options for reading vector files, which are refused with a translator.
        limit: whether --limit is refused too.

    Raises:
        ValueError: ``source`` names a translator, and an option of ``reading`` is given.
    """
    found = source.endswith(TRANSLATOR_ENDING)
    if found and reading is not None:
        reading.refuse(f"only for vector files; {source} is a translator", limit=limit)
    return found


def number_with_unit(text: str, units: Mapping[str, float], option: str, expected: str) -> float:
    """Returns the value of an option that is a number and a unit, such as 90s, 1.5h or 2M.

    Args:
        text: the value.
        units: the size of each unit, by its letter.
        option: the option, for the message.
        expected: the units as the message names them.

    Raises:
        ValueError: the value is not a finite number of at least 0 with one of the units.

    Example:
        >>> number_with_unit("1.5h", SECONDS, "--checkpoint-every", "s, m or h")
        5400.0
    """
    try:
        found = float(text[:-1]) * units[text[-1:]]
    except (ValueError, KeyError) as error:
        raise ValueError(f"{option} {text}: must be a number and {expected}") from error
    if not 0 <= found < float("inf"):
        raise ValueError(f"{option} {text}: must be at least 0 and finite")
    return found


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


def say_how_to_end() -> None:
    """Reports how to end the input, where standard input is a terminal."""
    if sys.stdin.isatty():
        say("align: reading lines from the terminal; Ctrl-D at the start of a line ends them")


def is_bulk(words: Sequence[str]) -> bool:
    """Returns whether the words of a command come from standard input."""
    return not words or tuple(words) == (STDIN,)


def words_of(words: Sequence[str]) -> Iterator[str]:
    """Yields ``words``; without any, or with ``-`` alone, the words on standard input, one per line.

    Raises:
        ValueError: no word is given and standard input is a terminal, ``-`` is one of several words, or a line is not
            UTF-8.
    """
    if not is_bulk(words):
        if STDIN in words:
            raise ValueError("-: stands for standard input and must be the only word")
        yield from words
        return
    if not words and sys.stdin.isatty():
        raise ValueError("no word given; name words, or give - and type or pipe them, one per line")
    say_how_to_end()
    stream: BinaryIO = sys.stdin.buffer
    for number, line in enumerate(stream, 1):
        if word := decode(line, "standard input", first_line=number, option="").strip():
            yield word
