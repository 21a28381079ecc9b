"""One file from a web address, resumed where it was cut, whole or not at all."""

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

    After a cut connection it waits and resumes, by a Range request that is valid only while the server's file is the
    same (If-Range with its ETag or date). After four waits without a further byte it gives up, and keeps the bytes for
    the next call. The hash is the caller's to check.

    Args:
        resource: what to download.
        work: the folder to write to; it may hold the beginning of the file.
        progress: whether to draw a bar.
        session: the connection's certificates, proxy and credentials; the environment's by default.

    Raises:
        CatalogueError: no network, no such host, the address is not found, the server breaks off or does not keep
            to the length it promised, or the disk is too full.
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
    """One request, from where ``part`` ends; the promised size, or None where the server named none."""
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
        raise _Interrupted(f"the connection was cut: {got:,} of {promised} bytes came") from broken
    return total


def _check_answer(answer: requests.Response, resource: Resource, part: Path) -> None:
    """Raise unless the answer brings the file, or a part of it."""
    where = f"{resource.name}: {resource.url}"
    if answer.status_code == 416:
        part.unlink(missing_ok=True)
        raise _Interrupted("the server refused to go on where the download stopped")
    if answer.status_code in _TRANSIENT:
        raise _Interrupted(f"the server answers {answer.status_code} {answer.reason}")
    if answer.status_code not in {200, 206}:
        raise CatalogueError(f"{where}: {answer.status_code} {answer.reason}")
    if "text/html" in answer.headers.get("Content-Type", "") and not resource.url.endswith((".html", ".htm")):
        raise CatalogueError(f"{where}: the answer is a web page; expected a file")
    coding = answer.headers.get("Content-Encoding", "identity")  # of a .gz file some servers say gzip, and mean it
    if coding != "identity" and not resource.url.endswith((".gz", ".bz2", ".xz", ".zip")):
        raise CatalogueError(f"{where}: the server sends it as {coding}; expected it plain")


def _blocks(answer: requests.Response) -> Iterator[bytes]:
    """The body as it is on the wire: a .gz file stays a .gz file."""
    while block := answer.raw.read(_CHUNK, decode_content=False):
        yield block


def _extent(answer: requests.Response, have: int) -> tuple[int, int | None]:
    """Where the body begins in the file, and the file's whole size if the server says."""
    if answer.status_code == 206:
        given = re.fullmatch(r"bytes (\d+)-\d+/(\d+)", answer.headers.get("Content-Range", ""))
        if not given or int(given[1]) != have:
            raise _Interrupted(f"the server sent the wrong part: {answer.headers.get('Content-Range')!r}")
        return have, int(given[2])
    length = answer.headers.get("Content-Length", "")
    return 0, int(length) if length.isdigit() else None


def _check_size(resource: Resource, part: Path, total: int | None) -> None:
    got = _size(part)
    known = resource.sha256 or resource.md5
    if not resource.approximate and not known and got != resource.size:
        part.unlink()
        raise CatalogueError(f"{resource.name}: {got:,} bytes came; expected {resource.size:,}; they were not kept")
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
    """Whether trying again cannot help: no such host, a bad certificate, an address that is no address."""
    unsound = (requests.exceptions.SSLError, requests.exceptions.InvalidURL, requests.exceptions.TooManyRedirects)
    return isinstance(error, unsound) or any(isinstance(cause, socket.gaierror) for cause in _causes(error))


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error, and all that it was raised from or carries."""
    pending: list[Any] = [error]
    seen: set[int] = set()
    while pending:
        one = pending.pop()
        if isinstance(one, BaseException) and id(one) not in seen:
            seen.add(id(one))
            yield one
            pending += [one.__cause__, one.__context__, getattr(one, "reason", None), *one.args]


def _reason(error: Exception, url: str) -> str:
    host = urlsplit(url).netloc
    causes = list(_causes(error))
    if any(isinstance(cause, socket.gaierror) for cause in causes):
        return f"no network, or no such host: {host} has no address"
    if any(isinstance(cause, requests.exceptions.SSLError) for cause in causes):
        return f"{host} has no certificate that this machine trusts"
    if isinstance(error, _Interrupted):
        return f"{url}: {error}; what came is kept, and the next fetch goes on from there"
    for cause in causes:
        if isinstance(cause, OSError) and cause.errno and cause.strerror:
            return f"cannot reach {host}: {cause.strerror}"
    if any(isinstance(cause, (requests.Timeout, urllib3.exceptions.TimeoutError)) for cause in causes):
        return f"{host} does not answer in time; what came is kept, and the next fetch goes on from there"
    return f"{url}: {' '.join(str(error).split())[:200]}"
