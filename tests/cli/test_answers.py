"""translate, gloss and repl in context, and the candidates of each sense, on a small world of two topics."""

import io
import json
import sys
from dataclasses import replace

import pytest

from tests.bilingual.test_context import senses, translator

WITH = ("--with", "t.align")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with a translator of bank, money and river, senses of bank, and senses of a Martian language."""
    made = tmp_path_factory.mktemp("context")
    translator().save(made / "t.align")
    senses().save(made / "s.safetensors")
    few = senses()
    replace(few, vocab=type(few.vocab)(["bank", "ox", "cow"])).save(made / "few.safetensors")
    (made / "cedict.txt").write_text("河岸 河岸 [he2 an4] /riverside/\n", encoding="utf-8")
    return made


@pytest.fixture
def align(folder, monkeypatch, run):
    """Run the command line in the folder: (status, standard output, standard error)."""
    monkeypatch.chdir(folder)
    return run


def test_the_context_chooses_the_first_candidate(align) -> None:
    status, out, err = align("translate", "bank", *WITH, "--k", 1)
    assert (status, err, out.split()[2]) == (0, "", "银行")
    status, out, err = align("translate", "bank", *WITH, "--k", 1, "--context", "He sat by a river.")
    assert (status, err, out.split()[2]) == (0, "", "河岸")
    _, out, err = align("translate", "bank", *WITH, "--k", 1, "--context", "nothing known", "--tsv")
    assert out.startswith("bank\t银行\t")
    assert "no word of the context of 'bank' is known" in err


@pytest.mark.parametrize("more", [("--context", "nothing known"), ("--senses", "s.safetensors")])
def test_a_context_that_says_nothing_changes_no_candidate(align, more) -> None:
    plain, found = (json.loads(align("translate", "bank", "银行", *WITH, "--json", *given)[1]) for given in ((), more))
    for before, after in zip(plain["translations"], found["translations"], strict=True):
        assert after["candidates"] == before["candidates"]


def test_json_has_the_keys_of_before_and_the_context(align) -> None:
    _, plain, _ = align("translate", "bank", *WITH, "--json")
    _, out, _ = align("translate", "bank", *WITH, "--json", "--context", "the river", "--senses", "s.safetensors")
    before, found = json.loads(plain), json.loads(out)
    assert found.keys() == {*before, "context"}
    (word,) = found["translations"]
    assert word.keys() == {*before["translations"][0], "context_words", "senses"}
    assert word["context_words"] == ["the", "river"]
    assert [one["sense"] for one in word["senses"]] == [1, 2]
    assert word["senses"][1]["in_context"] > 0.99
    assert word["senses"][1]["candidates"][0]["word"] == word["candidates"][0]["word"] == "河岸"


def test_each_sense_has_a_list(align) -> None:
    _, out, err = align("translate", "bank", "the", *WITH, "--senses", "s.safetensors", "--k", 1)
    lines = [line.split() for line in out.splitlines()]
    assert [line[0] for line in lines] == [
        "bank",
        lines[1][0],
        "sense",
        lines[3][0],
        "sense",
        lines[5][0],
        "the",
        lines[7][0],
    ]
    assert (lines[2], lines[3][1]) == (["sense", "1:", "75.0%"], "银行")
    assert (lines[4], lines[5][1]) == (["sense", "2:", "25.0%"], "河岸")
    assert "'the' is not among the words with senses" in err
    _, out, _ = align("translate", "bank", *WITH, "--senses", "s.safetensors", "--k", 1, "--tsv")
    assert [line.split("\t")[:2] for line in out.splitlines()] == [
        ["bank", "银行"],
        ["bank#1", "银行"],
        ["bank#2", "河岸"],
    ]


def test_a_gloss_and_the_session_read_the_sentence(align, monkeypatch) -> None:
    given = ("--with", "t.align", "--dictionary", "cedict.txt", "--senses", "s.safetensors")
    status, out, _ = align("gloss", "the river bank", *given, "--json")
    words = json.loads(out)["sentences"][0]["words"]
    assert (status, len(words), words[2]["translation"]) == (0, 3, "河岸")
    typed = ':senses bank\n:in "the river" bank\nthe river, the bank\n:senses ox\n:senses 河\n:in bank\nbank, river\n'
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(typed.encode())))
    status, out, _ = align("repl", "t.align", "--senses", "s.safetensors", "--k", 1)
    lines = out.splitlines()
    assert lines[0] == "bank"
    assert lines[1].split()[:2] == ["1", "75.0%"]
    assert lines[2].split()[:3] == ["银行", "yín", "háng"]
    assert lines[4].split()[0] == "河岸"
    assert lines[5].split()[0] == "bank"
    assert lines[6] == "  in the context of the, river"
    assert lines[7].split()[1] == "河岸"
    assert lines[9].split() == ["the", "river", "the", "bank"]
    assert lines[10].split()[3] == "河岸"
    rest = lines[12:]
    assert "'ox' is not in the English vocabulary" in rest[0]
    assert rest[1] == "the senses that are open are not of Chinese words"
    assert rest[2].startswith(':in "SENTENCE" WORD')
    assert rest[3].startswith("bank  #1")


@pytest.mark.parametrize(
    ("argv", "told"),
    [
        (("translate", "bank", *WITH, "--context", "..."), "--context '...' has no words"),
        (("translate", "bank", *WITH, "--senses", "t.align"), "t.align: not a space with senses"),
        (("translate", "bank", *WITH, "--senses", "no.safetensors"), "no.safetensors"),
        (("translate", "bank", *WITH, "--senses", "few.safetensors"), "0 words of one sense are in the translator"),
        (("translate", "bank", *WITH, "--senses", "s.safetensors", "--senses", "s.safetensors"), "two files of one"),
        (("gloss", "bank", *WITH, "--senses", "t.align"), "t.align: not a space with senses"),
        (("repl", "t.align", "--senses", "t.align"), "t.align: not a space with senses"),
    ],
)
def test_wrong_input_is_refused_in_one_line(align, argv, told) -> None:
    status, out, err = align(*argv)
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert told in err
