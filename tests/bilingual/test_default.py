"""The default translator: its place in the cache, when it is fitted again, and the words held out of its training."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from align.bilingual import default
from align.bilingual.best import Best
from align.bilingual.default import FORMAT, open_default, without_tests
from align.bilingual.dictionary.dictionary import Dictionary
from align.bilingual.dictionary.split import split
from align.bilingual.fitting import fit, with_means
from align.bilingual.supervised.linear import Procrustes, Reweighted
from align.bilingual.translator import Translator
from align.space import Space
from align.text.vocab import Vocab
from tests.bilingual.reranking.test_reranker import METHOD, languages

RECORD = Path(__file__).parent / "default_arrays.json"
"""By format version: each array's type, shape and length (Euclidean norm). Run this file as a program to add one."""


def summary() -> dict[str, list]:
    """The arrays of a tiny translator with both stages."""
    english, chinese, dictionary = languages()
    simplified = chinese.simplified().vocab
    pairs = tuple(pair for pair in dictionary.pairs[::2] if pair[1] in simplified)
    made = with_means(fit(english, chinese, replace(dictionary, pairs=pairs), METHOD))
    arrays = {
        "source.vectors": made.source.vectors,
        "target.vectors": made.target.vectors,
        "source.means": made.source_means,
        "target.means": made.target_means,
        **made.weights,
    }
    return {
        name: [str(array.dtype), list(array.shape), float(np.linalg.norm(array.astype(np.float64)))]
        for name, array in sorted(arrays.items())
    }


def test_other_arrays_need_another_format() -> None:
    """A translator in the cache is used as it is, so its arrays must be those that this version fits."""
    recorded, found = json.loads(RECORD.read_text())[str(FORMAT)], summary()
    told = (
        "the arrays of a translator have changed: raise default.FORMAT and run `python -m tests.bilingual.test_default`"
    )
    assert list(found) == list(recorded), told
    for name, (kind, shape, size) in found.items():
        assert [kind, shape] == recorded[name][:2], f"{name}: {told}"
        # training is stochastic rounding away from equal on another machine; everything else is not
        tolerance = 0.1 if ".head." in name else 1e-3
        assert size == pytest.approx(recorded[name][2], rel=tolerance, abs=1e-4), f"{name}: {told}"


def test_the_name_depends_on_what_is_fitted_and_how(monkeypatch) -> None:
    names = [default.default_path(), default.default_path(Procrustes())]
    assert default.default_path(Best()) == names[0]
    monkeypatch.setattr(default, "FORMAT", FORMAT + 1)
    names.append(default.default_path())
    monkeypatch.setattr(default, "CHINESE", "zhwiki-synonyms")
    names.append(default.default_path())
    assert len(set(names)) == len(names) == 4


@pytest.fixture
def fits(monkeypatch, tmp_path) -> list[str]:
    """The methods that were fitted, with a small translator in the place of the real one."""
    made: list[str] = []

    def make(path, *, method=None, report=None):
        del report
        made.append(type(method or Best()).__name__)
        points = np.eye(2, dtype=np.float32)
        spaces = Space(Vocab(["king", "horse"]), points), Space(Vocab(["国王", "马"]), points)
        translator = Translator(*spaces, *np.zeros((2, 2), np.float32), {"method": made[-1]})
        translator.save(path)
        return translator

    monkeypatch.setenv("ALIGN_CACHE", str(tmp_path))
    monkeypatch.setattr(default, "make_default", make)
    return made


def test_a_quick_map_answers_until_the_full_one_is_there(fits) -> None:
    assert open_default(quick=True).quick
    assert open_default(quick=True).translator.details["method"] == "Reweighted"
    assert fits == ["Reweighted"]
    full = open_default()
    assert (full.quick, full.translator.details["method"]) == (False, "Best")
    assert not open_default(quick=True).quick
    assert fits == ["Reweighted", "Best"]


def test_a_damaged_file_is_fitted_again_with_a_note(fits) -> None:
    open_default(quick=True)
    default.default_path(Reweighted()).write_bytes(b"damaged")
    opened = open_default(quick=True)
    assert fits == ["Reweighted"] * 2
    assert len(opened.notes) == 1
    assert str(default.default_path(Reweighted())) in opened.notes[0]


def test_test_words_are_left_out_in_any_case_script_and_column() -> None:
    english = Vocab([f"w{i}" for i in range(40)] + ["Angel", "ANGEL", "wide", "W39"])
    chinese = Vocab([f"字{chr(0x5000 + i)}" for i in range(40)] + ["天使", "angel", "Ｔ恤", "T恤"])
    pairs = [(f"w{i}", f"字{chr(0x5000 + i)}") for i in range(40)]
    pairs += [
        ("Angel", "天使"),
        ("ANGEL", "天使"),
        ("wide", "T恤"),
        ("wide", "Ｔ恤"),
        ("W39", "angel"),
        ("w3", "angel"),
    ]
    dictionary = Dictionary(tuple(pairs), "made up")
    spaces = [Space(vocab, np.ones((len(vocab), 2), np.float32)) for vocab in (english, chinese)]
    cut = split(dictionary, english, chinese)
    kept = without_tests(dictionary, *spaces)

    def plain(word: str) -> str:
        return word.replace("Ｔ", "T").casefold()

    tests = {plain(word) for word in (*cut.test.targets, *cut.reverse_test.targets)}
    assert {"angel", "w39"} & tests
    assert len(kept) > 20
    assert not {plain(word) for pair in kept.pairs for word in pair} & tests


if __name__ == "__main__":
    versions = json.loads(RECORD.read_text()) if RECORD.exists() else {}
    if str(FORMAT) in versions:
        raise SystemExit(f"format {FORMAT} is recorded already: raise default.FORMAT first")
    RECORD.write_text(json.dumps(versions | {str(FORMAT): summary()}, indent=0) + "\n")
