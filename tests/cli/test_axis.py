"""axis and eval axis: their documents and tables, over one space and over a translator."""

import io
import json
import sys

import numpy as np
import pytest

from align.files import load
from align.meaning.axes import fit_axis, project
from tests.oracles import CHINESE, ENGLISH


@pytest.fixture(autouse=True)
def files(made):
    """An axis of the English words, one of both languages' words, and a survey with a name."""
    (made / "axis.tsv").write_text(f"{ENGLISH[0]}\t{ENGLISH[1]}\n{ENGLISH[2]}\t{ENGLISH[3]}\nzebra\t{ENGLISH[4]}\n")
    (made / "both.tsv").write_text(f"{ENGLISH[0]}\t{ENGLISH[1]}\n{CHINESE[0]}\t{CHINESE[1]}\n")
    ratings = "".join(f"{word}\t{i * i % 11}\n" for i, word in enumerate(ENGLISH[5:20]))
    (made / "survey.tsv").write_text(f"word\trating\n{ratings}Shanice\t3\nzebra\t5\n")


def test_axis_as_a_document_has_projections_with_intervals(align, made):
    status, out, err = align("axis", "en.vec", "axis.tsv", ENGLISH[6], ENGLISH[7], "--json")
    assert (status, err) == (0, "")
    told = json.loads(out)
    space = load(made / "en.vec")
    expected = project(fit_axis(space, [tuple(ENGLISH[:2]), tuple(ENGLISH[2:4])]), space.of(ENGLISH[6:8]))
    assert [one["word"] for one in told["words"]] == ENGLISH[6:8]
    np.testing.assert_allclose([one["projection"] for one in told["words"]], expected, atol=1e-6)
    assert all(one["low"] <= one["high"] for one in told["words"])
    assert (told["axis"], told["axes"][0]["unseen"]) == ("axis.tsv", ["zebra"])


def test_axis_as_lines_and_as_a_table(align):
    lines = align("axis", "en.vec", "axis.tsv", ENGLISH[6], "--tsv")[1].splitlines()
    assert lines[0].split("\t")[0] == ENGLISH[6]
    assert len(lines[0].split("\t")) == 4
    out = align("axis", "en.vec", "axis.tsv", ENGLISH[6])[1].splitlines()
    assert out[0].startswith(f"axis.tsv in en.vec: + {ENGLISH[0]}, - {ENGLISH[1]}; 2 pairs")
    assert out[1].split() == ["word", "projection", "low", "high"]


def test_words_of_both_languages_with_a_translator(align):
    told = json.loads(align("axis", "t.align", "both.tsv", CHINESE[6], ENGLISH[6], "--json")[1])
    assert [one["word"] for one in told["words"]] == [CHINESE[6], ENGLISH[6]]
    assert [one["space"] for one in told["axes"]] == ["en.vec", "zh.bin"]
    first, second = (one["projection"] for one in told["words"])
    assert first == pytest.approx(second, abs=1e-3), "the two spaces are rotations of each other"


def test_intervals_from_parts_of_a_corpus(align, made):
    rng = np.random.default_rng(0)
    lines = [" ".join(ENGLISH[i] for i in rng.integers(0, 8, 12)) for _ in range(400)]
    (made / "text.txt").write_text("\n".join(lines) + "\n")
    assert align("corpus", "text.txt", "-o", "text.corpus", "--language", "en", "--min-count", "1")[0] == 0
    arguments = ("axis", "en.vec", "axis.tsv", ENGLISH[6], "--corpus", "text.corpus", "--subsamples", "2", "--json")
    (word,) = json.loads(align(*arguments)[1])["words"]
    assert word["low"] <= word["projection"] <= word["high"]


def test_eval_axis_gives_correlations_and_coverage(align):
    told = json.loads(align("eval", "axis", "en.vec", "axis.tsv", "survey.tsv", "--json")[1])
    assert (told["covered"], told["total"], told["pairs"], told["pairs_unseen"]) == (15, 17, 2, ["zebra"])
    assert -1 <= told["pearson"] <= 1
    assert -1 <= told["spearman"] <= 1
    assert (told["without_names"]["covered"], told["without_names"]["total"]) == (15, 16)
    lines = align("eval", "axis", "en.vec", "axis.tsv", "survey.tsv")[1].splitlines()
    assert lines[2].split()[:3] == ["survey.tsv", "15", "17"]
    assert align("eval", "axis", "en.vec", "axis.tsv", "survey.tsv")[2].startswith(
        "align: not in the space: 2 words of"
    )
    table = [
        line.split("\t") for line in align("eval", "axis", "en.vec", "axis.tsv", "survey.tsv", "--tsv")[1].splitlines()
    ]
    assert len(table) == 3
    assert table[0][3:] == ["pearson", "pearson low", "pearson high", "spearman", "spearman low", "spearman high"]
    assert float(table[1][4]) == pytest.approx(told["intervals"]["pearson"][0], abs=1e-4)


def test_an_unknown_word_is_reported_and_the_others_are_projected(align, monkeypatch):
    for space, axis in (("en.vec", "axis.tsv"), ("t.align", "axis.tsv")):
        status, out, err = align("axis", space, axis, ENGLISH[0], "qqqq", "--tsv")
        assert (status, [line.split("\t")[0] for line in out.splitlines()]) == (2, [ENGLISH[0]])
        assert err.startswith("align: 'qqqq' is not in the ")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(f"{ENGLISH[0]}\nqqqq\n".encode())))
    status, _, err = align("axis", "en.vec", "axis.tsv", "--tsv")
    assert (status, err) == (0, "align: 1 of 2 words are not in the vocabulary\n")


def test_wrong_input_is_one_line(align):
    for arguments, message in (
        (("axis", "en.vec", "gendre", ENGLISH[0]), "did you mean 'gender'"),
        (("axis", "en.vec", "gender", ENGLISH[0]), "none of its"),
        (("axis", "en.vec", "axis.tsv", "zebra"), "'zebra' is not in the vocabulary"),
        (("axis", "en.vec", "axis.tsv", ENGLISH[0], "--resamples", "0"), "--resamples 0"),
        (("axis", "en.vec", "axis.tsv", ENGLISH[0], "--resamples", "999999999999"), "must be at most 100000"),
        (("eval", "axis", "en.vec", "axis.tsv", "axis.tsv"), "is not 'word<TAB>rating'"),
    ):
        status, out, err = align(*arguments)
        assert (status, out, err.count("\n")) == (2, "", 1)
        assert message in err
