"""Axes: the direction against a loop over pairs, bootstrap intervals, the built-in lists, and files that are wrong."""

import numpy as np
import pytest

from align.meaning.axes import (
    axis_names,
    axis_pairs,
    fit_axis,
    lookup,
    project,
    project_words,
    resampled_projections,
)
from align.meaning.survey import Survey, agreement
from align.space import Space
from align.text.vocab import Vocab

WORDS = ["rich", "poor", "wealthy", "needy", "lavish", "frugal", "yacht", "Amy", "hip_hop"]


@pytest.fixture(scope="module")
def space():
    rng = np.random.default_rng(3)
    return Space(Vocab(WORDS), rng.normal(size=(len(WORDS), 6)).astype(np.float32), name="made")


PAIRS = [("rich", "poor"), ("wealthy", "needy"), ("lavish", "frugal")]


def unit(x):
    return x / np.linalg.norm(x)


def loop_axis(space, pairs):
    total = np.zeros(space.dim)
    for positive, negative in pairs:
        total += unit(unit(space[positive].astype(float)) - unit(space[negative].astype(float)))
    return unit(total)


def test_the_direction_and_projections_are_those_of_a_loop(space):
    axis = fit_axis(space, PAIRS)
    expected = loop_axis(space, PAIRS)
    np.testing.assert_allclose(axis.direction, expected, atol=1e-6)
    vectors = 7 * space.of(["yacht", "Amy"])
    np.testing.assert_allclose(
        project(axis, vectors), [unit(row.astype(float)) @ expected for row in vectors], atol=1e-6
    )


def test_a_resample_is_the_axis_of_the_drawn_pairs(space):
    """Every resampled projection is that of one of the multisets of three pairs, and all ten multisets occur."""
    axis = fit_axis(space, PAIRS)
    drawn = resampled_projections(axis, space.of(["yacht"]), seed=1, resamples=400)[:, 0]
    yacht = unit(space["yacht"].astype(float))
    sets = [(i, j, k) for i in range(3) for j in range(i, 3) for k in range(j, 3)]
    expected = np.array([yacht @ loop_axis(space, [PAIRS[i] for i in chosen]) for chosen in sets])
    gaps = np.abs(drawn[:, None] - expected)
    assert gaps.min(axis=1).max() < 1e-5
    assert set(gaps.argmin(axis=1)) == set(range(len(sets)))


def test_intervals_are_the_middle_of_the_resamples(space):
    axis = fit_axis(space, PAIRS)
    found = project_words(space, axis, ["yacht", "Amy"], seed=5, resamples=300, level=0.8)
    drawn = resampled_projections(axis, space.of(["yacht", "Amy"]), seed=5, resamples=300)
    for one, column in zip(found, drawn.T, strict=True):
        inside = np.mean((column >= one.interval.low - 1e-9) & (column <= one.interval.high + 1e-9))
        assert inside == pytest.approx(0.8, abs=0.15)
    assert [one.word for one in found] == ["yacht", "Amy"]


def test_a_single_pair_has_no_interval(space):
    [found] = project_words(space, fit_axis(space, PAIRS[:1]), ["yacht"])
    assert np.isfinite(found.value)
    assert np.isnan(found.interval).all()


def test_a_word_of_zeros_is_not_covered(space):
    vectors = np.array(space.vectors)
    vectors[WORDS.index("needy")] = 0
    zero = Space(space.vocab, vectors)
    axis = fit_axis(zero, PAIRS)
    assert (axis.pairs, axis.unseen) == ((PAIRS[0], PAIRS[2]), ("needy",))
    np.testing.assert_allclose(axis.direction, loop_axis(space, [PAIRS[0], PAIRS[2]]), atol=1e-6)
    survey = Survey("s", ("yacht", "needy", "Amy"), np.array([1.0, 2.0, 3.0]))
    assert agreement(zero, axis, survey).unseen == ("needy",)


def test_pairs_that_the_space_lacks_are_left_out_and_named(space):
    axis = fit_axis(space, [*PAIRS, ("opulent", "poor"), ("Rich", "squalid")])
    assert axis.pairs == tuple(PAIRS)
    assert axis.unseen == ("opulent", "squalid")
    with pytest.raises(ValueError, match="class: none of its 1 pairs is covered by made"):
        fit_axis(space, [("opulent", "squalid")], name="class")
    with pytest.raises(ValueError, match="cancel out"):
        fit_axis(space, [("rich", "poor"), ("poor", "rich")])


def test_words_are_found_whatever_their_case_and_script(space):
    assert lookup(space, ["amy", "RICH", "hip hop", "zebra"]).tolist() == [7, 0, 8, -1]
    chinese = Space(Vocab(["国王"]), np.ones((1, 2), np.float32))
    assert lookup(chinese, ["國王"]).tolist() == [0]


def test_at_least_twelve_built_in_axes_have_eight_pairs_in_both_languages():
    assert len(axis_names()) >= 12
    for name in axis_names():
        for language in ("en", "zh"):
            pairs = axis_pairs(name, language)
            assert len(set(pairs)) == len(pairs) >= 8, (name, language)
            assert all(positive != negative for positive, negative in pairs)
            flipped = {(negative, positive) for positive, negative in pairs}
            assert not flipped & set(pairs), (name, language)


@pytest.mark.real
def test_the_default_spaces_cover_eight_pairs_of_every_axis():
    from align.catalogue import resolve
    from align.files import load

    for source, language in (("googlenews-small", "en"), ("chinese-synonym", "zh")):
        space = load(resolve(source))
        for name in axis_names():
            assert len(fit_axis(space, axis_pairs(name, language)).pairs) >= 8, (name, language)


def test_a_file_of_pairs(tmp_path):
    file = tmp_path / "class.tsv"
    file.write_text("# positive\tnegative\n\nrich\tpoor\n wealthy \tneedy\n")
    assert axis_pairs(file, "en") == PAIRS[:2]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"rich poor\n", "1: 'rich poor' is not 'positive<TAB>negative'"),
        (b"rich\tpoor\nrich\tpoor\t3\n", ":2: "),
        (b"rich\t\xff\n", ":1: .* is not UTF-8"),
        (b"# nothing\n", "holds no pair"),
    ],
)
def test_a_wrong_file_is_refused(tmp_path, content, message):
    file = tmp_path / "class.tsv"
    file.write_bytes(content)
    with pytest.raises(ValueError, match=message):
        axis_pairs(file, "en")


def test_an_unknown_axis_names_the_nearest():
    with pytest.raises(KeyError, match=r"'gendre' is neither a file nor a built-in axis .*did you mean 'gender'"):
        axis_pairs("gendre", "en")


def test_words_without_a_direction_are_refused():
    rows = np.array([[1, 0], [2, 0], [0, 1], [0, 0]], np.float32)
    small = Space(Vocab(["rich", "Rich", "poor", "blank"]), rows)
    with pytest.raises(ValueError, match="'rich' and 'Rich' have the same direction"):
        fit_axis(small, [("rich", "poor"), ("rich", "Rich")])
    with pytest.raises(KeyError, match="'blank' has no vector"):
        project_words(small, fit_axis(small, [("rich", "poor")]), ["blank"])
