"""``align dictionary``: coverage, export, the split in a folder."""

import numpy as np
import pytest

from align.bilingual.translator import Translator
from align.files import load, save
from align.space import Space
from align.text.vocab import Vocab


@pytest.fixture
def space(tmp_path):
    save(Space(Vocab(["king", "queen", "horse"]), np.eye(3, dtype=np.float32)), tmp_path / "space.vec")
    return str(tmp_path / "space.vec")


@pytest.fixture
def align(run):
    """Run the command line in this process: (status, standard output, standard error)."""
    return run


def test_a_dictionary_is_exported_and_its_coverage_printed(align, tmp_path, space):
    pairs = tmp_path / "pairs.tsv"
    pairs.write_text("king\t國王\nhorse\t马\nzebra\t斑马\nandroid\tandroid\n")
    chinese = tmp_path / "zh.vec"
    save(Space(Vocab(["国王", "马", "android"]), np.eye(3, dtype=np.float32)), chinese)
    status, out, _ = align("dictionary", pairs, "--export", tmp_path / "made.tsv", "--exclude-latin")
    assert status == 0
    assert (tmp_path / "made.tsv").read_text() == "king\t国王\nhorse\t马\nzebra\t斑马\n"
    status, out, _ = align("dictionary", pairs, "--english", space, "--chinese", chinese)
    assert status == 0
    assert "2 of 4 source words" in out


@pytest.fixture
def pairs_and_chinese(tmp_path):
    """A dictionary and a space, both in traditional characters."""
    (tmp_path / "pairs.tsv").write_text("king\t國王\nhorse\t馬\nzebra\t斑馬\n")
    save(Space(Vocab(["國王", "馬"]), np.eye(2, dtype=np.float32)), tmp_path / "zh.vec")
    return tmp_path / "pairs.tsv", tmp_path / "zh.vec"


def test_a_traditional_space_is_simplified_before_it_is_covered(align, space, pairs_and_chinese):
    pairs, chinese = pairs_and_chinese
    status, out, _ = align("dictionary", pairs, "--english", space, "--chinese", chinese)
    assert status == 0
    assert "2 of 3 source words" in out


@pytest.mark.parametrize("named", [True, False])
def test_a_split_is_a_folder_of_three_files(align, space, pairs_and_chinese, monkeypatch, named):
    pairs, chinese = pairs_and_chinese
    options = ("--english", space, "--chinese", chinese) if named else ()
    if not named:
        monkeypatch.setattr("align.bilingual.default.ENGLISH", space)
        monkeypatch.setattr("align.bilingual.default.CHINESE", str(chinese))
    folder = pairs.parent / "new" / "cut"
    assert align("dictionary", pairs, *options, "--split", folder)[0] == 0
    assert {path.name for path in folder.iterdir()} == {"train.tsv", "test.tsv", "reverse-test.tsv"}
    parts = [(folder / f"{part}.tsv").read_text() for part in ("train", "test")]
    assert sorted("".join(parts).splitlines()) == ["horse\t马", "king\t国王"]
    assert (folder / "reverse-test.tsv").read_text() == "".join(
        "\t".join(reversed(line.split("\t"))) + "\n" for line in parts[1].splitlines()
    )
    assert align("dictionary", pairs, *options, "--split", folder)[0] == 0


def test_a_reversed_dictionary(align, tmp_path):
    (tmp_path / "zh-en.tsv").write_text("国王\tking\n")
    assert align("dictionary", tmp_path / "zh-en.tsv", "--reverse", "-o", tmp_path / "made.tsv")[0] == 0
    assert (tmp_path / "made.tsv").read_text() == "king\t国王\n"


def test_a_dictionary_of_the_catalogue_keeps_its_name(align, tmp_path, monkeypatch):
    (tmp_path / "en-zh.0-5000.txt").write_text("king 国王\n")
    monkeypatch.setattr("align.bilingual.dictionary.dictionary.resolve", lambda _: tmp_path / "en-zh.0-5000.txt")
    assert align("dictionary", "muse-en-zh-train")[1] == "muse-en-zh-train: 1 pair, 1 source word\n"


def test_a_file_is_converted_for_the_embedding_projector(align, tmp_path, space):
    status, _, said = align("convert", space, tmp_path / "p.tsv", "--limit", 2)
    assert status == 0, said
    assert (tmp_path / "p.tsv").read_text() == "1.0\t0.0\t0.0\n0.0\t1.0\t0.0\n"
    assert (tmp_path / "p.words.tsv").read_text() == "king\nqueen\n"


def test_vectors_in_another_encoding_are_converted(align, tmp_path):
    (tmp_path / "gbk.txt").write_bytes("国王 1 2\n王后 3 4\n男人 5 6\n女人 5 6\n北京 7 8\n".encode("gb18030"))
    status, _, said = align("convert", tmp_path / "gbk.txt", tmp_path / "out.vec")
    assert status == 2
    assert "gbk.txt:1: the word" in said
    assert "--encoding gb18030 may read it" in said
    assert align("convert", tmp_path / "gbk.txt", tmp_path / "out.vec", "--encoding", "gb18030")[0] == 0
    assert list(load(tmp_path / "out.vec").vocab.words) == ["国王", "王后", "男人", "女人", "北京"]
    status, _, said = align("convert", tmp_path / "gbk.txt", tmp_path / "out.vec", "--encoding", "no")
    assert (status, said) == (
        2,
        "align: --encoding no: not a text encoding; examples are utf-8, gb18030, big5, utf-16 and latin-1\n",
    )


@pytest.fixture
def translator(tmp_path):
    points = np.eye(3, dtype=np.float32)
    english, chinese = Space(Vocab(["king", "queen", "horse"]), points), Space(Vocab(["马", "国王"]), points[:2])
    Translator(english, chinese, np.zeros(3, np.float32), np.zeros(2, np.float32)).save(tmp_path / "t.align")
    return tmp_path / "t.align"


@pytest.mark.parametrize("ending", ["vec", "txt", "bin", "safetensors"])
def test_a_translator_gives_the_mapped_vectors_of_both_languages(align, tmp_path, translator, ending):
    status, _, said = align("convert", translator, "-o", tmp_path / "new", "--format", ending)
    assert status == 0, said
    english, chinese = load(tmp_path / "new" / f"en.{ending}"), load(tmp_path / "new" / f"zh.{ending}")
    assert (list(english.vocab.words), english.vectors.tolist()) == (["king", "queen", "horse"], np.eye(3).tolist())
    assert (list(chinese.vocab.words), chinese.vectors.tolist()) == (["马", "国王"], np.eye(3)[:2].tolist())


def test_a_translators_files_are_named_one_by_one(align, tmp_path, translator):
    assert align("convert", translator, "--target", tmp_path / "c.vec", "--limit", 1)[0] == 0
    assert (tmp_path / "c.vec").read_text() == "1 3\n马 1.0 0.0 0.0\n"
    for wrong in ((tmp_path / "x.vec",), (), ("-o", tmp_path / "d", "--source", tmp_path / "e.vec")):
        status, _, said = align("convert", translator, *wrong)
        assert status == 2
        assert "a translator gives two files; name a folder with -o, or --source and --target" in said


def test_outputs_of_a_vector_file_and_of_a_translator_are_not_mixed_up(align, tmp_path, space):
    assert "are for translators (.align)" in align("convert", space, "-o", tmp_path / "d")[2]
    assert "name the file to write after the source" in align("convert", space)[2]


def test_a_failing_conversion_leaves_no_folder(align, tmp_path):
    (tmp_path / "odd.vec").write_text("2 2\nking 1 2\nNew York 3 4\n")
    status, _, said = align("convert", tmp_path / "odd.vec", tmp_path / "new" / "deep" / "x.bin")
    assert status == 2
    assert "the word 'New York' cannot be written to word2vec's binary format" in said
    assert not (tmp_path / "new").exists()


def test_an_output_is_never_a_file_that_is_read(align, tmp_path, space, translator):
    words, pairs = tmp_path / "words.txt", tmp_path / "pairs.tsv"
    words.write_text("king\n")
    pairs.write_text("king\t国王\n")
    (tmp_path / "link.vec").symlink_to(space)
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    for command in (
        ("convert", space, space, "--limit", 1),
        ("convert", tmp_path / "link.vec", space, "--limit", 1),
        ("convert", space, words, "--words", words),
        ("convert", translator, "--source", words, "--words", words),
        ("dictionary", pairs, "-o", pairs),
        (
            "corpus",
            words,
            "-o",
            tmp_path / "words.corpus",
            "--language",
            "zh",
            "--dictionary",
            tmp_path / "words.corpus",
        ),
    ):
        (tmp_path / "words.corpus").write_text("king\n")
        status, _, said = align(*command)
        assert status == 2, command
        assert said.endswith(": is read by this command; the output needs another name\n")
    assert {path: path.read_bytes() for path in before} == before


def test_two_outputs_need_two_names(align, tmp_path, translator):
    status, _, said = align("convert", translator, "--source", tmp_path / "a.vec", "--target", tmp_path / "." / "a.vec")
    assert status == 2
    assert said == f"align: {tmp_path / 'a.vec'}: two outputs of this command have this name; each needs its own\n"
    assert not (tmp_path / "a.vec").exists()


def test_listed_words_that_the_space_lacks_are_named(align, tmp_path, space):
    (tmp_path / "words").write_text("zebra\nking\n")
    status, _, said = align("convert", space, tmp_path / "out.vec", "--words", tmp_path / "words")
    assert (status, said.splitlines()[0]) == (0, f"align: not in {space}: 1 word of {tmp_path / 'words'}: zebra")


def test_a_file_without_content_is_not_written(align, tmp_path, space, translator):
    (tmp_path / "words").write_text("zebra\nzebra\n")
    (tmp_path / "pairs.tsv").write_text("zebra\t斑马\n")
    out = tmp_path / "out.vec"
    for source, target in ((space, (out,)), (translator, ("--source", out))):
        status, _, said = align("convert", source, *target, "--words", tmp_path / "words")
        assert (status, said.count("\n")) == (2, 1)
        assert "has none of its 1 word\n" in said
    status, _, said = align(
        "dictionary", tmp_path / "pairs.tsv", "--english", space, "--chinese", space, "-o", tmp_path / "out.tsv"
    )
    assert (status, said) == (
        2,
        f"align: {tmp_path / 'out.tsv'}: not written, because no pair of pairs.tsv is left\n",
    )
    assert not list(tmp_path.glob("out*"))


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize(
    "command", ["near {} king", "plot {} king queen horse -o a.png", "axis {} pairs.tsv horse", "convert {} a.vec"]
)
def test_a_mapped_file_with_a_value_that_is_not_finite_is_refused(align, tmp_path, monkeypatch, value, command):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pairs.tsv").write_text("king\tqueen\n")
    vectors = np.eye(3, dtype=np.float32)
    save(Space(Vocab(["king", "queen", "horse"]), vectors), tmp_path / "a.safetensors")
    data = (tmp_path / "a.safetensors").read_bytes()
    vectors[1, 1] = value
    (tmp_path / "bad.safetensors").write_bytes(data.replace(np.eye(3, dtype=np.float32).tobytes(), vectors.tobytes()))
    status, out, said = align(*command.format("bad.safetensors").split())
    assert (status, out) == (2, "")
    assert said == "align: bad.safetensors: 'queen' has a value that is not finite; the file is damaged\n"
