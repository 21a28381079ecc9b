"""The experiment on the layers of ELMo: the classifier finds the layer that knows the labels; tasks, scores, figure."""

from itertools import pairwise, product

import numpy as np
import pytest

from align.evaluate.resampling import Interval
from experiments.elmo import __main__ as elmo
from experiments.elmo.probe import Outcome, ProbeResult, decode, fit_classifier, ratio, score
from experiments.elmo.texts import Sentence, Task, some, spans, tagging

SENTENCES = [Sentence(["a", "b"], ["n", "v"])] * 10


def test_the_mixture_turns_to_the_layer_that_has_the_labels() -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(3, size=300)
    layers = rng.normal(size=(2, 300, 4)).astype(np.float32)
    layers[1] += 3 * np.eye(4, dtype=np.float32)[labels]
    predict, mixture = fit_classifier(layers[:, :200], labels[:200], 3, seed=0)
    assert (predict(layers[:, 200:]).argmax(1) == labels[200:]).mean() > 0.9
    assert mixture.weights[1] > 0.7
    chance, _ = fit_classifier(layers[:1, :200], labels[:200], 3, seed=0)
    assert (chance(layers[:1, 200:]).argmax(1) == labels[200:]).mean() < 0.6


def test_tasks_of_some_words() -> None:
    sentences = [*SENTENCES, Sentence(["a"], ["n"]), Sentence(["a"] * 81, ["n"] * 81)]
    assert some(iter(sentences), 5) == SENTENCES[:3]
    assert some(iter(sentences), 0) == SENTENCES
    task = tagging("tags", "words", iter(sentences), 0)
    assert (len(task.train), len(task.test)) == (9, 1)
    assert len(elmo.first(task.train, 5)) == 3
    with pytest.raises(ValueError, match="at least 2"):
        tagging("tags", "words", iter(sentences[:1]), 0)


def test_entities_are_whole_and_of_one_kind() -> None:
    assert spans(["B-PER", "I-PER", "B-LOC", "B-LOC", "I-LOC", "I-LOC"]) == {
        (0, 2, "PER"),
        (2, 3, "LOC"),
        (3, 6, "LOC"),
    }
    assert spans(["B-PER", "I-LOC", "I-PER", "O", "I-LOC"]) == {(0, 1, "PER")}
    assert spans(["O", "O"]) == set()


def test_scores_of_words_and_of_entities() -> None:
    task = Task("t", "words", [], [Sentence(list("ab"), ["n", "v"]), Sentence(list("cd"), ["n", "n"])])
    value, interval = score(task, ["n", "n", "n", "n"], seed=0)
    assert value == 0.75
    assert interval == Interval(0.5, 1.0)
    gold = [Sentence(list("abc"), ["B-PER", "I-PER", "B-LOC"])]
    value, _ = score(Task("t", "entities", [], gold), ["B-PER", "I-PER", "B-PER"], seed=0)
    assert value == pytest.approx(2 * 1 / (2 + 2))
    assert np.isnan(ratio(np.zeros(2), np.zeros(2), seed=0, resamples=5)[0])


def test_decoding_finds_the_best_of_all_sequences() -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        scores, transitions, ends = rng.normal(size=(4, 3)), rng.normal(size=(3, 3)), rng.normal(size=(2, 3))
        transitions[0, 1] = -np.inf

        def total(path: tuple[int, ...], parts: tuple[np.ndarray, ...] = (scores, transitions, ends)) -> float:
            own, steps, edges = parts
            inner = sum(steps[a, b] for a, b in pairwise(path))
            return edges[0][path[0]] + edges[1][path[-1]] + inner + sum(own[t, c] for t, c in enumerate(path))

        assert decode(scores, transitions, ends) == list(max(product(range(3), repeat=4), key=total))


def test_words_around_one() -> None:
    assert elmo.around(list("abcdefghijklmnop"), "h") == "bcdefg[h]ijklmn"
    assert elmo.around(["a", "kind", "man"], "kind", " ") == "a [kind] man"


def test_table_and_figure(tmp_path) -> None:
    outcomes = [Outcome(name, 0.5, Interval(0.4, 0.6)) for name in ("static vectors (skip-gram)", "layer 0")]
    probed = ProbeResult(outcomes, [1.0])
    assert elmo.table("en: tags", Task("tags", "words", SENTENCES, SENTENCES), probed).row_count == 2
    assert elmo.draw({"en: tags": probed, "zh: tags": probed}, tmp_path / "a.png").stat().st_size > 1000
