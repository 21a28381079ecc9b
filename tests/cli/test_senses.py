"""senses and eval senses, and the commands that take or refuse a space with senses."""

import json
from dataclasses import replace

import numpy as np
import pytest

from align.files import load
from align.senses import SenseSpace
from align.text.vocab import Vocab


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with a space in which bank has two senses, told by money and river, and a file of gold senses."""
    made = tmp_path_factory.mktemp("senses")
    SenseSpace(
        Vocab(["bank", "money", "river"], np.array([50, 20, 10])),
        np.array([0, 2, 3, 4]),
        np.array([[4, 0], [0, 4], [4, 1], [0, 4]], np.float32),
        np.array([0.75, 0.25, 1, 1], np.float32),
        np.zeros(4, np.float32),
        np.array([[0, 0], [1, -1], [-1, 1]], np.float32),
        np.ones(3, np.float32),
        language="en",
    ).save(made / "s.safetensors")
    lines = ["bank\tmoney in the bank\tf", "bank\tThe money.\tf", "bank\tthe river\tn", "ox\tthe river\tn"]
    (made / "gold.tsv").write_text("\n".join([*lines, ""]))
    return made


@pytest.fixture
def align(folder, monkeypatch, run):
    """Run the command line in the folder: (status, standard output, standard error)."""
    monkeypatch.chdir(folder)
    return run


def test_the_senses_of_a_word_are_listed(align) -> None:
    status, out, err = align("senses", "s.safetensors", "Bank", "--k", 1)
    assert status == 0
    assert "'Bank' is read as 'bank'" in err
    assert [line.split() for line in out.splitlines()] == [
        ["bank"],
        ["sense", "probability", "neighbours"],
        ["1", "0.750", "money"],
        ["2", "0.250", "river"],
    ]


def test_a_context_changes_the_probabilities(align) -> None:
    status, out, _ = align("senses", "s.safetensors", "bank", "--context", "the river bank was steep", "--json")
    assert status == 0
    found = json.loads(out)
    assert (found["word"], found["found"], found["context_words"]) == ("bank", "bank", ["river"])
    one, two = found["senses"]
    assert (one["sense"], one["probability"]) == (1, 0.75)
    assert two["in_context"] == pytest.approx(1 / (1 + 3 * np.exp(-8)), rel=1e-4)
    assert [near["word"] for near in two["neighbours"]] == ["river", "money"]
    _, out, err = align("senses", "s.safetensors", "bank", "--context", "nothing", "--tsv", "--k", 1)
    assert "no word of the context" in err
    assert out == "1\t0.7500\t0.7500\tmoney\n2\t0.2500\t0.2500\triver\n"
    _, out, err = align("senses", "s.safetensors", "bank", "--tsv", "--k", 1)
    assert out == "1\t0.7500\t\tmoney\n2\t0.2500\t\triver\n"


def test_induced_senses_are_scored(align) -> None:
    status, out, _ = align("eval", "senses", "s.safetensors", "gold.tsv", "--json")
    assert status == 0
    found = json.loads(out)
    assert (found["ari"], found["v-measure"], found["covered"], found["total"]) == (1.0, 1.0, 3, 4)
    assert found["one-cluster"] == {"ari": 0.0, "v-measure": 0.0}
    assert found["words"][0] | {"ari": 0} == {
        "word": "bank",
        "ari": 0,
        "v-measure": 1.0,
        "one-cluster": {"ari": 0.0, "v-measure": 0.0},
        "contexts": 3,
        "gold": 2,
        "clusters": 2,
    }
    _, out, err = align("eval", "senses", "s.safetensors", "gold.tsv")
    assert "3 of 4 contexts of 1 word are covered" in err
    assert out.splitlines()[2].split()[-2:] == ["0.000", "0.000"]
    _, out, _ = align("eval", "senses", "s.safetensors", "gold.tsv", "--tsv")
    assert out.splitlines()[1] == "bank\t3\t2\t2\t1.0000\t1.0000"


def test_senses_are_converted_to_words(align) -> None:
    assert align("convert", "s.safetensors", "s.vec")[0] == 0
    assert list(load("s.vec").vocab) == ["bank#1", "money#1", "bank#2", "river#1"]
    assert align("convert", "s.safetensors", "two.txt", "--limit", 2)[0] == 0
    assert list(load("two.txt").vocab) == ["bank#1", "money#1", "bank#2"]


@pytest.mark.parametrize(
    ("argv", "told"),
    [
        (("senses", "s.safetensors", "bnak"), "'bnak' is not in the vocabulary; did you mean: bank"),
        (("senses", "s.safetensors", "bank", "--k", "0"), "--k 0: must be at least 1"),
        (("senses", "s.safetensors", "bank", "--json", "--tsv"), "--json and --tsv exclude each other"),
        (("senses", "none.safetensors", "bank"), "none.safetensors"),
        (
            ("senses", "gold.tsv", "bank"),
            "gold.tsv: not a space with senses; a file of `align train adagram` was expected",
        ),
        (("eval", "senses", "s.safetensors", "gbk.tsv"), "--set-encoding gb18030 may read it"),
        (("near", "s.safetensors", "bank"), "holds several vectors per word"),
        (("eval", "senses", "s.safetensors", "none.tsv"), "none.tsv"),
        (("eval", "senses", "s.safetensors", "s.safetensors"), "s.safetensors"),
        (("train", "adagram", "c.corpus", "-o", "s.vec"), "must end in .safetensors"),
        (("train", "adagram", "c.corpus", "-o", "x.safetensors", "--senses", "0"), "--senses 0: must be from 1 to 100"),
        (("train", "adagram", "c.corpus", "-o", "x.safetensors", "--senses", "100000"), "--senses 100000: must be"),
        (
            ("train", "adagram", "c.corpus", "-o", "x.safetensors", "--concentration", "1e300"),
            "--concentration 1e+300",
        ),
        (("train", "sgns", "c.corpus", "-o", "x.safetensors", "--senses", "2"), "sgns has no --senses"),
    ],
)
def test_wrong_input_is_refused_in_one_line(align, folder, argv, told) -> None:
    (folder / "gbk.tsv").write_bytes("马\t马跑得快，牛走得慢，国王和王后住在城里\t1\n".encode("gb18030"))
    status, out, err = align(*argv)
    assert (status, out) == (2, "")
    assert told in err
    assert err.count("\n") == 1


@pytest.mark.parametrize("array", ["vectors", "probability", "log_normaliser", "contexts", "weight"])
def test_a_file_that_holds_nan_is_refused(align, folder, array) -> None:
    space = SenseSpace.load(folder / "s.safetensors")
    replace(space, **{array: np.full_like(getattr(space, array), np.nan)}).save(folder / "nan.safetensors")
    for argv in (("senses", "nan.safetensors", "bank"), ("eval", "senses", "nan.safetensors", "gold.tsv")):
        status, out, err = align(*argv)
        assert (status, out, err.count("\n")) == (2, "", 1)
        assert f"nan.safetensors: a damaged space with senses (the array {array!r} holds" in err
