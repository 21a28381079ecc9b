"""The experiment on the layers of ELMo: the tagger finds the layer that knows the labels."""

import numpy as np

from experiments.elmo import Tagged, around, fit_tagger, some


def test_the_mixture_turns_to_the_layer_that_has_the_labels() -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(3, size=300)
    layers = rng.normal(size=(2, 300, 4)).astype(np.float32)
    layers[1] += 3 * np.eye(4, dtype=np.float32)[labels]
    predict, mixture = fit_tagger(layers[:, :200], labels[:200], 3, seed=0)
    assert (predict(layers[:, 200:]) == labels[200:]).mean() > 0.9
    assert mixture.weights[1] > 0.7
    chance, _ = fit_tagger(layers[:1, :200], labels[:200], 3, seed=0)
    assert (chance(layers[:1, 200:]) == labels[200:]).mean() < 0.6


def test_sentences_up_to_some_words_and_the_words_around_one() -> None:
    sentences = [Tagged(["a", "b"], ["n", "v"])] * 5
    assert len(some(sentences, 5)) == 3
    assert around(list("abcdefghijklmnop"), "h") == "bcdefg[h]ijklmn"
