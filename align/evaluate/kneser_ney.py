"""n-gram language model with interpolated, modified Kneser-Ney smoothing: the baseline of a neural language model."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int

from align.checks import at_least

_DISCOUNTS = (0.5, 1.0, 1.5)
"""The discounts of the counts 1, 2 and more, where a text is too small to estimate them."""


class _Order(NamedTuple):
    """The n-grams of one length n, sorted by key.

    The key of an n-gram is (number of its context) * (v + 1) + word. The number of a context is its place among the
    keys of length n - 1.
    """

    keys: Int[np.ndarray, " n"]
    share: Float[np.ndarray, " n"]
    """The discounted share of each n-gram among the n-grams with the same context."""
    rest: Float[np.ndarray, " c"]
    """For each context, the weight of the shorter n-grams; 1 if no word follows the context in the text."""


@dataclass(frozen=True, eq=False)
class KneserNey:
    """An n-gram model of word numbers, where -1 ends a sentence.

        p(w | h) = max(c(h w) - D(c), 0) / c(h .) + rest(h) p(w | h'),    h': h without its first word

    For the longest n-grams, c counts occurrences; for shorter n-grams, it counts the distinct words before them. D is
    one of three discounts, for the counts 1, 2 and more, computed from the numbers of n-grams that occur one to four
    times; where this gives no discount above 0, it is .5, 1 or 1.5. The shortest n-grams are interpolated with the
    uniform distribution. Each sentence is preceded by n - 1 sentence ends.

    Example:
        >>> model = fit_kneser_ney(np.array([0, 1, -1, 0, 2, -1]), words=3, order=2)
        >>> model.log_probabilities(np.array([0, 1, -1])).shape
        (3,)

    Source: S. Chen, J. Goodman, An Empirical Study of Smoothing Techniques for Language Modeling, 1998, section 3
    (modified, interpolated).
    """

    words: int
    orders: tuple[_Order, ...]

    def log_probabilities(self, ids: Int[np.ndarray, " t"]) -> Float[np.ndarray, " t"]:
        """Returns the natural logarithm of the probability of each word and sentence end, given the words before it.

        Args:
            ids: sentences of word numbers, each ended by -1.
        """
        text, predicted = _padded(ids, self.words, len(self.orders))
        at = np.flatnonzero(predicted)
        found = np.full(len(at), 1 / (self.words + 1))
        contexts = np.zeros(len(text), np.int64)
        for length, order in enumerate(self.orders):
            before = contexts[at - 1] if length else np.zeros(len(at), np.int64)
            rest = np.where(before >= 0, order.rest[before], 1.0)
            place, known = _places(order.keys, before, text[at], self.words)
            found = rest * found + np.where(known & (before >= 0), order.share[place], 0.0)
            contexts = self._contexts(text, contexts, length)
        return np.log(found)

    def _contexts(
        self, text: Int[np.ndarray, " t"], before: Int[np.ndarray, " t"], length: int
    ) -> Int[np.ndarray, " t"]:
        """Returns the number of the n-gram of ``length`` + 1 words that ends at each place, -1 if it is unknown."""
        shorter = np.roll(before, 1) if length else np.zeros(len(text), np.int64)
        place, known = _places(self.orders[length].keys, shorter, text, self.words)
        return np.where(known & (shorter >= 0), place, -1)


def fit_kneser_ney(ids: Int[np.ndarray, " t"], *, words: int, order: int = 3) -> KneserNey:
    """Returns the n-gram model of a text.

    Args:
        ids: sentences of word numbers, each ended by -1.
        words: the number of words; numbers are below it.
        order: n, the length of the longest n-grams.

    Raises:
        ValueError: ``order`` is below 1, the text has no word, or a number is not below ``words``.

    Example:
        >>> model = fit_kneser_ney(np.array([0, 1, -1, 0, 2, -1]), words=3)
        >>> len(model.orders)
        3
    """
    at_least(order, 1, "order")
    if not len(ids) or int(np.max(ids)) < 0:
        raise ValueError("a text without words has no n-grams; at least one word was expected")
    if (largest := int(np.max(ids))) >= words:
        raise ValueError(f"the text has the word number {largest}; numbers below {words} were expected")
    text, predicted = _padded(ids, words, order)
    contexts, keys = np.zeros(len(text), np.int64), list[np.ndarray]()
    numbers: list[np.ndarray] = []
    for length in range(order):
        shorter = np.roll(contexts, 1) if length else contexts
        distinct, contexts = np.unique(shorter * (words + 1) + text, return_inverse=True)
        keys.append(distinct)
        numbers.append(contexts)
    orders: list[_Order] = []
    for length in range(order):
        if length == order - 1:
            counts = np.bincount(numbers[length][predicted], minlength=len(keys[length]))
        else:  # each distinct longer n-gram that ends in a predicted word counts once
            longer = np.unique(numbers[length + 1][predicted], return_index=True)[1]
            counts = np.bincount(numbers[length][predicted][longer], minlength=len(keys[length]))
        context_count = len(keys[length - 1]) if length else 1
        orders.append(_discounted(keys[length], counts, keys[length] // (words + 1), context_count))
    return KneserNey(words, tuple(orders))


def _discounted(keys: np.ndarray, counts: np.ndarray, contexts: np.ndarray, context_count: int) -> _Order:
    """Returns an order, given the count of each n-gram; an n-gram that is only a context has count 0."""
    of_counts = np.bincount(np.minimum(counts, 5), minlength=6).astype(float)
    n1, n2, n3, n4 = of_counts[1:5]
    y = n1 / (n1 + 2 * n2) if n1 else 0.0
    steps = ((1, n1, n2), (2, n2, n3), (3, n3, n4))
    given = [count - (count + 1) * y * after / now if n1 and now else 0.0 for count, now, after in steps]
    discounts = np.array([0.0, *(own if own > 0 else fixed for own, fixed in zip(given, _DISCOUNTS, strict=True))])
    taken = discounts[np.minimum(counts, 3)]
    total = np.bincount(contexts, counts, context_count)
    left = np.bincount(contexts, taken, context_count)
    rest = np.where(total > 0, left / np.maximum(total, 1), 1.0)
    return _Order(keys, (counts - taken) / np.maximum(total, 1)[contexts], rest)


def _padded(ids: Int[np.ndarray, " t"], words: int, order: int) -> tuple[Int[np.ndarray, " s"], Bool[np.ndarray, " s"]]:
    """Returns the text with n - 1 ends (number ``words``) before each sentence, and which places are predicted."""
    ids = np.asarray(ids, np.int64)
    begins = np.concatenate([[True], ids[:-1] < 0])
    padding = np.where(begins, max(order - 1, 1), 0)
    at = np.arange(len(ids)) + np.cumsum(padding)
    text = np.full(len(ids) + int(padding.sum()), words, np.int64)
    text[at] = np.where(ids < 0, words, ids)
    predicted = np.zeros(len(text), bool)
    predicted[at] = True
    return text, predicted


def _places(
    keys: np.ndarray, contexts: np.ndarray, words: np.ndarray, size: int
) -> tuple[Int[np.ndarray, " n"], Bool[np.ndarray, " n"]]:
    """Returns the place of each n-gram among the sorted keys, and whether the n-gram is there."""
    wanted = contexts * (size + 1) + words
    place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return place, keys[place] == wanted
