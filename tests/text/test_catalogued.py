"""Readers of catalogue texts, on a few lines of each kind."""

import pytest

from align.text.catalogued import characters, columns, definitions, tagged, wikitext


def lines(text: str):
    return iter(text.splitlines(keepends=True))


def test_wikitext_without_its_headings_and_marks() -> None:
    text = " \n = Robert Boulter = \n \n A role @-@ playing <unk> of 1 @,@ 000 @.@ 5 did n't end .\n = = Life = = \n"
    assert [line for line in wikitext(lines(text)) if line] == ["A role-playing   of 1,000.5 didn't end ."]


def test_columns_of_a_csv_without_tags() -> None:
    text = 'id,title,text\n1,"A, b","First<br />second &amp; third.\nLine two didn""t, he said ""so""."\n2,,Last\n'
    assert list(columns("title", "text")(lines(text))) == [
        "A, b", "First second & third.\nLine two didn't, he said \"so\".", "Last"
    ]  # fmt: skip
    with pytest.raises(ValueError, match="no column 'body' in the CSV text; it has id, title, text"):
        list(columns("body")(lines(text)))


def test_tagged_words_are_joined() -> None:
    text = "[中央/n  人民/n  广播/vn  电台/n]nt  １９９８年/t  “/w  好/a  ”/w  //w  。/w\n\n"
    assert list(tagged(lines(text))) == ["中央人民广播电台１９９８年“好”/。", ""]


def test_characters_a_line_are_sentences() -> None:
    assert list(characters(lines("日 S-LOC\n寇 O\n\n\n在 O\nA O\n"))) == ["日寇", "在A"]


def test_definitions_name_their_word() -> None:
    text = "冬\t冬\t0\t(dōng)~天。过～。[dōng]1.四季之一（dōng jì）。 2.姓。\n晨星\t早晨的星\n"
    assert list(definitions(lines(text))) == ["冬 冬天。过冬。四季之一。 姓。", "晨星 早晨的星"]
