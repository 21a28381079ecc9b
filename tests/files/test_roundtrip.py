"""A saved space is loaded bit-identically, also by gensim."""

import bz2
import gzip
import lzma
import unicodedata
import zipfile
from pathlib import Path

import numpy as np
import pytest
from gensim.models import KeyedVectors
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from align.files import load, save
from align.space import Space
from align.text.units import HashedNgrams
from align.text.vocab import Vocab

ENDINGS = [".bin", ".txt", ".vec", ".safetensors"]


def same(a: Space, b: Space) -> bool:
    return list(a.vocab.words) == list(b.vocab.words) and a.vectors.tobytes() == b.vectors.tobytes()


@pytest.mark.parametrize("ending", ENDINGS)
def test_saved_and_loaded_bit_by_bit(space: Space, tmp_path: Path, ending: str) -> None:
    save(space, tmp_path / f"s{ending}")
    again = load(tmp_path / f"s{ending}")
    assert same(space, again)
    assert again.name == "s"
    assert again.vectors.dtype == np.float32


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("value", [np.nan, np.inf, 1e300])
def test_vectors_that_are_not_finite_in_float32_are_not_written(tmp_path: Path, ending: str, value: float) -> None:
    path = tmp_path / f"s{ending}"
    with pytest.raises(ValueError, match=r"'b' "):
        save(Space(Vocab(["a", "b"]), np.array([[1.0, 2.0], [1.0, value]])), path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("ending", [".bin", ".txt", ".vec"])
def test_gensim_reads_what_is_saved(space: Space, tmp_path: Path, ending: str) -> None:
    ascii_space = space.restrict(words=[w for w in space.vocab.words if w.isprintable() and "\xa0" not in w])
    save(ascii_space, tmp_path / f"s{ending}")
    theirs = KeyedVectors.load_word2vec_format(str(tmp_path / f"s{ending}"), binary=ending == ".bin")
    assert theirs.index_to_key == list(ascii_space.vocab.words)
    assert theirs.vectors.tobytes() == ascii_space.vectors.tobytes()


@pytest.mark.parametrize("binary", [True, False])
@pytest.mark.parametrize("header", [True, False])
def test_reads_what_gensim_saves(space: Space, tmp_path: Path, binary: bool, header: bool) -> None:
    theirs = KeyedVectors(space.dim)
    theirs.add_vectors(list(space.vocab.words), space.vectors)
    path = tmp_path / "g"
    if binary and not header:
        pytest.skip("a binary file without a header says nothing of itself")
    theirs.save_word2vec_format(str(path), binary=binary, write_header=header)
    if not binary:  # numpy 2 scalars are written with their type; that is no number to anyone
        path.write_text(path.read_text("utf-8").replace("np.float32(", "").replace(")", ""), "utf-8")
    assert same(space, load(path))


@pytest.mark.parametrize("inner", [".bin", ".txt", ".safetensors"])
@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress, "zip"])
def test_packed_by_content_not_by_name(space: Space, tmp_path: Path, inner: str, pack: object) -> None:
    save(space, tmp_path / f"s{inner}")
    packed = tmp_path / "packed.jpeg"
    if callable(pack):
        packed.write_bytes(pack((tmp_path / f"s{inner}").read_bytes()))
    else:
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.write(tmp_path / f"s{inner}", "folder/s")
    assert same(space, load(packed))
    assert same(space.restrict(3), load(packed, limit=3))


def test_zip_of_several_needs_a_name(space: Space, tmp_path: Path) -> None:
    save(space, tmp_path / "a.txt")
    save(space.restrict(2), tmp_path / "b.bin")
    with zipfile.ZipFile(tmp_path / "z.zip", "w") as archive:
        archive.write(tmp_path / "a.txt", "a.txt")
        archive.write(tmp_path / "b.bin", "in/b.bin")
    with pytest.raises(ValueError, match=r"holds 2 files.*a\.txt, in/b\.bin"):
        load(tmp_path / "z.zip")
    assert same(load(tmp_path / "z.zip" / "in" / "b.bin"), space.restrict(2))
    with pytest.raises(ValueError, match=r"no member 'c'; it holds a\.txt"):
        load(tmp_path / "z.zip" / "c")


def test_npz(space: Space, tmp_path: Path) -> None:
    for number, (words, vectors) in enumerate([
        (np.array(space.vocab.words), space.vectors),
        (np.array([w.encode() for w in space.vocab.words]), np.asfortranarray(space.vectors.astype(np.float64))),
    ]):  # fmt: skip
        for write in (np.savez, np.savez_compressed):
            write(tmp_path / f"{number}.npz", words=words, vectors=vectors)
            assert same(space, load(tmp_path / f"{number}.npz"))
            write(tmp_path / f"{number}p.npz", embedding=vectors, vocab=words)
            assert same(space, load(tmp_path / f"{number}p.npz"))
    np.savez(tmp_path / "o.npz", words=np.array(space.vocab.words, dtype=object), vectors=space.vectors)
    with pytest.raises(ValueError, match=r"words\.npy: holds Python objects, which would have to be unpickled"):
        load(tmp_path / "o.npz")
    np.savez(tmp_path / "o.npz", vocab=np.array(space.vocab.words, dtype=object), embedding=space.vectors)
    with pytest.raises(ValueError, match=r"vocab\.npy: holds Python objects, which would have to be unpickled"):
        load(tmp_path / "o.npz")
    np.savez(tmp_path / "m.npz", tokens=np.array(["a"]), vectors=space.vectors)
    with pytest.raises(ValueError, match=r"holds the arrays tokens, vectors; one called words or vocab was expected"):
        load(tmp_path / "m.npz")
    np.savez(tmp_path / "m.npz", vocab=np.array(["a"]))
    with pytest.raises(ValueError, match=r"holds the arrays vocab; one called vectors or embedding was expected"):
        load(tmp_path / "m.npz")


def test_npz_words_longer_than_a_block_together(tmp_path: Path) -> None:
    words = [f"词{number}" for number in range(3000)] + ["x" * 1000]  # 12 MB at the longest word's width
    np.savez_compressed(tmp_path / "w.npz", vocab=np.array(words), embedding=np.ones((3001, 2), np.float32))
    assert list(load(tmp_path / "w.npz").vocab.words) == words


def test_half_and_double_precision_become_single(tmp_path: Path) -> None:
    np.savez(tmp_path / "h.npz", words=np.array(["a", "b"]), vectors=np.array([[0.1, 2], [3, 4]], np.float16))
    assert load(tmp_path / "h.npz").vectors.tolist() == [[np.float32(np.float16(0.1)), 2], [3, 4]]


def test_native_keeps_counts_and_units(space: Space, tmp_path: Path) -> None:
    table = np.random.default_rng(1).standard_normal((50, 7)).astype(np.float32)
    whole = Space(Vocab(space.vocab.words, np.arange(len(space))[::-1]), space.vectors, HashedNgrams(table, 2, 4))
    save(whole, tmp_path / "n.safetensors")
    for again in (load(tmp_path / "n.safetensors"), load(tmp_path / "n.safetensors", limit=5)):
        assert again.vocab.counts is not None
        assert again.vocab.counts.tolist() == list(range(len(space)))[::-1][: len(again)]
        assert again["unseen"].tolist() == whole["unseen"].tolist()


def test_native_is_mapped_not_read(space: Space, tmp_path: Path) -> None:
    save(space, tmp_path / "n.safetensors")
    vectors = load(tmp_path / "n.safetensors").vectors
    assert not vectors.flags.owndata
    assert not vectors.flags.writeable


@pytest.mark.parametrize("ending", ENDINGS)
def test_limit_and_words(space: Space, tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"s{ending}"
    save(space, path)
    for limit in (0, 1, 5, 100):
        assert same(space.restrict(limit), load(path, limit=limit))
    some = ["nbsp\u00a0word", "absent", "国王", "the", "the"]
    assert same(space.restrict(words=some), load(path, words=some))
    for limit in (1, 4, 5):
        assert list(load(path, words=some, limit=limit).vocab) == [w for w in space.vocab.words[:limit] if w in some]
        assert same(space.restrict(limit, some), load(path, words=some, limit=limit))
    assert len(load(path, words=[])) == 0
    with pytest.raises(ValueError, match="limit -1: must be 0 or more"):
        load(path, limit=-1)


@pytest.mark.parametrize("ending", ENDINGS)
def test_no_words_at_all(tmp_path: Path, ending: str) -> None:
    save(Space(Vocab([]), np.zeros((0, 3), np.float32)), tmp_path / f"e{ending}")
    assert load(tmp_path / f"e{ending}").vectors.shape == (0, 3)


def test_unknown_ending_lists_the_four(space: Space, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"'\.gz' names no format; one of \.bin \.txt \.vec \.safetensors"):
        save(space, tmp_path / "x.vec.gz")


@pytest.mark.parametrize(
    ("ending", "word"),
    [
        *[(".bin", "New York"), (".bin", "\nx"), (".bin", "a\ufffd"), (".bin", "\x85"), (".txt", "a\nb")],
        *[(".vec", "pi 3.14159"), (".txt", "\ud800"), (".txt", " king"), (".txt", "nul\0")],
    ],
)
def test_words_that_a_format_cannot_store_leave_no_file(tmp_path: Path, ending: str, word: str) -> None:
    with pytest.raises(ValueError, match=str(tmp_path)):
        save(Space(Vocab(["ok", word]), np.ones((2, 2), np.float32)), tmp_path / f"x{ending}")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("word", "advice"), [("a\nb", "which no format can hold"), ("a\tb", "write .safetensors")])
def test_the_message_names_a_format_that_can_store_the_word(tmp_path: Path, word: str, advice: str) -> None:
    with pytest.raises(ValueError, match=f"{advice}$"):
        save(Space(Vocab([word]), np.ones((1, 2), np.float32)), tmp_path / "x.vec")


def test_repeated_words_are_not_saved(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="'a' occurs twice"):
        save(Space(Vocab(["a", "a"]), np.ones((2, 2), np.float32)), tmp_path / "x.txt")


SIZES = st.floats(2**-10, 2**20, width=32)
FLOATS = SIZES | SIZES.map(lambda size: -size) | st.just(0.0) | st.just(-0.0)
WORD = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)


@settings(max_examples=60, deadline=None)
@given(words=st.lists(WORD, unique=True, min_size=1, max_size=5), data=st.data(), ending=st.sampled_from(ENDINGS))
def test_any_word_comes_back_or_is_refused(
    tmp_path_factory: pytest.TempPathFactory, words: list[str], data: st.DataObject, ending: str
) -> None:
    vectors = data.draw(hnp.arrays(np.float32, (len(words), data.draw(st.integers(2, 4))), elements=FLOATS))
    space, path = Space(Vocab(words), vectors), tmp_path_factory.mktemp("any") / f"x{ending}"
    try:
        save(space, path)
    except ValueError:
        assert any(unicodedata.category(letter) == "Cc" or letter in " \ufffd" for word in words for letter in word)
        return
    assert same(space, load(path))


@pytest.mark.parametrize("ending", [".bin", ".txt"])
def test_what_could_not_be_read_back_is_not_written(tmp_path: Path, ending: str) -> None:
    vectors = np.array([[1, 2], [3, np.inf]], np.float32)
    with pytest.raises(ValueError, match=rf"x{ending}: word 2: 'b' has the value inf; finite numbers"):
        save(Space(Vocab(["a", "b"]), vectors), tmp_path / f"x{ending}")
    vectors[1, 1] = 1e20
    with pytest.raises(ValueError, match=rf"x{ending}: word 2: 'b' has the value 1e\+20, over 1e\+09 times the length"):
        save(Space(Vocab(["a", "b", "c"]), np.concatenate([vectors, vectors[:1]])), tmp_path / f"x{ending}")
