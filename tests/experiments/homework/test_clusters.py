import html
from dataclasses import replace

import numpy as np
import pytest
from matplotlib.figure import Figure
from scipy.stats import ortho_group

from align.space import Space
from align.text.vocab import Vocab
from experiments.homework import clusters, concepts, shapes
from experiments.homework.concept_figures import draw_cosines
from experiments.homework.concept_page import write_concept_pages
from experiments.report import render
from experiments.spaces import Context

LISTS = {
    "numbers": tuple(zip(("one", "two", "three", "four", "five", "six", "seven"), "一二三四五六七", strict=True)),
    "animals": tuple(zip(("horse", "cow", "donkey", "sheep", "pig", "dog"), "马牛驴羊猪狗", strict=True)),
}
OTHERS = tuple((f"word{i}", f"词{i}") for i in range(40))


@pytest.fixture
def world(tmp_path):
    """A Chinese space that is the English one rotated, with a little noise, and a dictionary of all pairs."""
    rng = np.random.default_rng(0)
    pairs = [pair for pairs in LISTS.values() for pair in pairs] + list(OTHERS)
    x = rng.normal(size=(len(pairs), 12))
    y = x @ ortho_group.rvs(12, random_state=1) + 0.05 * rng.normal(size=x.shape)
    english = Space(Vocab([e for e, _ in pairs]), x.astype(np.float32), name="left")
    chinese = Space(Vocab([z for _, z in pairs]), y.astype(np.float32), name="right")
    (tmp_path / "all.tsv").write_text("".join(f"{e}\t{z}\n" for e, z in pairs), "utf-8")
    return Context(english=english, chinese=chinese, out=tmp_path, seed=0), tmp_path / "all.tsv"


def maps_of(dictionary):
    return shapes.Maps(shapes.held_out_words(LISTS), str(dictionary))


def test_a_rotated_copy_has_the_same_shape(world):
    context, dictionary = world
    shown = concepts.in_spaces("numbers", LISTS["numbers"], context.english, context.chinese)
    found = shapes.compare(shown, maps_of(dictionary), seed=0)
    assert found.full.value < 0.02
    assert found.full.p < 0.01
    assert found.pearson.value > 0.95
    assert found.spearman.value > 0.9
    assert found.hits == found.hits_centred == found.relational == 7
    again = shapes.compare(shown, maps_of(dictionary), seed=0)
    assert (again.full, again.flat, again.pearson, again.spearman) == (
        found.full,
        found.flat,
        found.pearson,
        found.spearman,
    )


def test_only_long_labels_of_the_heatmap_are_rotated(world):
    context, dictionary = world
    shown = concepts.in_spaces("numbers", LISTS["numbers"], context.english, context.chinese)
    found = shapes.compare(shown, maps_of(dictionary), seed=0)
    axes = Figure().subplots()
    draw_cosines(axes, found, [e for e, _ in LISTS["numbers"]], ["一", "二", "星期三", *"四五六七"])
    labels = axes.get_xticklabels()
    assert [text.get_rotation() for text in labels] == [0, 0, 60, 0, 0, 0, 0]


def test_an_unrelated_space_has_another_shape(world):
    context, dictionary = world
    rng = np.random.default_rng(5)
    noise = Space(context.chinese.vocab, rng.normal(size=(len(context.chinese), 9)).astype(np.float32), name="noise")
    shown = concepts.in_spaces("numbers", LISTS["numbers"], context.english, noise)
    found = shapes.compare(shown, maps_of(dictionary), seed=0)
    assert found.full.p > 0.05
    assert found.pearson.p > 0.05


def test_the_map_is_not_trained_on_listed_words(world):
    context, dictionary = world
    learned = maps_of(dictionary).between(context.english, context.chinese)
    assert learned.pairs == len(OTHERS)
    np.testing.assert_allclose(learned.rotation @ learned.rotation.T, np.eye(12), atol=1e-5)
    small = dictionary.with_name("small.tsv")
    small.write_text("word1\t词1\n", "utf-8")
    with pytest.raises(ValueError, match="at least 12 are needed"):
        maps_of(small).between(context.english, context.chinese)


def test_missing_words_are_listed_and_case_is_ignored(world):
    context, _ = world
    pairs = (("Horse", "马"), ("elephant", "大象"), ("cow", "牛"), ("dog", "犬"))
    shown = concepts.in_spaces("animals", pairs, context.english, context.chinese)
    assert shown.pairs == (("horse", "马"), ("cow", "牛"))
    assert shown.missing == ("elephant", "大象", "犬")


def test_spaces_with_names_are_used_only_where_needed(world):
    context, _ = world
    found, trouble = concepts.show_in(context, "animals", LISTS["animals"])
    assert (found.english, found.chinese, trouble) == (context.english, context.chinese, "")
    assert "with_names" not in vars(context)
    months = (("January", "一月"), ("February", "二月"))
    with_months = Space(Vocab(["january", "february"]), np.eye(2, dtype=np.float32), name="names")
    chinese = Space(Vocab(["一月", "二月"]), np.eye(2, dtype=np.float32), name="中文")
    vars(context).update(with_names=with_months, chinese_with_names=chinese)
    found, _ = concepts.show_in(context, "months", months)
    assert (found.english.name, found.chinese.name, len(found.pairs)) == ("names", "中文", 2)


def test_an_error_of_loading_a_space_is_reported(world, monkeypatch):
    context, _ = world

    def refuse(*_):
        raise OSError("no network:\n glove")

    monkeypatch.setattr("experiments.spaces.read_space", refuse)
    found, trouble = concepts.show_in(context, "months", (("January", "一月"),))
    assert found.pairs == ()
    assert trouble == "no network: glove"


def test_the_section_has_its_figures(world, monkeypatch):
    context, dictionary = world
    lists = {**LISTS, "months": (("January", "一月"),)}
    monkeypatch.setattr(clusters, "concept_lists", lambda: lists)
    monkeypatch.setattr(clusters, "Maps", lambda held_out: shapes.Maps(held_out, str(dictionary)))
    monkeypatch.setattr(clusters, "show_in", lambda c, n, p: (concepts.in_spaces(n, p, c.english, c.chinese), ""))
    section = clusters.run(context)
    assert {p.name for p in context.out.glob("*.png")} == {"numbers.png", "animals.png", "concepts.png"}
    text = " ".join(block.text for block in section.blocks if hasattr(block, "text"))
    assert "Left out: months (0 of 1 pairs covered)" in text
    assert "for 2 of 2 concepts" in section.summary[0]
    assert "13 of 13 words (100%)" in section.summary[1]
    assert len([b for b in section.blocks if hasattr(b, "alt")]) == 3
    figures = [block for block in section.blocks if getattr(block, "page", None)]
    assert [figure.view for figure in figures] == ["", "tour=numbers", "tour=animals"]
    assert len({figure.page for figure in figures}) == 1
    report = render([section], title="Report")
    assert report.count(html.escape(figures[0].page.read_text(encoding="utf-8"), quote=True)) == 1
    for view in ("tour=numbers", "tour=animals"):
        assert f'<details data-page="page-1-concepts" data-view="{view}">' in report


def test_concepts_of_other_spaces_have_a_page_of_their_own(world):
    context, dictionary = world
    maps = shapes.Maps(shapes.held_out_words(LISTS), str(dictionary))
    here = [concepts.in_spaces(name, pairs, context.english, context.chinese) for name, pairs in LISTS.items()]
    elsewhere = here[0]._replace(name="elsewhere", english=replace(context.english))
    done = [shapes.compare(shown, maps, seed=0) for shown in (elsewhere, *here)]
    pages = write_concept_pages(done, maps, context.out, seed=0)
    assert {name: path.name for name, path in pages.items()} == {
        **dict.fromkeys(LISTS, "concepts.html"), "elsewhere": "concepts-2.html",
    }  # fmt: skip
    assert next(iter(pages.values())).name == "concepts.html"
    assert all(path.stat().st_size > 10_000 for path in pages.values())


def test_the_lists_have_no_repeated_word():
    lists = concepts.concept_lists()
    assert len(lists) >= 12
    assert all(8 <= len(pairs) <= 16 for pairs in lists.values())
    for pairs in lists.values():
        assert len({e for e, _ in pairs}) == len({z for _, z in pairs}) == len(pairs)


@pytest.mark.real
def test_numbers_and_animals_in_the_real_spaces(tmp_path):
    from experiments.options import SpaceOptions
    from experiments.spaces import open_context

    context = open_context(SpaceOptions(out=tmp_path))
    lists = concepts.concept_lists()
    maps = shapes.Maps(shapes.held_out_words(lists))
    for name, least in (("numbers", 0.7), ("animals", 0.35)):
        shown, _ = concepts.show_in(context, name, lists[name])
        found = shapes.compare(shown, maps, seed=0)
        assert found.pearson.value > least
        assert found.pearson.p < 0.01
        assert found.full.p < 0.01
