"""train: spaces from a corpus by the command line, stopped and gone on with, and what is refused."""

import contextlib
import inspect
import re
import signal
from dataclasses import fields
from pathlib import Path
from typing import get_args

import jax
import numpy as np
import pytest

from align.cli import main
from align.cli.encode import EncoderSettings
from align.cli.train import SOLVED, Name, Running, Settings, _speed
from align.cli.train import train as command
from align.files import load, save
from align.space import Space
from align.text.corpus import Corpus
from align.text.vocab import Vocab
from align.train.models import MODELS, SETTINGS, described, options_of
from tests.train.kept import corpus

QUICK = ("--dim", "8", "--epochs", "6", "--window", "2", "--sample", "0")
WIDE = ("--dim", "9", *QUICK[2:])


@pytest.fixture
def train(tmp_path, monkeypatch, capsys):
    """Run ``align train`` in a folder with a small corpus: (status, standard error); standard output stays empty."""
    monkeypatch.chdir(tmp_path)
    corpus().save("small.corpus")

    def run(*argv):
        status = main(["train", *map(str, argv)])
        said = capsys.readouterr()
        assert said.out == ""
        assert "Traceback" not in said.err
        return status, said.err

    return run


def quick(train, output, *more):
    status, told = train("sgns", "small.corpus", "-o", output, *QUICK, *more)
    assert status == 0, told
    return load(output), told


def test_the_names_are_those_of_the_models() -> None:
    assert get_args(Name) == tuple(MODELS)
    assert {field.name for field in (*fields(Settings), *fields(EncoderSettings))} == set(SETTINGS)
    assert set(SOLVED) == {name for name in MODELS if "checkpoint" not in options_of(name)}


def told_of(kind: object, option: str) -> str:
    """What the help says of an option behind its text, in brackets."""
    text = inspect.getsource(kind)
    found = re.search(rf'    {option}: .*?"""(.*?)"""', text, re.DOTALL)
    assert found, option
    return " ".join(found[1].split()).rpartition("[")[2].removesuffix("]")


@pytest.mark.parametrize("setting", [field.name for field in fields(Settings)])
def test_the_help_of_a_setting_shows_its_models_and_defaults(setting: str) -> None:
    assert told_of(Settings, setting) == described(setting)


@pytest.mark.parametrize("option", [field.name for field in fields(Running)])
def test_the_help_of_an_option_shows_which_models_take_it(option: str) -> None:
    models = described(option)
    every_one = ", ".join(name for name in MODELS if name not in SOLVED)
    assert told_of(Running, option).partition(":")[0] == ("all but ppmi-svd" if models == every_one else models)


def test_the_help_of_initial_vectors_shows_which_models_take_them() -> None:
    text = " ".join(inspect.getdoc(command).split())
    for option in ("start", "freeze"):
        assert f"[{described(option)}]" in text.partition(f"{option}: ")[2].partition("]")[0] + "]"


def test_a_speed_is_in_thousands_where_it_is_low() -> None:
    assert (_speed(3_000_000, 2.0, "training"), _speed(300, 2.0, "cells")) == ("1.50 M words/s", "0.15 k cells/s")


def test_help_has_examples(capsys) -> None:
    assert main(["train", "--help"]) == 0
    told = capsys.readouterr().out
    assert "align train sgns en -o english.vec" in told
    for option in ("--dim", "--negatives", "--checkpoint-every", "--resume", "--freeze", "--vectors"):
        assert option in told


def test_a_space_is_trained_and_a_seed_decides_it(train) -> None:
    space, told = quick(train, "a.safetensors")
    assert list(space.vocab) == list(corpus().vocab)
    assert space.vocab.counts is not None
    assert space.vocab.counts.tolist() == np.asarray(corpus().vocab.counts).tolist()
    assert space.vectors.shape == (20, 8)
    assert told.startswith("align: a.safetensors: 20 words of 8 dimensions in ")
    assert "loss" in told
    assert "words/s" in told
    assert told.count("\n") == 1
    quick(train, "b.safetensors", "--seed", "0")
    other, _ = quick(train, "c.safetensors", "--seed", "1")
    assert Path("a.safetensors").read_bytes() == Path("b.safetensors").read_bytes()
    assert (np.asarray(other.vectors) != space.vectors).any()
    assert {path.name for path in Path().iterdir()} == {
        *("small.corpus", "a.safetensors", "b.safetensors", "c.safetensors")
    }


def test_either_table_and_both_can_be_saved(train) -> None:
    word, context, both = (
        np.asarray(quick(train, "s.safetensors", "--vectors", which)[0].vectors).copy()
        for which in ("in", "out", "concatenation")
    )
    np.testing.assert_array_equal(both, np.hstack([word, context]))


def test_a_count_based_space_is_made(train) -> None:
    status, told = train("ppmi-svd", "small.corpus", "-o", "p.vec", "--dim", "5", "--window", "2", "--power", "0.5")
    assert status == 0, told
    assert load("p.vec").dim == 5
    assert told.startswith("align: p.vec: 20 words of 5 dimensions in ")


def test_the_default_corpus_is_taken_by_its_language(train, monkeypatch) -> None:
    asked = []

    def default_corpus(language, *, report):
        asked.append(language)
        report("reading", 1, 2)
        return corpus()

    monkeypatch.setattr("align.text.defaults.default_corpus", default_corpus)
    status, told = train("sgns", "zh", "-o", "z.vec", *QUICK)
    assert (status, asked) == (0, ["zh"]), told


@pytest.fixture
def stopped_half_way(monkeypatch):
    """A request to end comes when a little more than half of the words are read."""

    @contextlib.contextmanager
    def bar(_label, total):
        def at(done, _note):
            if done > total / 2:
                signal.raise_signal(signal.SIGTERM)

        yield at

    with monkeypatch.context() as patch:
        patch.setattr("align.progress.noted_bar", bar)
        yield patch


def test_a_stopped_run_prints_how_to_resume_and_resumes_to_the_same_space(train, stopped_half_way) -> None:
    status, told = train("sgns", "small.corpus", "-o", "a.safetensors", *QUICK)
    assert status == 143
    assert told == (
        "align: stopped by SIGTERM after segment 4 of 6; a.safetensors.checkpoint holds the run so far, "
        "and the same command with --resume continues it\n"
    )
    assert not Path("a.safetensors").exists()
    stopped_half_way.undo()
    status, told = train("sgns", "small.corpus", "-o", "a.safetensors", *QUICK)
    assert status == 2
    assert told == (
        "align: a.safetensors.checkpoint: holds an unfinished run; add --resume to continue it, "
        "or remove it to begin anew\n"
    )
    status, told = train("sgns", "small.corpus", "-o", "a.safetensors", *WIDE, "--resume")
    assert status == 2
    assert told == "align: a.safetensors.checkpoint: a checkpoint of another run: dim is 8 there, 9 here\n"
    status, told = train("sgns", "small.corpus", "-o", "a.safetensors", *QUICK, "--resume", "--checkpoint-every", "1h")
    assert status == 0, told
    assert not Path("a.safetensors.checkpoint").exists()
    quick(train, "whole.safetensors")
    assert Path("a.safetensors").read_bytes() == Path("whole.safetensors").read_bytes()


@pytest.mark.usefixtures("stopped_half_way")
def test_the_checkpoint_may_be_elsewhere(train) -> None:
    status, told = train("sgns", "small.corpus", "-o", "a.vec", *QUICK, "--checkpoint", "kept/run")
    assert status == 143
    assert "kept/run holds the run so far" in told
    Path("kept/run").write_bytes(Path("kept/run").read_bytes()[:-10])
    status, told = train("sgns", "small.corpus", "-o", "a.vec", *QUICK, "--checkpoint", "kept/run", "--resume")
    assert status == 2
    assert told.startswith("align: kept/run: cut short: ")
    assert told.count("\n") == 1


def test_the_checkpoint_is_never_the_corpus(train) -> None:
    before = Path("small.corpus").read_bytes()
    status, told = train("sgns", "small.corpus", "-o", "a.vec", *QUICK, "--checkpoint", "small.corpus")
    assert (status, told.count("\n"), "small.corpus: is read by this command" in told) == (2, 1, True)
    assert Path("small.corpus").read_bytes() == before


@pytest.fixture
def given(tmp_path):
    """Vectors for some of the words, and a list of words to freeze."""
    vectors = np.random.default_rng(0).normal(size=(5, 8)).astype(np.float32)
    save(Space(Vocab(["w3", "w1", "w0", "other", "w7"]), vectors), tmp_path / "given.safetensors")
    (tmp_path / "frozen.txt").write_text("w1\n\nw3\n")
    return vectors


def test_initial_vectors_are_gone_on_from_and_frozen_ones_stay(train, given) -> None:
    space, _ = quick(train, "a.safetensors", "--start", "given.safetensors", "--freeze", "frozen.txt")
    np.testing.assert_array_equal(space["w3"], given[0])
    np.testing.assert_array_equal(space["w1"], given[1])
    assert (space["w0"] != given[2]).all()
    near = space.unit[space.vocab.index["w7"]] @ (given[4] / np.linalg.norm(given[4]))
    far, _ = quick(train, "b.safetensors")
    assert near > far.unit[far.vocab.index["w7"]] @ (given[4] / np.linalg.norm(given[4]))


@pytest.mark.usefixtures("given")
def test_words_that_cannot_be_frozen_are_reported(train) -> None:
    Path("lacking.txt").write_text("w1\nw9\n")
    Path("wrong.txt").write_bytes(b"w1\n\xff\n")
    base = ("sgns", "small.corpus", "-o", "a.vec", *QUICK)
    cases = {
        ("--freeze", "frozen.txt"): "words can be frozen only if they have initial vectors",
        ("--start", "given.safetensors", "--freeze", "lacking.txt"): "'w9'",
        ("--start", "given.safetensors", "--freeze", "wrong.txt"): "wrong.txt:2: byte 0xff is not UTF-8",
        ("--start", "given.safetensors", "--freeze", "none.txt"): "none.txt: no such file",
        ("--start", "given.safetensors", "--freeze", "empty.txt"): "empty.txt: holds no word; one per line",
        ("--start", "other.vec"): "other.vec: has none of the words of small",
    }
    Path("empty.txt").write_text("\n")
    save(Space(Vocab(["x", "y"]), np.ones((2, 8), np.float32)), "other.vec")
    for more, expected in cases.items():
        status, told = train(*base, *more)
        assert (status, told.count("\n")) == (2, 1)
        assert expected in told
    for read in ("given.safetensors", "frozen.txt"):
        more = ("--start", "given.safetensors", "--freeze", "frozen.txt")
        status, told = train(*base[:3], read, *QUICK, *more)
        assert (status, told) == (2, f"align: {read}: is read by this command; the output needs another name\n")
    status, told = train(*base[:4], *WIDE, "--start", "given.safetensors")
    assert status == 2
    assert "--dim 9: must be 8, the number of dimensions of the initial vectors" in told


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        (("ppmi-svd", "small.corpus", "-o", "a.vec", "--negatives", "3"), "ppmi-svd has no --negatives; it has --dim,"),
        (
            ("ppmi-svd", "small.corpus", "-o", "a.vec", "--epochs", "3", "--resume"),
            "ppmi-svd has no --epochs and no --resume; it has --dim, --window, --power, --shift, --smoothing, ",
        ),
        (
            ("ppmi-svd", "small.corpus", "-o", "a.vec", "--dim", "21"),
            "--dim 21: must be at most 20, the number of words of small",
        ),
        (("ppmi-svd", "small.corpus", "-o", "a.vec", "--window", "0"), "--window 0: must be from 1 to 1000"),
        (("word2vec", "small.corpus", "-o", "a.vec"), "word2vec"),
        (("sgns", "none.corpus", "-o", "a.vec"), "none.corpus: no such file"),
        (("sgns", "small.corpus", "-o", "a.pdf"), "a.pdf: "),
        (("sgns", "small.corpus"), "-o requires an argument"),
        (("sgns", "small.corpus", "-o", "a.vec", "--dim", "0"), "--dim 0: must be at least 1"),
        (("sgns", "small.corpus", "-o", "a.vec", "--dim", "2000000000"), "--dim 2000000000: must be at most 10000"),
        (("sgns", "small.corpus", "-o", "a.vec", "--workers", "99999"), "--workers 99999: must be at most 1024"),
        (("sgns", "small.corpus", "-o", "a.vec", "--checkpoint", "a.vec"), "a.vec: two outputs of this command have"),
        (("elmo", "small.corpus", "-o", "a.safetensors", "--filters", "999:1"), "--filters 999:1: widths must be at"),
        (("elmo", "small.corpus", "-o", "a.safetensors", "--filters", "1:9999999"), "all numbers together 100000"),
        (("sgns", "small.corpus", "-o", "a.vec", "--rate", "-1"), "align: --rate -1: must be above 0\n"),
        (("sgns", "small.corpus", "-o", "a.vec", "--workers", "-1"), "--workers -1: must be at least 0"),
        (("glove", "small.corpus", "-o", "a.vec", "--workers", "2"), "glove has no --workers"),
        (("sgns", "small.corpus", "-o", "a.vec", "--sample", "1e-15"), "leaves no pair of words; set --sample 0"),
        (("sgns", "small.corpus", "-o", "a.vec", "--seed", "-1"), 'Invalid value "-1" for --seed. Must be a whole'),
        (("sgns", "small.corpus", "-o", "a.vec", "--devices", "0"), "--devices 0: must be at least 1"),
        (("sgns", "small.corpus", "-o", "a.vec", "--devices", str(len(jax.devices()) + 1)), "devices were requested"),
        (("sgns", "small.corpus", "-o", "a.vec", "--resume"), "a.vec.checkpoint: no checkpoint to resume"),
        (("sgns", "small.corpus", "-o", "a.vec", "--checkpoint", "."), "is a folder; a file name was expected"),
        (("sgns", "small.corpus", "-o", "a.vec", "--vectors", "both"), "both"),
        (("cbow", "small.corpus", "-o", "a.vec", "--features", "word+ngram"), "cbow has no --features"),
        (("sgns", "small.corpus", "-o", "a.vec", "--features", "word+letter"), "word+letter"),
        (
            ("sgns", "small.corpus", "-o", "a.vec", "--features", "word+character"),
            "--features word+character: characters make no sense as contexts in small, whose words are mostly written",
        ),
        (
            ("ppmi-svd", "small.corpus", "-o", "a.vec", "--dim", "4", "--features", "word+character+ngram"),
            "not in hanzi, kana or hangul; use word+ngram",
        ),
        (
            ("sgns", "small.corpus", "-o", "a.vec", "--features", "word+ngram", "--bigram-min-count", "100000"),
            "--features word+ngram: no two words of small follow each other 100,000 times",
        ),
        (
            ("ppmi-svd", "small.corpus", "-o", "a.vec", "--features", "word+ngram", "--characters", "own"),
            "--characters own: the contexts have no characters: set --features word+character",
        ),
        (
            ("sgns", "small.corpus", "-o", "a.vec", "--features", "word+ngram", "--window", "1"),
            "--window 1: must be at least 2, so that it holds bigrams",
        ),
        (
            ("sgns", "small.corpus", "-o", "a.vec", "--features", "word+ngram", "--bigram-min-count", "0"),
            "--bigram-min-count 0: must be at least 1",
        ),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_line(train, argv, expected) -> None:
    status, told = train(*argv)
    assert status == 2, told
    assert told.startswith("align: ")
    assert told.count("\n") == 1
    assert expected in told
    assert {path.name for path in Path().iterdir()} == {"small.corpus"}


@pytest.mark.parametrize("every", ["10", "", "m", "x5m", "-1m", "5d", "nanm", "infs"])
def test_a_length_of_time_has_a_number_and_a_unit(train, every) -> None:
    status, told = train("sgns", "small.corpus", "-o", "a.vec", f"--checkpoint-every={every}")
    assert status == 2
    assert f"--checkpoint-every {every}: " in told


def test_divergence_is_a_failure_of_ours(train) -> None:
    status, told = train("sgns", "small.corpus", "-o", "a.vec", *QUICK, "--rate", "1e30")
    assert status == 1
    assert told.startswith("align: the loss is not a number at step ")
    assert told.endswith("; lower the rate\n")
    assert not Path("a.vec").exists()


@pytest.mark.parametrize("model", [name for name in MODELS if name != "ppmi-svd"])
def test_one_word_a_sentence_is_nothing_to_learn_from(train, model) -> None:
    ids = np.array([0, -1, 1, -1, 0, -1], np.int32)
    Corpus(Vocab(["a", "b"], np.array([2, 1])), ids, name="lonely").save("lonely.corpus")
    status, told = train(model, "lonely.corpus", "-o", "a.safetensors", "--dim", "2")
    assert status == 2
    assert told.startswith("align: lonely: no two words share a window")
    assert not Path("a.safetensors").exists()
