"""gensim's pickles: refused without trust, read with it."""

import pickle
import shutil
from pathlib import Path

import numpy as np
import pytest
from gensim.models import FastText, KeyedVectors, Word2Vec

from align.files import load
from align.space import Space

SENTENCES = [["king", "queen", "horse", "国王"], ["queen", "国王", "马"]] * 20


class Bomb:
    def __reduce__(self) -> tuple[object, tuple[Path]]:
        return Path.touch, (Path("exploded"),)


def test_refused_without_trust_and_nothing_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for protocol in (2, 3, 4, 5):
        (tmp_path / "bomb.kv").write_bytes(pickle.dumps(Bomb(), protocol))
        with pytest.raises(ValueError, match=r"unpickling runs any code that the file holds; .*--trust"):
            load("bomb.kv")
        assert not (tmp_path / "exploded").exists()
    with pytest.raises(ValueError, match="gensim cannot load it"):
        load("bomb.kv", trust=True)


@pytest.mark.parametrize("separately", [[], ["vectors"]])
def test_keyed_vectors(space: Space, tmp_path: Path, separately: list[str]) -> None:
    theirs = KeyedVectors(space.dim)
    theirs.add_vectors(list(space.vocab.words), space.vectors)
    path = tmp_path / "x.kv"
    theirs.save(str(path), separately=separately)
    assert (tmp_path / "x.kv.vectors.npy").exists() == bool(separately)
    ours = load(path, trust=True)
    assert ours.vocab.words == theirs.index_to_key
    assert ours.vectors.tobytes() == space.vectors.tobytes()
    assert load(path, trust=True, limit=2).vocab.words == theirs.index_to_key[:2]
    if separately:
        (tmp_path / "x.kv.vectors.npy").unlink()
        with pytest.raises(ValueError, match=r"x\.kv: gensim cannot load it \(FileNotFoundError"):
            load(path, trust=True)


@pytest.mark.parametrize("suffix", [".gz", ".bz2", ".xz"])
def test_packed(space: Space, tmp_path: Path, suffix: str) -> None:
    theirs = KeyedVectors(space.dim)
    theirs.add_vectors(list(space.vocab.words), space.vectors)
    theirs.save(str(tmp_path / f"x.kv{suffix}"))
    assert load(tmp_path / f"x.kv{suffix}", trust=True).vectors.tobytes() == space.vectors.tobytes()


def test_models_with_counts_and_units(tmp_path: Path) -> None:
    word2vec = Word2Vec(SENTENCES, vector_size=5, min_count=1, workers=1, epochs=1)
    word2vec.save(str(tmp_path / "w.model"))
    ours = load(tmp_path / "w.model", trust=True)
    assert ours.vectors.tobytes() == word2vec.wv.vectors.tobytes()
    assert ours.vocab.counts is not None
    assert ours.vocab.counts.tolist() == [word2vec.wv.get_vecattr(w, "count") for w in ours.vocab.words]
    fast = FastText(SENTENCES, vector_size=5, min_count=1, workers=1, epochs=1, bucket=100)
    fast.save(str(tmp_path / "f.model"))
    ours = load(tmp_path / "f.model", trust=True)
    np.testing.assert_allclose(ours["国王们horses"], fast.wv["国王们horses"], atol=1e-7)


def test_damaged(tmp_path: Path) -> None:
    (tmp_path / "x.kv").write_bytes(b"\x80\x04\x95\xff\xff")
    shutil.copy(tmp_path / "x.kv", tmp_path / "y")
    with pytest.raises(ValueError, match=r"y: gensim cannot load it"):
        load(tmp_path / "y", trust=True)
