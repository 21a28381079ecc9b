"""Intervals of projections from sub-samples of the corpus; a space is trained on each sub-sample."""

from collections.abc import Callable, Sequence

import numpy as np
from jaxtyping import Float

from align.checks import at_least
from align.evaluate.resampling import Interval
from align.meaning.axes import fit_axis, project
from align.space import Space
from align.text.corpus import Corpus
from align.text.vocab import Vocab

SUBSAMPLES = 20
TRAINED_TOKENS, MAX_EPOCHS = 5_000_000, 100


def subsampled_intervals(
    corpus: Corpus,
    pairs: Sequence[tuple[str, str]],
    words: Sequence[str],
    values: Sequence[float],
    train_one: Callable[[Corpus], Space],
    *,
    subsamples: int = SUBSAMPLES,
    level: float = 0.9,
    seed: int = 0,
) -> list[Interval]:
    """Returns intervals of projections, from spaces trained on disjoint random parts of a corpus.

    s_k is the projection in the space of part k, which has n_k of the n sentences. With the errors
    e_k = sqrt(n_k / n) (s_k - mean over k of s_k) and the projection s in the space of the whole corpus, the interval
    runs from s plus the lower quantile of e to s plus its upper quantile.

    Args:
      corpus: the text.
      pairs: the pairs (positive, negative) of the axis.
      words: the words to project.
      values: the projections of the words in the space of the whole corpus.
      train_one: trains a space on a corpus.
      subsamples: number of parts, at least 2.
      level: share of the errors inside an interval, between 0 and 1.
      seed: seed of the partition.

    Returns:
      One interval per word; NaN for a word that fewer than two parts contain.

    Raises:
      ValueError: if subsamples < 2, there are fewer sentences than parts, or a part covers no pair of the axis.

    Source: Kozlowski, Taddy, Evans 2019, "Subsampling", with 20 parts and a level of 0.9.
    """
    at_least(subsamples, 2, "--subsamples")
    found = np.full((subsamples, len(words)), np.nan)
    scales = np.empty(subsamples)
    for k, part in enumerate(partition(corpus, subsamples, seed=seed)):
        space = train_one(part)
        axis = fit_axis(space, pairs, name="the axis in a part of the corpus")
        known = [i for i, word in enumerate(words) if word in space]
        found[k, known] = project(axis, space.of([words[i] for i in known]))
        scales[k] = np.sqrt(part.sentences / corpus.sentences)
    return [_interval(column, scales, value, level) for column, value in zip(found.T, values, strict=True)]


def epochs_for(corpus: Corpus, *, default: int) -> int:
    """Returns the number of epochs in which training sees five million tokens; at least ``default``, at most 100.

    With fewer tokens, skip-gram's vectors still point in one direction: on 100,000 tokens, five epochs leave a mean
    cosine of 0.999. Projections of such spaces are all near 0, and the intervals would be too narrow.
    """
    return max(default, min(-(-TRAINED_TOKENS // max(corpus.tokens, 1)), MAX_EPOCHS))


def partition(corpus: Corpus, parts: int, *, seed: int) -> list[Corpus]:
    """Returns the sentences of a corpus in disjoint random parts of nearly equal size.

    Raises:
        ValueError: there are fewer sentences than parts.
    """
    if corpus.sentences < parts:
        raise ValueError(
            f"--subsamples {parts}: the corpus has {corpus.sentences} sentences; at most as many are possible"
        )
    owner = np.arange(corpus.sentences) % parts
    np.random.default_rng(seed).shuffle(owner)
    ends = corpus.ids < 0
    sentence = np.cumsum(ends) - ends
    return [_part(corpus, corpus.ids[owner[sentence] == k]) for k in range(parts)]


def _part(corpus: Corpus, ids: np.ndarray) -> Corpus:
    """Returns some sentences as a corpus of their own, with its words in order of frequency."""
    counts = np.bincount(ids[ids >= 0], minlength=len(corpus.vocab))
    order = np.argsort(-counts, kind="stable")
    order = order[counts[order] > 0]
    number = np.full(len(corpus.vocab) + 1, -1, np.int32)
    number[order] = np.arange(len(order), dtype=np.int32)
    words = [corpus.vocab.words[int(i)] for i in order]
    return Corpus(Vocab(words, counts[order]), number[ids], corpus.name, corpus.language)


def _interval(column: Float[np.ndarray, " k"], scales: Float[np.ndarray, " k"], value: float, level: float) -> Interval:
    """Returns the interval of one word."""
    known = ~np.isnan(column)
    if known.sum() < 2:
        return Interval(np.nan, np.nan)
    errors = scales[known] * (column[known] - column[known].mean())
    low, high = np.quantile(errors, [(1 - level) / 2, (1 + level) / 2])
    return Interval(value + float(low), value + float(high))
