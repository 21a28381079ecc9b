"""A local server for whole vocabularies: the page asks it for neighbours, translations and dictionary lines of a word.

It answers GET and HEAD for four paths and reads no file by a name that a request gives. Python's own ``http.server`` is
enough for one reader on the same machine. A request whose Host header names another machine is refused, so that a web
page elsewhere cannot read the answers through a host name that resolves to 127.0.0.1.
"""

import json
import sys
import threading
from collections.abc import Mapping
from functools import cached_property
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

import numpy as np

from align.bilingual.dictionary.cedict import Cedict
from align.bilingual.query import parse_query, unknown_line
from align.explore.assemble import assemble
from align.explore.dictionary_lines import lines_of_chinese, lines_of_english
from align.explore.page_answers import neighbours_of, translations_of
from align.explore.page_data import PageWords, map_data
from align.explore.payload import pack
from align.explore.projections import Projection

HOST = "127.0.0.1"
_LOCAL_NAMES = ("localhost", "127.0.0.1", "[::1]")
_MAX_ADDRESS, _MAX_TEXT = 2_000, 200


class PageServer(ThreadingHTTPServer):
    """Serves the page of some words on a local address.

    Args:
      words: the words of the page.
      cedict: CC-CEDICT; None leaves its entries out.
      title: the title of the page.
      projections: names of the projections; the page shows the last one first.
      seed: seed of the projections.
      host: the address to listen on; only that of the loopback interface is safe.
      port: the port; 0 takes a free one.

    Raises:
      OSError: the address cannot be used.
    """

    daemon_threads = True

    def __init__(
        self,
        words: PageWords,
        cedict: Cedict | None,
        *,
        title: str = "align",
        projections: tuple[Projection, ...] = ("pca",),
        seed: int = 0,
        host: str = HOST,
        port: int = 0,
    ) -> None:
        try:
            super().__init__((host, port), PageHandler)
        except OSError as error:
            raise OSError(error.errno, error.strerror, f"{host}:{port}") from error
        self.words, self.cedict, self.host = words, cedict, host
        self._title, self._projections, self._seed = title, projections, seed
        self._one_query = threading.Lock()

    @property
    def address(self) -> str:
        """The address of the page."""
        return f"http://{self.host}:{self.server_port}/"

    @cached_property
    def page(self) -> bytes:
        """The page without data."""
        return assemble(self._title, "").encode()

    @cached_property
    def data(self) -> bytes:
        """The data of the map, packed."""
        made = map_data(self.words, title=self._title, projections=self._projections, seed=self._seed, live=True)
        return pack({**made.document, "cedict": self.cedict is not None}, made.arrays)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Reports an error of a request, except that the browser has closed the connection."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)

    def is_own(self, host: str) -> bool:
        """Returns whether a request's Host header names this server."""
        name = host.rpartition(":")[0] if host.endswith(f":{self.server_port}") else host
        return name in (*_LOCAL_NAMES, self.host) or (not is_loopback(self.host) and bool(name))

    def entry(self, number: int) -> dict[str, Any]:
        """Returns the neighbours, translations and dictionary lines of a word, by its number on the page.

        Raises:
          ValueError: there is no such word.
        """
        count, total = len(self.words.source), len(self.words.source) + len(self.words.target)
        if not 0 <= number < total:
            raise ValueError(f"id {number}: must be from 0 to {total - 1}")
        reverse = number >= count
        block = np.array([number - count if reverse else number])
        with self._one_query:
            near = neighbours_of(self.words, block, reverse=reverse)
            translated = translations_of(self.words, block, reverse=reverse)
            word = self.words.names(reverse=reverse)[int(block[0])]
            lines = lines_of_chinese if reverse else lines_of_english
            found = [] if self.cedict is None else lines(self.cedict, word)
        return {
            "neighbours": _scored(near.ids[0], near.scores[0], count if reverse else 0),
            "translations": _scored(translated.ids[0], translated.scores[0], 0 if reverse else count),
            "dictionary": found,
        }

    def find(self, text: str) -> dict[str, Any]:
        """Returns the number of a typed word in any form that the translator knows, and how the form differs.

        The number is -1 for a word that is not on the map; ``why`` then says so, or has suggestions.
        """
        query = parse_query(self.words.translator, text)
        space = self.words.space(reverse=query.reverse)
        row = -1 if query.parts else space.vocab.index.get(query.form, -1)
        rows = self.words.rows(reverse=query.reverse)
        place = int(np.searchsorted(rows, row))
        if row < 0 or place == len(rows) or rows[place] != row:
            why = f"{query.form!r} is not on this map" if query.form else unknown_line(self.words.translator, query)
            return {"id": -1, "why": why}
        return {"id": place + (len(self.words.source) if query.reverse else 0), "why": query.why}


class PageHandler(BaseHTTPRequestHandler):
    """Answers one request."""

    server_version, sys_version = "align", ""

    @property
    def page_server(self) -> PageServer:
        """The server that received the request."""
        return cast(PageServer, self.server)

    def do_GET(self) -> None:
        """Answers a GET request."""
        self._answer()

    def do_HEAD(self) -> None:
        """Answers a HEAD request: the headers of GET."""
        self._answer()

    def _answer(self) -> None:
        """Sends the answer to a path, or an error in one line."""
        if not self.page_server.is_own(self.headers.get("Host", "")):
            self._send(HTTPStatus.FORBIDDEN, b"another host\n", "text/plain")
            return
        if len(self.path) > _MAX_ADDRESS:
            self._send(HTTPStatus.REQUEST_URI_TOO_LONG, b"the address is too long\n", "text/plain")
            return
        try:
            parts = urlsplit(self.path)
            kind, content = self._content(parts.path, parse_qs(parts.query, max_num_fields=4))
        except KeyError:
            self._send(HTTPStatus.NOT_FOUND, b"no such path\n", "text/plain")
        except ValueError as error:
            self._send(HTTPStatus.BAD_REQUEST, f"{error}\n".encode(), "text/plain")
        else:
            self._send(HTTPStatus.OK, content, kind)

    def _content(self, path: str, query: Mapping[str, list[str]]) -> tuple[str, bytes]:
        """Returns the type and the bytes of a path; raises KeyError for an unknown path, ValueError for a bad query."""
        if path == "/":
            return "text/html; charset=utf-8", self.page_server.page
        if path == "/data":
            return "application/octet-stream", self.page_server.data
        if path not in ("/entry", "/find"):
            raise KeyError(path)
        (value,) = query.get("id" if path == "/entry" else "text", ("",))[:1]
        if path == "/entry":
            if not value.isascii() or not value.isdigit() or len(value) > 9:
                raise ValueError(f"id {value[:20]!r}: a whole number was expected")
            answer = self.page_server.entry(int(value))
        else:
            if not value.strip() or len(value) > _MAX_TEXT:
                raise ValueError(f"text: 1 to {_MAX_TEXT} characters were expected")
            answer = self.page_server.find(value)
        return "application/json", json.dumps(answer, ensure_ascii=False, allow_nan=False).encode()

    def _send(self, status: HTTPStatus, content: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Writes no log."""


def is_loopback(host: str) -> bool:
    """Returns whether only this machine can reach an address.

    Example:
      >>> is_loopback("127.0.0.1"), is_loopback("localhost"), is_loopback("0.0.0.0")
      (True, True, False)
    """
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _scored(ids: np.ndarray, scores: np.ndarray, first: int) -> list[dict[str, Any]]:
    """Returns words and scores as the page reads them."""
    return [
        {"id": first + int(place), "score": float(score)}
        for place, score in zip(ids, scores, strict=True)
        if place >= 0
    ]
