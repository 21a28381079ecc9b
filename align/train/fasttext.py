"""Settings of fastText: skip-gram or CBOW with words as bags of character n-grams."""

from dataclasses import dataclass, replace
from typing import ClassVar, Literal, NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float32, Int

from align.checks import SettingError, at_least_one, not_negative
from align.progress import Report
from align.space import Space
from align.text.corpus import Corpus
from align.text.units import HashedNgrams, UnitBags, bags
from align.text.vocab import Vocab
from align.train.batchers.text import TextBatcher
from align.train.batchers.units import UnitBatcher, bag_table, room_of
from align.train.model import Plan, Request
from align.train.objectives.encoders import BagEncoder, InputEncoder, WordEncoder
from align.train.objectives.lookup import BagRows, Lookup, check_dim
from align.train.objectives.window import WindowObjective
from align.train.sources.text import check_pairs, step_tokens
from align.train.step import State
from align.train.window_models import NegativeSamplingOutput

LENGTHS = {"zh": (1, 3)}
"""Lengths of n-grams in languages for which 3 to 6 characters are too many."""
_BLOCK = 1 << 17
"""Words whose n-grams are computed at once."""


class Lengths(NamedTuple):
    """The shortest and the longest n-grams, in characters."""

    minn: int
    maxn: int


class Ngrams(NamedTuple):
    """The n-grams of a vocabulary: the numbers of their buckets, ascending, and each word's bag of rows.

    Row w < v belongs to word w, and row v + i to bucket ``numbers[i]``.
    """

    numbers: Int[np.ndarray, " b"]
    bags: UnitBags


@dataclass(frozen=True, kw_only=True)
class FastText(NegativeSamplingOutput[Space]):
    """fastText: the vector of a word is the mean of its own row and the rows of its character n-grams.

    The space has the vectors of n-grams too (``Space.units``), so that unseen words get vectors.

    >>> FastText(dim=50, minn=2, maxn=4).maxn
    4

    Source: P. Bojanowski, E. Grave, A. Joulin, T. Mikolov, Enriching Word Vectors with Subword Information, TACL 2017.
    But: n-grams that no word of the corpus has keep the vector 0; in fastText they keep a random vector. CBOW averages
    the vectors of words, weighted by distance; fastText's CBOW averages the n-grams of all words.
    """

    takes: ClassVar[frozenset[str]] = frozenset({"start", "devices", "workers", "shard", "checkpoint"})
    tokens_per_step: ClassVar[int] = 512  # n-grams of many words reach the cap in larger steps, and learn less
    rows_per_word: ClassVar[int] = 7

    rate: float = 0.05
    power: float = 0.5
    shared: int = 64
    cap: float = 32.0  # rows of frequent n-grams reach this cap; with 64, words that share them move too far in a step
    model: Literal["skipgram", "cbow"] = "skipgram"
    """``skipgram``: each word predicts its neighbours. ``cbow``: the neighbours together predict the word."""
    minn: int = 0
    """Length of the shortest n-grams; 0: as in the initial vectors, else 3, or 1 in a Chinese corpus."""
    maxn: int = 0
    """Length of the longest n-grams; 0: as in the initial vectors, else 6, or 3 in a Chinese corpus."""
    buckets: int = 2_000_000
    """Number of hash values of n-grams; n-grams with the same hash value share a vector."""

    def __post_init__(self) -> None:
        super().__post_init__()
        at_least_one(self, "buckets")
        not_negative(self, "minn", "maxn")
        if 0 < self.maxn < self.minn:
            raise SettingError("maxn", self.maxn, f"must be at least the shortest length, {self.minn}")
        if self.vectors != "in":
            raise SettingError("vectors", self.vectors, "fastText has n-grams of words only: must be in")

    def encoder(self, lookup: Lookup) -> InputEncoder:
        """Returns the encoder of single words or of bags of words."""
        if self.model == "skipgram":
            return WordEncoder(lookup, self.window, self.fixed)
        return BagEncoder(lookup, self.window, self.fixed, divided=False)

    def plan(self, corpus: Corpus, request: Request, *, report: Report = lambda *_: None) -> Plan:
        """Returns the run of this model on ``corpus``.

        Raises:
            ValueError: no two words of the corpus are in one window, or the initial vectors have other dimensions or
                other n-grams.
        """
        check_pairs(corpus)
        start, vocab = request.start, corpus.vocab
        resolved = replace(self, **self._lengths(corpus, start)._asdict())
        ngrams = resolved.ngrams(vocab, report=report)
        units, keep = len(vocab) + len(ngrams.numbers), self.keep(vocab)
        size = self.batch or step_tokens(corpus, self.dim, self.tokens_per_step)
        share = np.asarray(keep) * vocab.occurrences
        room = room_of(ngrams.bags, share / share.sum(), size)
        text = TextBatcher(keep, size, 1)
        batcher = UnitBatcher(text, bag_table(ngrams.bags, units), room)
        first = None if start is None else jnp.asarray(_first_rows(start, vocab, ngrams))
        encoder = self.encoder(BagRows(first, units, self.dim))
        objective = WindowObjective(encoder, self.output(vocab, text), self.cap)

        def finish(state: State) -> Space:
            return _with_other_buckets(resolved.space_of(state, corpus, ngrams), start)

        return self.plan_of(corpus, request, objective, batcher, finish)

    def _lengths(self, corpus: Corpus, start: Space | None) -> Lengths:
        """Returns the lengths of n-grams in a run; raises ValueError if the initial vectors do not fit the model."""
        minn, maxn = LENGTHS.get(corpus.language, (3, 6))
        units = None if start is None else start.units
        if isinstance(units, HashedNgrams):
            minn, maxn = units.minn, units.maxn
        minn, maxn = self.minn or minn, self.maxn or maxn
        if maxn < minn:
            raise SettingError("minn", minn, f"must be at most the longest length, {maxn}")
        if start is not None:
            check_dim(start, self.dim)
        if isinstance(units, HashedNgrams) and (units.minn, units.maxn, units.buckets) != (minn, maxn, self.buckets):
            raise ValueError(
                f"the initial vectors have n-grams of {units.minn} to {units.maxn} characters in {units.buckets:,} "
                f"buckets; the model has {minn} to {maxn} in {self.buckets:,}"
            )
        return Lengths(minn, maxn)

    def ngrams(self, vocab: Vocab, *, report: Report = lambda *_: None) -> Ngrams:
        """Returns the n-grams of a vocabulary; ``minn`` and ``maxn`` are above 0."""
        words, found = [word.encode() for word in vocab.words], list[UnitBags]()
        for first in range(0, len(words), _BLOCK):
            if len(words) > _BLOCK:
                report("n-grams", first, len(words))
            found.append(bags(words[first : first + _BLOCK], self.minn, self.maxn, self.buckets))
        ids, sizes = (np.concatenate(part) for part in zip(*found, strict=True))
        numbers, rows = np.unique(ids, return_inverse=True)
        begins = np.cumsum(sizes) - sizes
        return Ngrams(numbers, UnitBags(np.insert(rows + len(words), begins, np.arange(len(words))), sizes + 1))

    def space(self, state: State, corpus: Corpus) -> Space:
        """Returns the space of a trained state; ``minn`` and ``maxn`` are above 0."""
        return self.space_of(state, corpus, self.ngrams(corpus.vocab))

    def space_of(self, state: State, corpus: Corpus, ngrams: Ngrams) -> Space:
        """Returns the space of a trained state, given the n-grams of the vocabulary."""
        rows = np.array(state.parameters.tables["unit"][:-1, : self.dim])
        vectors = rows[: len(corpus.vocab)]
        if not len(ngrams.numbers):
            return Space(corpus.vocab, vectors, name=corpus.name)
        units = HashedNgrams(rows[len(corpus.vocab) :], self.minn, self.maxn, ngrams.numbers, self.buckets)
        units.complete(vectors, [word.encode() for word in corpus.vocab.words])
        return Space(corpus.vocab, vectors, units, corpus.name)


def _with_other_buckets(space: Space, start: Space | None) -> Space:
    """Returns ``space`` with the n-grams of ``start`` that the corpus lacks, besides its own."""
    units, before = space.units, None if start is None else start.units
    if not isinstance(units, HashedNgrams) or not isinstance(before, HashedNgrams) or units.numbers is None:
        return space
    return replace(space, units=before.with_buckets(units.numbers, units.table))


def _first_rows(start: Space, vocab: Vocab, ngrams: Ngrams) -> Float32[np.ndarray, "u d"]:
    """Returns the initial rows of the table, which give words of ``start`` their vectors there; NaN for other words.

    n-grams start with their vectors in ``start``, or with 0 if it has none.
    """
    known = np.flatnonzero(start.vocab.ids(vocab.words) >= 0)
    words = [str(vocab.words[i]) for i in known.tolist()]
    own = np.array(start.of(words), np.float32)
    first = np.full((len(vocab), start.dim), np.nan, np.float32)
    if isinstance(start.units, HashedNgrams):
        start.units.own_rows(own, [word.encode() for word in words])
        units = start.units.of_buckets(ngrams.numbers)
    else:
        own *= ngrams.bags.sizes[known, None].astype(np.float32)
        units = np.zeros((len(ngrams.numbers), start.dim), np.float32)
    first[known] = own
    return np.concatenate([first, units])
