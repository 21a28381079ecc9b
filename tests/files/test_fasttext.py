"""fastText models against the official library: known words, unseen words and their n-grams, to float rounding."""

import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from align.files import load, save
from align.space import Space
from align.text.units import HashedNgrams
from align.text.vocab import Vocab

fasttext = pytest.importorskip("fasttext")

SEEN = ["king", "queen", "国王", "王后", "马", "naïve", "🐴", "a", "x" * 30, *(f"w{i}" for i in range(300))]
UNSEEN = ["kings", "国", "国王们", "queen horse", "z", "🐴🐴", "é", "<", "a" * 200, "horse国王後\u3000"]


def raw_vector(model: Any, word: str) -> np.ndarray:
    """The mean of the word's input rows; the library's `get_word_vector` scales it to length 1."""
    _, rows = model.get_subwords(word)
    mean = np.mean([model.get_input_vector(int(row)) for row in rows], axis=0)
    np.testing.assert_allclose(mean / np.linalg.norm(mean), model.get_word_vector(word), atol=1e-6)
    return mean


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder, draw = tmp_path_factory.mktemp("fasttext"), random.Random(0)
    lines = [" ".join(draw.choices(SEEN, k=9)) for _ in range(300)]
    (folder / "text").write_text("\n".join(lines), "utf-8")
    (folder / "labelled").write_text("\n".join(f"__label__{draw.randint(0, 1)} {line}" for line in lines), "utf-8")
    settings = {"dim": 6, "epoch": 2, "minCount": 1, "thread": 1, "verbose": 0}
    text, labelled = str(folder / "text"), str(folder / "labelled")
    fasttext.train_unsupervised(text, bucket=500, **settings).save_model(str(folder / "skipgram.bin"))
    cbow = fasttext.train_unsupervised(text, model="cbow", minn=1, maxn=3, bucket=500, **settings)
    cbow.save_model(str(folder / "cbow.bin"))
    fasttext.train_unsupervised(text, minn=0, maxn=0, **settings).save_model(str(folder / "plain.bin"))
    fasttext.train_supervised(labelled, minn=2, maxn=4, bucket=500, **settings).save_model(str(folder / "labels.bin"))
    hashed = {"wordNgrams": 2, "bucket": 700, **settings}
    fasttext.train_supervised(labelled, **hashed).save_model(str(folder / "label bigrams.bin"))
    fasttext.train_unsupervised(text, minn=0, maxn=0, **hashed).save_model(str(folder / "bigrams.bin"))
    fasttext.train_unsupervised(text, minn=5, maxn=3, bucket=500, **settings).save_model(str(folder / "reversed.bin"))
    for name in ("skipgram", "label bigrams"):  # version 11: the same layout, but a supervised model has no n-grams
        raw = (folder / f"{name}.bin").read_bytes()
        (folder / f"{name} 11.bin").write_bytes(raw[:4] + b"\x0b" + raw[5:])
    model = fasttext.train_supervised(labelled, **settings)
    model.quantize()
    model.save_model(str(folder / "small.ftz"))
    return folder


@pytest.mark.parametrize(
    "name",
    ["skipgram", "cbow", "plain", "labels", "label bigrams", "bigrams", "reversed", "skipgram 11", "label bigrams 11"],
)
def test_every_word_agrees_with_the_library(folder: Path, name: str) -> None:
    theirs, ours = fasttext.load_model(str(folder / f"{name}.bin")), load(folder / f"{name}.bin")
    assert list(ours.vocab.words) == theirs.words
    assert ours.vocab.counts is not None
    assert ours.vocab.counts.tolist() == theirs.get_words(include_freq=True)[1].tolist()
    for word in theirs.words:
        np.testing.assert_allclose(ours[word], raw_vector(theirs, word), rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("name", ["label bigrams", "bigrams", "reversed"])
def test_models_without_character_ngrams_give_unseen_words_no_vector(folder: Path, name: str) -> None:
    theirs, ours = fasttext.load_model(str(folder / f"{name}.bin")), load(folder / f"{name}.bin")
    assert not theirs.get_word_vector("kings").any()
    assert ours.units is None
    assert "kings" not in ours


@pytest.mark.parametrize("name", ["skipgram", "cbow", "labels"])
@pytest.mark.parametrize("word", UNSEEN)
def test_unseen_words_agree_with_the_library(folder: Path, name: str, word: str) -> None:
    theirs, ours = fasttext.load_model(str(folder / f"{name}.bin")), load(folder / f"{name}.bin", limit=3)
    assert word not in ours
    if theirs.get_subwords(word)[0]:
        np.testing.assert_allclose(ours[word], raw_vector(theirs, word), rtol=1e-5, atol=1e-7)
    else:
        assert ours.units is not None
        assert ours.units.vector(word) is None


def test_limit_and_words_and_native_copy(folder: Path, tmp_path: Path) -> None:
    whole = load(folder / "skipgram.bin")
    assert load(folder / "skipgram.bin", limit=5).vectors.tobytes() == whole.vectors[:5].tobytes()
    assert load(folder / "skipgram.bin", words=["国王", "king"])["king"].tobytes() == whole["king"].tobytes()
    save(whole, tmp_path / "n.safetensors")
    assert load(tmp_path / "n.safetensors")["kings"].tobytes() == whole["kings"].tobytes()


def test_packed(folder: Path, tmp_path: Path) -> None:
    import bz2
    import gzip

    raw = (folder / "skipgram.bin").read_bytes()
    (tmp_path / "two.gz").write_bytes(gzip.compress(raw[:5000]) + gzip.compress(raw[5000:]) + b"\0" * 9)
    (tmp_path / "a.bz2").write_bytes(bz2.compress(raw) + b"\0\0")
    whole = load(folder / "skipgram.bin")
    for name in ("two.gz", "a.bz2"):
        again = load(tmp_path / name)
        assert again.vectors.tobytes() == whole.vectors.tobytes()
        assert again["kings"].tobytes() == whole["kings"].tobytes()


def test_refused(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"small\.ftz: a (quantised|pruned) model \(\.ftz\)"):
        load(folder / "small.ftz")
    raw = (folder / "skipgram.bin").read_bytes()
    for size in (5, 40, 70, 300, 4000):
        (tmp_path / "cut.bin").write_bytes(raw[:size])
        with pytest.raises(ValueError, match=r"cut\.bin: .*cut short"):
            load(tmp_path / "cut.bin")
    (tmp_path / "new.bin").write_bytes(raw[:4] + b"\x0d" + raw[5:])
    with pytest.raises(ValueError, match="version 13 of fastText's format; 11 or 12 was expected"):
        load(tmp_path / "new.bin")
    (tmp_path / "lies.bin").write_bytes(raw[:8] + np.int32(90_000).tobytes() + raw[12:])
    with pytest.raises(ValueError, match=r"the input matrix is .* of 90000 dimensions were expected"):
        load(tmp_path / "lies.bin")


def test_gensim_reads_the_same(folder: Path) -> None:
    from gensim.models.fasttext import load_facebook_vectors

    theirs, ours = load_facebook_vectors(str(folder / "skipgram.bin")), load(folder / "skipgram.bin")
    assert theirs.index_to_key == list(ours.vocab.words)
    assert ours.vocab.words[0] == "</s>"  # gensim gives it n-grams; the official library and we do not
    np.testing.assert_allclose(ours.vectors[1:], theirs.vectors[1:], atol=1e-6)
    np.testing.assert_allclose(ours["kings"], theirs["kings"], atol=1e-6)
    assert isinstance(ours.units, HashedNgrams)


def sparse_space() -> Space:
    """A space of which only some buckets have a vector."""
    rng, words = np.random.default_rng(0), ["king", "queen", "国王", "naïve", "🐴", "a", "new york"]
    units = HashedNgrams(rng.normal(size=(300, 4)).astype(np.float32), 2, 4, np.arange(0, 900, 3), 1000)
    vectors = rng.normal(size=(len(words), 4)).astype(np.float32)
    return Space(Vocab(words, np.arange(len(words), 0, -1)), vectors, units)


@pytest.mark.parametrize("name", ["skipgram", "plain", "sparse"])
def test_the_library_opens_what_we_write_with_equal_vectors(folder: Path, tmp_path: Path, name: str) -> None:
    space = sparse_space() if name == "sparse" else load(folder / f"{name}.bin")
    save(space, tmp_path / "a.bin", fasttext=True)
    theirs, again = fasttext.load_model(str(tmp_path / "a.bin")), load(tmp_path / "a.bin")
    assert theirs.words == list(space.vocab.words) == list(again.vocab.words)
    assert space.vocab.counts is not None
    assert theirs.get_words(include_freq=True)[1].tolist() == space.vocab.counts.tolist()
    assert theirs.get_output_matrix().shape == (len(space), space.dim)
    for word in space.vocab.words:
        np.testing.assert_allclose(raw_vector(theirs, word), space[word], rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(again.vectors, space.vectors, rtol=1e-5, atol=1e-5)
    for word in UNSEEN:
        ours = None if space.units is None else space.units.vector(word)
        if ours is None:
            assert not theirs.get_word_vector(word).any()
        else:
            np.testing.assert_allclose(raw_vector(theirs, word), ours, rtol=1e-5, atol=1e-6)
            assert again[word].tobytes() == ours.tobytes()
    assert theirs.get_nearest_neighbors(str(space.vocab.words[1]), k=2)


def test_what_fasttexts_format_cannot_hold_is_refused(tmp_path: Path) -> None:
    space = sparse_space()
    with pytest.raises(ValueError, match=r"a\.vec: a name ending in \.bin was expected"):
        save(space, tmp_path / "a.vec", fasttext=True)
    with pytest.raises(ValueError, match=r"a\.bin: fastText's format needs the count of each word"):
        save(replace(space, vocab=Vocab(space.vocab.words)), tmp_path / "a.bin", fasttext=True)
    words = Vocab(["a\0b", *space.vocab.words[1:]], space.vocab.counts)
    with pytest.raises(ValueError, match=r"word 0 \('a\\x00b'\) is empty or holds a NUL"):
        save(replace(space, vocab=words), tmp_path / "a.bin", fasttext=True)
    assert list(tmp_path.iterdir()) == []


def test_a_native_file_keeps_the_buckets_that_have_a_vector(tmp_path: Path) -> None:
    space = sparse_space()
    save(space, tmp_path / "a.safetensors")
    again = load(tmp_path / "a.safetensors")
    assert isinstance(again.units, HashedNgrams)
    assert (again.units.buckets, len(again.units.table)) == (1000, 300)
    for word in UNSEEN:
        np.testing.assert_array_equal(again.units.vector(word), space.units.vector(word) if space.units else None)


def test_a_value_that_is_not_finite_is_not_written(tmp_path: Path) -> None:
    space = Space(Vocab(["a", "b"], np.array([2, 1])), np.array([[1.0, np.nan], [0, 1]], np.float32))
    with pytest.raises(ValueError, match="'a'"):
        save(space, tmp_path / "a.bin", fasttext=True)
    assert not (tmp_path / "a.bin").exists()
