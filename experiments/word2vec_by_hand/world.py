"""The data of the tables: the sentence's words, the window at each position, and two tables of vectors."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from align.text.vocab import Vocab
from experiments.word2vec_by_hand.sentence import SENTENCE, Window, noise, tokens_of, vocab_of, windows

DIM, NEGATIVES, RATE = 3, 3, 0.5
CENTRE, CONTEXT = "cat", "white"


class World(NamedTuple):
    """The sentence's words, the window at each position, the centre vectors v and the context vectors u."""

    vocab: Vocab
    slid: list[Window]
    inner: Float[np.ndarray, "v d"]
    outer: Float[np.ndarray, "v d"]
    seed: int

    def draw(self, o: int, rng: np.random.Generator) -> Int[np.ndarray, " n"]:
        """Draws noise words by count^0.75, with replacement, but never the context word o itself."""
        shares = noise(self.vocab)
        shares[o] = 0
        return rng.choice(len(self.vocab), NEGATIVES, p=shares / shares.sum())


def world(*, seed: int) -> World:
    """Returns the sentence with tables drawn from the normal distribution."""
    tokens = tokens_of(SENTENCE)
    vocab = vocab_of(tokens)
    inner, outer = np.random.default_rng(seed).normal(scale=0.7, size=(2, len(vocab), DIM))
    return World(vocab, windows(tokens), inner, outer, seed)


def dims(letter: str) -> tuple[str, ...]:
    """Returns the column names of a vector's components: V₁, V₂, ..."""
    return tuple(f"{letter}{'₁₂₃₄₅₆₇₈₉'[i]}" for i in range(DIM))


def numbers(vector: Float[np.ndarray, " d"]) -> tuple[float, ...]:
    """Returns a vector as cells of a table."""
    return tuple(float(value) for value in vector)
