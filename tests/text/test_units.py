"""n-grams and their hashes against the official library and a plain loop."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from align.text.units import HashedNgrams, bags, ngrams


def naive_hash(text: bytes) -> int:
    value = 2_166_136_261
    for byte in text:
        signed = byte - 256 if byte > 127 else byte
        value = ((value ^ (signed & 0xFFFFFFFF)) * 16_777_619) & 0xFFFFFFFF
    return value


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=9), max_size=5),
    st.integers(0, 4),
    st.integers(0, 6),
    st.sampled_from([1, 7, 2_000_000]),
)
def test_bags_are_the_hashed_ngrams(words: list[str], minn: int, maxn: int, buckets: int) -> None:
    expected = [
        [naive_hash(gram.encode()) % buckets for gram in ngrams(word, minn, maxn)] if word != "</s>" else []
        for word in words
    ]
    ids, sizes = bags([word.encode() for word in words], minn, maxn, buckets)
    assert sizes.tolist() == [len(bag) for bag in expected]
    assert ids.tolist() == [i for bag in expected for i in bag]


def test_the_official_librarys_ngrams(tmp_path: object) -> None:
    fasttext = pytest.importorskip("fasttext")
    text = f"{tmp_path}/text"
    with open(text, "w", encoding="utf-8") as file:  # noqa: PTH123
        file.write("国王 king\n" * 30)
    model = fasttext.train_unsupervised(
        text, dim=2, minn=1, maxn=4, bucket=1000, minCount=1, thread=1, verbose=0, epoch=1
    )
    for word in ["kingdom", "国王们", "naïve", "a", "🐴", "</s>x"]:
        grams, rows = model.get_subwords(word)
        assert ngrams(word, 1, 4) == list(grams)
        assert bags([word.encode()], 1, 4, 1000).ids.tolist() == (rows - len(model.words)).tolist()


def test_the_end_of_sentence_mark_and_bytes_that_are_no_text() -> None:
    assert bags([b"</s>", b"a"], 3, 6, 10).sizes.tolist() == [0, 1]
    assert bags([b"\x80\x80", b"\xff"], 1, 2, 10).sizes.tolist() == [1, 3]
    assert bags([], 3, 6, 10).sizes.tolist() == []


def test_no_ngram_no_vector() -> None:
    units = HashedNgrams(np.ones((5, 2), np.float32), 4, 6)
    assert units.vector("a") is None
    assert units.vector("ab") is not None
    with pytest.raises(ValueError, match="a table of 0 buckets"):
        HashedNgrams(np.ones((0, 2), np.float32))
    with pytest.raises(ValueError, match="n-grams of 4 to 3"):
        HashedNgrams(np.ones((5, 2), np.float32), 4, 3)


WORDS = [word.encode() for word in ("king", "kings", "国王", "a", "</s>")]


def sparse() -> tuple[HashedNgrams, HashedNgrams]:
    """A table of some buckets, and the same with all buckets written out."""
    rng = np.random.default_rng(0)
    numbers = np.sort(rng.choice(50, 30, replace=False))
    table = rng.normal(size=(30, 3)).astype(np.float32)
    whole = np.zeros((50, 3), np.float32)
    whole[numbers] = table
    return HashedNgrams(table, 2, 4, numbers, 50), HashedNgrams(whole, 2, 4)


def test_a_bucket_that_is_not_finite_gives_no_vector() -> None:
    table = np.full((4, 2), np.nan, np.float32)
    with pytest.raises(ValueError, match="'horse' has a vector that is not finite; the file is damaged"):
        HashedNgrams(table).vector("horse")


def test_buckets_without_a_row_are_zero() -> None:
    some, whole = sparse()
    assert (some.buckets, whole.buckets) == (50, 50)
    for word in ("queen", "王国", "x"):
        np.testing.assert_allclose(some.vector(word), whole.vector(word), rtol=1e-6)
    one, other = (np.ones((len(WORDS), 3), np.float32) for _ in range(2))
    some.complete(one, WORDS)
    whole.complete(other, WORDS)
    np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(some.of_buckets(np.arange(50)), whole.table)
    nothing = HashedNgrams(np.ones((1, 3), np.float32), 2, 4, np.array([0]), 2_000_000)
    assert nothing.vector("queen") is None


def test_own_rows_are_what_completion_began_with() -> None:
    for units in sparse():
        rows = np.random.default_rng(1).normal(size=(len(WORDS), 3)).astype(np.float32)
        again = rows.copy()
        units.complete(again, WORDS)
        assert not np.allclose(again[:4], rows[:4])
        units.own_rows(again, WORDS)
        np.testing.assert_allclose(again, rows, atol=1e-5)


def test_some_buckets_are_replaced() -> None:
    numbers, vectors = np.array([3, 4, 49]), np.full((3, 3), 7, np.float32)
    for units in sparse():
        made = units.with_buckets(numbers, vectors)
        expected = units.of_buckets(np.arange(50))
        expected[numbers] = 7
        np.testing.assert_array_equal(made.of_buckets(np.arange(50)), expected)
        assert made.buckets == 50


@pytest.mark.parametrize(
    ("numbers", "buckets"), [([0, 1], 9), ([0, 2, 1], 9), ([0, 0, 1], 9), ([0, 1, 9], 9), ([-1, 0, 1], 9)]
)
def test_numbers_that_do_not_fit_are_refused(numbers: list[int], buckets: int) -> None:
    with pytest.raises(ValueError, match=r"numbers for a table of 3 of 9 buckets"):
        HashedNgrams(np.ones((3, 2), np.float32), 2, 4, np.array(numbers), buckets)
