import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from align.bilingual.dictionary.dictionary import Coverage, Dictionary, forms, read_dictionary, write_dictionary
from align.bilingual.dictionary.split import split
from align.text.cleaning import clean
from align.text.vocab import Vocab


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("ALIGN_CACHE", str(tmp_path_factory.getbasetemp() / "bilingual-cache"))


def write(tmp_path, text, name="d.txt"):
    path = tmp_path / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def test_muse_and_tsv_files_keep_their_column_order(tmp_path):
    muse = read_dictionary(write(tmp_path, "king 國王\nking 国王\ncat  貓\n"))
    assert muse.pairs == (("king", "国王"), ("cat", "猫"))
    tsv = read_dictionary(write(tmp_path, "# en zh\n國王\tking\n紐約\tNew York\n\n#\t井\n"))
    assert tsv.pairs == (("国王", "king"), ("纽约", "New York"), ("#", "井"))
    assert tsv.name == "d.txt"


def test_mixed_spaces_and_tabs_and_windows_line_ends(tmp_path):
    path = write(tmp_path, "\ufeffking\t国王\r\ncat 猫\r\n")
    assert read_dictionary(path).pairs == (("king", "国王"), ("cat", "猫"))


def test_a_cedict_file_is_found_by_its_content(tmp_path):
    path = write(tmp_path, "# CC-CEDICT\n國王 国王 [guo2 wang2] /king/\n馬 马 [ma3] /horse/\n")
    assert read_dictionary(path).pairs == (("horse", "马"), ("king", "国王"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("king 国王\ncat\n", r"d\.txt:2: 'cat' does not have two columns"),
        ("king 国王 王\n", r"d\.txt:1: "),
        ("king\t\n", r"d\.txt:1: "),
        ("a\tb\tc\n", r"d\.txt:1: "),
        ("", r"d\.txt: contains no pair"),
        ("# only a header\n", r"d\.txt: contains no pair"),
        (b"king \xff\xfe\n", r"d\.txt:1: byte 0xff is not UTF-8"),
        ("國王 国王 [guo2 wang2] /king/\nbroken\n", r"d\.txt:2: 'broken' is not"),
    ],
)
def test_bad_files_are_refused_with_file_and_line(tmp_path, text, message):
    with pytest.raises(ValueError, match=message):
        read_dictionary(write(tmp_path, text))


@given(data=st.binary(max_size=200))
def test_any_bytes_give_pairs_or_a_value_error(tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "any.bin"
    path.write_bytes(data)
    message = ""
    try:
        assert len(read_dictionary(path)) > 0
    except ValueError as error:
        message = str(error)
    assert "\n" not in message
    assert not message or "any.bin" in message


words = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=5).filter(clean)


@settings(deadline=None)
@given(pairs=st.lists(st.tuples(words, words), min_size=1, unique=True))
def test_what_is_written_is_read_again(tmp_path_factory, pairs):
    path = tmp_path_factory.getbasetemp() / "round.tsv"
    first = Dictionary(tuple(pairs))
    write_dictionary(first, path)
    once = read_dictionary(path)
    write_dictionary(once, path)
    assert read_dictionary(path).pairs == once.pairs
    assert len(once) <= len(first)


def test_targets_reversed_and_length():
    dictionary = Dictionary((("king", "国王"), ("king", "王"), ("cat", "猫")), "d")
    assert dictionary.targets == {"king": ("国王", "王"), "cat": ("猫",)}
    assert dictionary.reversed().targets == {"国王": ("king",), "王": ("king",), "猫": ("cat",)}
    assert dictionary.reversed().reversed() == dictionary
    assert len(dictionary) == 3


def test_an_empty_word_is_refused():
    with pytest.raises(ValueError, match="d: a pair with an empty word"):
        Dictionary((("king", ""),), "d")


def test_covered_words_take_the_vocabularys_form():
    dictionary = Dictionary((("China", "中国"), ("china", "瓷器"), ("Angela", "angela"), ("cat", "狗"), ("ox", "牛")))
    lower, cased = Vocab(["china", "angela", "cat"]), Vocab(["CHINA", "China", "china", "ANGELA", "Angela"])
    target = Vocab(["牛", "中国", "瓷器", "ANGELA", "Angela"])
    assert dictionary.covered(lower, target).pairs == (
        ("china", "中国"), ("china", "瓷器"), ("angela", "ANGELA"),
    )  # fmt: skip
    assert dictionary.covered(cased, target).pairs == (
        ("China", "中国"), ("china", "瓷器"), ("Angela", "ANGELA"),
    )  # fmt: skip


def test_other_width_script_and_apostrophes_find_the_vocabularys_word():
    vocab = Vocab(["king", "o'clock", "国王", "T恤"])
    words = ["Ｋing", "o’clock", "國王", "Ｔ恤", "t恤", "马"]
    assert forms(words, vocab) == dict(zip(words, ["king", "o'clock", "国王", "T恤", "T恤"], strict=False))
    assert forms(["²", "½"], Vocab(["2", "1⁄2"])) == {}


@pytest.mark.parametrize("word", ["don’t", "cafe\u0301", "ｃｄ", "t國"])
def test_a_vocabulary_in_other_forms_is_found_in_another_case(word):
    assert forms([word.upper()], Vocab([word])) == {word.upper(): word}


def test_pairs_that_become_one_in_the_vocabulary_are_one():
    dictionary = Dictionary((("Cat", "猫"), ("cat", "猫")))
    assert dictionary.covered(Vocab(["cat"]), Vocab(["猫"])).pairs == (("cat", "猫"),)


def test_forms_are_exact_before_case_and_frequent_before_rare():
    vocab = Vocab(["Us", "us", "STRASSE"])
    assert forms(["us", "US", "straße", "no"], vocab) == {"us": "us", "US": "Us", "straße": "STRASSE"}


def test_coverage_counts_words_pairs_and_latin():
    dictionary = Dictionary((("King", "国王"), ("king", "王"), ("cat", "猫"), ("Angela", "Angela")), "d")
    coverage = dictionary.coverage(Vocab(["king", "angela"]), Vocab(["国王", "angela", "猫"]))
    assert coverage == Coverage("d", words=2, words_total=4, pairs=2, pairs_total=4, latin=1)
    assert str(coverage) == "d: 2 of 4 source words covered (50.0%), 2 of 4 pairs; 1 pair in Latin script"
    assert dictionary.without_latin().pairs == dictionary.pairs[:3]


def test_coverage_of_nothing_is_no_error():
    coverage = Dictionary(()).coverage(Vocab(["a"]), Vocab(["b"]))
    assert str(coverage).startswith("dictionary: 0 of 0 source words covered (0.0%)")


def test_a_missing_file_is_an_os_or_key_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_dictionary(tmp_path / "none.tsv")
    with pytest.raises(KeyError, match="cedict"):
        read_dictionary("cedikt")


@pytest.mark.real
def test_cedict_by_name():
    dictionary = read_dictionary("cedict")
    assert dictionary.name == "cedict"
    assert ("king", "国王") in dictionary.pairs
    assert dictionary.without_latin() == dictionary


def test_words_are_cleaned_as_texts_are_and_files_have_an_encoding(tmp_path) -> None:
    (tmp_path / "a.tsv").write_text("ki\u200bng\t國\u00ad王\ncafe\u0301\t\u202a咖啡\n", encoding="utf-8")
    assert read_dictionary(tmp_path / "a.tsv").pairs == (("king", "国王"), ("café", "咖啡"))
    (tmp_path / "b.tsv").write_bytes("king\t国王\n".encode("gb18030"))
    assert read_dictionary(tmp_path / "b.tsv", encoding="gb18030").pairs == (("king", "国王"),)
    with pytest.raises(ValueError, match=r"b.tsv:1: byte 0x\w+ is not UTF-8"):
        read_dictionary(tmp_path / "b.tsv")
    (tmp_path / "c.tsv").write_text("king\t\u200b\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"c.tsv:1: .* does not have two columns"):
        read_dictionary(tmp_path / "c.tsv")


def test_reprs_are_short() -> None:
    large = Dictionary(tuple((f"w{i}", f"v{i}") for i in range(9999)), "large")
    assert repr(large) == "Dictionary('large', 9,999 pairs of 9,999 source words)"
    assert len(repr(split(large, Vocab([f"w{i}" for i in range(9999)]), Vocab([f"v{i}" for i in range(9999)])))) < 400
