"""Analogies a : b = c : ?, answered by 3CosAdd and 3CosMul, with the rank of the gold answer."""

import math
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from align.encoding import UTF8, numbered_lines
from align.evaluate.score import Score
from align.message import number_of
from align.retrieval import nonzero_rows, unit_rows
from align.search import Scores, best, gold_ranks
from align.space import Space, check_vectors
from align.text.chinese import simplify_all

Method = Callable[[Float[np.ndarray, "w d"], Int[np.ndarray, "q 3"], Float[np.ndarray, "v d"]], Scores]
"""A function of unit vectors of question words, the rows a, b, c of each question, and unit vectors of candidates."""


class Question(NamedTuple):
    """``a`` is to ``b`` as ``c`` is to ``expected``: man, king, woman, queen."""

    a: str
    b: str
    c: str
    expected: str


class Category(NamedTuple):
    """The questions under one `: name` line of a question file."""

    name: str
    questions: tuple[Question, ...]


class Ranked(NamedTuple):
    """The 1-based rank of each question's gold answer, and the word at rank 1.

    A question is not covered if one of its words has no vector; it then has rank 0. The first word is "" if the
    question is not covered or no candidate is left.
    """

    ranks: Int[np.ndarray, " q"]
    first: list[str]


class Accuracy(NamedTuple):
    """Accuracy at rank 1 over covered questions, in total and by category.

    ``missing`` are the unknown words, of which ``built`` have a vector built from sub-word units.
    """

    total: Score
    categories: tuple[Score, ...]
    missing: tuple[str, ...]
    built: tuple[str, ...] = ()


def three_cos_add(
    words: Float[np.ndarray, "w d"], abc: Int[np.ndarray, "q 3"], candidates: Float[np.ndarray, "v d"]
) -> Scores:
    """Returns the scores of 3CosAdd: cos(x, b - a + c).

    For unit vectors this is (cos(x, b) - cos(x, a) + cos(x, c)) / |b - a + c|, so the products of each question word
    with the candidates are computed once per block of questions.

    Args:
      words: unit vectors of the question words, shape (w, d).
      abc: the rows of a, b and c in ``words``, shape (q, 3).
      candidates: unit vectors of the candidates, shape (v, d).

    Returns:
      A function from a slice of questions to their scores with all candidates, shape (q, v).

    Source: Mikolov, Yih & Zweig 2013; Levy & Goldberg 2014, equation 1.
    """
    a, b, c = abc.T
    lengths = np.linalg.norm(words[b] - words[a] + words[c], axis=1)
    scale = (1 / np.where(lengths > 0, lengths, 1)).astype(words.dtype)

    def scores(rows: slice) -> Float[np.ndarray, "q v"]:
        cosines, where = _cosines(words, abc[rows], candidates)
        block = np.empty((len(where), len(candidates)), cosines.dtype)
        for line, (a, b, c), factor in zip(block, where, scale[rows], strict=True):
            np.subtract(cosines[b], cosines[a], out=line)
            line[:] += cosines[c]
            line[:] *= factor
        return block

    return scores


def three_cos_mul(
    words: Float[np.ndarray, "w d"],
    abc: Int[np.ndarray, "q 3"],
    candidates: Float[np.ndarray, "v d"],
    *,
    epsilon: float = 0.001,
) -> Scores:
    """Returns the scores of 3CosMul: s(x, b) s(x, c) / (s(x, a) + epsilon), where s(x, y) = (1 + cos(x, y)) / 2.

    The arguments and the result are those of :func:`three_cos_add`.

    Source: Levy & Goldberg 2014, section 6, equation 4, with their epsilon.
    """

    def scores(rows: slice) -> Float[np.ndarray, "q v"]:
        shifted, where = _cosines(words, abc[rows], candidates)
        shifted += 1
        first, row_of_a = np.unique(where[:, 0], return_inverse=True)
        inverse = 1 / (2 * shifted[first] + 4 * epsilon)
        block = np.empty((len(where), len(candidates)), shifted.dtype)
        for line, (_, b, c), a in zip(block, where, row_of_a, strict=True):
            np.multiply(shifted[b], shifted[c], out=line)
            line[:] *= inverse[a]
        return block

    return scores


def nearest_to_c(
    words: Float[np.ndarray, "w d"], abc: Int[np.ndarray, "q 3"], candidates: Float[np.ndarray, "v d"]
) -> Scores:
    """Returns the scores of the baseline cos(x, c), which ignores a and b (Linzen 2016)."""

    def scores(rows: slice) -> Float[np.ndarray, "q v"]:
        cosines, where = _cosines(words, abc[rows, 2:], candidates)
        return cosines[where[:, 0]]

    return scores


def _cosines(
    words: Float[np.ndarray, "w d"], used: Int[np.ndarray, "q x"], candidates: Float[np.ndarray, "v d"]
) -> tuple[Float[np.ndarray, "n v"], Int[np.ndarray, "q x"]]:
    """Returns the cosines of n distinct words with every candidate, and the row of each word of ``used`` in them."""
    distinct, where = np.unique(used, return_inverse=True)
    return words[distinct] @ candidates.T, where.reshape(used.shape)


def answers(
    space: Space, a: str, b: str, c: str, k: int = 10, *, method: Method = three_cos_add, keep: bool = False
) -> list[tuple[str, float]]:
    """Returns the k best x in a : b = c : x with their scores, best first.

    Unless ``keep`` is set, a space of fewer than k + 3 words gives fewer than k answers.

    Args:
      space: the space.
      a: a word.
      b: the word that relates to ``a`` as x relates to ``c``.
      c: a word.
      k: number of answers.
      method: how candidates are scored.
      keep: whether x may be a, b or c itself.

    Raises:
      KeyError: a word has no vector (the message names similar spellings), or its vector is zero.
    """
    check_vectors(space, [a, b, c])
    words = unit_rows(space.of([a, b, c]))
    exclude = None if keep else space.vocab.ids([a, b, c])[None]
    score = method(words, np.array([[0, 1, 2]]), space.unit)
    without = ~nonzero_rows(space.vectors)

    def scores(rows: slice) -> Float[np.ndarray, "q v"]:
        made = score(rows)
        made[:, without] = -np.inf
        return made

    found = best(scores, 1, len(space), k, exclude=exclude)
    pairs = zip(found.ids[0], found.scores[0], strict=True)
    return [(str(space.vocab.words[int(row)]), float(score)) for row, score in pairs if row >= 0]


def rank_answers(
    space: Space,
    questions: Sequence[Question],
    *,
    method: Method = three_cos_add,
    keep: bool = False,
    fold_case: bool = False,
    progress: Callable[[int], object] | None = None,
) -> Ranked:
    """Returns the rank of each question's gold answer among all words of the space.

    A question word outside the vocabulary gets its vector from ``space.units``; answers come from the vocabulary.

    Args:
      space: the space.
      questions: the questions.
      method: how candidates are scored.
      keep: whether the question words are candidates. If not, a gold answer that is a question word ranks last.
      fold_case: whether words that differ only in case count as the same word, with the vector of the most frequent.
      progress: receives the number of questions done.

    But: with ``case_insensitive``, gensim has all spellings as candidates; here only the most frequent spelling is one.
    """
    rows, rare = _question_rows(space, questions, fold_case)
    built = _built_rows(space, questions, rows)
    rare = np.union1d(rare, np.flatnonzero(~nonzero_rows(space.vectors)))
    covered = np.flatnonzero(((rows >= 0) & ~np.isin(rows, rare)).all(axis=1))
    rows = rows[covered]
    used, abc = np.unique(rows[:, :3], return_inverse=True)
    inside = used[used < len(space)]
    words = np.concatenate([space.unit[inside], built[used[len(inside) :] - len(space)]])
    every_word = method(words, abc.reshape(-1, 3), space.unit)

    def scores(block: slice) -> Float[np.ndarray, "q v"]:
        made = every_word(block)
        made[:, rare] = -np.inf
        return made

    exclude = None if keep else np.where(rows[:, :3] < len(space), rows[:, :3], -1)
    found = gold_ranks(scores, rows[:, 3], len(space), exclude=exclude, progress=progress)
    ranks = np.zeros(len(questions), np.int64)
    ranks[covered] = found.ranks
    first = [""] * len(questions)
    for i, row in zip(covered, found.first, strict=True):
        first[i] = str(space.vocab.words[int(row)]) if row >= 0 else ""
    return Ranked(ranks, first)


def _built_rows(space: Space, questions: Sequence[Question], rows: Int[np.ndarray, "q 4"]) -> Float[np.ndarray, "n d"]:
    """Returns vectors of question words built from sub-word units; writes their numbers, from v on, into ``rows``."""
    unseen = np.argwhere(rows[:, :3] < 0).tolist()
    made = space.build(questions[q][column] for q, column in unseen)
    numbers = {word: len(space) + i for i, word in enumerate(made)}
    for q, column in unseen:
        rows[q, column] = numbers.get(questions[q][column], -1)
    return unit_rows(np.stack([*made.values()])) if made else np.zeros((0, space.dim), np.float32)


def _question_rows(
    space: Space, questions: Sequence[Question], fold_case: bool
) -> tuple[Int[np.ndarray, "q 4"], Int[np.ndarray, " rare"]]:
    """Returns the rows of each question's words (-1: unknown), and the rows of rarer spellings, which are excluded."""
    listed = [word for question in questions for word in question]
    if not fold_case:
        return space.vocab.ids(listed).reshape(-1, 4), np.empty(0, np.int64)
    index: dict[str, int] = {}
    rare = [row for row, word in enumerate(space.vocab.words) if index.setdefault(word.casefold(), row) != row]
    ids = np.fromiter((index.get(word.casefold(), -1) for word in listed), np.int64)
    return ids.reshape(-1, 4), np.array(rare, np.int64)


def accuracy(
    space: Space,
    categories: Sequence[Category],
    *,
    method: Method = three_cos_add,
    keep: bool = False,
    fold_case: bool = True,
    name: str = "analogies",
    progress: Callable[[int], object] | None = None,
) -> Accuracy:
    """Returns the accuracy at rank 1 over a set of questions, in total and by category, with its coverage.

    The options are those of :func:`rank_answers`. Candidates are all words of the space; ``space.restrict(300_000)``
    gives the usual limit.
    """
    questions = [question for category in categories for question in category.questions]
    ranks = rank_answers(space, questions, method=method, keep=keep, fold_case=fold_case, progress=progress).ranks
    ends = np.cumsum([len(category.questions) for category in categories])
    parts = [ranks[end - len(category.questions) : end] for end, category in zip(ends, categories, strict=True)]
    known = {word.casefold() for word in space.vocab.words} if fold_case else space.vocab.index
    missing = dict.fromkeys(
        word for question in questions for word in question if (word.casefold() if fold_case else word) not in known
    )
    scores = tuple(_score(category.name, part) for category, part in zip(categories, parts, strict=True))
    return Accuracy(_score(name, ranks), scores, tuple(missing), tuple(space.build(missing)))


def _score(name: str, ranks: Int[np.ndarray, " q"]) -> Score:
    """Returns the accuracy at rank 1 of the covered questions."""
    covered = ranks[ranks > 0]
    return Score(name, float((covered == 1).mean()) if len(covered) else math.nan, len(covered), len(ranks))


def read_questions(path: str | os.PathLike[str], *, encoding: str = UTF8) -> tuple[Category, ...]:
    """Returns the questions in a file: `: name` opens a category, other lines have four words `a b c expected`.

    Blank lines and lines that begin with `#` are skipped. Chinese words are simplified.

    Raises:
      ValueError: a line does not have four words, comes before the first category or does not decode (the message
        names file and line); or there is no question.
    """
    file = Path(path)
    found: list[tuple[str, list[Question]]] = []
    for number, raw in numbered_lines(file, encoding=encoding, option="--set-encoding"):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        words = line.split()
        if words[0].startswith(":"):
            found.append((line[1:].strip(), []))
        elif len(words) != 4:
            raise ValueError(
                f"{file}:{number}: {line[:60]!r} has {number_of(len(words), 'word')}; four, a b c d, were expected"
            )
        elif not found:
            raise ValueError(f"{file}:{number}: a question before the first ': category' line")
        else:
            found[-1][1].append(Question(*words))
    if not any(questions for _, questions in found):
        raise ValueError(
            f"{file}: holds no question; ': category' lines and lines of four words, a b c d, were expected"
        )
    return tuple(Category(name, _simplified(questions)) for name, questions in found)


def _simplified(questions: Sequence[Question]) -> tuple[Question, ...]:
    words = simplify_all(word for question in questions for word in question)
    return tuple(Question(*words[i : i + 4]) for i in range(0, len(words), 4))
