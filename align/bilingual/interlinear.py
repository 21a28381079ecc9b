"""Interlinear gloss: a sentence word by word, each with its best translation; phrases of CC-CEDICT are one word."""

import re
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from typing import Literal, NamedTuple

from rich.cells import cell_len, set_cell_size

from align.bilingual.candidates import Candidate
from align.bilingual.context import translate_in_context
from align.bilingual.dictionary.cedict import Cedict, chinese_frequencies
from align.bilingual.placed_senses import PlacedSenses
from align.bilingual.query import Query, parse_query
from align.bilingual.translator import Retrieval, Translator
from align.space import BUILT
from align.text.chinese import has_hanzi, pinyin, simplify_all
from align.text.forms import stems
from align.text.tokenise import Tokeniser, tokeniser_of

LONGEST = 6
"""The largest number of words of a phrase."""
Origin = Literal["translator", "dictionary", ""]
_ASIDE = re.compile(r" *\([^()/\n]*\) *")
_BEFORE = ("to ", "a ", "an ", "the ")
_NO_MEANING = re.compile(r"CL:|(?:old |erhua |Japanese )?variant of |surname |used in |see ")


class GlossedWord(NamedTuple):
    """A word or phrase of a sentence with its translation.

    Args:
      word: the word or phrase as the sentence has it; Chinese in simplified characters.
      translation: its translation; "" if the translator has no vector and CC-CEDICT no entry for it.
      reading: the pinyin of the translation, or of the word if that is Chinese; "" without a translation.
      reverse: whether the word is Chinese.
      probability: the probability that the translation is right, where the translator estimates one.
      origin: where the translation comes from: ``translator``, ``dictionary`` (CC-CEDICT), or "" if there is none.
    """

    word: str
    translation: str
    reading: str
    reverse: bool
    probability: float | None
    origin: Origin


def gloss(
    translator: Translator,
    cedict: Cedict | None,
    sentence: str,
    retrieval: Retrieval = "best",
    *,
    senses: Iterable[PlacedSenses] = (),
) -> list[GlossedWord]:
    """Returns the words and phrases of a sentence in order, each with its best translation in the sentence.

    A phrase is the longest run of words, without punctuation between them, that CC-CEDICT lists. The translator
    answers for words and phrases of its vocabulary (``translate_in_context``, with the words of the sentence as the
    context), CC-CEDICT for others, and sub-word units for words that neither has. A sentence with a Chinese character
    is Chinese.

    Args:
      translator: the translator.
      cedict: CC-CEDICT; None: no phrases, and no translation of words without a vector.
      sentence: text of one language; Chinese text may contain English words.
      retrieval: as in ``Translator.translate``.
      senses: senses of words of either language, as in ``translate_in_context``.

    Raises:
      ValueError: the sentence has no words.

    >>> import numpy as np
    >>> from align import Space, Vocab
    >>> points = np.eye(2, dtype=np.float32)
    >>> english, chinese = Space(Vocab(["horse", "king"]), points), Space(Vocab(["马", "国王"]), points)
    >>> translator = Translator(english, chinese, *np.zeros((2, 2), np.float32))
    >>> cedict = Cedict(("紐約 纽约 [Niu3 yue1] /New York/",), ("纽约",))
    >>> [(one.word, one.translation) for one in gloss(translator, cedict, "Kings of New York")]
    [('Kings', '国王'), ('of', ''), ('New York', '纽约')]
    """
    chinese = has_hanzi(sentence)
    runs = runs_of_words(sentence, tokeniser_of("zh" if chinese else "en"))
    if not runs:
        raise ValueError(f"{sentence!r} has no words: a sentence was expected")
    listed = {} if cedict is None else listed_phrases(cedict, runs, chinese=chinese)
    words = [word for run in runs for word in split_phrases(run, listed, chinese=chinese)]
    forms = list(words)
    if words[0] == runs[0][0] and not chinese:
        forms[0] = _without_capital(translator, words[0])
    queries = [parse_query(translator, form, has_hanzi(form)) for form in forms]
    context = [word for run in runs for word in run]
    contexts = [context] * len(queries)
    answers = translate_in_context(translator, queries, contexts, 1, retrieval, senses=senses, cedict=cedict)
    entries = [
        listed.get(_key(word), "") or (_entry(cedict, one) if cedict else "")
        for word, one in zip(words, queries, strict=True)
    ]
    return [
        _glossed(word, query, found.candidates, entry)
        for word, query, found, entry in zip(words, queries, answers, entries, strict=True)
    ]


def runs_of_words(text: str, tokeniser: Tokeniser) -> list[list[str]]:
    """Returns the words of a text as runs with no punctuation between their words; English keeps its capitals.

    >>> runs_of_words("Well, China's new king rides.", tokeniser_of("en"))
    [['Well'], ['China', "'s", 'new', 'king', 'rides']]
    """
    runs: list[list[str]] = [[]]
    for piece in tokeniser.pieces(text):
        if not piece.strip():
            continue
        words = tokeniser.words(piece)
        if not words or not piece[0].isalnum():
            runs.append([])
        runs[-1] += _as_written(piece, words)
        if not piece[-1].isalnum():
            runs.append([])
    return [run for run in runs if run]


def _as_written(piece: str, words: Sequence[str]) -> list[str]:
    """The words of a piece with the capitals that the piece has."""
    lower = piece.lower()
    if len(lower) != len(piece):
        return list(words)
    found: list[str] = []
    end = 0
    for word in words:
        start = lower.find(word, end)
        end = max(end, start + len(word)) if start >= 0 else end
        found.append(piece[start : start + len(word)] if start >= 0 else word)
    return found


def _without_capital(translator: Translator, word: str) -> str:
    """The first word of an English sentence in lower case, if that is the more frequent word."""
    index = translator.source.vocab.index
    forms = [form for form in (word.lower(), word) if form in index]
    return min(forms, key=lambda form: index[form], default=word)


def _key(words: str) -> str:
    """The form in which phrases are compared: lower case, simplified characters, blanks for hyphens."""
    return words.replace("-", " ").replace(" '", "'").lower()


def _joined(words: Sequence[str], *, chinese: bool) -> str:
    """The words as one phrase."""
    return "".join(words) if chinese else " ".join(words)


def split_phrases(run: Sequence[str], listed: Iterable[str], *, chinese: bool) -> list[str]:
    """Returns the words of a run with each listed phrase as one word: from the left, the longest first.

    >>> split_phrases(["the", "New", "York", "times"], {"new york"}, chinese=False)
    ['the', 'New York', 'times']
    """
    known = frozenset(listed)
    found: list[str] = []
    start = 0
    while start < len(run):
        ends = range(min(start + LONGEST, len(run)), start, -1)
        phrases = ((end, _joined(run[start:end], chinese=chinese)) for end in ends)
        end, phrase = next(one for one in phrases if one[0] == start + 1 or _key(one[1]) in known)
        found.append(phrase.replace(" '", "'"))
        start = end
    return found


def listed_phrases(cedict: Cedict, runs: Iterable[Sequence[str]], *, chinese: bool) -> dict[str, str]:
    """Returns the phrases of two to ``LONGEST`` words that CC-CEDICT lists, each with its translation.

    A Chinese phrase is a headword; its translation is the first gloss. An English phrase is a gloss without ``to``, an
    article and parts in brackets. Of its headwords of two characters or more, the one with the highest (f + 1) / i is
    the translation, where f is the frequency of the headword and the phrase is its i-th gloss. A single character often
    has the meaning of a phrase in other words only.
    """
    spans = (run[i:j] for run in runs for i in range(len(run)) for j in range(i + 2, min(i + LONGEST, len(run)) + 1))
    phrases = dict.fromkeys(_key(_joined(span, chinese=chinese)) for span in spans)
    if not chinese:
        return _headwords(cedict, {phrase for phrase in phrases if not phrase.startswith(_BEFORE)})
    found = {phrase: _first_gloss(cedict, phrase) for phrase in phrases if phrase in cedict.rows}
    return {phrase: meaning for phrase, meaning in found.items() if meaning}


def _headwords(cedict: Cedict, phrases: AbstractSet[str]) -> dict[str, str]:
    """The likeliest headword of each English phrase that is a gloss."""
    if not phrases:
        return {}
    glosses = _ASIDE.sub(" ", "\n".join(line.partition("/")[2] for line in cedict.lines))
    lines = glosses.lower().replace("-", " ").replace(";", "/").split("\n")
    frequency = chinese_frequencies()
    best: dict[str, tuple[float, str]] = {}
    for line, headword in zip(lines, cedict.headwords, strict=True):
        if len(headword) == 1:
            continue
        for place, meaning in enumerate(line.split("/"), 1):
            phrase = meaning.strip()
            phrase = phrase.partition(" ")[2] if phrase.startswith(_BEFORE) else phrase
            if phrase in phrases and has_hanzi(headword):
                found = (frequency.get(headword, 0) + 1) / place, headword
                best[phrase] = max(best.get(phrase, found), found)
    return {phrase: headword for phrase, (_, headword) in best.items()}


def _entry(cedict: Cedict, query: Query) -> str:
    """The first translation that CC-CEDICT has of a word or of its stem; "" if it has none."""
    if query.reverse:
        return _first_gloss(cedict, simplify_all([query.word])[0])
    forms = [query.word, *(stem.word for stem in stems(query.word.lower()))]
    found = (cedict.by_english.get(form.casefold()) for form in forms)
    return next((pairs[0][1] for pairs in found if pairs), "")


def _first_gloss(cedict: Cedict, word: str) -> str:
    """The first gloss of a Chinese word that is a meaning, without ``to`` and parts in brackets; "" if none is."""
    glosses = (part for entry in cedict.of_chinese(word) for gloss in entry.glosses for part in gloss.split(";"))
    meanings = (_ASIDE.sub(" ", one).strip() for one in glosses if not _NO_MEANING.match(one.strip()))
    return next((meaning.removeprefix("to ") for meaning in meanings if meaning), "")


def _glossed(word: str, query: Query, found: Sequence[Candidate], entry: str) -> GlossedWord:
    """A word with its first candidate, or with its entry if it is no word of the vocabulary."""
    in_vocabulary = bool(query.form) and not query.parts and query.why != BUILT
    if found and (in_vocabulary or not entry) and not query.parts:
        best, origin, probability = found[0].word, "translator", found[0].probability
    else:
        best, origin, probability = entry, "dictionary" if entry else "", None
    reading = pinyin(query.word if query.reverse else best) if best else ""
    return GlossedWord(word, best, reading, query.reverse, probability, origin)


def gloss_lines(words: Sequence[GlossedWord], width: int) -> list[str]:
    r"""Returns a gloss as lines of aligned columns, a column a word; a hanzi is two cells wide.

    The lines are the words, their pinyin if they are Chinese, the translations, the pinyin of those, and the
    probabilities. Lines without content are left out. Blocks of at most ``width`` cells follow each other, with an
    empty line between them.

    >>> print(*gloss_lines([GlossedWord("king", "国王", "guó wáng", False, 0.5, "translator")], 80), sep="\n")
    king
    国王
    guó wáng
    50.0%
    """
    blocks: list[list[tuple[str, ...]]] = [[]]
    used = 0
    for column in map(_column, words):
        cells = max(map(cell_len, column)) + 2
        if blocks[-1] and used + cells - 2 > width:
            blocks.append([])
            used = 0
        blocks[-1].append(column)
        used += cells
    lines: list[str] = []
    for block in blocks:
        widths = [max(map(cell_len, column)) for column in block]
        rows = [
            [set_cell_size(text, size) for text, size in zip(row, widths, strict=True)]
            for row in zip(*block, strict=True)
        ]
        lines += ["", *(line for row in rows if (line := "  ".join(row).rstrip()))]
    return lines[1:]


def _column(one: GlossedWord) -> tuple[str, ...]:
    """The cells of a word from top to bottom."""
    readings = (one.reading, "") if one.reverse else ("", one.reading)
    probability = "" if one.probability is None else f"{one.probability:.1%}"
    return one.word, readings[0], one.translation or "-", readings[1], probability
