"""What is typed against what a vocabulary holds: case, inflection, script; and suggestions for what is unknown."""

import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from align.text.chinese import has_hanzi, simplify
from align.text.vocab import Vocab

_SUFFIXES = (
    ("'s", "", "possessive"), ("s'", "s", "possessive"), ("’s", "", "possessive"),
    ("s", "", "inflected"), ("es", "", "inflected"), ("ies", "y", "inflected"), ("ves", "f", "inflected"),
    ("ves", "fe", "inflected"), ("ed", "", "inflected"), ("ed", "e", "inflected"), ("ied", "y", "inflected"),
    ("ing", "", "inflected"), ("ing", "e", "inflected"), ("ying", "ie", "inflected"),
    ("er", "", "comparative"), ("er", "e", "comparative"), ("ier", "y", "comparative"),
    ("est", "", "superlative"), ("est", "e", "superlative"), ("iest", "y", "superlative"),
)  # fmt: skip
_CHINESE_SUFFIXES = (("们", "plural"), ("儿", "erhua"))
_LONGEST_WORD = 64
_VOWEL = set("aeiou")


class Form(NamedTuple):
    """A spelling found in a vocabulary for what was typed; ``why`` is empty where nothing was changed."""

    word: str
    why: str


def find_form(word: str, vocab: Vocab) -> Form | None:
    """The form of ``word`` that ``vocab`` holds: itself, else another script or case, else its stem; None if none.

    Within one kind of change the most frequent form wins, so ``horses`` gives ``horse`` and not ``hors``. A
    Chinese word is tried in simplified characters, then without 们 or 儿; an English one in other case, with ``_`` for
    a space or hyphen, then without its ending (and with a doubled consonant undone).

    >>> find_form("Horses", Vocab(["horse", "hors"]))
    Form(word='horse', why='inflected')
    """
    index = vocab.index
    for forms in _kinds(word):
        known = [form for form in forms if form.word in index]
        if known:
            return min(known, key=lambda form: index[form.word])
    return None


def _kinds(word: str) -> Iterator[Iterable[Form]]:
    """The forms of ``word``, kind by kind, the mildest change first."""
    yield [Form(word, "")]
    plain = unicodedata.normalize("NFKC", word).strip()
    yield [Form(plain, "normalised")]
    if has_hanzi(plain):
        simple = simplify(plain)
        yield [Form(simple, "simplified")]
        yield [Form(simple.removesuffix(end), why) for end, why in _CHINESE_SUFFIXES if simple.endswith(end)]
        return
    lower = plain.lower()
    yield [Form(spelling, "case") for spelling in _cased(plain)]
    joined = lower.replace("-", "_").replace(" ", "_")
    if joined != lower:
        yield [Form(spelling, "joined") for spelling in _cased(joined)]
        yield [Form(spelling, "joined") for spelling in _cased(joined.replace("_", "-"))]
    yield stems(lower)


def _cased(word: str) -> list[str]:
    return [word.lower(), word.title(), word.upper()]


def stems(word: str) -> list[Form]:
    """What the English ``word`` may be an inflected form of: every stem of three letters, or of two with a vowel."""
    found: list[Form] = []
    for ending, instead, why in _SUFFIXES:
        stem = word.removesuffix(ending)
        if stem == word or not stem:
            continue
        if len(stem + instead) > 2 or _VOWEL & set(stem + instead):
            found.append(Form(stem + instead, why))
        if not instead and len(stem) > 3 and stem[-1] == stem[-2] and ending not in ("s", "es"):
            found.append(Form(stem[:-1], why))
    return found


def suggestions(word: str, vocab: Vocab, k: int = 5) -> list[str]:
    """Up to ``k`` words of ``vocab`` that may have been meant by the unknown ``word``.

    For Chinese: words that hold ``word``, then the longest words that cover it; then, as for any script, words spelt
    like it.
    """
    plain = unicodedata.normalize("NFKC", word).strip()[:_LONGEST_WORD]
    found: list[str] = []
    if has_hanzi(plain):
        plain = simplify(plain)
        found = [other for other in vocab if plain in other][:2]
        found += sorted(segments(plain, vocab.index), key=len, reverse=True) if len(plain) > 1 else []
    if plain and len(found) < k:
        found += vocab.similar(plain.lower(), k)
    return [near for near in dict.fromkeys(found) if near != word][:k]


def segments(word: str, index: Mapping[str, int]) -> list[str]:
    """The known words that cover ``word``, left to right, each as long as possible; unknown characters are left out.

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
