"""The cache contains exactly what was fetched: hashes, damage, full disks, and concurrent processes."""

import errno
import hashlib
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
import zipfile
from types import SimpleNamespace

import pytest

from align.catalogue import CatalogueError, cache_folder, fetch, fetching, is_fetched, listing, store
from align.catalogue.resource import find
from align.catalogue.store import require_space
from tests.catalogue.faulty import CONTENT, SHA256


def test_a_wrong_hash_leaves_nothing(site, offer, refused):
    site.content = CONTENT[:-1] + b"!"
    offer(sha256=SHA256)
    message = refused()
    assert SHA256 in message
    assert hashlib.sha256(site.content).hexdigest() in message
    assert not [file for file in cache_folder().rglob("*") if file.is_file() and file.suffix != ".lock"]


def test_md5_serves_where_only_that_is_published(offer, refused):
    offer(md5=hashlib.md5(CONTENT).hexdigest())
    offer("bad", "bad.txt", md5="0" * 32)
    assert fetch("book", progress=False).read_bytes() == CONTENT
    assert "md5" in refused("bad")


def test_without_a_published_hash_the_first_download_counts(site, offer, refused):
    offer()
    offer("news", "news.txt", rolling=True)
    fetch("book", progress=False)
    fetch("news", progress=False)
    assert next(row for row in listing() if row["name"] == "book")["sha256"] == SHA256
    shutil.rmtree(cache_folder() / "book")
    shutil.rmtree(cache_folder() / "news")
    site.content = CONTENT[::-1]
    assert "its first download" in refused()
    assert fetch("news", progress=False).read_bytes() == site.content
    site.content = CONTENT
    assert fetch("book", progress=False).read_bytes() == CONTENT


def test_members_of_a_zip_come_with_one_download(site, offer, refused):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as box:
        box.writestr("one.txt", "1")
        box.writestr("deep/two.txt", "2")
    site.content = buffer.getvalue()
    offer("one", "all.zip", members=["one.txt"])
    offer("both", "all.zip", members=["one.txt", "deep/*.txt"])
    assert fetch("one", progress=False).read_text() == "1"
    assert is_fetched("both")
    assert sorted(path.name for path in fetch("both", progress=False).iterdir()) == ["one.txt", "two.txt"]
    assert len(site.asked) == 1
    site.content = site.content[:-30]
    offer("third", "other.zip", members=["one.txt"])
    assert "cut short or broken" in refused("third")


def test_disk_full(site, offer, monkeypatch, refused):
    offer()
    offer("huge", "huge.txt", size=10**18)
    assert "1,000,000,000,000,000,000 bytes" in refused("huge")
    assert site.asked == []

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(fetching, "place", full)
    assert "the disk is full" in refused()
    with pytest.raises(CatalogueError, match="needs"):
        require_space(cache_folder(), 10**18, "book")


def test_what_has_come_already_needs_no_room(site, offer, monkeypatch, refused):
    offer()
    with store.working_folder(find("book")) as work:
        (work / "download.part").write_bytes(CONTENT[:-100])
    state = {"url": f"{site.url}/book.txt", "validator": site.etag, "total": len(CONTENT)}
    (work / "download.json").write_text(json.dumps(state))
    room = SimpleNamespace(free=99)
    monkeypatch.setattr(store.shutil, "disk_usage", lambda _: room)
    assert "needs 100 bytes" in refused()
    room.free = 100
    assert fetch("book", progress=False).read_bytes() == CONTENT
    assert site.asked == [f"bytes={len(CONTENT) - 100}-"]


def test_a_cache_that_cannot_be_written(tmp_path, offer, monkeypatch, refused):
    (tmp_path / "a file").write_text("")
    monkeypatch.setenv("ALIGN_CACHE", str(tmp_path / "a file" / "cache"))
    offer()
    message = refused()
    assert "cannot be written" in message
    assert "ALIGN_CACHE" in message


@pytest.mark.parametrize("damage", ["a byte", "shorter", "gone", "record"])
def test_damage_in_the_cache_is_found(damage, site, offer, caplog):
    offer()
    path = fetch("book", progress=False)
    if damage == "a byte":
        path.write_bytes(b"!" + CONTENT[1:])
    elif damage == "shorter":
        path.write_bytes(CONTENT[:-1])
    elif damage == "gone":
        path.unlink()
    else:
        (cache_folder() / "book.json").write_text("{")
    assert not is_fetched("book")
    assert fetch("book", progress=False).read_bytes() == CONTENT
    assert len(site.asked) == 2
    assert bool(caplog.records) == (damage != "gone")


def test_a_touched_file_is_hashed_once_and_accepted(site, offer):
    offer()
    path = fetch("book", progress=False)
    os.utime(path, (1, 1))
    assert not is_fetched("book")
    assert fetch("book", progress=False) == path
    assert is_fetched("book")
    assert len(site.asked) == 1


@pytest.mark.usefixtures("site")
def test_a_sound_cache_that_cannot_be_written_is_read(offer, monkeypatch):
    offer()
    path = fetch("book", progress=False)
    os.utime(path, (1, 1))

    def denied(*_):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(store, "replacing", denied)
    assert fetch("book", progress=False) == path


FETCH = [sys.executable, "-c", "from align.catalogue import fetch; print(fetch('book', progress=False))"]


def wait_for(condition):
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_two_processes_fetch_the_same_thing(site, offer):
    site.stall = threading.Event()
    offer(sha256=SHA256)
    both = [subprocess.Popen(FETCH, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    wait_for(lambda: site.asked)
    for process in both:
        assert process.poll() is None
    threading.Timer(0.5, site.stall.set).start()
    for process in both:
        out, _ = process.communicate(timeout=30)
        assert process.returncode == 0
        assert out.strip() == str(cache_folder() / "book" / "book.txt")
    assert (cache_folder() / "book" / "book.txt").read_bytes() == CONTENT
    assert len(site.asked) == 1


def test_the_folder_that_the_process_waited_for_removed_is_there(offer, caplog):
    offer()
    found = []

    def wait():
        with store.working_folder(find("book")) as work:
            found.append(work.is_dir())

    second = threading.Thread(target=wait)
    with store.working_folder(find("book")) as work:
        second.start()
        wait_for(lambda: "waiting for another process" in caplog.text)
        work.rmdir()
    second.join(20)
    assert found == [True]


def test_a_killed_process_leaves_something_to_go_on_from(site, offer):
    site.stall = threading.Event()
    offer(sha256=SHA256)
    process = subprocess.Popen(FETCH, stdout=subprocess.DEVNULL)
    wait_for(lambda: any(file.stat().st_size for file in cache_folder().glob(".work/*/download.part")))
    process.send_signal(signal.SIGTERM if sys.platform == "win32" else signal.SIGKILL)
    process.wait(timeout=20)
    site.stall.set()
    site.asked = []
    assert fetch("book", progress=False).read_bytes() == CONTENT
    assert site.asked[0].startswith("bytes=")
    assert site.asked[0] != "bytes=0-"
