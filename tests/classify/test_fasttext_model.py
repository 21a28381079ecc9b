"""Models of the official library give its own predictions here, and ours give ours there."""

from pathlib import Path

import fasttext
import numpy as np
import pytest

from align.classify.classifier import Classifier
from align.classify.tree import label_paths
from tests.classify.topics import texts

TRAIN, LABELS = texts(300, 0)
TEST = [*texts(40, 1)[0], "国王 never seen", "ship", "__label__sea wave of salt"]
KINDS = {
    "softmax": {"wordNgrams": 2, "bucket": 500},
    "hs": {"loss": "hs", "wordNgrams": 3, "bucket": 500, "minn": 2, "maxn": 3},
    "ova": {"loss": "ova", "minn": 2, "maxn": 4, "bucket": 300},
    "ns": {"loss": "ns", "neg": 2},
}


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("official") / "train.txt"
    rng = np.random.default_rng(0)
    rows = [f"__label__{LABELS[i]} {TRAIN[i]}\n" for i in rng.permutation(len(TRAIN))]
    path.write_text("".join(rows))
    return path


def official(model: "fasttext.FastText._FastText", given: list[str]) -> np.ndarray:
    """The library's probability of each label in the order of names; hs leaves out labels below 1e-5."""
    names = sorted(model.labels)
    found = [dict(zip(*model.predict(text, k=-1), strict=True)) for text in given]
    return np.array([[one.get(name, 0.0) for name in names] for one in found])


@pytest.mark.parametrize("kind", KINDS)
def test_a_bin_of_the_library_gives_its_predictions_and_goes_back(kind: str, file: Path, tmp_path: Path) -> None:
    theirs = fasttext.train_supervised(str(file), dim=6, epoch=10, lr=0.5, thread=1, verbose=0, **KINDS[kind])
    theirs.save_model(str(tmp_path / "a.bin"))
    ours = Classifier.load(tmp_path / "a.bin")
    expected = official(theirs, TEST)
    assert [f"__label__{label}" for label in ours.classes_] == sorted(theirs.labels)
    close = 0.006 if kind in ("ova", "ns") else 3e-5  # the library reads the logistic function from a table
    np.testing.assert_allclose(ours.predict_proba(TEST), expected, atol=close)
    ours.save(tmp_path / "b.bin")
    np.testing.assert_allclose(official(fasttext.load_model(str(tmp_path / "b.bin")), TEST), expected, atol=1e-6)


@pytest.mark.parametrize("options", [{"qnorm": True, "dsub": 4}, {"qnorm": True, "cutoff": 320, "qout": False}])
def test_a_quantised_and_pruned_model_gives_its_predictions(
    options: dict[str, int], file: Path, tmp_path: Path
) -> None:
    theirs = fasttext.train_supervised(
        str(file), dim=6, epoch=10, lr=0.5, thread=1, verbose=0, wordNgrams=2, bucket=500, minn=2, maxn=3
    )
    theirs.quantize(input=str(file), **options)
    theirs.save_model(str(tmp_path / "a.ftz"))
    ours = Classifier.load(tmp_path / "a.ftz")
    np.testing.assert_allclose(ours.predict_proba(TEST), official(theirs, TEST), atol=3e-5)
    whole = (tmp_path / "a.ftz").read_bytes()
    (tmp_path / "few.ftz").write_bytes(whole[:40] + (7).to_bytes(4, "little") + whole[44:])
    if "cutoff" in options:
        with pytest.raises(ValueError, match=r"few\.ftz: damaged: bucket \d+ of a pruned model; it has 7 buckets"):
            Classifier.load(tmp_path / "few.ftz")


def test_our_model_opens_in_the_library(tmp_path: Path) -> None:
    settings = {"dim": 8, "epochs": 5, "buckets": 1000, "batch": 16, "minn": 2, "maxn": 3}
    ours = Classifier(**settings, tokeniser="split").fit(TRAIN[:120] + TRAIN[-60:], LABELS[:120] + LABELS[-60:])
    ours.save(tmp_path / "a.bin")
    theirs = fasttext.load_model(str(tmp_path / "a.bin"))
    np.testing.assert_allclose(official(theirs, TEST), ours.predict_proba(TEST), atol=3e-5)


def test_a_tie_is_decided_as_in_the_library() -> None:
    """A label of count 2 and the inner node of 1 + 1: the inner node is merged first."""
    paths = label_paths(np.array([3, 2, 1, 1]))
    assert [int((one != 0).sum()) for one in paths.branch] == [1, 2, 3, 3]
    assert paths.node[1].tolist() == [1, 2, 0]
    assert paths.branch[:, 0].tolist() == [-1, 1, 1, -1]


def test_damaged_and_other_models_are_refused(file: Path, tmp_path: Path) -> None:
    theirs = fasttext.train_supervised(str(file), dim=2, epoch=1, thread=1, verbose=0)
    theirs.save_model(str(tmp_path / "a.bin"))
    whole = (tmp_path / "a.bin").read_bytes()
    for size in (6, 60, 150, len(whole) // 2, len(whole) - 1):
        (tmp_path / "cut.bin").write_bytes(whole[:size])
        with pytest.raises(ValueError, match=r"cut\.bin: (cut short|damaged|\d)"):
            Classifier.load(tmp_path / "cut.bin")
    (tmp_path / "more.bin").write_bytes(whole + b"\0")
    with pytest.raises(ValueError, match="1 bytes follow"):
        Classifier.load(tmp_path / "more.bin")
    (tmp_path / "ngrams.bin").write_bytes(whole[:28] + (2 * 10**9).to_bytes(4, "little") + whole[32:])
    with pytest.raises(ValueError, match=r"damaged: .* n-grams of 2000000000 words"):
        Classifier.load(tmp_path / "ngrams.bin")
    words = fasttext.train_unsupervised(str(file), dim=2, epoch=1, thread=1, verbose=0, bucket=10)
    words.save_model(str(tmp_path / "words.bin"))
    with pytest.raises(ValueError, match="a fastText model of word vectors"):
        Classifier.load(tmp_path / "words.bin")
