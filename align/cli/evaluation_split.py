"""The evaluation split: two spaces and a dictionary split into training and test words."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from cyclopts import Parameter

from align.checks import at_least
from align.cli.dictionary import open_dictionary
from align.cli.options import Flag, Given, Maybe, MaybeSeed, Reading
from align.cli.output import say
from align.cli.translation import spaces_of, steps_of

if TYPE_CHECKING:
    from align.bilingual.dictionary.dictionary import Coverage
    from align.bilingual.dictionary.split import Split
    from align.space import Space


class EvaluationSplit(NamedTuple):
    """Two spaces, the coverage of the dictionary, its split, and the steps of normalisation."""

    source: "Space"
    target: "Space"
    coverage: "Coverage"
    cut: "Split"
    steps: tuple[str, ...]


@Parameter(name="*")
@dataclass(frozen=True)
class SplitOptions:
    """The dictionary of an evaluation, and its split."""

    dictionary: str = "cedict"
    """`cedict`, a name from the catalogue, or a TSV, MUSE or CC-CEDICT file."""
    normalise: Given = "unit,centre,unit"
    """Normalisation of the vectors: `unit` and `centre` in the order given; `iterate`: both repeatedly; or `none`."""
    train: int = 5000
    """Number of English training words."""
    test: int = 1500
    """Number of English test words."""
    split_seed: MaybeSeed = None
    """Split the words at random with this seed, instead of by frequency."""
    exclude_latin: Flag = False
    """Leave out pairs without a Chinese character (angela, android)."""
    dictionary_encoding: Maybe = ""
    """Text encoding of the dictionary: gb18030, big5, utf-16 ... UTF-8 if not given."""

    def open(self, english: str, chinese: str, reading: Reading) -> EvaluationSplit:
        """Reads the spaces, splits the dictionary, and prints its coverage.

        Raises:
            ValueError: a size below 1, an unknown step, or too few pairs.
            OSError: a file cannot be read.
        """
        at_least(self.train, 1, "--train")
        at_least(self.test, 1, "--test")
        steps = steps_of(self.normalise)
        words = open_dictionary(self.dictionary, exclude_latin=self.exclude_latin, encoding=self.dictionary_encoding)
        source, target = spaces_of(reading, english, chinese)

        from align.bilingual.dictionary.split import split

        vocabs = source.words_with_vectors(), target.words_with_vectors()
        coverage = words.coverage(*vocabs)
        cut = split(words, *vocabs, train=self.train, test=self.test, seed=self.split_seed)
        say(f"align: {coverage}")
        if cut.note:
            say(f"align: {cut.note}")
        return EvaluationSplit(source, target, coverage, cut, steps)


DEFAULT_SPLIT = SplitOptions()
