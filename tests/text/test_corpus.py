"""Corpus files: saved and loaded unchanged, opened without reading, and damage is reported."""

import mmap

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from align.tensors import load_tensors, save_tensors
from align.text.build import build_corpus
from align.text.corpus import FORMAT, Corpus, check_numbers, open_corpus
from align.text.vocab import PackedWords, Vocab


def corpus_of(sentences: list[list[int]], words: list[str], **said: str) -> Corpus:
    ids = [i for sentence in sentences for i in (*sentence, -1)]
    counts = np.bincount([i for i in ids if i >= 0], minlength=len(words)).astype(np.int64)
    return Corpus(Vocab(words, counts), np.array(ids, np.int32), **said)


SMALL = corpus_of([[0, 1, 0], [2], [0, 2]], ["马", "牛", "horse"], name="animals", language="zh")


def test_words_and_sentences_are_counted() -> None:
    assert SMALL.tokens == 6
    assert SMALL.sentences == 3
    assert repr(SMALL) == "Corpus(6 words, 3 of them different, in 3 sentences)"


@given(st.lists(st.lists(st.integers(0, 4), min_size=1, max_size=6), max_size=8))
def test_a_corpus_comes_back_from_its_file(
    tmp_path_factory: pytest.TempPathFactory, sentences: list[list[int]]
) -> None:
    path = tmp_path_factory.mktemp("corpus") / "c.corpus"
    made = corpus_of(sentences, ["a", "b", "c", "国王", "e"], language="en")
    made.save(path)
    again = open_corpus(path)
    assert again.ids.tolist() == made.ids.tolist()
    assert list(again.vocab) == list(made.vocab)
    assert again.vocab.counts is not None
    assert made.vocab.counts is not None
    assert again.vocab.counts.tolist() == made.vocab.counts.tolist()
    assert (again.tokens, again.sentences) == (sum(map(len, sentences)), len(sentences))
    assert (again.name, again.language) == ("c", "en")


def test_an_opened_corpus_is_a_view_of_the_file_and_can_be_saved_again(tmp_path) -> None:
    SMALL.save(tmp_path / "a.corpus")
    opened = open_corpus(tmp_path / "a.corpus")
    base = opened.ids
    while isinstance(base, np.ndarray):
        base = base.base
    assert isinstance(base, memoryview | mmap.mmap)
    assert not opened.ids.flags.writeable
    opened.save(tmp_path / "b.corpus")
    assert (tmp_path / "b.corpus").read_bytes() == (tmp_path / "a.corpus").read_bytes()


def test_a_vocabulary_without_counts_makes_no_corpus() -> None:
    with pytest.raises(ValueError, match="has no counts"):
        Corpus(Vocab(["a"]), np.array([0, -1], np.int32))


def damaged(**changes):
    """The arrays and metadata of a small corpus file, some of them replaced or (None) left out."""
    counts = np.array([2, 1], np.int64)
    parts = {"counts": counts, "ids": np.array([0, 1, 0, -1], np.int32), "words": PackedWords.pack(["a", "b"]).block}
    said = {"format": FORMAT, "count": "2"}
    arrays = parts | {k: v for k, v in changes.items() if k in parts}
    metadata = said | {k: v for k, v in changes.items() if k in said}
    return {k: v for k, v in arrays.items() if v is not None}, metadata


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"format": "align space 1"}, "not a corpus .its format is 'align space 1'; 'align corpus 1' was expected"),
        ({"ids": None}, "holds counts int64, words uint8; counts int64, ids int32 and words uint8 were expected"),
        ({"ids": np.array([0, -1], np.int64)}, "ids int64"),
        ({"ids": np.zeros((2, 2), np.int32)}, "holds counts int64, ids int32"),
        ({"count": "3"}, "2 counts; its header says 3 words"),
        ({"counts": np.array([9, 1], np.int64)}, "the counts add up to 10 words, but it holds 4 numbers"),
    ],
)
def test_a_file_that_is_not_a_corpus_is_refused(tmp_path, changes, message) -> None:
    path = tmp_path / "bad.corpus"
    save_tensors(path, *damaged(**changes))
    with pytest.raises(ValueError, match=message) as told:
        open_corpus(path)
    assert str(told.value).startswith(f"{path}: ")


def test_a_truncated_file_is_refused(tmp_path) -> None:
    SMALL.save(tmp_path / "a.corpus")
    content = (tmp_path / "a.corpus").read_bytes()
    (tmp_path / "cut.corpus").write_bytes(content[:-3])
    with pytest.raises(ValueError, match="cut short"):
        open_corpus(tmp_path / "cut.corpus")


def test_the_arrays_are_aligned(tmp_path) -> None:
    SMALL.save(tmp_path / "a.corpus")
    arrays, _ = load_tensors(tmp_path / "a.corpus")
    assert arrays["ids"].flags.aligned
    assert arrays["counts"].flags.aligned


def test_sentences_in_memory_are_a_corpus_as_from_a_file(tmp_path) -> None:
    lines = [["the", "king", "rode"], [], ["the", "queen", "rode"], ["x"] * 10_001, ["king"]]
    (tmp_path / "a.txt").write_text("\n".join(" ".join(line) for line in lines))
    file = build_corpus(tmp_path / "a.txt", tmp_path / "a.corpus", language="en", min_count=2)
    made = Corpus.from_sentences(iter(lines), min_count=2, name="a", language="en")
    assert list(made.vocab) == list(file.vocab)
    assert made.ids.tolist() == file.ids.tolist()
    assert made.vocab.occurrences.tolist() == file.vocab.occurrences.tolist()
    assert (made.name, made.language) == (file.name, file.language)
    made.save(tmp_path / "b.corpus")
    assert open_corpus(tmp_path / "b.corpus").ids.tolist() == file.ids.tolist()
    assert list(Corpus.from_sentences(lines, min_count=1, max_vocab=2).vocab) == ["x", "king"]


@pytest.mark.parametrize(
    ("sentences", "options", "message"),
    [
        (["the king"], {}, "sentence 1 is a string, 'the king'; a list of words was expected"),
        ([["a"], ["b", ""]], {}, "the word '': a string that is not empty"),
        ([["a\nb"]], {}, r"the word 'a.nb': a string"),
        ([], {}, "no word in the text"),
        ([["a"]], {}, "no word occurs 5 times"),
        ([["a"]], {"min_count": 0}, "min_count 0: must be at least 1"),
        ([["a"]], {"max_vocab": 0}, "max_vocab 0: must be at least 1"),
    ],
)
def test_wrong_sentences(sentences, options, message) -> None:
    with pytest.raises(ValueError, match=message):
        Corpus.from_sentences(sentences, **options)


@pytest.mark.parametrize("wrong", [-7, 2])
def test_a_number_that_is_no_word_is_refused(tmp_path, wrong):
    ids = np.array([0, 1, wrong, 1, 0, -1], np.int32)
    Corpus(Vocab(["a", "b"], np.array([2, 2])), ids).save(tmp_path / "bad.corpus")
    with pytest.raises(ValueError, match=f"^bad: holds the number {wrong} for a word; 0 to 1 were expected$"):
        check_numbers(open_corpus(tmp_path / "bad.corpus"), "bad")


def test_a_negative_count_is_refused(tmp_path):
    Corpus(Vocab(["a", "b"], np.array([5, -2])), np.array([0, 1, -1, -1], np.int32)).save(tmp_path / "bad.corpus")
    with pytest.raises(ValueError, match=r"bad\.corpus: the counts add up to 3 words"):
        open_corpus(tmp_path / "bad.corpus")
