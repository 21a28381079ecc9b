"""The rules that sort wrong answers, on real entries of CC-CEDICT; a whole report on artificial spaces."""

import numpy as np
import pytest

from align.bilingual.dictionary.cedict import load_cedict
from align.bilingual.dictionary.split import split
from align.bilingual.fitting import fit
from align.bilingual.supervised.linear import Procrustes
from align.files import save
from experiments import translator_report as report
from experiments.mistakes import Answer
from tests.oracles import rotated_world


@pytest.fixture(scope="module")
def cedict():
    return load_cedict()


def wrong(word: str, first: str, *golds: str) -> Answer:
    return Answer(word, 1, first, 0.1, golds, 3)


@pytest.mark.parametrize(
    ("answer", "cosine", "kind"),
    [
        (wrong("thigh", "小腿", "大腿"), 0.9, "antonym"),
        (wrong("glad", "不高兴", "高兴"), 0.9, "antonym"),
        (wrong("chance", "公了", "私了"), 0.9, "antonym"),
        (wrong("merry", "快乐", "高兴"), 0.1, "synonym missing"),
        (wrong("headache", "头痛", "头疼"), 0.1, "synonym missing"),
        (wrong("town", "巴黎", "城镇"), 0.9, "name"),
        (wrong("shala", "沙拉", "小船"), 0.0, "name"),
        (wrong("canal", "大运河上", "运河"), 0.1, "segmentation"),
        (wrong("canal", "河马", "运河"), 0.1, "same characters"),
        (wrong("canal", "湖泊", "运河"), 0.55, "hub"),
        (wrong("canal", "海湾", "运河"), 0.55, "same topic"),
        (wrong("canal", "海湾", "运河"), 0.45, "other"),
    ],
)
def test_the_first_rule_that_holds_decides_for_chinese_answers(cedict, answer, cosine, kind) -> None:
    assert report.Sorter(cedict, "zh", frozenset({"湖泊"}), 0.5).kind(answer, cosine) == kind


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (wrong("新郎", "bride", "groom"), "antonym"),
        (wrong("可靠", "unreliable", "reliable"), "antonym"),
        (wrong("蝴蝶", "butterflies", "butterfly"), "synonym missing"),
        (wrong("购物", "buy", "purchase"), "synonym missing"),
        (wrong("巴黎", "Berlin", "Paris"), "name"),
        (wrong("肥皂", "soapbox", "soapb"), "same characters"),
        (wrong("肥皂", "oap", "soap"), "other"),
        (wrong("肥皂", "shampoo", "soap"), "other"),
    ],
)
def test_kinds_of_english_answers(cedict, answer, kind) -> None:
    assert report.Sorter(cedict, "en", frozenset(), 0.5).kind(answer, 0.0) == kind


@pytest.fixture(scope="module")
def made():
    source, target, pairs = rotated_world(words=150, noise=1.0)
    cut = split(pairs, source.vocab, target.vocab, train=80, test=60)
    return fit(source, target, cut.train, Procrustes()), cut, source, target


@pytest.mark.parametrize("reverse", [False, True])
def test_wrong_answers_are_those_of_the_translator(made, reverse) -> None:
    translator, cut, _, _ = made
    test = cut.reverse_test if reverse else cut.test
    answers, asked = report.wrong_answers(translator, test, reverse=reverse)
    words = list(test.targets)
    first = {
        word: line[0].word for word, line in zip(words, translator.translate(words, 1, reverse=reverse), strict=True)
    }
    assert {one.word: one.first for one in answers} == {w: f for w, f in first.items() if f not in test.targets[w]}
    assert 0 < len(answers) < asked == len(words)


def test_hubs_are_the_most_frequent_neighbours(made) -> None:
    translator, _, source, target = made
    counts = dict.fromkeys(target.vocab, 0)
    for line in translator.translate(list(source.vocab), 10, "csls", reverse=False):
        for one in line:
            counts[one.word] += 1
    floor = np.quantile(list(counts.values()), 0.99)
    assert report.hubs_of(translator, reverse=False) == {word for word, count in counts.items() if count > floor}


def test_the_sample_depends_on_the_seed_and_has_at_most_the_given_size(made, cedict) -> None:
    translator, cut, _, target = made
    one, same, other = (
        report.sample(translator, cut.test, target, cedict, size=9, reverse=False, seed=seed) for seed in (0, 0, 1)
    )
    assert one == same
    assert one != other
    assert one.size == 9 < one.wrong
    assert list(one.kinds) == [kind.name for kind in report.KINDS]


def test_tables_and_figure_from_files(tmp_path, monkeypatch: pytest.MonkeyPatch, capsys, made) -> None:
    _, cut, source, target = made
    save(source, tmp_path / "en.vec")
    save(target, tmp_path / "zh.vec")
    monkeypatch.setattr(report, "split", lambda *_: cut)
    given = ["--english", tmp_path / "en.vec", "--chinese", tmp_path / "zh.vec", "--out", tmp_path]
    given += ["--method", "procrustes", "--sample", 20, "--candidates", 150]
    assert report.main([str(one) for one in given]) == 0
    told = capsys.readouterr().out
    assert told.count("20 sorted") == 2
    assert all(kind.rule in told for kind in report.KINDS)
    assert (tmp_path / "kinds.png").stat().st_size > 5000


@pytest.mark.parametrize(("given", "told"), [(["--method", "magic"], "magic"), (["--sample", "0"], "--sample")])
def test_bad_input_is_refused_in_one_line(given, told, capsys) -> None:
    with pytest.raises(SystemExit) as status:
        report.main(given)
    assert status.value.code == 2
    said = capsys.readouterr().err
    assert told in said
    assert said.count("\n") == 1
