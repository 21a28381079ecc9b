"""Encoder: a bidirectional language model that gives each word of a sentence vectors that depend on the sentence."""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Float32, Int, Int32

from align.message import number_of
from align.networks.bilm import BiLM, BiLMSizes, init_bilm
from align.tensors import load_tensors, save_tensors
from align.text.characters import Alphabet
from align.text.vocab import PackedWords, Vocab

FORMAT = "align encoder 1"
ENDING = ".encoder"
_MAX_TOKENS = 4096
"""The largest number of tokens of a batch of several sentences, padding included."""
_WORDS = 512
"""Words whose characters are read at once."""
_PREDICTIONS = 64
"""Predictions of the whole vocabulary that are computed at once."""


class _Batch(NamedTuple):
    """Sentences of similar length.

    Args:
        sentences: the number of each sentence.
        places: the rows of their words in the table of word vectors, in the order in which each direction reads. Row 0
            is the end of a sentence, which is also the padding.
    """

    sentences: list[int]
    places: Int32[np.ndarray, "two b t"]


@dataclass(frozen=True, eq=False)
class Encoder:
    """ELMo: a bidirectional language model that reads the characters of words.

    A sentence has ``layers`` vectors of ``dim`` dimensions for each word. Layer 0 depends on the word alone, and its
    two halves are equal. The halves of the other layers come from a forward and a backward LSTM. A task mixes the
    layers (``Mixture``). Words that are not in the vocabulary have vectors too, because only their characters are read.

    Args:
        vocab: the words that the language model predicts.
        alphabet: the characters that the network knows.
        sizes: the sizes of the network.
        network: the network.
        softmax: weights and bias (the last column) of each word and then of the end of a sentence, shape
            (v + 1, dim / 2 + 1).
        name: the name of the encoder.
        language: ``en``, ``zh``, or empty if it is unknown.

    Raises:
        ValueError: the shape of ``softmax`` is not (v + 1, dim / 2 + 1).

    Example:
        >>> from align import ELMo, Corpus, train
        >>> text = Corpus.from_sentences([["a", "cat", "sat"], ["a", "dog", "sat"]] * 4, min_count=1)
        >>> encoder = train(ELMo(dim=4, cells=8, filters="1:4,2:4"), text)
        >>> [layers.shape for layers in encoder.encode([["a", "cat"], ["dogs"]])]
        [(3, 2, 8), (3, 1, 8)]

    Source: Peters et al. 2018, section 3.
    But: the LSTMs start every sentence from the state 0, in training as well. In the published code they start from
    the last state of the previous sentence, so a sentence that is encoded twice has different vectors.
    """

    vocab: Vocab
    alphabet: Alphabet
    sizes: BiLMSizes
    network: BiLM
    softmax: Float[np.ndarray, "v d"]
    name: str = ""
    language: str = ""

    def __post_init__(self) -> None:
        expected = (len(self.vocab) + 1, self.sizes.dim + 1)
        if self.softmax.shape != expected:
            raise ValueError(f"a softmax of shape {self.softmax.shape}; {expected} was expected")

    def __repr__(self) -> str:
        named = f"{self.name!r}, " if self.name else ""
        parts = (number_of(self.layers, "layer"), number_of(self.dim, "dimension"), number_of(len(self.vocab), "word"))
        return f"Encoder({named}{', '.join(parts)})"

    @property
    def layers(self) -> int:
        """The number of vectors of a word in its sentence."""
        return self.sizes.layers + 1

    @property
    def dim(self) -> int:
        """The number of dimensions of each of these vectors, both directions together."""
        return 2 * self.sizes.dim

    @property
    def parameters(self) -> int:
        """The number of parameters of the network, without the softmax."""
        return sum(leaf.size for leaf in jax.tree.leaves(eqx.filter(self.network, eqx.is_array)))

    def encode(self, sentences: Sequence[Sequence[str]]) -> list[Float32[np.ndarray, "layers t d"]]:
        """Returns the vectors of the words of sentences, which are computed in batches of similar length.

        Args:
            sentences: sentences of words, tokenised as the corpus was.

        Returns:
            For each sentence an array of shape (layers, t, dim), t its number of words.

        Raises:
            ValueError: a sentence is a string.
        """
        found: list[Float32[np.ndarray, "layers t d"]] = [np.zeros((0, 0, 0), np.float32)] * len(sentences)
        for batch, states in self._states(sentences):
            lengths = [len(sentences[number]) for number in batch.sentences]
            for row, (number, length) in enumerate(zip(batch.sentences, lengths, strict=True)):
                forward = states[:, 0, row, 1 : length + 1]
                backward = states[:, 1, row, 1 : length + 1][:, ::-1]
                found[number] = np.concatenate([forward, backward], axis=2)
        return found

    def log_probabilities(self, sentences: Sequence[Sequence[str]]) -> list[Float32[np.ndarray, "two t"]]:
        """Returns the logarithm of the probability of each word in its sentence, over the whole vocabulary.

        Args:
            sentences: sentences of words of the vocabulary.

        Returns:
            For each sentence of t words an array of shape (2, t + 1). Row 0: each word given all words before it, and
            then the end of the sentence. Row 1: each word given all words after it, and then the start of the sentence.

        Raises:
            KeyError: a word is not in the vocabulary.
            ValueError: a sentence is a string.
        """
        rows, end = [self.vocab.ids(sentence) for sentence in sentences], len(self.vocab)
        for sentence, ids in zip(sentences, rows, strict=True):
            if (ids < 0).any():
                raise KeyError(f"{sentence[int(ids.argmin())]!r} is not in the vocabulary of the encoder")
        found = [np.zeros((2, len(ids) + 1), np.float32) for ids in rows]
        table = jnp.asarray(self.softmax)
        for batch, states in self._states(sentences):
            lengths = [len(rows[number]) + 1 for number in batch.sentences]
            top = [states[-1, way, i, :n] for way in (0, 1) for i, n in enumerate(lengths)]
            targets = [np.append(rows[number][:: 1 - 2 * way], end) for way in (0, 1) for number in batch.sentences]
            values = _scores(table, np.concatenate(top), np.concatenate(targets))
            parts = iter(np.split(values, np.cumsum([*lengths, *lengths])[:-1]))
            for number in batch.sentences:
                found[number][0] = next(parts)
            for number in batch.sentences:
                backward = next(parts)
                found[number][1] = np.append(backward[:-1][::-1], backward[-1])
        return found

    def _states(
        self, sentences: Sequence[Sequence[str]]
    ) -> Iterator[tuple[_Batch, Float32[np.ndarray, "layers two b t d"]]]:
        """Yields the outputs of all layers, batch by batch, in the order in which each direction reads."""
        for sentence in sentences:
            if isinstance(sentence, str):
                raise ValueError(f"the sentence {sentence[:40]!r} is a string; a list of words was expected")  # noqa: TRY004
        index: dict[str, int] = {}
        places = [np.array([index.setdefault(word, len(index) + 1) for word in s], np.int32) for s in sentences]
        vectors = self._vectors(list(index))
        for batch in _batches(places):
            yield batch, np.asarray(_layers(self.network, vectors, batch.places))

    def _vectors(self, words: list[str]) -> Float[Array, "w d"]:
        """Returns the vectors of the end of a sentence (row 0) and of words, which depend on their characters alone."""
        rows = np.concatenate([self.alphabet.boundary()[None], self.alphabet.rows(words)])
        padded = np.zeros((_rounded(len(rows)), rows.shape[1]), np.int32)
        padded[: len(rows)] = rows
        blocks = np.split(padded, range(_WORDS, len(padded), _WORDS))
        return jnp.concatenate([_words(self.network, block) for block in blocks])

    @cached_property
    def boundary(self) -> Float32[np.ndarray, " d"]:
        """The vector of the end of a sentence, before the LSTMs."""
        return np.asarray(self._vectors([])[0])

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes the encoder to ``path``, whole or not at all.

        Arrays: ``words`` (UTF-8, a newline after each), ``letters`` (UTF-8), ``counts`` where they are known,
        ``softmax``, and those of the network, such as ``.forward[0].inputs``. Metadata: ``format``, ``count`` (v),
        ``longest``, ``sizes`` (JSON), ``name``, ``language``.

        Raises:
            OSError: the file cannot be written.
        """
        arrays = {
            "words": PackedWords.pack(list(self.vocab.words)).block,
            "letters": np.frombuffer(self.alphabet.letters.encode(), np.uint8),
            "softmax": np.asarray(self.softmax, np.float32),
            **{name: np.asarray(leaf, np.float32) for name, leaf in _named(self.network).items()},
        }
        if self.vocab.counts is not None:
            arrays["counts"] = np.asarray(self.vocab.counts, np.int64)
        metadata = {
            "format": FORMAT,
            "count": str(len(self.vocab)),
            "longest": str(self.alphabet.longest),
            "sizes": json.dumps(asdict(self.sizes)),
            "name": self.name,
            "language": self.language,
        }
        save_tensors(path, arrays, metadata)


def open_encoder(path: str | os.PathLike[str]) -> Encoder:
    """Opens a file that ``Encoder.save`` has written.

    Raises:
        ValueError: another kind of file, or one whose parts contradict each other; names the file and what was
            expected.
        OSError: the file cannot be read.

    Example:
        >>> open_encoder("pyproject.toml")
        Traceback (most recent call last):
        ...
        ValueError: pyproject.toml: not a safetensors file (no header at its start)
    """
    arrays, metadata = load_tensors(path)
    said = metadata.get("format", "not given")
    if said != FORMAT:
        raise ValueError(f"{path}: not an encoder (its format is {said!r}; {FORMAT!r} was expected)")
    try:
        return _opened(dict(arrays), metadata)
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{path}: not a whole encoder ({error.args[0] if error.args else error})") from error


def _opened(arrays: dict[str, np.ndarray], metadata: Mapping[str, str]) -> Encoder:
    """Returns the encoder in the arrays and metadata of its file."""
    given: dict[str, Any] = json.loads(metadata["sizes"])
    given["filters"] = tuple((taps, n) for taps, n in given["filters"])
    sizes = BiLMSizes(**given)
    alphabet = Alphabet(arrays.pop("letters").tobytes().decode(), int(metadata["longest"]))
    words = PackedWords.read(arrays.pop("words"), int(metadata["count"])).decoded
    vocab, softmax = Vocab(words, arrays.pop("counts", None)), arrays.pop("softmax")
    like = eqx.filter_eval_shape(init_bilm, sizes, alphabet.size, key=jax.random.key(0))
    expected = {name: (leaf.shape, leaf.dtype) for name, leaf in _named(like).items()}
    if {name: (array.shape, array.dtype) for name, array in arrays.items()} != expected:
        raise ValueError("its arrays do not have the names and shapes that its sizes give")
    bad = [name for name, array in (*arrays.items(), ("softmax", softmax)) if not np.isfinite(array).all()]
    if bad:
        raise ValueError(f"array {bad[0]!r} holds a value that is not finite")
    network = jax.tree.unflatten(jax.tree.structure(like), [jnp.asarray(arrays[name]) for name in expected])
    return Encoder(vocab, alphabet, sizes, network, softmax, metadata.get("name", ""), metadata.get("language", ""))


def is_encoder(path: str | os.PathLike[str]) -> bool:
    """Returns whether a file is one that ``Encoder.save`` has written."""
    try:
        return load_tensors(Path(path))[1].get("format") == FORMAT
    except (ValueError, OSError):
        return False


def _named(network: BiLM) -> dict[str, Any]:
    """Returns the arrays of a network by their paths, such as ``.forward[0].inputs``."""
    leaves = jax.tree_util.tree_flatten_with_path(network)[0]
    return {jax.tree_util.keystr(place): leaf for place, leaf in leaves}


def _batches(sentences: Sequence[np.ndarray]) -> list[_Batch]:
    """Returns batches of sentences; all sentences of a batch are padded to the same length, one of few lengths."""
    batches: list[_Batch] = []
    order = sorted(range(len(sentences)), key=lambda number: len(sentences[number]))
    padded = [_rounded(len(sentences[number]) + 1) for number in order]
    starts = [0, *(i for i in range(1, len(order)) if padded[i] != padded[i - 1]), len(order)]
    for first, last in pairwise(starts):
        if first == last:
            continue
        length = padded[first]
        room = max(1, _MAX_TOKENS // length)
        for at in range(first, last, room):
            chosen = order[at : min(at + room, last)]
            places = np.zeros((2, min(room, _rounded(len(chosen))), length), np.int32)
            for row, number in enumerate(chosen):
                words = sentences[number]
                places[:, row, 1 : len(words) + 1] = words, words[::-1]
            batches.append(_Batch(chosen, places))
    return batches


def _rounded(length: int) -> int:
    """Returns the smallest of 8, 12, 16, 24, 32, 48 ... that is not below ``length``."""
    size = 8
    while size < length:
        size = size * 3 // 2 if size & (size - 1) == 0 else size * 4 // 3
    return size


@eqx.filter_jit
def _words(network: BiLM, characters: Any) -> Float[Array, "w d"]:
    """Returns the vectors of words, given their characters."""
    return network.words(characters)


@eqx.filter_jit
def _layers(network: BiLM, vectors: Float[Array, "w d"], places: Any) -> Float[Array, "layers two b t d"]:
    """Returns the outputs of all layers; ``places`` (2, b, t) has the rows of the words for each direction."""
    inputs = vectors[places[0].T], vectors[places[1].T]
    resets = jnp.zeros(places.shape[:0:-1], bool)
    outputs, _ = network(inputs, (resets, resets), network.zeros(places.shape[1]))
    return jnp.stack([jnp.stack(layer) for layer in (inputs, *outputs)]).swapaxes(2, 3)


def _scores(
    table: Float[Array, "v e"], states: Float32[np.ndarray, "n d"], targets: Int[np.ndarray, " n"]
) -> Float32[np.ndarray, " n"]:
    """Returns the log-probability of each target, computed in blocks of equal size."""
    count = len(targets)
    room = -(-count // _PREDICTIONS) * _PREDICTIONS
    padded = np.zeros((room, states.shape[1]), np.float32)
    padded[:count] = states
    wanted = np.zeros(room, np.int32)
    wanted[:count] = targets
    blocks = range(0, room, _PREDICTIONS)
    parts = [_block_scores(table, padded[i : i + _PREDICTIONS], wanted[i : i + _PREDICTIONS]) for i in blocks]
    return np.concatenate([np.asarray(part) for part in parts])[:count]


@jax.jit
def _block_scores(
    table: Float[Array, "v e"], states: Float[Array, "n d"], targets: Int[Array, " n"]
) -> Float[Array, " n"]:
    """Returns the log-probability of each target of a block."""
    logits = states @ table[:, :-1].T + table[:, -1]
    picked = jnp.take_along_axis(logits, targets[:, None], axis=1)[:, 0]
    return picked - jax.nn.logsumexp(logits, axis=1)
