"""gloss: a sentence word by word, on small spaces that are rotations of each other."""

import io
import json
import sys

import pytest


@pytest.fixture
def small(tmp_path):
    path = tmp_path / "cedict.txt"
    path.write_text("紐約 纽约 [Niu3 yue1] /New York/\n馬上 马上 [ma3 shang4] /at once/\n", encoding="utf-8")
    return ("--translator", "t.align", "--dictionary", path)


def test_a_sentence_is_glossed_in_columns(align, small) -> None:
    status, out, err = align("gloss", "The king, of New York", *small)
    assert (status, err) == (0, "")
    assert out.splitlines() == [
        "The  king      of  New York",
        "-    国王      -   纽约",
        "     guó wáng      niǔ yuē",
    ]


def test_json_is_one_document_of_all_sentences(align, small, monkeypatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO("horse\n國王馬上\n".encode())))
    status, out, err = align("gloss", "-", *small, "--json", "--retrieval", "nn")
    assert (status, err) == (0, "")
    told = json.loads(out)
    assert (told["name"], told["retrieval"], told["used"]) == ("t.align", "nn", "nn")
    horse, chinese = told["sentences"]
    assert horse["words"] == [
        {
            "word": "horse",
            "translation": "马",
            "pinyin": "mǎ",
            "direction": "en-zh",
            "probability": None,
            "from": "translator",
        }
    ]
    assert [(one["word"], one["translation"], one["from"]) for one in chinese["words"]] == [
        ("国王", "king", "translator"),
        ("马上", "at once", "dictionary"),
    ]


def test_the_dictionary_may_be_a_name_of_the_catalogue(align) -> None:
    status, out, err = align("gloss", "New York", "--translator", "t.align", "--dictionary", "cedict")
    assert (status, err) == (0, "")
    assert "纽约" in out


@pytest.mark.parametrize(
    ("argv", "told"),
    [
        (("",), "'' has no words"),
        (("...",), "'...' has no words"),
        (("king", "--translator", "no.align"), "no.align: no such file"),
        (("king", "--translator", "en.vec"), "en.vec"),
        (("king", "--translator", "t.align", "--dictionary", "no.txt"), "no.txt: no such file"),
        (("king", "--translator", "t.align", "--dictionary", "en-zh.tsv"), "en-zh.tsv:1:"),
        (("king", "--retrieval", "worst"), "retrieval"),
    ],
)
def test_wrong_input_is_refused_in_one_line(align, argv, told) -> None:
    status, out, err = align("gloss", *argv)
    assert (status, out) == (2, "")
    assert told in err
    assert err.count("\n") == 1
