"""Package data: one exact file is fetched; it is not installed, imported or run."""

import gzip
import hashlib
import importlib.util
import io
import json
import os
import pickle
import sys
import tarfile
import threading
import zipfile
from base64 import b64encode
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from align.catalogue import cache_folder, fetch, is_fetched

MARK = "print('imported'); raise SystemExit('the package was run')\n"


@pytest.fixture
def index(tmp_path, monkeypatch):
    """A folder of packages, the only one that pip is configured for."""
    folder = tmp_path / "index"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    return folder


def wheel(index, members, name="box"):
    """A wheel with ``members`` in the index; its sha256."""
    path = index / f"{name}-1.0-py3-none-any.whl"
    info = f"{name}-1.0.dist-info"
    with zipfile.ZipFile(path, "w") as box:
        box.writestr(f"{name}/__init__.py", MARK)
        for member, content in members.items():
            box.writestr(member, content)
        box.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\nRequires-Python: >=99\n")
        box.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        box.writestr(f"{info}/RECORD", "")
    return hashlib.sha256(path.read_bytes()).hexdigest()


def sdist(index, tmp_path, members):
    """A source archive whose build writes a file to show that it ran; its sha256, and that file."""
    ran = tmp_path / "the build ran"
    backend = (
        "import pathlib\n"
        "def prepare_metadata_for_build_wheel(folder, *_):\n"
        f"    pathlib.Path({str(ran)!r}).touch()\n"
        "    info = pathlib.Path(folder, 'box-1.0.dist-info'); info.mkdir()\n"
        "    (info / 'METADATA').write_text('Metadata-Version: 2.1\\nName: box\\nVersion: 1.0\\n')\n"
        "    return info.name\n"
    )
    project = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    about = "Metadata-Version: 2.1\nName: box\nVersion: 1.0\n"
    files = {"pyproject.toml": project, "backend.py": backend, "PKG-INFO": about, **members}
    path = index / "box-1.0.tar.gz"
    with tarfile.open(path, "w:gz") as box:
        for name, content in files.items():
            data = content.encode()
            entry = tarfile.TarInfo(f"box-1.0/{name}")
            entry.size = len(data)
            box.addfile(entry, io.BytesIO(data))
    return hashlib.sha256(path.read_bytes()).hexdigest(), ran


@pytest.fixture
def offer(tmp_path, monkeypatch):
    """Put resources of the package ``box`` 1.0 into the user's catalogue."""
    file = tmp_path / "mine.toml"
    monkeypatch.setenv("ALIGN_CATALOGUE", str(file))

    def add(sha256, name="book", **fields):
        table = {
            "kind": "package", "package": "box", "version": "1.0", "sha256": sha256, "what": "text", "language": "en",
            "holds": "", "licence": "", "citation": "", "format": "text", "size": 1, **fields,
        }  # fmt: skip
        entry = f"[{name}]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in table.items())
        file.write_text((file.read_text() if file.exists() else "") + entry)

    return add


def test_members_of_a_wheel_come_with_one_download(index, offer):
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as box:
        box.writestr("inner.txt", "in")
    members = {
        "box/data/a.txt": "A",
        "box/data/b.txt": "B",
        "box/z.zip": inner.getvalue(),
        "box/c.gz": gzip.compress(b"C"),
    }
    sha256 = wheel(index, members)
    offer(sha256, members=["box/data/a.txt"])
    offer(sha256, "both", members=["box/data/*.txt"])
    offer(sha256, "open", members=["box/z.zip", "box/c.gz"], convert="unpack")
    offer(sha256, "whole")
    assert fetch("book", progress=False).read_text() == "A"
    (index / "box-1.0-py3-none-any.whl").unlink()
    assert all(map(is_fetched, ("both", "open", "whole")))
    assert [path.name for path in sorted(fetch("both").iterdir())] == ["a.txt", "b.txt"]
    assert {path.name: path.read_text() for path in fetch("open").iterdir()} == {"inner.txt": "in", "c": "C"}
    assert fetch("whole").name == "box-1.0-py3-none-any.whl"
    assert "box" not in sys.modules
    assert importlib.util.find_spec("box") is None


def test_a_source_archive_is_read_under_its_folder(index, tmp_path, offer):
    sha256, ran = sdist(index, tmp_path, {"box/words.txt": "word"})
    offer(sha256, members=["box/words.txt"])
    assert fetch("book", progress=False).read_text() == "word"
    assert not ran.exists()


def test_a_source_archive_with_another_hash_never_runs(index, tmp_path, offer, refused):
    _, ran = sdist(index, tmp_path, {"box/words.txt": "word"})
    offer("0" * 64, members=["box/words.txt"])
    message = refused()
    assert "expected 000000" in message
    assert not ran.exists()


def test_a_missing_member_and_a_missing_package(index, offer, refused):
    sha256 = wheel(index, {"box/a.txt": "A"})
    offer(sha256, members=["box/b.txt"])
    offer("0" * 64, "other", package="absent", members=["b.txt"])
    assert "has no member box/b.txt" in refused()
    assert "no package index that pip is configured for has absent 1.0" in refused("other")
    assert not [file for file in (cache_folder() / ".work").rglob("*") if file.suffix != ".lock"]


@pytest.fixture
def web_index(tmp_path, index, monkeypatch):
    """Serves the folder as a package index that asks for a name and a password; gives the heads of all requests."""
    heads = []

    class Handler(SimpleHTTPRequestHandler):
        def __init__(self, *arguments):
            super().__init__(*arguments, directory=str(index))

        def do_GET(self):
            heads.append((self.path, self.headers.get("Authorization")))
            if self.headers.get("Authorization") == f"Basic {b64encode(b'me:secret').decode()}":
                super().do_GET()
            else:
                self.send_error(401)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.delenv("PIP_FIND_LINKS")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(tmp_path / "pip.conf"))
    url = f"http://me:secret@127.0.0.1:{server.server_port}/simple"
    (tmp_path / "pip.conf").write_text(f"[global]\nindex-url = {url}\n")
    yield heads
    server.shutdown()
    server.server_close()


def test_an_index_of_the_users_pip_configuration(index, web_index, tmp_path, offer, refused):
    sha256, ran = sdist(index, tmp_path, {"box/words.txt": "word"})
    (index / "simple" / "box").mkdir(parents=True)
    page = f'<!DOCTYPE html><a href="../../box-1.0.tar.gz#sha256={sha256}">box-1.0.tar.gz</a>'
    (index / "simple" / "box" / "index.html").write_text(page)
    offer("0" * 64, members=["box/words.txt"])
    assert f"the file of box 1.0 has sha256 {sha256}; expected 000000" in refused()
    assert not any("tar.gz" in path for path, _ in web_index)
    offer(sha256, "again", members=["box/words.txt"])
    assert fetch("again", progress=False).read_text() == "word"
    assert any("tar.gz" in path for path, _ in web_index)
    assert not ran.exists()


@pytest.mark.usefixtures("index")
def test_an_index_out_of_reach(monkeypatch, offer, refused):
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.setenv("PIP_INDEX_URL", "http://me:secret@127.0.0.1:1/simple")
    offer("0" * 64, members=["a"])
    message = refused()
    assert "no network, or no package index in reach, for box 1.0: http://127.0.0.1:1/simple: " in message
    assert "secret" not in message


def test_an_environment_without_pip_uses_the_variables(index, offer, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    offer(wheel(index, {"box/a.txt": "A"}), members=["box/a.txt"])
    assert fetch("book", progress=False).read_text() == "A"


def test_files_of_installed_packages(offer, refused):
    offer("", kind="installed", package="pytest", version="", members=["pytest/py.typed"])
    offer("", "absent", kind="installed", package="no-such-package", version="", members=["a"])
    offer("", "moved", kind="installed", package="pytest", version="", members=["pytest/gone"])
    assert fetch("book").name == "py.typed"
    assert is_fetched("book")
    assert not is_fetched("absent")
    assert "not installed" in refused("absent")
    assert "has no pytest/gone" in refused("moved")


def test_a_pickle_of_plain_lists_becomes_word2vec(index, offer):
    lines = ["的 0.209092 -0.165459", "国王 1e-3 2", "\u00a0x 3 4"]
    sha256 = wheel(index, {"box/test.model": gzip.compress(pickle.dumps((lines, {"人": "Aa"}, {})))})
    offer(sha256, members=["box/test.model"], convert="synonym-pickle")
    path = fetch("book", progress=False)
    head, _, body = path.read_bytes().partition(b"\n")
    assert head == b"3 2"
    rows = np.array([[0.209092, -0.165459], [1e-3, 2], [3, 4]], "<f4")
    words = ("的", "国王", "\u00a0x")
    assert body == b"".join(word.encode() + b" " + row.tobytes() + b"\n" for word, row in zip(words, rows, strict=True))
