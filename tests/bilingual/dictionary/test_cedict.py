import gzip
import re
import time

import pytest

from align.bilingual.dictionary import cedict as cedict_module
from align.bilingual.dictionary.cedict import Cedict, is_cedict, load_cedict, parse_cedict, read_text

LINES = """# CC-CEDICT
#! version=1
國王 国王 [guo2 wang2] /king/CL:個|个[ge4]/
君主 君主 [jun1 zhu3] /monarch/sovereign/king/
花 花 [hua1] /flower; blossom/fancy/
花 花 [Hua1] /surname Hua/
花兒 花儿 [hua1 r5] /erhua variant of 花[hua1]/
土耳其 土耳其 [Tu3 er3 qi2] /Turkey/
火雞 火鸡 [huo3 ji1] /turkey/
3P 3P [san1 P] /threesome/
喬治·華盛頓 乔治·华盛顿 [Qiao2 zhi4 · Hua2 sheng4 dun4] /Washington/
"""


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("ALIGN_CACHE", str(tmp_path_factory.getbasetemp() / "bilingual-cache"))


@pytest.fixture(name="small")
def _small() -> Cedict:
    return parse_cedict(LINES, "small.u8")


@pytest.fixture(name="cedict", scope="module")
def _cedict() -> Cedict:
    return load_cedict()


def test_lookup_by_chinese_takes_either_script(small):
    assert [e.glosses for e in small.of_chinese("國王")] == [("king", "CL:個|个[ge4]")]
    assert small.of_chinese("国王") == small.of_chinese("國王")
    assert [e.pinyin for e in small.of_chinese("花")] == ["hua1", "Hua1"]
    assert small.of_chinese("狗") == []


def test_lookup_by_english_prefers_the_first_sense_and_the_same_capitals(small):
    assert small.of_english("king") == ("国王", "君主")
    assert small.of_english("Turkey") == ("土耳其", "火鸡")
    assert small.of_english("turkey") == ("火鸡", "土耳其")
    assert small.of_english("TURKEY") == ("火鸡", "土耳其") or small.of_english("TURKEY") == ("土耳其", "火鸡")
    assert small.of_english("ox") == ()


@pytest.mark.parametrize(("count", "first"), [(40, "国王"), (80, "君主")])
def test_translations_are_ordered_by_frequency_times_share_of_sense(monkeypatch, count, first):
    monkeypatch.setattr(cedict_module, "chinese_frequencies", lambda: {"国王": 10, "君主": count})
    assert parse_cedict(LINES, "small.u8").of_english("king")[0] == first  # shares: 1 and 2/11


def test_attests_in_any_case_and_script_and_through_erhua(small):
    assert small.attests("King", "國王")
    assert small.attests("flower", "花儿")
    assert not small.attests("king", "花")
    assert not small.attests("king", "狗")


def test_pairs_have_hanzi_and_no_punctuation(small):
    assert set(small.pairs) == {
        ("king", "国王"), ("king", "君主"), ("monarch", "君主"), ("sovereign", "君主"), ("flower", "花"),
        ("blossom", "花"), ("fancy", "花"), ("flower", "花儿"), ("blossom", "花儿"), ("fancy", "花儿"),
        ("Turkey", "土耳其"), ("turkey", "火鸡"),
    }  # fmt: skip
    assert len(small.pairs) == len(set(small.pairs))


def test_the_shares_of_a_headwords_senses_sum_to_at_most_one(small):
    assert {s.english: pytest.approx(s.weight) for s in small.senses_of("君主")} == {
        "monarch": 6 / 11, "sovereign": 3 / 11, "king": 2 / 11,
    }  # fmt: skip
    assert sum(s.weight for s in small.senses_of("花")) == pytest.approx(1)


def test_a_bad_line_is_named(small):
    with pytest.raises(ValueError, match=r"d\.u8:2: '國王 king' is not 'traditional simplified"):
        parse_cedict("馬 马 [ma3] /horse/\n國王 king\n", "d.u8")
    for line in (
        "國 国 [guo2] /",
        "國 国 guo2 [x] /land/",
        "國 国 [guo2] /land",
        "國  [guo2] /land/",
        "國 国 [guo2]/land/",
    ):
        with pytest.raises(ValueError, match=rf"d\.u8:2: '{re.escape(line)}' is not"):
            parse_cedict(f"馬 马 [ma3] /horse/\n{line}\n", "d.u8")
    with pytest.raises(ValueError, match=r"d\.u8: holds no"):
        parse_cedict("# nothing\n", "d.u8")
    assert small.name == "small.u8"


def test_plain_and_gzip_files_are_recognised_by_content(tmp_path, small):
    (tmp_path / "a.dat").write_bytes(gzip.compress(LINES.encode()))
    (tmp_path / "b.gz").write_text("\ufeff" + LINES.replace("\n", "\r\n"), encoding="utf-8")
    assert load_cedict(tmp_path / "a.dat").pairs == small.pairs
    assert load_cedict(tmp_path / "b.gz").pairs == small.pairs
    assert is_cedict(LINES)
    assert not is_cedict("king\t国王")
    assert not is_cedict("# nothing\n")


def test_the_pairs_of_a_file_are_cached_and_a_damaged_cache_is_rebuilt(tmp_path, small, monkeypatch):
    monkeypatch.setenv("ALIGN_CACHE", str(tmp_path / "cache"))
    path = tmp_path / "a.u8"
    path.write_text(LINES, encoding="utf-8")
    assert load_cedict(path).pairs == small.pairs
    (kept,) = (tmp_path / "cache" / ".derived").iterdir()
    kept.write_text("1\nox\t牛", encoding="utf-8")
    assert load_cedict(path).pairs == (("ox", "牛"),)
    for damaged in (b"", b"3\nox\t\xe7\x89\x9b", b"1\nox\t\xff", b"x\ny"):
        kept.write_bytes(damaged)
        assert load_cedict(path).pairs == small.pairs
    path.write_text(LINES.replace("king", "ruler"), encoding="utf-8")
    assert load_cedict(path).of_english("king") == ()


def test_a_cache_that_cannot_be_written_is_no_hindrance(tmp_path, small, monkeypatch):
    monkeypatch.setenv("ALIGN_CACHE", str(tmp_path / "file"))
    (tmp_path / "file").write_text("not a folder")
    (tmp_path / "a.u8").write_text(LINES, encoding="utf-8")
    assert load_cedict(tmp_path / "a.u8").pairs == small.pairs


def test_broken_files_are_refused_in_one_line(tmp_path):
    packed = gzip.compress(LINES.encode())
    (tmp_path / "cut.gz").write_bytes(packed[:-20])
    (tmp_path / "bent.gz").write_bytes(packed[:30] + b"\xff\xff\xff\xff" + packed[34:])
    (tmp_path / "latin").write_bytes(b"good\nb\xe9b\xe9\n")
    for name in ("cut.gz", "bent.gz"):
        with pytest.raises(ValueError, match=f"{name}: the gzip archive is damaged"):
            read_text(tmp_path / name)
    with pytest.raises(ValueError, match=r"latin:2: byte 0xe9 is not UTF-8"):
        read_text(tmp_path / "latin")
    with pytest.raises(FileNotFoundError):
        read_text(tmp_path / "none")


KNOWN = {
    "king": "国王", "cat": "猫", "horse": "马", "eat": "吃", "one": "一", "two": "两", "dog": "狗",
    "computer": "计算机",
    "Monday": "周一", "Paris": "巴黎", "happy": "高兴", "apple": "苹果", "water": "水", "China": "中国", "donkey": "驴",
    "man": "男人",
}  # fmt: skip


@pytest.mark.real
def test_known_words_have_their_commonest_translation_first(cedict):
    assert {english: cedict.of_english(english)[0] for english in KNOWN} == KNOWN
    assert all(cedict.attests(english, chinese) for english, chinese in KNOWN.items())
    assert "女王" in cedict.of_english("queen")


@pytest.mark.real
def test_the_whole_dictionary_has_a_plausible_number_of_pairs(cedict):
    assert len(cedict.lines) > 120_000
    assert 75_000 <= len(cedict.pairs) <= 110_000
    assert 25_000 <= len({english for english, _ in cedict.pairs}) <= 40_000


@pytest.mark.real
def test_loading_is_quick():
    took = []
    for _ in range(3):
        begun = time.perf_counter()
        load_cedict().of_chinese("国王")
        took.append(time.perf_counter() - begun)
    assert min(took) < 1.5


def test_english_words_and_phrases_without_a_gloss_of_their_own_are_found_at_the_beginning_of_one() -> None:
    cedict = load_cedict()
    assert repr(cedict) == f"Cedict('cedict', {len(cedict.lines):,} entries)"
    assert cedict.of_english("Shanghai")[0] == cedict.of_english("shanghai")[0] == "上海"
    assert cedict.of_english("Beijing")[0] == "北京"
    assert cedict.of_english("new york")[0] == "纽约"
    assert cedict.of_english("qwzx") == cedict.of_english("") == cedict.of_english("\u200b") == ()
