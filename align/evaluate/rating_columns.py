"""Columns of files of human ratings: headings, text, and the column that holds the rating."""

import re
from collections.abc import Sequence

_WORD_NAME = re.compile(
    r"(?:first|second)?(?:words?|terms?|tokens?|items?|nouns?|verbs?|adjectives?|names?|occupations?|lemmas?|concepts?)(?:[12ab]|one|two)?"
    r"|w[12]|(?:单|單)?(?:词|詞)(?:语|語|汇|彙)?[12一二]?"
)
_RATING_NAME = re.compile(
    r"(?:human|mean|average|avg|gold|expert)*(?:scores?|ratings?|similarity|sim|relatedness|values?|judge?ments?|simlex(?:999)?|wordsim(?:353)?)"
    r"(?:scores?|ratings?|mean|average|avg)?|(?:human|mean|average|avg)+"
    r"|(?:平均)?(?:评分|評分|分数|分數|得分)|平均分|相似度|相关度|相關度"
)
_MISSING = frozenset(["nan", "inf", "infinity", "na", "null", "none", "missing", "unknown"])


def is_text(column: str) -> bool:
    """Returns whether a column is certainly no rating: it has a letter, and does not look like a number or ``N/A``.

    >>> [is_text(column) for column in ("N", "noun", "7,35", "N/A", "-inf", "")]
    [True, True, False, False, False, False]
    """
    letters = any(map(str.isalpha, column)) and not column.startswith(tuple("0123456789+-.,"))
    return letters and _plain(column) not in _MISSING


def is_word_name(column: str) -> bool:
    """Returns whether a column of a heading names a word, such as ``Word 1`` or ``occupation``."""
    return _WORD_NAME.fullmatch(_plain(column)) is not None


def is_rating_name(column: str) -> bool:
    """Returns whether a column of a heading names a rating, such as ``Human (mean)``, ``score`` or ``SimLex999``."""
    return _RATING_NAME.fullmatch(_plain(column)) is not None


def is_heading(columns: Sequence[str], words: int) -> bool:
    """Returns whether a line is certainly a heading: it names a rating, or it names the words and has no number.

    Args:
        columns: the columns of the line.
        words: the number of columns of words, which come first.

    Example:
        >>> is_heading(["Word 1", "Word 2", "Human (mean)"], 2), is_heading(["king", "queen", "seven"], 2)
        (True, False)
    """
    rest = columns[words:]
    if any(map(is_rating_name, rest)):
        return True
    return bool(rest) and all(map(is_word_name, columns[:words])) and all(map(is_text, rest))


def named_rating(heading: Sequence[str], words: int, where: str) -> int | None:
    """Returns the column of the rating in a heading, from 0; None if no column has a known name.

    Args:
        heading: the names of the columns.
        words: the number of columns of words, which come first.
        where: file and line, for the message.

    Raises:
        ValueError: several columns name a rating, or a later column names a word.
    """
    named = [place for place in range(words, len(heading)) if is_rating_name(heading[place])]
    if len(named) > 1:
        several = ", ".join(repr(heading[place]) for place in named)
        raise ValueError(f"{where}: the columns {several} may all hold the rating; one of them was expected")
    if shifted := [name for name in heading[words:] if is_word_name(name)]:
        raise ValueError(f"{where}: {shifted[0]!r} in a later column; the words were expected in the first columns")
    return named[0] if named else None


def _plain(column: str) -> str:
    """Returns the letters and digits of a column, in lower case."""
    return "".join(filter(str.isalnum, column.casefold()))
