"""Texts as words in UTF-8, by the tokeniser of a classifier."""

import re
from collections.abc import Sequence
from typing import Literal, get_args

from align.checks import SettingError
from align.text.chinese import has_hanzi
from align.text.scripts import HANZI
from align.text.text_features import END
from align.text.text_words import TextWords, listed_words, split_words
from align.text.tokenise import LINE_END, tokeniser_of

TokeniserName = Literal["split", "english", "jieba", "characters"]
TOKENISERS: tuple[TokeniserName, ...] = get_args(TokeniserName)
"""The tokenisers of classifiers; ``split`` takes the text between ASCII blanks, as fastText does."""

_SAMPLE = 1000
"""The number of texts that show what the texts are."""
_LONG_RUN = re.compile(rf"{HANZI}{{7,}}")
"""More hanzi in a row than a word has."""


def tokenise(texts: Sequence[str], name: TokeniserName) -> list[list[bytes]]:
    """Returns the words of texts.

    Args:
        texts: the texts.
        name: one of ``TOKENISERS``.

    Raises:
        KeyError: there is no such tokeniser.

    Example:
        >>> tokenise(["It's good."], "english")
        [[b'it', b"'s", b'good']]
    """
    if name not in TOKENISERS:
        raise KeyError(f"{name!r} is not a tokeniser; one of {', '.join(TOKENISERS)} was expected")
    if name == "split":
        texts_as_bytes = [text.encode(errors="replace") for text in texts]
        end = END.decode()
        return [
            [word for word in raw.split() if word != END] if end in text else raw.split()
            for text, raw in zip(texts, texts_as_bytes, strict=True)
        ]
    tokeniser = tokeniser_of("en" if name == "english" else "zh", name)
    known: dict[str, tuple[bytes, ...]] = {}
    found: list[list[bytes]] = []
    for text in texts:
        words: list[bytes] = []
        for piece in tokeniser.pieces(text.replace("\0", " ")):
            if piece == LINE_END:
                continue
            if piece not in known:
                known[piece] = tuple(word.encode(errors="replace") for word in tokeniser.words(piece))
            words.extend(known[piece])
        found.append(words)
    return found


def text_words(texts: Sequence[str], name: TokeniserName) -> TextWords:
    """Returns the words of texts as numbers; the words are those of ``tokenise``.

    Raises:
        KeyError: there is no such tokeniser.
    """
    if name not in ("split", "english"):
        return listed_words(tokenise(texts, name))
    pieces = split_words([text.encode(errors="replace") for text in texts])
    if name == "split":
        return pieces.without(END.__eq__)
    tokeniser = tokeniser_of("en", name)

    def words_of(piece: bytes) -> list[bytes]:
        parts = tokeniser.pieces(piece.decode().replace("\0", " "))
        return [word.encode() for part in parts if part != LINE_END for word in tokeniser.words(part)]

    return pieces.replaced(words_of)


def tokeniser_of_texts(
    name: TokeniserName | Literal["auto"], texts: Sequence[str], *, split: bool, before: TokeniserName | None
) -> TokeniserName:
    """Returns the tokeniser for texts. ``auto`` means that of the earlier model ``before``, if there is one.

    Otherwise it means ``split`` if the texts are split already, ``characters`` for Chinese, and ``english`` else.

    Raises:
        SettingError: ``name`` is unknown, or differs from that of the earlier model.

    >>> tokeniser_of_texts("auto", ["国王骑马"], split=False, before=None)
    'characters'
    """
    if before is not None:
        if name not in ("auto", before):
            raise SettingError("tokeniser", name, f"must be {before}, as in the earlier model")
        return before
    if name != "auto":
        if name not in TOKENISERS:
            raise SettingError("tokeniser", name, f"must be auto or one of {', '.join(TOKENISERS)}")
        return name
    if split:
        return "split"
    sample = texts[:_SAMPLE]
    return "characters" if 2 * sum(has_hanzi(text) for text in sample) >= len(sample) else "english"


def is_unsegmented(texts: Sequence[str]) -> bool:
    """Returns whether most texts have more hanzi in a row than a word has.

    >>> is_unsegmented(["我爱北京天安门"]), is_unsegmented(["我 爱 北京 天安门"])
    (True, False)
    """
    sample = texts[:_SAMPLE]
    return 2 * sum(_LONG_RUN.search(text) is not None for text in sample) > len(sample)
