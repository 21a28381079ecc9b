"""Counting in bounded memory is exact for every table size; sentences are ended, split, and never empty."""

import io
import tempfile
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from align.text.counting import _sentences, choose, count, vocabulary_ids
from align.text.counting import sentences as ended
from align.text.numbering import numbered
from align.text.tokenise import Presegmented

TEXTS = st.lists(st.text(st.sampled_from("abcdefg  \n"), max_size=30), min_size=1, max_size=8)


def oracle(text: str, min_count: int, max_vocab: int | None, longest: int) -> tuple[list[str], list[list[str]]]:
    """The vocabulary and the sentences, slowly."""
    counts = Counter(text.split())
    words = sorted((w for w, n in counts.items() if n >= min_count), key=lambda w: (-counts[w], w))[:max_vocab]
    lines = [[word for word in line.split() if word in words] for line in text.split("\n")]
    return words, [line[i : i + longest] for line in lines for i in range(0, len(line), longest)]


@settings(deadline=None)
@given(TEXTS, st.integers(1, 4), st.none() | st.integers(1, 4), st.integers(1, 30), st.integers(1, 5))
def test_vocabulary_counts_and_ids_are_the_oracles(texts, min_count, max_vocab, table, longest) -> None:
    folder = Path(tempfile.mkdtemp())
    blocks = [numbered(text, Presegmented("en")) for text in [*texts, "\n"]]
    with ExitStack() as files:
        counted = count(blocks, folder, files, table=table)
        assert list(folder.iterdir()) == []
        spoken = [word for block in blocks for word in (block.words[i] for i in block.ids if i >= 0)]
        frequent = [n for n in Counter(spoken).values() if n >= min_count]
        if not frequent:
            with pytest.raises(
                ValueError, match=r"no word in the text|no word occurs \d times; the most frequent, '\w+'"
            ):
                choose(counted.parts, min_count, max_vocab)
            folder.rmdir()
            return
        vocab = choose(counted.parts, min_count, max_vocab)
        ids = np.concatenate(list(ended(vocabulary_ids(counted, vocab), longest=longest)))
    joined = " ".join(block.words[i] if i >= 0 else "\n" for block in blocks for i in block.ids)
    words, sentences = oracle(joined, min_count, max_vocab, longest)
    assert list(vocab) == words
    assert vocab.counts is not None
    assert vocab.counts.tolist() == [spoken.count(word) for word in words]
    assert vocab.counts.sum() == (ids >= 0).sum()
    found = " ".join(words[i] if i >= 0 else "\n" for i in ids).split("\n")
    assert [line.split() for line in found if line.strip()] == sentences
    assert ids[-1] == -1
    assert not ((ids[1:] == -1) & (ids[:-1] == -1)).any()
    folder.rmdir()


@given(st.lists(st.integers(-1, 3), max_size=40), st.lists(st.integers(1, 7)), st.integers(1, 5))
def test_sentences_do_not_depend_on_where_blocks_end(ids: list[int], sizes: list[int], longest: int) -> None:
    whole, _ = _sentences(np.array(ids, np.int32), 0, longest)
    rest, run, parts = np.array(ids, np.int32), 0, []
    for size in [*sizes, len(ids)]:
        part, run = _sentences(rest[:size], run, longest)
        parts.append(part)
        rest = rest[size:]
    assert np.concatenate(parts).tolist() == whole.tolist()


def test_a_full_disk_is_reported(tmp_path, monkeypatch) -> None:
    class Full(io.BytesIO):
        def write(self, _data):
            raise OSError(28, "No space left on device")

    monkeypatch.setattr("align.text.counting.tempfile.TemporaryFile", lambda **_: Full())
    with ExitStack() as files, pytest.raises(OSError, match="No space left"):
        count([numbered("a b\n", Presegmented("en"))], tmp_path, files)
