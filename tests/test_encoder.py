"""The encoder: vectors that depend on the right words only, probabilities, and its file."""

import re
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest

from align.encoder import Encoder, is_encoder, open_encoder
from align.tensors import load_tensors, save_tensors
from tests.train.cycles import encoder

SENTENCES = [["a", "b", "c"], [], ["ab"], ["h", "zz", "c", "d", "e", "f", "g", "h", "a", "b"], ["a", "b", "d"]]


def naive(words: list[str]) -> np.ndarray:
    """The layers of a sentence, computed alone and step by step, without padding."""
    one = encoder()
    network, dim = one.network, one.sizes.dim
    rows = np.concatenate([one.alphabet.boundary()[None], one.alphabet.rows(words)])
    x = np.asarray(network.words(jnp.asarray(rows)))
    found = np.zeros((one.layers, len(words), one.dim), np.float32)
    found[0] = np.concatenate([x[1:], x[1:]], axis=1)
    for way, lstms in enumerate((network.forward, network.backward)):
        order = [0, *range(1, len(words) + 1)[:: 1 - 2 * way]]
        states = list(network.zeros(1)[way])
        for place in order:
            given = x[place][None]
            for layer, lstm in enumerate(lstms):
                states[layer], _ = lstm.step(given @ lstm.inputs + lstm.bias, states[layer])
                given = states[layer].output + (given if layer else 0)
                if place:
                    found[layer + 1, place - 1, way * dim : (way + 1) * dim] = np.asarray(given[0])
    return found


def test_sentences_of_a_batch_have_the_vectors_that_they_have_alone() -> None:
    found = encoder().encode(SENTENCES)
    assert [one.shape for one in found] == [(3, len(words), 12) for words in SENTENCES]
    for words, layers in zip(SENTENCES, found, strict=True):
        if words:
            np.testing.assert_allclose(layers, naive(words), atol=1e-5)


def test_a_forward_state_depends_on_the_words_before_and_a_backward_state_on_those_after() -> None:
    one, other = encoder().encode([["a", "b", "c", "d"], ["a", "b", "c", "h"]])
    half = encoder().sizes.dim
    np.testing.assert_allclose(one[:, :3, :half], other[:, :3, :half], atol=1e-6)
    assert (np.abs(one[1:, :3, half:] - other[1:, :3, half:]).max(axis=2) > 1e-5).all()
    np.testing.assert_allclose(one[0, :3], other[0, :3], atol=1e-6)


def test_an_unseen_word_has_a_vector_of_its_characters() -> None:
    seen, unseen = encoder().encode([["ab"], ["ba"]])
    assert "ba" not in encoder().vocab
    assert np.isfinite(unseen).all()
    assert (seen != unseen).any()


def test_probabilities_are_those_of_a_softmax_over_all_words() -> None:
    one = encoder()
    words = ["a", "b", "c", "d"]
    ids = one.vocab.ids(words).tolist()
    end, network = len(one.vocab), one.network
    rows = np.concatenate([one.alphabet.boundary()[None], one.alphabet.rows(words)])
    x = np.asarray(network.words(jnp.asarray(rows)))
    expected = np.zeros((2, 5))
    for way, lstms in enumerate((network.forward, network.backward)):
        order, states = list(range(4))[:: 1 - 2 * way], list(network.zeros(1)[way])
        for step, place in enumerate([-1, *order]):
            given = x[place + 1][None]
            for layer, lstm in enumerate(lstms):
                states[layer], _ = lstm.step(given @ lstm.inputs + lstm.bias, states[layer])
                given = states[layer].output + (given if layer else 0)
            logits = np.asarray(given[0]) @ one.softmax[:, :-1].T + one.softmax[:, -1]
            chances = np.exp(logits) / np.exp(logits).sum()
            target = order[step] if step < 4 else 4
            expected[way, target] = np.log(chances[[*ids, end][target]])
    found, _ = one.log_probabilities([words, []])
    np.testing.assert_allclose(found, expected, atol=1e-4)
    with pytest.raises(KeyError, match="'zz' is not in the vocabulary"):
        one.log_probabilities([["a", "zz"]])


def test_a_saved_encoder_is_the_same(tmp_path: Path) -> None:
    one, path = encoder(), tmp_path / "e.safetensors"
    one.save(path)
    other = open_encoder(path)
    assert is_encoder(path)
    assert not is_encoder(__file__)
    assert (repr(other), list(other.vocab)) == (repr(one), list(one.vocab))
    assert repr(one) == "Encoder('cycles', 3 layers, 12 dimensions, 12 words)"
    assert (other.alphabet, other.sizes, other.language) == (one.alphabet, one.sizes, "en")
    for ours, theirs in zip(one.encode(SENTENCES), other.encode(SENTENCES), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def broken(tmp_path: Path, **changes: object) -> Path:
    """The file of the encoder with arrays or metadata replaced; None leaves one out."""
    path = tmp_path / "broken.safetensors"
    encoder().save(path)
    arrays, metadata = load_tensors(path)
    arrays = {name: np.array(array) for name, array in arrays.items()}
    for name, value in changes.items():
        where = metadata if name in metadata else arrays
        where.pop(name)
        if value is not None:
            where[name] = value
    save_tensors(path, arrays, metadata)
    return path


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"format": "align space 1"}, "not an encoder (its format is 'align space 1'"),
        ({"softmax": None}, "not a whole encoder (softmax"),
        ({"softmax": np.zeros((3, 7), np.float32)}, "a softmax of shape (3, 7)"),
        ({"softmax": np.full((13, 7), np.nan, np.float32)}, "array 'softmax' holds a value that is not finite"),
        ({".words.bias": np.zeros(5, np.float32)}, "names and shapes"),
        ({"sizes": "{}"}, "not a whole encoder"),
        ({"count": "11"}, "12 words; 11 were expected"),
    ],
)
def test_a_damaged_file_is_refused(tmp_path: Path, changes: dict, told: str) -> None:
    path = broken(tmp_path, **changes)
    with pytest.raises(ValueError, match=f"^{re.escape(str(path))}: .*{re.escape(told)}"):
        open_encoder(path)


def test_a_sentence_that_is_a_string_is_refused() -> None:
    with pytest.raises(ValueError, match="is a string; a list of words was expected"):
        encoder().encode(["a b"])
    one = encoder()
    with pytest.raises(ValueError, match="a softmax of shape"):
        Encoder(one.vocab, one.alphabet, one.sizes, one.network, one.softmax[1:])
