"""Packages of Debian and npm: the user's client writes one archive, whose members are read; nothing is installed."""
# pyright: basic

import hashlib
import io
import lzma
import pickle
import tarfile
from typing import Any

import pytest

from align.catalogue import CatalogueError, fetch
from align.catalogue.resource import Resource
from align.catalogue.unpack import members, unpack

FIELDS: dict[str, Any] = {
    "name": "book", "kind": "debian", "package": "box", "version": "1:1.0", "what": "text", "language": "en",
    "holds": "", "licence": "", "citation": "", "format": "", "size": 1,
}  # fmt: skip


def tar_of(files):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as box:
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            box.addfile(entry, io.BytesIO(data))
    return buffer.getvalue()


def deb_of(files):
    """A .deb: an archive of ar with three members, at even offsets."""
    parts = {"debian-binary": b"2.0\n", "control.tar.xz": b"odd", "data.tar.xz": lzma.compress(tar_of(files))}
    archive = b"!<arch>\n"
    for name, data in parts.items():
        archive += f"{name:<16}{0:<12}{0:<6}{0:<6}{0o100644:<8o}{len(data):<10}`\n".encode() + data
        archive += b"\n" * (len(data) % 2)
    return archive


@pytest.fixture
def client(tmp_path, monkeypatch):
    """Puts a program in place of apt-get or npm that copies an archive, or fails."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")

    def write(program, script):
        path = folder / program
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)

    return write


@pytest.fixture
def offer(tmp_path, monkeypatch):
    def add(sha256, **fields):
        table = {**FIELDS, "sha256": sha256, **fields}
        lines = [f"{key} = {value!r}" for key, value in table.items() if key != "name"]
        (tmp_path / "mine.toml").write_text("[book]\n" + "\n".join(lines).replace("('", "['").replace("',)", "']"))
        monkeypatch.setenv("ALIGN_CATALOGUE", str(tmp_path / "mine.toml"))

    return add


@pytest.mark.parametrize(
    ("archive", "wanted"),
    [
        ("box_1.0_all.deb", "apt-get download --quiet=2 box=1:1.0"),
        ("box-1.0.tgz", "npm pack --ignore-scripts --loglevel=error box@1:1.0"),
    ],
)
def test_a_member_comes_out_of_the_archive_that_the_client_wrote(tmp_path, client, offer, archive, wanted):
    kind = "debian" if archive.endswith(".deb") else "npm"
    files = {"./package/words.txt": b"words", "./package/other.txt": b"no"}
    data = deb_of(files) if kind == "debian" else tar_of(files)
    (tmp_path / archive).write_bytes(data)
    client(wanted.partition(" ")[0], f'echo "$@" > {tmp_path}/asked; cp {tmp_path}/{archive} .')
    offer(hashlib.sha256(data).hexdigest(), kind=kind, members=("package/words.txt",))
    assert fetch("book", progress=False).read_text() == "words"
    assert (tmp_path / "asked").read_text().strip() == wanted.partition(" ")[2]


def test_a_client_that_fails_is_quoted_in_one_line(client, offer, refused):
    client("apt-get", "echo 'W: slow' >&2; echo 'E: Version 1:1.0 not found' >&2; exit 100")
    offer("0" * 64)
    assert refused().endswith("apt-get cannot get box=1:1.0: E: Version 1:1.0 not found")


def test_a_missing_client_and_a_wrong_archive_are_refused(client, offer, refused, monkeypatch):
    offer("0" * 64)
    client("apt-get", "echo x > a.deb")
    assert "expected 0000" in refused()
    client("apt-get", "true")
    assert "wrote 0 archives" in refused()
    monkeypatch.setenv("PATH", "")
    assert "apt-get is not installed" in refused()


@pytest.mark.parametrize("content", [b"!<arch>\n", b"no archive", deb_of({})[:90], deb_of({"a": b"a" * 99})[:-40]])
def test_a_damaged_deb_is_refused(tmp_path, content):
    archive = tmp_path / "a.deb"
    archive.write_bytes(content)
    with pytest.raises(CatalogueError, match="cut short or broken"):
        unpack(archive, Resource(**FIELDS, sha256="0" * 64, members=("a",)), tmp_path / "out")


def test_a_negative_size_ends_the_reading(tmp_path):
    archive = tmp_path / "a.deb"
    archive.write_bytes(b"!<arch>\n" + b"x".ljust(48) + b"-60       `\n")
    with pytest.raises(ValueError, match="-60 bytes"):
        list(members(archive, "*"))


def test_the_strings_of_plain_lists_become_lines(tmp_path):
    archive = tmp_path / "box.tar"
    table = (["a title", "b"], ["two\nlines", "c"], [0, 1])
    archive.write_bytes(tar_of({"x/train.pkl": pickle.dumps(table), "x/bad.pkl": pickle.dumps((["a"], "bc"))}))
    resource = Resource(**FIELDS, sha256="0" * 64, members=("x/train.pkl",), convert="pickle-lines")
    unpack(archive, resource, tmp_path / "out")
    assert (tmp_path / "out" / "train.txt").read_text() == "a title\ntwo lines\nb\nc\n"
    bad = Resource(**FIELDS, sha256="0" * 64, members=("x/bad.pkl",), convert="pickle-lines")
    with pytest.raises(CatalogueError, match="lists of equal length"):
        unpack(archive, bad, tmp_path / "bad")
