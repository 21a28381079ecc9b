"""The hash table of keys and the words in a text, compared with dictionaries and with slices of the text."""

import numpy as np

from align.text.discovery.lexicon import spell
from align.text.discovery.symbols import codes_of
from align.text.discovery.trie import key_table, match, word_trie


def test_keys_are_found_and_others_are_not(monkeypatch) -> None:
    rng = np.random.default_rng(0)
    for load in (8, 0.3):  # with the second, half of the keys share a slot
        monkeypatch.setattr("align.text.discovery.trie._LOAD", load)
        for size in (0, 1, 2000):
            keys = np.unique(rng.integers(0, 1 << 40, size))
            wanted = np.concatenate([rng.permutation(keys), rng.integers(0, 1 << 40, 500)])
            rows = {key: row for row, key in enumerate(keys.tolist())}
            which, found = key_table(keys).find(wanted)
            assert which.tolist() == [i for i, key in enumerate(wanted.tolist()) if key in rows]
            assert found.tolist() == [rows[key] for key in wanted[which].tolist()]


def test_the_words_in_a_text() -> None:
    words = ["国王", "王", "国王马", "马马", "骑"]
    text = "国王马马国王|王马马骑国"
    found = match(word_trie(spell(words)), codes_of(text.replace("|", "\0")))
    listed = [(begin, words[number]) for one in found for begin, number in zip(*one, strict=True)]
    assert sorted(listed) == sorted((i, word) for word in words for i in range(len(text)) if text.startswith(word, i))
