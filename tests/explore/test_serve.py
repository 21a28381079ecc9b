"""The local server: its page in a browser, its answers, and requests that it refuses."""

import json
import socket
import struct
import threading
from http.client import HTTPConnection

import pytest

from align.explore.page_data import page_words
from align.explore.serve import PageServer
from tests.explore.world import CEDICT, chromium, small_translator


@pytest.fixture(scope="module")
def server():
    """A server of the small translator on a free port."""
    with PageServer(page_words(small_translator(), 0), CEDICT, title="small") as opened:
        thread = threading.Thread(target=opened.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        yield opened
        opened.shutdown()


def ask(server, path: str, method: str = "GET", **headers: str) -> tuple[int, str]:
    connection = HTTPConnection("127.0.0.1", server.server_port, timeout=10)
    connection.request(method, path, headers=headers)
    answer = connection.getresponse()
    return answer.status, answer.read().decode("utf-8", "replace")


def test_it_listens_on_the_loopback_address_alone(server):
    assert server.socket.getsockname()[0] == "127.0.0.1"
    assert server.address == f"http://127.0.0.1:{server.server_port}/"


def test_entries_are_those_of_the_translator(server):
    translator = small_translator()
    status, text = ask(server, f"/entry?id={translator.source.vocab.index['king']}")
    assert status == 200
    first = json.loads(text)["translations"][0]["id"] - len(translator.source)
    assert translator.target.vocab.words[first] == "国王"
    assert json.loads(ask(server, f"/entry?id={first + len(translator.source)}")[1])["dictionary"] == [
        "guó wáng · king"
    ]


def test_typed_words_are_found_in_any_known_form(server):
    found = json.loads(ask(server, "/find?text=KINGS")[1])
    assert small_translator().source.vocab.words[found["id"]] == "king"
    assert json.loads(ask(server, "/find?text=xyzzy")[1])["id"] == -1


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/entry?id=-1", 400), ("/entry?id=99999", 400), ("/entry?id=1e3", 400), ("/entry", 400),
        ("/entry?id=%D9%A1", 400),
        ("/find?text=", 400), (f"/find?text={'a' * 300}", 400), (f"/{'a' * 3000}", 414),
        ("/../../etc/passwd", 404), ("/page/main.js", 404), ("/entry/", 404),
    ],
)  # fmt: skip
def test_bad_requests_are_refused(server, path, status):
    assert ask(server, path)[0] == status


def test_other_hosts_and_other_methods_are_refused(server):
    assert ask(server, "/data", Host="evil.example")[0] == 403
    assert ask(server, "/data", Host=f"evil.example:{server.server_port}")[0] == 403
    assert ask(server, "/", Host=f"localhost:{server.server_port}")[0] == 200
    assert ask(server, "/", method="POST")[0] == 501
    assert ask(server, "/", method="HEAD") == (200, "")


def test_a_taken_port_is_an_error(server):
    with pytest.raises(OSError, match="in use"):
        PageServer(server.words, None, port=server.server_port)


def test_the_served_page_asks_the_server(server):
    with chromium() as browser:
        browser.open(server.address + "#word=en:king")
        browser.wait("page.lines.length > 0")
        assert browser.run("return page.lines.map(({to}) => page.words.names[to])")[0] == "国王"
        browser.run("document.getElementById('search').value = 'queens'")
        browser.run("document.getElementById('search').dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter'}))")
        browser.wait("page.state.word === page.words.find('queen')")
        assert browser.errors() == []


def test_a_stalled_connection_does_not_block_others(server):
    with socket.create_connection(("127.0.0.1", server.server_port)) as stalled:
        stalled.sendall(b"GET / HT")
        assert ask(server, "/")[0] == 200


def test_a_closed_connection_and_a_bad_address_print_nothing(server, capsys):
    for request in (
        b"GET /data HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET http://[x/ HTTP/1.1\r\nHost: localhost\r\n\r\n",
    ):
        with socket.create_connection(("127.0.0.1", server.server_port)) as one:
            one.sendall(request)
            if b"[x" in request:
                assert b" 400 " in one.recv(100)
            one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    try:
        raise ConnectionResetError
    except ConnectionResetError:
        server.handle_error(None, ("127.0.0.1", 1))
    assert ask(server, "/")[0] == 200
    assert capsys.readouterr().err == ""
