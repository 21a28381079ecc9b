"""Tokenisers: English words, Chinese words by jieba, by discovered words or by character, and text already segmented.

A tokeniser works in two steps, because text repeats itself. ``pieces`` cuts text quickly and coarsely, with
``LINE_END`` at the end of each line. ``words`` returns the words of one piece, and is called once per distinct piece.

Rules for all but ``Presegmented``: text is folded (``cleaning.fold``: lower case, compatibility form, no invisible
characters), and punctuation is dropped. A run of letters of one script is one word, with its combining marks. A number
is one word without the commas between its thousands: 1,998.5 is ``1998.5``. A unit right after a decimal is the next
word (3.5kg is ``3.5 kg``, as jieba cuts it); after a whole number it belongs to the word (``5kg``, ``1990s``). Only the
end of a line ends a sentence, as in word2vec: a full stop also ends abbreviations, and words on both sides of a full
stop share a topic.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from align.checks import check_choices
from align.text.chinese import has_hanzi, simplify, simplify_all, simplify_text
from align.text.cleaning import clean, fold
from align.text.discovery.lexicon import opened_words
from align.text.discovery.symbols import is_mark
from align.text.scripts import HANZI, MARK, RUN, Language
from align.text.segmenter import segmenter
from align.text.user_words import read_user_words

LINE_END = "\0"
"""The piece that ends a line. Text contains no NUL: reading refuses it, and cleaning removes it."""
_SPACED_END = f" {LINE_END} "

_THOUSANDS = re.compile(r",(?<=\d,)(?<!\d{4},)(?<!\d[.,]\d,)(?<!\d[.,]\d\d,)(?<!\d[.,]\d{3},)\d{3}(?:,\d{3})*(?!\d)")
"""The groups of three digits after the first one to three digits of a number, each after a comma.

It begins with the comma, because text is searched fastest for a fixed character. Folding makes wide commas plain:
between groups of three digits they separate thousands in Chinese text too.
"""
_NUMBER = r"\d+(?:(?:\.\d+)+|(?![^\W_]))"


def _english(letter: str) -> re.Pattern[str]:
    """Returns the pattern of an English word, where ``letter`` is the pattern of a letter or digit."""
    return re.compile(
        rf"(?<![^\W_]){_NUMBER}"
        rf"|(?<![^\W_])(?:[^\W\d_]\.){{2,}}(?:[^\W\d_](?!\w|{MARK}))?"  # u.s., e.g., u.s.a
        r"|(?<![^\W_])'s(?![^\W_])"
        rf"|(?<![^\W_])[^\W\d_]-(?:{letter})+"  # x-ray, e-mail
        rf"|(?:{letter})+(?:'(?!s(?![^\W_]))(?:{letter})+)*"
        r"|(?<=[^\W_])'s(?![^\W_])"
    )


_ENGLISH = _english(r"[^\W_]")
_ENGLISH_MARKED = _english(rf"[^\W_]{MARK}*")
_HAS_MARK = re.compile(MARK)
_CHARACTERS = re.compile(rf"{HANZI}|{_NUMBER}|{RUN}|{LINE_END}")
_ALPHANUMERIC = re.compile(rf"[^\W_](?:.*(?:[^\W_]|{MARK}))?")


@dataclass(frozen=True)
class English:
    """English words: a possessive ``'s`` is a word of its own, other apostrophes stay, hyphens separate words.

    But: a hyphen after a single letter stays (``x-ray``, ``e-mail``), and so do the full stops of ``u.s.`` and
    ``u.s.a``. A unit is a word of its own after a decimal (``3.5 kg``), but not after a whole number (``5kg``).
    Addresses of web pages are dropped.

    Example:
      >>> English().tokens("The U.S. king's well-known x-ray didn't cost $1,000.")
      ['the', 'u.s.', 'king', "'s", 'well', 'known', 'x-ray', "didn't", 'cost', '1000']
    """

    block = 1 << 21
    """Bytes of text to process at a time."""

    def pieces(self, text: str) -> list[str]:
        """Returns the parts of ``text`` between blanks."""
        return text.replace("\n", _SPACED_END).split()

    def words(self, piece: str) -> tuple[str, ...]:
        """Returns the words in ``piece``."""
        if piece.isascii() and piece.isalpha():
            return (piece.lower(),)
        plain = fold(piece)
        if "://" in plain or plain.startswith("www."):
            return ()
        marked = not plain.isascii() and _HAS_MARK.search(plain) is not None
        return tuple((_ENGLISH_MARKED if marked else _ENGLISH).findall(_joined_thousands(plain)))

    def tokens(self, text: str) -> list[str]:
        """Returns the words of ``text`` in order."""
        return _tokens(self, text)


@dataclass(frozen=True)
class Jieba:
    """Chinese words, segmented by jieba after simplification, with its hidden Markov model for unknown words.

    Latin words and numbers are words too, without the punctuation around them.

    Args:
      dictionary: a file of the user's own words, one per line: the word, then optionally its count and its part of
        speech. They are folded and simplified as the text is. A blank in a word becomes ``_`` in the token.

    Raises:
      OSError: the dictionary cannot be read.
      ValueError: it is not UTF-8, or has a wrong line; names file and line.

    Example:
      >>> Jieba().tokens("國王在ＡＢＣ騎馬，花了1,000元買T恤。")
      ['国王', '在', 'abc', '骑马', '花', '了', '1000', '元', '买', 't恤']
    """

    dictionary: str = ""

    block = 1 << 18
    """Bytes of text to process at a time."""

    def __post_init__(self) -> None:
        if self.dictionary:
            read_user_words(self.dictionary)

    def pieces(self, text: str) -> list[str]:
        """Returns what jieba cuts: words, punctuation, blanks."""
        return segmenter(self.dictionary).cut(_simple(text).replace("\n", LINE_END))

    def words(self, piece: str) -> tuple[str, ...]:
        """Returns the word in ``piece``, if it contains one."""
        if has_hanzi(piece) or piece in segmenter(self.dictionary).words:
            return ("_".join(piece.split()),)
        found = _ALPHANUMERIC.search(piece)
        return ("_".join(found.group().split()),) if found else ()

    def tokens(self, text: str) -> list[str]:
        """Returns the words of ``text`` in order."""
        return _tokens(self, text)


@dataclass(frozen=True)
class Characters:
    """Each hanzi is a word, after simplification; numbers and runs of other letters are words.

    Example:
      >>> Characters().tokens("國王有iPhone 15和3.5元")
      ['国', '王', '有', 'iphone', '15', '和', '3.5', '元']
    """

    block = 1 << 21
    """Bytes of text to process at a time."""

    def pieces(self, text: str) -> list[str]:
        """Returns hanzi, other words, and numbers."""
        return _CHARACTERS.findall(_simple(text).replace("\n", LINE_END))

    def words(self, piece: str) -> tuple[str, ...]:
        """Returns ``piece``, which is a word."""
        return (piece,)

    def tokens(self, text: str) -> list[str]:
        """Returns the words of ``text`` in order."""
        return _tokens(self, text)


@dataclass(frozen=True)
class DiscoveredWords:
    """Chinese words, segmented by a lexicon of discovered words after simplification.

    Latin words and numbers are words too.

    Args:
      dictionary: a file of words and counts, as ``align discover`` writes it.

    Raises:
      OSError: the file cannot be read.
      ValueError: the file has another form; names file and line.
    """

    dictionary: str

    block = 1 << 20
    """Bytes of text to process at a time."""

    def __post_init__(self) -> None:
        opened_words(self.dictionary)

    def pieces(self, text: str) -> list[str]:
        """Returns words and punctuation."""
        segmented = opened_words(self.dictionary).segment(_simple(text))
        return segmented.replace("\n", _SPACED_END).split()

    def words(self, piece: str) -> tuple[str, ...]:
        """Returns the word that ``piece`` is, or nothing if it is punctuation."""
        return () if is_mark(piece) else (piece,)

    def tokens(self, text: str) -> list[str]:
        """Returns the words of ``text`` in order."""
        return _tokens(self, text)


@dataclass(frozen=True)
class Presegmented:
    """Text that is segmented already: each part between blanks is a word, cleaned; Chinese is simplified.

    Case, width and punctuation stay as they are.

    Args:
      language: ``en`` or ``zh``.

    Example:
      >>> Presegmented("zh").tokens("國王 騎 馬 。")
      ['国王', '骑', '马', '。']
    """

    language: Language

    def __post_init__(self) -> None:
        check_choices(self)

    block = 1 << 22
    """Bytes of text to process at a time."""

    def pieces(self, text: str) -> list[str]:
        """Returns the parts of ``text`` between blanks."""
        return text.replace("\n", _SPACED_END).split()

    def is_clean(self, pieces: list[str]) -> bool:
        """Returns whether the words of all ``pieces`` are the pieces themselves."""
        if self.language == "zh":
            return simplify_all(pieces) == pieces
        text = "\n".join(pieces)
        return clean(text) == text

    def words(self, piece: str) -> tuple[str, ...]:
        """Returns the word that ``piece`` is, or nothing if it has only invisible characters."""
        word = simplify(piece) if self.language == "zh" else clean(piece)
        return (word,) if word else ()

    def tokens(self, text: str) -> list[str]:
        """Returns the words of ``text`` in order."""
        return _tokens(self, text)


Tokeniser = English | Jieba | Characters | DiscoveredWords | Presegmented


def tokeniser_of(language: Language, name: str = "", dictionary: str = "") -> Tokeniser:
    """Returns the tokeniser called ``name`` for a language.

    Args:
      language: ``en`` or ``zh``.
      name: ``english`` or ``split`` for ``en``; ``jieba``, ``characters``, ``split`` or a file of discovered words for
        ``zh``. Empty: the first of these.
      dictionary: a file of the user's own words, for jieba only.

    Returns:
      The tokeniser.

    Raises:
      KeyError: no tokeniser for this language and no file has that name.
      ValueError: a dictionary for a tokeniser other than jieba, or a file with a wrong line.
      OSError: the dictionary or the file of words cannot be read.

    Example:
      >>> tokeniser_of("zh", "characters")
      Characters()
    """
    known: dict[str, tuple[str, ...]] = {"en": ("english", "split"), "zh": ("jieba", "characters", "split")}
    if language not in known:
        raise KeyError(f"language {language!r}: en or zh was expected")
    name = name or known[language][0]
    if dictionary and name != "jieba":
        raise ValueError(f"the tokeniser {name!r} takes no dictionary; only jieba does")
    if name not in known[language]:
        if language == "zh" and Path(name).exists():
            return DiscoveredWords(name)
        file = " or a file of discovered words" if language == "zh" else ""
        raise KeyError(
            f"{name!r} does not tokenise {language!r}; one of {', '.join(known[language])}{file} was expected"
        )
    if name == "jieba":
        return Jieba(dictionary)
    return Presegmented(language) if name == "split" else English() if name == "english" else Characters()


def _simple(text: str) -> str:
    """Returns Chinese text folded and simplified, without commas between thousands."""
    return simplify_text(_joined_thousands(fold(text)))


def _joined_thousands(text: str) -> str:
    """Returns folded text without the commas between the thousands of a number."""
    return _THOUSANDS.sub(lambda number: number.group().replace(",", ""), text) if "," in text else text


def _tokens(tokeniser: Tokeniser, text: str) -> list[str]:
    """Returns the words of ``text`` in order."""
    return [word for piece in tokeniser.pieces(text) if piece != LINE_END for word in tokeniser.words(piece)]
