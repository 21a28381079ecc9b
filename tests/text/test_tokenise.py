"""Tokenisation rules case by case, compared with jieba's own segmentation."""

import jieba
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from align.text.chinese import has_hanzi, simplify
from align.text.numbering import numbered
from align.text.segmenter import segmenter
from align.text.tokenise import LINE_END, Characters, English, Jieba, Presegmented, tokeniser_of
from align.text.user_words import UserWord, read_user_words

ANY = st.text(st.characters(exclude_categories=("Cs",)), max_size=60)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("The King, the QUEEN; (kings)!", "the king the queen kings"),
        ("don't DON’T rock 'n' roll", "don't don't rock n roll"),
        ("the king's horses' it's James’s", "the king 's horses it 's james 's"),
        ("Teddy 's Story", "teddy 's story"),
        ("'tis 'quoted'", "tis quoted"),
        ("well-known guest-starring --- dash—dash", "well known guest starring dash dash"),
        ("x-ray e-mail T-shirt co-operate", "x-ray e-mail t-shirt co operate"),
        ("the U.S. and the U.K.'s, e.g. in D.C.", "the u.s. and the u.k. 's e.g. in d.c."),
        ("1,998.5 and 1,000,000 in 1998; 3,4 and 1.", "1998.5 and 1000000 in 1998 3 4 and 1"),
        ("1868,200 men, 0.1,234 and 3,1,000; about,5,000", "1868 200 men 0.1 234 and 3 1 000 about 5000"),
        ("the 1990s, 19th, mp3, b2b", "the 1990s 19th mp3 b2b"),
        ("3.5kg, $1,200.5bn, 3.5-inch, 5kg, 3.5公斤", "3.5 kg 1200.5 bn 3.5 inch 5kg 3.5 公斤"),
        (
            "U.S.A, the U.S.A. and U.S.A's, U.S.Army, A.B.x\u0304y",
            "u.s.a the u.s.a. and u.s.a 's u.s. army a.b. x\u0304y",
        ),
        ("snake_case a_b", "snake case a b"),
        ("Café naïve ﬁne Ｗｉｄｅ", "café naïve fine wide"),
        ("soft\u00adhyphen zero\u200bwidth", "softhyphen zerowidth"),
        ("İstanbul Привет Nguyễn x\u0304y ΣΑΣ", "istanbul привет nguyễn x\u0304y σας"),
        ("\ufeffa\u200db \u202ac\u202c \x08d", "ab c d"),
        ("see https://example.org/a?b=c or www.example.org now", "see or now"),
        ("end.Next one", "end next one"),
        ("... --- !!! @#$ ' ’ - .", ""),
    ],
)
def test_english_words(text: str, words: str) -> None:
    assert English().tokens(text) == words.split()


@given(ANY)
def test_english_words_are_small_and_whole_and_stay_as_they_are(text: str) -> None:
    words = English().tokens(text)
    assert all(word and not any(c.isspace() or c == "_" for c in word) for word in words)
    assert all(any(c.isalnum() for c in word) for word in words)
    again = [one for word in words for one in English().tokens(word)]
    assert [word for word in again if word.isascii()] == [word for word in words if word.isascii()]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("國王騎馬。", "国王 骑马"),
        ("我爱北京天安门，天安门上太阳升！", "我 爱 北京 天安门 天安门 上 太阳升"),
        ("１９９８年１２月３１日", "1998 年 12 月 31 日"),
        ("共1,998.5元，占50%", "共 1998.5 元 占 50"),
        ("2008，100人，共1，363，931元", "2008 100 人 共 1363931 元"),
        ("ＮＢＡ和iPhone的GDP", "nba 和 iphone 的 gdp"),
        ("（……）《》——", ""),
        ("A股和Ｔ恤、C语言、卡拉OK、C++与C#，AT&T", "a股 和 t恤 c语言 卡拉ok c++ 与 c# at&t"),
        ("abc语言 小size 24S店 卡拉okay", "abc 语言 小 size 24s 店 卡拉 okay"),
        ("Café的Привет，İstanbul、L’Oréal与γ射线", "café 的 привет istanbul l'oréal 与 γ射线"),
        ("ひらがな한국어3.5é", "ひらがな 한국어 3.5é"),
        ("國\u200b王騎\u00ad馬\ufeff國\u202a王", "国王 骑马 国王"),
        ("看著你，著急地說著名的原著", "看着 你 着急 地说 著名 的 原著"),
    ],
)
def test_chinese_words(text: str, words: str) -> None:
    assert Jieba().tokens(text) == words.split()


@settings(deadline=None)
@given(st.text(st.sampled_from("一不中人他们在地学上大发国家年时是有来的生对工作马着了力方法成为儒埗衛")))
def test_the_faster_search_cuts_as_jieba_does(text: str) -> None:
    assert segmenter("").cut(text) == jieba.lcut(text)


@settings(deadline=None)
@given(st.text(st.sampled_from("国王馬牛中华人民共和爱北京天安门 ，。abc123%\n了的是"), max_size=40))
def test_words_with_hanzi_are_jiebas_own(text: str) -> None:
    ours = [word for word in Jieba().tokens(text) if has_hanzi(word)]
    theirs = [word for line in simplify(text).split("\n") for word in jieba.lcut(line) if has_hanzi(word)]
    assert ours == theirs


@pytest.mark.parametrize(
    "text", ["3.5公斤", "和３．５ＧＢ", "花1,234.5元", "盘3.5mm", "从1998-2000年", "3.5-4.5元", "15公斤 5GB v2.0"]
)
def test_characters_keep_numbers_whole_as_jieba_does(text: str) -> None:
    def latin(words: list[str]) -> list[str]:
        return [word for word in words if word.isascii()]

    assert latin(Characters().tokens(text)) == latin(Jieba().tokens(text))


@given(st.text(st.sampled_from("35.,kgus国元'- \n"), max_size=30))
def test_a_text_has_the_words_of_its_lines(text: str) -> None:
    for tokeniser in (English(), Characters()):
        assert tokeniser.tokens(text) == [word for line in text.split("\n") for word in tokeniser.tokens(line)]


def test_user_words_are_not_split_in_either_script(tmp_path) -> None:
    (tmp_path / "own.txt").write_text("\ufeff石墨烯電池 100 n\n\n巴拉巴魔\n", encoding="utf-8")
    own = str(tmp_path / "own.txt")
    assert read_user_words(own) == [UserWord("石墨烯电池", 100, "n"), UserWord("巴拉巴魔")]
    assert "石墨烯电池" in Jieba(own).tokens("他买了石墨烯电池")
    assert "石墨烯电池" not in Jieba().tokens("他买了石墨烯电池")


def test_a_changed_dictionary_is_read_again(tmp_path) -> None:
    own, text = tmp_path / "own.txt", "石墨烯电池 zq+"
    for lines, expected in (
        ("石墨烯电池 99999\nzq+ 5", ["石墨烯电池", "zq+"]),
        ("烯电池 9999", ["石墨", "烯电池", "zq"]),
    ):
        own.write_text(lines, encoding="utf-8")
        assert Jieba(str(own)).tokens(text) == expected
        assert numbered(text, Jieba(str(own))).words == expected


def test_words_of_ones_own_are_folded_as_the_text_and_may_contain_blanks_and_punctuation(tmp_path) -> None:
    lines = [
        "T恤衫",
        "Edge浏览器",
        "Ｖ信 5 n",
        "New York 100 ns",
        "Visual Studio\t7",
        "哈利·波特",
        "machine learning",
        "石墨 tech",
    ]
    (tmp_path / "own.txt").write_text("\n".join(lines), encoding="utf-8")
    own = str(tmp_path / "own.txt")
    assert read_user_words(own)[2:5] == [
        UserWord("v信", 5, "n"), UserWord("new york", 100, "ns"), UserWord("visual studio", 7)
    ]  # fmt: skip
    assert read_user_words(own)[6:] == [UserWord("machine learning"), UserWord("石墨", None, "tech")]
    text = "T恤衫 用edge浏览器上Ｖ信，New  York的《哈利·波特》；renew york，VISUAL STUDIO教程 Machine Learning"
    assert " ".join(Jieba(own).tokens(text)) == (
        "t恤衫 用 edge浏览器 上 v信 new_york 的 哈利·波特 renew york visual_studio 教程 machine_learning"
    )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\xe7\x8e\x8b 3 n\n\xff\n", r":2: byte 0xff is not UTF-8"),
        (b"a 1 n more\n", r":1: 'a 1 n more': WORD"),
        (b"a\t1\tN\n", r":1: 'a.t1.tN': WORD"),
        ("\u200b\n".encode(), r":1: .*: WORD"),
    ],
)
def test_a_wrong_dictionary_is_reported_with_its_line(tmp_path, content: bytes, message: str) -> None:
    (tmp_path / "own.txt").write_bytes(content)
    with pytest.raises(ValueError, match=message):
        Jieba(str(tmp_path / "own.txt"))


def test_hanzi_one_by_one() -> None:
    text = "國王有iPhone 15、AT&T和１，０００元〇"
    assert Characters().tokens(text) == ["国", "王", "有", "iphone", "15", "at&t", "和", "1000", "元", "〇"]


def test_segmented_text_stays_as_it_is_but_for_the_script() -> None:
    assert Presegmented("zh").tokens("國王 騎 馬 。 IBM\u3000３") == ["国王", "骑", "马", "。", "IBM", "３"]
    assert Presegmented("en").tokens("The King , 's") == ["The", "King", ",", "'s"]
    assert Presegmented("en").tokens("cafe\u0301 \u200b ki\u200bng T\u00adhe") == ["café", "king", "The"]


@pytest.mark.parametrize("tokeniser", [English(), Jieba(), Characters(), Presegmented("zh")])
def test_every_tokeniser_keeps_lines_apart(tokeniser) -> None:
    assert tokeniser.pieces("国 王\n\n马 king\r\n").count(LINE_END) == 3


def test_tokenisers_by_name() -> None:
    assert [tokeniser_of("en"), tokeniser_of("zh"), tokeniser_of("zh", "characters"), tokeniser_of("en", "split")] == [
        English(), Jieba(), Characters(), Presegmented("en")
    ]  # fmt: skip
    with pytest.raises(KeyError, match="'jieba' does not tokenise 'en'; one of english, split was expected"):
        tokeniser_of("en", "jieba")
    with pytest.raises(ValueError, match="'characters' takes no dictionary"):
        tokeniser_of("zh", "characters", "own.txt")
    with pytest.raises(FileNotFoundError):
        tokeniser_of("zh", "jieba", "no such file")
