"""The second stage on an artificial pair of languages: it learns from held-out words and is saved and loaded."""

from dataclasses import replace

import numpy as np
import pytest

from align.bilingual.aligned_pairs import AlignedPairs
from align.bilingual.best import Best
from align.bilingual.dictionary.dictionary import Dictionary
from align.bilingual.fitting import fit, with_means
from align.bilingual.placed_units import PlacedUnits
from align.bilingual.reranking.features import NAMES, candidate_features, sound
from align.bilingual.reranking.network import Training
from align.bilingual.reranking.training import Reranking
from align.bilingual.translator import RERANKER, Translator
from align.evaluate.lexicon import evaluate
from align.space import Space
from align.text.units import HashedNgrams
from align.text.vocab import Vocab

METHOD = Best(
    few=50, many=0, second=Reranking(folds=2, k=12, pool=400, network=Training(hidden=8, steps=120, networks=1))
)
STEMS = "天地人山水火木金土日月风"


def languages(words: int = 400, d: int = 12, seed: int = 0) -> tuple[Space, Space, Dictionary]:
    """Families of words with nearly equal vectors but different spelling: one stem in each language for each kind."""
    draw = np.random.default_rng(seed)
    kind = draw.integers(0, len(STEMS), words)
    x = (draw.normal(size=(words, d)) + 0.5 * draw.normal(size=(len(STEMS), d))[kind]).astype(np.float32)
    turn = np.linalg.qr(draw.normal(size=(d, d)))[0]
    y = (x @ turn + 0.9 * draw.normal(size=(words, d))).astype(np.float32)
    english = [f"{chr(97 + k) * 3}{i:03d}" for i, k in enumerate(kind)]
    chinese = [f"{STEMS[k]}{chr(0x5000 + i)}" for i, k in enumerate(kind)]
    pairs = tuple(zip(english, chinese, strict=True))
    return Space(Vocab(english), x), Space(Vocab(chinese), y), Dictionary(pairs, "made up")


@pytest.fixture(scope="module")
def made() -> tuple[Translator, Dictionary]:
    english, chinese, dictionary = languages()
    train, test = (replace(dictionary, pairs=dictionary.pairs[i::2]) for i in (0, 1))
    return fit(english, chinese, train, METHOD), test


def test_spelling_helps_in_both_directions_and_probabilities_are_given(made) -> None:
    translator, test = made
    for reverse in (False, True):
        words = test.reversed() if reverse else test
        plain, best = (evaluate(translator, words, reverse=reverse, retrieval=how) for how in ("csls", "best"))
        assert best.precision(1).value > plain.precision(1).value + (0.05 if reverse else 0.1)
        assert plain.calibration_error() is None
        error = best.calibration_error()
        assert error is not None
        assert error < 0.25
    (found,) = translator.translate([test.pairs[0][0]], 5)
    assert [one.score for one in found] == [one.probability for one in found]
    assert sorted(found, key=lambda one: -one.score) == found
    assert translator.translate([test.pairs[0][0]], 2, "csls")[0][0].probability is None


def test_all_other_words_follow_in_the_order_of_csls(made) -> None:
    translator, test = made
    row = np.array([translator.source.vocab.index[test.pairs[0][0]]])
    scores = translator.scores(row)[0]
    ranked = scores >= 0
    assert np.count_nonzero(ranked) == 12
    csls = translator.scores(row, "csls")[0]
    np.testing.assert_array_equal(np.argsort(-scores[~ranked]), np.argsort(-csls[~ranked]))
    np.testing.assert_array_equal(translator.nearest(row, 20).ids[0], np.argsort(-scores, kind="stable")[:20])


@pytest.mark.parametrize("place", [5, 60])
def test_aligned_pairs_raise_re_ranked_candidates(made, place) -> None:
    """The aligned word may be among the 12 candidates, or takes the place of the last of them."""
    translator, _ = made
    row = np.array([41])
    plain = translator.nearest(row, 80)
    raised = int(plain.ids[0, place])
    pairs = AlignedPairs(row, np.array([raised]), np.array([2.0], np.float32))
    aligned = replace(translator, weights={**translator.weights, **pairs.arrays()})
    found = aligned.nearest(row, 12)
    assert found.scores[0, found.ids[0] == raised] > max(plain.scores[0, place], 0)
    if place < 12:
        assert found.ids[0, 0] == raised
        assert found.ids[0, 1:].tolist() == [one for one in plain.ids[0, :12].tolist() if one != raised]
    np.testing.assert_allclose(aligned.scores(row)[0, found.ids[0]], found.scores[0], atol=1e-6)
    before, after = (one.scores(np.array([raised]), reverse=True)[0, 41] for one in (translator, aligned))
    assert after > before
    others = np.array([7, 200])
    np.testing.assert_array_equal(aligned.nearest(others, 5).ids, translator.nearest(others, 5).ids)


def test_a_saved_translator_ranks_as_before(made, tmp_path) -> None:
    translator, test = made
    translator.save(tmp_path / "a.align")
    again = Translator.load(tmp_path / "a.align")
    words = [pair[0] for pair in test.pairs[:20]]
    before, after = translator.translate(words, 3), again.translate(words, 3)
    assert [[one.word for one in row] for row in before] == [[one.word for one in row] for row in after]


def test_means_are_computed_where_needed_with_a_second_stage(made, tmp_path) -> None:
    """Without means in the file, every retrieval gives what it gives with the means of all words."""
    translator, _ = made
    assert translator.source_means is None
    whole = with_means(translator)
    for number, one in enumerate((translator, whole)):
        one.save(tmp_path / f"{number}.align")
    rows = np.array([3, 150, 390])
    for reverse in (False, True):
        found, again = (Translator.load(tmp_path / f"{number}.align") for number in (0, 1))
        assert (found.source_means is None, again.source_means is None) == (True, False)
        for k, how in ((3, "best"), (30, "best"), (400, "best"), (5, "csls"), (5, "nn")):
            one, other = (side.nearest(rows, k, how, reverse=reverse) for side in (found, again))
            assert one.ids.tolist() == other.ids.tolist()
            np.testing.assert_allclose(one.scores, other.scores, atol=1e-5)
        scores = found.scores(rows, reverse=reverse)
        np.testing.assert_allclose(scores, again.scores(rows, reverse=reverse), atol=1e-5)
        one = found.nearest(rows, 400, reverse=reverse)
        np.testing.assert_allclose(one.scores, -np.sort(-scores, axis=1), atol=1e-6)
        np.testing.assert_allclose(np.take_along_axis(scores, one.ids, axis=1), one.scores, atol=1e-6)
    with pytest.raises(ValueError, match="one mean per point"):
        replace(whole, target_means=None)


def test_a_damaged_reranker_is_refused(made) -> None:
    translator, _ = made
    weights = {name: array for name, array in translator.weights.items() if name != f"{RERANKER}forward.mean"}
    with pytest.raises(ValueError, match="re-ranker is damaged"):
        replace(translator, weights=weights).translate([translator.source.vocab.words[0]], 1)


def test_features_of_a_query_do_not_depend_on_other_queries(made) -> None:
    translator, _ = made
    index = translator.reranker.index
    rows, ids = np.array([3, 8, 40]), np.array([[1, 2, 3], [4, 8, 1], [7, 40, 2]])
    whole = candidate_features(index, rows, ids)
    assert whole.shape == (3, 3, len(NAMES))
    assert np.isfinite(whole).all()
    np.testing.assert_allclose(candidate_features(index, rows[1:2], ids[1:2])[0], whole[1], atol=1e-5)
    finished: list[int] = []
    many = candidate_features(index, rows, ids, many=True, progress=finished.append)
    np.testing.assert_allclose(many, whole, atol=1e-4)
    assert finished == [3]
    cosine = NAMES.index("mean")
    points = translator.source.vectors, translator.target.vectors
    assert not np.isin([3], index.pairs[:, 0]).any()
    np.testing.assert_allclose(whole[0, 1, cosine], points[0][3] @ points[1][2], atol=1e-5)


def test_a_training_word_is_ranked_as_a_new_word(made) -> None:
    """Its features leave its own pair out: it is translated about as well as a test word, with honest probabilities."""
    translator, test = made
    dictionary = languages()[2]
    train = replace(dictionary, pairs=dictionary.pairs[::2])
    for reverse in (False, True):
        seen, new = (
            evaluate(translator, words.reversed() if reverse else words, reverse=reverse) for words in (train, test)
        )
        assert abs(seen.precision(1).value - new.precision(1).value) < 0.12
        assert seen.calibration_error() < 0.25
        plain = evaluate(translator, train.reversed() if reverse else train, reverse=reverse, retrieval="csls")
        assert plain.precision(1).value > seen.precision(1).value + 0.1


def test_features_of_a_training_word_are_those_of_a_fit_without_its_pair(made) -> None:
    translator, _ = made
    english, chinese, dictionary = languages()
    word, gold = dictionary.pairs[40]
    pairs = [pair for pair in dictionary.pairs[::2] if pair[0] != word]
    without = fit(english, chinese, replace(dictionary, pairs=tuple(pairs)), METHOD).reranker.index
    row, ids = np.array([40]), np.array([[40, 7, 90, 120]])
    assert translator.target.vocab.words[40] == gold
    for index, other in (
        (translator.reranker.index, without),
        (translator.reranker.index.transpose(), without.transpose()),
    ):
        found, expected = candidate_features(index, row, ids)[0], candidate_features(other, row, ids)[0]
        for name in ("image", "image back", "spelt image", "known pairs"):
            column = NAMES.index(name)
            np.testing.assert_allclose(found[0, column], expected[0, column], atol=2e-3, err_msg=name)
        for name in ("image", "image back", "canonical", "csls", "spelt image", "spelt image back", "known pairs"):
            column = NAMES.index(name)
            np.testing.assert_allclose(found[:, column], expected[:, column], atol=0.06, err_msg=name)


def test_a_word_without_a_vector_has_no_candidates(made) -> None:
    translator, _ = made
    vectors = translator.source.vectors.copy()
    vectors[3] = 0
    blank = replace(translator, source=replace(translator.source, vectors=vectors))
    words = list(translator.source.vocab.words[2:5])
    found = blank.translate(words, 3)
    assert [len(one) for one in found] == [3, 0, 3]
    assert [one.word for one in found[0]] == [one.word for one in translator.translate(words[:1], 3)[0]]
    assert np.isneginf(blank.scores(np.array([3]))).all()
    back = blank.scores(np.arange(5), reverse=True)
    assert np.isneginf(back[:, 3]).all()


def test_the_same_seed_gives_the_same_reranker(made) -> None:
    english, chinese, dictionary = languages()
    again = fit(english, chinese, replace(dictionary, pairs=dictionary.pairs[::2]), METHOD).weights
    assert all(np.array_equal(array, again[name]) for name, array in made[0].weights.items())


def test_few_pairs_are_not_reranked() -> None:
    english, chinese, dictionary = languages(words=120)
    assert fit(english, chinese, replace(dictionary, pairs=dictionary.pairs[:40]), METHOD).reranker is None


def test_names_have_similar_sounds() -> None:
    assert sound("london", "伦敦") > sound("london", "马") == 0
    assert sound("same", "same") == 1


def test_words_built_from_their_parts_have_probabilities_by_how_often_built_training_words_are_right(made) -> None:
    """The n-grams of a training word give it exactly its vector, or have nothing to do with it."""
    translator, _ = made
    english, _, dictionary = languages()
    table = np.random.default_rng(1).normal(size=(512, 12)).astype(np.float32)
    exact = {word: english[word] for word, _ in dictionary.pairs}

    class Exact(HashedNgrams):
        def vector(self, word: str) -> np.ndarray | None:
            return exact.get(word, super().vector(word))

    firsts = []
    for kind in (Exact, HashedNgrams):
        units = PlacedUnits(kind(table, 3, 4), translator.weights, translator.details, False)
        built = replace(translator, source=replace(translator.source, units=units))
        found = built.translate(["aaa999"], 3)[0]
        plain = built.translate(["aaa999"], 3, "csls")[0]
        assert [one.word for one in found] == [one.word for one in plain]
        assert all(one.score == one.probability for one in found)
        assert 1 > found[0].probability > found[1].probability > 0
        assert plain[0].probability is None
        firsts.append(found[0].probability)
    assert firsts[0] > 2 * firsts[1]
