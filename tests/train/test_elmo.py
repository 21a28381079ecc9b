"""ELMo is trained: it learns, resumes to the same bits, and works on several workers; wrong settings are refused."""

import re

import jax
import numpy as np
import pytest

from align.encoder import Encoder
from align.evaluate.perplexity import perplexity
from align.text.corpus import Corpus
from align.text.held_out import held_out
from align.train.elmo import ELMo
from align.train.loop import run
from align.train.model import Request
from align.train.models import configured, train
from tests.train.cycles import MODEL, corpus, encoder


def test_it_learns_what_follows_what_in_both_directions() -> None:
    """Twelve words: 1 in 13 by chance. Training and held-out text are alike, and so are their perplexities."""
    parts = held_out(corpus())
    test, train = perplexity(encoder(), parts.test), perplexity(encoder(), parts.train)
    assert max(test.forward, test.backward, train.forward, train.backward) < 7
    assert test.forward == pytest.approx(train.forward, rel=0.35)
    assert test.backward == pytest.approx(train.backward, rel=0.35)
    assert test.predictions == len(parts.test)


def test_it_resumes_with_its_states_to_the_same_bits() -> None:
    plan = MODEL.plan(corpus(), Request(1))
    assert plan.source.segments == 2
    key = jax.random.key(1)
    whole, losses = run(plan.objective, plan.source, plan.config, key=key)
    half, first = run(plan.objective, plan.source, plan.config, key=key, callback=lambda done, *_: done == 1)
    rest, second = run(plan.objective, plan.source, plan.config, key=key, start=(1, half))
    for one, other in zip(jax.tree.leaves(rest), jax.tree.leaves(whole), strict=True):
        np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal([*first, *second], losses)
    assert any((leaf != 0).any() for leaf in jax.tree.leaves(whole.carry))
    made = plan.finish(whole)
    np.testing.assert_array_equal(made.softmax, encoder().softmax)


def test_two_workers_have_states_of_their_own_and_wide_filters_and_adagrad_train_too() -> None:
    wide = ELMo(dim=3, cells=4, filters="9:2", optimiser="adagrad", epochs=1, streams=8, steps=4, negatives=4)
    assert wide.plan(corpus(), Request(1, workers=2)).objective.streams == 4
    found = train(wide, corpus(), workers=2)
    assert isinstance(found, Encoder)
    assert found.alphabet.width == 9
    assert np.isfinite(found.softmax).all()


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"dim": 0}, "dim 0: must be from 1 to 100000"),
        ({"clip": 0.0}, "clip 0: must be above 0"),
        ({"filters": "3"}, "filters 3: must be widths and numbers above 0, such as 1:32,2:64"),
        ({"filters": "1:0"}, "filters 1:0: must be widths and numbers above 0, such as 1:32,2:64"),
        ({"window": 3}, "elmo has no --window"),
    ],
)
def test_wrong_settings_are_named_with_their_values(options: dict, told: str) -> None:
    with pytest.raises(ValueError, match=re.escape(told)):
        configured("elmo", **options)


def test_a_corpus_without_neighbours_is_refused() -> None:
    with pytest.raises(ValueError, match="nothing to learn"):
        train(MODEL, Corpus.from_sentences([["a"], ["b"]], min_count=1))
