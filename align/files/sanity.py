"""Checks of vectors while they are read or written: finite, and not far outside the file's scale."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float32, Float64

MAX_RATIO = 1e9
"""A vector may be at most this many times as long as the longest vector before it or as the median of its block."""


_ROWS = 8192


def check_finite(vectors: Float32[np.ndarray, "v d"], words: Sequence[str], name: str = "") -> None:
    """Checks vectors before they are written, or those of a file that was mapped and not read.

    Args:
        vectors: the vectors, shape (v, d).
        words: their v words.
        name: the file that was mapped, for the message.

    Raises:
        ValueError: a vector has NaN or an infinity; names its word.

    >>> check_finite(np.eye(2, dtype=np.float32), ["king", "queen"], "a.safetensors")
    """
    for start in range(0, len(vectors), _ROWS):
        rows = vectors[start : start + _ROWS]
        if np.isfinite(np.vdot(rows, rows)):  # one pass without a copy; the squares of sound rows may overflow
            continue
        bad = np.flatnonzero(~np.isfinite(rows).all(axis=1))
        if len(bad):
            word = f"{words[start + int(bad[0])]!r}"
            if name:
                raise ValueError(f"{name}: {word} has a value that is not finite; the file is damaged")
            raise ValueError(f"{word} has a value beyond float32's range, or none; finite numbers were expected")


class AbsurdRowError(ValueError):
    """A vector is absurdly long compared with the others of its file: the file is damaged or misread."""


class RowCheck:
    """Checks the vectors of one file, block by block.

    One pass over the block sums the squares of each row, which finds NaN, infinities and absurd lengths.
    """

    def __init__(self, prefix: str) -> None:
        """``prefix`` is the text before the number of an entry in messages: the file, and the name of an entry."""
        self._prefix = prefix
        self._longest = 0.0

    def __call__(self, rows: Float32[np.ndarray, "n d"], words: Sequence[str], numbers: Sequence[int]) -> None:
        """Checks the next ``rows``.

        Raises:
            ValueError: a row holds NaN or an infinity; names the word and the number of its entry.
            AbsurdRowError: a row is more than `MAX_RATIO` times as long as any row before it and as the median row
                of its block.
        """
        with np.errstate(over="ignore", invalid="ignore"):
            squares: Float64[np.ndarray, " n"] = np.einsum("nd,nd->n", rows, rows).astype(np.float64)
        if not np.isfinite(squares).all():
            self._check_finite(rows, words, numbers)
            squares = np.square(np.asarray(rows, np.float64)).sum(axis=1)
        longest = float(squares.max(initial=0))
        if longest > MAX_RATIO**2 * self._longest:
            self._check_scale(rows, squares, words, numbers)
        self._longest = max(self._longest, longest)

    def _check_finite(self, rows: Float32[np.ndarray, "n d"], words: Sequence[str], numbers: Sequence[int]) -> None:
        finite = np.isfinite(rows)
        if finite.all():
            return
        bad = int(np.argmin(finite.all(axis=1)))
        raise ValueError(
            f"{self._prefix}{numbers[bad]}: {words[bad]!r} has the value {rows[bad][~finite[bad]][0]}; "
            "finite numbers within float32's range were expected"
        )

    def _check_scale(
        self,
        rows: Float32[np.ndarray, "n d"],
        squares: Float64[np.ndarray, " n"],
        words: Sequence[str],
        numbers: Sequence[int],
    ) -> None:
        positive = squares[squares > 0]
        scale = max(self._longest, float(np.median(positive)) if len(positive) else 0.0)
        bad = int(np.argmax(squares))
        if scale and squares[bad] > MAX_RATIO**2 * scale:
            value = rows[bad][np.argmax(np.abs(rows[bad]))]
            raise AbsurdRowError(
                f"{self._prefix}{numbers[bad]}: {words[bad]!r} has the value {value:.3g}, over {MAX_RATIO:.0e} times "
                "the length of the file's other vectors: the file is damaged, or not in the format it seems to be in"
            )
