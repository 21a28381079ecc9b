"""Text files: odd words, odd lines, lying headers; the fast way gives what the careful way gives."""

import logging
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from align.files import load
from align.files.numbers import parse_rows, shortest


def written(folder: Path, text: str | bytes) -> Path:
    path = folder / "v.txt"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


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
        ("1 2\na 1 2\nb 3 4\n", "v.txt:4: more than the 1 words that the header says"),
        ("2 3\na 1 2\nb 3 4\n", "v.txt:2: 2 values found for 'a'; 3 were expected"),
        ("2 2\na 0.111 0.222 0.333\nb 3 4\n", "v.txt:2: more than the expected 2 values found: '0.111'"),
        ("2 2\na 1 2\nb 3\n", "v.txt:3: 1 values found for 'b'; 2 were expected"),
        ("a 1 2\nb 3\nc 4 5\n", "v.txt:2: 1 values found for 'b'; 2 were expected"),
        ("a 1 2\nb 0.1234 1e-05 5.0\n", "v.txt:2: more than the expected 2 values found: '0.1234'"),
        ("a 1 2\nb 3 x4\n", "v.txt:2: value 2 is 'x4'; a number was expected"),
        ("a 1 2\nb 3 4_4\n", "v.txt:2: value 2 is '4_4'; a number was expected"),
        ("a 1.5 2.5\nb 3.5 4.5.6\n", "v.txt:2: value 2 is '4.5.6'; a number was expected"),
        ("a 1.5 2.5\nb 3.5 4,5\n", "v.txt:2: value 2 is '4,5'; a number was expected"),
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
    assert "v.txt: 2 repeated words were dropped" in caplog.text


def test_many_repeats_move_rows_up(tmp_path: Path) -> None:
    words = [f"w{i * i % 9973}" for i in range(15_000)]
    space = load(written(tmp_path, "".join(f"{word} {i} 0.5\n" for i, word in enumerate(words))))
    assert list(space.vocab.words) == list(dict.fromkeys(words))
    assert space.vectors[:, 0].tolist() == [words.index(word) for word in space.vocab.words]


def test_invalid_utf8_becomes_the_replacement_character(tmp_path: Path) -> None:
    space = load(written(tmp_path, b"caf\xe9 1 2\n\xe5\x9b 3 4\n\xe5\x9b\xbd 5 6\n"))
    assert list(space.vocab.words) == ["caf\ufffd", "\ufffd", "国"]
    assert load(written(tmp_path, b"caf\xe9 1 2\nb 3 4\n"), words=["caf\ufffd"]).vectors.tolist() == [[1, 2]]


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
