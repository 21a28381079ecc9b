"""The axis letters and array types that every signature uses.

Axis letters: ``v`` words, ``d`` dims, ``e`` target dims, ``t`` tokens, ``b`` blocks or batch, ``c`` context,
``n`` negatives, ``q`` queries, ``k`` neighbours, ``u`` units. They are jaxtyping axis names: within one call a letter
stands for one size, and the tests check this at run time.
"""

import jax
import numpy as np
from jaxtyping import Bool, Float, Float32, Int, Key, Num

Host = np.ndarray
Device = jax.Array

__all__ = ["Bool", "Device", "Float", "Float32", "Host", "Int", "Key", "Num"]
