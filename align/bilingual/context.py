"""Translation in context: a word's candidates in the order that the words around it ask for."""

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
"""The number of the translator's candidates that the context puts in order."""
SHARPNESS, SENSE_LIST_WEIGHT = 20.0, 20.0
_LEAST, _SMOOTHING = 1e-4, 1e-3


class ContextWeights(NamedTuple):
    """The weights of the fit with the words around, of the fit with the senses, and of being in CC-CEDICT."""

    words: float = 20.0
    senses: float = 10.0
    listed: float = 6.0


WEIGHTS = ContextWeights()


class InContext(NamedTuple):
    """The candidates of a word in a context, best first, the words of the context that count, and the senses.

    ``senses`` is the probability of each sense of the word in the context, None without a space of senses.
    """

    candidates: list[Candidate]
    known: tuple[str, ...]
    senses: Float[np.ndarray, " s"] | None = None


class PoolFit(NamedTuple):
    """Candidates of a query, and how well each fits its context.

    ``words`` is f_c and ``senses`` g_c of :func:`translate_in_context`, ``listed`` whether CC-CEDICT has the pair.
    ``known`` and ``shares`` are the words of the context that count, and the probability of each sense there.
    """

    candidates: list[Candidate]
    words: Float[np.ndarray, " n"]
    senses: Float[np.ndarray, " n"]
    listed: Bool[np.ndarray, " n"]
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
    cedict: Cedict | None = None,
) -> list[InContext]:
    """Returns the k best candidates of each query in its context.

    The candidates are the ``POOL`` best of the translator, and the translations that CC-CEDICT lists, with the score of
    the last of those if they are not among them. With p_c, the probability of candidate c without a context, they are
    sorted by

        s_c = log p_c + w_1 f_c + w_2 g_c + w_3 d_c

    f_c is the cosine of c and the mean of the words of the context in the common space; a word of frequency q has the
    weight t / (t + q) there. g_c is (1/2) sum_s |e_s| times the cosine of c and sum_s e_s p_s, where e_s is the
    probability of sense s in the context minus that without one, and p_s is the point of the sense. d_c is 1 if
    CC-CEDICT has the pair, else 0. The weights are ``WEIGHTS``.

    The new probability of c is P exp(s_c) / sum_c exp(s_c), at most 1, where P is the sum of p_c: the context moves
    probability from candidate to candidate. Without probabilities, ``SHARPNESS`` times the score of c takes the place
    of log p_c, and s_c divided by that the place of its score.

    Args:
      translator: the translator that parsed the queries.
      queries: words and phrases.
      contexts: the words around each query, of its language, in any order. The query itself is left out.
      k: number of candidates, at least 1.
      retrieval: as in ``Translator.translate``.
      senses: senses of words of either language (``place_senses``).
      cedict: CC-CEDICT; None: no candidate is listed.

    Returns:
      An answer for each query. Where the vocabulary has no word of the context, f_c is 0.

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
        found.append(InContext(reordered(translator, fit)[:k], fit.known, fit.shares))
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

    The candidates of a sense are those of :func:`translate_in_context` without words of a context, where w_2 g_c is
    ``SENSE_LIST_WEIGHT`` times the cosine of c and sum_s e_s p_s, and e_s belongs to the probability 1 of the sense.

    Args:
      translator: the translator that parsed the query.
      query: a word; an empty list is returned for one that the space of senses lacks.
      senses: senses of words of the language of the query.
      k: number of candidates, at least 1.
      retrieval: as in ``Translator.translate``.
      context: the words around it, which change the probabilities of the senses only.
      cedict: CC-CEDICT; None: no candidate is listed.
    """
    word = senses.form(query.form or query.word)
    if not word:
        return []
    (pool,) = translate_queries(translator, [query], max(k, POOL), retrieval)
    fit = fit_pool(translator, query, pool, (), cedict=cedict)
    listed = senses.space.senses(word)
    shares = senses.space.in_context(word, context).probability if context else None
    prior = np.array([one.probability for one in listed])
    vectors, points = _points(translator, query, fit.candidates), senses.points(word)
    weights = WEIGHTS._replace(senses=SENSE_LIST_WEIGHT)
    found: list[SenseTranslations] = []
    for i, one in enumerate(listed):
        change = (np.arange(len(listed)) == i) - prior
        there = None if shares is None else float(shares[i])
        ordered = reordered(translator, fit._replace(senses=vectors @ unit_rows((change @ points)[None])[0]), weights)
        found.append(SenseTranslations(one.number, one.probability, there, ordered[:k]))
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
    """Returns the candidates of a query and the translations of CC-CEDICT, and how well they fit its context."""
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
    """Returns the candidates with the terms of the context added to their scores, best first."""
    pool = fit.candidates
    terms = weights.words * fit.words + weights.senses * fit.senses + weights.listed * fit.listed
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


def context_point(space: Space, rows: Int[np.ndarray, " n"]) -> Float[np.ndarray, " j"]:
    """Returns the mean of the points of words at length 1; a word of rank r has the weight t / (t + 1 / (r ln v))."""
    share = 1 / ((rows + 1) * np.log(len(space) + 1))
    weights = _SMOOTHING / (_SMOOTHING + share)
    return unit_rows((weights @ np.asarray(space.vectors[rows], np.float64))[None])[0]


def listed_translations(cedict: Cedict, query: Query, own: Space) -> list[str]:
    """Returns the one-word translations of a word in CC-CEDICT.

    Of an English word that CC-CEDICT lacks, those of a stem count that the space ``own`` has as a more frequent word:
    "horse" for "horses", but not "wa" for "was".
    """
    word = query.form or query.word
    if query.reverse:
        return [sense.english for sense in cedict.senses_of(simplify_all([word])[0])]
    index, last = own.vocab.index, len(own)
    more_frequent = (one.word for one in stems(word.lower()) if index.get(one.word, last) < index.get(word, last))
    found = (cedict.by_english.get(form.casefold(), ()) for form in (word, *more_frequent))
    return [chinese for _, chinese in next(filter(None, found), ())]


def _with_listed(
    translator: Translator, query: Query, pool: list[Candidate], cedict: Cedict | None
) -> tuple[list[Candidate], Bool[np.ndarray, " n"]]:
    """The candidates, with the translations of CC-CEDICT at their end, and which of them CC-CEDICT lists."""
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
    """The points of the candidates."""
    other = side(translator, not query.reverse)
    return np.asarray(other.vectors[[one.rank - 1 for one in pool]], np.float32).reshape(len(pool), other.dim)
