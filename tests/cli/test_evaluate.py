"""eval bli and eval methods, on small spaces that are rotations of each other."""

import contextlib
import json

import pytest


@pytest.mark.parametrize("retrieval", ["nn", "csls"])
@pytest.mark.parametrize("direction", [("en-zh.tsv",), ("zh-en.tsv", "--reverse")])
def test_eval_bli_follows_the_contract(align, retrieval, direction):
    arguments = ("--dictionary", *direction, "--retrieval", retrieval)
    status, out, err = align("eval", "bli", "t.align", *arguments, "--json")
    assert (status, err) == (0, "")
    told = json.loads(out)
    assert (told["covered"], told["total"]) == (40, 40)
    assert told["name"]
    for score in ("p@1", "p@5", "p@10", "mrr"):
        assert told[score] == {"covered": pytest.approx(1), "all": pytest.approx(1)}
    status, out, _ = align("eval", "bli", "t.align", *arguments)
    assert "40 of 40 words covered" in out
    assert align("eval", "bli", "t.align", *arguments, "--tsv")[1].splitlines()[1].split("\t")[0] == "p@1"


def test_eval_bli_reverse_takes_a_dictionary_either_way_round(align):
    one, other = (
        json.loads(align("eval", "bli", "t.align", "--reverse", "--dictionary", name, "--json")[1])
        for name in ("en-zh.tsv", "zh-en.tsv")
    )
    assert (one.pop("name"), other.pop("name")) == ("en-zh.tsv", "zh-en.tsv")
    assert one == other
    assert one["covered"] == 40


def test_eval_bli_says_what_best_stands_for(align):
    arguments = ("eval", "bli", "t.align", "--dictionary", "en-zh.tsv")
    told = json.loads(align(*arguments, "--json")[1])
    assert (told["retrieval"], told["used"]) == ("best", "csls")
    assert align(*arguments)[1].startswith("en-zh.tsv, en-zh, csls: 40 of 40 words covered\n")


def test_eval_bli_reverse_swaps_cedict_read_from_a_file(align, tmp_path):
    (tmp_path / "my.u8").write_text("國王 国王 [guo2 wang2] /king/\n馬 马 [ma3] /horse/\n")
    for options in ((), ("--reverse",)):
        told = json.loads(align("eval", "bli", "t.align", *options, "--dictionary", tmp_path / "my.u8", "--json")[1])
        assert (told["name"], told["covered"], told["total"]) == ("my.u8", 2, 2)


def test_eval_bli_counts_what_is_not_covered(align, tmp_path):
    (tmp_path / "d.tsv").write_text("king\t国王\nqueen\t马\nzebra\t斑马\nhorse\t斑马\n")
    told = json.loads(align("eval", "bli", "t.align", "--dictionary", tmp_path / "d.tsv", "--json")[1])
    assert (told["covered"], told["total"]) == (2, 4)
    assert told["p@1"] == {"covered": 0.5, "all": 0.25}


def test_eval_bli_without_any_covered_word_says_so(align):
    status, out, err = align("eval", "bli", "t.align", "--dictionary", "zh-en.tsv", "--json")
    assert status == 0
    assert json.loads(out)["p@1"] == {"covered": None, "all": 0.0}
    assert "no word" in err
    table = align("eval", "bli", "t.align", "--dictionary", "zh-en.tsv")[1].splitlines()
    assert [line.split() for line in table[-4:]] == [[name, "-", "0.0000"] for name in ("p@1", "p@5", "p@10", "mrr")]


def test_a_wrong_seed_is_named_by_its_option(align):
    status, _, err = align("eval", "methods", "en.vec", "zh.bin", "--split-seed", -1)
    assert status == 2
    assert "--split-seed" in err
    assert "--seed" not in err


def test_eval_methods_is_a_table_of_methods_directions_and_retrievals(align):
    arguments = ("--dictionary", "en-zh.tsv", "--train", 20, "--test", 10, "--method", "procrustes", "least-squares")
    status, out, _ = align("eval", "methods", "en.vec", "zh.bin", *arguments, "--json")
    assert status == 0
    told = json.loads(out)
    assert (told["name"], told["covered"], told["total"]) == ("en-zh.tsv", 40, 40)
    assert [(row["method"], row["direction"], row["retrieval"]) for row in told["rows"]] == [
        (method, direction, retrieval)
        for method in ("procrustes", "least-squares")
        for direction in ("en-zh", "zh-en")
        for retrieval in ("nn", "csls")
    ]
    assert all(row["p@1"]["covered"] == 1 for row in told["rows"] if row["method"] == "procrustes")
    status, out, _ = align("eval", "methods", "en.vec", "zh.bin", *arguments)
    assert len(out.splitlines()) == 9


def test_bars_are_silent_off_a_terminal_and_drawn_on_one(align, monkeypatch):
    assert align("eval", "bli", "t.align", "--dictionary", "en-zh.tsv")[2] == ""
    told = []

    @contextlib.contextmanager
    def bar(label, total):
        yield lambda amount: told.append((label, total, amount))

    monkeypatch.setattr("align.progress.count_bar", bar)
    assert align("eval", "bli", "t.align", "--dictionary", "en-zh.tsv")[0] == 0
    assert told == [("en-zh, best", 40, 40)]
