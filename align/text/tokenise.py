"""From text to words: English, Chinese by jieba or by character, and text that is segmented already.

A tokeniser works in two steps, because text repeats itself: ``pieces`` cuts text quickly and coarsely, ``LINE_END``
where a line ends, and ``words`` says what words are in a piece, which need be asked only once for every different one.

Rules for all but ``Split``: lower case; characters by Unicode's compatibility form (NFKC: full-width letters and digits
become plain, ligatures are taken apart); punctuation is dropped. A number is a word as it stands, without the commas
between its thousands: 1,998.5 is ``1998.5``. Only the end of a line ends a sentence, as in word2vec: a full stop
also ends abbreviations, and neighbours across one are still about the same thing.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from align.text.chinese import HANZI, has_hanzi, simplify, simplify_all, simplify_text

Language = Literal["en", "zh"]

LINE_END = "\0"
"""The piece that ends a line."""
_SPACED_END = f" {LINE_END} "

_APOSTROPHES = str.maketrans(dict.fromkeys("\u2018\u2019\u02bc\u2032\uff07`\u00b4", "'"))
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_NUMBER = r"(?<![^\W_])\d+(?:\.\d+)*(?![^\W_])"
_ENGLISH = re.compile(
    rf"{_NUMBER}"
    r"|(?<![^\W_])(?:[^\W\d_]\.){2,}"  # u.s., e.g.
    r"|(?<![^\W_])'s(?![^\W_])"
    r"|(?<![^\W_])[^\W\d_]-[^\W\d_]+"  # x-ray, e-mail
    r"|[^\W_]+(?:'(?!s(?![^\W_]))[^\W_]+)*"
    r"|(?<=[^\W_])'s(?![^\W_])"
)
_FOREIGN = re.compile(rf"{_NUMBER}|(?:(?!{HANZI})[^\W_])+(?:['.&+-](?:(?!{HANZI})[^\W_])+)*")
_CHARACTERS = re.compile(rf"{HANZI}|{_FOREIGN.pattern}|{LINE_END}")
_ALPHANUMERIC = re.compile(r"[^\W_](?:.*[^\W_])?")


@dataclass(frozen=True)
class English:
    """English words: a possessive ``'s`` is a word of its own, other apostrophes stay, hyphens part words.

    But: a hyphen behind a single letter stays (``x-ray``, ``e-mail``), and so do the full stops of ``u.s.``; addresses
    of web pages are dropped.

    >>> English().tokens("The U.S. king's well-known x-ray didn't cost $1,000.")
    ['the', 'u.s.', 'king', "'s", 'well', 'known', 'x-ray', "didn't", 'cost', '1000']
    """

    block = 1 << 21
    """How many bytes of text are worked on at a time."""

    def pieces(self, text: str) -> list[str]:
        """What stands between blanks."""
        return text.replace("\n", _SPACED_END).split()

    def words(self, piece: str) -> tuple[str, ...]:
        """The words in ``piece``."""
        if piece.isascii():
            plain = piece.lower()
            if plain.isalpha():
                return (plain,)
            plain = plain.replace("`", "'")
        else:
            plain = _INVISIBLE.sub("", unicodedata.normalize("NFKC", piece.translate(_APOSTROPHES)).lower())
        if "://" in plain or plain.startswith("www."):
            return ()
        return tuple(_ENGLISH.findall(_THOUSANDS.sub("", plain)))

    def tokens(self, text: str) -> list[str]:
        """The words of ``text`` in order."""
        return _tokens(self, text)


@dataclass(frozen=True)
class Jieba:
    """Chinese words as jieba segments them, its hidden Markov model for unknown words on, after simplification.

    Words with hanzi stay as they are; Latin words and numbers are words too, without the punctuation around them.
    ``dictionary`` names words of one's own as jieba's user dictionaries do, one a line: the word, then if wanted its
    count and its part of speech, with blanks between; they are simplified as the text is.

    Raises:
        OSError: the dictionary cannot be read.
        ValueError: it is not UTF-8, or a line of it is wrong; names file and line.

    >>> Jieba().tokens("國王在ＡＢＣ騎馬，花了1,000元。")
    ['国王', '在', 'abc', '骑马', '花', '了', '1000', '元']
    """

    dictionary: str = ""

    block = 1 << 18
    """How many bytes of text are worked on at a time."""

    def __post_init__(self) -> None:
        if self.dictionary:
            read_dictionary(self.dictionary)

    def pieces(self, text: str) -> list[str]:
        """What jieba cuts: words, punctuation, blanks."""
        return _segmenter(self.dictionary).lcut(_simple(text).replace("\n", LINE_END))

    def words(self, piece: str) -> tuple[str, ...]:
        """The word in ``piece``, if it is one."""
        if has_hanzi(piece):
            return (piece,)
        found = _ALPHANUMERIC.search(piece)
        return (found.group(),) if found else ()

    def tokens(self, text: str) -> list[str]:
        """The words of ``text`` in order."""
        return _tokens(self, text)


@dataclass(frozen=True)
class Characters:
    """Every hanzi a word of its own, after simplification; runs of other letters, and numbers, are words whole.

    >>> Characters().tokens("國王有iPhone 15和3.5元")
    ['国', '王', '有', 'iphone', '15', '和', '3.5', '元']
    """

    block = 1 << 21
    """How many bytes of text are worked on at a time."""

    def pieces(self, text: str) -> list[str]:
        """Hanzi, other words, numbers."""
        return _CHARACTERS.findall(_simple(text).replace("\n", LINE_END))

    def words(self, piece: str) -> tuple[str, ...]:
        """The word that ``piece`` is."""
        return (piece,)

    def tokens(self, text: str) -> list[str]:
        """The words of ``text`` in order."""
        return _tokens(self, text)


@dataclass(frozen=True)
class Split:
    """Text that is segmented already: what stands between blanks is a word as it is; Chinese is simplified.

    >>> Split("zh").tokens("國王 騎 馬 。")
    ['国王', '骑', '马', '。']
    """

    language: Language

    block = 1 << 22
    """How many bytes of text are worked on at a time."""

    def pieces(self, text: str) -> list[str]:
        """What stands between blanks."""
        return text.replace("\n", _SPACED_END).split()

    def words(self, piece: str) -> tuple[str, ...]:
        """The word that ``piece`` is."""
        return (simplify(piece) if self.language == "zh" else piece,)

    def tokens(self, text: str) -> list[str]:
        """The words of ``text`` in order."""
        return _tokens(self, text)


Tokeniser = English | Jieba | Characters | Split


def tokeniser_of(language: Language, name: str = "", dictionary: str = "") -> Tokeniser:
    """The tokeniser called ``name`` for a language: ``english``, ``jieba``, ``characters`` or ``split``.

    Without a name it is English for ``en`` and jieba for ``zh``.

    Raises:
        KeyError: no tokeniser is called so, or not for this language.
        ValueError: a dictionary for another tokeniser than jieba, or a wrong one.
        OSError: the dictionary cannot be read.
    """
    known: dict[str, tuple[str, ...]] = {"en": ("english", "split"), "zh": ("jieba", "characters", "split")}
    if language not in known:
        raise KeyError(f"{language!r} is not a language known here; en or zh was expected")
    name = name or known[language][0]
    if name not in known[language]:
        raise KeyError(f"{name!r} does not tokenise {language!r}; one of {', '.join(known[language])} was expected")
    if dictionary and name != "jieba":
        raise ValueError(f"the tokeniser {name!r} takes no dictionary; only jieba does")
    if name == "jieba":
        return Jieba(dictionary)
    return Split(language) if name == "split" else English() if name == "english" else Characters()


def read_dictionary(path: str) -> list[tuple[str, int | None, str | None]]:
    """The words of a user dictionary for jieba, simplified, with their counts and parts of speech where it has them.

    Raises:
        OSError: it cannot be read.
        ValueError: it is not UTF-8, or a line is not ``WORD [COUNT] [TAG]``; names file and line.
    """
    entries: list[tuple[str, int | None, str | None]] = []
    for number, raw in enumerate(Path(path).read_bytes().split(b"\n"), 1):
        try:
            line = raw.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError as error:
            raise ValueError(f"{path}:{number}: byte {raw[error.start]:#04x} is not UTF-8") from error
        fields = line.split()
        count = int(fields.pop(1)) if len(fields) > 1 and fields[1].isdecimal() else None
        if len(fields) > 2:
            raise ValueError(f"{path}:{number}: {line.strip()!r}; WORD, or WORD COUNT TAG, was expected")
        if fields:
            entries.append((fields[0], count, fields[1] if len(fields) == 2 else None))
    simple = simplify_all(word for word, _, _ in entries)
    return [(word, count, tag) for word, (_, count, tag) in zip(simple, entries, strict=True)]


@cache
def _segmenter(dictionary: str) -> Any:
    """The segmenter of jieba, with the words of the user's dictionary added."""
    import logging
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # jieba's own, of an old library and of old escapes in its source
        import jieba
    jieba.setLogLevel(logging.ERROR)
    segmenter: Any = jieba.Tokenizer()
    segmenter.initialize()
    for word, count, tag in read_dictionary(dictionary) if dictionary else ():
        segmenter.add_word(word, count, tag)
    return segmenter


def _simple(text: str) -> str:
    """Chinese text in compatibility form, lower case, simplified, without commas between thousands."""
    return simplify_text(_THOUSANDS.sub("", unicodedata.normalize("NFKC", text).lower()))


def _tokens(tokeniser: Tokeniser, text: str) -> list[str]:
    return [word for piece in tokeniser.pieces(text) if piece != LINE_END for word in tokeniser.words(piece)]
