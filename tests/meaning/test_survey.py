"""Surveys: reading, coverage, and correlations against scipy."""

import json

import numpy as np
import pytest
from scipy import stats

from align.meaning.axes import fit_axis, project
from align.meaning.survey import Survey, agreement, find_survey, norms, occupations, read_survey
from align.space import Space
from align.text.vocab import Vocab


@pytest.fixture(scope="module")
def space():
    rng = np.random.default_rng(8)
    words = ["rich", "poor", *(f"w{i}" for i in range(20))]
    return Space(Vocab(words), rng.normal(size=(22, 5)).astype(np.float32))


def test_correlations_are_scipys_over_covered_words(space):
    rng = np.random.default_rng(1)
    words = (*(f"w{i}" for i in range(0, 20, 2)), "Shanice", "zebra")
    survey = Survey("class", words, rng.normal(size=12))
    axis = fit_axis(space, [("rich", "poor")])
    found = agreement(space, axis, survey)
    projections = project(axis, space.of(words[:10]))
    told = found.as_json(seed=0)
    assert (told["covered"], told["total"], told["unseen"]) == (10, 12, ["Shanice", "zebra"])
    assert told["pearson"] == pytest.approx(stats.pearsonr(projections, survey.ratings[:10])[0])
    assert told["spearman"] == pytest.approx(stats.spearmanr(projections, survey.ratings[:10])[0])
    low, high = told["intervals"]["pearson"]
    assert low <= told["pearson"] <= high
    assert survey.without_names().words == (*words[:10], "zebra")


def test_a_survey_is_read_with_or_without_a_heading(tmp_path):
    file = tmp_path / "class.tsv"
    file.write_text("word\tclass\nsteak\t61.5\nopera\t80\n")
    survey = read_survey(file)
    assert (survey.words, survey.ratings.tolist()) == (("steak", "opera"), [61.5, 80.0])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("steak\t1\nopera\tmuch\n", ":2: .* is not 'word<TAB>rating'"),
        ("steak\t1\nsteak\t2\n", ":2: 'steak' occurs twice"),
        ("steak 1\n", ":1: 'steak 1' is not"),
        ("steak\t1\nopera\tnan\n", ":2: "),
        ("steak\tN/A\nopera\t1\n", ":1: .* is not 'word<TAB>rating', nor a heading"),
        ("steak\t7,5\nopera\t1\n", ":1: "),
        ("steak\t1_0\n", ":1: "),
        ("word\tyear\tscore\nsteak\t1999\t1\n", ":1: the heading names a rating in a later column"),
        ("", "holds no rating"),
    ],
)
def test_a_wrong_survey_is_refused(tmp_path, content, message):
    file = tmp_path / "class.tsv"
    file.write_text(content)
    with pytest.raises(ValueError, match=message):
        read_survey(file)


def test_shares_of_women_become_shares_of_men(tmp_path):
    file = tmp_path / "o.json"
    file.write_text(json.dumps({"nurse": 90, "carpenter": 2}))
    assert occupations(file).ratings.tolist() == [10.0, 98.0]


def test_norms_are_read_by_dimension(tmp_path):
    file = tmp_path / "w.csv"
    file.write_text(",Word,V.Mean.Sum,A.Mean.Sum,D.Mean.Sum\n1,aardvark,6.26,2.41,4.27\n")
    assert [norms(file, one).ratings.tolist() for one in ("valence", "arousal", "dominance")] == [
        [6.26],
        [2.41],
        [4.27],
    ]
    with pytest.raises(KeyError, match="fear"):
        norms(file, "fear")


def test_a_survey_of_the_catalogue_is_found_by_name(tmp_path, monkeypatch):
    shares, rated, own = tmp_path / "shares.json", tmp_path / "rated.csv", tmp_path / "own.tsv"
    shares.write_text(json.dumps({"nurse": 90, "driver": 5}))
    rated.write_text("Word,V.Mean.Sum,A.Mean.Sum,D.Mean.Sum\nlove,8.0,5.4,5.9\n")
    own.write_text("opera\t80\n")
    places = {"occupations-women": shares, "warriner": rated}
    monkeypatch.setattr("align.meaning.survey.resolve", lambda source: places.get(source, own))
    assert find_survey("occupations-women", "gender").ratings.tolist() == [10.0, 95.0]
    assert find_survey("warriner", "arousal").ratings.tolist() == [5.4]
    assert find_survey(str(own), "affluence").words == ("opera",)
    with pytest.raises(ValueError, match="warriner: rates valence, arousal, dominance, not gender"):
        find_survey("warriner", "gender")
