"""P@1 against seed words, on two small spaces that are rotations of each other."""

import numpy as np
import pytest

from align.bilingual.best import Best
from align.bilingual.dictionary.split import split
from align.bilingual.fitting import fit
from align.bilingual.supervised.linear import Procrustes
from align.bilingual.unsupervised.self_learning import SelfLearning
from align.files import save
from experiments import seeds
from tests.oracles import rotated_world

SOURCE, TARGET, PAIRS = rotated_world(words=120)
CUT = split(PAIRS, SOURCE.vocab, TARGET.vocab, train=80, test=30)


def test_few_pairs_are_not_enough_for_a_rotation_and_all_are() -> None:
    results = seeds.measure(SOURCE, TARGET, CUT, {"procrustes": Procrustes()}, [3, 80], seed=0)
    assert [(one.words, one.pairs) for one in results] == [(3, 3), (80, 80)]
    assert results[0].hits("en-zh") < 50
    assert results[1].hits("en-zh") == results[1].hits("zh-en") == 100


def test_a_score_is_that_of_a_fit_on_the_most_frequent_words_alone() -> None:
    (found,) = seeds.measure(SOURCE, TARGET, CUT, {"procrustes": Procrustes()}, [8], seed=0)
    few = type(PAIRS)(CUT.train.pairs[:8])
    assert [SOURCE.vocab.index[word] for word in few.targets] == sorted(
        SOURCE.vocab.index[word] for word in few.targets
    )
    made = fit(SOURCE, TARGET, few, Procrustes())
    words = list(CUT.test.targets)
    right = [
        line[0].word in CUT.test.targets[word]
        for word, line in zip(words, made.translate(words, 1, reverse=False), strict=True)
    ]
    assert found.hits("en-zh") == pytest.approx(100 * np.mean(right))


def test_the_method_of_best_for_few_pairs_is_fitted_once(monkeypatch: pytest.MonkeyPatch) -> None:
    fitted: list[object] = []

    def counting(*given: object, **more: object):
        fitted.append(given[3])
        return fit(*given, **more)

    monkeypatch.setattr(seeds, "fit", counting)
    learning = SelfLearning(restarts=0, rounds=1)
    methods = {"best": Best(seeds=learning), "self-learning": learning}
    best, alone = seeds.measure(SOURCE, TARGET, CUT, methods, [20], seed=0)
    assert (best.method, alone.method) == ("best", "self-learning")
    assert best.lexicons is alone.lexicons
    assert fitted == [learning]


def test_sizes_are_at_most_the_number_of_training_words() -> None:
    assert seeds.sizes_within([5000, 25, 200, 9000], 100) == [25, 100]
    with pytest.raises(ValueError, match="--sizes"):
        seeds.sizes_within([0], 100)


def test_the_standard_error_is_that_of_a_fair_coin() -> None:
    (found,) = seeds.measure(SOURCE, TARGET, CUT, {"procrustes": Procrustes()}, [8], seed=0)
    words = len(found.lexicons["en-zh"].ranks)
    assert seeds.error_of(found.lexicons["en-zh"]) == pytest.approx(100 * (0.25 / words) ** 0.5)


def test_table_and_figure_from_files(tmp_path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    save(SOURCE, tmp_path / "en.vec")
    save(TARGET, tmp_path / "zh.vec")
    monkeypatch.setattr(seeds, "read_dictionary", lambda _: PAIRS)
    given = ["--english", tmp_path / "en.vec", "--chinese", tmp_path / "zh.vec", "--out", tmp_path]
    given += ["--methods", "procrustes", "reweighted", "--sizes", 10, 90, 5000, "--candidates", 120]
    assert seeds.main([str(one) for one in given]) == 0
    told = capsys.readouterr().out
    assert all(word in told for word in ("procrustes", "reweighted", "Chinese → English", "100.0", "(90)"))
    assert (tmp_path / "seeds.png").stat().st_size > 5000


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (["--methods", "magic"], "procrustes"),
        (["--candidates", "0"], "--candidates"),
        (["--sizes", "many"], "many"),
        (["--seed", "-1"], "-1"),
        (["--colour", "red"], "--colour"),
    ],
)
def test_bad_input_is_refused_in_one_line(given, told, capsys) -> None:
    with pytest.raises(SystemExit) as status:
        seeds.main(given)
    assert status.value.code == 2
    said = capsys.readouterr().err
    assert told in said
    assert said.count("\n") == 1
