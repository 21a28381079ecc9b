"""`align map` without pairs: the dictionary that it uses, and its warning if it finds nothing."""

import numpy as np
import pytest

from align.bilingual.translator import Translator
from align.cli import main
from align.files import save
from align.space import Space
from align.text.vocab import Vocab


@pytest.fixture
def quick(monkeypatch):
    """Unsupervised alignment with few starts and rounds."""
    from align.bilingual import fitting
    from align.bilingual.unsupervised.self_learning import SelfLearning
    from align.bilingual.unsupervised.unsupervised import Unsupervised

    few = Unsupervised(restarts=1, learning=SelfLearning(rounds=1))
    monkeypatch.setattr(fitting, "METHODS", {**fitting.METHODS, "unsupervised": lambda: few})


@pytest.mark.usefixtures("quick")
def test_unsupervised_uses_no_pair_and_refuses_a_dictionary(align, tmp_path, capsys):
    arguments = ("map", "en.vec", "zh.bin", "-o", tmp_path / "t.align", "--method", "unsupervised")
    assert main([str(one) for one in arguments]) in (0, 1)  # 40 words leave chance a lot of room
    capsys.readouterr()
    assert Translator.load(tmp_path / "t.align").details["pairs"] == "0"
    for dictionary in ("en-zh.tsv", "cedict", "identical"):
        status, _, err = align(*arguments, "--dictionary", dictionary)
        said = f"align: --dictionary {dictionary}: --method unsupervised uses no pairs; leave one of the two out\n"
        assert (status, err) == (2, said)
    assert align(*arguments, "--pairs", "3")[0] == 2
    status, _, err = align("map", "en.vec", "zh.bin", "-o", "t2.align", "--method", "mlp", "--dictionary", "none")
    assert (status, err) == (2, "align: --dictionary none: --method mlp needs pairs\n")


@pytest.mark.parametrize(
    ("arguments", "warning"),
    [
        (("en.vec", "zh.bin", "--dictionary", "en-zh.tsv"), ""),
        (
            ("en.vec", "en.vec", "--dictionary", "identical"),
            "no word of en.vec, the Chinese space, has a Chinese character",
        ),
        (("zh.bin", "zh.bin", "--dictionary", "identical"), "most words of zh.bin, the English space, are Chinese"),
    ],
)
def test_a_space_of_the_wrong_script_is_a_warning(align, tmp_path, arguments, warning):
    status, _, said = align("map", *arguments, "-o", tmp_path / "t.align", "--method", "procrustes")
    assert status == 0
    found = [line for line in said.splitlines() if "warning" in line]
    assert found == ([f"align: warning: {warning}"] if warning else [])


@pytest.mark.usefixtures("quick")
def test_a_map_that_found_nothing_is_a_failure_with_a_warning(tmp_path, capsys):
    """Two unrelated spaces: one line of warning, exit status 1; the file is written and records it."""
    rng = np.random.default_rng(3)
    for name in ("en", "zh"):
        save(Space(Vocab([f"{name}{i}" for i in range(200)]), rng.normal(size=(200, 12)).astype(np.float32)),
             tmp_path / f"{name}.vec")  # fmt: skip
    arguments = ("map", "en.vec", "zh.vec", "-o", "t.align", "--dictionary", "none", "--method", "unsupervised")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path)
        assert main(list(arguments)) == 1
        details = Translator.load("t.align").details
    *_, last = capsys.readouterr().err.splitlines()
    assert last.startswith("align: warning: no mapping was found: quality ")
    assert details["chance"] == "1"
    assert float(details["quality"]) <= float(details["chance_quality"])
