"""Analogies: against gensim on the same vectors, against a plain loop, and on a space where the answer is known."""

from functools import partial

import numpy as np
import pytest
from gensim.models import KeyedVectors
from hypothesis import given, settings
from hypothesis import strategies as st

from align import search
from align.evaluate.analogy import (
    Category,
    Question,
    accuracy,
    answers,
    nearest_to_c,
    rank_answers,
    read_questions,
    three_cos_add,
    three_cos_mul,
)
from align.retrieval import unit_rows
from align.space import Space
from align.text.units import HashedNgrams
from align.text.vocab import Vocab

LIKE_GENSIM = partial(three_cos_mul, epsilon=1e-6)


def space(words, vectors):
    return Space(Vocab(words), np.asarray(vectors, np.float32))


@pytest.fixture(scope="module")
def noisy():
    """120 words: `w{i}{j}` is root i plus form j plus noise, so that analogies work half way."""
    rng = np.random.default_rng(3)
    roots, forms = rng.normal(size=(30, 1, 16)), 1.5 * rng.normal(size=(1, 4, 16))
    vectors = (roots + forms + 0.7 * rng.normal(size=(30, 4, 16))) * rng.uniform(0.5, 2, size=(30, 4, 1))
    words = [f"w{i}{'abcd'[j]}" for i in range(30) for j in range(4)]
    return space(words, vectors.reshape(120, 16))


@pytest.fixture(scope="module")
def questions():
    return [
        Question(f"w{i}a", f"w{i}{form}", f"w{j}a", f"w{j}{form}")
        for form in "bcd"
        for i in range(0, 30, 3)
        for j in range(1, 30, 4)
        if i != j
    ]


@pytest.fixture(scope="module")
def peer(noisy):
    vectors = KeyedVectors(vector_size=noisy.dim)
    vectors.add_vectors(list(noisy.vocab.words), noisy.vectors)
    return vectors


def by_hand(vectors, a, b, c, method):
    """The score of every row, one at a time, from the formulas of the paper."""
    unit = [row / np.linalg.norm(row) for row in np.asarray(vectors, np.float64)]
    scores = []
    for x in unit:
        if method is three_cos_add:
            target = unit[b] - unit[a] + unit[c]
            scores.append(x @ target / np.linalg.norm(target))
        else:
            sa, sb, sc = ((1 + x @ unit[i]) / 2 for i in (a, b, c))
            scores.append(sb * sc / (sa + 0.001))
    return np.array(scores)


@pytest.mark.parametrize("method", [three_cos_add, three_cos_mul])
def test_scores_are_the_formulas(noisy, method):
    triples = np.array([[0, 1, 4], [9, 2, 77], [5, 5, 5]])
    made = method(noisy.unit, triples, noisy.unit)(slice(0, 3))
    for row, (a, b, c) in zip(made, triples, strict=True):
        np.testing.assert_allclose(row, by_hand(noisy.vectors, a, b, c, method), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(("method", "name"), [(three_cos_add, "most_similar"), (LIKE_GENSIM, "most_similar_cosmul")])
def test_answers_and_scores_are_those_of_gensim(noisy, peer, questions, method, name):
    for question in questions[::11]:
        ours = answers(noisy, *question[:3], 10, method=method)
        theirs = getattr(peer, name)(positive=[question.b, question.c], negative=[question.a], topn=10)
        assert [word for word, _ in ours] == [word for word, _ in theirs]
        np.testing.assert_allclose([s for _, s in ours], [s for _, s in theirs], rtol=1e-4)


def test_accuracy_is_that_of_gensim_by_category(noisy, peer, questions, tmp_path):
    file = tmp_path / "questions.txt"
    lines = ["# a comment", ": one", *(" ".join(q) for q in questions[:70]), "w0a w0b gone w9b", ""]
    file.write_text("\n".join([*lines, ": two", *(" ".join(q) for q in questions[70:])]))
    ours = accuracy(noisy, read_questions(file), fold_case=False)
    peer_file = tmp_path / "peer.txt"
    peer_file.write_text("\n".join([*lines[1:], ": two", *(" ".join(q) for q in questions[70:])]))
    total, sections = peer.evaluate_word_analogies(str(peer_file), case_insensitive=False)
    assert ours.total.value == pytest.approx(total)
    assert 0.2 < total < 0.95, "the test needs right and wrong answers"
    for score, section in zip(ours.categories, sections, strict=False):
        right, wrong = len(section["correct"]), len(section["incorrect"])
        assert (score.name, score.covered) == (section["section"], right + wrong)
        assert score.value == pytest.approx(right / (right + wrong))
    assert (ours.total.covered, ours.total.total) == (len(questions), len(questions) + 1)
    assert ours.missing == ("gone",)


@pytest.mark.parametrize("keep", [False, True])
@pytest.mark.parametrize("method", [three_cos_add, three_cos_mul, nearest_to_c])
def test_ranks_count_what_scores_higher(noisy, questions, method, keep, monkeypatch):
    monkeypatch.setattr(search, "_BLOCK_CELLS", 7 * len(noisy))
    ranked = rank_answers(noisy, questions, method=method, keep=keep)
    for rank, first, question in zip(ranked.ranks[::17], ranked.first[::17], questions[::17], strict=True):
        order = [word for word, _ in answers(noisy, *question[:3], len(noisy), method=method, keep=keep)]
        assert order[0] == first
        assert order.index(question.expected) + 1 == rank


def test_question_words_are_answers_only_with_keep():
    small = space(["man", "woman", "king", "queen"], [[1, 0, 0.1], [1, 0.2, 0.1], [1, 0, 2], [1, 0.2, 2]])
    question = [Question("man", "king", "woman", "queen")]
    assert rank_answers(small, question).ranks.tolist() == [1]
    kept = rank_answers(small, question, keep=True)
    assert kept.ranks.tolist() == [1]
    assert kept.first == ["queen"]
    near = space(["man", "woman", "king", "queen"], [[1, 0.1, 0], [1, 0, 0.1], [0, 0.1, 1], [0.5, 1, 1]])
    assert rank_answers(near, question, keep=True).first == ["king"]
    assert rank_answers(near, question).first == ["queen"]


def test_an_expected_answer_among_the_question_words_is_never_first():
    small = space(["a", "b", "c", "d"], np.eye(4))
    assert rank_answers(small, [Question("a", "b", "c", "b")]).ranks[0] > 1


def test_a_small_space_has_few_answers_and_never_a_question_word():
    small = space(
        ["man", "woman", "king", "queen", "nowhere"], [[1, 0, 0.1], [1, 0.2, 0.1], [1, 0, 2], [1, 0.2, 2], [0] * 3]
    )
    for method in (three_cos_add, three_cos_mul):
        (found,) = answers(small, "man", "king", "woman", 10, method=method)
        assert found[0] == "queen"
        assert np.isfinite(found[1])
        assert [word for word, _ in answers(small, "man", "king", "woman", method=method, keep=True)][-1] != "nowhere"
    assert answers(small.restrict(3), "man", "king", "woman") == []
    assert rank_answers(small, [Question("man", "king", "woman", "nowhere")]).ranks.tolist() == [0]


def test_ties_go_to_the_more_frequent_word():
    small = space(["a", "b", "c", "x", "y"], [[1, 0], [0, 1], [1, 1], [0, 2], [0, 1]])
    ranked = rank_answers(small, [Question("a", "b", "c", "y"), Question("a", "b", "c", "x")])
    assert ranked.ranks.tolist() == [2, 1]


def test_words_that_are_not_there():
    small = space(["a", "b", "c", "d"], np.eye(4))
    ranked = rank_answers(small, [Question("a", "b", "c", "e")])
    assert ranked.ranks.tolist() == [0]
    assert ranked.first == [""]
    got = accuracy(small, [Category("none", (Question("a", "b", "c", "e"),)), Category("empty", ())])
    assert [(s.covered, s.total) for s in (got.total, *got.categories)] == [(0, 1), (0, 1), (0, 0)]
    assert np.isnan([s.value for s in (got.total, *got.categories)]).all()
    with pytest.raises(KeyError, match="'e' is not in the vocabulary"):
        answers(small, "a", "b", "e")


def test_words_that_differ_in_case_are_one():
    cased = space(
        ["Athens", "athens", "Greece", "Oslo", "OSLO", "Norway"],
        [[1, 0.1, 0], [1, 0, 0], [1, 0, 1], [0.1, 1, 0], [0.1, 1, 0.9], [0, 1, 1]],
    )
    question = Question("athens", "greece", "oslo", "norway")
    assert rank_answers(cased, [question]).ranks.tolist() == [0]
    folded = rank_answers(cased, [question], fold_case=True)
    assert (folded.ranks.tolist(), folded.first) == ([1], ["Norway"])
    assert accuracy(cased, [Category("capitals", (question,))]).total.value == 1
    assert accuracy(cased, [Category("capitals", (question,))], fold_case=False).missing == question[1:]


def test_a_question_file_is_read_and_simplified(tmp_path):
    file = tmp_path / "q.txt"
    file.write_text("\ufeff: capital-common\r\nChina Beijing Japan Tokyo\r\n\n: 親屬\n國王 王后 男人 女人\n", "utf-8")
    assert read_questions(file) == (
        Category("capital-common", (Question("China", "Beijing", "Japan", "Tokyo"),)),
        Category("親屬", (Question("国王", "王后", "男人", "女人"),)),
    )


@pytest.mark.parametrize(
    ("content", "where"),
    [
        (b": one\na b c\n", ":2: 'a b c' has 3 words; four, a b c d, were expected"),
        (b"a b c d\n", ":1: a question before the first ': category' line"),
        (b": one\na b c d\n\xff\xfe b c d\n", ":3: byte 0xff is not UTF-8"),
        (": 一\n国王 王后 男人 女人\n".encode("gb18030"), ":2: byte 0xb9 is not UTF-8; --set-encoding gb18030 may"),
        (b": one\n", "holds no question"),
        (b"", "holds no question"),
    ],
)
def test_a_bad_question_file_is_refused_with_its_line(tmp_path, content, where):
    file = tmp_path / "q.txt"
    file.write_bytes(content)
    with pytest.raises(ValueError, match=where):
        read_questions(file)


@given(st.binary(max_size=200))
@settings(max_examples=100, deadline=None)
def test_any_bytes_are_read_or_refused(tmp_path_factory, content):
    file = tmp_path_factory.mktemp("q") / "q.txt"
    file.write_bytes(content)
    refusal = ""
    try:
        assert any(category.questions for category in read_questions(file))
    except ValueError as error:
        refusal = str(error)
    assert not refusal or (refusal.startswith(str(file)) and "\n" not in refusal)


def test_unit_length_is_not_needed_of_the_space(noisy):
    same = space(list(noisy.vocab.words), unit_rows(noisy.vectors))
    assert [w for w, _ in answers(same, "w0a", "w0b", "w1a")] == [w for w, _ in answers(noisy, "w0a", "w0b", "w1a")]


def test_questions_in_another_encoding_are_read(tmp_path):
    file = tmp_path / "q.txt"
    file.write_bytes(": 一\n国王 王后 男人 女人\n".encode("gb18030"))
    (category,) = read_questions(file, encoding="gb18030")
    assert category.questions == (Question("国王", "王后", "男人", "女人"),)


def test_a_question_word_with_a_zero_vector_is_refused():
    space = Space(Vocab(["man", "king", "woman", "queen"]), np.eye(4, dtype=np.float32) * [[0], [1], [1], [1]])
    with pytest.raises(KeyError, match="'man' has no vector"):
        answers(space, "man", "king", "woman")
    with pytest.raises(KeyError, match="'man' has no vector"):
        space.analogy("man", "king", "woman")


def test_question_words_are_built_where_the_space_has_ngrams() -> None:
    """Every word of a question but the gold answer may be unseen; answers are words of the vocabulary."""
    table = np.random.default_rng(0).normal(size=(50, 3)).astype(np.float32)
    vectors = np.random.default_rng(1).normal(size=(9, 3)).astype(np.float32)
    words = ["king", "horse", *(f"w{i}" for i in range(7))]
    made = Space(Vocab(words), vectors, HashedNgrams(table, 3, 4))
    questions = [Question("kings", "king", "horses", "horse"), Question("king", "w1", "kings", "horses")]
    ranked = rank_answers(made, questions)
    expected = [word for word, _ in answers(made, "kings", "king", "horses", 9)]
    assert ranked.ranks.tolist() == [expected.index("horse") + 1, 0]
    assert ranked.first[0] == expected[0]
    told = accuracy(made, [Category("all", tuple(questions))])
    assert (told.total.covered, told.missing, told.built) == (1, ("kings", "horses"), ("kings", "horses"))


def test_without_a_candidate_the_first_answer_is_empty():
    three = space(["man", "woman", "king"], np.eye(3))
    found = rank_answers(three, [Question("man", "woman", "king", "man")])
    assert (found.ranks.tolist(), found.first) == ([3], [""])
