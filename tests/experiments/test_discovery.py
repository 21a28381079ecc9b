"""Word discovery: F1 of segmentations, recall of names, and the tables and figure of made-up results."""

import pytest

from align.text.discovery.learning import Discovered, Round
from align.text.discovery.lexicon import WordCounts
from experiments import discovery as d
from experiments.segmentation import F1, halves, joined, score

GOLD = [["国王", "骑", "马", "。"], ["他", "来", "了", "！"]]
FOUND = Discovered(
    WordCounts({"国王": 5, "马": 2}), {"国王": 9.0, "骑马": 3.0}, [Round(9, 20, 5.0), Round(7, 21, 4.5)], 30
)


def test_f1_of_tokens() -> None:
    found = score(GOLD, [["国王", "骑马", "。"], ["他", "来", "了", "！"]])
    assert found == F1(2 * 6 / (8 + 7), 2 * 4 / (6 + 5))
    assert score(GOLD, GOLD) == F1(1.0, 1.0)
    with pytest.raises(ValueError, match="is not the text of the line"):
        score(GOLD, [["国王"], ["他来了！"]])


def test_ways_to_segment() -> None:
    assert joined(GOLD) == "国王骑马。\n他来了！\n"
    assert halves(GOLD) == (GOLD[:1], GOLD[1:])
    assert d.cut(GOLD, FOUND.lexicon) == [["国王", "骑", "马", "。"], ["他", "来", "了", "！"]]
    assert d.by_character(GOLD)[0] == ["国", "王", "骑", "马", "。"]
    assert d.by_jieba(GOLD)[0] == ["国王", "骑马", "。"]


def test_recall_of_names() -> None:
    names = [("曹操", 9), ("刘备", 3), ("张飞", 1)]
    assert d.recall(names, frozenset({"曹操", "张飞"}), frozenset({"刘备"}), 2) == d.Names(2, 2, 1, 1)


def test_verses_their_caesura_and_their_feet() -> None:
    assert d.verses_of("秦川雄帝宅，函谷。綺殿千尋起！人閒桂花") == ["秦川雄帝宅", "綺殿千尋起"]
    assert d.verses_of("秦川雄帝宅，" * 10, 3) == ["秦川雄帝宅"] * 3
    found = d.metre("a", [["秦川", "雄", "帝宅"], ["秦", "川雄", "帝宅"], ["朝辞", "白", "帝", "彩云", "间"]])
    assert found == d.Verses("a", 2 / 3, 6 / 11, 2 / 4, 17 / 11)
    with pytest.raises(ValueError, match="no verse"):
        d.metre("a", [])


def test_tables_words_and_figure(tmp_path) -> None:
    assert d.best(FOUND) == ["国王", "骑马"]
    assert d.news_table([d.SegmentationScores("a", F1(0.5, 0.4), F1(0.5, 0.4))]).row_count == 1
    assert d.verses_table([d.Verses("a", 0.5, 0.5, 0.5, 1.5)]).row_count == 1
    assert d.names_table([d.Names(2, 10, 5, 4)]).row_count == 1
    assert d.draw(dict.fromkeys("abcd", FOUND), tmp_path / "a.png").stat().st_size > 1000
