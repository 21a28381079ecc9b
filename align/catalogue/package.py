"""Downloads Python packages from the user's package indexes as archives of data; neither installs nor runs them."""

import ast
import importlib.metadata
import importlib.util
import logging
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote, urlsplit, urlunsplit

from align.catalogue.resource import CatalogueError, Resource

if TYPE_CHECKING:
    import requests


_SECTIONS = ("global.", "download.", ":env:.")


class _Found(NamedTuple):
    """A file of a package, and the index or folder of its origin."""

    url: str
    origin: str
    path: Path | None
    """Where the file is, if it is on this machine."""


def download_package(resource: Resource, work: Path, *, progress: bool) -> Path:
    """Downloads the archive of ``resource``'s package, a wheel or a source archive, into the folder ``work``.

    unearth looks for the file on the indexes and in the folders that pip is configured for (``pip config list``:
    index-url, extra-index-url, find-links, no-index, trusted-host, cert, client-cert, proxy). No code of the package
    runs (pip would build a source archive to read its metadata). The caller checks the sha256 of the file; a file with
    another sha256 in the index is not downloaded.

    Raises:
        CatalogueError: no index can be reached, none has the package, or the download fails; the message says which.
    """
    from align.catalogue.download import download_url

    settings = _pip_settings()
    found = _find(resource, settings)
    if found.path is not None:
        target = work / found.path.name
        shutil.copyfile(found.path, target)
        return target
    with _session(settings, found.origin) as session:
        return download_url(replace(resource, url=_bare(found.url)), work, progress=progress, session=session)


def installed_file(resource: Resource) -> Path:
    """Returns the path of a file of an installed dependency, without importing the dependency.

    Raises:
        CatalogueError: the package is not installed, or has no such file.
    """
    try:
        path = Path(str(importlib.metadata.distribution(resource.package).locate_file(resource.members[0])))
    except importlib.metadata.PackageNotFoundError as error:
        raise CatalogueError(
            f"{resource.name}: the package {resource.package} is not installed; it comes with align's dependencies"
        ) from error
    if not path.is_file():
        version = importlib.metadata.version(resource.package)
        raise CatalogueError(
            f"{resource.name}: the installed {resource.package} {version} has no {resource.members[0]}"
        )
    return path


def _pip_settings() -> dict[str, str]:
    """Returns the user's settings of pip, from its configuration files (if pip is installed) and PIP_ variables."""
    settings: dict[str, str] = {}
    if importlib.util.find_spec("pip") is not None:
        command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "config", "list"]
        listed = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        if listed.returncode:
            raise CatalogueError(f"pip cannot read its configuration: {' '.join(listed.stderr.split())[:200]}")
        lines = [line.partition("=") for line in listed.stdout.splitlines() if "=" in line]
        for section in _SECTIONS:
            named = {key.removeprefix(section): value for key, _, value in lines if key.startswith(section)}
            settings |= {name: str(ast.literal_eval(value)) for name, value in named.items()}
    names = {key[4:].lower().replace("_", "-"): value for key, value in os.environ.items() if key.startswith("PIP_")}
    return settings | {name: value for name, value in names.items() if value}


def _find(resource: Resource, settings: Mapping[str, str]) -> _Found:
    """Returns the file of ``resource``'s package from the first index or folder that has it."""
    wanted, failures = f"{resource.package} {resource.version}", list[str]()
    others: list[str] = []
    for index, options in _sources(settings):
        try:
            links = _links(resource, settings, options)
        except Exception as error:  # an HTTP library raises many kinds; the next index may have the file
            failures.append(f"{_bare(index) or 'the default index'}: {' '.join(str(error).split())[:150]}")
            continue
        for link in links:
            digests = (link.hash_option or {}).get("sha256", [])
            if not digests or resource.sha256 in digests:
                return _Found(link.url_without_fragment, index, link.file_path if link.is_file else None)
            others += digests
    if others:
        raise CatalogueError(
            f"{resource.name}: the file of {wanted} has sha256 {others[0]}; expected {resource.sha256}; not fetched"
        )
    if failures:
        raise CatalogueError(f"{resource.name}: no network, or no package index in reach, for {wanted}: {failures[0]}")
    raise CatalogueError(f"{resource.name}: no package index that pip is configured for has {wanted}")


def _sources(settings: Mapping[str, str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yields the folders and indexes to search, in order, as arguments of unearth's finder."""
    for place in settings.get("find-links", "").split():
        if "://" in place or Path(place).expanduser().exists():
            yield place, {"find_links": [place if "://" in place else str(Path(place).expanduser())]}
    if settings.get("no-index", "").lower() in ("1", "true", "yes", "on"):
        return
    first = settings.get("index-url", "")
    yield first, {"index_urls": [first] if first else []}  # without one, unearth takes the public index
    for index in settings.get("extra-index-url", "").split():
        yield index, {"index_urls": [index]}


def _links(resource: Resource, settings: Mapping[str, str], options: dict[str, Any]) -> list[Any]:
    """Returns the links of one index to files of the package's version, both wheels and source archives."""
    from unearth import PackageFinder
    from unearth.fetchers import PyPIClient

    logging.getLogger("unearth").setLevel(logging.ERROR)  # a missing page is reported once, as one line, by the caller
    hosts = settings.get("trusted-host", "").split()
    connection: dict[str, Any] = {"trusted_hosts": hosts, "timeout": float(settings.get("default-timeout", "20"))}
    connection |= {"verify": _certificates(settings["cert"])} if settings.get("cert") else {}
    connection |= {"cert": settings["client-cert"]} if settings.get("client-cert") else {}
    connection |= {"proxy": settings["proxy"]} if settings.get("proxy") else {}
    client: Any = PyPIClient(**connection)
    with client as session:
        finder = PackageFinder(session, ignore_compatibility=True, trusted_hosts=hosts, **options)
        found = finder.find_matches(f"{resource.package}=={resource.version}", allow_yanked=True)
        return [package.link for package in found]


def _certificates(path: str) -> Any:
    import ssl

    return ssl.create_default_context(cafile=path)


def _session(settings: Mapping[str, str], index: str) -> "requests.Session":
    """Returns a session for the download, with the user's certificates, proxy and the credentials of ``index``."""
    import requests

    session, parts = requests.Session(), urlsplit(index)
    if parts.username:
        session.auth = (unquote(parts.username), unquote(parts.password or ""))
    if settings.get("cert"):
        session.verify = settings["cert"]
    if parts.hostname in [host.partition(":")[0] for host in settings.get("trusted-host", "").split()]:
        session.verify = False
    if settings.get("client-cert"):
        session.cert = settings["client-cert"]
    if settings.get("proxy"):
        session.proxies = {"http": settings["proxy"], "https": settings["proxy"]}
    return session


def _bare(url: str) -> str:
    """Returns ``url`` without user name and password."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
