"""A file that is not a vector file is refused with its true kind."""

import bz2
import gzip
import io
import tarfile
from pathlib import Path

import numpy as np
import pytest

from align.files import load, save
from align.space import Space
from align.tensors import save_tensors


def tar() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("vectors.txt"))
    return buffer.getvalue()


def npy() -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, np.eye(2))
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"\n", "1: '' found"),
        (tar(), "is a tar archive; unpack it first"),
        (gzip.compress(tar()), "is a tar archive; unpack it first"),
        (gzip.compress(bz2.compress(b"2 2\na 1 2\nb 3 4\n")), r"is packed twice \(gzip of bzip2\)"),
        (npy(), "is a bare numpy array, which holds no words"),
        ("2 2\na 1 2\n".encode("utf-16"), r"is UTF-16 text \(--encoding utf-16 reads it\)"),
        (b"\x28\xb5\x2f\xfd\x00", "is packed with zstd"),
        (b'{"words": []}', "is a JSON file"),
        (b"PK\x03\x04" + b"\0" * 30, "the zip archive cannot be read"),
        (gzip.compress(b"2 2\na 1 2\nb 3 4\n")[:-12], "the gzip data is damaged or cut short .*; fetch it again"),
        (b"\x00\x01\x02\x03" * 9, "found; word2vec, GloVe"),
    ],
    ids=["nothing", "tar", "tar.gz", "twice", "npy", "utf-16", "zstd", "json", "zip", "cut", "bytes"],
)
def test_says_what_it_is(tmp_path: Path, data: bytes, message: str) -> None:
    path = tmp_path / "v.bin"
    path.write_bytes(data)
    with pytest.raises(ValueError, match=rf"^{path}.*{message}"):
        load(path)


def test_symbols_as_first_words_do_not_mislead(tmp_path: Path) -> None:
    for word in ("<", "{", "<s>"):
        (tmp_path / "v").write_text(f"{word} 0.25 0.5\nthe 1 2\n")
        assert load(tmp_path / "v")[word].tolist() == [0.25, 0.5]


def test_missing_file_and_folder(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"nothing\.bin"):
        load(tmp_path / "nothing.bin")
    with pytest.raises(IsADirectoryError, match="is a folder"):
        load(tmp_path)


def test_other_safetensors_and_parts_that_disagree(tmp_path: Path) -> None:
    save_tensors(tmp_path / "other", {"weight": np.eye(2)})
    with pytest.raises(ValueError, match="other: a safetensors file, but not of word vectors saved here"):
        load(tmp_path / "other")
    metadata = {"format": "align space 1", "count": "2"}
    words, vectors = np.frombuffer(b"a\nb\n", np.uint8), np.eye(2, dtype=np.float32)
    for arrays, message in (
        ({"words": words}, "the arrays are words; 'words'"),
        ({"words": words[:2], "vectors": vectors}, "1 words; 2 were expected"),
        ({"words": words[::-1].copy(), "vectors": vectors}, "the words end in the middle of one"),
        ({"words": words ^ np.uint8(128) * (words > 32), "vectors": vectors}, "the words are not UTF-8"),
        ({"words": words, "vectors": vectors, "counts": np.arange(3)}, "3 counts; 2 were expected"),
        ({"words": words, "vectors": vectors, "ngrams": vectors}, "the n-gram table"),
        ({"words": words, "vectors": vectors, "ngrbms": vectors}, "an array 'ngrbms'"),
        ({"words": words, "vectors": np.eye(2, dtype=np.int32)}, "vectors of type int32"),
    ):
        save_tensors(tmp_path / "odd", arrays, metadata)
        with pytest.raises(ValueError, match=f"odd: .*{message}"):
            load(tmp_path / "odd")


def test_the_name_is_given_or_the_files(space: Space, tmp_path: Path) -> None:
    save(space, tmp_path / "wiki.zh.vec")
    (tmp_path / "wiki.zh.vec.gz").write_bytes(gzip.compress((tmp_path / "wiki.zh.vec").read_bytes()))
    assert load(tmp_path / "wiki.zh.vec").name == "wiki.zh"
    assert load(tmp_path / "wiki.zh.vec.gz").name == "wiki.zh"
    assert load(tmp_path / "wiki.zh.vec", name="Chinese").name == "Chinese"


def test_a_safetensors_file_is_never_read_as_a_pickle(tmp_path: Path) -> None:
    for length in (640, 896, 1152, 1408):  # their first two bytes are those of a pickle of protocol 2 to 5
        text = b'{"weight":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'.ljust(length)
        (tmp_path / "t.align").write_bytes(length.to_bytes(8, "little") + text + b"\0" * 4)
        with pytest.raises(ValueError, match=r"t\.align: a safetensors file, but not of word vectors"):
            load(tmp_path / "t.align")
