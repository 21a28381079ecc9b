"""What a typed word means to a translator: its direction, and the form of it that the vocabulary holds."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from align.bilingual.translator import Translator
from align.space import Space
from align.text.forms import find_form, suggestions

_BETWEEN = re.compile(r"[\s,;，；、。]+")


class Asked(NamedTuple):
    """A typed ``word``; ``form`` is what is looked up instead ("" where nothing is known), ``why`` how they differ.

    ``reverse`` is whether the word is of the second language, Chinese.
    """

    word: str
    form: str
    why: str
    reverse: bool


def words_in(line: str) -> list[str]:
    """The words of a line: what stands between white space, commas and semicolons, of either script.

    >>> words_in("king, queen　国王、王后")
    ['king', 'queen', '国王', '王后']
    """
    return [word for word in _BETWEEN.split(line) if word]


def ask(translator: Translator, word: str, reverse: bool | None = None) -> Asked:
    """``word`` as ``translator`` can look it up; ``reverse`` says the direction, else the translator's own rule."""
    backward = translator.direction(word) == "zh-en" if reverse is None else reverse
    form = find_form(word, side(translator, backward).vocab)
    return Asked(word, "", "", backward) if form is None else Asked(word, form.word, form.why, backward)


def side(translator: Translator, reverse: bool) -> Space:
    """The space that a word of the one language or (``reverse``) of the other is looked up in."""
    return translator.target if reverse else translator.source


def unknown_line(translator: Translator, asked: Asked) -> str:
    """One line about a word that is not known, with suggestions."""
    near = suggestions(asked.word, side(translator, asked.reverse).vocab)
    language = "Chinese" if asked.reverse else "English"
    tail = f"; did you mean: {', '.join(near)}" if near else ""
    return f"{asked.word!r} is not in the {language} vocabulary{tail}"


def known(translator: Translator, words: Sequence[str], reverse: bool | None = None) -> list[Asked]:
    """``words`` as the translator can look them up.

    Raises:
        KeyError: one of them is not known; the message has suggestions.
    """
    asked = [ask(translator, word, reverse) for word in words]
    for one in asked:
        if not one.form:
            raise KeyError(unknown_line(translator, one))
    return asked
