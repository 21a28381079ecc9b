"""Identical words, compared with two loops over the vocabularies."""

import random

from align.bilingual.dictionary.identical import identical
from align.text.vocab import Vocab


def test_only_what_both_have_with_a_letter_or_a_figure_in_the_order_of_the_source() -> None:
    source = Vocab(["the", "2008", ".", "中国", "mp3", "½"])
    target = Vocab(["mp3", ".", "2008", "polish", "中国", "½", "的"])
    found = identical(source, target)
    assert found.pairs == (("2008", "2008"), ("中国", "中国"), ("mp3", "mp3"), ("½", "½"))
    assert found.name == "identical"


def test_the_same_word_comes_before_the_most_frequent_that_is_so_without_case() -> None:
    found = identical(Vocab(["alex", "Ipod", "us"]), Vocab(["Alex", "US", "IPOD", "ipod", "us"]))
    assert found.pairs == (("alex", "Alex"), ("Ipod", "IPOD"), ("us", "us"))


def test_two_loops_find_the_same() -> None:
    draw = random.Random(0)
    left, right = (
        list(dict.fromkeys("".join(draw.choices("abB1-", k=draw.randint(1, 3))) for _ in range(60))) for _ in range(2)
    )
    expected: list[tuple[str, str]] = []
    for a in left:
        alike = sorted((b for b in right if b.lower() == a.lower()), key=lambda b: (b != a, right.index(b)))
        if alike and set(a) != {"-"}:
            expected.append((a, alike[0]))
    assert list(identical(Vocab(left), Vocab(right)).pairs) == expected
    assert 5 < len(expected) < len(left)


def test_nothing_in_common_is_no_pair() -> None:
    assert len(identical(Vocab(["king"]), Vocab(["国王"]))) == 0
