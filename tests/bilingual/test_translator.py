"""A translator finds a planted rotation, is saved and loaded, and refuses impossible requests."""

import contextlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jaxtyping import TypeCheckError

from align.bilingual.best import Best
from align.bilingual.dictionary.dictionary import Dictionary
from align.bilingual.fitting import METHODS, alignment_of, fit, training_pairs
from align.bilingual.supervised.contrastive import Contrastive
from align.bilingual.supervised.geomm import GeoMM
from align.bilingual.supervised.kernel import Ensemble, KernelRidge
from align.bilingual.supervised.linear import LeastSquares, Procrustes, Reweighted
from align.bilingual.supervised.mlp import MLP
from align.bilingual.supervised.rcsls import RCSLS
from align.bilingual.supervised.vecmap import CCA, VecMap
from align.bilingual.translator import Translator
from align.bilingual.translator_file import read_parts
from align.bilingual.unsupervised.refinement import Refined
from align.bilingual.unsupervised.self_learning import SelfLearning
from align.bilingual.unsupervised.unsupervised import Unsupervised
from align.tensors import load_tensors, save_tensors
from tests.oracles import brute_csls, rotated_world

QUICK = MLP(hidden=16, steps=40, size=64, near=10)
RELAXED = RCSLS(steps=6, rounds=2, size=64, near=10)
CONTRAST = Contrastive(steps=10, size=64, near=10)
EVERY = [
    Procrustes(),
    LeastSquares(),
    Reweighted(),
    QUICK,
    KernelRidge(),
    Ensemble(),
    Best(seeds=SelfLearning(restarts=1)),
    VecMap(),
    CCA(),
    GeoMM(),
    RELAXED,
    CONTRAST,
    Refined(),
    SelfLearning(restarts=1),
    Unsupervised(restarts=1),
]


def halves(dictionary: Dictionary) -> tuple[Dictionary, Dictionary]:
    return replace(dictionary, pairs=dictionary.pairs[:200]), replace(dictionary, pairs=dictionary.pairs[200:])


def hits(translator: Translator, pairs: Dictionary, *, reverse: bool = False, retrieval: str = "csls") -> float:
    words, answers = zip(*(pairs.reversed() if reverse else pairs).pairs, strict=True)
    found = translator.translate(words, 1, retrieval, reverse)  # pyright: ignore
    return float(np.mean([row[0].word == answer for row, answer in zip(found, answers, strict=True)]))


def test_every_method_is_listed() -> None:
    assert {type(method) for method in EVERY} == set(METHODS.values())


@pytest.mark.parametrize("method", EVERY, ids=lambda m: type(m).__name__)
def test_a_planted_rotation_is_found_in_both_directions(method) -> None:
    source, target, dictionary = rotated_world(noise=0.1)
    train, test = halves(dictionary)
    translator = fit(source, target, training_pairs(method, train), method)
    for reverse in (False, True):
        for retrieval in ("nn", "csls"):
            assert hits(translator, test, reverse=reverse, retrieval=retrieval) > 0.95


@pytest.mark.parametrize("method", EVERY, ids=lambda m: type(m).__name__)
@pytest.mark.parametrize("dims", [(12, 8), (8, 12)])
def test_dimensions_may_differ_and_a_saved_translator_answers_the_same(method, dims, tmp_path: Path) -> None:
    source, target, dictionary = rotated_world(dim=max(dims), target_dim=min(dims))
    if dims[0] < dims[1]:
        rename = {word: f"word{i}" for i, word in enumerate(target.vocab.words)}
        flipped = [(rename[chinese], source.vocab.words[i]) for i, (_, chinese) in enumerate(dictionary.pairs)]
        hanzi = dict(zip(source.vocab.words, (c for _, c in dictionary.pairs), strict=True))
        english = replace(target, vocab=replace(target.vocab, words=[rename[w] for w in target.vocab.words]))
        chinese = replace(source, vocab=replace(source.vocab, words=[hanzi[w] for w in source.vocab.words]))
        source, target = english, chinese
        dictionary = Dictionary(tuple((a, hanzi[b]) for a, b in flipped))
    train, test = halves(dictionary)
    translator = fit(source, target, training_pairs(method, train), method)
    assert hits(translator, test) > 0.5  # chance is 1 in 300
    assert hits(translator, test, reverse=True) > 0.5
    translator.save(tmp_path / "t.align")
    opened = Translator.load(tmp_path / "t.align")
    words = [source.vocab.words[3], source.vocab.words[50]]
    assert opened.translate(words, 4) == translator.translate(words, 4)
    assert opened.details == translator.details
    alignment, norm, other = alignment_of(opened)
    np.testing.assert_allclose(alignment.place_source(norm(source.vectors)), translator.source.vectors, atol=1e-5)
    np.testing.assert_allclose(alignment.place_target(other(target.vectors)), translator.target.vectors, atol=1e-5)


def test_csls_scores_equal_brute_force() -> None:
    source, target, dictionary = rotated_world(words=60, noise=0.5)
    translator = fit(source, target, dictionary, Procrustes())
    expected = brute_csls(translator.source.vectors, translator.target.vectors)
    np.testing.assert_allclose(translator.scores(np.arange(60)), expected, atol=1e-5)
    np.testing.assert_allclose(translator.scores(np.arange(60), reverse=True), expected.T, atol=1e-5)
    found = translator.nearest(np.arange(60), 3)
    np.testing.assert_allclose(found.scores, -np.sort(-expected, axis=1)[:, :3], atol=1e-5)


def test_two_runs_of_one_seed_are_equal_and_of_two_differ() -> None:
    source, target, dictionary = rotated_world(noise=0.3)
    train, _ = halves(dictionary)
    first, second, other = (fit(source, target, train, QUICK, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.source.vectors, second.source.vectors)
    assert not np.array_equal(first.source.vectors, other.source.vectors)


def test_the_direction_follows_the_script() -> None:
    source, target, dictionary = rotated_world(words=50)
    translator = fit(source, target, dictionary, Procrustes())
    chinese = dictionary.pairs[7][1]
    [[english_to], [chinese_to]] = translator.translate(["word7", chinese], 1)
    assert (english_to.word, chinese_to.word) == (chinese, "word7")
    assert chinese_to.rank == 8


def test_few_and_repeated_pairs_are_taken() -> None:
    source, target, dictionary = rotated_world(words=50)
    few = Dictionary(dictionary.pairs[:2] * 3)
    for method in EVERY:
        assert len(fit(source, target, training_pairs(method, few), method).translate(["word1"], 5)[0]) == 5


def test_impossible_requests_are_refused() -> None:
    source, target, dictionary = rotated_world(words=50)
    with pytest.raises(ValueError, match="no pair to fit on"):
        fit(source, target, Dictionary((("nowhere", "无处"),)), Procrustes())
    with pytest.raises(ValueError, match="is not a normalisation"):
        fit(source, target, dictionary, Procrustes(), normalise=("unit", "center"))
    translator = fit(source, target, dictionary, Procrustes())
    with pytest.raises(KeyError, match="'word99' is not in the vocabulary; did you mean: word9"):
        translator.translate(["word99"])
    with pytest.raises(ValueError, match="'word1' is a string; a list of words"):
        translator.translate("word1")
    with pytest.raises(ValueError, match="k 0: must be at least 1"):
        translator.translate(["word1"], 0)


def test_parts_that_do_not_belong_together_are_refused() -> None:
    source, target, dictionary = rotated_world(words=50)
    made = fit(source, target, dictionary, Procrustes())
    with pytest.raises(ValueError, match="source points of 12 dimensions, target points of 5"):
        replace(made, target=replace(made.target, vectors=made.target.vectors[:, :5]))
    with pytest.raises(ValueError, match="one mean per point"):
        replace(made, source_means=made.source_means[1:])
    for details in ({}, {**made.details, "views": "[[]]"}, {**made.details, "views": "no"}):
        with pytest.raises(ValueError, match="does not hold its mapping"):
            alignment_of(replace(made, details=details))
    with pytest.raises(ValueError, match="does not hold its mapping"):
        alignment_of(replace(made, weights={}))


def test_an_unknown_retrieval_is_refused() -> None:
    source, target, dictionary = rotated_world(words=50)
    made = fit(source, target, dictionary, Procrustes())
    refused = (ValueError, TypeCheckError)  # the latter where shapes and types are checked, as in the tests
    with pytest.raises(refused, match="sideways"):
        made.nearest(np.arange(2), 1, "sideways")  # pyright: ignore
    with pytest.raises(refused, match="sideways"):
        made.scores(np.arange(2), "sideways")  # pyright: ignore


@pytest.fixture(scope="module")
def saved(tmp_path_factory) -> tuple[Path, bytes]:
    source, target, dictionary = rotated_world(words=50)
    path = tmp_path_factory.mktemp("saved") / "t.align"
    fit(source, target, dictionary, Procrustes()).save(path)
    return path, path.read_bytes()


CHANGES = {
    "another file": (b"align-translator-1", b"align-translator-9"),
    "missing means": (b"source.means", b"source.moans"),
    "missing words": (b"target.words", b"target.wards"),
    "a word fewer": (b"word7\n", b"word77"),
    "words that are no text": (b"word7\n", b"wor\xff7\n"),
    "details that are no JSON": (b'{\\"method', b'[\\"method'),
    "means of another type": (b'"F32", "shape": [50],', b'"I32", "shape": [50],'),
}


@pytest.mark.parametrize(("old", "new"), CHANGES.values(), ids=CHANGES)
def test_changed_files_are_refused_by_name(saved, tmp_path: Path, old: bytes, new: bytes) -> None:
    path = tmp_path / "changed.align"
    _, whole = saved
    assert old in whole
    path.write_bytes(whole.replace(old, new, 1))
    with pytest.raises(ValueError, match=r"changed\.align: ") as caught:
        Translator.load(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_mapping_that_is_not_finite_is_damaged(saved, value) -> None:
    path, _ = saved
    arrays, metadata = load_tensors(path)
    name = next(name for name in arrays if name.startswith("mapping."))
    arrays[name] = np.where(np.arange(arrays[name].size).reshape(arrays[name].shape) == 1, value, arrays[name])
    arrays[name] = arrays[name].astype(np.float32)
    save_tensors(path.with_name("bad.align"), arrays, metadata)
    with pytest.raises(ValueError, match=r"bad\.align: a damaged translator .an array holds a number that is not fin"):
        Translator.load(path.with_name("bad.align"))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), min_size=1, max_size=3), st.booleans())
def test_any_damage_gives_our_error_or_a_translator(saved, changes, cut: bool) -> None:
    path, whole = saved
    content = bytearray(whole)
    for at, byte in changes:
        content[at % len(content)] = byte
    damaged = path.with_name("damaged.align")
    damaged.write_bytes(content[: changes[0][0]] if cut else content)
    try:
        translator = Translator.load(damaged)
    except ValueError as error:
        assert str(error).startswith(f"{damaged}: ")  # noqa: PT017
        return
    with contextlib.suppress(ValueError):  # a word that occurs twice, a vector that became NaN
        words = list(translator.source.vocab)[:3]
        assert [len(found) for found in translator.translate(words, 4, reverse=False)] == [4] * 3


def test_files_that_are_no_translators_are_refused(tmp_path: Path) -> None:
    source, target, dictionary = rotated_world(words=50)
    path = tmp_path / "t.align"
    fit(source, target, dictionary, Procrustes()).save(path)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ValueError, match="cut short"):
        Translator.load(path)
    path.write_bytes(b"king 0.1 0.2\n")
    with pytest.raises(ValueError, match="not a safetensors file"):
        Translator.load(path)


def test_it_shows_itself_in_a_line() -> None:
    source, target, dictionary = rotated_world(words=50)
    told = repr(fit(source, target, dictionary, Procrustes()))
    assert told == "Translator(Space('english', 50 words x 12), Space('chinese', 50 words x 12), method=Procrustes)"
    assert repr(source.vocab) == "Vocab(50 words)"


@pytest.mark.parametrize(("value", "sound"), [(1.0, True), (np.nan, False), (np.inf, False)])
def test_half_precision_weights_may_have_a_large_sum_of_squares(saved, value, sound) -> None:
    path, _ = saved
    arrays, metadata = load_tensors(path)
    weights = np.ones(70_000, np.float16)  # the sum of squares is above the largest float16
    weights[-1] = value
    changed = path.with_name("half.align")
    save_tensors(changed, {**arrays, "mapping.extra": weights}, metadata)
    if sound:
        assert read_parts(changed).weights["extra"].sum(dtype=np.float64) == 70_000
    else:
        with pytest.raises(ValueError, match="not finite"):
            read_parts(changed)
