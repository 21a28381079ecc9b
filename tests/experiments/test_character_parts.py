"""Parts of characters: components and strokes read from tables, units of words, and unseen words as means of units."""

import numpy as np

from experiments import character_parts as c
from experiments.excerpt import without_words
from tests.train.topics import topics


def test_components_are_the_direct_parts(tmp_path) -> None:
    path = tmp_path / "ids.txt"
    path.write_text("# CJKVI\nU+56FD\t国\t⿴囗玉\nU+4E08\t丈\t丈\nU+68EE\t森\t⿱木林[G]\t⿱木&CDP-8B7C;\n", "utf-8")
    assert c.read_components(path) == {"国": ("囗", "玉"), "丈": (), "森": ("木", "林")}
    assert c.component_units("国丈a", c.read_components(path)) == ("part 囗", "part 玉")


def test_strokes_follow_the_decomposition(tmp_path) -> None:
    path = tmp_path / "decomp.txt"
    path.write_text("木:wb(十,八)\n十:s(一,㇑)\n一:me(㇐)\n八:a(㇓,㇏)\n森:r3tr(木)\n12:rotr(木)\n㇐:c()\n", "utf-8")
    strokes = c.read_strokes(path)
    assert "".join(strokes["木"]) == "1234"
    assert "".join(strokes["森"]) == "1234" * 3
    assert c.stroke_units("木一", strokes) == tuple(
        f"stroke {x}" for x in ("123", "234", "341", "1234", "2341", "12341")
    )


def test_unseen_words_are_means_of_their_units() -> None:
    corpus = topics(sentences=200)
    rest = without_words(corpus, {"0-a", "1-a"})
    units = {word: tuple(word.split("-")) for word in corpus.vocab.words}
    model = c.UnitFastText(units=units, unseen=("0-a", "1-a"), dim=8, window=3, epochs=4, sample=0.0)
    space = c.train(model, rest, seed=1)
    assert set(space.vocab.words) == set(corpus.vocab.words)
    assert np.isfinite(space.vectors).all()
    assert space.of(["0-a"])[0] @ space.of(["0-b"])[0] > space.of(["0-a"])[0] @ space.of(["1-b"])[0]
