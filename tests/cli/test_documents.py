"""documents compare, nearest and explain: their contract, over one space and across languages."""

import json

import numpy as np
import pytest

from align.files import load
from align.meaning.documents.bags import bags_of, documents_of
from align.meaning.documents.transport import mover_distances
from align.text.tokenise import Jieba
from tests.oracles import CHINESE, ENGLISH

WORDS = dict(zip(ENGLISH, CHINESE, strict=True))


@pytest.fixture(autouse=True)
def files(made):
    """English documents, and their Chinese translations word for word in another order."""
    rng = np.random.default_rng(4)
    words = [
        word
        for word in ENGLISH
        if word.isascii() and word.isalpha() and word.islower() and Jieba().tokens(WORDS[word]) == [WORDS[word]]
    ]
    assert len(words) > 6
    english = [[words[i] for i in rng.integers(0, len(words), 6)] for _ in range(7)]
    chinese = [[WORDS[word] for word in text] for text in english[::-1]]
    (made / "a.txt").write_text("".join(f"{' '.join(text).title()}!\n" for text in english[:3]))
    (made / "b.txt").write_text("".join(f"{' '.join(text)}\n" for text in english) + "\n")
    (made / "zh.txt").write_text("".join(f"{'，'.join(text)}\n" for text in chinese))
    return english, chinese


def test_compare_prints_the_matrix_as_lines_and_as_a_document(align, made, files):
    status, out, err = align("documents", "compare", "en.vec", "a.txt", "b.txt", "--measure", "wmd", "--json")
    assert (status, err) == (0, "")
    told = json.loads(out)
    space = load(made / "en.vec")
    sides = [bags_of(documents_of(space, side)) for side in (files[0][:3], files[0])]
    assert told["measure"] == "wmd"
    np.testing.assert_allclose(told["matrix"], mover_distances(*sides), atol=1e-6)
    lines = align("documents", "compare", "en.vec", "a.txt", "b.txt")[1].splitlines()
    np.testing.assert_allclose([[float(x) for x in line.split("\t")] for line in lines], told["matrix"], atol=1e-6)


@pytest.mark.parametrize("measure", ["rwmd", "lc-rwmd", "wcd", "sinkhorn", "cosine", "tf-idf", "bag-of-words"])
def test_every_measure_puts_a_document_nearest_to_itself(align, measure):
    told = json.loads(align("documents", "compare", "en.vec", "a.txt", "b.txt", "--measure", measure, "--json")[1])
    assert np.array(told["matrix"]).argmin(axis=1).tolist() == [0, 1, 2]


@pytest.mark.parametrize("weights", ["tf-idf", "sif", "keywords", "textrank"])
def test_weights_and_idf_change_the_distance(align, weights):
    arguments = ("documents", "compare", "en.vec", "a.txt", "b.txt", "--json")
    plain = json.loads(align(*arguments)[1])["matrix"]
    fewer = ("--keywords", "3") if weights in ("keywords", "textrank") else ()
    idf = () if weights == "textrank" else ("--idf", "b.txt")
    told = json.loads(align(*arguments, "--weights", weights, *idf, *fewer)[1])["matrix"]
    assert not np.allclose(told, plain)
    assert np.allclose(np.diag(told), 0, atol=1e-6)


def test_nearest_is_a_full_search(align):
    told = json.loads(
        align("documents", "nearest", "en.vec", "a.txt", "b.txt", "--measure", "wmd", "-k", "4", "--json")[1]
    )
    matrix = np.array(json.loads(align("documents", "compare", "en.vec", "a.txt", "b.txt", "--json")[1])["matrix"])
    for i, query in enumerate(told["queries"]):
        assert query["query"] == i + 1
        assert [one["index"] for one in query["nearest"]] == np.argsort(matrix[i], kind="stable")[:4].tolist()
        assert [one["document"] for one in query["nearest"]] == [one["index"] + 1 for one in query["nearest"]]
    lines = align("documents", "nearest", "en.vec", "a.txt", "b.txt", "--measure", "cosine", "-k", "1")[1].splitlines()
    assert [line.split("\t")[:3] for line in lines] == [["1", "1", "1"], ["2", "1", "2"], ["3", "1", "3"]]


@pytest.mark.parametrize("measure", ["wmd", "cosine", "rwmd"])
def test_translations_are_found_across_languages(align, measure):
    arguments = ("a.txt", "zh.txt", "--with", "t.align", "--measure", measure, "-k", "1", "--json")
    status, out, err = align("documents", "nearest", "en.vec", *arguments)
    assert (status, err) == (0, "")
    found = [query["nearest"][0]["index"] for query in json.loads(out)["queries"]]
    assert found == [6, 5, 4]


def test_explain_draws_and_tells_what_travels(align, made, files):
    arguments = ("a.txt", "zh.txt", "--with", "t.align", "--line", "2", "6", "-o", "travels.png", "--json")
    status, out, _ = align("documents", "explain", "en.vec", *arguments)
    assert status == 0
    told = json.loads(out)
    assert told["distance"] == pytest.approx(0, abs=1e-2)
    pairs = {(one["word"], one["to"]) for one in told["travels"] if one["mass"] > 0.01}
    assert pairs == {(word, WORDS[word]) for word in files[0][1]}
    assert (made / "travels.png").read_bytes().startswith(b"\x89PNG")


def test_a_document_without_a_known_word(align, made):
    (made / "c.txt").write_text("qqq\n" + ENGLISH[0] + "\n")
    status, out, err = align("documents", "compare", "en.vec", "c.txt", "b.txt", "--json")
    assert (status, json.loads(out)["matrix"][0]) == (0, [None] * 7)
    assert "c.txt: 1 of 2 documents have no word" in err


def test_words_are_looked_up_as_written_then_in_lower_case_and_unknown_ones_are_counted_once(align, made):
    (made / "case.vec").write_text("4 2\nJohn 1 0\nriver 0 1\nApple 1 1\napple -1 1\n")
    (made / "c.txt").write_text("John RIVER qqq\nqqq zz Apple\napple river\n")
    status, out, err = align("documents", "explain", "case.vec", "c.txt", "c.txt", "--line", "1", "2", "-o", "x.png")
    assert (status, {line.split("\t")[0] for line in out.splitlines()}) == (0, {"John", "river"})
    assert {line.split("\t")[1] for line in out.splitlines()} == {"Apple"}
    assert err.startswith("align: c.txt: 2 of 6 distinct words are unknown: 'qqq', 'zz'\n")
    assert err.count("unknown") == 1


def test_wrong_input_is_one_line(align, made):
    (made / "empty.txt").write_text("\n\n")
    for arguments, message in (
        (("compare", "en.vec", "a.txt", "empty.txt"), "holds no document"),
        (("compare", "en.vec", "a.txt", "a.txt", "--measure", "sif"), "at least 10"),
        (("compare", "en.vec", "a.txt", "zh.txt", "--with", "t.align", "--measure", "tf-idf"), "two languages"),
        (("nearest", "en.vec", "a.txt", "b.txt", "-k", "0"), "--k 0"),
        (("explain", "en.vec", "a.txt", "b.txt", "-o", "x.png", "--line", "9", "1"), "a.txt has lines 1 to 3"),
        (("explain", "en.vec", "a.txt", "b.txt", "-o", "x.png", "--measure", "wcd"), "Unknown option"),
    ):
        status, out, err = align("documents", *arguments)
        assert (status, out, err.count("\n")) == (2, "", 1), err
        assert message in err
