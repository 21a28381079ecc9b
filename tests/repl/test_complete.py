"""Completion of words and commands, by prefix."""

import numpy as np
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document

from align.repl.complete import Prefixes, WordCompleter
from align.text.vocab import Vocab

ENGLISH = ["man", "woman", "king", "queen", "horse", "dog", "cat", "China"]
CHINESE = ["女人", "男人", "国王", "王后", "马", "狗", "猫", "中国", "国家"]


def completions(typed):
    words = WordCompleter(Prefixes.of(Vocab(ENGLISH)), Prefixes.of(Vocab(CHINESE)))
    return [(one.text, one.start_position) for one in words.get_completions(Document(typed), CompleteEvent())]


def test_completion_of_words_and_commands():
    assert completions("qu") == [("queen", -2)]
    assert completions("king QU") == [("queen", -2)]
    assert completions("king,qu") == [("queen", -2)]
    assert completions("chi") == [("China", -3)]
    assert ("国王", -1) in completions("国")
    assert ("国王", -1) in completions(":near 國")
    assert completions(":co") == [(":compare", -3)]
    assert completions(":axis gen") == [("gender", -3)]
    assert completions(":axis gender qu") == [("queen", -2)]
    assert ("gender", 0) in completions(":axis ")
    assert ("gender", -2) not in completions("xaxis ge") + completions("?axis ge") + completions("a axis ge")
    assert completions("king ") == []
    assert completions("") == []
    assert completions("zzz") == []


def test_completion_gives_the_most_frequent_first_and_is_exhaustive_up_to_k():
    rng = np.random.default_rng(0)
    words = list(dict.fromkeys("".join(rng.choice(list("abC"), size=rng.integers(1, 6))) for _ in range(300)))
    prefixes = Prefixes.of(Vocab(words))
    for prefix in ("a", "AB", "ca", "bbb", ""):
        naive = [word for word in words if word.lower().startswith(prefix.lower())]
        assert prefixes.with_prefix(prefix, 1000) == naive
        assert prefixes.with_prefix(prefix, 3) == naive[:3]
