"""Probabilities for the candidates of words that are built from their parts. The re-ranker has no features for them."""

import numpy as np
from jaxtyping import Float
from scipy.special import expit, log_softmax

from align.bilingual.placed_units import PlacedUnits
from align.bilingual.reranking.ordering import fit_odds
from align.bilingual.reranking.reranker import Reranker
from align.retrieval import CSLSIndex, nonzero_rows
from align.text.vocab import Vocab

SAMPLE, POOL, SHARPNESS = 400, 40, 20.0


def built_odds(reranker: Reranker, vocab: Vocab, units: PlacedUnits, index: CSLSIndex) -> Float[np.ndarray, "3"] | None:
    """Returns the a, b and c of :func:`built_probabilities`.

    Up to ``SAMPLE`` training words, evenly spaced by frequency, are built from their parts as if they were unseen. The
    odds are fitted to whether the first candidate of each is a translation in the training pairs.

    Args:
      reranker: holds the training pairs.
      vocab: the words of the language of built words.
      units: the sub-word units of that language.
      index: the CSLS index of queries in that language.

    Returns:
      The odds, shape (3,); None if no training word can be built.

    But: the map was fitted on the vectors of these words, so the probabilities are a little too high.
    """
    first_stage = reranker.index.transpose() if units.reverse else reranker.index
    words = np.unique(first_stage.pairs[:, 0])
    rows = words[np.unique(np.linspace(0, len(words) - 1, min(SAMPLE, len(words))).astype(np.int64))]
    points = units.points([str(vocab.words[int(row)]) for row in rows])
    found = index.nearest_to(points, POOL)
    whole = nonzero_rows(points) & (found.ids >= 0).all(axis=1)
    if not whole.any():
        return None
    ids, owners = found.ids[whole], np.repeat(rows[whole, None], found.ids.shape[1], axis=1)
    gold = first_stage.is_pair(owners.ravel(), ids.ravel()).reshape(ids.shape)
    return fit_odds(SHARPNESS * found.scores[whole], np.full(len(ids), len(vocab)), gold)


def built_probabilities(
    odds: Float[np.ndarray, "3"], scores: Float[np.ndarray, "q k"], words: int
) -> Float[np.ndarray, "q k"]:
    """Returns the probability that each candidate of a built word is right.

    It is sigmoid(a + b log softmax(20 s) + c (log(rank + 50) - 8)), as in ``ordering.probabilities``, where s is the
    CSLS of a candidate and the rank of a built word is that of the rarest word.

    Args:
      odds: a, b and c.
      scores: the CSLS of the candidates of each word, best first; at least ``POOL`` of them, or all if there are fewer.
      words: the number of words of the language of the built word.
    """
    a, b, c = odds
    return expit(a + b * log_softmax(SHARPNESS * scores, axis=1) + c * (np.log(words + 50.0) - 8)).astype(np.float32)
