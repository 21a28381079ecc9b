"""Translation in context: the words around a word change the order of its candidates."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int

from align.bilingual.candidates import Candidate
from align.bilingual.dictionary.cedict import Cedict
from align.bilingual.placed_senses import PlacedSenses, senses_of_side
from align.bilingual.query import Query, side, translate_queries
from align.bilingual.translator import Retrieval, Translator
from align.retrieval import unit_rows
from align.space import Space
from align.text.chinese import simplify_all
from align.text.forms import find_form, stems

POOL = 40
"""The number of the translator's candidates that are sorted by context."""
SHARPNESS, SENSE_LIST_WEIGHT = 20.0, 20.0
_MIN_PROBABILITY, _MAX_PROBABILITY, _SMOOTHING = 1e-4, 0.99, 1e-3
_FAR, _HALVINGS = 30.0, 60


class ContextWeights(NamedTuple):
    """The weights w_1, w_2 and w_3 of :func:`translate_in_context`."""

    words: float = 20.0
    senses: float = 10.0
    listed: float = 6.0


WEIGHTS = ContextWeights()


class InContext(NamedTuple):
    """The candidates of a word in a context, best first.

    Attributes:
      candidates: the candidates.
      known: the words of the context that the vocabulary has.
      senses: the probability of each sense of the word in the context, or None without a space of senses.
    """

    candidates: list[Candidate]
    known: tuple[str, ...]
    senses: Float[np.ndarray, " s"] | None = None


class PoolFit(NamedTuple):
    """Candidates of a query, and how well each fits its context.

    Attributes:
      candidates: the n candidates.
      words: f_c of :func:`translate_in_context`, shape (n,).
      senses: g_c, shape (n,).
      listed: d_c, which is whether CC-CEDICT has the pair, shape (n,).
      known: the words of the context that the vocabulary has.
      shares: the probability of each sense in the context, or None without a space of senses.
    """

    candidates: list[Candidate]
    words: Float[np.ndarray, " n"]
    senses: Float[np.ndarray, " n"]
    listed: Bool[np.ndarray, " n"]
    known: tuple[str, ...]
    shares: Float[np.ndarray, " s"] | None


class SenseTranslations(NamedTuple):
    """A sense of a word: its number from 1, its probability without and with a context, and its candidates.

    ``in_context`` is None if there is no context.
    """

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
    cedict: Cedict | None = None,
) -> list[InContext]:
    """Returns the k best candidates of each query in its context.

    The candidates are the ``POOL`` best of the translator, and the translations that CC-CEDICT lists. A translation
    that is not among the ``POOL`` best gets the score of the last of them. With p_c, the probability of candidate c
    without a context, the candidates are sorted by

        s_c = log p_c + w_1 f_c + w_2 g_c + w_3 d_c

    - f_c is the cosine of c and the weighted mean of the context's words in the common space. A word of relative
      frequency q has the weight t / (t + q) (:func:`context_point`).
    - g_c is (1/2) sum_s |e_s| times the cosine of c and sum_s e_s p_s, where p_s is the point of sense s, and e_s is
      the probability of sense s in the context minus its probability without a context.
    - d_c is 1 if CC-CEDICT has the pair, else 0.
    - w_1, w_2 and w_3 are ``WEIGHTS``.

    The new probability of c is min(m, exp(s_c - b)). Here b is such that the sum of the probabilities is that of p_c,
    so the context does not change the total probability of the candidates, and m is 0.99, or the largest p_c if that
    is larger. If the translator gives no probabilities, log p_c is replaced by ``SHARPNESS`` times the score of c, and
    the new score is s_c / ``SHARPNESS``.

    Args:
      translator: the translator that parsed the queries.
      queries: words and phrases.
      contexts: for each query the words around it, in its language, in any order. The query itself is ignored.
      k: number of candidates, at least 1.
      retrieval: as in ``Translator.translate``.
      senses: senses of words of either language (``place_senses``).
      cedict: CC-CEDICT; None: d_c is 0.

    Returns:
      An answer for each query. If all f_c and g_c are 0, as without a known word in the context, the candidates are
      those without a context.

    Source: weights of words, Arora et al. 2017.

    Example:
      >>> from align import Vocab
      >>> x = np.array([[0.72, 0.7, 0], [1, 0, 0], [0, 1, 0]], np.float32)
      >>> y = np.array([[1, 0.4, 0.3], [0.4, 1, 0.3], [0, 0, 1]], np.float32)
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
    found: list[InContext] = []
    for query, pool, context in zip(queries, pools, contexts, strict=True):
        own = senses_of_side(placed, reverse=query.reverse)
        fit = fit_pool(translator, query, pool, context, senses=own, cedict=cedict)
        informed = fit.words.any() or fit.senses.any()
        ordered = reordered(translator, fit) if informed else pool
        found.append(InContext(ordered[:k], fit.known, fit.shares))
    return found


def translate_senses(
    translator: Translator,
    query: Query,
    senses: PlacedSenses,
    k: int = 5,
    retrieval: Retrieval = "best",
    *,
    context: Sequence[str] = (),
    cedict: Cedict | None = None,
) -> list[SenseTranslations]:
    """Returns the senses of a word, the most probable first, each with the k best candidates for it.

    The candidates of a sense are sorted as in :func:`translate_in_context`, with an empty context. But w_2 is
    ``SENSE_LIST_WEIGHT``, and g_c is the cosine of c and sum_s e_s p_s, where e_s is computed as if the sense had
    probability 1 in the context.

    Args:
      translator: the translator that parsed the query.
      query: a word; the result is empty if the space of senses lacks it.
      senses: senses of words of the language of the query.
      k: number of candidates, at least 1.
      retrieval: as in ``Translator.translate``.
      context: the words around the query, which change the probabilities of the senses only.
      cedict: CC-CEDICT; None: d_c is 0.
    """
    word = senses.form(query.form or query.word)
    if not word:
        return []
    (pool,) = translate_queries(translator, [query], max(k, POOL), retrieval)
    fit = fit_pool(translator, query, pool, (), cedict=cedict)
    listed = senses.space.senses(word)
    shares = senses.space.in_context(word, context).probability if context else None
    prior = np.array([sense.probability for sense in listed])
    vectors, points = _points(translator, query, fit.candidates), senses.points(word)
    weights = WEIGHTS._replace(senses=SENSE_LIST_WEIGHT)
    found: list[SenseTranslations] = []
    for i, sense in enumerate(listed):
        change = (np.arange(len(listed)) == i) - prior
        there = None if shares is None else float(shares[i])
        ordered = reordered(translator, fit._replace(senses=vectors @ unit_rows((change @ points)[None])[0]), weights)
        found.append(SenseTranslations(sense.number, sense.probability, there, ordered[:k]))
    return found


def fit_pool(
    translator: Translator,
    query: Query,
    pool: list[Candidate],
    context: Sequence[str],
    *,
    senses: PlacedSenses | None = None,
    cedict: Cedict | None = None,
) -> PoolFit:
    """Returns the candidates of a query, including those of CC-CEDICT, and how well each fits the context.

    Args:
      translator: the translator that parsed the query.
      query: a word or phrase.
      pool: the translator's candidates.
      context: the words around the query, in any order.
      senses: senses of words of the language of the query; None: g_c is 0.
      cedict: CC-CEDICT; None: d_c is 0.
    """
    candidates, listed = _with_listed(translator, query, pool, cedict)
    own = side(translator, query.reverse)
    skipped = {query.word, query.form, *query.parts}
    rows = {
        form.word: own.vocab.index[form.word]
        for word in dict.fromkeys(context)
        if (form := find_form(word, own.vocab)) is not None and not skipped & {word, form.word}
    }
    vectors = _points(translator, query, candidates)
    words = senses_fit = np.zeros(len(candidates))
    if rows:
        words = vectors @ context_point(own, np.array(list(rows.values())))
    shares = None
    if senses is not None and (word := senses.form(query.form or query.word)):
        prior = senses.space.probability[senses.space.rows(word)]
        shares = senses.space.in_context(word, context).probability
        change = shares - prior
        senses_fit = np.abs(change).sum() / 2 * (vectors @ unit_rows((change @ senses.points(word))[None])[0])
    return PoolFit(candidates, words, senses_fit, listed, tuple(rows), shares)


def reordered(translator: Translator, fit: PoolFit, weights: ContextWeights = WEIGHTS) -> list[Candidate]:
    """Returns the candidates sorted by s_c of :func:`translate_in_context`, with their new scores and probabilities."""
    pool = fit.candidates
    terms = weights.words * fit.words + weights.senses * fit.senses + weights.listed * fit.listed
    if not pool or translator.by_chance or not terms.any():
        return pool
    given = [one.probability for one in pool]
    if None in given:
        scores = np.array([one.score for one in pool]) + terms / SHARPNESS
        moved = [one._replace(score=float(score)) for one, score in zip(pool, scores, strict=True)]
    else:
        prior = np.maximum(np.array(given, np.float64), _MIN_PROBABILITY)
        scores = np.log(prior) + terms
        shares = _with_sum(scores, float(prior.sum()), max(_MAX_PROBABILITY, float(prior.max())))
        moved = [one._replace(score=p, probability=p) for one, p in zip(pool, shares.tolist(), strict=True)]
    return sorted(moved, key=lambda one: -one.score)


def _with_sum(scores: Float[np.ndarray, " n"], total: float, most: float) -> Float[np.ndarray, " n"]:
    """Returns min(most, exp(scores - b)), where b makes their sum ``total``, which is at most n times ``most``."""
    low, high = scores.min() - _FAR, scores.max() + _FAR
    for _ in range(_HALVINGS):
        b = (low + high) / 2
        low, high = (b, high) if np.minimum(most, np.exp(scores - b)).sum() > total else (low, b)
    return np.minimum(most, np.exp(scores - (low + high) / 2))


def context_point(space: Space, rows: Int[np.ndarray, " n"]) -> Float[np.ndarray, " j"]:
    """Returns the weighted mean of the vectors at ``rows`` of a space, scaled to unit length, shape (j,).

    The weight of a word is t / (t + q) with t = 0.001. Its relative frequency q is estimated as 1 / (r ln(v + 1)),
    where r is its frequency rank, from 1.
    """
    share = 1 / ((rows + 1) * np.log(len(space) + 1))
    weights = _SMOOTHING / (_SMOOTHING + share)
    return unit_rows((weights @ np.asarray(space.vectors[rows], np.float64))[None])[0]


def listed_translations(cedict: Cedict, query: Query, own: Space) -> list[str]:
    """Returns the one-word translations of a word in CC-CEDICT.

    If CC-CEDICT lacks an English word, the translations of a stem are returned, provided that the stem is more frequent
    than the word in the space ``own``: "horse" for "horses", but not "wa" for "was".
    """
    word = query.form or query.word
    if query.reverse:
        return [sense.english for sense in cedict.senses_of(simplify_all([word])[0])]
    index, last = own.vocab.index, len(own)
    more_frequent = (stem.word for stem in stems(word.lower()) if index.get(stem.word, last) < index.get(word, last))
    found = (cedict.by_english.get(form.casefold(), ()) for form in (word, *more_frequent))
    return [chinese for _, chinese in next(filter(None, found), ())]


def _with_listed(
    translator: Translator, query: Query, pool: list[Candidate], cedict: Cedict | None
) -> tuple[list[Candidate], Bool[np.ndarray, " n"]]:
    """Returns the candidates followed by CC-CEDICT's other translations, and for each whether CC-CEDICT lists it."""
    if cedict is None or not pool or translator.by_chance:
        return pool, np.zeros(len(pool), bool)
    other = side(translator, not query.reverse)
    forms = (
        find_form(word, other.vocab) for word in listed_translations(cedict, query, side(translator, query.reverse))
    )
    rows = {form.word: other.vocab.index[form.word] for form in forms if form is not None and form.why in ("", "case")}
    there = {one.word for one in pool}
    added = [
        pool[-1]._replace(word=word, rank=row + 1)
        for word, row in rows.items()
        if word not in there and other.vectors[row].any()
    ]
    candidates = [*pool, *added]
    return candidates, np.array([one.word in rows for one in candidates])


def _points(translator: Translator, query: Query, pool: Sequence[Candidate]) -> Float[np.ndarray, "n j"]:
    """Returns the vectors of the candidates in the common space, shape (n, j)."""
    other = side(translator, not query.reverse)
    return np.asarray(other.vectors[[one.rank - 1 for one in pool]], np.float32).reshape(len(pool), other.dim)
