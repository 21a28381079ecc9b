"""Look-ups: the form of a typed word in a vocabulary, and suggestions for unknown words."""

import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from align.text.chinese import has_hanzi, simplify, traditional
from align.text.cleaning import clean, fold
from align.text.vocab import Vocab

_SUFFIXES = (
    ("'s", "", "possessive"), ("s'", "s", "possessive"),
    ("s", "", "inflection"), ("es", "", "inflection"), ("ies", "y", "inflection"), ("ves", "f", "inflection"),
    ("ves", "fe", "inflection"), ("ed", "", "inflection"), ("ed", "e", "inflection"), ("ied", "y", "inflection"),
    ("ing", "", "inflection"), ("ing", "e", "inflection"), ("ying", "ie", "inflection"),
    ("er", "", "comparative"), ("er", "e", "comparative"), ("ier", "y", "comparative"),
    ("est", "", "superlative"), ("est", "e", "superlative"), ("iest", "y", "superlative"),
)  # fmt: skip
_CHINESE_SUFFIXES = (("们", "plural"), ("儿", "erhua"))
_MAX_LENGTH = 64
"""The number of characters of an unknown word that suggestions are based on."""
_VOWELS = frozenset("aeiou")
_SCRIPTS = ("LATIN", "CJK", "DIGIT", "FULLWIDTH LATIN", "FULLWIDTH DIGIT", "IDEOGRAPHIC NUMBER ZERO")


class Form(NamedTuple):
    """The word of a vocabulary found for a typed word."""

    word: str
    """The word in the vocabulary."""
    why: str
    """The difference from the typed word (``case``, ``full-width``, ``inflection``); empty if there is none."""


def find_form(word: str, vocab: Vocab) -> Form | None:
    """Returns the form of ``word`` in ``vocab`` with the smallest change.

    The changes, in order: none; invisible characters and the encoding of accents; full-width letters; case. Then for
    Chinese: simplified characters; traditional characters; no blanks; no 们 or 儿. For other words: ``_``, a hyphen or
    nothing for a blank or hyphen; no apostrophe; no English ending (and a doubled consonant undone). If one change
    gives several forms, the most frequent is returned, so ``horses`` gives ``horse`` instead of ``hors``.

    Args:
      word: the typed word.
      vocab: the vocabulary.

    Returns:
      The form, or None if the vocabulary has none.

    Example:
      >>> find_form("Horses", Vocab(["horse", "hors"]))
      Form(word='horse', why='inflection')
      >>> find_form("卡拉OK", Vocab(["卡拉ok"]))
      Form(word='卡拉ok', why='case')
    """
    index = vocab.index
    for forms in _forms_by_change(word):
        known = [form for form in forms if form.word in index]
        if known:
            return min(known, key=lambda form: index[form.word])
    return None


def _forms_by_change(word: str) -> Iterator[Iterable[Form]]:
    """Yields the forms of ``word`` for each kind of change, the smallest first."""
    yield [Form(word, "")]
    cleaned = clean(word).strip()
    composed = unicodedata.normalize("NFC", word).strip()
    accents = "" if composed == word.strip() else "another encoding of the accents"
    yield [Form(cleaned, accents if cleaned == composed else "invisible characters")]
    plain = unicodedata.normalize("NFKC", cleaned).strip()
    yield [Form(plain, "full-width")]
    yield [Form(spelling, "case" if plain == cleaned else "full-width") for spelling in _cases(plain)]
    if has_hanzi(plain):
        simple = simplify(plain)
        yield [Form(spelling, "traditional") for spelling in (simple, *_cases(simple))]
        yield [Form(spelling, "in traditional characters") for spelling in _cases(traditional(simple))]
        yield [Form(spelling, "joined") for spelling in _cases("".join(simple.split()))]
        yield [Form(spelling, "joined with _") for spelling in _cases("_".join(simple.split()))]
        lower = simple.lower()
        yield [Form(lower.removesuffix(end), why) for end, why in _CHINESE_SUFFIXES if lower.endswith(end)]
        return
    lower = fold(plain)
    yield from _spellings(lower)
    yield stems(lower)


def _spellings(lower: str) -> Iterator[list[Form]]:
    """Yields other spellings of a folded word: joined, with a hyphen, without its apostrophe."""
    yield [Form(spelling, "apostrophe") for spelling in _cases(lower)]
    parts = lower.replace("-", " ").replace("_", " ").split()
    if len(parts) > 1:
        yield [Form(spelling, "joined with _") for spelling in _cases("_".join(parts))]
        yield [Form(spelling, "hyphenated") for spelling in _cases("-".join(parts))]
        yield [Form(spelling, "joined") for spelling in _cases("".join(parts))]
    if "'" in lower and not lower.endswith(("'s", "s'")):
        yield [Form(spelling, "without apostrophe") for spelling in _cases(lower.replace("'", ""))]


def _cases(word: str) -> list[str]:
    """Returns a word in lower case, with capital initials, in capitals and as it is."""
    return [word.lower(), word.title(), word.upper(), word]


def stems(word: str) -> list[Form]:
    """Returns the words of which the English ``word`` may be an inflected form.

    Each stem has three letters, or two with a vowel.

    Example:
      >>> [form.word for form in stems("running")]
      ['runn', 'run', 'runne']
    """
    found: list[Form] = []
    for ending, replacement, why in _SUFFIXES:
        stem = word.removesuffix(ending)
        if stem == word or not stem:
            continue
        if len(stem + replacement) > 2 or _VOWELS & set(stem + replacement):
            found.append(Form(stem + replacement, why))
        if not replacement and len(stem) > 3 and stem[-1] == stem[-2] and ending not in ("s", "es"):
            found.append(Form(stem[:-1], why))
    return found


def is_word(text: str) -> bool:
    """Returns whether ``text`` may be an English or Chinese word, which decides whether to make suggestions.

    False for emoji, punctuation, and letters of other scripts.

    Example:
      >>> [is_word(text) for text in ("qwzx", "国", "🐎", "дом", "ひらがな", "...")]
      [True, True, False, False, False, False]
    """
    letters = [letter for letter in clean(text) if letter.isalnum()]
    return bool(letters) and all(unicodedata.name(letter, "").startswith(_SCRIPTS) for letter in letters)


def suggestions(word: str, vocab: Vocab, k: int = 5) -> list[str]:
    """Returns up to ``k`` words of ``vocab`` that the user may have meant by the unknown ``word``.

    For Chinese: words that contain ``word``, then the longest words that cover it. Then words with a similar spelling.
    """
    plain = unicodedata.normalize("NFKC", clean(word)).strip()[:_MAX_LENGTH]
    found: list[str] = []
    if has_hanzi(plain):
        plain = simplify(plain)
        found = [other for other in vocab if plain in other][:2]
        found += sorted(segments(plain, vocab.index), key=len, reverse=True) if len(plain) > 1 else []
    if plain and len(found) < k:
        found += vocab.similar(plain.lower(), k)
    return [near for near in dict.fromkeys(found) if near != word][:k]


def segments(word: str, index: Mapping[str, int]) -> list[str]:
    """Returns the known words that cover ``word`` from the left, each as long as possible.

    Characters that no known word begins with are left out.

    Example:
      >>> segments("我爱北京", {"我": 0, "爱": 1, "北京": 2, "北": 3})
      ['我', '爱', '北京']
    """
    parts: list[str] = []
    start = 0
    while start < len(word):
        longest = next((end for end in range(len(word), start, -1) if word[start:end] in index), None)
        if longest is not None:
            parts.append(word[start:longest])
        start = longest or start + 1
    return parts
