"""The commands over labelled texts, from a file to predictions, and what they refuse."""

import io
import json
import re
import sys
from dataclasses import asdict, fields

import pytest

from align.classify.classifier import Classifier
from align.classify.settings import ClassifierSettings
from align.cli import main
from align.cli.classify_options import ClassifierOptions, refuse_unused
from tests.classify.topics import texts

SMALL = ("--dim", 8, "--epochs", 5, "--buckets", 1000)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with labelled texts and a classifier."""
    place = tmp_path_factory.mktemp("labelled")
    for part, count, seed in (("train", 120, 0), ("test", 60, 1)):
        rows = list(zip(*texts(count, seed), strict=True))
        (place / f"{part}.txt").write_text("".join(f"__label__{name} {text}\n" for text, name in rows))
        (place / f"{part}.csv").write_text("words,kind\n" + "".join(f"{text},{name}\n" for text, name in rows))
    (place / "bad.txt").write_text("no label\n")
    (place / "one.txt").write_text("__label__a x y\n__label__a z\n")
    (place / "empty.txt").write_text("__label__a x\n__label__b\n")
    (place / "unseen.txt").write_text("__label__sea ship\n__label__mud earth\n")
    (place / "cut").write_bytes(b"nothing")
    assert main(["classify", "train", str(place / "train.txt"), "-o", str(place / "model"), *map(str, SMALL)]) == 0
    return place


@pytest.fixture
def align(capsys, folder, monkeypatch):
    """Run the command line in the folder: (status, standard output, standard error)."""
    monkeypatch.chdir(folder)

    def run(*argv):
        status = main(["classify", *(str(word) for word in argv)])
        said = capsys.readouterr()
        assert status != 1, said.err
        return status, said.out, said.err

    return run


@pytest.mark.parametrize(("tokeniser", "warned"), [("split", False), ("english", True)])
def test_a_tokeniser_that_fasttexts_format_does_not_keep_is_named(align, tokeniser, warned):
    status, _, err = align("train", "train.txt", "-o", f"{tokeniser}.bin", "--tokeniser", tokeniser, *SMALL)
    assert (status, "does not keep" in err) == (0, warned)


def test_train_test_and_predict_as_json(align):
    status, out, err = align(
        "train", "train.csv", "-o", "csv.model", "--text", "words", "--label", "kind", "--json", *SMALL
    )
    told = json.loads(out)
    assert (status, told["labels"], told["texts"]) == (0, ["sea", "air", "land"], 120)
    assert "120 texts" in err
    status, out, _ = align("test", "csv.model", "test.csv", "--text", "words", "--label", "kind", "--json")
    told = json.loads(out)
    assert (status, told["total"]) == (0, 60)
    assert told["accuracy"] == told["p@1"] > 0.9
    assert set(told["labels"]["sea"]) == {"precision", "recall", "f1", "support"}
    status, out, _ = align("predict", "csv.model", "a ship and a wave", "--k", 2, "--json")
    (told,) = json.loads(out)
    assert (status, told["text"], told["labels"][0]["label"]) == (0, "a ship and a wave", "sea")
    assert len(told["labels"]) == 2


def test_the_table_has_a_row_for_each_label(align):
    status, out, _ = align("test", "model", "test.txt")
    assert (status, len(out.splitlines())) == (0, 5)
    assert "60 texts" in out
    scores = json.loads(align("test", "model", "test.txt", "--json")[1])["labels"]
    first = out.splitlines()[1].split()
    assert first[1:4] == [f"{scores[first[0]][name]:.4f}" for name in ("precision", "recall", "f1")]


def test_chinese_text_in_fasttexts_format_without_blanks_is_named(align, folder):
    rows = [("好", "这部电影真的非常好看"), ("坏", "这部电影真的非常难看")]
    for name, gap, warned in (("whole.txt", "", True), ("words.txt", " ", False)):
        (folder / name).write_text("".join(f"__label__{label} {gap.join(text)}\n" for label, text in rows))
        told = align("train", name, "-o", "zh.model", *SMALL)[2]
        assert ("--tokeniser characters" in told) == warned
    assert "blanks" not in align("train", "whole.txt", "-o", "zh.model", "--tokeniser", "characters", *SMALL)[2]


def test_predict_reads_lines_and_a_seed_gives_the_same_file(align, folder, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"wing and cloud\nroad grass\n")))
    status, out, _ = align("predict", "model", "-")
    assert (status, [line.split("\t")[0] for line in out.splitlines()]) == (0, ["air", "land"])
    assert align("train", "train.txt", "-o", "again", *SMALL)[0] == 0
    assert (folder / "again").read_bytes() == (folder / "model").read_bytes()


def test_training_goes_on_with_new_words_and_labels(align, folder):
    (folder / "more.txt").write_text("__label__sea whale ship\n__label__mud clay puddle\n" * 20)
    status, out, _ = align("train", "more.txt", "--from", "model", "-o", "grown", "--epochs", 5, "--json")
    assert (status, json.loads(out)["labels"]) == (0, ["sea", "air", "land", "mud"])
    status, out, _ = align("test", "grown", "test.txt", "--json")
    assert (status, json.loads(out)["accuracy"] > 0.8) == (0, True)
    status, out, _ = align("predict", "grown", "clay and puddle")
    assert out.startswith("mud")
    assert align("quantise", "model", "-o", "small.model")[0] == 0
    assert "a quantised classifier" in align("train", "more.txt", "--from", "small.model", "-o", "x")[2]


def test_settings_of_the_model_that_training_continues_from_are_not_refused():
    given = asdict(ClassifierOptions())
    refuse_unused(given, {"word_ngrams": 1, "minn": 2, "maxn": 0, "buckets": 50})
    with pytest.raises(ValueError, match="--buckets: only with n-grams"):
        refuse_unused(given | {"buckets": 50}, {"word_ngrams": 1, "maxn": 0})


def test_a_text_of_unknown_words_is_named(align):
    status, out, err = align("predict", "model", "qwerty zxcvb", "--json")
    assert (status, json.loads(out)[0]["known"]) == (0, False)
    assert "'qwerty zxcvb' has no word of model" in err


def test_the_options_have_the_defaults_of_the_classifier():
    options = asdict(ClassifierOptions())
    assert options == {name: getattr(Classifier, name) for name in options}
    assert set(options) - {"tokeniser"} == {one.name for one in fields(ClassifierSettings)} - {"batch"}


def test_a_validation_part_and_a_search_within_limits(align, folder):
    small = ("--dim", 8, "--epochs", 3, "--buckets", 1000, "--json")
    status, out, _ = align("train", "train.txt", "-o", "held.model", "--validation", 0.2, *small)
    told = json.loads(out)["validation"]
    assert (status, 1 <= told["epoch"] <= 3) == (0, True)
    assert told["accuracy"] > 0.8
    status, out, err = align("train", "train.txt", "-o", "tuned", "--autotune", "1s", "--size", "100k", *small)
    trials = json.loads(out)["trials"]
    assert (status, trials[0]["settings"]) == (0, {})
    assert len(re.findall(r"p@1 [01]\.\d{4} on held-out texts, a file of [\d.]+ kB: the given settings", err)) == 1
    assert (folder / "tuned").stat().st_size < 100_000
    status, _, err = align("train", "train.txt", "-o", "x", "--autotune", "0.1s", "--size", "0.1k", *small)
    assert (status, "no trial has at most" in err) == (2, True)


def test_a_quantised_model_and_a_picture_of_the_confusion_matrix(align, folder):
    status, out, _ = align("quantise", "model", "-o", "small", "--json")
    told = json.loads(out)
    assert (status, told["bytes"]) == (0, (folder / "small").stat().st_size)
    status, out, _ = align("test", "small", "test.txt", "--confusion", "confusion.png", "--json")
    assert (status, json.loads(out)["total"]) == (0, 60)
    assert (folder / "confusion.png").read_bytes().startswith(b"\x89PNG")
    assert (
        align("quantise", "model", "-o", "again", "--texts", "train.csv", "--text", "words", "--label", "kind")[0] == 0
    )
    assert (folder / "again").read_bytes() != (folder / "small").read_bytes()


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (["train", "train.txt", "-o", "x", "--size", "1M"], ["--size 1M", "--autotune"]),
        (["train", "train.txt", "-o", "x", "--autotune", "soon"], ["--autotune soon", "10m"]),
        (["train", "train.txt", "-o", "x", "--validation", "1"], ["--validation 1", "below 1"]),
        (["train", "train.txt", "-o", "x", "--weight", "w"], ["--weight applies to csv and tsv"]),
        (["train", "train.txt", "-o", "x", "--buckets", "1" + "0" * 14], ["--buckets 1000", "from 1 to 100000000"]),
        (["train", "train.txt", "-o", "x", "--workers", "999"], ["--workers 999", "from 1 to 64"]),
        (["train", "train.txt", "-o", "x", "--text", "words"], ["--text applies to csv and tsv"]),
        (["train", "train.txt", "-o", "x", "--frozen", "2"], ["--frozen 2", "space"]),
        (["train", "train.txt", "-o", "x", "--from", "model", "--maxn", "9"], ["--maxn 9", "model has 0"]),
        (["train", "train.txt", "-o", "x", "--from", "model", "--autotune", "1s"], ["--autotune", "--from"]),
        (["train", "train.txt", "-o", "train.txt"], ["train.txt: is read by this command"]),
        (["train", "train.txt", "-o", "x.ftz"], ["x.ftz", "read but not written"]),
        (["quantise", "model", "-o", "model"], ["model: is read by this command"]),
        (["quantise", "model", "-o", "x.bin"], ["x.bin", "fastText"]),
        (["quantise", "model", "-o", "x", "--text", "words"], ["--text", "only with --texts"]),
        (["quantise", "model", "-o", "x", "--texts", "unseen.txt"], ["unseen.txt:2", "'mud' was not in training"]),
        (["quantise", "model", "-o", "train.txt", "--texts", "train.txt"], ["train.txt: is read by this command"]),
        (["test", "model", "test.txt", "--confusion", "x.jpg"], ["x.jpg", ".png"]),
        (["train", "bad.txt", "-o", "x"], ["bad.txt:1", "no label"]),
        (["train", "one.txt", "-o", "x"], ["one.txt", "only 'a'"]),
        (["train", "empty.txt", "-o", "x"], ["empty.txt:2", "empty text"]),
        (["train", "missing.txt", "-o", "x"], ["missing.txt"]),
        (["train", "train.txt", "-o", "x", "--dim", "0"], ["--dim 0", "from 1 to 4096"]),
        (["train", "train.txt", "-o", "x", "--label-prefix", ""], ["--label-prefix"]),
        (["train", "train.csv", "-o", "x"], ["no column 'text'", "words, kind"]),
        (["test", "model", "unseen.txt"], ["unseen.txt:2", "'mud'", "sea"]),
        (["test", "missing", "test.txt"], ["missing", "no such file"]),
        (["test", "cut", "test.txt"], ["cut"]),
        (["predict", "model", " "], ["empty text"]),
        (["predict", "model", "ship", "--k", "0"], ["-k 0"]),
    ],
)
def test_wrong_input_is_one_line(align, folder, command, words):
    status, out, err = align(*command)
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert all(word in err for word in words), err
    assert not (folder / "x").exists()


def test_an_empty_line_or_no_line_is_refused(align, monkeypatch):
    for given, words in ((b"ship\n\n", "standard input:2"), (b"", "holds no text")):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given)))
        status, _, err = align("predict", "model", "-")
        assert (status, words in err) == (2, True)
