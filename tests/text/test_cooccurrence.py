import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from align.text.cooccurrence import Window, count_cells, falling, flat, harmonic
from align.text.corpus import Corpus
from align.text.vocab import Vocab


def dense(cells, words):
    """The cells as a matrix of ``words`` rows and columns."""
    found = np.zeros((words, words), np.float32)
    found[cells.row, cells.column] = cells.value
    return found


def corpus_of(ids, words):
    ids = np.asarray(ids, np.int32)
    counts = np.bincount(ids[ids >= 0], minlength=words).astype(np.int64)
    return Corpus(Vocab([f"w{i}" for i in range(words)], counts), ids)


def brute_counts(ids, window, words):
    """The definition, pair by pair."""
    counts = np.zeros((words, words))
    sentences = [[]]
    for one in ids:
        if one >= 0:
            sentences[-1].append(int(one))
        elif not window.across:
            sentences.append([])
    for sentence in sentences:
        for s, centre in enumerate(sentence):
            for t, other in enumerate(sentence):
                distance = abs(t - s)
                if 0 < distance <= window.size and (window.left if t < s else window.right):
                    counts[centre, other] += window.weigh(np.array([distance]), window.size)[0]
    return counts


def check_order(cells):
    keys = cells.row.astype(np.int64) << 32 | cells.column
    assert (np.diff(keys) > 0).all()
    assert (cells.value > 0).all()


def zipf_corpus(tokens, words, *, seed):
    """A text whose words are as uneven as those of a language, in sentences of about 20."""
    rng = np.random.default_rng(seed)
    shares = 1 / np.arange(1, words + 1)
    ids = rng.choice(words, tokens, p=shares / shares.sum()).astype(np.int32)
    ids[rng.random(tokens) < 0.05] = -1
    return corpus_of(ids, words)


@given(
    ids=st.lists(st.integers(-1, 6), max_size=40),
    size=st.integers(1, 6),
    weigh=st.sampled_from([harmonic, falling, flat]),
    sides=st.sampled_from([(True, True), (True, False), (False, True)]),
    across=st.booleans(),
)
@settings(max_examples=150, deadline=None)
def test_counts_are_those_of_the_definition(ids, size, weigh, sides, across):
    window = Window(size, weigh, *sides, across=across)
    cells = count_cells(corpus_of(ids, 7), window, threads=1)
    check_order(cells)
    expected = brute_counts(ids, window, 7)
    assert np.count_nonzero(expected) == len(cells.row)
    np.testing.assert_allclose(dense(cells, 7), expected, rtol=1e-6)


def test_a_worked_example():
    cells = count_cells(corpus_of([0, 1, 2, -1, 1, 0], 3), Window(2))
    assert [tuple(map(float, cell)) for cell in zip(*cells, strict=True)] == [
        (0, 1, 2), (0, 2, 0.5), (1, 0, 2), (1, 2, 1), (2, 0, 0.5), (2, 1, 1),
    ]  # fmt: skip


@pytest.mark.parametrize("window", [Window(), Window(4, flat, right=False), Window(7, across=True)])
def test_through_files_the_counts_are_the_same(window, tmp_path):
    corpus = zipf_corpus(400_000, 300, seed=1)  # three parts at the least memory
    whole = count_cells(corpus, window)
    assert whole.value.flags.owndata
    parts = count_cells(corpus, window, memory=16 << 20, folder=tmp_path)
    check_order(parts)
    np.testing.assert_array_equal(whole.row, parts.row)
    np.testing.assert_array_equal(whole.column, parts.column)
    np.testing.assert_allclose(whole.value, parts.value, rtol=1e-6)
    assert list(tmp_path.iterdir()) == []


def test_cells_beyond_the_memory_are_mapped_from_a_nameless_file(tmp_path):
    rng = np.random.default_rng(0)
    corpus = corpus_of(rng.integers(0, 2000, 160_000), 2000)  # one part, some 20 MB of cells
    spilled = count_cells(corpus, memory=16 << 20, folder=tmp_path)
    assert not spilled.value.flags.owndata
    assert list(tmp_path.iterdir()) == []
    for one, other in zip(spilled, count_cells(corpus), strict=True):
        np.testing.assert_array_equal(one, other)


def test_threads_do_not_change_the_counts():
    corpus = zipf_corpus(150_000, 3000, seed=2)
    one, many = (count_cells(corpus, memory=16 << 20, threads=threads) for threads in (1, 4))
    for a, b in zip(one, many, strict=True):
        np.testing.assert_array_equal(a, b)


def test_one_side_is_the_transpose_of_the_other_and_both_are_their_sum():
    corpus = zipf_corpus(5000, 50, seed=3)
    both, left, right = (
        dense(count_cells(corpus, Window(5, harmonic, *sides)), 50)
        for sides in ((True, True), (True, False), (False, True))
    )
    np.testing.assert_allclose(left, right.T, rtol=1e-6)
    np.testing.assert_allclose(both, left + right, rtol=1e-6)


@pytest.mark.parametrize("ids", [[], [-1, -1], [0]])
def test_a_text_without_a_pair_has_no_cells(ids):
    assert [len(column) for column in count_cells(corpus_of(ids, 1))] == [0, 0, 0]


def test_progress_ends_with_the_last_token():
    told = []
    corpus = zipf_corpus(400_000, 100, seed=4)
    count_cells(corpus, memory=16 << 20, report=lambda *now: told.append(now))
    stages = {stage: [now for now in told if now[0] == stage] for stage in ("counting", "merging")}
    for now in stages.values():
        done = [amount for _, amount, _ in now]
        assert done == sorted(done)
        assert now[-1][1] == now[-1][2]
    assert stages["counting"][-1][2] == len(corpus.ids)


def test_windows_and_budgets_that_cannot_be():
    with pytest.raises(ValueError, match="window 0: must be from 1 to 1000"):
        Window(0)
    with pytest.raises(ValueError, match="without left and right"):
        Window(3, left=False, right=False)
    with pytest.raises(ValueError, match="above 0"):
        Window(3, lambda distance, size: distance * 0.0 + size * 0.0)
    with pytest.raises(ValueError, match="1000 bytes"):
        count_cells(corpus_of([0, 1], 2), memory=1000)
