"""Word2vec by hand: the tables are those of the sentence, and every gradient is that of its loss."""

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from align.text.vocab import Vocab
from experiments.options import RunOptions
from experiments.report import Paragraph, Section, Table
from experiments.terminal import print_sections
from experiments.word2vec_by_hand import __main__ as main
from experiments.word2vec_by_hand import by_hand, losses
from experiments.word2vec_by_hand import sentence as s
from experiments.word2vec_by_hand.world import NEGATIVES, world

TOKENS = s.tokens_of(s.SENTENCE)


def test_the_windows_are_those_of_the_blackboard():
    slid = s.windows(TOKENS)
    assert [w.centre for w in slid] == ["the", "dog", "was", "chased", "by", "a", "white", "cat", "as", "it", "was"]
    assert slid[0].contexts == ("dog", "was")
    assert slid[7] == s.Window(7, "cat", ("a", "white"), ("as", "it"))
    assert slid[-1].contexts == ("as", "it")
    assert len(s.pairs(slid)) == 38


@given(st.lists(st.sampled_from("abcde"), max_size=12), st.integers(1, 4))
def test_a_window_contains_the_words_within_its_size(tokens, size):
    expected = [
        (tokens[i], tokens[j]) for i in range(len(tokens)) for j in range(len(tokens)) if i != j and abs(i - j) <= size
    ]
    assert s.pairs(s.windows(tokens, size)) == expected


def test_the_vocabulary_and_its_noise():
    vocab = s.vocab_of(TOKENS)
    assert list(vocab) == ["was", "the", "dog", "chased", "by", "a", "white", "cat", "as", "it"]
    assert s.counts_of(vocab).tolist() == [2] + [1] * 9
    shares = s.noise(vocab)
    assert shares[0] == pytest.approx(2**0.75 / (2**0.75 + 9))
    assert shares.sum() == pytest.approx(1)
    with pytest.raises(ValueError, match="with counts was expected"):
        s.noise(Vocab(["a"]))


def test_noise_words_are_drawn_by_their_shares_and_never_the_seen_word():
    one = world(seed=0)
    rng = np.random.default_rng(0)
    drawn = np.concatenate([one.draw(6, rng) for _ in range(6000)])
    found = np.bincount(drawn, minlength=10) / len(drawn)
    shares = s.noise(one.vocab)
    shares[6] = 0
    np.testing.assert_allclose(found, shares / shares.sum(), atol=0.01)
    assert found[6] == 0


@st.composite
def pairs_of(draw):
    """A centre vector, a table of context vectors, the seen row, and noise rows (some twice)."""
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    v, d = draw(st.sampled_from([(2, 1), (6, 4)]))
    drawn = rng.integers(v, size=draw(st.sampled_from([0, 5])))
    return rng.normal(size=d), rng.normal(size=(v, d)), int(rng.integers(v)), drawn


@given(pairs_of())
@settings(max_examples=30, deadline=None)
def test_the_softmax_and_its_gradients(given_):
    v_c, outer, o, _ = given_
    powers = [math.exp(sum(a * b for a, b in zip(u, v_c, strict=True))) for u in outer]
    np.testing.assert_allclose(losses.probabilities(v_c, outer), np.array(powers) / sum(powers), rtol=1e-12)
    assert losses.softmax_loss(v_c, outer, o) == pytest.approx(-math.log(powers[o] / sum(powers)))
    gradient, theirs = losses.softmax_gradient(v_c, outer, o), losses.softmax_by_jax(v_c, outer, o)
    steps = losses.finite_differences(lambda x: losses.softmax_loss(x, outer, o), v_c)
    np.testing.assert_allclose(gradient, steps, atol=1e-7)
    np.testing.assert_allclose(gradient, theirs.inner, atol=1e-5)
    np.testing.assert_allclose(losses.softmax_outer_gradient(v_c, outer, o), theirs.outer, atol=1e-5)


@given(pairs_of())
@settings(max_examples=30, deadline=None)
def test_negative_sampling_and_its_gradients(given_):
    v_c, outer, o, drawn = given_
    yes = [1 / (1 + math.exp(-(u @ v_c))) for u in outer]
    expected = -math.log(yes[o]) - sum(math.log(1 - yes[k]) for k in drawn)
    assert losses.negative_loss(v_c, outer, o, drawn) == pytest.approx(expected)
    gradient, theirs = losses.negative_gradient(v_c, outer, o, drawn), losses.negative_by_jax(v_c, outer, o, drawn)
    steps = losses.finite_differences(lambda x: losses.negative_loss(x, outer, o, drawn), v_c)
    np.testing.assert_allclose(gradient, steps, atol=1e-7)
    np.testing.assert_allclose(gradient, theirs.inner, atol=1e-5)
    of_outer = losses.negative_outer_gradient(v_c, outer, o, drawn)
    np.testing.assert_allclose(of_outer, theirs.outer, atol=1e-5)
    assert set(np.flatnonzero(of_outer.any(axis=1))) <= {o, *drawn.tolist()}


def test_large_scores_do_not_overflow():
    shares = losses.probabilities(np.array([1000.0]), np.array([[1.0], [0.0]]))
    np.testing.assert_allclose(shares, [1, 0])


def tables(section):
    return [block for block in section.blocks if isinstance(block, Table)]


@pytest.mark.parametrize("seed", [0, 5])
def test_the_tables_agree_with_each_other(seed):
    window, lookup, softmax, negative = by_hand.run(RunOptions(out=Path("unused"), seed=seed))
    assert [len(table.rows) for table in tables(window)] == [11, 10]
    both = tables(lookup)[1].rows
    assert both[0][1:4] == both[1][1:4] == tables(lookup)[0].rows[7][2:]
    words = tables(softmax)[0]
    assert sum(row[-1] for row in words.rows) == pytest.approx(1)
    assert [words.rows[i][0] for i in words.marked] == ["white"]
    for table in (tables(softmax)[1], tables(negative)[2]):
        ways = np.array([[float(cell.replace("−", "-")) for cell in row[1:]] for row in table.rows])
        np.testing.assert_allclose(ways, ways[[0] * 3], atol=1e-6)
        assert ways.any()
    examples = tables(negative)[1]
    assert [row[2] for row in examples.rows] == [1, *[0] * NEGATIVES] * 4
    assert [examples.rows[i][1] for i in examples.marked] == ["a", "white", "as", "it"]
    assert all(row[5] == pytest.approx(row[4] - row[2]) for row in examples.rows)


def test_the_run_prints_its_tables_and_writes_one_page(tmp_path, capsys):
    assert main.main(["--words", "0", "--out", str(tmp_path / "new")]) == 0
    said = capsys.readouterr()
    assert said.err == ""
    assert "(cat, a), (cat, white), (cat, as), (cat, it)" in said.out
    assert "**" not in said.out
    page = (tmp_path / "new" / "word2vec_by_hand.html").read_text("utf-8")
    assert page.count("<table>") == 9
    assert main.main(["--words", "0", "--out", str(tmp_path / "again")]) == 0
    assert (tmp_path / "again" / "word2vec_by_hand.html").read_text("utf-8") == page


def test_text_in_the_terminal_is_not_parsed_as_markup(capsys):
    print_sections([Section("one [x]", (Paragraph("two [bold]"), Table("c", ("a [b]",), (("[/red]",),))))])
    said = capsys.readouterr().out
    assert all(text in said for text in ("one [x]", "two [bold]", "a [b]", "[/red]"))


@pytest.mark.parametrize(
    ("options", "word"),
    [(["--seed", "-1"], "-1"), (["--out"], "--out"), (["--dim", "3"], "--dim"), (["--words", "-1"], "-1")],
)
def test_bad_options_are_one_line(options, word, capsys):
    with pytest.raises(SystemExit) as stopped:
        main.main(options)
    said = capsys.readouterr()
    assert (stopped.value.code, said.out, said.err.count("\n")) == (2, "", 1)
    assert word in said.err
