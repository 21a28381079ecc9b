"""Perplexities of both directions against probabilities word by word, beside the n-gram model of the same text."""

import numpy as np
import pytest

from align.evaluate.kneser_ney import fit_kneser_ney
from align.evaluate.perplexity import compare_language_models, perplexity
from align.text.held_out import HeldOutText, held_out, sentences_of
from tests.train.cycles import corpus, encoder


def test_it_is_the_exponential_of_the_mean_over_all_predictions() -> None:
    ids = held_out(corpus()).test
    found = perplexity(encoder(), ids)
    words = [[corpus().vocab.words[i] for i in part] for part in sentences_of(ids)]
    each = np.concatenate([encoder().log_probabilities([one])[0] for one in words], axis=1)
    assert found.forward == pytest.approx(np.exp(-each[0].mean()), rel=1e-4)
    assert found.backward == pytest.approx(np.exp(-each[1].mean()), rel=1e-4)
    assert found.predictions == each.shape[1] == len(ids)
    with pytest.raises(ValueError, match="no sentence has a word"):
        perplexity(encoder(), np.array([-1], np.int32))


def test_the_comparison_is_one_line() -> None:
    text = held_out(corpus())
    found = compare_language_models(encoder(), text)
    model = fit_kneser_ney(np.asarray(text.train), words=len(corpus().vocab))
    assert found.ngram == pytest.approx(np.exp(-model.log_probabilities(text.test).mean()))
    assert str(found).startswith(f"held-out perplexity {found.test.forward:.1f} forward, ")
    assert "Kneser-Ney 3-grams" in str(found)
    alone = compare_language_models(encoder(), HeldOutText(text.train, text.test[:0]))
    assert "none is held out" in str(alone)
