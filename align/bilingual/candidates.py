"""Candidates: possible translations of words, and how notebooks show them."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from align.tables import html_table
from align.text.chinese import has_hanzi
from align.text.readings import pinyin


class Candidate(NamedTuple):
    """A possible translation of a word.

    Args:
      word: the candidate.
      score: its CSLS, cosine or inverted-softmax score; its probability if candidates were re-ranked.
      rank: its frequency rank in its own vocabulary, from 1.
      probability: the probability that it is right, if the translator estimates it; else None.

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
    """The candidates of several words, a list for each word, which a notebook shows as a table.

    It is a subclass of list, so that callers index it and compare it with other lists.

    Args:
      words: the words that were translated.
      candidates: the candidates of each word, best first.

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
                candidate.word,
                pinyin(candidate.word) if has_hanzi(candidate.word) else "",
                _score(candidate),
                candidate.rank,
            )
            for word, candidates in zip(self.words, self, strict=True)
            for place, candidate in enumerate(candidates)
        ]
        return html_table(f"{len(self)} translated", ("word", "candidate", "pinyin", "score", "rank"), rows)


def _score(candidate: Candidate) -> str:
    """Returns the probability of a candidate in per cent, or its score."""
    return f"{candidate.score:.3f}" if candidate.probability is None else f"{candidate.probability:.1%}"
