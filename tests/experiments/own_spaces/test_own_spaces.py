"""From text to plot: saved spaces are loaded again, all spaces share the words, and the map finds planted pairs."""

import numpy as np
import pytest

from align.bilingual.dictionary.dictionary import Dictionary
from align.bilingual.supervised.linear import Procrustes
from align.evaluate.score import Score
from align.space import Space
from align.text.build import build_corpus
from align.text.chinese import simplify_all
from align.text.corpus import Corpus
from align.text.vocab import Vocab
from align.train.window_models import SGNS
from experiments.homework import offsets
from experiments.homework.concepts import show_in
from experiments.homework.relations import read_relations
from experiments.own_spaces import __main__ as main
from experiments.own_spaces import lexicon, scores
from experiments.own_spaces.training import TrainedSpace, TrainingOptions, epochs_for, parse, trained
from experiments.parts import PartResults
from experiments.report import Section
from experiments.shared_split import SpacePair, shared_split


@pytest.fixture(scope="module")
def english(tmp_path_factory):
    folder = tmp_path_factory.mktemp("text")
    rng = np.random.default_rng(0)
    lines = [" ".join(f"w{i}" for i in rng.integers(0, 30, 12)) for _ in range(100)]
    (folder / "a.txt").write_text("\n".join(lines))
    build_corpus(folder / "a.txt", folder / "a.corpus", language="en", tokenise="split", workers=1)
    return folder / "a.corpus"


def asked(english, tmp_path, **more):
    return TrainingOptions(english=str(english), out=tmp_path, dim=8, epochs=1, **more)


def test_a_space_is_trained_once_and_loaded_again(english, tmp_path):
    first = trained("en", asked(english, tmp_path))
    assert first.seconds > 0
    assert first.space.vectors.shape == (30, 8)
    again = trained("en", asked(english, tmp_path))
    assert again.seconds == 0
    np.testing.assert_array_equal(again.space.vectors, first.space.vectors)
    assert again.space.name == first.space.name == "own English"
    anew = trained("en", asked(english, tmp_path, fresh=True))
    assert anew.seconds > 0
    np.testing.assert_array_equal(anew.space.vectors, first.space.vectors)


def test_a_space_of_other_settings_is_not_loaded(english, tmp_path):
    first = trained("en", asked(english, tmp_path))
    other = trained("en", asked(english, tmp_path, seed=1))
    assert other.path != first.path
    assert not np.array_equal(other.space.vectors, first.space.vectors)
    assert trained("en", TrainingOptions(english=str(english), out=tmp_path, dim=9, epochs=1)).space.dim == 9


@pytest.mark.parametrize(("tokens", "epochs"), [(0, 40), (4_000_000, 30), (13_000_000, 9), (10**12, 5)])
def test_a_small_corpus_has_more_epochs(tokens, epochs):
    assert epochs_for(tokens) == epochs


@pytest.mark.parametrize("argv", [["--dim", "0"], ["--dim", "x"], ["--seed", "-1"], ["--epochs", "-1"], ["stray"]])
def test_bad_options_print_one_line_and_exit_2(argv, capsys):
    with pytest.raises(SystemExit) as stop:
        parse(argv, "")
    assert stop.value.code == 2
    said = capsys.readouterr().err
    assert said.startswith("align: ")
    assert said.count("\n") == 1


def test_a_missing_corpus_prints_one_line_and_exits_2(tmp_path, capsys):
    with pytest.raises(SystemExit) as stop:
        main.main(["--english", str(tmp_path / "none.corpus"), "--out", str(tmp_path / "out")])
    assert stop.value.code == 2
    assert "none.corpus" in capsys.readouterr().err


ENGLISH = [f"word{i}" for i in range(200)]
CHINESE = [one for one in map(chr, range(0x4E00, 0x4F80)) if simplify_all([one]) == [one]][:200]
PAIRS = Dictionary(tuple(zip(ENGLISH, CHINESE, strict=True)), name="planted")


def sides(name, order, *, noise, seed):
    """Two spaces of the pairs in ``order``; the second is a rotation of the first with noise."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(len(order), 16))
    turned = x @ np.linalg.qr(rng.normal(size=(16, 16)))[0] + noise * rng.normal(size=x.shape)
    one = Space(Vocab([ENGLISH[i] for i in order]), x.astype(np.float32), name=f"{name} en")
    other = Space(Vocab([CHINESE[i] for i in order]), turned.astype(np.float32), name=f"{name} zh")
    return SpacePair(name, one, other)


@pytest.fixture(scope="module")
def pairs():
    order = np.random.default_rng(5).permutation(200)
    return sides("own", range(150), noise=0.02, seed=0), sides("ready", order[order >= 20], noise=5, seed=1)


def test_all_spaces_have_the_same_training_and_test_words(pairs):
    cut = shared_split(PAIRS, pairs, train=80, test=30)
    assert list(cut.train.targets) == ENGLISH[20:100], "the most frequent words of the first pair that all spaces have"
    assert list(cut.test.targets) == ENGLISH[100:130]
    assert not set(cut.reverse_test.targets) & set(CHINESE[20:100])
    methods = {"procrustes": Procrustes()}
    good, bad = (lexicon.answer(one, cut, seed=0, methods=methods) for one in pairs)
    for one in (good, bad):
        covered = {(line.direction, len(line.lexicon.ranks), line.lexicon.total) for line in one.lines}
        assert covered == {("en-zh", 30, 30), ("zh-en", 30, 30)}
    assert all(line.lexicon.precision(1).value == 1 for line in good.lines)
    assert all(line.lexicon.precision(1).value < 0.3 for line in bad.lines)
    shown = lexicon.table((good, bad))
    assert len(shown.rows) == 8
    assert [row[1] for row in shown.rows] == ["own"] * 2 + ["ready"] * 2 + ["own"] * 2 + ["ready"] * 2
    assert shown.rows[0][4:] == ("100.0", "100.0", "100.0", "100.0", "30 of 30", "150")
    told = lexicon.verdict(good)
    assert "English → Chinese, a right word is among the first ten for 100.0% (Procrustes, nearest), 15 times" in told
    assert {0, 1, 4, 5} <= {*shown.marked}, "both retrievals are marked if both are perfect"
    assert lexicon.summary((good, bad))[0].startswith("English → Chinese, P@1 / P@10 with CSLS: own Procrustes 100.0")


def test_the_map_is_written(pairs, tmp_path, monkeypatch):
    monkeypatch.setattr(lexicon, "read_dictionary", lambda _: PAIRS)
    section = lexicon.run(pairs, tmp_path, seed=0, methods={"procrustes": Procrustes()})
    assert (tmp_path / "en-zh.align").exists()
    assert "own: planted: 150 of 200 source words covered (75.0%)" in section.blocks[1].text


def of(space):
    return TrainedSpace(space, Corpus(Vocab(["a"], np.array([1])), np.zeros(1, np.int32)), SGNS(), None, 0.0)


def test_no_other_space_is_used_for_missing_words(pairs, tmp_path, monkeypatch):
    monkeypatch.setattr("experiments.spaces.read_space", lambda *_: pytest.fail("another space is read"))
    context = main.context_of(pairs[0].english, pairs[0].chinese, TrainingOptions(out=tmp_path))
    assert (context.with_names, context.chinese_with_names) == (context.english, context.chinese)
    covers, troubles = offsets.look_up(context)
    assert {one.space.name for one in covers} == {"own en", "own zh"}
    assert len(covers) == len(read_relations()), "the offsets use no second space"
    assert troubles == []
    shown, trouble = show_in(context, "planted", (("word1", CHINESE[1]), ("lacking", "缺")))
    assert shown.pairs == (("word1", CHINESE[1]),)
    assert trouble == ""


def test_scores_have_their_coverage():
    one = scores.SpaceScores("own", 10, 8, {"set": Score("set", -0.25, 50, 200), "none": Score("none", 0.0, 0, 9)})
    shown = scores.suite_table("en", [one])
    assert shown.rows == (("set", "−0.250 (25%)"), ("none", "– (0%)"))


def test_the_command_runs_every_part_and_prints_next_commands(pairs, tmp_path, monkeypatch, capsys):
    own = {"en": of(pairs[0].english), "zh": of(pairs[0].chinese)}
    monkeypatch.setattr(main, "trained", lambda language, _: own[language])
    monkeypatch.setattr(
        scores, "pretrained", lambda language: [pairs[1].english if language == "en" else pairs[1].chinese]
    )
    names = []

    def run_parts(_context, parts):
        names.extend(part.name for part in parts)
        (tmp_path / "en-zh.align").write_bytes(b"")
        return PartResults([Section("S", (), ("a line",))], failed)

    monkeypatch.setattr(main, "run_parts", run_parts)
    failed = []
    assert main.main(["--out", str(tmp_path), "--seed", "3"]) == 0
    assert names == ["scores", "map", "offsets", "clusters"]
    out = capsys.readouterr().out
    assert "a line" in out
    assert "en-zh.align" in out
    assert "python -m experiments.own_spaces --seed 3" in (tmp_path / "report.html").read_text("utf-8")
    failed = ["map"]
    assert main.main(["--out", str(tmp_path)]) == 2
    assert "en-zh.align" not in capsys.readouterr().out
