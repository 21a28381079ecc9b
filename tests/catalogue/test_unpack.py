"""Damaged archives give one clear line for any wrong byte; nothing is written outside the folder."""

import gzip
import io
import pickle
import tarfile
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from align.catalogue.resource import CatalogueError, Resource
from align.catalogue.unpack import check_whole, unpack


def resource(**fields):
    table = {
        "name": "book", "kind": "url", "what": "text", "language": "en", "holds": "", "licence": "", "citation": "",
        "format": "", "size": 1, "url": "http://x/y", **fields,
    }  # fmt: skip
    return Resource(**table)


def zipped():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as box:
        box.writestr("a.txt", "word " * 50)
        box.writestr("b.gz", gzip.compress(b"word " * 50))
    return buffer.getvalue()


def tarred():
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as box:
        for name, data in (("a.txt", b"word " * 50), ("b.gz", gzip.compress(b"word " * 50))):
            entry = tarfile.TarInfo(f"box-1.0/{name}")
            entry.size = len(data)
            box.addfile(entry, io.BytesIO(data))
    return buffer.getvalue()


ARCHIVES = {"box.zip": zipped(), "box.tar.gz": tarred()}
PICKLE = gzip.compress(pickle.dumps((["a 1 2", "b 3 4"], {"a": "b"}, {})))


def opened(name, content, **fields):
    """The files that come out, or the line of the refusal."""
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder) / name
        archive.write_bytes(content)
        try:
            unpack(archive, resource(**fields), Path(folder) / "out")
        except CatalogueError as error:
            assert "\n" not in str(error)  # noqa: PT017 (anything but this one kind is the failure)
            return str(error)
        return {file.name: file.read_bytes() for file in (Path(folder) / "out").iterdir()}


@pytest.mark.parametrize("name", ARCHIVES)
def test_whole_archives(name):
    out = opened(name, ARCHIVES[name], members=("a.txt", "b.gz"), convert="unpack")
    assert out == {"a.txt": b"word " * 50, "b": b"word " * 50}


@pytest.mark.parametrize("name", ARCHIVES)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_damaged_archives(name, data):
    content = bytearray(ARCHIVES[name])
    for _ in range(data.draw(st.integers(0, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    content = bytes(content[: data.draw(st.integers(0, len(content)))])
    opened(name, content, members=("a.txt", "b.gz"), convert="unpack")


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_damaged_pickles(data):
    content = bytearray(gzip.decompress(PICKLE))
    content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    opened("m", zip_of("m.model", gzip.compress(bytes(content))), members=("m.model",), convert="synonym-pickle")


def zip_of(name, content):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as box:
        box.writestr(name, content)
    return buffer.getvalue()


@pytest.mark.parametrize("cut", [1, 10, 50, -10, -1])
@pytest.mark.parametrize("name", ARCHIVES)
def test_archives_cut_short(name, cut, tmp_path):
    content = ARCHIVES[name][:cut]
    assert "cut short or broken" in opened(name, content, members=("a.txt",))
    archive = tmp_path / name
    archive.write_bytes(content)
    with pytest.raises(CatalogueError, match="cut short or broken"):
        check_whole(archive, "book")


@pytest.mark.parametrize("path", ["../evil.txt", "/evil.txt", "a/../../evil.txt"])
def test_nothing_lands_outside_its_folder(path):
    out = opened("box.zip", zip_of("inner.zip", zip_of(path, "evil")), members=("inner.zip",), convert="unpack")
    assert "outside its folder" in out
    assert opened("box.zip", zip_of(path, "good"), members=("*evil.txt",)) == {"evil.txt": b"good"}


class Evil:
    def __reduce__(self):
        return print, ("run",)


class Outside(pickle.Pickler):
    def persistent_id(self, obj):
        return "outside" if obj == "x" else None


def with_outside_object():
    buffer = io.BytesIO()
    Outside(buffer).dump((["x"], {}, {}))
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        (pickle.dumps((["a 1 2"], Evil(), {})), "only plain lists"),
        (pickle.dumps(np.ones(3)), "only plain lists"),
        (with_outside_object(), "external object 'outside'"),
        (pickle.dumps({"a": 1}), "contains dict"),
        (pickle.dumps((["a 1 2", "b 1"], {}, {})), "line 2 has 1 values; expected 2"),
        (pickle.dumps((["a 1 2", "b 1 x"], {}, {})), "line 2 ('b')"),
        (pickle.dumps((["a 1 2"], {}, {}))[:-5], "plain pickle"),
    ],
)
def test_a_pickle_of_anything_else_is_refused(model, expected):
    content = zip_of("m.model", gzip.compress(model))
    out = opened("m", content, members=("m.model",), convert="synonym-pickle")
    assert isinstance(out, str)
    assert expected in out
