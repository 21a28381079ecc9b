"""Candidates: possible translations of words, and how notebooks show them."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from align.tables import html_table
from align.text.chinese import has_hanzi, pinyin


class Candidate(NamedTuple):
    """A possible translation of a word.

    Args:
      word: the candidate.
      score: its CSLS, cosine or inverted-softmax score; its probability where candidates were re-ranked.
      rank: its frequency rank in its own vocabulary, from 1.
      probability: the probability that it is right, where the translator estimates one.

    Example:
      >>> Candidate("国王", 0.5, rank=12)
      Candidate('国王', 0.500, rank=12)
    """

    word: str
    score: float
    rank: int
    probability: float | None = None

    def __repr__(self) -> str:
        tail = "" if self.probability is None else f", probability={self.probability:.3f}"
        return f"Candidate({self.word!r}, {self.score:.3f}, rank={self.rank}{tail})"


class Translations(list[list[Candidate]]):
    """The candidates of several words, a list a word, which a notebook shows as a table.

    It is a list and not one of the three kinds of class, because callers index and compare it as the list that it is.

    Args:
      words: the words that were translated.
      candidates: the candidates of each, best first.

    Example:
      >>> found = Translations(["king"], [[Candidate("国王", 0.5, rank=12)]])
      >>> found == [[Candidate("国王", 0.5, rank=12)]], "guó wáng" in found._repr_html_()
      (True, True)
    """

    def __init__(self, words: Sequence[str], candidates: Iterable[list[Candidate]]) -> None:
        super().__init__(candidates)
        self.words = tuple(words)

    def _repr_html_(self) -> str:
        """Returns a table of the candidates: score or probability, reading and frequency rank."""
        rows = [
            (
                word if not place else "",
                one.word,
                pinyin(one.word) if has_hanzi(one.word) else "",
                _score(one),
                one.rank,
            )
            for word, found in zip(self.words, self, strict=True)
            for place, one in enumerate(found)
        ]
        return html_table(f"{len(self)} translated", ("word", "candidate", "pinyin", "score", "rank"), rows)


def _score(one: Candidate) -> str:
    """Returns the probability of a candidate in per cent, or its score."""
    return f"{one.score:.3f}" if one.probability is None else f"{one.probability:.1%}"
