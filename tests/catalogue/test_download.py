"""Downloads from a local server that interrupts, sends wrong lengths, refuses, and changes its file."""

import gzip
import os

import pytest

from align.catalogue import cache_folder, fetch, is_fetched
from tests.catalogue.faulty import CONTENT, SHA256


def test_a_file_is_fetched_once_and_recorded(site, offer):
    offer(sha256=SHA256)
    assert not is_fetched("book")
    path = fetch("book", progress=False)
    assert path == cache_folder() / "book" / "book.txt"
    assert path.read_bytes() == CONTENT
    assert fetch("book", progress=False) == path
    assert is_fetched("book")
    assert len(site.asked) == 1
    assert [file.name for file in (cache_folder() / ".work").iterdir() if file.suffix != ".lock"] == []


def test_a_cut_connection_is_taken_up_where_it_stopped(site, offer, pauses):
    site.cut_after = [100_000, 50_000, 7]
    offer(sha256=SHA256)
    assert fetch("book", progress=False).read_bytes() == CONTENT
    assert site.asked == [None, "bytes=100000-", "bytes=150000-", "bytes=150007-"]
    assert len(pauses) == 3


def test_the_next_fetch_resumes_the_download(site, offer, pauses, refused):
    site.cut_after = [100_000]
    offer()
    site.statuses = []
    original, calls = site.answer, []

    def answer(request):
        calls.append(1)
        if len(calls) > 1:
            site.statuses = [503]
        original(request)

    site.answer = answer
    message = refused()
    assert "503" in message
    assert "resumes this download" in message
    assert pauses == [0.5, 1.0, 2.0, 4.0]
    site.answer, site.asked = original, []
    assert fetch("book", progress=False).read_bytes() == CONTENT
    assert site.asked == ["bytes=100000-"]


@pytest.mark.usefixtures("pauses")
def test_the_date_serves_where_the_tag_is_weak(site, offer):
    site.etag, site.modified = 'W/"one"', "Mon, 01 Jan 2024 00:00:00 GMT"
    site.cut_after = [100_000]
    offer()
    assert fetch("book", progress=False).read_bytes() == CONTENT
    assert site.asked == [None, "bytes=100000-"]


@pytest.mark.usefixtures("pauses")
@pytest.mark.parametrize("how", ["ignores ranges", "file changed", "no validator"])
def test_it_starts_again_where_going_on_would_mix_two_files(how, site, offer):
    site.cut_after = [100_000]
    offer()
    other = CONTENT[::-1]
    first = site.answer

    def answer(request):
        first(request)
        if how == "file changed":
            site.content, site.etag = other, '"two"'
        site.ranges = how != "ignores ranges"

    if how == "no validator":
        site.etag = ""
    site.answer = answer
    assert fetch("book", progress=False).read_bytes() == (other if how == "file changed" else CONTENT)
    assert len(site.asked) == 2


def test_errors_of_the_server_that_pass(site, offer, pauses):
    site.statuses = [500, 429, 503]
    offer(sha256=SHA256)
    assert fetch("book", progress=False).read_bytes() == CONTENT
    assert len(pauses) == 3


@pytest.mark.usefixtures("pauses")
def test_a_range_refused_starts_again(site, offer):
    site.cut_after = [100_000]
    offer(sha256=SHA256)
    first = site.answer

    def answer(request):
        first(request)
        site.statuses = [416] if len(site.asked) == 1 else []

    site.answer = answer
    assert fetch("book", progress=False).read_bytes() == CONTENT
    assert site.asked == [None, "bytes=100000-", None]


@pytest.mark.parametrize("status", [404, 403, 410])
def test_not_there(status, site, offer, pauses, refused):
    site.statuses = [status]
    offer()
    assert f"{site.url}/book.txt: {status}" in refused()
    assert pauses == []


def test_no_network(offer, pauses, refused):
    offer(url="http://no-such-host.invalid/book.txt")
    assert "no network, or no such host: no-such-host.invalid" in refused()
    assert pauses == []
    offer("shut", url="http://127.0.0.1:9/book.txt")
    assert "cannot reach 127.0.0.1:9" in refused("shut")


@pytest.mark.usefixtures("pauses")
def test_a_server_that_promises_more_than_it_sends(site, offer, refused):
    site.length_lie = 100
    site.ranges = False
    offer()
    assert "512,000 of 512,100 bytes" in refused()


def test_a_server_that_promises_less_than_it_should(site, offer, refused):
    site.length_lie = -100
    offer("exact", approximate=False)
    offer("hashed", sha256=SHA256)
    assert "511,900 bytes received; expected 512,000" in refused("exact")
    assert "sha256" in refused("hashed")


@pytest.mark.usefixtures("pauses")
def test_a_stream_without_length(site, offer):
    site.chunked = True
    site.cut_after = [300_000]
    offer()
    assert fetch("book", progress=False).read_bytes() == CONTENT


def test_a_compressed_file_cut_short_is_found_where_no_length_is_promised(site, offer, refused):
    site.content = gzip.compress(os.urandom(5000))[:-20]
    site.chunked = True
    offer("book", "book.gz")
    assert "cut short or broken" in refused()


def test_a_gzip_file_stays_one_whatever_the_server_calls_it(site, offer, refused):
    site.content = gzip.compress(CONTENT)
    site.headers = {"Content-Encoding": "gzip"}
    offer("book", "book.gz")
    offer("plain", "book.txt")
    assert gzip.decompress(fetch("book", progress=False).read_bytes()) == CONTENT
    assert "sends it as gzip" in refused("plain")


def test_a_web_page_is_no_file(site, offer, refused):
    site.headers = {"Content-Type": "text/html; charset=utf-8"}
    offer()
    assert "web page" in refused()
