"""Analogy questions from a web address: CA8 is fetched, its format is read, and a space is scored by its kinds."""

import json

import numpy as np
import pytest

from align.catalogue import resources
from align.cli import main
from align.files import save
from align.space import Space
from align.text.vocab import Vocab

MORPHOLOGICAL = ": A\n看 看看 说 说说\n看 看看 走 走走\n: AB\n高兴 高高兴兴 干净 干干净净\n: prefix\n师 老师 虎 老虎\n"


@pytest.fixture
def space(tmp_path) -> str:
    """Every doubled word is its word and one vector more, and so is each with a prefix; only 走走 is elsewhere."""
    rng = np.random.default_rng(0)
    bases, made = ["看", "说", "走", "师", "虎"], ["看看", "说说", "走走", "老师", "老虎"]
    x = rng.normal(size=(5, 20))
    y = x + 2 * rng.normal(size=(1, 20))
    y[2] = rng.normal(size=20)
    save(Space(Vocab(bases + made), np.concatenate([x, y]).astype(np.float32)), tmp_path / "zh.vec")
    return str(tmp_path / "zh.vec")


def test_ca8_is_fetched_and_a_space_is_scored_by_its_kinds(site, offer, space, capsys) -> None:
    site.content = MORPHOLOGICAL.encode()
    offer("ca8-morphological", "morphological.txt", size=len(site.content), language="zh", what="evaluation")
    assert main(["eval", "analogy", space, "--set", "ca8-morphological", "--method", "add", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["name"], told["covered"], told["total"]) == ("ca8-morphological", 3, 4)
    assert [(one["name"], one["covered"], one["total"]) for one in told["categories"]] == [
        ("A", 2, 2), ("AB", 0, 1), ("prefix", 1, 1),
    ]  # fmt: skip
    assert [one["accuracy"]["covered"] for one in told["categories"]] == [0.5, None, 1.0]
    assert len(site.asked) == 1


@pytest.mark.parametrize("name", ["ca8-morphological", "ca8-semantic"])
def test_the_catalogue_has_the_address_of_ca8(name: str) -> None:
    one = resources()[name]
    assert (one.kind, one.what, one.language, one.default) == ("url", "evaluation", "zh", False)
    assert one.url == (
        "https://raw.githubusercontent.com/Embedding/Chinese-Word-Vectors/master/testsets/CA8/"
        f"{name.removeprefix('ca8-')}.txt"
    )


def test_questions_that_are_none_are_refused_in_one_line(site, offer, space, capsys) -> None:
    site.content = ": A\n看 看看 说\n".encode()
    offer("ca8-semantic", "semantic.txt", size=len(site.content))
    assert main(["eval", "analogy", space, "--set", "ca8-semantic"]) == 2
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert "semantic.txt:2: '看 看看 说' has 3 words; four, a b c d, were expected" in told
