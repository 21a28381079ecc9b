"""explore: the file it writes, its document, and input that it refuses."""

import json

import pytest


def test_the_same_page_twice_and_a_document_about_it(align, made):
    status, out, err = align("explore", "t.align", "-o", "one.html", "--json")
    assert (status, err) == (0, "")
    told = json.loads(out)
    assert (told["page"], told["english"], told["chinese"]) == ("one.html", 40, 40)
    assert told["size"] == (made / "one.html").stat().st_size
    assert align("explore", "t.align", "-o", "two.html")[2].startswith(
        "align: two.html shows 40 English and 40 Chinese"
    )
    assert (made / "one.html").read_bytes() == (made / "two.html").read_bytes()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("t.align", "--words", "-1"), "--words -1"),
        (("t.align", "-o", "page.png"), "page.png"),
        (("missing.align",), "missing.align"),
        (("en.vec",), "en.vec"),
        (("t.align", "--projection", "mds"), "mds"),
        (("t.align", "--seed", "-1"), "-1"),
        (("t.align", "--serve", "-o", "page.html"), "exclude each other"),
        (("t.align", "--serve", "--port", "70000"), "--port 70000"),
        (("t.align", "--serve", "--host", "192.0.2.1"), "192.0.2.1"),
    ],
)
def test_wrong_input_is_refused_in_one_line(align, made, arguments, message):
    before = sorted(path.name for path in made.iterdir())
    status, out, err = align("explore", *arguments)
    assert (status, out) == (2, "")
    assert message in err
    assert err.count("\n") == 1
    assert sorted(path.name for path in made.iterdir()) == before
