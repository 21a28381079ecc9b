"""Where the default translator is kept."""

import pytest

from align.bilingual import default
from align.bilingual.best import Best
from align.bilingual.supervised.linear import Procrustes


@pytest.fixture
def code(tmp_path, monkeypatch):
    """A stand-in for the code: a folder and a file."""
    (tmp_path / "room" / "inner").mkdir(parents=True)
    (tmp_path / "room" / "a.py").write_text("x = 1\n")
    (tmp_path / "one.py").write_text("y = 1\n")
    monkeypatch.setattr(default, "CODE", (tmp_path / "room", tmp_path / "one.py"))
    return tmp_path


def test_the_name_depends_on_what_is_fitted_how_and_by_which_code(code, monkeypatch):
    names = [default.default_path(), default.default_path(Procrustes())]
    assert default.default_path(Best()) == names[0]
    (code / "room" / "notes.txt").write_text("no code")
    assert default.default_path() == names[0]
    for path, text in (("room/a.py", "x = 2"), ("one.py", "y = 2"), ("room/b.py", "z = 1"), ("room/inner/c.py", "1")):
        (code / path).write_text(text)
        names.append(default.default_path())
    monkeypatch.setattr(default, "CHINESE", "zhwiki-synonyms")
    names.append(default.default_path())
    assert len(set(names)) == len(names) == 7


def test_the_code_is_that_which_makes_the_translator():
    files = {path for room in default.CODE for path in (room.rglob("*.py") if room.is_dir() else (room,))}
    told = {f"{path.parent.name}/{path.name}" for path in files}
    needed = {
        "supervised/mlp.py",
        "reranking/network.py",
        "bilingual/fitting.py",
        "dictionary/split.py",
        "train/loop.py",
        "align/retrieval.py",
    }
    assert needed <= told
    assert all(path.is_file() for path in files)
