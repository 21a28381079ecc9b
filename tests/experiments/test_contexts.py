"""Contexts: questions of word formation from the list, and the table, pattern and figure of made-up outcomes."""

import pytest

from align.evaluate.score import Score
from experiments import contexts as c
from experiments.word_lists import list_path, read_list


def test_every_derived_word_is_made_as_its_kind_says() -> None:
    kinds: dict[str, set[str]] = {}
    for kind, word, derived in read_list(list_path("morphology.tsv"), 3):
        formation, affix = kind.split()
        expected = {
            "AA": word * 2,
            "AABB": "".join(letter * 2 for letter in word),
        }.get(affix, affix + word if formation == "prefix" else word + affix)
        assert derived == expected, (kind, word)
        kinds.setdefault(kind, set()).add(word)
    assert len(kinds) == 10
    assert all(len(words) >= 100 for kind, words in kinds.items() if kind != "prefix 第")


def test_questions_are_pairs_of_pairs_whose_words_are_known(monkeypatch: pytest.MonkeyPatch) -> None:
    known = frozenset(["看", "看看", "说", "说说", "走", "走走", "高兴", "桌", "桌子", "椅", "椅子"])
    found = c.formations(known, seed=0)
    assert list(found) == ["reduplication", "affix"]
    assert [(one.name, len(one.questions)) for one in found["reduplication"]] == [("reduplication AA", 3)]
    assert [tuple(one) for one in found["affix"][0].questions] == [("桌", "桌子", "椅", "椅子")]
    monkeypatch.setattr(c, "MAX_QUESTIONS", 2)
    assert len(c.formations(known, seed=0)["reduplication"][0].questions) == 2


def made(reduplication: float, affix: float, semantic: float, setting: c.Setting) -> c.Outcome:
    scores = {
        group: (Score(group, value, 5, 9), Score(f"{group} kind", value, 5, 9))
        for group, value in (("reduplication", reduplication), ("affix", affix), ("semantic", semantic))
    }
    return c.Outcome(setting, scores, {"wordsim-240": 0.4, "wordsim-297": 0.5}, 3.0)


def test_table_pattern_and_figure(tmp_path) -> None:
    figures = {"word": (0.1, 0.1, 0.3), "word+character": (0.2, 0.1, 0.2), "word+ngram": (0.1, 0.2, 0.4)}
    outcomes = [made(*figures.get(one.features, (0.1, 0.1, 0.1)), one) for one in c.settings()]
    assert c.table(outcomes, kinds=False).row_count == c.table(outcomes, kinds=True).row_count == 10
    assert len(c.table(outcomes, kinds=False).columns) == 8
    assert c.pattern(outcomes)[:9] == [
        "sgns, word+character, own: reduplication 0.100 -> 0.200, as published",
        "sgns, word+character, own: affix 0.100 -> 0.100, not as published",
        "sgns, word+character, own: semantic 0.300 -> 0.200",
        "sgns, word+character: reduplication 0.100 -> 0.200",
        "sgns, word+character: affix 0.100 -> 0.100",
        "sgns, word+character: semantic 0.300 -> 0.200",
        "sgns, word+ngram: reduplication 0.100 -> 0.100",
        "sgns, word+ngram: affix 0.100 -> 0.200",
        "sgns, word+ngram: semantic 0.300 -> 0.400, as published",
    ]
    assert c.draw(outcomes, tmp_path / "a.png").stat().st_size > 1000
