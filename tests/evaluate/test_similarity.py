"""Rated word pairs: read in every format, and the same scores as gensim on the same input."""

import numpy as np
import pytest
from gensim.models import KeyedVectors
from hypothesis import given, settings
from hypothesis import strategies as st

from align.catalogue import fetch
from align.evaluate.similarity import RatedPairs, read_rated_pairs, similarity
from align.evaluate.suite import PAIRS, pair_set
from align.files import load
from align.space import Space
from align.text.units import HashedNgrams
from align.text.vocab import Vocab


def space(words, vectors, name="small"):
    return Space(Vocab(words), np.asarray(vectors, np.float32), name=name)


def peer_of(one):
    peer = KeyedVectors(one.dim)
    peer.add_vectors(list(one.vocab.words), np.array(one.vectors))
    return peer


@pytest.fixture(scope="module")
def mixed():
    """A space with some words in two cases, with vectors of different lengths."""
    rng = np.random.default_rng(1)
    words = [f"word{i}" for i in range(40)] + [f"Word{i}" for i in range(20, 60)] + ["WORD0", "word41"]
    return space(words, rng.normal(size=(len(words), 8)) * rng.uniform(0.1, 9, size=(len(words), 1)))


@pytest.mark.parametrize("fold", [True, False])
@pytest.mark.parametrize("limit", [None, 50])
def test_the_same_numbers_as_gensim(mixed, tmp_path, fold, limit):
    rng = np.random.default_rng(2)
    rows = [(f"word{i}", f"Word{j}", rng.integers(0, 20) / 2) for i, j in rng.integers(0, 70, size=(330, 2)) if i != j]
    file = tmp_path / "pairs.tsv"
    file.write_text("# two words, a judgement\n" + "".join(f"{a}\t{b}\t{score}\n" for a, b, score in rows))
    ours = similarity(mixed if limit is None else mixed.restrict(limit), read_rated_pairs(file), fold_case=fold)
    pearson, spearman, outside = peer_of(mixed).evaluate_word_pairs(
        str(file), case_insensitive=fold, restrict_vocab=limit or 300_000
    )
    assert ours.total == len(rows)
    assert 10 < ours.covered < len(rows) - 20
    assert ours.pearson.value == pytest.approx(pearson.statistic, abs=1e-5)
    assert ours.spearman.value == pytest.approx(spearman.statistic, abs=1e-5)
    assert 100 * (1 - ours.covered / ours.total) == pytest.approx(outside)


@pytest.mark.real
@pytest.mark.parametrize("name", PAIRS["en"])
def test_the_same_numbers_as_gensim_on_real_vectors(name):
    glove = load(fetch("glove-6b-50"), limit=20_000)
    ours = similarity(glove, *pair_set(name))
    pearson, spearman, outside = peer_of(glove).evaluate_word_pairs(str(fetch(name)))
    assert ours.pearson.value == pytest.approx(pearson.statistic, abs=1e-5)
    assert ours.spearman.value == pytest.approx(spearman.statistic, abs=1e-5)
    assert 100 * (1 - ours.covered / ours.total) == pytest.approx(outside)


def test_unseen_words_are_left_out_and_named():
    small = space(["a", "b", "c"], [[1, 0], [1, 1], [0, 2]])
    pairs = RatedPairs("p", (("a", "b"), ("a", "x"), ("y", "x"), ("c", "a")), np.array([3.0, 1, 2, 0]))
    found = similarity(small, pairs)
    assert (found.covered, found.total, found.unseen) == (2, 4, ("x", "y"))
    np.testing.assert_array_equal(found.human, [3, 0])
    np.testing.assert_allclose(found.cosines, [np.sqrt(0.5), 0], atol=1e-7)
    score = found.spearman
    assert (score.name, score.value, score.covered, score.total) == ("p", pytest.approx(1), 2, 4)


def test_equal_words_are_tied_whatever_rounding_says():
    rng = np.random.default_rng(0)
    words = [f"w{i}" for i in range(200)]
    same = RatedPairs("p", tuple((word, word) for word in words), np.arange(200.0))
    assert set(similarity(space(words, rng.normal(size=(200, 7))), same).cosines) == {1.0}


def test_a_pair_with_a_vector_of_zeros_is_not_covered():
    pairs = RatedPairs("p", (("a", "b"), ("b", "b")), np.ones(2))
    found = similarity(space(["a", "b"], [[0, 0], [1, 2]]), pairs)
    assert (found.cosines.tolist(), found.covered, found.total) == ([1], 1, 2)


def test_case_is_folded_to_the_most_frequent_word():
    cased = space(["Turkey", "turkey", "Bird"], [[1, 0], [0, 1], [0, 1]])
    pairs = RatedPairs("p", (("turkey", "bird"),), np.ones(1))
    assert similarity(cased, pairs).cosines.tolist() == [0]
    assert similarity(cased, pairs, fold_case=False).covered == 0


def test_a_space_without_any_pair_has_no_coefficient():
    found = similarity(space(["a"], [[1, 0]]), RatedPairs("p", (("x", "y"),), np.ones(1)))
    told = found.as_json(seed=0)
    assert (told["covered"], told["total"], told["unseen"]) == (0, 1, 2)
    assert told["spearman"] is None
    assert told["intervals"] == {"spearman": [None, None], "pearson": [None, None]}


def test_intervals_enclose_the_coefficients(mixed):
    words = mixed.vocab.words
    pairs = RatedPairs("p", tuple((words[i], words[i + 1]) for i in range(70)), np.arange(70.0))
    found = similarity(mixed, pairs, fold_case=False)
    ends = found.intervals(seed=3)
    assert ends.pearson.low < found.pearson.value < ends.pearson.high
    assert ends.spearman.low < found.spearman.value < ends.spearman.high
    assert found.as_json(seed=3)["intervals"]["spearman"] == list(ends.spearman)


def test_a_vector_that_is_not_finite_is_named():
    broken = space(["a", "b", "c"], [[1, 0], [np.nan, 1], [1, 1]])
    with pytest.raises(ValueError, match="small: the cosine of 'c' and 'b' is not a number"):
        similarity(broken, RatedPairs("p", (("a", "c"), ("c", "b")), np.ones(2)))


FORMATS = {
    "wordsim": "# The WordSimilarity-353\n# Word 1\tWord 2\tHuman (mean)\nlove\tsex\t6.77\ntiger\ttiger\t10.00\n",
    "wordsim with commas": "Word 1,Word 2,Human (mean)\nlove,sex,6.77\ntiger,tiger,10.00\n",
    "simlex": "word1\tword2\tPOS\tSimLex999\tconc(w1)\nlove\tsex\tN\t6.77\t2.72\ntiger\ttiger\tA\t10\t2.64\n",
    "men": "love sex 6.770\r\ntiger tiger 10.0\r\n",
    "rare words": "love\tsex\t6.77\t6\t7\t8\t0\ntiger\ttiger\t10.00\t10\t10\t10\t10",
    "RG-65": "love\t\tsex\t\t6.77\ntiger\t\ttiger\t\t10.00",
    "ratings of each rater": "Word 1,Word 2,Human (mean),1,2\nlove,sex,6.77,6,7\ntiger,tiger,10,10,10\n",
    "a year before the score": "word1,word2,year,score\nlove,sex,1999,6.77\ntiger,tiger,2004,10\n",
    "quotation marks": '"word1","word2","score"\n"love", "sex",6.77\n"tiger",tiger,"10"\n',
    "simverb": "love\tsex\tV\t6.77\tNONE\ntiger\ttiger\tV\t10\tNONE\n",
    "white space": "\ufeff love\t sex\t 6.77 \n\n \ntiger \ttiger\t1e1\n",
}


@pytest.mark.parametrize("kind", FORMATS)
def test_every_format_is_read(kind, tmp_path):
    file = tmp_path / "pairs.txt"
    file.write_bytes(FORMATS[kind].encode())
    pairs = read_rated_pairs(file)
    assert pairs.name == "pairs.txt"
    assert pairs.words == (("love", "sex"), ("tiger", "tiger"))
    assert pairs.human.tolist() == [6.77, 10]


def test_a_quoted_word_may_have_a_comma(tmp_path):
    file = tmp_path / "pairs.csv"
    file.write_text('"ice, cream",cake,7\n')
    assert read_rated_pairs(file).words == (("ice, cream", "cake"),)


def test_chinese_is_simplified(tmp_path):
    file = tmp_path / "pairs.txt"
    file.write_text("國王\t王后\t4.5\n馬\t 驢\t3\n", "utf-8")
    assert read_rated_pairs(file, name="mine").words == (("国王", "王后"), ("马", "驴"))


@pytest.mark.parametrize(
    ("content", "where"),
    [
        (b"a\tb\t1\na\tb\n", ":2: 'a.tb' is not two words and a number"),
        (b"a\tb\tc\nd\te\tf\n", ":1: .* is not two words and a number, nor a heading"),
        (b"a\tb\tnan\na\tb\t1\n", ":1: .* is not two words and a number"),
        (b"a\tb\t1\na\tb\tinf\n", ":2: "),
        (b"king\tqueen\t7,35\t1\n", ":1: .* has no rating in column 4"),
        (b"king\tqueen\tNaN\t10\n", ":1: .* has no rating in column 4"),
        (b"a\tb\t1\t2\nking\tqueen\tN/A\t10\n", ":2: .* has no rating in column 3"),
        (b"a\tb\tN\t2\nking\tqueen\t8\t10\n", ":2: .* has no rating in column 4"),
        (b"word1,word2,score\nking,queen,7,35\n", ":2: .* has 4 columns; 3 were expected"),
        (b"a,b,7\nking,queen,7,35\n", ":2: .* has 4 columns; 3 were expected"),
        (b"word1,word2,year,women\nking,queen,1999,7\n", ":2: 2 columns hold numbers"),
        (b"word1,word2,score,similarity\nking,queen,1,7\n", ":1: the columns 'score', 'similarity' may all hold"),
        (b"id,word1,word2,score\n1,king,queen,7\n", ":1: 'word2' in a later column"),
        (b'"king,queen,7\n', ":1: .* cannot be read as csv"),
        (b'"king"s,queen,7\n', ":1: .* cannot be read as csv"),
        (b"a\t\t3\n", ":1: "),
        (b": capital\nAthens Greece Oslo Norway\n", ":1: ': capital'"),
        (b"a b 1\n\xff b 2\n", ":2: byte 0xff is not UTF-8"),
        (b"word1\tword2\tscore\n", "holds no pair"),
        (b"", "holds no pair"),
    ],
)
def test_a_bad_file_is_refused_with_its_line(content, where, tmp_path):
    file = tmp_path / "pairs.tsv"
    file.write_bytes(content)
    with pytest.raises(ValueError, match=where) as caught:
        read_rated_pairs(file)
    assert str(caught.value).startswith(str(file))


@given(st.binary(max_size=120))
@settings(max_examples=100, deadline=None)
def test_any_bytes_are_read_or_refused(tmp_path_factory, content):
    file = tmp_path_factory.mktemp("p") / "pairs.tsv"
    file.write_bytes(content)
    refusal = ""
    try:
        assert len(read_rated_pairs(file))
    except ValueError as error:
        refusal = str(error)
    assert not refusal or (refusal.startswith(str(file)) and "\n" not in refusal)


@pytest.mark.parametrize(("human", "message"), [([1.0], "1 pairs|2 pairs but 1"), ([1.0, np.inf], "not a finite")])
def test_pairs_keep_their_ratings(human, message):
    with pytest.raises(ValueError, match=message):
        RatedPairs("p", (("a", "b"), ("c", "d")), np.array(human))


def test_pairs_in_another_encoding_are_read(tmp_path):
    file = tmp_path / "pairs.tsv"
    file.write_bytes("国王\t王后\t7\n".encode("gb18030"))
    with pytest.raises(ValueError, match="1: byte 0xb9 is not UTF-8"):
        read_rated_pairs(file)
    assert read_rated_pairs(file, encoding="gb18030").words == (("国王", "王后"),)


def test_vectors_of_unseen_words_are_built_where_the_space_has_ngrams() -> None:
    table = np.random.default_rng(0).normal(size=(50, 3)).astype(np.float32)
    vectors = np.random.default_rng(1).normal(size=(2, 3)).astype(np.float32)
    made = Space(Vocab(["king", "horse"]), vectors, HashedNgrams(table, 3, 4))
    pairs = RatedPairs("p", (("king", "kings"), ("horse", "king"), ("horses", "kings"), ("x", "king")), np.arange(4.0))
    found = similarity(made, pairs)
    cosines = [made.similarity(*pair) for pair in pairs.words[:3]]
    np.testing.assert_allclose(found.cosines, [*cosines, made.similarity("x", "king")], rtol=1e-5)
    assert (found.covered, found.unseen, found.built) == (4, (), ("kings", "horses", "x"))
    assert found.as_json(seed=0)["built"] == 3
    plain = similarity(made, pairs, build=False)
    assert (plain.covered, plain.unseen, plain.built) == (1, ("kings", "horses", "x"), ())
