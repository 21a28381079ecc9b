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

MAX_CHOICES, MIN_WORDS, MAX_WORDS, COMMON = 30, 4, 40, 200
_LATIN = re.compile(r"[A-Za-z]")


class WordInSentence(NamedTuple):
    """A word of a sentence with its gold translation.

    ``choices`` are the translations that CC-CEDICT lists and the translator's vocabulary has. ``gold`` is one of them,
    or all that belong to one sense. ``context`` holds the other words of the sentence. With ``reverse``, the word is
    Chinese.
    """

    word: str
    gold: tuple[str, ...]
    choices: tuple[str, ...]
    context: tuple[str, ...]
    reverse: bool


class TokenPair(NamedTuple):
    """The words of an English text and of its Chinese translation, without Chinese words that contain Latin letters."""

    english: list[str]
    chinese: list[str]


def tokenised(pairs: Iterable[SentencePair]) -> list[TokenPair]:
    """Returns the words of each pair. Chinese words with Latin letters are left out: they repeat English words."""
    left, right = English(), Jieba()
    return [
        TokenPair(left.tokens(english), [word for word in right.tokens(chinese) if not _LATIN.search(word)])
        for english, chinese in pairs
    ]


def words_in_sentences(
    pairs: Iterable[TokenPair], translator: Translator, cedict: Cedict, *, reverse: bool, max_sentences: int = 10
) -> list[WordInSentence]:
    """Returns the words that have two or more choices, exactly one of which is in the translated text.

    Texts of fewer than ``MIN_WORDS`` or more than ``MAX_WORDS`` words of their own language are left out.

    Args:
        pairs: the words of English texts and of their Chinese translations.
        translator: the translator, whose vocabularies are used.
        cedict: CC-CEDICT, which gives the choices.
        reverse: whether the words are Chinese.
        max_sentences: largest number of sentences for each word and gold translation.
    """
    seen: Counter[tuple[str, str]] = Counter()
    found: list[WordInSentence] = []
    for pair in pairs:
        own, other = pair[::-1] if reverse else pair
        if not MIN_WORDS <= len(own) <= MAX_WORDS:
            continue
        there = set(other) | {stem.word for word in other for stem in stems(word)} if reverse else set(other)
        for word in dict.fromkeys(own):
            choices = _choices(translator, cedict, word, reverse=reverse)
            gold = [choice for choice in choices if choice in there]
            if len(choices) < 2 or len(gold) != 1 or seen[word, gold[0]] >= max_sentences:
                continue
            seen[word, gold[0]] += 1
            context = tuple(other_word for other_word in own if other_word != word)
            found.append(WordInSentence(word, (gold[0],), choices, context, reverse))
    return found


def _choices(translator: Translator, cedict: Cedict, word: str, *, reverse: bool) -> tuple[str, ...]:
    """Returns the translations in CC-CEDICT that the vocabulary has; none for a word without a vector."""
    table = _table(translator, cedict, reverse)
    if reverse or word in table:
        return table.get(word, ())
    return (
        next((table[stem.word] for stem in stems(word) if stem.word in table), ()) if word in translator.source else ()
    )


@cache
def _table(translator: Translator, cedict: Cedict, reverse: bool) -> Mapping[str, tuple[str, ...]]:
    """Returns the words of one vocabulary with their choices in the other, if there are at most ``MAX_CHOICES``."""
    own, other = (translator.target, translator.source) if reverse else (translator.source, translator.target)
    table: dict[str, dict[str, None]] = {}
    for english, chinese in cedict.pairs:
        word, choice = (chinese, english) if reverse else (english, chinese)
        word, choice = (one if has_hanzi(one) else one.lower() for one in (word, choice))
        if word in own and choice in other:
            table.setdefault(word, {})[choice] = None
    return {word: tuple(choices) for word, choices in table.items() if len(choices) <= MAX_CHOICES}


def senses_by_gloss(translator: Translator, cedict: Cedict) -> list[WordInSentence]:
    """Returns English words with several senses in CC-CEDICT; the context of a sense is its glosses.

    Two choices of a word have the same sense if their glosses share another word. The context of a choice is the words
    of its glosses, without the word itself and without the ``COMMON`` most frequent words. The result has one entry for
    each choice that is a test word of the usual split of CC-CEDICT, and none for other choices: a translator fitted
    without the test words has seen no gloss of these choices.
    """
    held_out = split(read_dictionary("cedict"), translator.source.vocab, translator.target.vocab).reverse_test.targets
    found: list[WordInSentence] = []
    for word, choices in _table(translator, cedict, False).items():
        if len(choices) < 2 or held_out.keys().isdisjoint(choices):
            continue
        glosses = {choice: _gloss_words(translator, cedict, choice, word) for choice in choices}
        senses = connected({choice: words for choice, words in glosses.items() if words})
        if len(senses) < 2:
            continue
        listed = tuple(choice for sense in senses for choice in sense)
        for sense in senses:
            unseen = [choice for choice in sense if choice in held_out]
            found += [WordInSentence(word, sense, listed, glosses[choice], False) for choice in unseen]
    return found


def _gloss_words(translator: Translator, cedict: Cedict, chinese: str, word: str) -> tuple[str, ...]:
    """Returns the words of a Chinese word's glosses, from those entries that have the English ``word`` as a gloss."""
    tokeniser, index = English(), translator.source.vocab.index
    forms = {word, *(stem.word for stem in stems(word)), f"{word}s", f"{word}ing", f"{word}ed"}
    entries = [one for one in cedict.of_chinese(chinese) if word in (sense.english for sense in gloss_senses(one)[0])]
    glosses = (
        gloss for one in entries for gloss in one.glosses if not gloss.startswith("CL:") and not has_hanzi(gloss)
    )
    tokens = dict.fromkeys(token for gloss in glosses for token in tokeniser.tokens(gloss))
    return tuple(one for one in tokens if index.get(one, -1) >= COMMON and one not in forms)


def connected(glosses: Mapping[str, tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Returns the choices in groups; two choices whose glosses share a word are in the same group."""
    groups: list[tuple[tuple[str, ...], frozenset[str]]] = []
    for choice, words in glosses.items():
        near = [one for one in groups if not one[1].isdisjoint(words)]
        merged = (
            (*(member for one in near for member in one[0]), choice),
            frozenset(words).union(*(one[1] for one in near)),
        )
        groups = [*(one for one in groups if one not in near), merged]
    return [members for members, _ in groups]
