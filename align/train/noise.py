"""Noise words: drawn in proportion to a power of their counts."""

import math

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Int, Key

_SLOTS = 1 << 20
_GOLDEN = np.uint32(0x9E3779B9)
"""(sqrt 5 - 1) / 2 of 2^32."""


class Noise(eqx.Module):
    """P(w) ~ count(w)^power as a table of 2^20 words, each in as many slots as its probability gives.

    Source: Mikolov et al. 2013 (NeurIPS), section 2.2: power 3/4 was the best. The table is word2vec's way of drawing.
    But: with a table a hundredth as long, a word of probability below 2^-20 mostly has no slot and is never noise: of a
    million words, the rarest.
    """

    table: Int[Array, " slots"]

    def draw(self, shape: tuple[int, ...], count: int, *, key: Key[Array, ""]) -> Int[Array, "..."]:
        """``count`` words for each of ``shape``, one from each of ``count`` strata of equal probability.

        The strata run from frequent words to rare, so that every draw of ``count`` has its share of both. The place in
        its stratum is, for the n-th word drawn, the fraction of U + n (sqrt 5 - 1) / 2 with one uniform U for all,
        stratum after stratum: the words come as evenly as they can, and cost a tenth of a random number each.
        Source: R. Cranley, T. Patterson, Randomization of Number Theoretic Methods for Multiple Integration, SIAM
        Journal on Numerical Analysis 1976.
        """
        draws = jnp.arange(count * math.prod(shape), dtype=jnp.uint32).reshape(count, -1).T.reshape(*shape, count)
        places = jax.random.bits(key) + draws * _GOLDEN  # modulo 2^32
        u = ((places >> 8).astype(jnp.float32) / (1 << 24) + jnp.arange(count)) / count
        return self.table[jnp.minimum((u * _SLOTS).astype(jnp.int32), _SLOTS - 1)]


def noise_of(counts: Int[np.ndarray, " v"], power: float = 0.75) -> Noise:
    """The noise of a vocabulary with these ``counts``.

    Raises:
        ValueError: no word, or a word that never occurs.
    """
    if len(counts) == 0 or counts.min() < 1:
        raise ValueError(f"{len(counts)} words, the rarest {counts.min(initial=0)} times; each at least once is needed")
    share = np.cumsum(counts.astype(np.float64) ** power)
    slots = np.searchsorted(share / share[-1], (np.arange(_SLOTS) + 0.5) / _SLOTS)
    return Noise(jnp.asarray(np.minimum(slots, len(counts) - 1), jnp.int32))
