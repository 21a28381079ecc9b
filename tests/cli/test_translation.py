"""map, translate, repl and plot, on small spaces that are rotations of each other."""
# pyright: basic

import io
import json
import os
import signal
import subprocess
import sys
import time
from typing import get_args

import numpy as np
import pytest

from align.bilingual.translator import Translator
from align.cli import main
from align.files import save
from align.space import Space
from align.text.vocab import Vocab
from tests.oracles import CHINESE, ENGLISH


def piped(monkeypatch, data):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))


@pytest.mark.parametrize("method", ["procrustes", "least-squares", "mlp"])
def test_map_makes_a_translator_that_translates_both_ways(align, tmp_path, method):
    out = tmp_path / "made.align"
    status, said, err = align("map", "en.vec", "zh.bin", "-o", out, "--dictionary", "en-zh.tsv", "--method", method)
    assert (status, said) == (0, "")
    assert "40 of 40 source words covered" in err
    translator = Translator.load(out)
    found = translator.translate([*ENGLISH, *CHINESE], 1)
    assert [one[0].word for one in found] == [*CHINESE, *ENGLISH]


def test_map_takes_a_reversed_dictionary_and_listed_normalisations(align, tmp_path):
    for steps in ("unit", "none", "unit,centre"):
        out = tmp_path / f"{steps}.align"
        arguments = ("--dictionary", "zh-en.tsv", "--reverse", "--method", "procrustes", "--normalise", steps)
        assert align("map", "en.vec", "zh.bin", "-o", out, *arguments)[0] == 0
        assert Translator.load(out).translate(["king"], 1)[0][0].word == "国王"


def test_a_saved_translator_names_its_spaces_without_folders(align, made, tmp_path):
    arguments = ("--dictionary", "en-zh.tsv", "--method", "procrustes")
    assert align("map", made / "en.vec", made / "zh.bin", "-o", tmp_path / "t.align", *arguments)[0] == 0
    translator = Translator.load(tmp_path / "t.align")
    assert (translator.source.name, translator.target.name) == ("en.vec", "zh.bin")
    assert str(made).encode() not in (tmp_path / "t.align").read_bytes()


def test_the_methods_of_the_command_line_are_those_that_fit():
    from align.bilingual import fitting, translator
    from align.cli import translation

    assert set(translation.METHODS) == set(fitting.METHODS)
    assert get_args(translation.Retrieval) == translator.RETRIEVALS


def test_training_that_diverges_is_our_failure(made, monkeypatch, capsys):
    from align.train.loop import DivergedError

    def diverges(*_args, **_kwargs):
        raise DivergedError("the loss is nan at step 3")

    monkeypatch.chdir(made)
    for failure in (diverges, lambda *_args, **_kwargs: np.linalg.cholesky(-np.eye(2))):
        monkeypatch.setattr("align.bilingual.fitting.fit", failure)
        assert main(["map", "en.vec", "zh.bin", "-o", "new.align", "--dictionary", "en-zh.tsv"]) == 1
        said = capsys.readouterr().err.splitlines()
        assert "source words covered" in said[0]
        assert len(said) == 2
        assert said[1].startswith("align: ")
    assert not (made / "new.align").exists()


def test_translate_finds_the_direction_of_each_word(align):
    status, out, err = align("translate", "king", "国王", "--with", "t.align", "--k", 2)
    assert (status, err) == (0, "")
    lines = out.splitlines()
    assert [lines[0], lines[3]] == ["king", "国王"]
    assert lines[1].split()[1:] == ["国王", "guó", "wáng"]
    assert lines[4].split()[1] == "king"


def test_translate_as_json_is_one_document(align):
    status, out, err = align("translate", "king", "Horse", "國王", "--with", "t.align", "--k", 3, "--json")
    assert (status, err) == (0, "")
    told = json.loads(out)
    assert (told["k"], told["retrieval"], told["used"]) == (3, "best", "csls")
    king, horse, guowang = told["translations"]
    assert (king["direction"], guowang["direction"]) == ("en-zh", "zh-en")
    assert (horse["word"], horse["found"]) == ("Horse", "horse")
    assert guowang["found"] == "国王"
    assert [len(one["candidates"]) for one in told["translations"]] == [3, 3, 3]
    assert king["candidates"][0]["word"] == "国王"
    assert king["candidates"][0]["rank"] == 1


def test_retrieval_nn_scores_by_cosine(align):
    _, out, _ = align("translate", "king", "--with", "t.align", "--retrieval", "nn", "--json", "--k", 1)
    assert json.loads(out)["translations"][0]["candidates"][0]["score"] == pytest.approx(1, abs=1e-4)


def test_translate_in_bulk_keeps_order_and_counts_what_is_unknown(align, monkeypatch):
    rng = np.random.default_rng(0)
    words = [*rng.choice([*ENGLISH, *CHINESE, "qqqq"], 3000)]
    piped(monkeypatch, "\n".join(words).encode())
    status, out, err = align("translate", "--with", "t.align", "--tsv", "--k", 1)
    assert status == 0
    expected = dict(zip([*ENGLISH, *CHINESE, "qqqq"], [*CHINESE, *ENGLISH, ""], strict=True))
    rows = [line.split("\t") for line in out.split("\n")[:-1]]
    assert [(row[0], row[1]) for row in rows] == [(word, expected[word]) for word in words]
    assert err == f"align: {words.count('qqqq'):,} of 3,000 words are not in the vocabulary\n"


def test_a_dash_and_nothing_read_standard_input(align, monkeypatch):
    for arguments in ([], ["-"]):
        piped(monkeypatch, b"king\r\n")
        assert align("translate", *arguments, "--with", "t.align", "--k", 1)[1].startswith("king\n")
    piped(monkeypatch, b"")
    assert align("translate", "--with", "t.align") == (0, "", "")


def test_an_unknown_word_is_reported_and_the_others_are_translated(align):
    status, out, err = align("translate", "king", "kingg", "queen", "--with", "t.align", "--k", 1)
    assert status == 2
    assert out.splitlines()[0::2] == ["king", "queen"]
    assert err == "align: 'kingg' is not in the English vocabulary; did you mean: king\n"
    status, out, err = align("translate", "kingg", "--with", "t.align", "--json")
    assert status == 2
    assert json.loads(out)["translations"] == [{"word": "kingg", "found": None, "direction": "en-zh", "candidates": []}]
    assert err.count("\n") == 1


def test_a_phrase_is_translated_by_the_mean_of_its_words(align):
    status, out, err = align("translate", "king queen", "--with", "t.align", "--k", 5)
    assert (status, err) == (0, "")
    lines = out.splitlines()
    assert lines[0] == "king queen  (for 'king queen': mean of its words)"
    assert {"国王", "王后"} <= {line.split()[1] for line in lines[1:]}
    (told,) = json.loads(align("translate", "king queen", "--with", "t.align", "--json")[1])["translations"]
    assert (told["found"], told["form"]) == ("king queen", "mean of its words")
    status, _, err = align("translate", "king qqqq", "--with", "t.align")
    assert status == 2
    assert "'king qqqq' is not in the English vocabulary" in err


def test_a_map_by_chance_warns_and_gives_probabilities_near_zero(align, made, tmp_path):
    from dataclasses import replace

    sound = Translator.load(made / "t.align")
    replace(sound, details={**sound.details, "chance": "1"}).save(tmp_path / "chance.align")
    status, out, err = align("translate", "king", "--with", tmp_path / "chance.align", "--json", "--k", 2)
    assert status == 0
    assert "no better than chance" in err
    assert [one["probability"] for one in json.loads(out)["translations"][0]["candidates"]] == [1 / 40] * 2


def test_reverse_takes_every_word_as_chinese(align):
    status, _, err = align("translate", "king", "--with", "t.align", "--reverse")
    assert status == 2
    assert "Chinese vocabulary" in err


def test_plot(align, tmp_path):
    status, out, _ = align("plot", "zh.bin", "国王", "王后", "馬", "-o", tmp_path / "a.png")
    assert (status, out) == (0, "")
    assert (tmp_path / "a.png").read_bytes()[:4] == b"\x89PNG"


def test_plot_of_a_translator_has_both_languages(align, tmp_path):
    status, out, _ = align("plot", "t.align", "king", "queen", "国王", "-o", tmp_path / "b.png")
    assert (status, out) == (0, "")
    assert (tmp_path / "b.png").read_bytes()[:4] == b"\x89PNG"
    status, out, err = align("plot", "t.align", "king", "kingg", "国王", "-o", tmp_path / "c.png")
    assert (status, out) == (2, "")
    assert "'kingg' is not in" in err
    assert not (tmp_path / "c.png").exists()


def test_repl_on_a_pipe(align, monkeypatch):
    piped(monkeypatch, ":k 1\nking\n:method nn\n马\n".encode())
    status, out, err = align("repl", "t.align")
    assert (status, err) == (0, "")
    assert "国王  guó wáng" in out
    assert "in CC-CEDICT" in out
    assert "\x1b" not in out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["translate", "king", "--with", "missing.align"], ["missing.align"]),
        (["translate", "king", "--with", "en.vec"], ["en.vec", "safetensors"]),
        (["translate", "king", "--with", "space.safetensors"], ["space.safetensors", "align map"]),
        (["translate", "king", "--with", "cut.align"], ["cut.align", "cut short"]),
        (["translate", "king", "--with", "changed.align"], ["changed.align"]),
        (["translate", "king", "--with", "."], ["."]),
        (["translate", "king", "--with", "t.align", "--k", "0"], ["--k"]),
        (["translate", "king", "--with", "t.align", "--retrieval", "sideways"], ["sideways", "csls"]),
        (["translate", "king", "--with", "t.align", "--json", "--tsv"], ["--json"]),
        (["translate", "king", "--with", "missing.align", "--json"], ["missing.align"]),
        (["map", "en.vec", "zh.bin"], ["-o"]),
        (["map", "en.vec", "zh.bin", "-o", "made.bin"], [".align"]),
        (["map", "en.vec", "zh.bin", "-o", "folder.align"], ["folder"]),
        (["map", "en.vec", "zh.bin", "-o", "made.align", "--method", "magic"], ["magic", "procrustes"]),
        (["map", "en.vec", "zh.bin", "-o", "made.align", "--normalise", "shuffle"], ["shuffle", "centre"]),
        (["map", "en.vec", "zh.bin", "-o", "made.align", "--seed", "9" * 23], ["--seed", str(2**32 - 1)]),
        (["map", "en.vec", "zh.bin", "-o", "made.align", "--seed", "-1"], ["--seed", "-1"]),
        (["eval", "methods", "en.vec", "zh.bin", "--split-seed", "9" * 23], ["--split-seed"]),
        (["dictionary", "en-zh.tsv", "--seed", "9" * 23], ["--seed"]),
        (["map", "en.vec", "zh.bin", "-o", "made.align", "--dictionary", "bad.tsv"], ["bad.tsv:2"]),
        (["map", "en.vec", "zh.bin", "-o", "made.align", "--dictionary", "missing.tsv"], ["missing.tsv"]),
        (["map", "en.vec", "missing.bin", "-o", "made.align", "--dictionary", "en-zh.tsv"], ["missing.bin"]),
        (["eval", "bli", "missing.align", "--dictionary", "en-zh.tsv"], ["missing.align"]),
        (["eval", "bli", "t.align", "--dictionary", "bad.tsv"], ["bad.tsv:2"]),
        (["eval", "bli", "t.align", "--dictionary", "bad.tsv", "--json"], ["bad.tsv:2"]),
        (["eval", "methods", "en.vec", "zh.bin", "--dictionary", "en-zh.tsv", "--train", "0"], ["--train"]),
        (["repl", "missing.align"], ["missing.align"]),
        (["repl", "t.align", "--k", "0"], ["--k"]),
    ],
)
def test_wrong_input_prints_one_line_and_changes_no_file(align, made, arguments, words):
    whole = (made / "t.align").read_bytes()
    (made / "cut.align").write_bytes(whole[: len(whole) // 2])
    (made / "changed.align").write_bytes(whole.replace(b"source.means", b"source.moans"))
    (made / "bad.tsv").write_text("king\t国王\nqueen\n")
    (made / "folder.align").mkdir(exist_ok=True)
    save(Space(Vocab(["king"]), np.ones((1, 2), np.float32)), made / "space.safetensors")
    before = {path: path.read_bytes() for path in made.rglob("*") if path.is_file()}
    status, out, err = align(*arguments)
    assert (status, out) == (2, "")
    assert err.startswith("align: ")
    assert err.count("\n") == 1
    assert all(word in err for word in words), err
    assert {path: path.read_bytes() for path in made.rglob("*") if path.is_file()} == before


def test_dictionaries_that_cover_nothing_are_refused_by_map(align, tmp_path):
    status, _, err = align("map", "en.vec", "zh.bin", "-o", tmp_path / "a.align", "--dictionary", "zh-en.tsv")
    assert status == 2
    assert "0 of 40 source words covered" in err.splitlines()[-1]
    assert not (tmp_path / "a.align").exists()


def test_a_saved_translator_is_used_without_jax(made):
    probe = (
        "import sys; from align.cli import main; "
        f"main(['translate', 'king', '--with', {str(made / 't.align')!r}]); "
        "sys.stdin = open('/dev/null'); "
        f"main(['repl', {str(made / 't.align')!r}]); "
        "sys.exit(' '.join({'jax', 'scipy', 'matplotlib', 'gensim', 'prompt_toolkit'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", probe], check=False, capture_output=True, timeout=60)
    assert done.stderr == b"\n"
    assert "国王" in done.stdout.decode()


@pytest.fixture
def small_default(made, monkeypatch, tmp_path):
    """The default translator made of the small spaces, in a cache of its own; returns that cache."""
    from align.bilingual import default
    from align.bilingual.supervised.linear import Procrustes

    monkeypatch.setenv("ALIGN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(default, "ENGLISH", str(made / "en.vec"))
    monkeypatch.setattr(default, "CHINESE", str(made / "zh.bin"))
    monkeypatch.setattr(default, "DICTIONARY", str(made / "en-zh.tsv"))
    monkeypatch.setattr("align.catalogue.fetch", lambda name: name)
    monkeypatch.setattr("align.bilingual.best.Best", Procrustes)
    return tmp_path / "cache"


def test_the_default_translator_is_fitted_once_and_cached(align, small_default):
    status, out, err = align("translate", "king", "--k", 1)
    assert status == 0
    assert out.splitlines()[1].split()[1] == "国王"
    assert "a quick map answers" in err
    (kept,) = (small_default / "translators").iterdir()
    assert Translator.load(kept).details["dictionary"].endswith("without test words")
    assert align("translate", "king", "--k", 1, "--with", "default")[:2] == (0, out)
    assert [one.name for one in (small_default / "translators").iterdir()] == [kept.name]
    status, fetched, _ = align("fetch", "--default-translator")
    assert status == 0
    assert fetched.startswith("default translator\t")
    assert len(list((small_default / "translators").iterdir())) == 2
    status, out, err = align("translate", "king", "--k", 1)
    assert (status, err) == (0, "")
    assert out.splitlines()[1].split()[1] == "国王"


def test_a_damaged_default_translator_is_fitted_again(align, small_default):
    assert align("translate", "king", "--k", 1)[0] == 0
    (kept,) = (small_default / "translators").iterdir()
    kept.write_bytes(b"damaged")
    status, out, err = align("translate", "king", "--k", 1)
    assert status == 0
    assert out.splitlines()[1].split()[1] == "国王"
    assert str(kept) in err
    assert Translator.load(kept)


def test_the_default_translator_has_not_seen_the_test_words(made):
    from align.bilingual.default import without_tests
    from align.bilingual.dictionary.dictionary import read_dictionary
    from align.bilingual.dictionary.split import split
    from align.files import load

    english, chinese = load(made / "en.vec"), load(made / "zh.bin")
    words = read_dictionary(made / "en-zh.tsv")
    cut = split(words, english.vocab, chinese.vocab)
    kept = without_tests(words, english, chinese)
    assert len(kept) > 0
    assert not {en for en, _ in kept.pairs} & set(cut.test.targets)
    assert not {zh for _, zh in kept.pairs} & set(cut.reverse_test.targets)


def test_translators_of_one_name_are_distinguished(align, made, tmp_path, monkeypatch):
    (tmp_path / "t.align").write_bytes((made / "t.align").read_bytes())
    piped(monkeypatch, f":method {tmp_path}/t.align\n".encode())
    status, out, _ = align("repl", "t.align", tmp_path / "t.align")
    assert status == 0
    assert out.startswith(f"translator {tmp_path}/t.align")
    assert "other translators: t.align" in out


@pytest.mark.usefixtures("default_signals")
def test_an_interrupted_process_is_quiet(made):
    arguments = ["translate", "-", "--with", str(made / "t.align")]
    process = subprocess.Popen([sys.executable, "-m", "align", *arguments], stdin=subprocess.PIPE, stdout=-1, stderr=-1)
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (130, b"", b"align: interrupted\n")


def test_the_repl_as_a_process(made):
    command = [sys.executable, "-m", "align", "repl", str(made / "t.align"), "--k", "1"]
    typed = "king\nkingg\n:plot\n国王\n".encode()
    environment = {**os.environ, "PYTHONWARNINGS": "error"}
    done = subprocess.run(command, input=typed, check=False, capture_output=True, timeout=60, env=environment)
    assert (done.returncode, done.stderr) == (0, b"")
    assert "did you mean: king" in done.stdout.decode()
