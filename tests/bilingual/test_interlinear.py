"""The gloss of a sentence: phrases, where each translation comes from, columns."""

import numpy as np
import pytest
from rich.cells import cell_len

from align.bilingual.dictionary.cedict import parse_cedict
from align.bilingual.interlinear import GlossedWord, gloss, gloss_lines, listed_phrases, runs_of_words, split_phrases
from align.bilingual.translator import Translator
from align.space import Space
from align.text.tokenise import tokeniser_of
from align.text.vocab import Vocab

ENGLISH = ["the", "king", "china", "China", "rides", "new", "void"]
CHINESE = ["这", "国王", "瓷器", "中国", "骑", "新", "空"]
CEDICT = parse_cedict(
    "紐約 纽约 [Niu3 yue1] /New York/abbr. for New York City/\n"
    "紐約市 纽约市 [Niu3 yue1 shi4] /New York City; metropolis/\n"
    "參加 参加 [can1 jia1] /to join/to take part in (an event)/\n"
    "與 与 [yu4] /to take part in/\n"
    "參與 参与 [can1 yu4] /to take part in/\n"
    "馬 马 [ma3] /surname Ma/horse/CL:匹[pi3]/\n"
    "馬上 马上 [ma3 shang4] /(lit.) on horseback/at once/\n"
    "不好意思 不好意思 [bu4 hao3 yi4 si5] /to feel embarrassed; to be ill at ease/\n"
    "空 空 [kong1] /void/\n",
    "small",
)


def translator():
    """A translator in which each English word has the vector of its translation, and void has none."""
    points = np.eye(7, dtype=np.float32)
    points[-1] = 0
    return Translator(
        Space(Vocab(ENGLISH), points), Space(Vocab(CHINESE), points), np.zeros(7, np.float32), np.zeros(7, np.float32)
    )


def glossed(sentence, cedict=CEDICT):
    return [(one.word, one.translation, one.origin) for one in gloss(translator(), cedict, sentence)]


def test_each_word_has_the_best_translation_or_that_of_cedict_or_none() -> None:
    assert glossed("The king rides horses, qqqq.") == [
        ("The", "这", "translator"),
        ("king", "国王", "translator"),
        ("rides", "骑", "translator"),
        ("horses", "马", "dictionary"),
        ("qqqq", "", ""),
    ]
    assert glossed("國王騎馬") == [("国王", "king", "translator"), ("骑马", "", "")]
    assert glossed("马") == [("马", "horse", "dictionary")]
    assert glossed("horse", None) == [("horse", "", "")]


def test_a_word_whose_vector_is_zero_is_translated_by_cedict() -> None:
    assert glossed("void") == [("void", "空", "dictionary")]
    assert glossed("void", None) == [("void", "", "")]


def test_the_longest_phrase_of_cedict_is_one_word() -> None:
    assert [one[0] for one in glossed("new New York City")] == ["new", "New York City"]
    assert glossed("New York")[0] == ("New York", "纽约", "dictionary")
    assert [one[0] for one in glossed("new, York city")] == ["new", "York", "city"]
    assert glossed("很不好意思")[-1] == ("不好意思", "feel embarrassed", "dictionary")


def test_of_several_headwords_the_likeliest_is_the_translation() -> None:
    found = listed_phrases(CEDICT, [["to", "take", "part", "in", "it"]], chinese=False)
    assert found == {"take part in": "参加"}


def test_a_phrase_of_the_vocabulary_is_translated_by_the_translator() -> None:
    one = np.eye(1, dtype=np.float32)
    made = Translator(Space(Vocab(["new_york"]), one), Space(Vocab(["紐約"]), one), *np.zeros((2, 1), np.float32))
    (word,) = gloss(made, CEDICT, "New York")
    assert (word.word, word.translation, word.origin) == ("New York", "紐約", "translator")


def test_capitals_count_except_that_of_the_first_word() -> None:
    assert [one[1] for one in glossed("king China china")] == ["国王", "中国", "瓷器"]
    assert glossed("China")[0][1] == "瓷器", "the more frequent of china and China"
    assert glossed("The king") == [("The", "这", "translator"), ("king", "国王", "translator")]


def test_punctuation_ends_a_run_of_words() -> None:
    assert runs_of_words("我喜欢马，上车", tokeniser_of("zh")) == [["我", "喜欢", "马"], ["上车"]]
    assert runs_of_words('a "b c" - d', tokeniser_of("en")) == [["a"], ["b", "c"], ["d"]]


def test_split_phrases_agrees_with_every_way_of_splitting() -> None:
    """A naive search: at each place, all longer phrases are not listed."""
    rng = np.random.default_rng(0)
    for _ in range(50):
        run = [str(one) for one in rng.choice(list("abc"), 8)]
        listed = {"".join(rng.choice(list("abc"), rng.integers(2, 5))) for _ in range(6)}
        found = split_phrases(run, listed, chinese=True)
        assert "".join(found) == "".join(run)
        start = 0
        for word in found:
            assert len(word) == 1 or word in listed
            assert not [end for end in range(len(word) + 1, 7) if "".join(run[start : start + end]) in listed - {word}]
            start += len(word)


def test_columns_are_aligned_by_cells_and_wrapped() -> None:
    words = [
        GlossedWord("king", "国王", "guó wáng", False, 0.5, "translator"),
        GlossedWord("马", "horse", "mǎ", True, None, "dictionary"),
        GlossedWord("qqqq", "", "", False, None, ""),
    ]
    assert gloss_lines(words, 80) == [
        "king      马     qqqq",
        "          mǎ",
        "国王      horse  -",
        "guó wáng",
        "50.0%",
    ]
    narrow = gloss_lines(words, 15)
    assert narrow[5:] == ["", "qqqq", "-"]
    assert max(map(cell_len, narrow)) <= 15


def test_a_sentence_without_words_is_refused() -> None:
    with pytest.raises(ValueError, match="has no words"):
        gloss(translator(), CEDICT, "...")
