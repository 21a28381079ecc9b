"""The offset part on small spaces with known offsets, and on the real ones."""

import numpy as np
import pytest

from align.evaluate.analogy import Question
from align.space import Space
from align.text.vocab import Vocab
from experiments.homework import offsets as part
from experiments.homework.offset_tables import coverage_table, kept_table, lead_table
from experiments.homework.relation_page import in_common_space
from experiments.homework.relations import answer, cover, examine, read_relations, right
from experiments.homework.shapes import LearnedRotation, Maps
from experiments.report import Figure, Table
from experiments.spaces import Context

RELATIONS = {relation.key: relation for relation in read_relations()}


def space(language, *, name, relations, noise=0.3, leave_out=(), seed=0):
    """A space of some relations, where the second word is the first plus the relation's offset, and 400 other words."""
    rng = np.random.default_rng(seed)
    table = {f"{language}{i}": rng.normal(size=16) for i in range(400)}
    for relation in relations:
        offset = 1.5 * rng.normal(size=16)
        for first, second in RELATIONS[language, relation].pairs:
            table[first] = table.get(first, rng.normal(size=16))
            table[second] = table[first] + offset + noise * rng.normal(size=16)
    for word in leave_out:
        del table[word]
    return Space(Vocab(list(table)), np.array(list(table.values()), np.float32), name=name)


@pytest.fixture(scope="module")
def context(tmp_path_factory):
    context = Context(
        english=space("en", name="small", relations=["gender"], leave_out=["queen"]),
        chinese=space("zh", name="klein", relations=["gender", "plural"]),
        out=tmp_path_factory.mktemp("out"),
        seed=3,
        chinese_names="klein",
    )
    context.__dict__["with_names"] = space("en", name="wide", relations=["gender", "capital"], noise=3, seed=1)
    return context


@pytest.fixture(scope="module")
def section(context):
    return part.run(context, draws=199)


def test_a_word_is_found_in_any_case():
    small = Space(Vocab(["paris", "France", "Japan", "TOKYO"]), np.eye(4, dtype=np.float32))
    found = cover(RELATIONS["en", "capital"], small)
    assert found.pairs == (("Japan", "TOKYO"), ("France", "paris"))
    assert "Berlin" in found.missing
    assert not {"Paris", "Tokyo"} & {*found.missing}
    row = coverage_table([found]).rows[0]
    assert row == ("English capital", "", "2 of 40", "all but Japan, Tokyo, France, Paris")


def test_every_pair_of_pairs_is_a_question():
    rng = np.random.default_rng(0)
    pairs = (("a", "b"), ("c", "d"), ("e", "f"))
    small = Space(Vocab(list("abcdefgh")), rng.normal(size=(8, 4)).astype(np.float32))
    found = answer(pairs, small)
    assert len(found.questions) == 6
    assert Question("c", "d", "a", "b") in found.questions
    assert Question("a", "b", "a", "b") not in found.questions
    assert all(len(ranks) == 6 for ranks in (found.add, found.mul, found.nearest, found.kept))
    assert right(np.array([1, 2, 9, 1])) == 0.5
    assert right(np.array([1, 2, 9, 1]), 2) == 0.75


def test_parallel_offsets_are_found(context):
    (finding,) = examine([cover(RELATIONS["en", "gender"], context.english)], draws=199, seed=0)
    assert finding.random_p == finding.shuffled_p == 2 / 200, "Holm doubles both of two equal p-values"
    assert finding.parallel.random.value > 0.6
    assert right(finding.answers.add) > 0.9 > right(finding.answers.nearest)


def test_numbers_depend_on_the_seed_and_not_on_the_other_relations(context):
    gender, plural = (cover(RELATIONS["zh", name], context.chinese) for name in ("gender", "plural"))
    together = examine([plural, gender], draws=99, seed=5)[1]
    alone = examine([gender], draws=99, seed=5)[0]
    assert together.parallel.random == alone.parallel.random
    assert np.array_equal(together.parallel.random_cosines, alone.parallel.random_cosines)
    other = examine([gender], draws=99, seed=6)[0]
    assert not np.array_equal(other.parallel.random_cosines, alone.parallel.random_cosines)


def test_the_lead_table_compares_the_first_pair_with_every_other(context):
    (finding,) = examine([cover(RELATIONS["en", "gender"], context.english)], draws=99, seed=0)
    table = lead_table(finding)
    assert len(table.rows) == len(finding.cover.pairs) - 1 == 47
    assert [row[1] for row in table.rows] == sorted((row[1] for row in table.rows), reverse=True)
    rows = {row[0]: row for row in table.rows}
    assert "king − queen" not in rows
    unit, index = context.english.unit.astype(float), context.english.vocab.index
    x, y = (unit[index[b]] - unit[index[a]] for a, b in (("man", "woman"), ("son", "daughter")))
    assert rows["son − daughter"][1] == pytest.approx(x @ y / np.linalg.norm(x) / np.linalg.norm(y), abs=1e-5)


def test_a_larger_space_is_used_only_if_a_relation_is_missing(section, context):
    coverage = next(block for block in section.blocks if isinstance(block, Table))
    spaces = [(row[0], row[1], row[2]) for row in coverage.rows]
    assert ("English gender", "small", "48 of 49") in spaces
    assert ("English capital", "small", "0 of 40") in spaces
    assert ("English capital", "wide", "40 of 40") in spaces
    assert {name for _, name, _ in spaces} == {"small", "wide", "klein"}, "the Chinese space is also the larger one"
    chosen = part.best_covered(examine(part.look_up(context)[0], draws=19, seed=0))
    assert [(f.cover.name, f.cover.space.name) for f in chosen] == [
        ("English gender", "small"),
        ("Chinese gender", "klein"),
        ("English capital", "wide"),
        ("Chinese plural", "klein"),
    ]


def test_the_section_has_all_its_parts(section, context):
    for name in ("gender-en.png", "gender-zh.png", "offsets.png", "analogies.png"):
        assert (context.out / name).read_bytes().startswith(b"\x89PNG")
    lines = (context.out / "offsets.tsv").read_text("utf-8").splitlines()
    assert lines[0].startswith("# space\tlanguage\trelation")
    assert len(lines) - 1 == 48 * 47 // 2 + 49 * 48 // 2 + 40 * 39 // 2 + 55 * 54 // 2 + 20 * 19 // 2
    fields = lines[1].split("\t")
    assert fields[:7] == ["small", "en", "gender", "man", "woman", "boy", "girl"]
    assert -1 <= float(fields[7]) <= 1
    assert 0 < float(fields[8]) <= 1
    assert "Of 5 relations" in "".join(str(block) for block in section.blocks)
    assert section.summary[-1].startswith("Analogies, mean P@1")


def test_the_page_of_the_pairs_keeps_their_offsets(context, monkeypatch):
    rotation = np.linalg.qr(np.random.default_rng(0).normal(size=(16, 12)))[0].astype(np.float32)
    small = Space(context.chinese.vocab, context.chinese.vectors[:, :12].copy(), name="klein")
    english, chinese = in_common_space(context.english, small, rotation)
    assert english.shape[1] == chinese.shape[1] == 16
    assert np.allclose(chinese @ chinese[0], small.unit @ small.unit[0], atol=1e-5)
    english, chinese = in_common_space(small, context.english, rotation.T)
    assert np.allclose(english @ english[0], small.unit @ small.unit[0], atol=1e-5)

    def between(maps, english, chinese):
        assert {"man", "son", "男人"} <= maps.held_out
        return LearnedRotation(english.unit, chinese.unit, np.eye(16, dtype=np.float32), 20)

    monkeypatch.setattr(Maps, "between", between)
    figures = [block for block in part.run(context, draws=19).blocks if isinstance(block, Figure)]
    assert [figure.view for figure in figures if figure.page] == ["tour=son", "tour=国王"], "the space lacks queen"
    assert {figure.page for figure in figures if figure.page} == {context.out / "gender.html"}
    assert (context.out / "gender.html").stat().st_size > 10_000


def test_without_a_map_the_report_says_so(section):
    assert any("no interactive map: 0 pairs of cedict" in str(block) for block in section.blocks)
    assert not any(block.page for block in section.blocks if isinstance(block, Figure))


def test_shares_of_first_answers_sum_to_one(context):
    found = examine(part.look_up(context)[0], draws=19, seed=0)
    for row in kept_table(found).rows:
        assert sum(float(share) for share in row[3:]) == pytest.approx(1)


def test_an_error_of_loading_a_larger_space_is_reported(context, monkeypatch):
    def unreachable(context):
        raise ConnectionError(f"no route\nto {context.names}")

    monkeypatch.setattr(Context, "with_names", property(unreachable))
    covers, troubles = part.look_up(context)
    assert {one.space.name for one in covers} == {"small", "klein"}
    assert troubles == ["glove-6b-50 (no route to glove-6b-50)"]


def test_a_space_without_the_words_is_refused(tmp_path):
    bare = Space(Vocab([f"w{i}" for i in range(20)]), np.eye(20, dtype=np.float32), name="bare")
    context = Context(english=bare, chinese=bare, out=tmp_path, seed=0, names="bare", chinese_names="bare")
    with pytest.raises(ValueError, match="no relation has 5 pairs in bare or bare"):
        part.run(context, draws=19)


@pytest.mark.real
def test_the_homeworks_claims_on_real_vectors():
    from experiments.spaces import read_space

    english = read_space("googlenews-small")
    found = examine(
        [cover(RELATIONS["en", name], english) for name in ("gender", "tense", "plural")], draws=199, seed=0
    )
    assert [len(one.cover.pairs) for one in found] == [43, 40, 37]
    for one in found:
        assert one.random_p == one.shuffled_p == pytest.approx(6 / 200)
        assert 0.15 < one.parallel.random.value < 0.45
        assert right(one.answers.kept) < 0.25
        assert right(one.answers.add) > 0.7
        assert one.answers.kept_c > 0.7
    pairs = found[0].cover.pairs
    cosine = found[0].parallel.cosines[0, pairs.index(("king", "queen"))]
    assert cosine == pytest.approx(0.44, abs=0.01)
