"""Translation in context: a word's candidates in the order that the words around it ask for."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from align.bilingual.candidates import Candidate
from align.bilingual.placed_senses import PlacedSenses, senses_of_side
from align.bilingual.query import Query, side, translate_queries
from align.bilingual.translator import Retrieval, Translator
from align.retrieval import unit_rows
from align.space import Space
from align.text.forms import find_form

POOL = 40
"""The number of candidates that the context puts in order."""
WORD_WEIGHT, SENSE_WEIGHT = 1.0, 1.0
SHARPNESS = 20.0
_LEAST, _SMOOTHING, _SPREAD = 1e-4, 1e-3, 1e-6


class InContext(NamedTuple):
    """The candidates of a word in a context, best first, the words of the context that count, and the senses.

    ``senses`` is the probability of each sense of the word in the context, None without a space of senses.
    """

    candidates: list[Candidate]
    known: tuple[str, ...]
    senses: Float[np.ndarray, " s"] | None = None


class PoolFit(NamedTuple):
    """How well the candidates of a query fit its context, standardised over the candidates.

    ``words`` is z(f_c) and ``senses`` z(g_c) of :func:`translate_in_context`. ``known`` and ``shares`` are the words of
    the context that count, and the probability of each sense there.
    """

    candidates: list[Candidate]
    words: Float[np.ndarray, " n"]
    senses: Float[np.ndarray, " n"]
    known: tuple[str, ...]
    shares: Float[np.ndarray, " s"] | None


class SenseTranslations(NamedTuple):
    """A sense of a word: its number from 1, its probability, that in the context if there is one, its candidates."""

    number: int
    probability: float
    in_context: float | None
    candidates: list[Candidate]


def translate_in_context(
    translator: Translator,
    queries: Sequence[Query],
    contexts: Sequence[Sequence[str]],
    k: int = 5,
    retrieval: Retrieval = "best",
    *,
    senses: Iterable[PlacedSenses] = (),
) -> list[InContext]:
    """Returns the k best candidates of each query in its context.

    The translator gives ``POOL`` candidates of a query. With p_c, the probability of candidate c without a context, the
    candidates are sorted by

        s_c = log p_c + a z(f_c) + b z(g_c)

    f_c is the cosine of c and the mean of the words of the context in the common space; a word of frequency q has the
    weight t / (t + q) there. g_c is the mean cosine of c and the senses of the word, weighted by their
    probabilities in the context minus their probabilities without one. z standardises a number over the candidates, and
    a and b are ``WORD_WEIGHT`` and ``SENSE_WEIGHT``. The new probability of c is P exp(s_c) / sum_c exp(s_c), at most
    1, where P is the sum of p_c: the context moves probability from candidate to candidate. Without probabilities,
    ``SHARPNESS`` times the score of c takes the place of log p_c, and s_c divided by that the place of its score.

    Args:
      translator: the translator that parsed the queries.
      queries: words and phrases.
      contexts: the words around each query, of its language, in any order. The query itself is left out.
      k: number of candidates, at least 1.
      retrieval: as in ``Translator.translate``.
      senses: senses of words of either language (:func:`place_senses`).

    Returns:
      An answer for each query. Where the vocabulary has no word of the context, the order is that without a context.

    Source: weights of words, Arora et al. 2017.

    Example:
      >>> from align import Vocab
      >>> x = np.array([[1, 1, 0], [1, 0, 0], [0, 1, 0]], np.float32)
      >>> y = np.array([[1, 0.2, 0.3], [0, 1, 0.3], [0, 0, 1]], np.float32)
      >>> english = Space(Vocab(["bank", "money", "river"]), unit_rows(x))
      >>> chinese = Space(Vocab(["银行", "河岸", "马"]), unit_rows(y))
      >>> translator = Translator(english, chinese, *np.zeros((2, 3), np.float32))
      >>> query = Query("bank", "bank", "", False)
      >>> (found,) = translate_in_context(translator, [query], [["the", "river"]], k=1)
      >>> found.candidates[0].word, found.known
      ('河岸', ('river',))
    """
    placed = tuple(senses)
    pools = translate_queries(translator, queries, max(k, POOL), retrieval)
    return [
        _answered(
            translator,
            fit_pool(translator, query, pool, context, senses_of_side(placed, reverse=query.reverse)),
            k,
        )
        for query, pool, context in zip(queries, pools, contexts, strict=True)
    ]


def _answered(translator: Translator, fit: PoolFit, k: int) -> InContext:
    ordered = reordered(translator, fit.candidates, WORD_WEIGHT * fit.words + SENSE_WEIGHT * fit.senses)
    return InContext(ordered[:k], fit.known, fit.shares)


def translate_senses(
    translator: Translator,
    query: Query,
    senses: PlacedSenses,
    k: int = 5,
    retrieval: Retrieval = "best",
    *,
    context: Sequence[str] = (),
) -> list[SenseTranslations]:
    """Returns the senses of a word, the most probable first, each with the k best candidates for it.

    The candidates of a sense are those of :func:`translate_in_context` in a context in which it has the probability 1,
    with no other words.

    Args:
      translator: the translator that parsed the query.
      query: a word; an empty list is returned for one that the space of senses lacks.
      senses: senses of words of the language of the query.
      k: number of candidates, at least 1.
      retrieval: as in ``Translator.translate``.
      context: the words around it, which change the probabilities of the senses only.
    """
    word = senses.form(query.form or query.word)
    if not word:
        return []
    (pool,) = translate_queries(translator, [query], max(k, POOL), retrieval)
    listed = senses.space.senses(word)
    shares = senses.space.in_context(word, context).probability if context else None
    points, vectors = senses.points(word), _points(translator, query, pool)
    prior = np.array([one.probability for one in listed])
    found: list[SenseTranslations] = []
    for i, one in enumerate(listed):
        change = (np.arange(len(listed)) == i) - prior
        fit = standardised(vectors @ (change @ points)) if len(listed) > 1 else None
        order = pool if fit is None else reordered(translator, pool, SENSE_WEIGHT * fit)
        there = None if shares is None else float(shares[i])
        found.append(SenseTranslations(one.number, one.probability, there, order[:k]))
    return found


def fit_pool(
    translator: Translator, query: Query, pool: list[Candidate], context: Sequence[str], senses: PlacedSenses | None
) -> PoolFit:
    """Returns how well the candidates of a query fit its context."""
    own = side(translator, query.reverse)
    skipped = {query.word, query.form, *query.parts}
    rows = {
        form.word: own.vocab.index[form.word]
        for word in dict.fromkeys(context)
        if (form := find_form(word, own.vocab)) is not None and not skipped & {word, form.word}
    }
    vectors = _points(translator, query, pool)
    words = senses_fit = np.zeros(len(pool))
    if rows:
        words = standardised(vectors @ context_point(own, np.array(list(rows.values()))))
    shares = None
    if senses is not None and (word := senses.form(query.form or query.word)):
        prior = senses.space.probability[senses.space.rows(word)]
        shares = senses.space.in_context(word, context).probability
        if len(prior) > 1:
            senses_fit = standardised(vectors @ ((shares - prior) @ senses.points(word)))
    return PoolFit(pool, words, senses_fit, tuple(rows), shares)


def context_point(space: Space, rows: np.ndarray) -> Float[np.ndarray, " j"]:
    """Returns the mean of the points of words at length 1; word of rank r has the weight t / (t + 1 / (r ln v))."""
    share = 1 / ((rows + 1) * np.log(len(space) + 1))
    weights = _SMOOTHING / (_SMOOTHING + share)
    return unit_rows((weights @ np.asarray(space.vectors[rows], np.float64))[None])[0]


def _points(translator: Translator, query: Query, pool: Sequence[Candidate]) -> Float[np.ndarray, "n j"]:
    """The points of the candidates."""
    other = side(translator, not query.reverse)
    return np.asarray(other.vectors[[one.rank - 1 for one in pool]], np.float32).reshape(len(pool), other.dim)


def standardised(fit: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
    """The numbers minus their mean, divided by their standard deviation; zeros if they are equal."""
    spread = fit.std() if len(fit) else 0.0
    return (fit - fit.mean()) / spread if spread > _SPREAD else np.zeros(len(fit))


def reordered(translator: Translator, pool: list[Candidate], terms: Float[np.ndarray, " n"]) -> list[Candidate]:
    """The candidates with the terms of the context added to their scores, best first."""
    if not pool or translator.by_chance or not terms.any():
        return pool
    given = [one.probability for one in pool]
    if None in given:
        scores = np.array([one.score for one in pool]) + terms / SHARPNESS
        moved = [one._replace(score=float(score)) for one, score in zip(pool, scores, strict=True)]
    else:
        prior = np.array(given, np.float64)
        scores = np.log(np.maximum(prior, _LEAST)) + terms
        shares = np.exp(scores - scores.max())
        shares = np.minimum(1.0, prior.sum() * shares / shares.sum())
        moved = [one._replace(score=p, probability=p) for one, p in zip(pool, shares.tolist(), strict=True)]
    return sorted(moved, key=lambda one: -one.score)
