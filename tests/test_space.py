"""A space: words to vectors and back, parts of it, unseen words, simplified words."""

import jaxtyping
import numpy as np
import pytest

from align.space import Space, nearest, unknown
from align.text.vocab import Vocab


class Letters:
    """Units for the test: the vector of an unseen word is its length, where it starts with x."""

    def vector(self, word: str):
        return np.full(2, len(word), np.float32) if word.startswith("x") else None


def small(words: str = "a b c d", **rest) -> Space:
    listed = words.split()
    return Space(Vocab(listed), np.arange(2 * len(listed), dtype=np.float32).reshape(-1, 2), **rest)


def test_words_find_their_rows() -> None:
    space = small()
    assert space["c"].tolist() == [4, 5]
    assert space.of(["d", "a", "d"]).tolist() == [[6, 7], [0, 1], [6, 7]]
    assert space.of([]).shape == (0, 2)
    assert (space.dim, len(space), "b" in space, "x" in space) == (2, 4, True, False)


def test_the_checks_of_shapes_are_on() -> None:
    with pytest.raises(jaxtyping.TypeCheckError):
        Space(Vocab(["a"]), np.zeros(3, np.float32))  # pyright: ignore


def space_of(vectors: np.ndarray) -> Space:
    """Returns a space of any vectors; ``Space(...)`` itself would refuse the wrong types, but in tests only."""
    space = Space(Vocab(["a", "b", "c"][: len(vectors)]), np.zeros((len(vectors), 1), np.float32))
    object.__setattr__(space, "vectors", vectors)
    space.__post_init__()
    return space


@pytest.mark.parametrize("kind", ["u1", "i1", "i8", "?", "f2"])
def test_vectors_of_other_numbers_become_float32(kind: str) -> None:
    whole = np.array([[200, 0, 7], [100, 1, 3], [0, 90, 50]]).astype(kind)
    made, expected = space_of(whole), space_of(whole.astype("f8"))
    assert made.vectors.dtype == np.float32
    assert made.similarity("a", "b") == pytest.approx(expected.similarity("a", "b"))
    assert made.most_similar("a")[0].word == expected.most_similar("a")[0].word


@pytest.mark.parametrize("vectors", [np.ones((1, 2), complex), np.array([["1", "2"]])])
def test_vectors_that_are_no_real_numbers_are_refused(vectors: np.ndarray) -> None:
    with pytest.raises(ValueError, match=r"of shape \(1, 2\); real numbers of shape \(v, d\) were expected"):
        space_of(vectors)


def test_a_vector_that_the_caller_changes_is_a_copy() -> None:
    space = small()
    vector = space["c"]
    vector -= space["d"]
    assert space["c"].tolist() == [4, 5]


def test_a_string_is_one_word_or_refused() -> None:
    space = small()
    assert len(space.restrict(words="a")) == 1
    assert "a" not in [near.word for near in space.nearest_to(space["a"], exclude="a")]
    with pytest.raises(ValueError, match="'king' is a string; a list of words was expected"):
        Vocab("king")


def test_equal_vectors_have_equal_ranks() -> None:
    rows = np.random.default_rng(0).normal(size=(60, 100)).astype(np.float32)
    space = Space(Vocab([*(f"w{i}" for i in range(60)), *(f"v{i}" for i in range(60))]), np.concatenate([rows, rows]))
    for i in range(1, 60):
        assert f"v{i}" not in space.words_closer_than("w0", f"w{i}")
        assert space.rank("w0", f"w{i}") == space.rank("w0", f"v{i}")


def test_words_and_vectors_are_as_many() -> None:
    with pytest.raises(ValueError, match="2 words but 3 vectors"):
        Space(Vocab(["a", "b"]), np.zeros((3, 2), np.float32))


def test_unseen_words_have_the_vector_of_their_units() -> None:
    space = small(units=Letters())
    assert space["xyz"].tolist() == [3, 3]
    assert space.of(["a", "xy"]).tolist() == [[0, 1], [2, 2]]
    assert space["a"].tolist() == [0, 1]
    with pytest.raises(KeyError, match="'yes' is not in the vocabulary"):
        space["yes"]


def test_an_unknown_word_is_reported_with_similar_words() -> None:
    space = small("king queen horse 国王")
    with pytest.raises(KeyError, match="'kign' is not in the vocabulary; did you mean: king"):
        space["kign"]
    assert unknown("zzz", space.vocab) == "'zzz' is not in the vocabulary"


def test_very_long_and_very_short_vectors_have_their_cosines() -> None:
    vectors = np.array([[1e38, 1e38], [1e38, -1e38], [1e-40, 1e-39], [3, 4]], np.float32)
    space = Space(Vocab(["king", "queen", "man", "ox"]), vectors)
    expected = {"ox": 7 / 50**0.5, "man": 11 / 202**0.5, "queen": 0}
    assert dict(space.most_similar("king")) == pytest.approx(expected, abs=1e-4)
    assert space.similarity("king", "man") == pytest.approx(expected["man"], abs=1e-4)


def test_unit_rows_have_length_one_and_zero_rows_stay() -> None:
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(5, 3)).astype(np.float32)
    vectors[2] = 0
    space = Space(Vocab(list("abcde")), vectors)
    lengths = np.linalg.norm(space.unit, axis=1)
    np.testing.assert_allclose(lengths, [1, 1, 0, 1, 1], rtol=1e-6)
    np.testing.assert_allclose(space.unit * np.linalg.norm(vectors, axis=1)[:, None], vectors, rtol=1e-5)
    assert space.unit.dtype == np.float32
    assert space.unit is space.unit


def test_unit_vectors_are_not_copied() -> None:
    vectors = np.eye(3, dtype=np.float32)
    assert Space(Vocab(list("abc")), vectors).unit is vectors


def test_restrict_keeps_the_order_of_the_space() -> None:
    space = Space(Vocab(list("abcd"), np.array([9, 5, 3, 1])), small().vectors, name="s")
    part = space.restrict(words=["d", "b", "nowhere", "d"])
    assert list(part.vocab) == ["b", "d"]
    assert part.vectors.tolist() == [[2, 3], [6, 7]]
    assert part.vocab.counts is not None
    assert part.vocab.counts.tolist() == [5, 1]
    assert part.name == "s"
    assert list(space.restrict(2).vocab) == ["a", "b"]
    assert list(space.restrict(1, ["d", "b"]).vocab) == []
    assert list(space.restrict(2, ["d", "b"]).vocab) == ["b"]
    assert len(space.restrict(0)) == 0
    assert len(space.restrict(99)) == 4
    assert len(space.restrict(words=[])) == 0
    assert list(space.restrict().vocab) == list("abcd")


def test_words_that_become_one_keep_the_most_frequent() -> None:
    space = Space(Vocab(["國王", "king", "国王", "马", "馬"], np.array([9, 8, 7, 6, 5])), small("a b c d e").vectors)
    simple = space.simplified()
    assert list(simple.vocab) == ["国王", "king", "马"]
    assert simple.vectors.tolist() == [[0, 1], [2, 3], [6, 7]]
    assert simple.vocab.counts is not None
    assert simple.vocab.counts.tolist() == [9, 8, 6]


def test_a_simplified_space_keeps_its_array_and_its_units() -> None:
    space = small("国王 king 马", units=Letters())
    simple = space.simplified()
    assert simple.vectors is space.vectors
    assert simple["xy"].tolist() == [2, 2]


def test_the_nearest_words_are_those_of_highest_cosine() -> None:
    rng = np.random.default_rng(1)
    space = Space(Vocab([f"w{i}" for i in range(30)]), rng.normal(size=(30, 5)).astype(np.float32))
    cosines = space.unit @ space.unit[7]
    order = [i for i in np.argsort(-cosines) if i != 7]
    found = nearest(space, "w7", 4)
    assert [near.word for near in found] == [f"w{i}" for i in order[:4]]
    np.testing.assert_allclose([near.score for near in found], cosines[order[:4]], rtol=1e-5)
    assert len(nearest(space, "w7", 99)) == 29
    assert [near.word for near in space.nearest_to(3 * space["w7"], k=1)] == ["w7"]
    assert len(space.nearest_to(space["w7"], k=40, exclude=["w1", "w2", "nowhere"])) == 28
    with pytest.raises(KeyError, match="not in the vocabulary"):
        nearest(space, "x")


def random_space(words: int = 40, dim: int = 6) -> Space:
    return Space(
        Vocab([f"w{i}" for i in range(words)]), np.random.default_rng(2).normal(size=(words, dim)).astype(np.float32)
    )


def test_similarity_and_rank_agree_with_cosines_in_float64() -> None:
    space = random_space()
    rows = space.vectors.astype(np.float64)
    units = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    cosines = units @ units[3]
    assert space.similarity("w3", "w8") == pytest.approx(cosines[8], abs=1e-6)
    assert space.rank("w3", "w8") == 1 + sum(cosines[i] > cosines[8] for i in range(40) if i not in (3, 8))
    closer = space.words_closer_than("w3", "w8")
    assert closer == [f"w{i}" for i in range(40) if i not in (3, 8) and cosines[i] > cosines[8]]
    assert space.rank("w3", space.most_similar("w3", k=1)[0].word) == 1


def test_most_similar_and_doesnt_match_agree_with_gensim() -> None:
    from gensim.models import KeyedVectors

    space = random_space()
    theirs = KeyedVectors(space.dim)
    theirs.add_vectors(list(space.vocab), space.vectors)
    for positive, negative in ((["w1"], []), (["w1", "w2"], ["w3"]), (["w4", "w5", "w6"], ["w7", "w8"]), ([], ["w9"])):
        ours = space.most_similar(positive, negative, k=7)
        expected = theirs.most_similar(positive=positive, negative=negative, topn=7)
        assert [one.word for one in ours] == [word for word, _ in expected]
        np.testing.assert_allclose([one.score for one in ours], [score for _, score in expected], atol=1e-5)
    group = ["w1", "w5", "w9", "w13"]
    assert space.doesnt_match(group) == theirs.doesnt_match(group)
    assert space.analogy("w1", "w2", "w3") == space.most_similar(["w2", "w3"], ["w1"])
    assert space.most_similar("w1") == space.most_similar(["w1"]) == nearest(space, "w1")


def test_a_zero_vector_has_no_neighbours_and_is_nobodys() -> None:
    vectors = random_space(5).vectors.copy()
    vectors[2] = 0
    space = Space(random_space(5).vocab, vectors)
    assert space.most_similar("w2") == []
    assert [one.word for one in space.most_similar("w1")].count("w2") == 0
    assert len(space.most_similar("w1")) == 3
    assert space.similarity("w1", "w2") == 0


def test_questions_without_words_are_refused() -> None:
    space = random_space(5)
    with pytest.raises(ValueError, match="no word is named"):
        space.most_similar()
    with pytest.raises(ValueError, match="k 0: must be at least 1"):
        space.most_similar("w1", k=0)
    with pytest.raises(ValueError, match="two or more words"):
        space.doesnt_match(["w1"])
    with pytest.raises(KeyError, match="'x' is not in the vocabulary"):
        space.analogy("w1", "w2", "x")


def test_words_without_a_vector_are_not_closer_and_have_no_rank():
    space = Space(Vocab(["a", "b", "z"]), np.array([[1, 0], [-1, 1], [0, 0]], np.float32))
    assert (space.words_closer_than("a", "b"), space.rank("a", "b")) == ([], 1)
    with pytest.raises(KeyError, match="'z' has no vector"):
        space.rank("z", "a")
    with pytest.raises(ValueError, match="limit -1"):
        space.restrict(-1)
