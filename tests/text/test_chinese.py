"""One simplification for all Chinese, and the definition of Chinese characters."""

import opencc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from align.bilingual.dictionary.cedict import load_cedict
from align.bilingual.dictionary.gloss import parse_entry
from align.text.chinese import has_hanzi, simplify, simplify_all
from align.text.cleaning import clean

ANY = st.text(st.characters(exclude_categories=("Cs",)) | st.sampled_from("國馬後頭髮乾坤干濕發現髮型裏裡\n "))


@pytest.mark.parametrize(
    ("traditional", "simplified"),
    [
        ("國王", "国王"),
        ("馬", "马"),
        ("頭髮", "头发"),
        ("發現", "发现"),
        ("乾燥", "干燥"),
        ("乾坤", "乾坤"),  # stays in this word: the step looks at words, not only at characters
        ("皇后", "皇后"),
        ("後來", "后来"),
        ("国王", "国王"),
        ("king", "king"),
        ("卡拉OK", "卡拉OK"),
        ("", ""),
    ],
)
def test_words_are_simplified(traditional: str, simplified: str) -> None:
    assert simplify(traditional) == simplified


@given(st.lists(ANY, max_size=6))
def test_a_whole_list_at_once_is_each_word_alone(words: list[str]) -> None:
    assert simplify_all(words) == [simplify(word) for word in words]


@given(ANY)
def test_simplification_is_what_opencc_says(text: str) -> None:
    assert simplify(text) == opencc.OpenCC("t2s").convert(clean(text)).translate({ord("著"): "着"})


ONE_TO_MANY = """
著名 著名  著作 著作  著稱 著称  著者 著者  名著 名著  原著 原著  專著 专著  論著 论著  譯著 译著
編著 编著  合著 合著  遺著 遗著  顯著 显著  卓著 卓著  昭著 昭著  較著 较著  土著 土著  著書立說 著书立说
見微知著 见微知著  看著 看着  走著 走着  坐著 坐着  沿著 沿着  隨著 随着  接著 接着  意味著 意味着  執著 执着
穿著 穿着  沉著 沉着  附著 附着  睡著 睡着  著急 着急  著火 着火  著涼 着凉  著迷 着迷  著手 着手
著重 着重  著陸 着陆  著想 着想  用不著 用不着  討論著 讨论着  結合著 结合着
看著書 看着书  說著話 说着话  下著雨 下着雨
乾淨 干净  乾燥 干燥  餅乾 饼干  乾杯 干杯  乾坤 乾坤  乾隆 乾隆  若干 若干  干涉 干涉  幹部 干部
皇后 皇后  太后 太后  後來 后来  以後 以后  公里 公里  里程 里程  這裡 这里  裏面 里面  面子 面子
表面 表面  麵條 面条  麵粉 面粉  發現 发现  發財 发财  頭髮 头发  理髮 理发  一隻 一只  只有 只有
手錶 手表  表現 表现  復習 复习  複雜 复杂  反覆 反复  覆蓋 覆盖  鬥爭 斗争  北斗 北斗  製造 制造
制度 制度  準備 准备  批准 批准  關係 关系  聯繫 联系  系統 系统  瞭解 了解  瞭望 瞭望  藉口 借口
狼藉 狼藉  象徵 象征  宮商角徵羽 宫商角徵羽  白雲 白云  人云亦云 人云亦云  五穀 五谷  山谷 山谷  鹹菜 咸菜  咸豐 咸丰
一週 一周  周到 周到  雜誌 杂志  志願 志愿  計劃 计划  划船 划船  內臟 内脏  骯髒 肮脏  颱風 台风
臺灣 台湾  舞台 舞台  鐘錶 钟表  鍾情 钟情  盡力 尽力  儘管 尽管  鬍鬚 胡须  胡同 胡同  生薑 生姜
注意 注意  註冊 注册  衝突 冲突  沖洗 冲洗
"""


def test_a_character_with_several_simplified_forms_depends_on_its_word() -> None:
    words = ONE_TO_MANY.split()
    assert simplify_all(words[::2]) == words[1::2]
    assert simplify_all(words[1::2]) == words[1::2]
    assert simplify("".join(words[::2])) == "".join(words[1::2])


def test_the_rule_for_zhu_agrees_with_the_dictionary() -> None:
    entries = [parse_entry(line) for line in load_cedict().lines if "著" in line or "着" in line]
    known = [entry for entry in entries if entry and ("著" in entry.traditional or "着" in entry.simplified)]
    wrong = [entry for entry in known if simplify(entry.traditional) != entry.simplified]
    assert len(known) > 200
    assert len(wrong) < 0.05 * len(known)


@pytest.mark.parametrize("invisible", "\u200b\u00ad\ufeff\u200d\u202a\u2066\ufe0f\x08")
def test_invisible_characters_do_not_make_second_words(invisible: str) -> None:
    assert simplify(f"國{invisible}王") == "国王"
    assert simplify_all([f"{invisible}馬", "國"]) == ["马", "国"]


def test_words_with_newlines_do_not_shift_the_others() -> None:
    assert simplify_all(["國\n王", "馬", "\n"]) == ["国\n王", "马", "\n"]
    assert simplify_all(iter(["國", "王"])) == ["国", "王"]
    assert simplify_all([]) == []
    assert simplify_all([""]) == [""]


@pytest.mark.parametrize("text", ["国", "king国", "〇", "㐀", "𠀀", "豈", "国王!"])
def test_hanzi_are_seen(text: str) -> None:
    assert has_hanzi(text)


@pytest.mark.parametrize("text", ["", "king", "é", "ひらがな", "カタカナ", "한국", "，。", "１２", "①"])
def test_what_is_no_hanzi_is_not(text: str) -> None:
    assert not has_hanzi(text)
