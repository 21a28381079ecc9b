"""Chinese segmentation by jieba, with its dictionaries folded as the text is.

Text reaches jieba folded and simplified, but jieba's dictionary has words with capitals (T恤, A股, 卡拉OK), and jieba
separates at blanks, accents and foreign letters. So words with capitals are added in lower case, and what jieba cannot
keep whole is cut out first: runs of other alphabets, and the user's words with blanks or punctuation in them.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache, partial
from math import inf, log
from typing import Any, NamedTuple

from align.text.chinese import has_hanzi
from align.text.cleaning import fold
from align.text.file_state import FileState, file_state
from align.text.scripts import FOREIGN, RUN
from align.text.user_words import read_user_words

_FOREIGN = re.compile(FOREIGN)
_RUN = re.compile(RUN)
_LETTERS = re.compile(rf"[A-Za-z0-9]+|{FOREIGN}")
_LATIN_HANZI = re.compile(r"([a-z0-9]+)([^a-z0-9].*)")
_HANZI_LATIN = re.compile(r"(.*[^a-z0-9])([a-z0-9]+)")
_BEFORE = re.compile(r"(?:[a-z0-9]+['.&+-])*[a-z0-9]+(?:['.&+-](?=$))?$")
_JIEBAS = re.compile(r"[\u4e00-\u9fd5a-z0-9+#&._%-]+")
"""A word that jieba can keep whole; it cuts at all other characters."""
_ADDED = (("卡拉ok", 100),)
"""Words with Latin letters that jieba's dictionary lacks, with a count."""


class Segmenter(NamedTuple):
    """A way to cut folded, simplified text."""

    cut: Callable[[str], list[str]]
    """Cuts a text into words, punctuation and blanks, which joined give the text."""
    words: frozenset[str]
    """The words without a hanzi that a dictionary has (``c++``): they keep their punctuation."""


def segmenter(user_words: str) -> Segmenter:
    """Returns jieba's segmenter, with the words of the file ``user_words`` added unless the path is empty.

    It is made again only if the file has changed.

    Raises:
      OSError: the file cannot be read.
      ValueError: the file has a wrong line; names file and line.
    """
    return _segmenter(user_words, file_state(user_words))


@lru_cache(maxsize=4)
def _segmenter(user_words: str, _state: FileState) -> Segmenter:
    """Returns jieba's segmenter with the words of a file with this state."""
    jieba = _jieba()
    whole: list[str] = []
    for word, count, tag in read_user_words(user_words) if user_words else ():
        if _JIEBAS.fullmatch(word):
            jieba.add_word(word, count, tag)
        else:
            whole.append(word)
    if user_words:
        _unknown.cache_clear()  # a word with the count 0 changes what jieba's hidden Markov model returns
    known = {**_with_letters(jieba.FREQ), **dict(_ADDED)}
    for word, count in known.items():
        if not _JIEBAS.fullmatch(word):
            whole.append(word)
        elif not jieba.FREQ.get(word):
            jieba.add_word(word, count)
    separate = _separator(word for word in known if has_hanzi(word))
    plain = frozenset(word for word in (*known, *whole) if not has_hanzi(word))
    return Segmenter(_cutter(lambda text: jieba.lcut(separate(text)), whole), plain)


def _jieba() -> Any:
    """Returns a new segmenter of jieba with its own dictionary."""
    import logging
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # from an old library that jieba uses, and from escapes in its source
        import jieba
    jieba.setLogLevel(logging.ERROR)
    made: Any = jieba.Tokenizer()
    made.initialize()
    made._Tokenizer__cut_DAG = partial(_cut_hanzi, made)
    return made


def _cut_hanzi(jieba: Any, text: str) -> list[str]:
    """Cuts text without blanks or punctuation into the same words as jieba's own method, in less time.

    The most probable words come from :func:`word_ends`. A run of single characters that is no word of the dictionary
    goes to jieba's hidden Markov model, whose recent results are kept.
    """
    counts, words = jieba.FREQ, list[str]()
    ends = word_ends(text, counts, jieba.total)
    start = run = 0
    while start < len(text):
        end = ends[start]
        if end - start > 1:
            words += _single(text[run:start], counts)
            words.append(text[start:end])
            run = end
        start = end
    words += _single(text[run:], counts)
    return words


def _single(run: str, counts: Mapping[str, int]) -> Iterable[str]:
    """Returns the words of a run of single characters."""
    return run if len(run) < 2 or counts.get(run) else _unknown(run)


@lru_cache(maxsize=1 << 16)
def _unknown(run: str) -> tuple[str, ...]:
    """Returns the words that jieba's hidden Markov model finds in a run of characters."""
    from jieba import finalseg

    return tuple(finalseg.cut(run))


def word_ends(text: str, counts: Mapping[str, int], total: int) -> list[int]:
    """Returns, for each position in a text, the end of the most probable word that begins there.

    From the last position n to the first, s_i = max over the words w from i to j of log(count(w) / total) + s_j, with
    s_n = 0. A character that begins no word counts as a word with count 1. Of equal sums the longer word wins.

    Args:
      text: the text.
      counts: the counts of words; every beginning of a word is in it too, with the count 0 if it is no word.
      total: the sum of all counts.

    Example:
      >>> word_ends("马上", {"马": 2, "马上": 2, "上": 1}, 5)
      [2, 2]
    """
    size, log_total, count_of = len(text), log(total), counts.get
    sums, ends = [0.0] * (size + 1), [0] * size
    for start in range(size - 1, -1, -1):
        best, last = -inf, start + 1
        for end in range(start + 1, size + 1):
            count = count_of(text[start:end])
            if count is None:
                break
            if count and (found := log(count) - log_total + sums[end]) >= best:
                best, last = found, end
        sums[start] = sums[last] - log_total if best == -inf else best
        ends[start] = last
    return ends


def _with_letters(counts: Mapping[str, int]) -> dict[str, int]:
    """Returns the words of a dictionary that contain more than hanzi, folded, with their counts."""
    listed = "\n".join(("", *counts, ""))
    found = (
        listed[listed.rfind("\n", 0, letters.start()) + 1 : listed.find("\n", letters.end())]
        for letters in _LETTERS.finditer(listed)
    )
    return {fold(word): counts[word] for word in sorted(set(found)) if counts[word]}


def _separator(mixed: Iterable[str]) -> Callable[[str], str]:
    """Returns a function that inserts a blank where a mixed word would begin or end inside a longer run of letters.

    The dictionary has c语言 and 小s, which are no words in ``abc语言`` and ``小size``.
    """
    before: dict[str, list[tuple[str, str]]] = {}
    after: dict[str, list[tuple[str, str]]] = {}
    for word in mixed:
        if found := _LATIN_HANZI.fullmatch(word):
            after.setdefault(found[2][0], []).append((found[1], found[2]))
        if found := _HANZI_LATIN.fullmatch(word):
            before.setdefault(found[1][-1], []).append((found[1], found[2]))
    left, right = "".join(map(re.escape, before)), "".join(map(re.escape, after))
    run = re.compile(rf"(?<![a-z0-9])(?<=[\0{left}])[a-z0-9]{{2,}}+|(?<![a-z0-9])[a-z0-9]{{2,}}+(?=[\0{right}])")

    def spaced(match: re.Match[str]) -> str:
        text, letters = match.string, match.group()
        ends = any(
            letters != latin and letters.endswith(latin) and text.startswith(hanzi, match.end())
            for latin, hanzi in after.get(text[match.end() : match.end() + 1], ())
        )
        begins = any(
            letters != latin and letters.startswith(latin) and text.endswith(hanzi, 0, match.start())
            for hanzi, latin in before.get(text[max(match.start() - 1, 0) : match.start()], ())
        )
        return " " * begins + letters + " " * ends

    return lambda text: run.sub(spaced, text)


def _cutter(cut: Callable[[str], list[str]], whole: list[str]) -> Callable[[str], list[str]]:
    """Returns a function like ``cut`` that keeps the words ``whole``, and runs of other alphabets, in one piece."""
    listed = sorted(set(whole), key=len, reverse=True)
    bounded = (rf"(?<![a-z0-9]){_spaced(w)}(?![a-z0-9])" if w.isascii() else _spaced(w) for w in listed)
    phrases = re.compile("|".join(bounded)) if listed else None

    def pieces(text: str) -> Iterator[list[str]]:
        at = 0
        for start, end in _spans(text, phrases):
            yield cut(text[at:start])
            yield [text[start:end]]
            at = end
        yield cut(text[at:] if at else text)

    def cut_all(text: str) -> list[str]:
        if phrases is None and _FOREIGN.search(text) is None:
            return cut(text)
        return [piece for part in pieces(text) for piece in part]

    return cut_all


def _spaced(word: str) -> str:
    """Returns the pattern of a word whose blanks may be of any width."""
    return r"[ \t]+".join(map(re.escape, word.split()))


def _spans(text: str, phrases: re.Pattern[str] | None) -> Iterator[tuple[int, int]]:
    """Yields, in order, where ``phrases`` and runs of other alphabets begin and end in ``text``."""
    at = 0
    for phrase in phrases.finditer(text) if phrases is not None else ():
        yield from _foreign(text, at, phrase.start())
        yield phrase.span()
        at = phrase.end()
    yield from _foreign(text, at, len(text))


def _foreign(text: str, first: int, last: int) -> Iterator[tuple[int, int]]:
    """Yields where runs with a letter beyond ASCII and hanzi begin and end in ``text[first:last]``."""
    at = first
    while (letter := _FOREIGN.search(text, at, last)) is not None:
        start = letter.start()
        before = _BEFORE.search(text[max(at, start - 32) : start])
        start -= len(before.group()) if before is not None else 0
        run = _RUN.match(text, start, last)
        if run is not None and run.end() > letter.start():
            yield run.span()
        at = max(letter.end(), run.end() if run is not None else 0)
