"""``align corpus``: its file, its output, and one line with status 2 for wrong input."""

import gzip
import io
import re
import sys

import pytest

from align.cli import main
from align.text.corpus import open_corpus
from align.text.defaults import DEFAULTS

KING = "The king rode a horse.\n国王骑马。\n" * 6


@pytest.fixture
def align(capsys, tmp_path, monkeypatch):
    """Runs the command line in a temporary folder: (status, standard output, standard error)."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ALIGN_CACHE", str(tmp_path / "cache"))
    (tmp_path / "king.txt").write_text(KING)

    def run(*argv):
        status = main(["corpus", *map(str, argv)])
        said = capsys.readouterr()
        assert status != 1, said.err
        return status, said.out, said.err

    return run


def test_a_corpus_of_files_and_its_summary(align, tmp_path):
    (tmp_path / "more.gz").write_bytes(gzip.compress(b"the horse\n"))
    status, out, err = align("king.txt", "more.gz", "-o", "en.corpus", "--language", "en", "--workers", 1)
    assert (status, out) == (0, "")
    said, speed = err.split("; ")
    assert said == "align: en.corpus: 38 words, 6 of them different, 13 sentences"
    assert re.fullmatch(r"\d+ bytes read in [\d.]+ s, [\d.]+ (bytes|kB)/s\n", speed)
    made = open_corpus(tmp_path / "en.corpus")
    assert list(made.vocab)[:2] == ["horse", "the"]
    assert made.language == "en"


def test_options(align, tmp_path, monkeypatch):
    assert align("king.txt", "-o", "a.corpus", "--language", "zh", "--tokenise", "characters", "--max-vocab", 4)[0] == 0
    assert set(open_corpus(tmp_path / "a.corpus").vocab) <= set("国王骑马") | {"a", "the", "king", "rode", "horse"}
    assert len(open_corpus(tmp_path / "a.corpus").vocab) == 4
    (tmp_path / "own.txt").write_text("国王骑马\n")
    assert align("king.txt", "-o", "a.corpus", "--language", "zh", "--dictionary", "own.txt")[0] == 0
    assert "国王骑马" in open_corpus(tmp_path / "a.corpus").vocab
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"The king\xff\n")))
    arguments = ("-o", "b.corpus", "--language", "en", "--tokenise", "split", "--min-count", 1, "--replace-invalid")
    assert align("-", *arguments)[0] == 0
    assert list(open_corpus(tmp_path / "b.corpus").vocab) == ["The", "king\ufffd"]


def test_phrases_encodings_and_text_of_the_other_language(align, tmp_path) -> None:
    (tmp_path / "gb.txt").write_bytes(("看著國王騎馬\n" * 6).encode("gb18030"))
    status, _, err = align("gb.txt", "-o", "a.corpus", "--language", "zh")
    assert status == 2
    assert re.search(r"gb.txt:1: byte 0x\w+ is not UTF-8; --encoding gb18030 may read it", err)
    assert align("gb.txt", "-o", "a.corpus", "--language", "zh", "--encoding", "gb18030")[0] == 0
    assert {"看着", "国王"} <= set(open_corpus(tmp_path / "a.corpus").vocab)
    (tmp_path / "york.txt").write_text("in new york\n" * 9 + "a b c d e f g h\n" * 90)
    assert align("york.txt", "-o", "a.corpus", "--language", "en", "--phrases", "--phrase-threshold", 30)[0] == 0
    assert "in_new_york" in open_corpus(tmp_path / "a.corpus").vocab
    status, _, err = align("york.txt", "-o", "a.corpus", "--language", "zh")
    assert status == 0
    assert "align: warning: only 0.0% of the words contain Chinese characters, but the language is zh" in err


def test_a_default_corpus_is_made_once_in_the_cache_and_its_path_printed(align, tmp_path, monkeypatch):
    monkeypatch.setattr("align.text.catalogued.fetch", lambda _: tmp_path / "king.txt")
    monkeypatch.setattr("align.text.catalogued.READERS", {})
    status, out, err = align("--default", "en")
    assert status == 0
    path = out.rstrip("\n")
    assert path.startswith(str(tmp_path / "cache" / "corpora" / "default-en-"))
    assert open_corpus(path).tokens == len(DEFAULTS["en"]) * 36
    assert f"{len(DEFAULTS['en']) * 36} words" in err
    assert align("--default", "en") == (0, out, "align: the corpus exists already\n")
    assert align("--default", "en", "--min-count", 7)[1] != out
    status, out, err = align("--default", "en", "-o", "mine.corpus")
    assert (status, out) == (0, "")
    assert open_corpus(tmp_path / "mine.corpus").tokens == len(DEFAULTS["en"]) * 36


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "no text given"),
        (("king.txt", "--default", "en"), "name no texts with it"),
        (("--default", "en", "--language", "zh"), "--default en and --language zh exclude each other"),
        (("king.txt", "-o", "a.corpus"), "--language was expected: en or zh"),
        (("king.txt", "--language", "en"), "-o CORPUS was expected"),
        (("king.txt", "-o", "a.bin", "--language", "en"), "must end in .corpus"),
        (("king.txt", "-o", "a.corpus", "--language", "fr"), "fr"),
        (("none.txt", "-o", "a.corpus", "--language", "en"), "none.txt: no such file"),
        (("movie-review", "-o", "a.corpus", "--language", "en"), "nearest: movie-reviews"),
        (("king.txt", "-o", "a.corpus", "--language", "en", "--min-count", "99"), "no word occurs 99 times"),
        (("king.txt", "-o", "a.corpus", "--language", "en", "--min-count", "0"), "--min-count 0: must be at least 1"),
        (("king.txt", "-o", "a.corpus", "--language", "en", "--workers", "0"), "--workers 0: must be at least 1"),
        (
            ("king.txt", "-o", "a.corpus", "--language", "en", "--workers", "9999"),
            "--workers 9999: must be at most 1024",
        ),
        (("king.txt", "-o", "a.corpus", "--language", "en", "--max-vocab", "0"), "--max-vocab 0: must be at least 1"),
        (
            ("king.txt", "-o", "a.corpus", "--language", "en", "--tokenise", "jieba"),
            "one of english, split was expected",
        ),
        (("king.txt", "-o", "a.corpus", "--language", "zh", "--dictionary", "none"), "none: no such file"),
        (("empty", "-o", "a.corpus", "--language", "en"), "no word in the text"),
        (("king.txt", "-o", "new/dir/a.corpus", "--language", "en", "--min-count", "99"), "no word occurs 99 times"),
        (("king.txt", "-o", "a.corpus", "--language", "en", "--encoding", "klingon"), "--encoding klingon: not a text"),
        (
            ("king.txt", "-o", "a.corpus", "--language", "en", "--phrase-threshold", "30"),
            "--phrase-threshold and --phrase-passes need --phrases",
        ),
        (
            ("king.txt", "-o", "a.corpus", "--language", "en", "--phrase-passes", "0"),
            "--phrase-passes 0: must be at least 1",
        ),
        (("bad.txt", "-o", "a.corpus", "--language", "en"), "bad.txt:2: byte 0xff is not UTF-8"),
        (("cut.gz", "-o", "a.corpus", "--language", "en"), "cut.gz: the gzip data is damaged or cut short"),
    ],
)
def test_wrong_input_prints_one_line_and_writes_nothing(align, tmp_path, arguments, message):
    (tmp_path / "empty").touch()
    (tmp_path / "bad.txt").write_bytes(b"a\n\xff\n")
    (tmp_path / "cut.gz").write_bytes(gzip.compress(KING.encode())[:-9])
    before = set(tmp_path.iterdir())
    status, out, err = align(*arguments)
    assert (status, out) == (2, "")
    assert message in err
    assert err.startswith("align: ")
    assert err.count("\n") == 1
    assert set(tmp_path.iterdir()) == before


@pytest.mark.usefixtures("align")
def test_what_is_no_corpus_is_refused_with_the_command_that_makes_one(capsys):
    for source, text, hint in (
        ("king.txt", "a text, not a corpus", " (zh for Chinese)"),
        ("wikitext-2", "text of the catalogue, not a corpus", ""),
    ):
        assert main(["train", "sgns", source, "-o", "a.vec"]) == 2
        made = f"align corpus {source} -o {source.partition('.')[0]}.corpus --language en"
        assert capsys.readouterr().err == f"align: {source}: {text}; run `{made}` first{hint}\n"
    for source, what in (("googlenews-small", "vectors"), ("cedict", "dictionary")):
        assert main(["train", "sgns", source, "-o", "a.vec"]) == 2
        assert capsys.readouterr().err == f"align: {source}: {what} of the catalogue, not a corpus; text was expected\n"
