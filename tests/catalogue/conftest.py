"""A separate cache for every test, and resources of a local server in the user's catalogue."""

import json

import pytest

from align.catalogue import CatalogueError, cache_folder, download, fetch
from tests.catalogue.faulty import CONTENT, Site


@pytest.fixture
def site():
    site = Site()
    yield site
    if site.stall:
        site.stall.set()
    site.server.shutdown()
    site.server.server_close()


@pytest.fixture
def pauses(monkeypatch):
    """Records the pauses before a fetch tries again, without waiting."""
    taken = []
    monkeypatch.setattr(download, "_pause", taken.append)
    return taken


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("ALIGN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    return tmp_path / "cache"


@pytest.fixture
def offer(tmp_path, monkeypatch, site):
    """Put a resource of the local site into the user's catalogue."""
    entries = []

    def add(name="book", path="book.txt", **fields):
        table = {
            "kind": "url", "url": f"{site.url}/{path}", "what": "text", "language": "en", "holds": "", "licence": "",
            "citation": "", "format": "text", "size": len(CONTENT), "approximate": True, **fields,
        }  # fmt: skip
        entries.append(f"[{name}]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in table.items()))
        file = tmp_path / "mine.toml"
        file.write_text("".join(entries), encoding="utf-8")
        monkeypatch.setenv("ALIGN_CATALOGUE", str(file))
        return name

    return add


@pytest.fixture
def refused():
    """Returns the line of a failed fetch, and checks that the resource is not in the cache afterwards."""

    def line(name="book"):
        with pytest.raises(CatalogueError) as caught:
            fetch(name, progress=False)
        assert "\n" not in str(caught.value)
        assert str(caught.value).startswith(name)
        assert not (cache_folder() / name).exists()
        return str(caught.value)

    return line
