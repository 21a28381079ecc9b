"""Text files: odd words, odd lines, wrong headers; the fast and the careful reader agree."""

import logging
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from align.files import load, save
from align.files.numbers import parse_rows, shortest


def written(folder: Path, text: str | bytes) -> Path:
    path = folder / "v.txt"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.mark.parametrize("data", [b"king 1 2\rqueen 2 1\rman 1 1\r", b"\xb9\xfa\xcd\xf5 1 2\n"])
def test_a_file_without_a_readable_word_is_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.txt").write_bytes(data)
    with pytest.raises(
        ValueError, match=r"a\.txt: no word can be read \(not UTF-8, or control characters\); the first"
    ):
        load(tmp_path / "a.txt")


def test_glove_words_with_spaces(tmp_path: Path) -> None:
    lines = [
        ". . . 0.1 0.2 0.3",
        "at name@domain.com 0.4 -0.5 0.6",
        "nbsp\u00a0word 1 2 3",
        "1 2 3 4",
        " 7 8 9",
        "12 5 6 7",
    ]
    space = load(written(tmp_path, "\n".join(["the 1.5 2.5 3.5", *lines]) + "\n"))
    assert list(space.vocab.words) == ["the", ". . .", "at name@domain.com", "nbsp\u00a0word", "1", "", "12"]
    assert space["at name@domain.com"].tolist() == [np.float32(x) for x in (0.4, -0.5, 0.6)]
    assert space[""].tolist() == [7, 8, 9]


@pytest.mark.parametrize(
    "text",
    [
        "a 0.5 -1.5\nb 2 3e-1\n",
        "a 0.5 -1.5\nb 2 3e-1",
        "a 0.5 -1.5 \nb 2 3e-1 \n",
        "a\t0.5\t-1.5\nb\t2\t3e-1\n",
        "a 0.5 -1.5\r\nb 2 3e-1\r\n",
        "a  0.5  -1.5\nb 2   3e-1\n\n\n",
        "\n2 2\na 0.5 -1.5\nb 2 3e-1\n"[1:],
        "2 2\na 0.5 -1.5 \nb 2 3e-1 \n",
        "\ufeff2 2\na 0.5 -1.5\n\nb 2 3e-1\n",
        "\ufeffa 0.5 -1.5\nb +2. +.3\n",
        "2\t2\na .5 -1.5e+0\nb 2E0 3E-01\n",
    ],
)
def test_ways_to_write_the_same(tmp_path: Path, text: str) -> None:
    space = load(written(tmp_path, text))
    assert list(space.vocab.words) == ["a", "b"]
    assert space.vectors.tolist() == [[0.5, -1.5], [2, np.float32(0.3)]]
    assert load(written(tmp_path, text), words=["b"]).vectors.tolist() == [[2, np.float32(0.3)]]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "v.txt: is empty; word2vec, GloVe,"),
        ("3 2\na 1 2\nb 3 4\n", "v.txt:4: the file ends after 2 words; its header says 3"),
        ("1 2\na 1 2\nb 3 4\n", "v.txt:3: more follows; the header says 1 word"),
        ("2 3\na 1 2\nb 3 4\n", "v.txt:2: 2 values found for 'a'; 3 were expected"),
        ("2 2\na 1 2\n\nb 3 4\nc 1 2\nd 3 4\n", "v.txt:5: more follows; the header says 2 words"),
        ("2 2\na 1 2 3\nb 3 4\n", "v.txt:2: more than the expected 2 values found: '1' precedes them"),
        ("a 1 2\nb 0.5 2 3\nc 4 5\n", "v.txt:2: more than the expected 2 values found: '0.5' precedes them"),
        ("a 1 2\nb\t1\t2\t3\nc 4 5\n", "v.txt:2: more than the expected 2 values found: '1' precedes them"),
        ("2 2\na 0.111 0.222 0.333\nb 3 4\n", "v.txt:2: more than the expected 2 values found: '0.111'"),
        ("2 2\na 1 2\nb 3\n", "v.txt:3: 1 values found for 'b'; 2 were expected"),
        ("a 1 2\nb 3\nc 4 5\n", "v.txt:2: 1 values found for 'b'; 2 were expected"),
        ("a 1 2\nb 0.1234 1e-05 5.0\n", "v.txt:2: more than the expected 2 values found: '0.1234'"),
        ("a 1 2\nb 3 x4\n", "v.txt:2: value 2 is 'x4'; a number was expected"),
        ("a 1 2\nb 3 4_4\n", "v.txt:2: value 2 is '4_4'; a number was expected"),
        ("a 1.5 2.5\nb 3.5 4.5.6\n", "v.txt:2: value 2 is '4.5.6'; a number was expected"),
        ("a 1.5 2.5\nb 3.5 4,5\n", "v.txt:2: value 2 is '4,5'; a number was expected (a decimal comma"),
        ("a 1.5 2.5\nb 3.5-1 4.5\n", "v.txt:2: value 1 is '3.5-1'; a number was expected"),
        ("a 1.5 2.5\nb 3.5 4.5e\n", "v.txt:2: value 2 is '4.5e'; a number was expected"),
        ("a 1 2\nb nan 4\n", "v.txt:2: 'b' has the value nan; finite numbers"),
        ("a 1 2\nb 3 -inf\n", "v.txt:2: 'b' has the value -inf; finite numbers"),
        ("a 1 2\nb 1e39 3\n", "v.txt:2: 'b' has the value inf; finite numbers"),
        ("3 9\na 1:0.5 3:0.25\nb 0:1\n", "v.txt:2: '1:0.5' found: sparse (PPMI) vectors cannot be read"),
        ("3 359004\na 1:0.5 3:0.25\n", "v.txt:2: '1:0.5' found: sparse (PPMI) vectors cannot be read"),
        ("2 0\na\nb\n", "v.txt:1: the header says 0 dimensions"),
        ("the 23\nof 11\n", "v.txt:1: 'the 23' found; word2vec, GloVe,"),
        ("Call me Ishmael. Some years ago\n", "v.txt:1: 'Call me Ishmael. Some years ago' found; word2vec, GloVe,"),
        ("<!DOCTYPE html>\n<html>", "v.txt: is a web page or XML file"),
        ("version https://git-lfs.github.com/spec/v1\noid sha256:1\n", "v.txt: is a Git LFS pointer"),
    ],
)
def test_refused_with_line_and_expectation(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011
        load(written(tmp_path, text))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_limit_reads_what_a_short_file_has(tmp_path: Path) -> None:
    assert len(load(written(tmp_path, "3 2\na 1 2\nb 3 4\n"), limit=2)) == 2
    assert len(load(written(tmp_path, "1 2\na 1 2\nb 3 4\n"), limit=1)) == 1
    assert len(load(written(tmp_path, "a 1 2\nb 3 4\nbroken 1\n"), limit=2)) == 2


def test_repeated_words_keep_the_first_and_are_counted(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "align.files"):
        space = load(written(tmp_path, "a 1 2\nb 3 4\na 5 6\na nan 8\nc 9 9\n"), limit=3)
    assert list(space.vocab.words) == ["a", "b", "c"]
    assert space.vectors.tolist() == [[1, 2], [3, 4], [9, 9]]
    assert "v.txt: 2 repeated words dropped; the first of each is kept" in caplog.text
    path = written(tmp_path, "a 1 2\nb 3 4\na 5 6\nc 7 8\nd 9 9\n")
    assert list(load(path, limit=3, words=["c", "d"]).vocab) == ["c"]


def test_many_repeats_move_rows_up(tmp_path: Path) -> None:
    words = [f"w{i * i % 9973}" for i in range(15_000)]
    space = load(written(tmp_path, "".join(f"{word} {i} 0.5\n" for i, word in enumerate(words))))
    assert list(space.vocab.words) == list(dict.fromkeys(words))
    assert space.vectors[:, 0].tolist() == [words.index(word) for word in space.vocab.words]


def test_a_word_of_several_parts_that_ends_in_a_number_is_not_written(tmp_path: Path) -> None:
    path = written(tmp_path, "new york 1 2\nroute 66 3 4\nlos angeles 5 6\n")
    assert load(path, words=["new york", "route 66"]).vocab.words == ["new york", "route 66"]
    with pytest.raises(ValueError, match=r"the word .route 66. cannot be written to a text file"):
        save(load(path), tmp_path / "w.txt")


def test_leading_blanks_are_no_part_of_a_word(tmp_path: Path) -> None:
    for text in ("2 2\n king 0.5 1\n  queen 2 3\n", " king 0.5 1\n\tqueen 2 3\n", "king 0.5 1\n queen 2 3\n"):
        for words in (None, ["king", "queen"]):
            space = load(written(tmp_path, text), words=words)
            assert list(space.vocab.words) == ["king", "queen"]
            assert space.vectors.tolist() == [[0.5, 1], [2, 3]]


def test_a_file_of_phrases_without_a_header(tmp_path: Path) -> None:
    space = load(written(tmp_path, "new york 0.1 0.2 0.3\nlos angeles 0.4 0.5 0.6\nroute 66 0.7 0.8 0.9\n"))
    assert list(space.vocab.words) == ["new york", "los angeles", "route 66"]
    assert space["new york"].tolist() == [np.float32(x) for x in (0.1, 0.2, 0.3)]


@pytest.mark.parametrize("text", ["2 2\nking 0,1 0,2\nqueen 0,3 0,4\n", "king 0,1 -0,2\n", "1 4\nking 0,1 1 0,3 0,4\n"])
def test_decimal_commas_are_named(tmp_path: Path, text: str) -> None:
    with pytest.raises(ValueError, match=r"v\.txt:[12]: '0,1' found, a decimal comma; a decimal point was expected"):
        load(written(tmp_path, text))


@pytest.mark.parametrize("text", ["2 2\nking 1.000,1 0,2\nqueen 0,3 0,4\n", "king 0.1 1.000,1 0.3\n"])
def test_decimal_commas_after_thousands_are_named(tmp_path: Path, text: str) -> None:
    with pytest.raises(ValueError, match=r"'1\.000,1' found, a decimal comma; a decimal point was expected"):
        load(written(tmp_path, text))


def test_stray_words_are_dropped_and_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    lines = [b"w%d 1 %d" % (i, i) for i in range(3000)]
    lines[7], lines[2500], lines[9] = b"caf\xe9 1 2", b"a\0b 1 2", "a\ufffd 1 2".encode()
    path = written(tmp_path, b"\n".join(lines))
    with caplog.at_level(logging.WARNING, "align.files"):
        space = load(path)
    assert len(space) == 2997
    assert space["w2999"].tolist() == [1, 2999]
    assert "v.txt: 3 words dropped (not UTF-8, or control characters); the first is 8:" in caplog.text
    assert list(load(path, words=["w8", "w10"]).vocab.words) == ["w8", "w10"]


@pytest.mark.parametrize(
    ("encoding", "kind"),
    [
        *[("gb18030", "text"), ("big5", "text"), ("utf-16", "text"), ("utf-16-le", "text"), ("latin-1", "text")],
        *[("gb18030", "binary"), ("big5", "npz"), ("latin-1", "binary")],
    ],
)
def test_other_encodings_are_read_when_named_and_suggested_when_not(tmp_path: Path, encoding: str, kind: str) -> None:
    words = [
        "naïve",
        "café",
        "élève",
        "garçon",
        "hôtel",
        "crème",
        "fiancée",
        "forêt",
        "déjà",
        "señor",
        "über",
        "king",
        "queen",
    ]
    if encoding != "latin-1":
        words = [f"{a}{b}" for a in "國王后男女人中北京天氣學習" for b in "語言計算機我們今沒有問題"]
    vectors = np.random.default_rng(0).standard_normal((len(words), 3)).astype(np.float32)
    path = tmp_path / "v"
    if kind == "npz":
        np.savez(tmp_path / "v.npz", words=np.array([word.encode(encoding) for word in words]), vectors=vectors)
        path = tmp_path / "v.npz"
    elif kind == "binary":
        body = b"".join(b"%b %b" % (w.encode(encoding), row.tobytes()) for w, row in zip(words, vectors, strict=True))
        path.write_bytes(b"%d 3\n" % len(words) + body)
    else:
        lines = [f"{w} {row.decode()}\n" for w, row in zip(words, shortest(vectors), strict=True)]
        path.write_bytes("".join([f"{len(words)} 3\n", *lines]).encode(encoding))
    space = load(path, encoding=encoding)
    assert list(space.vocab.words) == words
    assert space.vectors.tobytes() == vectors.tobytes()
    assert load(path, encoding=encoding, words=[words[-1]])[words[-1]].tolist() == vectors[-1].tolist()
    suggested = {"latin-1": "cp1252"}.get(encoding, encoding)
    hint = "word 1" if kind == "binary" else f"--encoding {suggested} (may read|reads) it"
    with pytest.raises(ValueError, match=hint):
        load(path)
    if kind != "binary":
        with pytest.raises(ValueError, match=hint):
            load(path, words=[words[-1]])


def test_an_encoding_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path, "king 1 2\n国王 3 4\n王后 5 6\n".encode("gb18030"))
    with pytest.raises(ValueError, match=r"v\.txt:2: the word .* is not ASCII, like 2 of the first 3 words$"):
        load(path, encoding="ascii")
    with pytest.raises(ValueError, match="--encoding klingon: not a text encoding"):
        load(path, encoding="klingon")
    with pytest.raises(ValueError, match=r"v\.txt:3: byte 0x00 is not UTF-16-LE"):
        load(written(tmp_path, "a 1 2\nb 1 2\n".encode("utf-16-le") + b"\x00\xd8a\0"), encoding="utf-16-le")


def test_a_row_of_absurd_magnitude_is_refused(tmp_path: Path) -> None:
    lines = [f"w{i} 0.5 {i}" for i in range(100)]
    lines[50] = "w50 0.5 1e30"
    with pytest.raises(ValueError, match=r"v\.txt:51: 'w50' has the value 1e\+30, over 1e\+09 times the length"):
        load(written(tmp_path, "\n".join(lines)))


def test_many_blocks_keep_order_and_line_numbers(tmp_path: Path) -> None:
    vectors = np.random.default_rng(0).standard_normal((20_000, 9)).astype(np.float32)
    lines = [b"w%d %b" % (i, row) for i, row in enumerate(shortest(vectors))]
    lines[15_000] = b"New York " + lines[15_000].partition(b" ")[2]
    space = load(written(tmp_path, b"\n".join(lines) + b"\n"))
    assert space.vectors.tobytes() == vectors.tobytes()
    assert space.vocab.words[14_999:15_002] == ["w14999", "New York", "w15001"]
    lines[19_998] = b"broken 1 2"
    with pytest.raises(ValueError, match=r":19999: 2 values found for 'broken'; 9 were expected"):
        load(written(tmp_path, b"\n".join(lines)))
    assert len(load(written(tmp_path, b"\n".join(lines)), limit=100)) == 100


TOKEN = st.text("0123456789.-+eE ", min_size=1, max_size=6) | st.floats(allow_nan=False, allow_infinity=False).map(repr)


@settings(max_examples=400, deadline=None)
@given(st.lists(TOKEN, min_size=4, max_size=4))
def test_fast_numbers_are_the_careful_ones_or_none(tokens: list[str]) -> None:
    rows = parse_rows(f"{tokens[0]} {tokens[1]}\n{tokens[2]} {tokens[3]}\n".encode(), 2, 2)
    try:
        careful = np.array([float(token) for token in tokens]) if all(t == t.strip() for t in tokens) else None
    except ValueError:
        careful = None
    if rows is not None:
        assert careful is not None
        assert rows.tobytes() == careful.tobytes()


def test_fast_numbers_take_ordinary_text() -> None:
    text = "0.418 -0.0 1e-05\n-12.5 3 -1.5E+10\n.5 5. 00.1\n"
    rows = parse_rows(text.encode(), 3, 3)
    assert rows is not None
    assert rows.tobytes() == np.array(text.split(), float).tobytes()


def test_shortest_decimals_of_any_float32() -> None:
    bits = np.random.default_rng(0).integers(0, 2**32, 20_000, dtype=np.uint32)
    values = bits.view(np.float32)
    values = values[np.isfinite(values)][:18_000].reshape(-1, 10)
    rows = shortest(values)
    assert np.array([row.split() for row in rows], np.float64).astype(np.float32).tobytes() == values.tobytes()
    digits = [len(f"{float(v):e}".split("e")[0].strip("-").rstrip("0")) for v in rows[0].split()]
    assert max(digits) <= 10
    assert shortest(np.array([[0.1, -0.0, 100, 1e-7]], np.float32)) == [b"0.1 -0.0 100.0 1e-07"]
