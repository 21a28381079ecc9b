"""One split of a dictionary for several pairs of spaces: the same training and test words for all of them."""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from align.bilingual.dictionary.dictionary import Dictionary
from align.bilingual.dictionary.split import Split, split
from align.space import Space

TRAIN, TEST = 5000, 1500


class SpacePair(NamedTuple):
    """An English and a Chinese space, and the name of the pair in the report."""

    name: str
    english: Space
    chinese: Space


def shared_split(whole: Dictionary, pairs: Sequence[SpacePair], *, train: int = TRAIN, test: int = TEST) -> Split:
    """Splits the words that all spaces contain, by their frequency in the first pair of spaces.

    Raises:
        ValueError: all spaces share fewer than two words.
    """
    common = whole.without_latin()
    for sides in reversed(pairs):
        covered = common.covered(sides.english.vocab, sides.chinese.vocab)
        common = replace(whole, pairs=covered.pairs)
    return split(common, pairs[0].english.vocab, pairs[0].chinese.vocab, train=train, test=test)
