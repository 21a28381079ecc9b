"""The evaluation suite: all test sets of a language, and the evaluation of a space on them."""

from collections.abc import Mapping
from typing import NamedTuple

from align.catalogue import resolve
from align.encoding import UTF8
from align.evaluate.analogy import accuracy, read_questions
from align.evaluate.score import Score
from align.evaluate.similarity import RatedPairs, read_rated_pairs, similarity
from align.progress import counted
from align.space import Space
from align.text.chinese import has_hanzi
from align.text.scripts import Language

LIMIT = 30_000
_HEAD = 1000


class ResourceRows(NamedTuple):
    """A set of rated pairs: a resource of the catalogue, or some lines of one."""

    resource: str
    rows: slice = slice(None)


PAIRS: Mapping[Language, Mapping[str, ResourceRows]] = {
    "en": {name: ResourceRows(name) for name in ("wordsim353", "simlex999", "men", "rare-words")},
    "zh": {
        "wordsim-297": ResourceRows("cntext-similarity", slice(0, 297)),
        "wordsim-240": ResourceRows("cntext-similarity", slice(297, 537)),
    },
}
"""The sets of rated pairs by language and name.

The Chinese file contains two sets, each sorted by descending rating and on its own scale. Line 297 is the last
of the first set (.26 on 0-5), and line 298 is the first of the second set (9.2 on 0-10). One coefficient over both
would mix the scales.
"""

QUESTIONS: Mapping[Language, str] = {"en": "questions-words", "zh": "cntext-analogy"}
"""The analogy questions by language."""


def language_of(space: Space) -> Language:
    """Returns "zh" if at least half of the 1,000 most frequent words have a Chinese character, else "en"."""
    head = list(space.vocab.words[:_HEAD])
    return "zh" if head and 2 * sum(map(has_hanzi, head)) >= len(head) else "en"


def pair_set(name: str, *, encoding: str = UTF8) -> tuple[RatedPairs, ...]:
    """Returns the set of rated pairs ``name`` of the suite or the catalogue, or in the file ``name``.

    ``cntext-similarity`` holds two sets, and both are returned. ``encoding`` is the encoding of a file.

    Raises:
      KeyError: ``name`` is neither a set nor a file.
      OSError: the file cannot be read, or the set cannot be fetched.
      ValueError: the file holds no rated pairs.
    """
    parts = {title: part for sets in PAIRS.values() for title, part in sets.items()}
    inside = {title: part for title, part in parts.items() if name in (title, part.resource)}
    if not inside:
        return (read_rated_pairs(resolve(name), name=name, encoding=encoding),)
    return tuple(read_rated_pairs(resolve(part.resource)).part(title, part.rows) for title, part in inside.items())


def evaluate_suite(space: Space, *, limit: int = LIMIT) -> dict[str, Score]:
    """Evaluates ``space`` on every set of its language.

    The sets are wordsim353, simlex999, men, rare-words and questions-words in English, wordsim-297, wordsim-240 and
    cntext-analogy in Chinese. A Chinese space is simplified first.

    Args:
      space: the space.
      limit: number of most frequent words that analogy questions and answers may use.

    Returns:
      The score of each set by name: Spearman's rho for rated pairs, over the whole vocabulary; the accuracy of 3CosAdd
      at rank 1 for analogies.

    Raises:
      OSError: a set cannot be fetched.
      ValueError: a vector of the space holds NaN.
    """
    language = language_of(space)
    if language == "zh":
        space = space.simplified()
    found: dict[str, Score] = {}
    for name in counted([*PAIRS[language], QUESTIONS[language]], "test sets"):
        if name == QUESTIONS[language]:
            found[name] = accuracy(space.restrict(limit), read_questions(resolve(name)), name=name).total
        else:
            (pairs,) = pair_set(name)
            found[name] = similarity(space, pairs).spearman
    return found
