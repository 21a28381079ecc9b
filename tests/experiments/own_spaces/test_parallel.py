"""What sentence pairs add: a made-up language whose own spaces tell nothing, but whose sentence pairs tell all."""
# pyright: basic

import numpy as np
import pytest

from align.bilingual.dictionary.dictionary import Dictionary
from align.bilingual.dictionary.split import split
from align.bilingual.parallel.joint import BilingualPPMI
from align.bilingual.translator import Translator
from align.catalogue import CatalogueError
from align.space import Space
from align.text.corpus import Corpus
from experiments.own_spaces import parallel
from experiments.shared_split import SpacePair
from experiments.translation_scores import evaluate_both_ways

WORDS = [f"{letter}word" for letter in "abcdefghijklmnopqrst"]
HANZI = list("天地玄黄宇宙洪荒日月盈昃辰宿列张寒来暑往")
CODE = dict(zip(WORDS, HANZI, strict=True))


def lines(count):
    rng = np.random.default_rng(0)
    return [[WORDS[(start + step) % 20] for step in rng.integers(0, 5, 5)] for start in rng.integers(0, 20, count)]


@pytest.fixture
def texts(monkeypatch):
    """One parallel text, one that cannot be fetched, and glosses of which some give evaluation pairs away."""

    def read(name):
        if name == "missing":
            raise CatalogueError("missing: no network")
        if name == parallel.GLOSSES:
            return iter([*CODE.items(), ("a red tword", "红往"), ("something else", "别物")])
        return iter([(" ".join(line), "。".join(CODE[word] for word in line)) for line in lines(200)])

    monkeypatch.setattr(parallel, "TEXTS", ("there", "missing"))
    monkeypatch.setattr(parallel, "parallel_text", read)
    model = BilingualPPMI(dim=12)
    monkeypatch.setattr(parallel, "BilingualPPMI", lambda **_: model)


@pytest.mark.usefixtures("texts")
def test_word_alignment_translates_what_the_own_spaces_cannot(monkeypatch, tmp_path):
    english = Corpus.from_sentences(lines(100), min_count=1)
    chinese = Corpus.from_sentences([[CODE[word] for word in line] for line in lines(100)], min_count=1)
    rng = np.random.default_rng(1)
    spaces = [Space(one.vocab, rng.normal(size=(20, 6)).astype(np.float32)) for one in (english, chinese)]
    cut = split(Dictionary(tuple(CODE.items())), english.vocab, chinese.vocab, train=14, test=6)
    monkeypatch.setattr(parallel, "shared_split", lambda *_: cut)
    assert list(parallel.glosses(Dictionary((("tword", "往"),))))[-1] == ("something else", "别物")
    assert not any("往" in headword for _, headword in parallel.glosses(Dictionary((("tword", "往"),))))
    learned = parallel.learn([SpacePair("own", *spaces)], (english, chinese), seed=0)
    scores = {name: evaluate_both_ways(one, cut)["en-zh"].precision(1).over_all for name, one in learned.made.items()}
    assert scores["own text and word alignment"] > 0.8
    assert scores["own text and word alignment"] > scores["own text: ensemble"]
    assert learned.missing == ["missing (missing: no network)"]
    section = parallel.run(learned, tmp_path)
    assert len(section.summary) == len(learned.made)
    assert "sentence pairs" in learned.size
    assert evaluate_both_ways(Translator.load(tmp_path / "en-zh.align"), cut)["en-zh"].precision(1).over_all > 0.8
