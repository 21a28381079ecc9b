"""Readings by pypinyin, and from the file in the cache, which needs no pypinyin."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from align.text import readings
from align.text.readings import keep_readings, pinyin

WORDS = ["银行", "马", "卡拉OK", "king", "a\tb", "n\nb"]


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("ALIGN_CACHE", str(tmp_path))
    for clear in (pinyin.cache_clear, readings._kept.cache_clear):
        clear()
    yield
    for clear in (pinyin.cache_clear, readings._kept.cache_clear):
        clear()


def test_pinyin_has_tone_marks() -> None:
    assert pinyin("马") == "mǎ"
    assert pinyin("银行") == "yín háng"
    assert pinyin("卡拉OK") == "kǎ lā OK"


def test_kept_readings_are_those_of_pypinyin(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = [pinyin(word) for word in WORDS]
    keep_readings(WORDS)
    pinyin.cache_clear()
    assert [pinyin(word) for word in WORDS] == expected
    pinyin.cache_clear()
    monkeypatch.setitem(sys.modules, "pypinyin", None)
    assert [pinyin(word) for word in WORDS[:4]] == expected[:4]
    for absent in ("行", "銀行", WORDS[4]):
        with pytest.raises(ModuleNotFoundError):
            pinyin(absent)


@pytest.mark.parametrize("damaged", [b"", b"\xe9\n", "马\tm".encode(), "马\n".encode(), b"\0" * 100])
def test_a_damaged_file_is_not_used(damaged: bytes) -> None:
    keep_readings(["国王"])
    readings._path().write_bytes(damaged)
    readings._kept.cache_clear()
    assert pinyin("马") == "mǎ"
