"""The evaluation suite: the sets of a language, and the split of the Chinese file at the right line."""

from functools import partial

import numpy as np
import pytest
from gensim.models import KeyedVectors

from align.catalogue import fetch, resources
from align.evaluate import suite as module
from align.evaluate.analogy import accuracy, read_questions, three_cos_mul
from align.evaluate.similarity import read_rated_pairs, similarity
from align.evaluate.suite import PAIRS, QUESTIONS, evaluate_suite, language_of, pair_set
from align.files import load
from align.space import Space
from align.text.vocab import Vocab
from tests.oracles import CHINESE, ENGLISH


def space(words, seed=0):
    return Space(Vocab(words), np.random.default_rng(seed).normal(size=(len(words), 6)).astype(np.float32))


def test_the_language_is_that_of_the_frequent_words():
    assert language_of(space(ENGLISH)) == "en"
    assert language_of(space(CHINESE)) == "zh"
    assert language_of(space(["</s>", "doc", *CHINESE[:3]])) == "zh"
    assert language_of(space([f"w{i}" for i in range(600)] + [f"字{i}" for i in range(9000)])) == "en"
    assert language_of(space([])) == "en"


def test_every_set_is_a_default_resource():
    names = {part.resource for sets in PAIRS.values() for part in sets.values()} | set(QUESTIONS.values())
    assert all(resources()[name].default and resources()[name].what == "evaluation" for name in names)


@pytest.fixture
def local(tmp_path, monkeypatch):
    """Small sets in the place of the real ones."""
    lines = [f"{a}\t{b}\t{score}\n" for score, (a, b) in enumerate(zip(ENGLISH, ENGLISH[3:], strict=False))]
    for name in PAIRS["en"]:
        (tmp_path / name).write_text("".join([*lines, "zebra\tlion\t3\n"]))
    hanzi = [f"{a}\t{b}\t{i % 7}\n" for i, (a, b) in enumerate((a, b) for a in CHINESE for b in CHINESE)]
    (tmp_path / "cntext-similarity").write_text("".join(hanzi[:537]))
    (tmp_path / "questions-words").write_text(": one\nking queen horse horses\nking queen worda wordaj\n")
    (tmp_path / "cntext-analogy").write_text(": one\n國王 王后 馬 馬匹\n国王 王后 马 斑马\n")
    monkeypatch.setattr(module, "resolve", lambda name: tmp_path / name)
    return tmp_path


def test_the_panel_of_an_english_space(local):
    one = space(ENGLISH)
    found = evaluate_suite(one, limit=30)
    assert list(found) == ["wordsim353", "simlex999", "men", "rare-words", "questions-words"]
    assert all(score.name == name for name, score in found.items())
    expected = similarity(one, read_rated_pairs(local / "men")).spearman
    assert (found["men"].value, found["men"].covered, found["men"].total) == (expected.value, 37, 38)
    answered = accuracy(one.restrict(30), read_questions(local / "questions-words")).total
    assert found["questions-words"].value == answered.value
    assert (found["questions-words"].covered, found["questions-words"].total) == (1, 2)


@pytest.mark.usefixtures("local")
def test_the_panel_of_a_chinese_space_in_traditional_characters():
    traditional = [{"国王": "國王", "马": "馬", "马匹": "馬匹", "中国": "中國"}.get(word, word) for word in CHINESE]
    found = evaluate_suite(space(traditional))
    assert {name: (score.covered, score.total) for name, score in found.items()} == {
        "wordsim-297": (297, 297),
        "wordsim-240": (240, 240),
        "cntext-analogy": (1, 2),
    }
    assert found == evaluate_suite(space(CHINESE))


@pytest.mark.usefixtures("local")
def test_a_set_by_name_by_file_and_a_file_of_two_sets():
    assert [len(one) for one in pair_set("wordsim-297")] == [297]
    both = pair_set("cntext-similarity")
    assert [(one.name, len(one)) for one in both] == [("wordsim-297", 297), ("wordsim-240", 240)]
    (mine,) = pair_set("men")
    assert (mine.name, len(mine)) == ("men", 38)


@pytest.mark.real
def test_the_two_chinese_sets_are_split_at_the_right_line():
    first, second = pair_set("cntext-similarity")
    whole = read_rated_pairs(fetch("cntext-similarity"))
    assert (len(first), len(second), len(whole)) == (297, 240, 537)
    for part in (first, second):
        assert (np.diff(part.human) <= 0).all()
    assert first.human[0] == 4.98
    assert second.words[0] == ("李白", "诗")
    assert second.human[0] == 9.2
    assert np.flatnonzero(np.diff(whole.human) > 0).tolist() == [296]


@pytest.mark.real
def test_the_panel_of_real_spaces():
    english = evaluate_suite(load(fetch("googlenews-small")))
    assert {name: score.total for name, score in english.items()} == {
        "wordsim353": 353, "simlex999": 999, "men": 2997, "rare-words": 2034, "questions-words": 19544,
    }  # fmt: skip
    assert english["men"].value > 0.75
    assert english["questions-words"].value > 0.7
    chinese = evaluate_suite(load(fetch("chinese-synonym")))
    assert all(score.value > 0.5 for score in chinese.values())


@pytest.fixture(scope="module")
def glove():
    """The 8,000 most frequent words of a real space, and gensim's view of them."""
    ours = load(fetch("glove-6b-50"), limit=8_000)
    peer = KeyedVectors(ours.dim)
    peer.add_vectors(list(ours.vocab.words), np.array(ours.vectors))
    return ours, peer


def some_questions(path, step):
    """Every ``step``-th of the real questions, with all their categories."""
    lines = fetch("questions-words").read_text("utf-8").splitlines()
    path.write_text("\n".join(line for i, line in enumerate(lines) if line.startswith(":") or i % step == 0))
    return read_questions(path)


@pytest.mark.real
def test_3cosadd_is_that_of_gensim_on_real_vectors(glove, tmp_path):
    ours, peer = glove
    found = accuracy(ours, some_questions(tmp_path / "some.txt", 12))
    total, sections = peer.evaluate_word_analogies(str(tmp_path / "some.txt"), restrict_vocab=8_000)
    assert 300 < found.total.covered < found.total.total
    assert found.total.value == pytest.approx(total)
    right = [(len(one["correct"]), len(one["correct"]) + len(one["incorrect"])) for one in sections[:-1]]
    assert [(round(one.value * one.covered), one.covered) for one in found.categories] == right


@pytest.mark.real
def test_3cosmul_is_that_of_gensim_on_real_vectors(glove, tmp_path):
    """gensim's evaluation always answers by 3CosAdd, so its 3CosMul is called for each question."""
    ours, peer = glove
    categories = some_questions(tmp_path / "some.txt", 40)
    found = accuracy(ours, categories, method=partial(three_cos_mul, epsilon=1e-6))
    asked = [[word.lower() for word in one] for category in categories for one in category.questions]
    covered = [one for one in asked if all(word in ours for word in one)]
    first = [peer.most_similar_cosmul(positive=[b, c], negative=[a], topn=1)[0][0] for a, b, c, _ in covered]
    right = sum(answer == expected for answer, (*_, expected) in zip(first, covered, strict=True))
    assert len(covered) > 100
    assert (found.total.covered, found.total.total) == (len(covered), len(asked))
    assert round(found.total.value * len(covered)) == right
