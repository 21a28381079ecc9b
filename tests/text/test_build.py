"""Corpora from texts: compared with a Counter; independent of workers and table size; written atomically."""

import gzip
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

import align
from align.text.build import build_corpus
from align.text.reading import Text
from align.text.tokenise import Characters, English, Jieba, Presegmented


def sentences(corpus: align.Corpus) -> list[list[str]]:
    """The corpus as words again."""
    words = list(corpus.vocab)
    joined = " ".join(words[i] if i >= 0 else "\n" for i in corpus.ids)
    return [line.split() for line in joined.split("\n") if line.strip()]


def made_up(lines: int, *, seed: int) -> str:
    """Lines of words by Zipf's law."""
    rng = random.Random(seed)
    words = [f"{c}{i}" for i in range(400) for c in "ab"]
    weights = [1 / (i + 1) for i in range(800)]
    return "".join(" ".join(rng.choices(words, weights, k=rng.randrange(25))) + ".\n" for _ in range(lines))


@pytest.fixture(scope="module")
def text(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("text") / "text.txt"
    path.write_text(made_up(6000, seed=0))
    return path


def test_the_corpus_is_the_text_without_rare_words(text: Path, tmp_path: Path) -> None:
    made = build_corpus(text, tmp_path / "a.corpus", language="en", min_count=20, workers=1)
    tokens = [English().tokens(line) for line in text.read_text().split("\n")]
    counts = Counter(word for line in tokens for word in line)
    expected = sorted((w for w, n in counts.items() if n >= 20), key=lambda w: (-counts[w], w))
    assert 50 < len(expected) < len(counts)
    assert list(made.vocab) == expected
    assert made.vocab.counts is not None
    assert made.vocab.counts.tolist() == [counts[word] for word in expected]
    kept = [[word for word in line if counts[word] >= 20] for line in tokens]
    assert sentences(made) == [line for line in kept if line]
    assert made.tokens == sum(map(len, kept)) == (made.ids >= 0).sum()
    assert made.sentences == (made.ids == -1).sum()
    assert (made.name, made.language) == ("a", "en")
    assert list(tmp_path.iterdir()) == [tmp_path / "a.corpus"]


def test_neither_workers_nor_the_table_change_the_file(text: Path, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(English, "block", 1 << 14)
    options = [{"workers": 1}, {"workers": 3}, {"workers": 1, "table": 37}, {"workers": 2, "table": 300}]
    files = []
    for option in options:
        build_corpus(text, tmp_path / "a.corpus", language="en", **option)
        files.append((tmp_path / "a.corpus").read_bytes())
    assert files[1:] == files[:-1]


def test_files_folders_and_packed_files_are_one_text(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "b.txt").write_text("two words")  # no newline: the file's end ends a sentence
    (tmp_path / "folder" / "c.gz").write_bytes(gzip.compress(b"three words more\n", mtime=0))
    (tmp_path / "a.txt").write_text("One word\n\n")
    texts = [
        tmp_path / "a.txt",
        str(tmp_path / "folder"),
        Text(tmp_path / "a.txt", lambda lines: (x[::-1] for x in lines)),
    ]
    made = build_corpus(texts, tmp_path / "a.corpus", language="en", min_count=1)
    assert sentences(made) == [["one", "word"], ["two", "words"], ["three", "words", "more"], ["drow", "eno"]]


def test_long_sentences_are_cut(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("a b " * 12_500)
    made = build_corpus(tmp_path / "a.txt", tmp_path / "a.corpus", language="en")
    assert [len(line) for line in sentences(made)] == [10_000, 10_000, 5_000]


@pytest.mark.parametrize("tokeniser", [Jieba(), Characters(), Presegmented("zh")])
def test_chinese_is_simplified_whatever_parts_the_words(tmp_path: Path, tokeniser) -> None:
    (tmp_path / "a.txt").write_text("國王 騎 馬\n国王骑马\n" * 3)
    made = build_corpus(tmp_path / "a.txt", tmp_path / "a.corpus", language="zh", tokenise=tokeniser, min_count=1)
    assert not set("國騎馬") & set("".join(made.vocab))
    assert made.sentences == 6


def test_the_most_frequent_words_only(text: Path, tmp_path: Path) -> None:
    whole = build_corpus(text, tmp_path / "a.corpus", language="en", min_count=1)
    cut = build_corpus(text, tmp_path / "b.corpus", language="en", min_count=1, max_vocab=10)
    assert list(cut.vocab) == list(whole.vocab)[:10]


def test_progress_is_reported_to_the_end(text: Path, tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    build_corpus(text, tmp_path / "a.corpus", language="en", report=lambda *said: told.append(said))
    size = text.stat().st_size
    assert [said for said in told if said[0] == "reading"][-1] == ("reading", size, size)
    assert told[-1][0] == "writing"
    assert told[-1][1] == told[-1][2]


@pytest.mark.parametrize(
    ("content", "options", "message"),
    [
        (b"", {}, "no word in the text"),
        (b"... \n", {}, "no word in the text"),
        (b"a b b\n", {}, "no word occurs 5 times; the most frequent, 'b', occurs 2 times"),
        (b"a\n\xff\n", {}, r"a.txt:2: byte 0xff is not UTF-8"),
        (gzip.compress(b"a " * 999, mtime=0)[:-9], {}, r"a.txt: the gzip data is damaged or cut short"),
        (b"a", {"min_count": 0}, "min_count 0: must be at least 1"),
        (b"a", {"max_vocab": 0}, "max_vocab 0: must be at least 1"),
        (b"a", {"workers": 0}, "workers 0: must be at least 1"),
    ],
)
def test_errors_are_reported_and_leave_no_file(tmp_path: Path, content: bytes, options, message: str) -> None:
    (tmp_path / "a.txt").write_bytes(content)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "a.corpus").write_text("before")
    with pytest.raises(ValueError, match=message):
        build_corpus(tmp_path / "a.txt", tmp_path / "out" / "a.corpus", language="en", **options)
    assert [path.read_text() for path in (tmp_path / "out").iterdir()] == ["before"]


def test_wrong_names_are_reported(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"a.txt: a corpus file's name ends in .corpus"):
        build_corpus(tmp_path, tmp_path / "a.txt", language="en")
    with pytest.raises(FileNotFoundError, match=r"none.txt: no such file"):
        build_corpus(tmp_path / "none.txt", tmp_path / "a.corpus", language="en")
    with pytest.raises(ValueError, match="no text given"):
        build_corpus([], tmp_path / "a.corpus", language="en")


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16-le"])
def test_bytes_that_do_not_decode_can_be_replaced(tmp_path: Path, encoding: str) -> None:
    bad = b"\x00\xdc" if encoding == "utf-16-le" else b"\xff"
    (tmp_path / "a.txt").write_bytes("the".encode(encoding) + bad + "king\n".encode(encoding))
    given = {"language": "en", "min_count": 1, "encoding": encoding}
    with pytest.raises(ValueError, match=r"a\.txt:1: byte 0x\S+ is not UTF-|a\.txt:1: byte 0xff is not GB18030"):
        build_corpus(tmp_path / "a.txt", tmp_path / "a.corpus", **given)
    made = build_corpus(tmp_path / "a.txt", tmp_path / "a.corpus", **given, replace_invalid=True)
    assert list(made.vocab) == ["king", "the"]


@pytest.mark.usefixtures("default_signals")
@pytest.mark.parametrize("kill", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_leaves_nothing_behind(tmp_path: Path, kill: signal.Signals) -> None:
    command = [sys.executable, "-m", "align", "corpus", "-", "-o", "out/a.corpus", "--language", "en", "--workers", "2"]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, cwd=tmp_path, env=environment) as run:
        assert run.stdin
        run.stdin.write(b"the king rode a horse\n" * 1_000_000)
        run.stdin.flush()
        time.sleep(1)
        assert run.poll() is None
        run.send_signal(kill)
        assert run.wait(30) == 130
    assert list(tmp_path.iterdir()) == []
