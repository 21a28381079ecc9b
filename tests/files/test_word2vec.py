"""word2vec's binary format: both ends of an entry, bad words, wrong headers, truncated files."""

import logging
import struct
from pathlib import Path

import numpy as np
import pytest

from align.files import load


def entry(word: bytes, *values: float, end: bytes = b"\n") -> bytes:
    return word + b" " + struct.pack(f"<{len(values)}f", *values) + end


def written(folder: Path, data: bytes) -> Path:
    path = folder / "v.bin"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("end", [b"\n", b""])
def test_with_and_without_a_newline_after_each_entry(tmp_path: Path, end: bytes) -> None:
    body = entry("国王".encode(), 1, 2, end=end) + entry(b"", 3, 4, end=end) + entry(b"x", 10, float("-1e-30"), end=end)
    space = load(written(tmp_path, b"3 2\n" + body))
    assert list(space.vocab.words) == ["国王", "", "x"]
    assert space.vectors.tolist() == [[1, 2], [3, 4], [10, np.float32(-1e-30)]]


def test_values_that_contain_newlines_and_spaces(tmp_path: Path) -> None:
    odd = np.frombuffer(b"\n \n \x20\x20\x20\x20\n\n\n\n", np.float32)
    space = load(written(tmp_path, b"2 3\n" + entry(b"a", *odd) + entry(b"b", *odd)))
    assert space.vectors.tolist() == [odd.tolist()] * 2


def test_many_entries_across_blocks(tmp_path: Path) -> None:
    vectors = np.random.default_rng(0).standard_normal((60_000, 40)).astype(np.float32)
    words = [f"w{i}" * (i % 5 + 1) for i in range(len(vectors))]
    body = b"".join(word.encode() + b" " + row.tobytes() for word, row in zip(words, vectors, strict=True))
    path = written(tmp_path, b"60000 40\n" + body)
    space = load(path)
    assert space.vocab.words == words
    assert space.vectors.tobytes() == vectors.tobytes()
    some = load(path, words=[words[3], words[50_000]], limit=50_001)
    assert some.vectors.tobytes() == vectors[[3, 50_000]].tobytes()
    assert list(load(path, words=[words[3], words[50_000]], limit=50_000).vocab.words) == [words[3]]


def test_stray_words_are_dropped_where_newlines_show_the_entries(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    good = b"".join(entry(b"w%d" % i, i, i) for i in range(5))
    with caplog.at_level(logging.WARNING, "align.files"):
        space = load(written(tmp_path, b"7 2\n" + good + entry(b"caf\xe9", 1, 2) + entry(b"w1", 9, 9)))
    assert list(space.vocab.words) == ["w0", "w1", "w2", "w3", "w4"]
    assert space["w1"].tolist() == [1, 1]
    assert r"v.bin: 1 word dropped (not UTF-8, or control characters); the first is word 6: b'caf\xe9'" in (caplog.text)


def test_words_of_another_encoding_are_refused(tmp_path: Path) -> None:
    words = [f"国王{i}".encode("gb18030") for i in range(9)]
    with pytest.raises(ValueError, match=r"v\.bin:word 1: the word .* like 9 of .*--encoding gb18030 may"):
        load(written(tmp_path, b"9 3\n" + b"".join(entry(word, 0.5, 1, 2) for word in words)))


PHRASES = [
    "king",
    "New York",
    "man",
    "国 王",
    "a b",
    "I am not",
    "New Car",
    "Los Angeles",
    "cow",
    "x y z w",
    "end of file",
]


@pytest.mark.parametrize("end", [b"\n", b""])
@pytest.mark.parametrize("dim", [4, 5, 50])
def test_words_that_contain_spaces(tmp_path: Path, end: bytes, dim: int) -> None:
    vectors = np.random.default_rng(dim).standard_normal((len(PHRASES) * 100, dim)).astype(np.float32) / 3
    words = [f"{word}{i}" if i else word for i in range(100) for word in PHRASES]
    body = b"".join(entry(word.encode(), *row, end=end) for word, row in zip(words, vectors, strict=True))
    path = written(tmp_path, f"{len(words)} {dim}\n".encode() + body)
    space = load(path)
    assert list(space.vocab.words) == words
    assert space.vectors.tobytes() == vectors.tobytes()
    some = load(path, words=["New York", "cow7"])
    assert some.vectors.tobytes() == vectors[[1, 7 * len(PHRASES) + 8]].tobytes()
    assert list(load(path, limit=5).vocab.words) == words[:5]


def test_gensim_writes_words_that_contain_spaces(tmp_path: Path) -> None:
    from gensim.models import KeyedVectors

    theirs = KeyedVectors(4)
    theirs.add_vectors(["king", "New York", "man", "cow"], np.random.default_rng(0).standard_normal((4, 4)))
    theirs.save_word2vec_format(str(tmp_path / "g.bin"), binary=True)
    space = load(tmp_path / "g.bin")
    assert list(space.vocab.words) == theirs.index_to_key
    assert space.vectors.tobytes() == theirs.vectors.astype(np.float32).tobytes()


def test_an_entry_that_can_be_read_in_no_way_is_refused_by_its_number(tmp_path: Path) -> None:
    entries = [entry(b"w%d" % i, i, 0.5, -1, end=b"") for i in range(9)]
    entries[4] = b"w4 " + b"\1\2\3" + entries[4][3:]
    with pytest.raises(ValueError, match=r"v\.bin:word 5: .* can be read in no way as a word, a space and 3 values"):
        load(written(tmp_path, b"9 3\n" + b"".join(entries)))


def test_an_error_names_the_word_with_a_control_character(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    entries = [entry(b"w%d" % i, *rng.standard_normal(4), end=b"") for i in range(300)]
    entries[150] = b"a\1b" + entries[150][4:]
    with pytest.raises(ValueError, match=r"v\.bin:word 151: b'a\\x01b .* can be read in no way"):
        load(written(tmp_path, b"300 4\n" + b"".join(entries)))


def test_a_row_of_absurd_magnitude_is_refused(tmp_path: Path) -> None:
    entries = [entry(b"w%d" % i, i, 0.5) for i in range(9)]
    entries[4] = entry(b"w4", 1e30, 0.5)
    with pytest.raises(ValueError, match=r"v\.bin:word 5: "):
        load(written(tmp_path, b"9 2\n" + b"".join(entries)))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (
            b"3 2\n" + entry(b"a", 1, 2) + entry(b"b", 3, 4),
            "v.bin:1: the header says 3 words of 2 dimensions, which is",
        ),
        (b"2 2\n" + entry(b"a", 1, 2) + entry(b"b", 3, 4)[:-3], "v.bin:word 2: cut short here"),
        (b"1 2\n" + entry(b"a", 1, 2) + entry(b"b", 3, 4), "v.bin:word 2: more follows; the header says 1 word "),
        (b"1000000000000 300\n" + entry(b"a", 1, 2), "the header says 1000000000000 words of 300 dimensions, which is"),
        (b"3 999999\n" + entry(b"a", 1, 2), "the header says 999999 dimensions; 1 to 100000 were expected"),
        (b"2 2\n" + entry(b"a", 1, 2) + entry(b"b", 3, float("nan")), "v.bin:word 2: 'b' has the value nan"),
        (b"1 2\n" + b"\x01" * 30_000, "v.bin:word 1: b'\\x01"),
        (
            b"9 1\n" + entry(b"ab", *np.arange(9.0) / 7, end=b"") * 9,
            "in no way as a word, a space and 1 values of the file's magnitude; the header says 9 words of 1 dim",
        ),
    ],
)
def test_refused_with_place_and_expectation(tmp_path: Path, data: bytes, message: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011
        load(written(tmp_path, data))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_lying_header_in_packed_data_allocates_nothing(tmp_path: Path) -> None:
    import gzip
    import tracemalloc

    path = written(tmp_path, gzip.compress(b"1000000000 1000\n" + entry(b"a", *range(1000))))
    tracemalloc.start()
    with pytest.raises(ValueError, match="word 2: cut short here"):
        load(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 32 << 20


def test_a_cut_file_can_be_read_up_to_where_it_is_cut(tmp_path: Path) -> None:
    path = written(tmp_path, b"30 2\n" + entry(b"a", 1, 2) + entry(b"b", 3, 4) + b"c \1")
    assert len(load(path, limit=2)) == 2
    with pytest.raises(ValueError, match=r"word 3: cut short here; .* \(limit=2 reads what is there\)"):
        load(path, limit=3)
