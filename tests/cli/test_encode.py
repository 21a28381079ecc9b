"""train elmo and embed by the command line, and what they refuse."""

import inspect
import json
import re
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from align.cli import main
from align.cli.encode import EncoderSettings
from align.encoder import open_encoder
from align.tensors import load_tensors
from align.train.models import described
from tests.train.cycles import MODEL, corpus, encoder

OPTIONS = [f"--{f.name.replace('_', '-')}={getattr(MODEL, f.name)}" for f in fields(MODEL) if f.name != "schedule"]


@pytest.fixture
def align(tmp_path, monkeypatch, capsys):
    """Run the command line in a folder: (status, standard output, standard error)."""
    monkeypatch.chdir(tmp_path)

    def run(*argv):
        status = main([str(word) for word in argv])
        said = capsys.readouterr()
        assert status != 1, said.err
        assert status == 0 or said.err.count("\n") == 1, said.err
        return status, said.out, said.err

    return run


@pytest.mark.parametrize("setting", [field.name for field in fields(EncoderSettings)])
def test_the_help_of_a_setting_shows_its_default(setting: str) -> None:
    text = re.search(rf'    {setting}: .*?"""(.*?)"""', inspect.getsource(EncoderSettings), re.DOTALL)
    assert text
    assert " ".join(text[1].split()).rpartition("[")[2].removesuffix("]") == described(setting)


def test_an_encoder_is_trained_and_its_perplexity_is_the_last_line(align) -> None:
    corpus().save("cycles.corpus")
    status, out, told = align("train", "elmo", "cycles.corpus", "-o", "e.safetensors", "--seed", "1", *OPTIONS)
    assert (status, out) == (0, ""), told
    first, last = told.splitlines()
    assert first.startswith("align: e.safetensors: 3 layers of 12 dimensions, ")
    assert re.fullmatch(
        r"align: held-out perplexity [\d.]+ forward, [\d.]+ backward over \d+ predictions; "
        r"training text [\d.]+ forward, [\d.]+ backward; Kneser-Ney 3-grams [\d.]+",
        last,
    )
    made = open_encoder("e.safetensors")
    np.testing.assert_array_equal(made.softmax, encoder().softmax)
    assert {path.name for path in Path().iterdir()} == {"cycles.corpus", "e.safetensors"}


def test_the_words_of_a_text_get_their_vectors(align) -> None:
    encoder().save("e.safetensors")
    Path("text.txt").write_text("A b, c!\n\nab zz\n")
    status, out, told = align("embed", "e.safetensors", "text.txt", "-o", "v.safetensors", "--json")
    assert status == 0, told
    assert json.loads(out) == {
        "output": "v.safetensors",
        "sentences": 3,
        "words": 5,
        "in_vocabulary": 4,
        "layers": 3,
        "dimensions": 12,
    }
    assert "80.0% of the words are in the vocabulary" in told
    arrays, metadata = load_tensors("v.safetensors")
    assert arrays["offsets"].tolist() == [0, 3, 3, 5]
    assert arrays["words"].tobytes().decode() == "a\nb\nc\nab\nzz\n"
    assert metadata["layer"] == "all"
    first, second = encoder().encode([["a", "b", "c"], ["ab", "zz"]])
    np.testing.assert_allclose(arrays["vectors"], np.concatenate([first, second], axis=1), atol=1e-6)
    split = ("--tokenise", "split", "--layer", "2")
    assert align("embed", "e.safetensors", "text.txt", "-o", "last.safetensors", *split)[0] == 0
    last, _ = load_tensors("last.safetensors")
    assert last["words"].tobytes().decode() == "A\nb,\nc!\nab\nzz\n"
    assert last["vectors"].shape == (1, 5, 12)


@pytest.mark.parametrize(
    ("argv", "told"),
    [
        (("embed", "text.txt", "text.txt", "-o", "v.safetensors"), "text.txt: not a safetensors file"),
        (("embed", "none", "text.txt", "-o", "v.safetensors"), "none"),
        (("embed", "e.safetensors", "none.txt", "-o", "v.safetensors"), "none.txt"),
        (("embed", "e.safetensors", "empty.txt", "-o", "v.safetensors"), "empty.txt: holds no document"),
        (("embed", "e.safetensors", "signs.txt", "-o", "v.safetensors"), "signs.txt: words 0: must be at least 1"),
        (("embed", "e.safetensors", "text.txt", "-o", "v.npz"), "must end in .safetensors"),
        (
            ("embed", "e.safetensors", "text.txt", "-o", "v.safetensors", "--layer", "3"),
            "--layer 3: must be from 0 to 2",
        ),
        (("embed", "e.safetensors", "text.txt", "-o", "v.safetensors", "--tokenise", "jieba"), "--tokenise jieba: "),
        (("embed", "e.safetensors", "text.txt", "-o", "e.safetensors"), "e.safetensors: is read by this command"),
        (("near", "e.safetensors", "a"), "not of word vectors"),
        (("train", "elmo", "cycles.corpus", "-o", "e.vec"), "must end in .safetensors"),
        (("train", "elmo", "cycles.corpus", "-o", "f.safetensors", "--window", "3"), "elmo has no --window"),
        (("train", "elmo", "cycles.corpus", "-o", "f.safetensors", "--filters", "x"), "--filters x: must be widths"),
        (("train", "sgns", "cycles.corpus", "-o", "f.vec", "--cells", "3"), "sgns has no --cells"),
        (("train", "elmo", "cycles.corpus", "-o", "f.safetensors", "--start", "a.vec"), "elmo has no --start"),
    ],
)
def test_wrong_input_is_refused_in_one_line(align, argv, told) -> None:
    encoder().save("e.safetensors")
    corpus().save("cycles.corpus")
    Path("text.txt").write_text("a b\n")
    Path("empty.txt").write_text("\n")
    Path("signs.txt").write_text("!?\n")
    status, out, error = align(*argv)
    assert (status, out) == (2, "")
    assert told in error
    assert not Path("v.safetensors").exists()
