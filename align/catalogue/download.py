"""Downloads one file from a web address; an interrupted download can be resumed."""

import json
import re
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3

from align.catalogue.resource import CatalogueError, Resource
from align.catalogue.store import require_space
from align.catalogue.unpack import check_whole
from align.progress import bytes_bar

_TRANSIENT = {408, 425, 429, 500, 502, 503, 504}
_HEADERS = {"Accept-Encoding": "identity", "User-Agent": "align (word vectors; requests)"}
_TIMEOUT = (20.0, 60.0)
_WAITS = (0.5, 1.0, 2.0, 4.0)
_CHUNK = 1 << 16


class _Interrupted(Exception):  # noqa: N818
    """The transfer stopped, and trying again may help."""


def download_url(resource: Resource, work: Path, *, progress: bool, session: requests.Session | None = None) -> Path:
    """Downloads ``resource.url`` into the folder ``work``; returns the path of the complete file.

    After an interrupted connection it waits and resumes with a Range request, which is valid only if the server's file
    has not changed (If-Range with its ETag or date). After four waits without progress it fails, and keeps the bytes
    for the next call. The caller checks the hash.

    Args:
        resource: the resource to download.
        work: the folder to write to; it may hold the beginning of the file.
        progress: whether to draw a bar.
        session: the HTTP session to use, with its certificates, proxy and credentials; by default a new one, with the
            settings of the environment.

    Raises:
        CatalogueError: no network, no such host, the address is not found, the server breaks the connection or does
            not send the announced length, or the disk is too full.
    """
    target = work / (re.sub(r"[^\w.+-]", "_", resource.url.partition("?")[0].rsplit("/", 1)[-1]) or "download")
    part, state = work / "download.part", work / "download.json"
    failures, reached = 0, -1
    with session or requests.Session() as connection:
        while True:
            try:
                total = _attempt(connection, resource, part, state, progress)
                break
            except (_Interrupted, requests.RequestException, urllib3.exceptions.HTTPError, ConnectionError) as error:
                have = _size(part)
                failures = 0 if have > reached else failures
                reached = max(reached, have)
                if failures == len(_WAITS) or _hopeless(error):
                    raise CatalogueError(f"{resource.name}: {_reason(error, resource.url)}") from error
                _pause(_WAITS[failures])
                failures += 1
    _check_size(resource, part, total)
    state.unlink(missing_ok=True)
    return part.replace(target)


_pause = time.sleep


def _attempt(session: requests.Session, resource: Resource, part: Path, state: Path, progress: bool) -> int | None:
    """Sends one request for the bytes after ``part``; returns the announced size, or None if there is none."""
    have, known = _size(part), _read_state(state, resource.url)
    if have and known.get("total") == have:
        return have
    headers = dict(_HEADERS)
    if have and known.get("validator"):
        headers |= {"Range": f"bytes={have}-", "If-Range": known["validator"]}
    with session.get(resource.url, headers=headers, stream=True, timeout=_TIMEOUT) as answer:
        _check_answer(answer, resource, part)
        start, total = _extent(answer, have)
        with part.open("ab") as file:
            file.truncate(start)
        _write_state(state, resource.url, answer, total)
        require_space(part.parent, (total or resource.size) - start, resource.name)
        broken = None
        with part.open("ab") as file, bytes_bar(resource.name, total, done=start, show=progress) as advance:
            try:
                for block in _blocks(answer):
                    file.write(block)
                    advance(len(block))
            except (urllib3.exceptions.ProtocolError, ConnectionError) as error:
                broken = error
    got = _size(part)
    if broken or (total is not None and got < total):
        promised = "?" if total is None else f"{total:,}"
        raise _Interrupted(f"the connection was interrupted: {got:,} of {promised} bytes received") from broken
    return total


def _check_answer(answer: requests.Response, resource: Resource, part: Path) -> None:
    """Checks that the response contains the file or a part of it."""
    where = f"{resource.name}: {resource.url}"
    if answer.status_code == 416:
        part.unlink(missing_ok=True)
        raise _Interrupted("the server refused to resume the download")
    if answer.status_code in _TRANSIENT:
        raise _Interrupted(f"the server answers {answer.status_code} {answer.reason}")
    if answer.status_code not in {200, 206}:
        raise CatalogueError(f"{where}: {answer.status_code} {answer.reason}")
    if "text/html" in answer.headers.get("Content-Type", "") and not resource.url.endswith((".html", ".htm")):
        raise CatalogueError(f"{where}: the answer is a web page; expected a file")
    coding = answer.headers.get("Content-Encoding", "identity")  # some servers announce a .gz file as gzip-encoded
    if coding != "identity" and not resource.url.endswith((".gz", ".bz2", ".xz", ".zip")):
        raise CatalogueError(f"{where}: the server sends it as {coding}; a plain file was expected")


def _blocks(answer: requests.Response) -> Iterator[bytes]:
    """Yields the body without decoding it, so that a .gz file stays a .gz file."""
    while block := answer.raw.read(_CHUNK, decode_content=False):
        yield block


def _extent(answer: requests.Response, have: int) -> tuple[int, int | None]:
    """Returns the position of the body in the file, and the size of the file if the server announces it."""
    if answer.status_code == 206:
        given = re.fullmatch(r"bytes (\d+)-\d+/(\d+)", answer.headers.get("Content-Range", ""))
        if not given or int(given[1]) != have:
            raise _Interrupted(f"the server sent the wrong part: {answer.headers.get('Content-Range')!r}")
        return have, int(given[2])
    length = answer.headers.get("Content-Length", "")
    return 0, int(length) if length.isdigit() else None


def _check_size(resource: Resource, part: Path, total: int | None) -> None:
    """Checks a complete download that has no published hash: its size, or else that it can be decompressed."""
    got = _size(part)
    known = resource.sha256 or resource.md5
    if not resource.approximate and not known and got != resource.size:
        part.unlink()
        raise CatalogueError(f"{resource.name}: {got:,} bytes received; expected {resource.size:,}; they were deleted")
    if total is None and not known:
        whole = part.with_name(f"whole{Path(resource.url).suffix}")
        part.replace(whole)
        try:
            check_whole(whole, resource.name)
        except CatalogueError:
            whole.unlink()
            raise
        whole.replace(part)


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _read_state(state: Path, url: str) -> dict[str, Any]:
    try:
        known = json.loads(state.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return known if isinstance(known, dict) and known.get("url") == url else {}


def _write_state(state: Path, url: str, answer: requests.Response, total: int | None) -> None:
    tag = answer.headers.get("ETag", "")
    validator = tag if tag and not tag.startswith("W/") else answer.headers.get("Last-Modified", "")
    state.write_text(json.dumps({"url": url, "validator": validator, "total": total}), encoding="utf-8")


def _hopeless(error: Exception) -> bool:
    """Returns whether another attempt cannot help: no such host, a bad certificate, an invalid address."""
    unsound = (requests.exceptions.SSLError, requests.exceptions.InvalidURL, requests.exceptions.TooManyRedirects)
    return isinstance(error, unsound) or any(isinstance(cause, socket.gaierror) for cause in _causes(error))


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yields the error and all errors that it was raised from or contains."""
    pending: list[Any] = [error]
    seen: set[int] = set()
    while pending:
        found = pending.pop()
        if isinstance(found, BaseException) and id(found) not in seen:
            seen.add(id(found))
            yield found
            pending += [found.__cause__, found.__context__, getattr(found, "reason", None), *found.args]


def _reason(error: Exception, url: str) -> str:
    host = urlsplit(url).netloc
    causes = list(_causes(error))
    if any(isinstance(cause, socket.gaierror) for cause in causes):
        return f"no network, or no such host: {host} has no address"
    if any(isinstance(cause, requests.exceptions.SSLError) for cause in causes):
        return f"{host} has no certificate that this machine trusts"
    if isinstance(error, _Interrupted):
        return f"{url}: {error}; the next fetch resumes this download"
    for cause in causes:
        if isinstance(cause, OSError) and cause.errno and cause.strerror:
            return f"cannot reach {host}: {cause.strerror}"
    if any(isinstance(cause, (requests.Timeout, urllib3.exceptions.TimeoutError)) for cause in causes):
        return f"{host} does not answer in time; the next fetch resumes this download"
    return f"{url}: {' '.join(str(error).split())[:200]}"
