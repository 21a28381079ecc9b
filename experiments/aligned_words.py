"""Words in sentences with gold translations: parallel texts, and the glosses of CC-CEDICT as contexts."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cache
from typing import NamedTuple

from align.bilingual.dictionary.cedict import Cedict
from align.bilingual.dictionary.dictionary import read_dictionary
from align.bilingual.dictionary.gloss import senses as gloss_senses
from align.bilingual.dictionary.split import split
from align.bilingual.parallel.reading import SentencePair
from align.bilingual.translator import Translator
from align.text.chinese import has_hanzi
from align.text.forms import stems
from align.text.tokenise import English, Jieba

MOST_CHOICES, SHORTEST, LONGEST, COMMON = 30, 4, 40, 200
_LATIN = re.compile(r"[A-Za-z]")


class WordInSentence(NamedTuple):
    """A word of a sentence with its gold translation.

    ``choices`` are the translations that CC-CEDICT lists and the translator's vocabulary has, ``gold`` is one of them
    or those of one sense, and ``context`` holds the other words of the sentence.
    """

    word: str
    gold: tuple[str, ...]
    choices: tuple[str, ...]
    context: tuple[str, ...]
    reverse: bool


class TokenPair(NamedTuple):
    """The words of an English text and of its Chinese translation, without the Chinese words with Latin letters."""

    english: list[str]
    chinese: list[str]


def tokenised(pairs: Iterable[SentencePair]) -> list[TokenPair]:
    """Returns the words of each pair. Latin letters in Chinese text are masked: they give English words away."""
    left, right = English(), Jieba()
    return [
        TokenPair(left.tokens(english), [one for one in right.tokens(chinese) if not _LATIN.search(one)])
        for english, chinese in pairs
    ]


def words_in_sentences(
    pairs: Iterable[TokenPair], translator: Translator, cedict: Cedict, *, reverse: bool, most: int = 10
) -> list[WordInSentence]:
    """Returns the words of the texts that have two or more choices, exactly one of which the translation has.

    Texts of fewer than ``SHORTEST`` or more than ``LONGEST`` words of their own language are left out.

    Args:
        pairs: the words of English texts and of their Chinese translations.
        translator: gives the vocabularies.
        cedict: gives the choices.
        reverse: whether the words are Chinese.
        most: the largest number of sentences for a word and its gold translation.
    """
    seen: Counter[tuple[str, str]] = Counter()
    found: list[WordInSentence] = []
    for pair in pairs:
        own, other = pair[::-1] if reverse else pair
        if not SHORTEST <= len(own) <= LONGEST:
            continue
        there = set(other) | {stem.word for one in other for stem in stems(one)} if reverse else set(other)
        for word in dict.fromkeys(own):
            choices = _choices(translator, cedict, word, reverse=reverse)
            gold = [one for one in choices if one in there]
            if len(choices) < 2 or len(gold) != 1 or seen[word, gold[0]] >= most:
                continue
            seen[word, gold[0]] += 1
            context = tuple(one for one in own if one != word)
            found.append(WordInSentence(word, (gold[0],), choices, context, reverse))
    return found


def _choices(translator: Translator, cedict: Cedict, word: str, *, reverse: bool) -> tuple[str, ...]:
    """The translations of a word in CC-CEDICT that the vocabulary has; none for a word without a vector."""
    table = _table(translator, cedict, reverse)
    if reverse or word in table:
        return table.get(word, ())
    return (
        next((table[stem.word] for stem in stems(word) if stem.word in table), ()) if word in translator.source else ()
    )


@cache
def _table(translator: Translator, cedict: Cedict, reverse: bool) -> Mapping[str, tuple[str, ...]]:
    """Every word of a vocabulary with its choices in the other."""
    own, other = (translator.target, translator.source) if reverse else (translator.source, translator.target)
    table: dict[str, dict[str, None]] = {}
    for english, chinese in cedict.pairs:
        word, choice = (chinese, english) if reverse else (english, chinese)
        word, choice = (one if has_hanzi(one) else one.lower() for one in (word, choice))
        if word in own and choice in other:
            table.setdefault(word, {})[choice] = None
    return {word: tuple(choices) for word, choices in table.items() if len(choices) <= MOST_CHOICES}


def senses_by_gloss(translator: Translator, cedict: Cedict) -> list[WordInSentence]:
    """Returns English words with several senses in CC-CEDICT; the context of a sense is its glosses.

    The choices of a word whose glosses share another word are one sense. The context of a choice holds the words of its
    glosses, without the word itself and the ``COMMON`` most frequent words. Only choices that are test words of the
    usual split are gold, so that a translator fitted without test words has seen none of their glosses.
    """
    held_out = split(read_dictionary("cedict"), translator.source.vocab, translator.target.vocab).reverse_test.targets
    found: list[WordInSentence] = []
    for word, choices in _table(translator, cedict, False).items():
        if len(choices) < 2 or held_out.keys().isdisjoint(choices):
            continue
        glosses = {one: _gloss_words(translator, cedict, one, word) for one in choices}
        senses = connected({one: words for one, words in glosses.items() if words})
        if len(senses) < 2:
            continue
        listed = tuple(one for sense in senses for one in sense)
        for sense in senses:
            asked = [one for one in sense if one in held_out]
            found += [WordInSentence(word, sense, listed, glosses[one], False) for one in asked]
    return found


def _gloss_words(translator: Translator, cedict: Cedict, chinese: str, word: str) -> tuple[str, ...]:
    """The words of the glosses of the entries of a Chinese word that have an English word as a gloss."""
    tokeniser, index = English(), translator.source.vocab.index
    forms = {word, *(stem.word for stem in stems(word)), f"{word}s", f"{word}ing", f"{word}ed"}
    entries = [one for one in cedict.of_chinese(chinese) if word in (sense.english for sense in gloss_senses(one)[0])]
    glosses = (
        gloss for one in entries for gloss in one.glosses if not gloss.startswith("CL:") and not has_hanzi(gloss)
    )
    tokens = dict.fromkeys(token for gloss in glosses for token in tokeniser.tokens(gloss))
    return tuple(one for one in tokens if index.get(one, -1) >= COMMON and one not in forms)


def connected(glosses: Mapping[str, tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Returns the choices in groups: two choices whose glosses share a word are in one group."""
    groups: list[tuple[tuple[str, ...], frozenset[str]]] = []
    for choice, words in glosses.items():
        near = [one for one in groups if not one[1].isdisjoint(words)]
        merged = (
            (*(member for one in near for member in one[0]), choice),
            frozenset(words).union(*(one[1] for one in near)),
        )
        groups = [*(one for one in groups if one not in near), merged]
    return [members for members, _ in groups]
