"""Features of texts against fastText's definition, written out with plain loops."""

from dataclasses import replace

import numpy as np
import pytest

from align.text.counted_features import counted, in_use
from align.text.text_features import END, TextFeatures, number_words
from align.text.text_words import listed_words
from align.text.units import ngrams

TEXTS = [[b"the", b"king", b"rides"], [], ["国王".encode(), b"king", b"the", b"horse", b"the"]]


def fnv(word: bytes) -> int:
    value = 2_166_136_261
    for byte in word:
        value = ((value ^ ((byte - 256 if byte > 127 else byte) & 0xFFFFFFFF)) * 16_777_619) & 0xFFFFFFFF
    return value


def signed(value: int) -> int:
    return value - (1 << 32) if value >= 1 << 31 else value


def plain(features: TextFeatures, text: list[bytes]) -> list[int]:
    """The rows of a text, all of whose buckets have a row."""
    words, v, found = [*text, END], len(features.words), list[int]()
    for word in words:
        if word in features.words:
            found.append(features.words.index(word))
        if features.maxn and word != END:
            parts = ngrams(word.decode(), features.minn, features.maxn)
            found += [v + fnv(part.encode()) % features.buckets for part in parts]
    for i in range(len(words)):
        value = signed(fnv(words[i]))
        for j in range(i + 1, min(i + features.word_ngrams, len(words))):
            value = (value * 116_049_371 + signed(fnv(words[j]))) & 0xFFFFFFFFFFFFFFFF
            found.append(v + value % features.buckets)
    return found


@pytest.mark.parametrize(("word_ngrams", "minn", "maxn"), [(1, 0, 0), (3, 0, 0), (1, 2, 4), (2, 1, 3)])
def test_features_are_those_of_plain_loops(word_ngrams: int, minn: int, maxn: int) -> None:
    features = TextFeatures((b"the", END, b"king"), word_ngrams, minn, maxn, 1000)
    bags = features.bags(listed_words(TEXTS))
    for number, text in enumerate(TEXTS):
        found = bags.ids[bags.starts[number] : bags.starts[number + 1]]
        assert sorted(found.tolist()) == sorted(plain(features, text))
        assert bags.totals[number] == len(found)


def test_buckets_that_few_texts_have_are_dropped_for_good() -> None:
    numbered = number_words(listed_words(TEXTS), 2)
    words = numbered.words[: numbered.kept]
    assert set(words) == {b"the", b"king", END}
    whole = TextFeatures(words, 2, 0, 0, 1000)
    small, bags = in_use(whole, whole.bags(listed_words(TEXTS)), 1)
    again = counted(small.bags(listed_words(TEXTS)), small.rows)
    np.testing.assert_array_equal(bags.ids, again.ids)
    np.testing.assert_array_equal(bags.starts, again.starts)
    assert small.rows == len(words) + len(small.numbers if small.numbers is not None else ())
    assert bags.counts.sum() == len(whole.bags(listed_words(TEXTS)).ids)
    for wide in (whole, replace(whole, minn=1, maxn=2)):
        for one, two in zip(wide.bags(listed_words(TEXTS)), wide.bags_of(numbered), strict=True):
            np.testing.assert_array_equal(one, two)
    unknown = small.bags(listed_words([[b"never", b"seen"]]))
    assert unknown.ids.tolist() == [words.index(END)]
    assert unknown.totals.tolist() == [3]  # two n-grams without a row
    assert replace(small, pruned=True).bags(listed_words([[b"never", b"seen"]])).totals.tolist() == [1]


def test_words_that_come_first_keep_their_numbers() -> None:
    found = number_words(listed_words(TEXTS), 2, first=(b"never", b"king"))
    assert found.words[:2] == (b"never", b"king")
    ends = np.cumsum(found.lengths)
    spelled = [found.words[i] for i in found.ids.tolist()]
    assert [spelled[a:b] for a, b in zip([0, *ends[:-1]], ends, strict=True)] == [[*one, END] for one in TEXTS]
    assert all(sum(one.count(word) for one in TEXTS) < 2 for word in found.words[found.kept :])
    assert END in found.words[: found.kept]
