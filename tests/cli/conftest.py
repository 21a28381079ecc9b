"""A small world for the commands over two spaces: two spaces that are rotations of each other, pairs, a translator."""

import numpy as np
import pytest

from align.cli import main
from align.files import save
from align.space import Space
from align.text.vocab import Vocab
from tests.oracles import CHINESE, ENGLISH


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A folder with two spaces, a dictionary in both directions, and a translator."""
    folder = tmp_path_factory.mktemp("made")
    rng = np.random.default_rng(0)
    x = rng.normal(size=(len(ENGLISH), 12)).astype(np.float32)
    turn = np.linalg.qr(rng.normal(size=(12, 12)))[0].astype(np.float32)
    save(Space(Vocab(ENGLISH), x), folder / "en.vec")
    save(Space(Vocab(CHINESE), x @ turn), folder / "zh.bin")
    pairs = list(zip(ENGLISH, CHINESE, strict=True))
    (folder / "en-zh.tsv").write_text("".join(f"{en}\t{zh}\n" for en, zh in pairs))
    (folder / "zh-en.tsv").write_text("".join(f"{zh}\t{en}\n" for en, zh in pairs))
    spaces = (str(folder / "en.vec"), str(folder / "zh.bin"))
    arguments = ("--dictionary", str(folder / "en-zh.tsv"), "--method", "procrustes")
    assert main(["map", *spaces, "-o", str(folder / "t.align"), *arguments]) == 0
    return folder


@pytest.fixture
def run(capsys):
    """Run the command line in this process: (status, standard output, standard error)."""

    def run(*argv):
        status = main([str(word) for word in argv])
        said = capsys.readouterr()
        assert status != 1, said.err
        return status, said.out, said.err

    return run


@pytest.fixture
def align(made, monkeypatch, run):
    """Run the command line in the folder: (status, standard output, standard error)."""
    monkeypatch.chdir(made)
    return run
