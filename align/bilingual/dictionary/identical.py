"""Words that two vocabularies write alike, numerals and names above all, as a dictionary that costs nothing."""

from align.bilingual.dictionary.dictionary import Dictionary, forms
from align.text.vocab import Vocab

NAME = "identical"


def identical(source: Vocab, target: Vocab) -> Dictionary:
    """The words of ``source``, in its order, with the word of ``target`` that is written alike.

    That is the same word; else, without case, the most frequent such word: an English vocabulary in lower case has
    ``iphone`` and ``alex``, the Chinese one beside it ``iPhone`` and ``Alex``. A word needs a letter or a figure:
    ``1984``, ``ipad`` and ``mp3`` are taken, ``--`` and ``%`` are not, as marks are used differently.

    Source: Artetxe, Labaka & Agirre 2017, section 3 (numerals); Smith et al. 2017, section 2.3 (identical strings).
    But: both take only what is the same with its case; Polish and polish become one here, and yet Procrustes on
    these pairs has half as many right answers again.

    >>> identical(Vocab(["the", "1984", "iphone", "%"]), Vocab(["%", "iPhone", "的", "1984"])).pairs
    (('1984', '1984'), ('iphone', 'iPhone'))
    """
    found = forms((word for word in source if any(map(str.isalnum, word))), target)
    return Dictionary(tuple((word, found[word]) for word in source if word in found), NAME)
