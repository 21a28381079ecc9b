"""A numbered block compared with its words one by one."""

import gc

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from align.text.numbering import numbered
from align.text.tokenise import English, Presegmented

LINES = st.lists(st.text(st.sampled_from("ab' -.1,X"), max_size=12), max_size=6)


@given(LINES)
def test_words_and_sentence_ends_are_those_of_the_text(lines: list[str]) -> None:
    text = "\n".join(lines)
    found = numbered(text, English())
    expected: list[str] = []
    for i, line in enumerate(lines):
        expected += English().tokens(line)
        if i < len(lines) - 1 and expected[-1:] != ["\n"]:
            expected.append("\n")
    assert [found.words[i] if i >= 0 else "\n" for i in found.ids] == expected
    assert found.counts.tolist() == [expected.count(word) for word in found.words]
    assert len(set(found.words)) == len(found.words)


def test_pieces_of_no_and_of_several_words() -> None:
    found = numbered("the king's --- well-known horse\n--- ---\nking", English())
    assert found.words == ["the", "king", "'s", "well", "known", "horse"]
    assert found.ids.tolist() == [0, 1, 2, 3, 4, 5, -1, 1]
    assert (found.counts.dtype, found.ids.dtype) == (np.int64, np.int32)


def test_no_words() -> None:
    for text in ("", "\n\n", " ... \n"):
        found = numbered(text, English())
        assert (found.words, found.counts.tolist()) == ([], [])
        assert found.ids.tolist() in ([], [-1])


def test_two_tokenisers_do_not_share_a_memory() -> None:
    assert numbered("King", English()).words == ["king"]
    assert numbered("King", Presegmented("en")).words == ["King"]


def test_nothing_is_left_for_the_garbage_collector_which_workers_do_without() -> None:
    blocks = 1000  # other threads of the test process may leave some objects, but not one a block
    numbered("warm up", English())
    gc.disable()
    try:
        gc.collect()
        for _ in range(blocks):
            numbered("the king's horse\n", English())
        assert gc.collect() < blocks
    finally:
        gc.enable()
