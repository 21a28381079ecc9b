"""Interlinear gloss: a sentence word by word, each word with its translation; a phrase of CC-CEDICT is one word."""

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
from align.text.chinese import has_hanzi, simplify_all
from align.text.forms import stems
from align.text.readings import pinyin
from align.text.tokenise import Tokeniser, tokeniser_of

MAX_PHRASE = 6
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

    A phrase is a run of words, without punctuation between them, that CC-CEDICT lists; the longest is taken. Words and
    phrases of the translator's vocabulary are translated by ``translate_in_context``, with the words of the sentence as
    the context. Other words are translated by CC-CEDICT, or by sub-word units if it lacks them. A sentence with a
    Chinese character counts as Chinese.

    Args:
      translator: the translator.
      cedict: CC-CEDICT, or None: then there are no phrases, and words without a vector have no translation.
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
    >>> [(glossed.word, glossed.translation) for glossed in gloss(translator, cedict, "Kings of New York")]
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
        listed.get(_key(word), "") or (_entry(cedict, query) if cedict else "")
        for word, query in zip(words, queries, strict=True)
    ]
    return [
        _glossed(word, query, found.candidates, entry)
        for word, query, found, entry in zip(words, queries, answers, entries, strict=True)
    ]


def runs_of_words(text: str, tokeniser: Tokeniser) -> list[list[str]]:
    """Returns the words of a text, cut into runs at punctuation; English words keep their capitals.

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
    """Returns the words of a piece with the capitals that they have in the piece."""
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
    """Returns the first word of an English sentence, in lower case if that form is more frequent in the vocabulary."""
    index = translator.source.vocab.index
    forms = [form for form in (word.lower(), word) if form in index]
    return min(forms, key=lambda form: index[form], default=word)


def _key(words: str) -> str:
    """Returns a phrase in the form in which phrases are compared: in lower case, with blanks for hyphens."""
    return words.replace("-", " ").replace(" '", "'").lower()


def _joined(words: Sequence[str], *, chinese: bool) -> str:
    """Returns the words as one phrase."""
    return "".join(words) if chinese else " ".join(words)


def split_phrases(run: Sequence[str], listed: Iterable[str], *, chinese: bool) -> list[str]:
    """Returns the words of a run with each listed phrase as one word; from the left, the longest phrase is taken.

    >>> split_phrases(["the", "New", "York", "times"], {"new york"}, chinese=False)
    ['the', 'New York', 'times']
    """
    known = frozenset(listed)
    found: list[str] = []
    start = 0
    while start < len(run):
        ends = range(min(start + MAX_PHRASE, len(run)), start, -1)
        phrases = ((end, _joined(run[start:end], chinese=chinese)) for end in ends)
        end, phrase = next(found for found in phrases if found[0] == start + 1 or _key(found[1]) in known)
        found.append(phrase.replace(" '", "'"))
        start = end
    return found


def listed_phrases(cedict: Cedict, runs: Iterable[Sequence[str]], *, chinese: bool) -> dict[str, str]:
    """Returns the phrases of two to ``MAX_PHRASE`` words that CC-CEDICT lists, each with its translation.

    A Chinese phrase is a headword of CC-CEDICT; its translation is its first gloss. An English phrase is a gloss
    without a leading ``to`` or article and without parts in brackets. Its translation is the headword, of two
    characters or more, with the highest (f + 1) / i, where f is the frequency of the headword and the phrase is its
    i-th gloss. Single characters are left out, because many have the meaning of a phrase only inside longer words.
    """
    spans = (run[i:j] for run in runs for i in range(len(run)) for j in range(i + 2, min(i + MAX_PHRASE, len(run)) + 1))
    phrases = dict.fromkeys(_key(_joined(span, chinese=chinese)) for span in spans)
    if not chinese:
        return _headwords(cedict, {phrase for phrase in phrases if not phrase.startswith(_BEFORE)})
    found = {phrase: _first_gloss(cedict, phrase) for phrase in phrases if phrase in cedict.rows}
    return {phrase: meaning for phrase, meaning in found.items() if meaning}


def _headwords(cedict: Cedict, phrases: AbstractSet[str]) -> dict[str, str]:
    """Returns the headword with the highest (f + 1) / i for each English phrase that is a gloss."""
    if not phrases:
        return {}
    glosses = _ASIDE.sub(" ", "\n".join(line.partition("/")[2] for line in cedict.lines))
    lines = glosses.lower().replace("-", " ").replace(";", "/").split("\n")
    frequency = chinese_frequencies()
    best: dict[str, tuple[float, str]] = {}
    for line, headword in zip(lines, cedict.headwords, strict=True):
        if len(headword) == 1:
            continue
        for i, meaning in enumerate(line.split("/"), 1):
            phrase = meaning.strip()
            phrase = phrase.partition(" ")[2] if phrase.startswith(_BEFORE) else phrase
            if phrase in phrases and has_hanzi(headword):
                found = (frequency.get(headword, 0) + 1) / i, headword
                best[phrase] = max(best.get(phrase, found), found)
    return {phrase: headword for phrase, (_, headword) in best.items()}


def _entry(cedict: Cedict, query: Query) -> str:
    """Returns CC-CEDICT's first translation of a word, or of its stem; "" if there is none."""
    if query.reverse:
        return _first_gloss(cedict, simplify_all([query.word])[0])
    forms = [query.word, *(stem.word for stem in stems(query.word.lower()))]
    found = (cedict.by_english.get(form.casefold()) for form in forms)
    return next((pairs[0][1] for pairs in found if pairs), "")


def _first_gloss(cedict: Cedict, word: str) -> str:
    """Returns the first gloss of a Chinese word that states a meaning; "" if none does.

    A leading ``to`` and parts in brackets are removed. Measure words, variants and surnames are not meanings.
    """
    glosses = (part for entry in cedict.of_chinese(word) for gloss in entry.glosses for part in gloss.split(";"))
    meanings = (_ASIDE.sub(" ", part).strip() for part in glosses if not _NO_MEANING.match(part.strip()))
    return next((meaning.removeprefix("to ") for meaning in meanings if meaning), "")


def _glossed(word: str, query: Query, found: Sequence[Candidate], entry: str) -> GlossedWord:
    """Returns a word with its translation: its first candidate, or ``entry`` if the vocabulary lacks the word."""
    in_vocabulary = bool(query.form) and not query.parts and query.why != BUILT
    if found and (in_vocabulary or not entry) and not query.parts:
        best, origin, probability = found[0].word, "translator", found[0].probability
    else:
        best, origin, probability = entry, "dictionary" if entry else "", None
    reading = pinyin(query.word if query.reverse else best) if best else ""
    return GlossedWord(word, best, reading, query.reverse, probability, origin)


def gloss_lines(words: Sequence[GlossedWord], width: int) -> list[str]:
    r"""Returns a gloss as aligned columns of text, one column per word; a hanzi is two terminal cells wide.

    The lines are the words, their pinyin if they are Chinese, the translations, the pinyin of Chinese translations, and
    the probabilities. Empty lines are left out. A gloss wider than ``width`` cells continues in another block of lines,
    after an empty line.

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


def _column(glossed: GlossedWord) -> tuple[str, ...]:
    """Returns the texts of a word's column, from top to bottom."""
    readings = (glossed.reading, "") if glossed.reverse else ("", glossed.reading)
    probability = "" if glossed.probability is None else f"{glossed.probability:.1%}"
    return glossed.word, readings[0], glossed.translation or "-", readings[1], probability
