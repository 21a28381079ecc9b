"""Words that two vocabularies write alike, numerals and names above all, as a dictionary that costs nothing."""

from align.bilingual.dictionary import Dictionary
from align.text.vocab import Vocab

NAME = "identical"


def identical(source: Vocab, target: Vocab) -> Dictionary:
    """The pairs (w, w) of the words w that both vocabularies have, in the source's order.

    What is written alike but for case is not taken: Polish and polish would be one. A word needs a letter or a
    figure: ``1984``, ``ipad`` and ``mp3`` are taken, ``--`` and ``%`` are not, as marks are used differently.

    Source: Artetxe, Labaka & Agirre 2017, section 3 (numerals); Smith et al. 2017, section 2.3 (identical strings).

    >>> identical(Vocab(["the", "1984", "iphone", "%"]), Vocab(["%", "iphone", "的", "1984"])).pairs
    (('1984', '1984'), ('iphone', 'iphone'))
    """
    shared = (word for word in source if word in target.index and any(map(str.isalnum, word)))
    return Dictionary(tuple((word, word) for word in shared), NAME)
