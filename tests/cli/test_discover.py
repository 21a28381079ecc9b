"""``align discover`` and ``align segment``: their files, their output, and one line with status 2 for wrong input."""

import io
import json
import re
import sys

import pytest

from align.cli import main
from align.text.corpus import open_corpus
from align.text.discovery.lexicon import read_word_counts

KING = "国王骑马。国王说话。他骑马来。他说话。国家。\n" * 9


@pytest.fixture
def align(capsys, tmp_path, monkeypatch):
    """Runs the command line in a temporary folder: (status, standard output, standard error)."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "king.txt").write_text(KING, "utf-8")

    def run(*argv):
        status = main([*map(str, argv)])
        said = capsys.readouterr()
        assert status != 1, said.err
        return status, said.out, said.err

    return run


def test_discover_segment_and_corpus(align, tmp_path, monkeypatch) -> None:
    status, out, err = align("discover", "king.txt", "-o", "king.words")
    assert (status, out) == (0, "")
    bits = r"from [-\d.]+ to [-\d.]+ bits a symbol in \d+ rounds \(the credit for word boundaries deducted\)\n"
    begin = r"align: king.words: 6 words in 153 symbols of text, [\d.]+ s; the description fell"
    assert re.fullmatch(rf"{begin} {bits}", err)
    assert (
        align("segment", "king.words", "king.txt")[1]
        == "国王 骑马 。 国王 说话 。 他 骑马 来 。 他 说话 。 国家 。\n" * 9
    )
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO("國王騎馬\n\nＯＫ".encode())))
    assert align("segment", "king.words") == (0, "國王 騎馬\n\nＯＫ\n", "")
    assert align("corpus", "king.txt", "-o", "a.corpus", "--language", "zh", "--tokenise", "king.words")[0] == 0
    assert {"国王", "骑马", "说话"} <= set(open_corpus(tmp_path / "a.corpus").vocab)


def test_json_options_and_more_text(align, tmp_path) -> None:
    status, out, _ = align("discover", "king.txt", "-o", "king.words", "--json", "--max-length", 3, "--min-pmi", 0.5)
    found = json.loads(out)
    assert status == 0
    assert found["words"] == len(read_word_counts(tmp_path / "king.words"))
    assert set(found["best"][0]) == {"word", "count", "bits"}
    assert ("国王", 18) in [(one["word"], one["count"]) for one in found["best"]]
    assert set(found["rounds"][0]) == {"words", "tokens", "bits"}
    (tmp_path / "gb.txt").write_bytes(("天下大势，天下分合。大势合。\n" * 9).encode("gb18030"))
    assert align("discover", "gb.txt", "-o", "all.words", "--known", "king.words", "--encoding", "gb18030")[0] == 0
    counts = read_word_counts(tmp_path / "all.words").counts
    assert counts["国王"] == 18
    assert counts["天下"] == 18


def test_bytes_that_do_not_decode_are_replaced_in_another_encoding(align, tmp_path) -> None:
    (tmp_path / "gb.txt").write_bytes("天下大势\n".encode("gb18030") * 9 + b"\xff\n")
    options = ("--encoding", "gb18030", "--replace-invalid")
    assert align("discover", "gb.txt", "-o", "gb.words", *options)[0] == 0
    status, out, _ = align("segment", "gb.words", "gb.txt", *options)
    assert (status, out.splitlines()[-1]) == (0, "\ufffd")


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        ("discover -o a.words", "no text given"),
        ("discover none.txt -o a.words", "none.txt: no such"),
        ("discover empty.txt -o a.words", "the text is empty"),
        ("discover english.txt -o a.words", "no Chinese character in the text"),
        ("discover bad.txt -o a.words", "bad.txt:2: byte 0xff is not UTF-8"),
        ("discover king.txt -o a.words --encoding utf-16", "king.txt:( is not UTF-16 |1: byte 0xe5 is not UTF-16)"),
        ("discover king.txt -o king.txt", "king.txt: is read by this command"),
        ("discover king.txt -o a.words --spelling inf", "--spelling inf: must be from 0 to 1000"),
        ("discover king.txt -o a.words --max-length 1", "--max-length 1: must be from 2 to"),
        ("discover king.txt -o a.words --workers 0", "--workers 0: must be at least 1"),
        ("discover king.txt -o a.words --workers 9999", "--workers 9999: must be at most 1024"),
        ("discover king.txt -o a.words --known king.txt", "king.txt:1: .*WORD, a tab and a count were expected"),
        ("segment king.txt king.txt", "king.txt:1: .*WORD, a tab and a count were expected"),
        ("segment empty.txt king.txt", "empty.txt: no word in the file"),
        ("segment none.words", "none.words: no such file"),
        ("corpus king.txt -o a.corpus --language zh --tokenise king.txt", "king.txt:1: .*WORD, a tab and a count"),
        ("corpus king.txt -o a.corpus --language zh --tokenise none", "'none' does not tokenise 'zh'"),
    ],
)
def test_wrong_input_is_refused_in_one_line(align, tmp_path, argv, message) -> None:
    (tmp_path / "empty.txt").write_text("")
    (tmp_path / "english.txt").write_text("The 12 kings.\n")
    (tmp_path / "bad.txt").write_bytes("国\n".encode() + b"\xff\n")
    status, out, err = align(*argv.split())
    assert (status, out) == (2, "")
    assert re.fullmatch(rf"align: .*{message}.*\n", err)
    assert (tmp_path / "king.txt").read_text("utf-8") == KING
    assert not (tmp_path / "a.words").exists()
