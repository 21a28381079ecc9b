"""Cosine similarity: its properties, scipy, and the section on a small space."""

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.spatial.distance import cosine as scipy_distance

from align.space import Space
from align.text.vocab import Vocab
from experiments.homework import cosine as part
from experiments.homework.similarity import cosine, kind_means, score_pairs
from experiments.report import Heading, Paragraph, Table
from experiments.spaces import Context
from experiments.word_lists import list_path, read_list

numbers = st.floats(-1e6, 1e6, allow_nan=False).filter(lambda x: x == 0 or abs(x) > 1e-6)
vectors = arrays(np.float64, 5, elements=numbers).filter(lambda x: bool(x.any()))


@given(vectors, vectors)
def test_range_symmetry_and_scipy(x, y):
    value = cosine(x, y)
    assert -1 <= value <= 1
    assert cosine(y, x) == value
    assert math.isclose(value, 1 - scipy_distance(x, y), abs_tol=1e-9)


@given(vectors, vectors, st.floats(1e-3, 1e3), st.floats(1e-3, 1e3))
def test_scaling_changes_nothing_and_reversal_changes_the_sign(x, y, a, b):
    assert math.isclose(cosine(a * x, b * y), cosine(x, y), abs_tol=1e-12)
    assert math.isclose(cosine(-x, y), -cosine(x, y), abs_tol=1e-12)
    assert math.isclose(cosine(x, x), 1, abs_tol=1e-12)


@given(arrays(np.float64, 4, elements=st.floats(allow_nan=False, allow_infinity=False)))
def test_no_size_of_numbers_breaks_it(x):
    assume(x.any())
    assert math.isclose(cosine(x, x), 1, abs_tol=1e-12)


@pytest.mark.parametrize(
    ("x", "y", "value"),
    [([3, 4], [4, 3], 0.96), ([1, 0], [0, 2], 0), ([1, 1], [-2, -2], -1), ([1, 0], [1, 1], math.sqrt(0.5))],
)
def test_worked_examples(x, y, value):
    assert cosine(np.array(x, np.float32), np.array(y, np.float32)) == pytest.approx(value, abs=1e-12)


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        ([0, 0], [1, 0], "zero vector"),
        ([1, 0], [0, 0], "zero vector"),
        ([np.nan, 1], [1, 0], "NaN"),
        ([np.inf, 1], [1, 0], "infinite"),
    ],
)
def test_what_has_no_cosine_is_refused(x, y, message):
    with pytest.raises(ValueError, match=message):
        cosine(np.array(x, float), np.array(y, float))


def test_vectors_of_two_lengths_are_refused():
    with pytest.raises(ValueError, match="of 2 and of 3 numbers"):
        cosine(np.ones(2), np.ones(3))


def space(language, *, name, seed=0, leave_out=()):
    """A space with the listed words of a language, synonyms near each other, and 300 words beside them."""
    rng = np.random.default_rng(seed)
    table = {}
    for kind, tongue, first, second in read_list(list_path("similarity.tsv"), 4):
        if tongue == language:
            table[first] = table.get(first, rng.normal(size=12))
            near = 0.3 if kind != "unrelated" else 5
            table.setdefault(second, table[first] + near * rng.normal(size=12))
    for word in {"en": ("awesome", "eagle", "person"), "zh": ("了不起", "鹰", "人")}[language]:
        table[word] = rng.normal(size=12)
    table |= {f"{language}{i}": rng.normal(size=12) for i in range(300)}
    for word in leave_out:
        del table[word]
    return Space(Vocab(list(table)), np.array(list(table.values()), np.float32), name=name)


def test_pairs_are_scored_by_the_cosine():
    one = score_pairs(space("en", name="small", leave_out=["sofa"]), "en", 0)
    assert one.missing == ("sofa",)
    assert len(one.pairs) == 24
    pair = next(pair for pair in one.pairs if pair.first == "good" and pair.second == "bad")
    assert pair.cosine == cosine(one.space["good"], one.space["bad"])
    means = kind_means(one)
    assert list(means) == ["synonyms", "opposites", "one kind", "one scene", "unrelated"]
    assert means["synonyms"] > 0.8 > means["unrelated"]
    assert np.array_equal(one.random, score_pairs(one.space, "en", 0).random)


def test_the_section_answers_the_sum(tmp_path):
    english, chinese = space("en", name="small"), space("zh", name="klein", leave_out=["鹰"])
    section = part.run(Context(english=english, chinese=chinese, out=tmp_path, seed=0))
    assert (tmp_path / "cosine.png").read_bytes().startswith(b"\x89PNG")
    table = next(b for b in section.blocks if isinstance(b, Table) and b.columns[0] == "rank")
    unit = english.unit.astype(float)
    a, b, c = (unit[english.vocab.index[word]] for word in ("eagle", "awesome", "person"))
    scores = unit @ (b - a + c) / np.linalg.norm(b - a + c)
    order = [english.vocab.words[i] for i in np.argsort(-scores)]
    kept = [str(row[2]).split(" (")[0] for row in table.rows]
    assert kept == order[:10]
    left_out = [word for word in order if word not in {"eagle", "awesome", "person"}][:10]
    assert [str(row[1]).split(" (")[0] for row in table.rows] == left_out
    assert section.summary[-2] == f"awesome − eagle + person = {left_out[0]} (small)"
    assert section.blocks[-2:] == (Heading("了不起 − 鹰 + 人 = ?"), Paragraph("klein does not have 鹰."))


def test_a_space_without_any_listed_word(tmp_path):
    rng = np.random.default_rng(0)
    bare = Space(Vocab([f"w{i}" for i in range(120)]), rng.normal(size=(120, 4)).astype(np.float32), name="bare")
    section = part.run(Context(english=bare, chinese=bare, out=tmp_path, seed=0))
    assert "no pair is covered" in section.summary[0]
