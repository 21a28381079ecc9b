import numpy as np
import pytest

from align.text.cooccurrence import Cells, Window, flat
from align.text.corpus import Corpus
from align.text.vocab import Vocab
from align.train.ppmi_svd import PPMISVD, ppmi, truncated_svd


def cells_of(table):
    row, column = np.nonzero(table)
    return Cells(row.astype(np.int32), column.astype(np.int32), table[row, column].astype(np.float32))


def brute_ppmi(table, shift, smoothing):
    """The definition, cell by cell."""
    total = table.sum()
    smoothed = [table[:, c].sum() ** smoothing for c in range(table.shape[1])]
    found = np.zeros(table.shape)
    for w in range(table.shape[0]):
        for c in range(table.shape[1]):
            if table[w, c] > 0:
                joint, word, context = table[w, c] / total, table[w].sum() / total, smoothed[c] / sum(smoothed)
                found[w, c] = max(np.log(joint / (word * context)) - np.log(shift), 0)
    return found


def counts(words, *, seed):
    rng = np.random.default_rng(seed)
    return rng.poisson(1.5, (words, words)) * rng.exponential(size=(words, words))


def sparse(words, *, rank, noise, seed):
    """A sparse matrix of falling singular values over noise."""
    rng = np.random.default_rng(seed)
    left, right = rng.normal(size=(2, words, rank))
    whole = (left * 0.9 ** np.arange(rank)) @ right.T + noise * rng.normal(size=(words, words))
    return whole * (rng.random((words, words)) < 0.2)


def topics_corpus(*, topics, each, sentences, seed):
    """Sentences of 12 words; each draws three in four from the words of one topic, the rest from words of all."""
    rng = np.random.default_rng(seed)
    topic = rng.integers(0, topics, (sentences, 1))
    own = topic * each + rng.integers(0, each, (sentences, 12))
    shared = topics * each + rng.integers(0, 20, (sentences, 12))
    ids = np.where(rng.random((sentences, 12)) < 0.75, own, shared)
    ids = np.hstack([ids, np.full((sentences, 1), -1)]).astype(np.int32).reshape(-1)
    tally = np.bincount(ids[ids >= 0], minlength=topics * each + 20).astype(np.int64)
    return Corpus(Vocab([f"w{i}" for i in range(len(tally))], tally), ids, name="topics")


@pytest.mark.parametrize(("shift", "smoothing"), [(1.0, 1.0), (1.0, 0.75), (5.0, 0.75), (0.5, 0.25)])
def test_ppmi_is_that_of_the_definition(shift, smoothing):
    table = counts(12, seed=0)
    table[3] = table[:, 3] = 0  # a word that never occurs beside another
    found = ppmi(cells_of(table), (12, 12), shift=shift, smoothing=smoothing)
    dense = np.zeros((12, 12), np.float32)
    dense[found.row, found.column] = found.value
    np.testing.assert_allclose(dense, brute_ppmi(table, shift, smoothing), rtol=1e-5, atol=1e-6)
    assert (found.value > 0).all()


def test_ppmi_through_a_file_is_the_same():
    cells = cells_of(counts(60, seed=1))
    whole, mapped = ppmi(cells, (60, 60), smoothing=0.75), ppmi(cells, (60, 60), smoothing=0.75, memory=4000)
    assert not mapped.value.flags.owndata
    for one, other in zip(whole, mapped, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("words", [40, 400])
def test_the_svd_is_that_of_numpy(words):
    table = sparse(words, rank=8, noise=0.02, seed=2)
    found = truncated_svd(cells_of(table), (words, words), 8, seed=0)
    left, values, right = np.linalg.svd(table)
    np.testing.assert_allclose(found.values, values[:8], rtol=1e-3)
    best = (left[:, :8] * values[:8]) @ right[:8]
    ours = (found.left * found.values) @ found.right.T
    scale = np.linalg.norm(table - best)
    assert np.linalg.norm(table - ours) < 1.001 * scale
    np.testing.assert_allclose(found.left.T @ found.left, np.eye(8), atol=1e-5)
    np.testing.assert_allclose(found.right.T @ found.right, np.eye(8), atol=1e-5)


def test_the_svd_of_a_matrix_of_low_rank_is_exact():
    rng = np.random.default_rng(3)
    left, right = rng.normal(size=(2, 300, 5))
    found = truncated_svd(cells_of(left @ right.T), (300, 300), 8, seed=0)
    np.testing.assert_allclose((found.left * found.values) @ found.right.T, left @ right.T, atol=1e-3)
    np.testing.assert_allclose(found.values[5:], 0, atol=1e-3)


def test_a_deeper_subspace_is_nearer():
    table = sparse(500, rank=40, noise=0.3, seed=4)
    exact = np.linalg.svd(table, compute_uv=False)[:20]
    lost = [
        np.sum(exact - truncated_svd(cells_of(table), (500, 500), 20, seed=0, depth=depth).values)
        for depth in (1, 3, 6)
    ]
    assert lost[0] > 2 * lost[1] > 4 * lost[2] > -1e-3


@pytest.mark.parametrize("config", [PPMISVD(8), PPMISVD(8, Window(3, flat), power=0.0), PPMISVD(8, contexts=True)])
def test_planted_topics_are_recovered(config):
    space = config.solve(topics_corpus(topics=6, each=40, sentences=4000, seed=5), seed=1)
    own = space.unit[:240]
    cosines = own @ own.T
    np.fill_diagonal(cosines, -1)
    assert np.mean(cosines.argmax(axis=1) // 40 == np.arange(240) // 40) > 0.98
    assert space.name == "topics"
    assert space.vectors.dtype == np.float32


def test_power_and_contexts_are_those_of_the_equation():
    corpus = topics_corpus(topics=3, each=10, sentences=300, seed=6)
    bare, rooted, both = (
        PPMISVD(5, **options).solve(corpus, seed=0).vectors
        for options in ({"power": 0.0}, {"power": 0.5}, {"power": 1.0, "contexts": True})
    )
    np.testing.assert_allclose(np.linalg.norm(bare, axis=0), 1, rtol=1e-5)
    values = np.linalg.norm(rooted, axis=0) ** 2
    np.testing.assert_allclose(rooted, bare * np.sqrt(values), rtol=1e-4)
    contexts = both / values - bare
    np.testing.assert_allclose(np.linalg.norm(contexts, axis=0), 1, rtol=1e-3)


def test_the_same_seed_gives_the_same_vectors():
    corpus = topics_corpus(topics=8, each=50, sentences=3000, seed=7)
    config = PPMISVD(10, depth=2)
    one, again, other = (config.solve(corpus, seed=seed).vectors for seed in (3, 3, 4))
    np.testing.assert_array_equal(one, again)
    assert not np.array_equal(one, other)


def test_progress_ends_with_the_last_product():
    told = []
    corpus = topics_corpus(topics=8, each=50, sentences=1000, seed=8)
    PPMISVD(10, depth=3).solve(corpus, seed=0, report=lambda *now: told.append(now))
    assert ("counting", len(corpus.ids), len(corpus.ids)) in told
    assert told[-1] == ("decomposing", 4, 4)


def test_what_cannot_be():
    corpus = topics_corpus(topics=2, each=5, sentences=50, seed=9)
    with pytest.raises(ValueError, match="dim 31: must be at most 30, the number of words of topics"):
        PPMISVD(31).solve(corpus, seed=0)
    with pytest.raises(ValueError, match="1e\\+06 times"):
        PPMISVD(5, shift=1e6).solve(corpus, seed=0)
    with pytest.raises(ValueError, match="no 5 singular values"):
        truncated_svd(cells_of(np.eye(4)), (4, 4), 5, seed=0)
    for name, value in (("dim", 0), ("depth", -1), ("shift", 0.0), ("smoothing", 1.5), ("power", -1.0)):
        with pytest.raises(ValueError, match=rf"^{name} {value:g}: must be "):
            PPMISVD(**{name: value})


@pytest.mark.filterwarnings("error")
def test_a_corpus_of_sentences_of_one_word_is_refused_without_a_warning():
    lonely = Corpus(Vocab(["a", "b"], np.array([1, 1])), np.array([0, -1, 1, -1], np.int32), name="lonely")
    with pytest.raises(ValueError, match=r"^lonely: no two words share a window"):
        PPMISVD(1).solve(lonely, seed=0)
