"""Documents: transport against scipy's linear programme and gensim, bounds, pruned search against a full one."""

from itertools import pairwise

import jax.numpy as jnp
import numpy as np
import pytest
from scipy.optimize import linprog
from scipy.spatial.distance import cdist
from scipy.special import logsumexp

from align.meaning.documents.bags import bags_of, documents_of
from align.meaning.documents.entropic import entropic_distances, nearest_by_entropic, sinkhorn
from align.meaning.documents.flow import travels
from align.meaning.documents.measures import (
    MEASURES,
    DocumentMeasure,
    background_statistics,
    distances,
    frequency_statistics,
    nearest_documents,
    statistics_of,
    weighted,
)
from align.meaning.documents.nearest import nearest_by_mover, nearest_rows
from align.meaning.documents.relaxed import centroid_distances, relaxations, relaxed_distances
from align.meaning.documents.transport import mover_distances, word_distances
from align.meaning.documents.weighting import heaviest, inverse_document_frequencies, text_rank, weigh
from align.space import Space
from align.text.vocab import Vocab

VOCABULARY = 120


@pytest.fixture(scope="module")
def space():
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(8, 10))
    vectors = centres[rng.integers(0, 8, VOCABULARY)] + 0.7 * rng.normal(size=(VOCABULARY, 10))
    return Space(Vocab([f"w{i}" for i in range(VOCABULARY)]), vectors.astype(np.float32), name="made")


def texts(count, seed, longest=14):
    rng = np.random.default_rng(seed)
    return [[f"w{i}" for i in rng.zipf(1.4, rng.integers(1, longest)) % VOCABULARY] for _ in range(count)]


@pytest.fixture(scope="module")
def sides(space):
    return bags_of(documents_of(space, texts(6, 1))), bags_of(documents_of(space, texts(40, 2)))


def programme(space, left, right):
    """The Word Mover's Distance as a linear programme over plain dictionaries."""

    def masses(text):
        return {word: text.count(word) / len(text) for word in dict.fromkeys(text)}

    a, b = masses(left), masses(right)
    unit = {word: space[word].astype(float) / np.linalg.norm(space[word].astype(float)) for word in {*a, *b}}
    costs = np.array([[np.linalg.norm(unit[i] - unit[j]) for j in b] for i in a])
    rows = np.kron(np.eye(len(a)), np.ones(len(b)))
    columns = np.kron(np.ones(len(a)), np.eye(len(b)))
    found = linprog(costs.ravel(), A_eq=np.vstack([rows, columns]), b_eq=[*a.values(), *b.values()])
    return found.fun


def test_the_distance_is_that_of_a_linear_programme(space, sides):
    expected = [[programme(space, x, y) for y in texts(40, 2)[:12]] for x in texts(6, 1)]
    found = mover_distances(sides[0], sides[1].take(range(12)))
    np.testing.assert_allclose(found, expected, atol=1e-6)
    np.testing.assert_array_equal(found, mover_distances(sides[0], sides[1].take(range(12)), threads=1))


def test_the_distance_is_gensims(space, sides):
    from gensim.models import KeyedVectors

    vectors = KeyedVectors(space.dim)
    vectors.add_vectors(list(space.vocab.words), space.vectors)
    pairs = [(i, j) for i in range(6) for j in range(40) if set(texts(6, 1)[i]) != set(texts(40, 2)[j])]
    expected = [vectors.wmdistance(texts(6, 1)[i], texts(40, 2)[j]) for i, j in pairs]
    found = mover_distances(*sides)
    np.testing.assert_allclose([found[pair] for pair in pairs], expected, atol=1e-6)


def test_the_distance_does_not_depend_on_blocks_and_strips(sides, monkeypatch):
    empty = bags_of(documents_of(sides[0].space, [[], ["w3"], [], ["w4", "w5"]]))
    whole, gaps = mover_distances(*sides), mover_distances(empty, sides[1])
    assert np.isnan(gaps[[0, 2]]).all()
    monkeypatch.setattr("align.meaning.documents.transport._CELLS", 100)
    monkeypatch.setattr("align.meaning.documents.transport._FEW_STRIPS", 0)
    np.testing.assert_allclose(mover_distances(*sides), whole, atol=1e-6)
    np.testing.assert_allclose(mover_distances(empty, sides[1]), gaps, atol=1e-6)


@pytest.mark.parametrize("shape", [(0, 4), (0, 9000), (1, 1), (48, 50), (90, 300), (2000, 300)])
def test_word_distances_are_scipys(shape):
    x, y = (np.random.default_rng(seed).normal(size=(n, 30)) for seed, n in enumerate(shape))
    x, y = (side / np.linalg.norm(side, axis=1, keepdims=True) for side in (x, y))
    np.testing.assert_allclose(word_distances(x, y), cdist(x, y), atol=1e-7)


def test_it_is_a_metric_on_documents_of_one_space(sides):
    found = mover_distances(sides[1], sides[1])
    np.testing.assert_allclose(np.diag(found), 0.0, atol=1e-9)
    np.testing.assert_allclose(found, found.T, atol=1e-6)
    assert (found[:, None, :] <= found[:, :, None] + found[None] + 1e-6).all()


def test_relaxations_are_those_of_two_loops(space, sides):
    x, y = sides
    found = relaxations(x, y)
    for i in range(len(x)):
        for j in range(0, len(y), 7):
            (one, a), (other, b) = x[i], y[j]
            costs = np.linalg.norm(space.unit[one][:, None].astype(float) - space.unit[other], axis=2)
            assert found.from_x[i, j] == pytest.approx(a @ costs.min(axis=1), abs=1e-5)
            assert found.from_y[i, j] == pytest.approx(b @ costs.min(axis=0), abs=1e-5)


def test_relaxations_do_not_depend_on_the_block(sides, monkeypatch):
    whole = relaxed_distances(*sides)
    monkeypatch.setattr("align.meaning.documents.relaxed._CELLS", 100)
    np.testing.assert_allclose(relaxed_distances(*sides), whole, atol=1e-6)


def test_bounds_are_below_the_distance(sides):
    exact = mover_distances(*sides)
    assert (relaxed_distances(*sides) <= exact + 1e-5).all()
    assert (centroid_distances(*sides) <= exact + 1e-9).all()


def test_entropic_costs_tend_to_the_distance_from_above(sides):
    exact = mover_distances(*sides)
    near, far = (entropic_distances(*sides, epsilon=epsilon, iterations=1000) for epsilon in (0.05, 0.3))
    assert (near >= exact - 5e-3).all()
    assert np.abs(near - exact).mean() < 0.5 * np.abs(far - exact).mean()


@pytest.mark.parametrize("epsilon", [0.3, 0.05, 0.001])
@pytest.mark.parametrize("iterations", [1, 20, 60])
def test_entropic_costs_are_those_of_the_log_domain(epsilon, iterations):
    rng = np.random.default_rng(0)
    costs = np.concatenate([rng.uniform(0, 2, (5, 8, 8)), 2.0 * rng.integers(0, 2, (5, 8, 8))])
    a, b = (mass / mass.sum(axis=1, keepdims=True) for mass in rng.gamma(0.3, size=(2, 10, 8)) + 1e-6)
    f, g = np.zeros_like(a), np.zeros_like(b)
    for _ in range(iterations):
        f = np.log(a) - logsumexp(g[:, None, :] - costs / epsilon, axis=2)
        g = np.log(b) - logsumexp(f[:, :, None] - costs / epsilon, axis=1)
    expected = (np.exp(f[:, :, None] + g[:, None, :] - costs / epsilon) * costs).sum(axis=(1, 2))
    arrays = [jnp.asarray(array, jnp.float32) for array in (a, b, costs, epsilon)]
    found = sinkhorn(*arrays, iterations=iterations, cycle=25 if epsilon >= 0.05 else 1)
    np.testing.assert_allclose(found, expected, atol=1e-5 + 1e-7 / epsilon)


@pytest.mark.parametrize("k", [1, 3, 40, 99])
def test_pruned_entropic_search_is_full_search(sides, k, monkeypatch):
    monkeypatch.setattr("align.meaning.documents.entropic._CHUNK", 8)
    found = nearest_by_entropic(*sides, k)
    ids, values = nearest_rows(entropic_distances(*sides), k)
    np.testing.assert_array_equal(found.ids, ids)
    np.testing.assert_allclose(found.distances, values, atol=1e-5)
    assert k > 3 or found.solved.mean() < 30


@pytest.mark.parametrize("search", [nearest_by_entropic, nearest_by_mover])
def test_no_document_is_near_an_empty_one(space, search):
    some, empty = (bags_of(documents_of(space, side)) for side in (texts(3, 1), [[], ["unknown"]]))
    for queries, collection in ((some, empty), (empty, some), (empty, empty)):
        done: list[int] = []
        found = search(queries, collection, 2, advance=done.append)
        assert (found.ids == -1).all()
        assert np.isnan(found.distances).all()
        assert sum(done) == len(queries)


@pytest.mark.parametrize("k", [1, 3, 40, 99])
def test_pruned_search_is_full_search(sides, k):
    x, y = sides
    found = nearest_by_mover(x, y, k)
    ids, values = nearest_rows(mover_distances(x, y), k)
    np.testing.assert_array_equal(found.ids, ids)
    np.testing.assert_allclose(found.distances, values, atol=1e-12)


def test_pruned_search_solves_few_problems(space):
    x, y = (bags_of(documents_of(space, texts(n, seed, longest=40))) for n, seed in ((5, 3), (400, 4)))
    assert nearest_by_mover(x, y, 3).solved.mean() < 120


def test_two_spaces_share_no_words_but_a_common_space(space):
    """The same vectors for other words: distances do not change, and words with equal vectors have distance 0."""
    other = Space(Vocab([f"词{i}" for i in range(VOCABULARY)]), space.vectors, name="other")
    x = bags_of(documents_of(space, texts(4, 5)))
    y = bags_of(documents_of(space, texts(9, 6)))
    chinese = bags_of(documents_of(other, [[word.replace("w", "词") for word in text] for text in texts(9, 6)]))
    np.testing.assert_allclose(mover_distances(x, chinese), mover_distances(x, y), atol=2e-3)
    np.testing.assert_array_equal(
        nearest_by_mover(x, chinese, 9).distances, nearest_rows(mover_distances(x, chinese), 9)[1]
    )
    for name in ("tf-idf", "bag-of-words"):
        with pytest.raises(ValueError, match="which two languages do not share"):
            distances(x, chinese, DocumentMeasure(name))


def test_an_empty_document_has_no_distance_and_is_never_near(space):
    x = bags_of(documents_of(space, [["w1"], ["zebra"], ["w2", "w3"]]))
    for name in MEASURES:
        if name != "sif":
            found = distances(x, x, DocumentMeasure(name))
            assert np.isnan(found[1]).all(), name
            assert np.isnan(found[:, 1]).all(), name
            assert np.isfinite(found[[0, 0, 2], [0, 2, 2]]).all(), name
            near = nearest_documents(x, x, 3, DocumentMeasure(name))
            assert nearest_documents(x.take(range(0)), x, 3, DocumentMeasure(name)).ids.shape == (0, 3)
            with pytest.raises(ValueError, match="k 0"):
                nearest_documents(x, x, 0, DocumentMeasure(name))
            assert near.ids[1].tolist() == [-1, -1, -1], name
            assert near.ids[0].tolist()[2] == -1, name
            assert near.ids[0].tolist()[0] == 0, name


def test_words_that_travel_add_up_to_the_distance(space, sides):
    x, y = sides
    for i, j in ((0, 0), (3, 8)):
        found = travels(x, i, y, j)
        assert sum(one.cost for one in found) == pytest.approx(mover_distances(x, y)[i, j], abs=1e-6)
        assert sum(one.mass for one in found) == pytest.approx(1.0)
        assert [one.cost for one in found] == sorted((one.cost for one in found), reverse=True)
        assert {one.word for one in found} == set(texts(6, 1)[i])
        assert {one.to for one in found} == set(texts(40, 2)[j])
    with pytest.raises(ValueError, match="document 1 has no word"):
        travels(bags_of(documents_of(space, [["zebra"]])), 0, y, 0)


def test_the_worked_example_of_kusner_et_al():
    """Obama speaks ... : each content word goes to its counterpart, and the other sentence is farther."""
    words = [
        "obama",
        "president",
        "speaks",
        "greets",
        "media",
        "press",
        "illinois",
        "chicago",
        "band",
        "gave",
        "concert",
        "japan",
    ]
    rng = np.random.default_rng(0)
    topics = np.eye(8)[[0, 0, 1, 1, 2, 2, 3, 3, 4, 5, 6, 7]]
    space = Space(Vocab(words), (topics + 0.1 * rng.normal(size=(12, 8))).astype(np.float32))
    x = bags_of(documents_of(space, [["obama", "speaks", "media", "illinois"]]))
    y = bags_of(
        documents_of(space, [["president", "greets", "press", "chicago"], ["band", "gave", "concert", "japan"]])
    )
    found = {(one.word, one.to) for one in travels(x, 0, y, 0)}
    assert found == {("obama", "president"), ("speaks", "greets"), ("media", "press"), ("illinois", "chicago")}
    near, far = mover_distances(x, y)[0]
    assert near < far / 2


def test_cosine_measures_against_scikit_learn(space):
    from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
    from sklearn.metrics.pairwise import cosine_distances

    one, other = texts(12, 7), texts(15, 8)
    made = [documents_of(space, side) for side in (one, other)]
    statistics = statistics_of(*made)
    lines = [" ".join(text) for text in (*one, *other)]
    for name, vectoriser in (("tf-idf", TfidfVectorizer()), ("bag-of-words", CountVectorizer())):
        measure = DocumentMeasure(name)
        x, y = (weighted(side, measure, statistics) for side in made)
        rows = vectoriser.fit_transform(lines)
        np.testing.assert_allclose(distances(x, y, measure), cosine_distances(rows[:12], rows[12:]), atol=1e-9)
    x, y = (weighted(side, DocumentMeasure("cosine"), statistics) for side in made)
    means = [[np.mean([space.unit[int(word[1:])] for word in text], axis=0) for text in side] for side in (one, other)]
    np.testing.assert_allclose(distances(x, y, DocumentMeasure("cosine")), cosine_distances(*means), atol=1e-5)


def test_sif_removes_the_common_component(space):
    one, other = (documents_of(space, texts(n, seed)) for n, seed in ((12, 7), (15, 8)))
    measure, statistics = DocumentMeasure("sif"), statistics_of(one, other)
    x, y = (weighted(side, measure, statistics) for side in (one, other))
    p = statistics.probabilities
    rows = []
    for bags in (x, y):
        for i in range(len(bags)):
            ids, weights = bags[i]
            documents = one if bags is x else other
            tokens = documents.tokens[documents.starts[i] : documents.starts[i + 1]]
            plain = np.array([np.sum(tokens == word) * 1e-3 / (1e-3 + p[word]) for word in ids])
            np.testing.assert_allclose(weights, plain / plain.sum())
            rows.append(weights @ space.unit[ids].astype(float))
    component = np.linalg.svd(np.array(rows))[2][0]
    rows = np.array(rows) - np.outer(np.array(rows) @ component, component)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    np.testing.assert_allclose(distances(x, y, measure), 1 - rows[:12] @ rows[12:].T, atol=1e-5)
    with pytest.raises(ValueError, match="at least 10 are needed"):
        distances(x.take([0]), y.take([0]), measure)


def test_keywords_are_the_heaviest_words(space):
    documents = documents_of(space, [["w1", "w1", "w2", "w3", "w3", "w3", "w4"], ["w5"]])
    idf = inverse_document_frequencies(documents)
    found = weigh(documents, "keywords", idf=idf, probabilities=idf, keywords=2)
    assert [found[i][0].tolist() for i in range(2)] == [[1, 3], [5]]
    np.testing.assert_allclose(found[0][1], [0.4, 0.6])
    assert heaviest(found, 5).ids.tolist() == found.ids.tolist()
    with pytest.raises(ValueError, match="--keywords 0: must be at least 1"):
        weigh(documents, "keywords", idf=idf, probabilities=idf, keywords=0)


def test_text_rank_is_the_fixed_point_of_its_equation():
    places = np.array([0, 1, 2, 1, 3, 1, 0])
    scores = text_rank(places, 4)
    graph = np.zeros((4, 4))
    for left, right in pairwise(places):
        graph[left, right] += 1
        graph[right, left] += 1
    expected = 0.15 + 0.85 * (graph / graph.sum(axis=1, keepdims=True)).T @ scores
    np.testing.assert_allclose(scores, expected, atol=1e-4)
    assert scores.argmax() == 1
    assert text_rank(np.array([0]), 1).tolist() == pytest.approx([0.15])


def test_statistics_from_frequencies_and_from_a_background(space):
    documents = documents_of(space, [["w1", "w2"], ["w1"]])
    rare, common = frequency_statistics(documents).idf[[100, 0]]
    assert rare > common > 0
    background = background_statistics(documents)
    assert background.probabilities.sum() == pytest.approx(1.0)
    assert background.idf[1] == pytest.approx(1.0)
    assert background.idf[2] == pytest.approx(np.log(3 / 2) + 1)


def test_words_of_zeros_are_words_that_the_space_lacks(space):
    vectors = np.array(space.vectors)
    vectors[[1, 3]] = 0
    made = documents_of(Space(space.vocab, vectors), [["w1", "w2", "w3"], ["w3"], ["w5", "none", "w1", "w5"], []])
    assert (made.tokens.tolist(), made.starts.tolist(), made.unseen) == ([2, 5, 5], [0, 1, 1, 3, 3], 5)


def test_a_document_is_a_list_of_tokens(space):
    with pytest.raises(ValueError, match="the text 'w1 w2' is a string; a list of tokens was expected"):
        documents_of(space, ["w1 w2"])
