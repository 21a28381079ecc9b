"""Labelled texts in every format, and what is refused."""

import gzip
from pathlib import Path

import pytest

from align.text.labelled import LabelledReader, check_labels, distinct


def rows(texts):
    return [(one.text, one.labels) for one in texts]


def test_fasttexts_format_has_labels_anywhere(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_text("__label__a __label__b one  two\n\nthree __label__b four\n")
    assert rows(LabelledReader().read(file)) == [("one two", ("a", "b")), ("three four", ("b",))]


@pytest.mark.parametrize(("name", "gap"), [("a.csv", ","), ("a.tsv", "\t")])
def test_columns_by_name_with_several_labels_and_weights(tmp_path: Path, name: str, gap: str) -> None:
    file = tmp_path / name
    lines = [["w", "kind", "words"], ["2", "x;y", "one two"], ["0.5", "y", "three"]]
    file.write_text("".join(gap.join(line) + "\n" for line in lines))
    texts = LabelledReader(text="words", label="kind", weight="w", separator=";").read(file)
    assert rows(texts) == [("one two", ("x", "y")), ("three", ("y",))]
    assert [one.weight for one in texts] == [2.0, 0.5]


def test_a_quoted_text_of_two_lines_is_one_text(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text('text,label\n"one,\ntwo",a\n')
    assert rows(LabelledReader().read(file)) == [("one,\ntwo", ("a",))]


def test_a_folder_has_a_folder_for_each_label_and_files_may_be_packed(tmp_path: Path) -> None:
    for label, text in (("a", "one\ntwo"), ("b", "three")):
        (tmp_path / label).mkdir()
        (tmp_path / label / "1.txt.gz").write_bytes(gzip.compress(text.encode()))
    assert rows(LabelledReader().read(tmp_path)) == [("one two", ("a",)), ("three", ("b",))]


def test_hidden_files_and_folders_are_no_texts(tmp_path: Path) -> None:
    for name in ("a/1.txt", "b/c/2.txt", "a/.1.txt.swp", "b/.git/config", ".git/config", "b/.DS_Store", "notes.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    assert rows(LabelledReader().read(tmp_path)) == [("a/1.txt", ("a",)), ("b/c/2.txt", ("b",))]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.txt", "no label here\n", ["a.txt:1", "no label", "__label__NAME"]),
        ("a.txt", "__label__a one\n__label__b \n", ["a.txt:2", "'b'", "empty text"]),
        ("a.txt", "", ["a.txt", "holds no text"]),
        ("a.csv", "text,kind\nx,y\n", ["a.csv", "no column 'label'", "text, kind"]),
        ("a.csv", "text,label\nx,\n", ["a.csv:2", "no label", "'label'"]),
        ("a.csv", "text,label\n,y\n", ["a.csv:2", "'y'", "empty text"]),
        ("a.csv", 'text,label\n"x\n",y\nz,\n', ["a.csv:4", "no label"]),
        ("a.csv", "text,label\nbad film, really,b\n", ["a.csv:2", "3 fields", "2 were expected"]),
        ("a.tsv", "text\tlabel\tn\nx\ty\n", ["a.tsv:2", "2 fields", "3 were expected"]),
        ("a.csv", "n,text,text,label\n1,a,b,c\n", ["a.csv:1", "'text' occurs 2 times"]),
        ("a.csv", 'text,label\nx,y\n"a,x\nb,y\n"c,x\nd,y\n', ["a.csv:3", "cannot be read as csv"]),
        ("a.csv", 'text,label\nx,y\n"a,x\nb,y\n', ["a.csv:3", "cannot be read as csv"]),
        ("a.csv", 'text,label\n"x"y,a\n', ["a.csv:2", "cannot be read as csv"]),
        ("a.txt", "__label__a x\n__label__ a y\n", ["a.txt:2", "'__label__' without a name"]),
    ],
)
def test_what_is_wrong_is_named_with_file_and_line(tmp_path: Path, name: str, content: str, words: list[str]) -> None:
    file = tmp_path / name
    file.write_text(content)
    with pytest.raises(ValueError, match="a\\.") as error:
        LabelledReader().read(file)
    assert all(word in str(error.value) for word in words), str(error.value)


def test_the_place_of_a_row_is_its_first_line_and_quotes_are_literal_in_tsv() -> None:
    rows_of_csv = list(LabelledReader().parse('text,label\n"one\ntwo",a\n\nx "y",b\n', "a.csv"))
    assert [(one.text, one.place) for one in rows_of_csv] == [("one\ntwo", "a.csv:2"), ('x "y"', "a.csv:5")]
    assert rows(LabelledReader().parse('text\tlabel\n"x\ty\n', "a.tsv")) == [('"x', ("y",))]


def test_a_folder_without_a_name_is_no_label(tmp_path: Path) -> None:
    (tmp_path / " ").mkdir()
    (tmp_path / " " / "1.txt").write_text("x")
    with pytest.raises(ValueError, match=r"1\.txt: the folder's name ' ' is not a label"):
        LabelledReader().read(tmp_path)


@pytest.mark.parametrize("weight", ["-1", "１", "1_0", "nan", "", "1e39", "1e300"])
def test_a_weight_that_is_no_number_from_0_to_1e18_is_refused(tmp_path: Path, weight: str) -> None:
    file = tmp_path / "a.csv"
    file.write_text(f"text,label,w\nx,y,{weight}\n")
    with pytest.raises(ValueError, match=rf"a\.csv:2: weight '{weight}'"):
        LabelledReader(weight="w").read(file)


def test_weights_are_read_as_numbers(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("text,label,w\nx,y,1e+003\nx,z,5e-324\n")
    assert [one.weight for one in LabelledReader(weight="w").read(file)] == [1000.0, 5e-324]


def test_one_label_is_too_few_and_repeats_are_dropped() -> None:
    texts = list(LabelledReader().parse("__label__a x\n__label__a x\n__label__b x\n", "a.txt"))
    assert check_labels(texts, "a.txt") == ["a", "b"]
    assert rows(distinct(texts)) == [("x", ("a",)), ("x", ("b",))]
    with pytest.raises(ValueError, match=r"a\.txt: 2 texts with only 'a'"):
        check_labels(texts[:2], "a.txt")
