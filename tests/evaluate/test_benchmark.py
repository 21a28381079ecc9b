"""A row of the table agrees with lexicon, hubness and resampling on the same translator."""

from dataclasses import replace

import numpy as np
import pytest

from align.bilingual.dictionary.split import Split
from align.bilingual.fitting import fit
from align.bilingual.supervised.linear import Procrustes
from align.evaluate.benchmark import best, evaluate_method
from align.evaluate.lexicon import evaluate
from align.evaluate.resampling import mean_interval
from tests.oracles import rotated_world

SOURCE, TARGET, DICTIONARY = rotated_world(noise=1.2)
CUT = Split(
    replace(DICTIONARY, pairs=DICTIONARY.pairs[:150]),
    replace(DICTIONARY, pairs=DICTIONARY.pairs[150:250]),
    replace(DICTIONARY, pairs=DICTIONARY.pairs[250:]).reversed(),
)


def test_every_row_is_what_its_parts_say() -> None:
    rows = evaluate_method("turn", Procrustes(), SOURCE, TARGET, CUT)
    made = fit(SOURCE, TARGET, CUT.train, Procrustes())
    assert [tuple(row.line[:3]) for row in rows] == [
        ("turn", direction, how) for direction in ("en-zh", "zh-en") for how in ("csls", "nn", "inverted-softmax")
    ]
    for row in rows:
        reverse, how = row.line.direction == "zh-en", row.line.retrieval
        lexicon = evaluate(made, CUT.reverse_test if reverse else CUT.test, reverse=reverse, retrieval=how)
        assert row.line.lexicon.ranks.tolist() == lexicon.ranks.tolist()
        assert row.scores() == {score.name: score.value for score in lexicon.scores()}
        found = made.nearest(lexicon.rows, 10, how, reverse=reverse).ids
        counts = np.array([np.sum(found == word) for word in range(300)])
        away = counts - counts.mean()
        assert row.hubness == pytest.approx(np.mean(away**3) / np.mean(away**2) ** 1.5)
        assert row.intervals(seed=3)["mrr"] == mean_interval(1 / lexicon.ranks, seed=3)
        told = row.as_json(seed=3)
        assert told["intervals"]["p@5"] == list(mean_interval(lexicon.ranks <= 5, seed=3))
        assert told["intervals"]["p@1"][0] < told["p@1"]["covered"] < told["intervals"]["p@1"][1]
        assert sum(band["words"] for band in told["bands"].values()) == len(lexicon.ranks)
        assert min(row.training_seconds, row.retrieval_seconds) > 0


def test_the_best_of_a_direction_is_its_highest_value() -> None:
    rows = evaluate_method("turn", Procrustes(), SOURCE, TARGET, CUT, retrievals=("nn", "csls"))
    found = best(rows)
    assert set(found) == {(way, name) for way in ("en-zh", "zh-en") for name in ("p@1", "p@5", "p@10", "mrr")}
    for (direction, name), value in found.items():
        assert value == max(row.scores()[name] for row in rows if row.line.direction == direction)
