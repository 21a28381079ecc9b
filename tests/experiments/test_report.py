import base64
import re
from html.parser import HTMLParser

import numpy as np
import pytest
from PIL import Image

from experiments import report as r

VOID = {"meta", "img", "br", "link", "hr"}


class Outline(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.open, self.seen, self.text = [], [], ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


@pytest.fixture
def picture(tmp_path):
    Image.fromarray(np.zeros((3, 3, 3), np.uint8)).save(tmp_path / "p.png")
    return tmp_path / "p.png"


@pytest.fixture
def sections(picture):
    table = r.Table("Scores of <b>", ("word", "p", "note"), (("马", 0.25, "a & b"), ("牛", -1.5, "–")), marked=(1,))
    first = r.Section(
        "数 & numbers", (r.Heading("Why"), r.Paragraph("**Strong** `x<y` 马 $1 ${title}"), table), ("one [x]",)
    )
    return first, r.Section("Pictures", (r.Figure(picture, "A 马 figure", 'said "so"'),), ("two",))


def test_the_page_is_well_formed_and_whole(sections, picture):
    page = r.render(sections, title="Lab <report>", lead=("What was done.",))
    outline = Outline(page)
    assert outline.open == []
    tags = [tag for tag, _ in outline.seen]
    assert tags.count("h1") == 1
    assert tags.count("section") == tags.count("nav") + 1 == 2
    assert "script" not in tags
    assert "Lab <report>" in outline.text
    assert "a & b" in outline.text
    assert "x<y" in outline.text
    assert "$1 ${title}" in outline.text
    image = next(a for tag, a in outline.seen if tag == "img")
    assert image["alt"] == 'said "so"'
    assert base64.b64decode(image["src"].partition(",")[2]) == picture.read_bytes()
    assert not re.search(r"""(src|href)=["'](?!data:|#)""", page)


def test_links_of_the_contents_lead_somewhere(sections):
    outline = Outline(r.render(sections, title="t"))
    targets = {a["id"] for _, a in outline.seen if "id" in a}
    links = [a["href"][1:] for tag, a in outline.seen if tag == "a"]
    assert links == ["s1", "s2"]
    assert set(links) <= targets


def test_marks_numbers_and_hanzi(sections):
    page = r.render(sections, title="t")
    assert "<strong>Strong</strong>" in page
    assert "<code>x&lt;y</code>" in page
    assert '<span lang="zh-Hans">马</span>' in page
    assert '<td class="n">0.250</td>' in page
    assert '<td class="n">−1.500</td>' in page
    assert "<b>Table 1.</b>" in page
    assert "<b>Figure 1.</b>" in page
    assert page.count('<tr class="marked">') == 1


def test_a_lone_section_with_the_pages_title_has_no_second_heading(sections):
    page = r.render(sections[:1], title=sections[0].title)
    assert "<h2>" not in page
    assert "<nav" not in page


def test_hanzi_of_the_page_travel_with_it(sections):
    import io

    from fontTools.ttLib import TTFont

    page = r.render(sections, title="t")
    font = TTFont(io.BytesIO(base64.b64decode(re.search(r"font/woff;base64,([^)]+)\)", page)[1])))
    assert {ord(c) for c in "马牛数"} <= set(font.getBestCmap())
    assert len(font.getBestCmap()) < 20


def test_the_same_page_twice(sections, tmp_path):
    for name in ("a.html", "b.html"):
        r.write(sections, tmp_path / name, title="t")
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()


def test_a_missing_figure_leaves_no_page(tmp_path):
    section = r.Section("x", (r.Figure(tmp_path / "none.png", "c", "a"),))
    with pytest.raises(FileNotFoundError):
        r.write((section,), tmp_path / "a.html", title="t")
    assert not list(tmp_path.iterdir())


def test_a_ragged_table_is_refused():
    with pytest.raises(ValueError, match="row 1 of 'c' has 1 cells; 2 were expected"):
        r.Table("c", ("a", "b"), ((1, 2), (1,)))


def test_pages_of_one_name_in_two_folders_keep_their_own_content(picture, tmp_path):
    pages = [tmp_path / folder / "words.html" for folder in ("a", "b")]
    for page in pages:
        page.parent.mkdir()
        page.write_text(f"the page of {page.parent.name}", encoding="utf-8")
    figures = [r.Figure(picture, "c", "a", page) for page in (*pages, pages[0])]
    tags = Outline(r.render([r.Section("x", tuple(figures))], title="t")).seen
    stored = {a["id"]: a["data-content"] for tag, a in tags if tag == "div" and "data-content" in a}
    opened = [stored[a["data-page"]] for tag, a in tags if tag == "details"]
    assert opened == ["the page of a", "the page of b", "the page of a"]
    assert len(stored) == 2
