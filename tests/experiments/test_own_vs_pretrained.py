"""Two pairs of spaces: in one the second space is a rotation of the first, in the other it is noisy."""

import os

import pytest

from align.bilingual.supervised.linear import Procrustes, Reweighted
from align.files import save
from experiments import own_vs_pretrained as own
from experiments.shared_split import SpacePair, shared_split
from tests.oracles import rotated_world

CLEAN = rotated_world(words=120)
NOISY = rotated_world(words=120, noise=1.0, seed=1)
PAIRS = CLEAN[2]


def test_both_pairs_have_the_same_test_words_and_their_own_scores() -> None:
    pairs = SpacePair("own", *NOISY[:2]), SpacePair("pretrained", *CLEAN[:2])
    cut = shared_split(PAIRS, pairs, train=80, test=30)
    results = own.compare(pairs, cut, {"procrustes": Procrustes(), "reweighted": Reweighted()}, seed=0)
    assert [(one.spaces, one.method) for one in results] == [
        (spaces, method) for method in ("procrustes", "reweighted") for spaces in ("own", "pretrained")
    ]
    for one in results:
        hits = {way: lexicon.precision(1) for way, lexicon in one.lexicons.items()}
        assert {score.covered for score in hits.values()} == {30}
        assert all(score.value == 1 if one.spaces == "pretrained" else 0 < score.value < 0.9 for score in hits.values())
    rows = own.cells(results, seed=0)
    assert own.heads(results) == (
        "method", "en-zh, own", "en-zh, pretrained", "zh-en, own", "zh-en, pretrained"
    )  # fmt: skip
    assert rows[0][2] == rows[0][4] == "100.0 (100.0 to 100.0)"
    share, low, high = (float(part) for part in rows[1][1].replace("(", "").replace(")", "").replace("to ", "").split())
    assert share == pytest.approx(100 * results[2].lexicons["en-zh"].precision(1).value, abs=0.05)
    assert low < share < high


def test_table_from_files(tmp_path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    files = [tmp_path / name for name in ("one.vec", "eins.vec", "two.vec", "zwei.vec")]
    for space, file in zip((*NOISY[:2], *CLEAN[:2]), files, strict=True):
        save(space, file)
    monkeypatch.setattr(own, "read_dictionary", lambda _: PAIRS)
    given = [str(part) for pair in zip(OPTIONS, files, strict=True) for part in pair]
    assert own.main([*given, "--methods", "procrustes", "--candidates", "120", "--out", str(tmp_path / "new")]) == 0
    assert "100.0 (100.0 to 100.0)" in capsys.readouterr().out
    lines = (tmp_path / "new" / "own_vs_pretrained.tsv").read_text("utf-8").splitlines()
    assert [line.count("\t") for line in lines] == [4, 4]
    assert lines[1].startswith("procrustes\t")


OPTIONS = ("--own-english", "--own-chinese", "--english", "--chinese")


def test_the_newest_space_is_used(tmp_path) -> None:
    for name, age in (("english-b", 1), ("english-a", 2), ("chinese-c", 3)):
        file = tmp_path / f"{name}.safetensors"
        file.touch()
        os.utime(file, (age, age))
    assert own.newest("english", tmp_path).endswith("english-a.safetensors")
    with pytest.raises(ValueError, match=r"experiments\.own_spaces"):
        own.newest("english", tmp_path / "empty")


@pytest.mark.parametrize(
    ("given", "told"),
    [(["--methods", "magic"], "magic"), (["--own-english", "no.vec", "--own-chinese", "x"], "'x'")],
)
def test_bad_input_is_refused_in_one_line(given, told, capsys) -> None:
    with pytest.raises(SystemExit) as status:
        own.main(given)
    assert status.value.code == 2
    said = capsys.readouterr().err
    assert told in said
    assert said.count("\n") == 1
