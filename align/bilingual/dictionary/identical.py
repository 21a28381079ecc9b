"""Words that two vocabularies write the same, such as numerals and names, as a dictionary."""

from align.bilingual.dictionary.dictionary import Dictionary, forms
from align.text.vocab import Vocab

NAME = "identical"


def identical(source: Vocab, target: Vocab) -> Dictionary:
    """Returns the words of ``source``, in its order, with the word of ``target`` that is written the same.

    Without an identical word, the most frequent word that differs only in case is taken: an English vocabulary in lower
    case has ``iphone``, a Chinese one ``iPhone``. A word needs a letter or a figure: ``1984`` and ``mp3`` are taken,
    ``--`` and ``%`` are not, because languages use punctuation differently.

    Source: Artetxe, Labaka & Agirre 2017, section 3 (numerals); Smith et al. 2017, section 2.3 (identical strings).
    But: both compare with case. Here Polish and polish become one word, and still Procrustes on these pairs has half as
    many right answers again.

    Example:
      >>> identical(Vocab(["the", "1984", "iphone", "%"]), Vocab(["%", "iPhone", "的", "1984"])).pairs
      (('1984', '1984'), ('iphone', 'iPhone'))
    """
    found = forms((word for word in source if any(map(str.isalnum, word))), target)
    return Dictionary(tuple((word, found[word]) for word in source if word in found), NAME)
