"""The translation part: its exam, its learning curve, and the whole of it on small spaces."""

import re

import jax.numpy as jnp
import numpy as np
import pytest

from align.bilingual.dictionary.dictionary import Dictionary
from align.bilingual.mapping import Alignment, Identity, Linear, View
from align.bilingual.method import Progress
from align.bilingual.supervised.mlp import MLP
from align.bilingual.translator import Translator
from align.evaluate.lexicon import Lexicon
from align.space import Space
from align.text.vocab import Vocab
from experiments.homework import evaluation_split as exams
from experiments.homework import learning, translation
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
    """Chinese vectors are the English ones turned, with noise; the last 40 English words have no Chinese one."""
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
def exam(spaces, pairs):
    return exams.set_exam(spaces[0].vocab, spaces[1].vocab, seed=0, dictionary=pairs)


@pytest.fixture(scope="module")
def done(spaces, pairs, tmp_path_factory):
    context = Context(*spaces, out=tmp_path_factory.mktemp("out"), seed=1)
    return translation.run(context, mlp=MLP_SMALL, dictionary=pairs), context


def test_words_that_cannot_be_reached_are_in_the_test_as_uncovered(exam, spaces):
    assert len(exam.cut.test.targets) == 257 * 1500 // 6500
    assert set(exam.test.targets) - set(exam.cut.test.targets) == {ENGLISH[i] for i in (200, 210, 220)}
    assert exam.test.targets[ENGLISH[200]] == (CHINESE[280],)
    found = exam.test.coverage(spaces[0].vocab, spaces[1].vocab)
    assert found.words_total - found.words == 3
    assert "nowhere" not in exam.test.targets, "a word that the English space lacks has no rank"
    assert exam.reverse_test.pairs == exam.cut.reverse_test.pairs


def test_a_test_without_words_stays_empty(spaces):
    empty = Dictionary((), "none")
    assert exams.with_unreachable(empty, empty, spaces[0].vocab, spaces[1].vocab) is empty


def test_bands_follow_frequency_and_hold_every_covered_word(exam, spaces):
    roles = [band.role for band in exam.bands]
    assert roles == ["training"] * 3 + ["test"] * 3
    assert [band.first for band in exam.bands][1:] == [band.last + 1 for band in exam.bands][:-1]
    words = [word for band in exam.bands for word in band.words.targets]
    assert words == sorted(words, key=lambda word: spaces[0].vocab.index[word])
    assert set(words) == set(exam.cut.train.targets) | set(exam.cut.test.targets)


def test_rarer_words_are_bands_of_their_own(spaces, pairs, monkeypatch):
    cut = exams.split
    monkeypatch.setattr(exams, "split", lambda *args: cut(*args, train=100, test=30))
    monkeypatch.setattr(exams, "PER_BAND", 7)
    bands = exams.set_exam(spaces[0].vocab, spaces[1].vocab, seed=0, dictionary=pairs).bands
    assert [band.role for band in bands] == ["training"] * 3 + ["test"] * 3 + ["rarer"] * 3
    assert bands[-1].last == 257
    assert all(len(band.words.targets) == 7 for band in bands)
    assert bands[5].ranks[1] < bands[6].ranks[0]


def test_the_quiz_counts_nearest_neighbours():
    rng = np.random.default_rng(3)
    x, y = rng.normal(size=(30, 6)).astype(np.float32), rng.normal(size=(40, 6)).astype(np.float32)
    weights = rng.normal(size=(6, 6)).astype(np.float32)
    golds = tuple(frozenset(int(i) for i in rng.choice(40, 12, replace=False)) for _ in range(30))
    unseen = np.arange(30) < 20
    quiz = learning.Quiz(x, y, golds, unseen)
    hits = []
    for row, right in zip(x @ weights, golds, strict=True):
        cosines = [row @ other / np.linalg.norm(row) / np.linalg.norm(other) for other in y]
        hits.append(int(np.argmax(cosines)) in right)
    assert 0 < sum(hits) < 30
    expected = np.mean(hits[:20]), np.mean(hits[20:])
    assert quiz.right(Alignment((View(Linear(jnp.asarray(weights)), Identity()),))) == pytest.approx(expected)


def test_the_quiz_asks_words_that_have_an_answer_among_the_candidates(spaces, exam, monkeypatch):
    monkeypatch.setattr(learning, "AMONG", 210)
    monkeypatch.setattr(learning, "ASKED", 20)
    quiz = learning.set_quiz(*spaces, exam.cut.train, exam.cut.test, seed=0)
    assert len(quiz.y) == 210
    assert 0 < quiz.unseen.sum() <= 20
    assert (~quiz.unseen).sum() == 20
    assert all(golds and max(golds) < 210 for golds in quiz.golds)


def test_a_recorder_keeps_every_loss_and_some_results(spaces, exam):
    quiz = learning.set_quiz(*spaces, exam.cut.train, exam.cut.test, seed=0)
    losses, rights = [], []
    watch = learning.recorder(quiz, losses, rights, times=4)
    alignment = Alignment((View(Linear(jnp.eye(12)), Identity()),))
    for step in range(10, 201, 10):
        watch(Progress("training", step, 200, 1 / step, alignment))
    assert losses == [(step, 1 / step) for step in range(10, 201, 10)]
    assert [right.step for right in rights] == [10, 50, 100, 150, 200]


def test_more_training_words_are_more_right_words(spaces, exam):
    quiz = learning.set_quiz(*spaces, exam.cut.train, exam.cut.test, seed=0)
    found = learning.by_words(*spaces, exam.cut.train, quiz, seed=0)
    counts = [count for count, _ in found]
    assert counts == sorted(set(counts))
    assert counts[-1] == len(exam.cut.train.targets)
    assert found[-1][1]["procrustes"] > found[0][1]["procrustes"] + 0.1
    every = learning.Procrustes().solve(
        learning._normalised(spaces[0]),
        learning._normalised(spaces[1]),
        learning.pairs_of(exam.cut.train, spaces[0].vocab, spaces[1].vocab),
    )
    assert found[-1][1]["procrustes"] == pytest.approx(quiz.right(every)[0])


def test_the_difference_is_paired():
    rng = np.random.default_rng(0)
    one, other = rng.integers(1, 4, 400), rng.integers(1, 5, 400)
    rows = np.arange(400)
    found = tables.difference(Lexicon("", rows, one, 400), Lexicon("", rows, other, 400), rng)
    apart = (one == 1).astype(int) - (other == 1).astype(int)
    means = [apart[rng.integers(0, 400, 400)].mean() for _ in range(4000)]
    assert found.value == pytest.approx(apart.mean())
    assert (found.low, found.high) == pytest.approx(tuple(np.quantile(means, (0.025, 0.975))), abs=0.006)


def test_what_is_said_follows_the_differences():
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
    told = text.verdict(found)
    assert "English → Chinese 3.1 points above Procrustes;" in told
    assert "10.0 points below re-weighted." in told


def test_the_network_is_described_by_its_settings():
    assert text.network('{"hidden": 3}') == text.network('{"square": 0.0, "linear": 0.0}') == text.NETWORK
    told = text.network('{"square": 20.0, "linear": 2.5}')
    assert "weighed 20," in told
    assert "it counts 2.5 and" in told


def test_intervals_of_shares_hold_the_share_and_shrink():
    from scipy.stats import binomtest

    hits = np.arange(50) < 13
    expected = binomtest(13, 50).proportion_ci(method="wilson")
    assert wilson(hits) == pytest.approx((expected.low, expected.high), abs=1e-6)


def test_the_part_is_whole(done, exam):
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
    words = len(exam.cut.test.targets)
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
def test_the_exam_on_real_vectors():
    from experiments.options import CHINESE as ZH
    from experiments.options import ENGLISH as EN
    from experiments.spaces import read_space

    english, chinese = read_space(EN), read_space(ZH).simplified()
    found = exams.set_exam(english.vocab, chinese.vocab, seed=0)
    train, test = set(found.cut.train.targets), set(found.cut.test.targets)
    assert (len(train), len(test)) == (5000, 1500)
    assert not {word.casefold() for word in train} & {word.casefold() for word in found.test.targets}
    assert len(found.test.targets) > 1500
    assert len(found.reverse_test.targets) > 1500
    assert [band.role for band in found.bands] == ["training"] * 3 + ["test"] * 3 + ["rarer"] * 3
    assert sum(len(band.words.targets) for band in found.bands) == 9 * exams.PER_BAND
