"""The translation part: its evaluation split, its learning curves, and the whole part on small spaces."""

import re

import jax.numpy as jnp
import numpy as np
import pytest

from align.bilingual.dictionary.dictionary import Dictionary
from align.bilingual.fitting import alignment_of, fit
from align.bilingual.mapping import Alignment, Identity, Linear, View
from align.bilingual.method import Progress
from align.bilingual.supervised.mlp import MLP
from align.bilingual.translator import Translator
from align.evaluate.lexicon import Lexicon
from align.space import Space
from align.text.vocab import Vocab
from experiments.homework import evaluation_split, learning, translation
from experiments.homework import translation_tables as tables
from experiments.homework import translation_text as text
from experiments.homework.translation_figures import wilson
from experiments.report import Table, render
from experiments.spaces import Context

HANZI = "马牛羊猪狗猫鸡鸭兔鼠蛇虎狮猴象熊鱼鸟虫龙"
ENGLISH = [f"word{chr(97 + i // 26)}{chr(97 + i % 26)}" for i in range(300)]
CHINESE = [HANZI[i // 20] + HANZI[i % 20] for i in range(300)]
MLP_SMALL = MLP(hidden=16, steps=30, size=32, hard=1, near=5, pool=200)


@pytest.fixture(scope="module")
def spaces():
    """Chinese vectors are the English ones rotated, with noise; the last 40 English words have no Chinese one."""
    rng = np.random.default_rng(0)
    english = rng.normal(size=(300, 12))
    turn = np.linalg.qr(rng.normal(size=(12, 12)))[0]
    chinese = english[:260] @ turn + 0.55 * rng.normal(size=(260, 12))
    return (
        Space(Vocab(ENGLISH), english.astype(np.float32), name="small"),
        Space(Vocab(CHINESE[:260]), chinese.astype(np.float32), name="klein"),
    )


@pytest.fixture(scope="module")
def pairs(tmp_path_factory):
    """Each English word with the Chinese word of its number; every fifth also with the next; some words unknown."""
    path = tmp_path_factory.mktemp("dictionary") / "pairs.tsv"
    # Between the test words lie some (word 200, 210, 220) whose only translation the Chinese space lacks.
    lost = {200: 280, 210: 281, 220: 282}
    lines = [f"{ENGLISH[i]}\t{CHINESE[lost.get(i, i)]}" for i in range(300)]
    lines += [f"{ENGLISH[i]}\t{CHINESE[i + 1]}" for i in range(0, 190, 5)]
    lines += ["nowhere\t无处"]
    path.write_text("\n".join(lines), "utf-8")
    return str(path)


@pytest.fixture(scope="module")
def data(spaces, pairs):
    return evaluation_split.make_evaluation_split(spaces[0].vocab, spaces[1].vocab, seed=0, dictionary=pairs)


@pytest.fixture(scope="module")
def done(spaces, pairs, tmp_path_factory):
    context = Context(*spaces, out=tmp_path_factory.mktemp("out"), seed=1)
    return translation.run(context, mlp=MLP_SMALL, dictionary=pairs), context


def test_words_that_cannot_be_reached_are_in_the_test_as_uncovered(data, spaces):
    assert len(data.split.test.targets) == 257 * 1500 // 6500
    assert set(data.test.targets) - set(data.split.test.targets) == {ENGLISH[i] for i in (200, 210, 220)}
    assert data.test.targets[ENGLISH[200]] == (CHINESE[280],)
    found = data.test.coverage(spaces[0].vocab, spaces[1].vocab)
    assert found.words_total - found.words == 3
    assert "nowhere" not in data.test.targets, "a word that the English space lacks has no rank"
    assert data.reverse_test.pairs == data.split.reverse_test.pairs


def test_a_test_without_words_stays_empty(spaces):
    empty = Dictionary((), "none")
    assert evaluation_split.with_unreachable(empty, empty, spaces[0].vocab, spaces[1].vocab) is empty


def test_bands_follow_frequency_and_contain_every_covered_word(data, spaces):
    roles = [band.role for band in data.bands]
    assert roles == ["training"] * 3 + ["test"] * 3
    assert [band.first for band in data.bands][1:] == [band.last + 1 for band in data.bands][:-1]
    words = [word for band in data.bands for word in band.words.targets]
    assert words == sorted(words, key=lambda word: spaces[0].vocab.index[word])
    assert set(words) == set(data.split.train.targets) | set(data.split.test.targets)


def test_rarer_words_are_bands_of_their_own(spaces, pairs, monkeypatch):
    cut = evaluation_split.split
    monkeypatch.setattr(evaluation_split, "split", lambda *args: cut(*args, train=100, test=30))
    monkeypatch.setattr(evaluation_split, "PER_BAND", 7)
    bands = evaluation_split.make_evaluation_split(spaces[0].vocab, spaces[1].vocab, seed=0, dictionary=pairs).bands
    assert [band.role for band in bands] == ["training"] * 3 + ["test"] * 3 + ["rarer"] * 3
    assert bands[-1].last == 257
    assert all(len(band.words.targets) == 7 for band in bands)
    assert bands[5].ranks[1] < bands[6].ranks[0]


def test_the_probe_set_counts_nearest_neighbours():
    rng = np.random.default_rng(3)
    x, y = rng.normal(size=(30, 6)).astype(np.float32), rng.normal(size=(40, 6)).astype(np.float32)
    weights = rng.normal(size=(6, 6)).astype(np.float32)
    golds = tuple(frozenset(int(i) for i in rng.choice(40, 12, replace=False)) for _ in range(30))
    unseen = np.arange(30) < 20
    probes = learning.ProbeSet(x, y, golds, unseen)
    hits = []
    for row, right in zip(x @ weights, golds, strict=True):
        cosines = [row @ other / np.linalg.norm(row) / np.linalg.norm(other) for other in y]
        hits.append(int(np.argmax(cosines)) in right)
    assert 0 < sum(hits) < 30
    expected = np.mean(hits[:20]), np.mean(hits[20:])
    found = probes.accuracy(Alignment((View(Linear(jnp.asarray(weights)), Identity()),)), 7)
    assert found.step == 7
    assert (found.unseen, found.seen) == pytest.approx(expected)


def test_probe_words_have_an_answer_among_the_candidates(spaces, data, monkeypatch):
    monkeypatch.setattr(learning, "CANDIDATES", 210)
    monkeypatch.setattr(learning, "PROBE_WORDS", 20)
    probes = learning.make_probe_set(*spaces, data.split.train, data.split.test, seed=0)
    assert len(probes.y) == 210
    assert 0 < probes.unseen.sum() <= 20
    assert (~probes.unseen).sum() == 20
    assert all(golds and max(golds) < 210 for golds in probes.golds)


def test_a_recorder_keeps_every_loss_and_some_results(spaces, data):
    probes = learning.make_probe_set(*spaces, data.split.train, data.split.test, seed=0)
    losses, accuracies = [], []
    watch = learning.recorder(probes, losses, accuracies, evaluations=4)
    alignment = Alignment((View(Linear(jnp.eye(12)), Identity()),))
    for step in range(10, 201, 10):
        watch(Progress("training", step, 200, 1 / step, alignment))
    assert losses == [(step, 1 / step) for step in range(10, 201, 10)]
    assert [one.step for one in accuracies] == [10, 50, 100, 150, 200]


def test_more_training_words_are_more_right_words(spaces, data):
    probes = learning.make_probe_set(*spaces, data.split.train, data.split.test, seed=0)
    found = learning.by_training_words(*spaces, data.split.train, probes, MLP_SMALL, seed=0)
    counts = [one.words for one in found]
    assert counts == sorted(set(counts))
    assert counts[-1] == len(data.split.train.targets)
    assert found[-1].shares["procrustes"] > found[0].shares["procrustes"] + 0.1
    assert found[-2].shares["mlp"] > found[0].shares["mlp"] + 0.1
    assert all(("mlp" in one.shares) == (one.words < counts[-1]) for one in found)
    every = learning.Procrustes().solve(
        learning._normalised(spaces[0]),
        learning._normalised(spaces[1]),
        learning.pairs_of(data.split.train, spaces[0].vocab, spaces[1].vocab),
    )
    assert found[-1].shares["procrustes"] == pytest.approx(probes.accuracy(every).unseen)


def test_the_curve_begins_where_the_network_begins(spaces, data):
    """With a learning rate close to 0 the trained network is still the one before training."""
    mlp = MLP(hidden=16, steps=2, size=32, hard=1, near=5, pool=200, rate=1e-9)
    trained = alignment_of(fit(*spaces, data.split.train, mlp, seed=0))[0]
    started = learning.before_training(*spaces, data.split.train, mlp)
    x = learning._normalised(spaces[0])[:20]
    assert np.allclose(started.place_source(x), trained.place_source(x), atol=1e-4)


def test_the_gain_of_the_network_is_over_the_best_linear_method():
    shares = {"procrustes": 0.2, "least-squares": 0.1, "reweighted": 0.3}
    sizes = (
        learning.SizeScores(50, shares | {"mlp": 0.25}),
        learning.SizeScores(400, shares | {"reweighted": 0.15, "mlp": 0.35}),
    )
    sentence = text.network_gain(learning.LearningCurves(((1, 1.0),), (learning.Accuracy(0, 0, 0),), sizes, 100, 900))
    assert "is −5.0 points (re-weighted) with 50 training words and +15.0 points (Procrustes) with 400" in sentence
    assert "±9.3 points" in sentence


def test_the_difference_is_paired():
    rng = np.random.default_rng(0)
    one, other = rng.integers(1, 4, 400), rng.integers(1, 5, 400)
    rows = np.arange(400)
    found = tables.difference(Lexicon("", rows, one, 400), Lexicon("", rows, other, 400), rng)
    apart = (one == 1).astype(int) - (other == 1).astype(int)
    means = [apart[rng.integers(0, 400, 400)].mean() for _ in range(4000)]
    assert found.value == pytest.approx(apart.mean())
    assert (found.low, found.high) == pytest.approx(tuple(np.quantile(means, (0.025, 0.975))), abs=0.006)


def test_the_text_follows_the_differences():
    found = {
        ("en-zh", "procrustes"): tables.Difference(0.031, 0.01, 0.05),
        ("zh-en", "procrustes"): tables.Difference(-0.1, -0.2, 0.1),
        ("zh-en", "reweighted"): tables.Difference(-0.1, -0.2, -0.05),
    }
    rows = tables.difference_table(found).rows
    assert [row[2:] for row in rows] == [
        ("+3.1", "+1.0 to +5.0", "above"),
        ("−10.0", "−20.0 to +10.0", "may be chance"),
        ("−10.0", "−20.0 to −5.0", "below"),
    ]
    verdict = text.verdict(found)
    assert "English → Chinese 3.1 points above Procrustes;" in verdict
    assert "10.0 points below re-weighted." in verdict


def test_the_network_is_described_by_its_settings():
    assert text.network('{"hidden": 3}') == text.network('{"square": 0.0, "linear": 0.0}') == text.NETWORK
    described = text.network('{"square": 20.0, "linear": 2.5}')
    assert "with weight 20," in described
    assert "this view has weight 2.5, the two trained views" in described


def test_intervals_of_shares_hold_the_share_and_shrink():
    from scipy.stats import binomtest

    hits = np.arange(50) < 13
    expected = binomtest(13, 50).proportion_ci(method="wilson")
    assert wilson(hits) == pytest.approx((expected.low, expected.high), abs=1e-6)


def test_the_part_has_all_its_blocks(done, data):
    section, context = done
    for name in ("learning.png", "bands.png", "mistakes.png"):
        assert (context.out / name).read_bytes().startswith(b"\x89PNG")
    kept = Translator.load(context.out / "en-zh.align")
    assert kept.details["method"] == "MLP"
    shown = [block for block in section.blocks if isinstance(block, Table)]
    methods = shown[0].rows
    assert len(methods) == 16
    assert [row[0] for row in methods] == sorted((row[0] for row in methods), reverse=True)
    covered, every = float(methods[0][3]), float(methods[0][7])
    words = len(data.split.test.targets)
    assert every == pytest.approx(covered * words / (words + 3), abs=0.1)
    kinds = shown[5].rows
    assert sum(int(row[1]) for row in kinds[:-1]) == int(kinds[-1][1])
    assert sum(int(count) for count in kinds[-1][3:7]) == int(kinds[-1][1])
    assert sum(bool(re.match(r"\s+[✓·] word", line)) for line in section.summary) == 10


def test_right_and_wrong_answers_are_on_their_sides(done):
    table = next(block for block in done[0].blocks if isinstance(block, Table) and block.columns[0] == "right")
    for row in table.rows:
        if row[0]:
            assert row[3].startswith(row[1].split(" ")[0]), "the answer itself leads the right ones"
        if row[4]:
            assert row[5].split(" ")[0] not in row[7].split(", ")
            assert int(row[8]) > 1


def test_two_runs_give_the_same_page(done, spaces, pairs, tmp_path):
    again = translation.run(Context(*spaces, out=tmp_path, seed=1), mlp=MLP_SMALL, dictionary=pairs)
    assert render([again], title="t") == render([done[0]], title="t")
    assert (tmp_path / "en-zh.align").read_bytes() == (done[1].out / "en-zh.align").read_bytes()


@pytest.mark.real
def test_the_split_on_real_vectors():
    from experiments.options import CHINESE as ZH
    from experiments.options import ENGLISH as EN
    from experiments.spaces import read_space

    english, chinese = read_space(EN), read_space(ZH).simplified()
    found = evaluation_split.make_evaluation_split(english.vocab, chinese.vocab, seed=0)
    train, test = set(found.split.train.targets), set(found.split.test.targets)
    assert (len(train), len(test)) == (5000, 1500)
    assert not {word.casefold() for word in train} & {word.casefold() for word in found.test.targets}
    assert len(found.test.targets) > 1500
    assert len(found.reverse_test.targets) > 1500
    assert [band.role for band in found.bands] == ["training"] * 3 + ["test"] * 3 + ["rarer"] * 3
    assert sum(len(band.words.targets) for band in found.bands) == 9 * evaluation_split.PER_BAND
