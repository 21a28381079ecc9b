"""Noise words, drawn in proportion to a power of their counts."""

import math

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Int, Key

from align.checks import SettingError

_SLOTS = 1 << 20
"""The number of slots of the table."""
_GOLDEN = np.uint32(0x9E3779B9)
"""2^32 (sqrt 5 - 1) / 2, rounded."""


class Noise(eqx.Module):
    """The distribution P(w) ~ count(w)^power, as a table of 2^20 slots, of which word w has the share P(w).

    Source: Mikolov et al. 2013 (NeurIPS), section 2.2, where power 3/4 was best. word2vec also draws from such a table.
    But: the table has a hundredth of word2vec's length, so most words of probability below 2^-20 have no slot and are
    never noise; in a vocabulary of a million words these are the rarest.
    """

    table: Int[Array, " slots"]

    def draw(self, shape: tuple[int, ...], count: int, *, key: Key[Array, ""]) -> Int[Array, "..."]:
        """Draws ``count`` words for each element of ``shape``, one from each of ``count`` strata of equal probability.

        The strata run from frequent words to rare ones, so that every ``count`` words contain both. The position of
        the n-th word in its stratum is the fractional part of U + n (sqrt 5 - 1) / 2, with one uniform U for all words.
        Such positions are evenly spread, and take a tenth of the time of independent random numbers.

        Returns:
            The words, shape (*shape, count).

        Source: R. Cranley, T. Patterson, Randomization of Number Theoretic Methods for Multiple Integration, SIAM
        Journal on Numerical Analysis 1976.
        """
        draws = jnp.arange(count * math.prod(shape), dtype=jnp.uint32).reshape(count, -1).T.reshape(*shape, count)
        places = jax.random.bits(key) + draws * _GOLDEN  # modulo 2^32
        u = ((places >> 8).astype(jnp.float32) / (1 << 24) + jnp.arange(count)) / count
        return self.table[jnp.minimum((u * _SLOTS).astype(jnp.int32), _SLOTS - 1)]


def noise_of(counts: Int[np.ndarray, " v"], power: float = 0.75) -> Noise:
    """Returns the noise distribution of a vocabulary.

    Args:
        counts: the count of each word, shape (v,).
        power: the power of the counts, 3/4 in word2vec, 1/2 in fastText.

    Raises:
        ValueError: there is no word, a count is below 1, or the powers of the counts have no finite sum above 0.
    """
    if len(counts) == 0:
        raise ValueError("an empty vocabulary has no noise words")
    if counts.min() < 1:
        raise ValueError(f"word {int(counts.argmin())} of the vocabulary has count {counts.min()}: must be at least 1")
    with np.errstate(over="ignore", invalid="ignore"):
        share = np.cumsum(counts.astype(np.float64) ** power)
    if not 0 < share[-1] < np.inf:
        raise SettingError("power", power, "the powers of the counts must have a finite sum above 0")
    slots = np.searchsorted(share / share[-1], (np.arange(_SLOTS) + 0.5) / _SLOTS)
    return Noise(jnp.asarray(np.minimum(slots, len(counts) - 1), jnp.int32))
