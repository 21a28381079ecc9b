"""Markup to text, on small cases and on gensim's sample dumps, compared with gensim's filter."""

import bz2
import re
import time
from importlib.resources import files

import pytest
from gensim.corpora.wikicorpus import filter_wiki

from align.text.tokenise import English
from align.text.wiki import articles, namespaces, plain, without_nested

SHIPPED = files("gensim") / "test" / "test_data"
ENGLISH = "enwiki-latest-pages-articles1.xml-p000000010p000030302-shortened.bz2"


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("'''Bold''' and ''italic'' l'''a'''st", "Bold and italic last"),
        ("a [[horse]], [[Horse|the horse]], [[horse]]s", "a horse, the horse, horses"),
        ("a {{convert|3|km}} b {{a|{{b|{{c}}}}|}} c", "a  b  c"),
        ("a\n{| class=x\n| cell {{t}}\n{|\n| inner\n|}\n|}\nb", "a\nb"),
        ("a {{never closed b [[c]]", "a {{never closed b c"),
        ("a<ref name=x>{{cite}} text</ref> b<ref name=x /> c<!-- no\nno --> d", "a b c d"),
        ("[[File:a.jpg|thumb|A [[horse]] [in] a [[field|meadow]].]]\nText", "Text"),
        ("[[Category:Horses]][[de:Pferd]][[zh-min-nan:X]]x [[:Category:Y]]", "x Category:Y"),
        ("[[Star Trek: Voyager]]", "Star Trek: Voyager"),
        ("[http://example.org the site] [http://example.org] http://example.org/x end", "the site   end"),
        ("[http://a\n b c] [http://a\nb [http://c d\ne] [x [//d f [g] h]", "b c [\nb [ d\ne] [x f [g h]"),
        ("a<REF>b</ref >c<math>d<ref>e</ref>f<!-- g", "acdf<!-- g"),
        ("== Heading ==\n* item [[one]]\n:# item two\n----", "item one\nitem two\n----"),
        ("<math>x^2</math>a<br/>b <small>c</small><gallery>\nF.jpg|d\n</gallery>", "a\nb c"),
        ("1 < 2 & 3&nbsp;km &amp;ndash;", "1 < 2 & 3\xa0km &ndash;"),
        ("__NOTOC__a", "a"),
        ("-{zh-hans:计算机;zh-hant:電腦}-和-{電影}-", "计算机和電影"),
        ("a-{H|zh-cn:软件;zh-tw:軟體;}-b-{T|zh-cn:标题;zh-tw:標題}-c-{-|zh-cn:甲;zh-tw:乙}-", "abc"),
        ("-{A|zh-cn:软件;zh-tw:軟體}-、-{zh-tw:網路;zh-cn:网络;}-、-{zh-tw:只有}-", "软件、网络、只有"),
        ("-{zh-hans:-{zh-cn:内;zh-tw:內}-层;zh-hant:層}-", "内层"),
        ('-{zh-hans:<span style="color:red;font-size:small">红</span>字;zh-hant:紅字}-', "红字"),
        ("-{zh-hans;zh-hant|文字}--{R|原文}--{zh:中;zh-mo:x}-", "文字原文中"),
        ("-{H|電腦=>zh-cn:计算机}--{zh-cn:[[甲|乙]];zh-tw:[[丙|丁]]}-", "乙"),
        ("a-{never closed", "a-{never closed"),
        ("[[分类:马]][[分類:馬]][[文件:a.jpg|thumb|說[[明|白]]。]][[檔案:b.png|右]][[档案:c.png]]文", "文"),
        (
            "[[图像:a.jpg|注]][[圖像:a.jpg|注]][[媒体:a.ogg|注]][[媒體:a.ogg|注]][[Image:a|注]][[Media:a|注]][[image:b|c]]文",
            "文",
        ),
        ("[[:分类:马]]", "分类:马"),
    ],
)
def test_markup(markup: str, text: str) -> None:
    assert plain(markup) == text


def test_deep_nesting_takes_time_in_proportion() -> None:
    start = time.perf_counter()
    assert without_nested("{{a|" * 20_000 + "}}" * 20_000 + "end") == "end"
    assert without_nested("{{a|" * 20_000 + "end").endswith("end")
    assert plain("-{" * 20_000 + "a" + "}-" * 20_000 + "-{" * 20_000 + "end").endswith("end")
    assert plain("[[a|" * 3_000 + "b" + "]]" * 10).count("[[") > 2_900
    assert time.perf_counter() - start < 20


@pytest.mark.parametrize(
    "markup",
    [
        *("[http://a ", "[http://", "<ref>", "<!--", "<math>", "<ref><math><!--", "\n", "[http://a\n"),
        "-{zh-cn:a;" + " " * 50,
    ],
)
def test_broken_markup_takes_time_in_proportion(markup: str) -> None:
    start = time.perf_counter()
    plain(markup * 20_000 + "x")
    assert time.perf_counter() - start < 5


def test_nested_links_take_time_in_proportion() -> None:
    start = time.perf_counter()
    assert plain("[[File:a|" * 9 + "b" + "]]" * 9) == ""
    plain("[[File:a|" * 20_000 + "]]" * 20_000)
    assert time.perf_counter() - start < 5


def pages(name: str, encoding: str = "utf-8") -> tuple[str, list[str]]:
    text = bz2.decompress((SHIPPED / name).read_bytes()).decode(encoding)
    return text, namespaces(text[: text.index("<page>")])


def test_articles_only() -> None:
    text, names = pages(ENGLISH)
    found = list(articles(text, names))
    assert text.count("<page>") > len(found) == 106  # as many as gensim says there are
    assert found[0].startswith("Anarchism is a political philosophy that advocates self-governed societies")
    left = [mark for mark in ("{{", "}}", "[[", "{|", "<ref", "&lt;", "'''") if mark in "".join(found)]
    assert left == ["[["]  # one link in the dump is closed by a single bracket


def test_the_words_are_gensims_but_for_headings_and_captions() -> None:
    text, names = pages(ENGLISH)
    page = next(page for page in re.findall(r"<page>.*?</page>", text, re.DOTALL) if "<title>Autism</title>" in page)
    ours = English().tokens(next(articles(page, names)))
    raw = re.search(r"<text[^>]*>(.*?)</text>", page, re.DOTALL)
    assert raw
    theirs = English().tokens(filter_wiki(raw.group(1)))
    assert len(ours) > 5000
    assert len(set(ours) - set(theirs)) <= 0.01 * len(set(ours))
    assert len(set(ours)) >= 0.93 * len(set(theirs))


def test_namespaces_of_another_language() -> None:
    text, names = pages("bgwiki-latest-pages-articles-shortened.xml.bz2", "utf-16")
    assert {"File", "Файл", "Категория"} <= set(names)
    found = "".join(articles(text, names))
    assert len(found) > 5_000
    assert not re.search(r"Файл:|Категория:|\|мини", found)


def test_tables_are_removed_and_the_text_around_them_stays() -> None:
    text, names = pages("enwiki-table-markup.xml.bz2")
    found = "".join(articles(text, names))
    assert found
    assert not re.search(r"style=|rowspan|colspan|wikitable|cellpadding", found)


def test_pages_without_a_namespace_and_redirects_that_do_not_say_so() -> None:
    page = "<page><title>{}</title><revision><text>{}</text></revision></page>"
    made = page.format("Talk:A", "a") + page.format("File: A", "b") + page.format("A: b", "c") + page.format(
        "B", "#redirect [[A]]"
    )  # fmt: skip
    assert list(articles(made + page.format("C", ""), ["File"])) == ["a", "c", ""]
