"""Phrases: against a plain loop over sentences, across blocks, in both languages."""

import random
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest

from align.text import phrases as module
from align.text.build import build_corpus
from align.text.phrases import Phrases, phrase


def joined_by_hand(lines: list[list[str]], threshold: float, passes: int, discount: int) -> list[list[str]]:
    for _ in range(passes):
        words = Counter(word for line in lines for word in line)
        pairs = Counter(pair for line in lines for pair in pairwise(line))
        total = sum(count for word, count in words.items() if word != "?")
        score = {
            (a, b): (n - discount) * total / (words[a] * words[b]) for (a, b), n in pairs.items() if "?" not in (a, b)
        }
        made = []
        for line in lines:
            out, i = [], 0
            while i < len(line):
                if i + 1 < len(line) and score.get((line[i], line[i + 1]), 0) > threshold:
                    out.append(phrase(line[i], line[i + 1]))
                    i += 2
                else:
                    out.append(line[i])
                    i += 1
            made.append(out)
        lines = made
    return lines


@pytest.mark.parametrize("passes", [1, 3])
@pytest.mark.parametrize("step", [7, 1 << 20])
def test_phrases_are_those_of_a_plain_loop(tmp_path, monkeypatch, passes: int, step: int) -> None:
    monkeypatch.setattr(module, "_STEP", step)
    rng = random.Random(0)
    lines = []
    for i in range(600):
        line = [f"w{min(int(rng.expovariate(0.2)), 30)}" for _ in range(rng.randrange(12))]
        if i % 3 == 0:
            line[rng.randrange(len(line) + 1) :] = ["new", "york", "times", "square"][: rng.randrange(2, 5)]
        if i % 7 == 0:
            line.insert(0, f"rare{i}")
        lines.append(line)
    (tmp_path / "a.txt").write_text("".join(" ".join(line) + "\n" for line in lines))
    made = build_corpus(
        tmp_path / "a.txt", tmp_path / "a.corpus", language="en", min_count=3, phrases=Phrases(4.0, passes), workers=1
    )
    counts = Counter(word for line in lines for word in line)
    known = [[word if counts[word] >= 3 else "?" for word in line] for line in lines]
    expected = joined_by_hand(known, 4, passes, 3)
    final = Counter(word for line in expected for word in line)
    kept = [[word for word in line if word != "?" and final[word] >= 3] for line in expected]
    words = list(made.vocab)
    found = " ".join(words[i] if i >= 0 else "\n" for i in made.ids).split("\n")
    assert [line.split() for line in found if line.strip()] == [line for line in kept if line]
    assert made.vocab.occurrences.tolist() == [final[word] for word in words]
    assert any(word.count("_") == min(passes, 3) for word in words)
    assert np.all(np.diff(made.vocab.occurrences) <= 0)


def test_chinese_phrases_have_nothing_between_their_words_and_may_be_a_known_word(tmp_path) -> None:
    lines = ["北京 大学 好"] * 9 + ["北京大学 好 T恤 衫"] * 9 + ["好 马"] * 40
    (tmp_path / "a.txt").write_text("\n".join(lines))
    made = build_corpus(
        tmp_path / "a.txt", tmp_path / "a.corpus", language="zh", tokenise="split", phrases=Phrases(2.0, 1)
    )
    assert made.vocab.occurrences[made.vocab.index["北京大学"]] == 18
    assert "T恤衫" in made.vocab


@pytest.mark.parametrize(
    ("threshold", "passes", "message"),
    [
        (0.0, 1, "phrase_threshold 0: must be above 0"),
        (float("nan"), 1, "threshold nan"),
        (9.0, 0, "phrase_passes 0: must be at least 1"),
    ],
)
def test_wrong_settings(threshold: float, passes: int, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Phrases(threshold, passes)
