"""Word-sense induction: agreement of clusters with gold senses, and the file of examples."""

import re
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score, v_measure_score

from align.evaluate.induction import agreement, induce, read_examples
from align.senses import SenseSpace
from align.text.vocab import Vocab


@pytest.mark.parametrize("seed", range(6))
def test_figures_equal_those_of_scikit_learn(seed: int) -> None:
    rng = np.random.default_rng(seed)
    gold = rng.integers(1 + seed, size=50).tolist()
    labels = np.where(rng.random(50) < 0.5, gold, rng.integers(4, size=50)).tolist()
    found = agreement(gold, labels)
    assert found.ari == pytest.approx(adjusted_rand_score(gold, labels), abs=1e-9)
    assert found.v_measure == pytest.approx(v_measure_score(gold, labels), abs=1e-9)


def test_degenerate_clusterings() -> None:
    assert agreement("a", [1]) == (1.0, 1.0)
    assert agreement("aaa", [1, 1, 1]) == (1.0, 1.0)
    assert agreement("aabb", [0, 0, 0, 0]) == (0.0, 0.0)
    assert agreement("abc", [1, 2, 3]) == (1.0, 1.0)


def space() -> SenseSpace:
    """bank has two senses, told by money and river; ox has one."""
    return SenseSpace(
        Vocab(["bank", "money", "river", "ox"]),
        np.array([0, 2, 3, 4, 5]),
        np.array([[4, 0], [0, 4], [4, 0], [0, 4], [1, 1]], np.float32),
        np.array([0.6, 0.4, 1, 1, 1], np.float32),
        np.zeros(5, np.float32),
        np.array([[0, 0], [1, -1], [-1, 1], [0, 0]], np.float32),
        np.ones(4, np.float32),
    )


def test_contexts_are_clustered_by_their_most_probable_sense(tmp_path: Path) -> None:
    path = tmp_path / "gold.tsv"
    lines = ["bank\tthe money\tf", "bank\tmoney money\tf", "bank\tthe river\tn", "bank\triver\tf", "ox\tmoney\ta"]
    path.write_text("\n".join([*lines, "ox\triver\tb", "bank\tnothing here\tf", "cat\tmoney\tc", ""]))
    found = induce(space(), read_examples(path))
    assert (found.covered, found.total) == (6, 8)
    bank, ox = found.words
    assert bank.found == agreement("ffnf", "aabb")
    assert (bank.contexts, bank.gold, bank.clusters) == (4, 2, 2)
    assert ox.found == ox.one_cluster == (0.0, 0.0)
    assert found.found.ari == pytest.approx(bank.found.ari / 2)
    assert found.one_cluster == (0.0, 0.0)


def test_no_covered_context_has_no_figure(tmp_path: Path) -> None:
    path = tmp_path / "gold.tsv"
    path.write_text("cat\tmoney\tc\n")
    found = induce(space(), read_examples(path))
    assert (found.covered, found.total, found.words) == (0, 1, ())
    assert np.isnan(found.found.ari)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("bank\tmoney\n", "line 1: 'bank\\tmoney'; word TAB context TAB sense was expected"),
        ("bank\tmoney\tf\nbank\t\tf\n", "line 2: 'bank\\t\\tf'; word TAB context TAB sense was expected"),
        ("\n", "no line; word TAB context TAB sense was expected"),
    ],
)
def test_a_wrong_file_is_refused(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "gold.tsv"
    path.write_text(text)
    with pytest.raises(ValueError, match=re.escape(told)):
        read_examples(path)
