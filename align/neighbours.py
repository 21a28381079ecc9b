"""The nearest words of a space."""

from align.space import Space, WordScore


def nearest(space: Space, word: str, k: int = 10) -> list[WordScore]:
    """Returns the k words of highest cosine to ``word``, best first, without the word itself.

    Args:
      space: the space to search.
      word: the query, in the vocabulary or with a vector from the space's units.
      k: number of words to return, at least 1.

    Raises:
      KeyError: the word has no vector; the message names words of similar spelling.
      ValueError: k < 1.

    Example:
      >>> import numpy as np
      >>> from align.text.vocab import Vocab
      >>> space = Space(Vocab(["cat", "dog", "run"]), np.array([[1, 0], [0.9, 0.1], [0, 1]], np.float32))
      >>> nearest(space, "cat", k=1)[0].word
      'dog'
    """
    return space.most_similar(word, k=k)
