"""eval similarity and eval analogy: their documents, their tables, and their default sets."""

import json

import numpy as np
import pytest

from align.cli.evaluate_space import COMMANDS
from align.evaluate.suite import PAIRS
from align.files import save
from align.space import Space
from align.text.units import HashedNgrams
from align.text.vocab import Vocab
from tests.oracles import CHINESE, ENGLISH


@pytest.fixture(autouse=True)
def sets(made, monkeypatch):
    """Small sets in the place of the real ones, and two pair files."""
    pairs = [f"{a}\t{b}\t{i % 5}\n" for i, (a, b) in enumerate((a, b) for a in ENGLISH[:20] for b in ENGLISH[20:])]
    hanzi = [f"{a}\t{b}\t{i % 5}\n" for i, (a, b) in enumerate((a, b) for a in CHINESE for b in CHINESE)]
    for name in PAIRS["en"]:
        (made / name).write_text("".join(pairs[:100]) + "zebra\tking\t3\n")
    (made / "cntext-similarity").write_text("".join(hanzi[:537]))
    (made / "questions-words").write_text(": royal\nking queen horse horses\n: beasts\nking queen horse zebra\n")
    (made / "cntext-analogy").write_text(": 王\n國王 王后 馬 馬匹\n")
    (made / "other.csv").write_text("one,two,score\nking,queen,3\nHorse,horses,2\nking,horse,1\n")
    for place in ("align.catalogue.resolve", "align.evaluate.suite.resolve"):
        monkeypatch.setattr(place, lambda name: made / name)


def test_similarity_of_one_set_is_one_flat_document(align):
    status, out, err = align("eval", "similarity", "en.vec", "--set", "other.csv", "--json")
    assert (status, err) == (0, "")
    told = json.loads(out)
    assert (told["name"], told["covered"], told["total"], told["unseen"]) == ("other.csv", 3, 3, 0)
    assert (told["space"], told["language"], told["seed"]) == ("en.vec", "en", 0)
    for kind in ("spearman", "pearson"):
        low, high = told["intervals"][kind]
        assert -1 <= low <= told[kind] <= high <= 1
    assert told["sets"] == [{key: told[key] for key in told["sets"][0]}]


def test_unseen_words_need_not_be_built(align):
    status, out, _ = align("eval", "similarity", "en.vec", "--set", "other.csv", "--no-build", "--json")
    assert (status, json.loads(out)["built"]) == (0, 0)


def test_words_that_are_built_are_named(align, made):
    table = np.random.default_rng(1).standard_normal((50, 3)).astype(np.float32)
    units = HashedNgrams(table, 2, 4)
    save(Space(Vocab(["king", "queen"], np.array([2, 1])), table[:2], units), made / "units.safetensors")
    status, _, err = align("eval", "similarity", "units.safetensors", "--set", "other.csv")
    assert (status, err) == (0, "align: built from parts: 3 words of the sets: Horse, horses, horse\n")


def test_similarity_takes_every_set_of_the_language(align):
    told = json.loads(align("eval", "similarity", "en.vec", "--json")[1])
    assert [(one["name"], one["covered"], one["total"]) for one in told["sets"]] == [
        (name, 100, 101) for name in PAIRS["en"]
    ]
    assert (told["covered"], told["total"]) == (400, 404)
    told = json.loads(align("eval", "similarity", "zh.bin", "--json")[1])
    assert (told["language"], [one["name"] for one in told["sets"]]) == ("zh", ["wordsim-297", "wordsim-240"])
    assert (told["covered"], told["total"]) == (537, 537)


def test_similarity_as_a_table_and_as_lines(align):
    status, out, err = align("eval", "similarity", "en.vec", "--set", "men", "other.csv")
    assert status == 0
    heading, men, other = out.splitlines()
    assert heading.split("  ")[0] == "set"
    assert men.split()[:3] == ["men", "100", "101"]
    assert " to " in other
    assert err == "align: not in the space: 1 word of the sets: zebra\n"
    status, out, err = align("eval", "similarity", "en.vec", "--set", "men", "other.csv", "--tsv")
    rows = [line.split("\t") for line in out.splitlines()]
    assert [len(row) for row in rows] == [10, 10, 10]
    assert [row[:4] for row in rows[1:]] == [["men", "100", "101", "1"], ["other.csv", "3", "3", "0"]]
    assert err == ""


def test_similarity_without_a_covered_pair_has_no_number(align, made):
    (made / "far.tsv").write_text("zebra\tlion\t3\nzebra\ttiger\t2\n")
    told = json.loads(align("eval", "similarity", "en.vec", "--set", "far.tsv", "--json")[1])
    assert (told["covered"], told["spearman"], told["intervals"]["pearson"]) == (0, None, [None, None])
    assert align("eval", "similarity", "en.vec", "--set", "far.tsv")[1].splitlines()[1].split()[3:] == ["-"] * 4
    assert "\t\t" in align("eval", "similarity", "en.vec", "--set", "far.tsv", "--tsv")[1]


def test_the_bootstrap_follows_the_seed(align):
    one, same, other = (
        align("eval", "similarity", "en.vec", "--set", "men", "--tsv", "--seed", seed)[1] for seed in (1, 1, 2)
    )
    assert one == same
    assert one != other


def test_case_and_limit(align):
    def covered(*options):
        return json.loads(align("eval", "similarity", "en.vec", "--set", "other.csv", "--json", *options)[1])["covered"]

    assert (covered(), covered("--match-case"), covered("--limit", 3)) == (3, 2, 2)


def test_analogy_prints_both_methods_in_order(align):
    status, out, err = align("eval", "analogy", "en.vec", "--json")
    assert (status, err) == (0, "")
    told = json.loads(out)
    assert (told["name"], told["covered"], told["total"], told["method"]) == ("questions-words", 1, 2, "add")
    assert list(told["methods"]) == ["add", "mul"]
    assert told["methods"]["add"]["accuracy"] == told["accuracy"]
    assert [one["name"] for one in told["categories"]] == ["royal", "beasts"]
    alone = json.loads(align("eval", "analogy", "en.vec", "--method", "mul", "--json")[1])
    assert alone["accuracy"] == told["methods"]["mul"]["accuracy"]
    assert (alone["method"], list(alone["methods"])) == ("mul", ["mul"])


def test_analogy_in_chinese_takes_the_chinese_questions(align):
    told = json.loads(align("eval", "analogy", "zh.bin", "--json")[1])
    assert (told["name"], told["language"], told["covered"], told["total"]) == ("cntext-analogy", "zh", 1, 1)


def test_analogy_as_a_table_and_as_lines(align):
    status, out, err = align("eval", "analogy", "en.vec")
    assert status == 0
    assert "3CosAdd right" in out
    assert "3CosMul right" in out
    assert [line.split()[0] for line in out.splitlines()[2:]] == ["royal", "beasts", "questions-words"]
    assert err == "align: not in the space: 1 word of the questions: zebra\n"
    rows = [line.split("\t") for line in align("eval", "analogy", "en.vec", "--tsv", "--method", "add")[1].splitlines()]
    assert rows[0] == ["category", "covered", "total", "3CosAdd right", "3CosAdd right of all"]
    assert [row[:3] for row in rows[1:]] == [["royal", "1", "1"], ["beasts", "0", "1"], ["questions-words", "1", "2"]]


@pytest.mark.parametrize("command", COMMANDS)
def test_json_and_tsv_exclude_each_other(align, command):
    status, out, err = align(*command.split(), "en.vec", "--json", "--tsv")
    assert (status, out) == (2, "")
    assert "--json" in err


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--set", "en-zh.tsv"], ["en-zh.tsv:1", "two words and a number"]),
        (["--set"], ["--set"]),
        (["--seed", "-1"], ["--seed"]),
        (["--limit", "0"], ["--limit"]),
        (["--set-encoding", "none"], ["--set-encoding none"]),
    ],
)
def test_wrong_input_is_one_line(align, options, words):
    status, out, err = align("eval", "similarity", "en.vec", *options)
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert all(word in err for word in words)


def test_equal_cosines_have_no_coefficient(align, made):
    save(Space(Vocab(["king", "queen", "horse"]), np.ones((3, 2), np.float32)), made / "few.vec")
    status, out, _ = align("eval", "similarity", "few.vec", "--set", "other.csv", "--json")
    assert status == 0
    assert (json.loads(out)["covered"], json.loads(out)["spearman"]) == (2, None)
