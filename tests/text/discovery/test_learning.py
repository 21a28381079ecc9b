"""Discovery of the words that a text was made of; the same result with worker processes; learning goes on."""

import itertools

import numpy as np
import pytest

from align.text.discovery import learning
from align.text.discovery.learning import Discovered, Discovery, discover
from align.text.discovery.lexicon import BOUNDARY, WordCounts
from align.text.discovery.model import Step, length_of, savings, unprofitable, words_of
from align.text.tokenise import DiscoveredWords, tokeniser_of


def made_words(size: int = 60) -> list[str]:
    rng = np.random.default_rng(1)
    return ["".join(map(chr, rng.integers(0x4E00, 0x4E60, n))) for n in rng.choice([1, 2, 2, 2, 3], size)]


def made_lines(seed: int, lines: int = 500) -> list[list[str]]:
    rng = np.random.default_rng(seed)
    words = made_words()
    share = 1 / np.arange(3, len(words) + 3)
    return [list(rng.choice(words, 9, p=share / share.sum())) for _ in range(lines)]


def f1(gold: list[list[str]], lexicon: WordCounts) -> float:
    """F1 of the words of all lines."""

    def spans(words: list[str]) -> set[tuple[int, int]]:
        ends = np.cumsum([len(word) for word in words]).tolist()
        return set(zip([0, *ends], ends, strict=False))

    pairs = [(spans(line), spans(lexicon.segment("".join(line)).split())) for line in gold]
    right = sum(len(a & b) for a, b in pairs)
    return 2 * right / sum(len(a) + len(b) for a, b in pairs)


@pytest.fixture(scope="module")
def learned(tmp_path_factory) -> tuple[Discovered, str]:
    path = tmp_path_factory.mktemp("text") / "a.txt"
    path.write_text("\n".join(map("".join, made_lines(0))), "utf-8")
    return discover(path), str(path)


def test_the_words_of_the_text_are_found(learned) -> None:
    found, _ = learned
    assert f1(made_lines(7, 100), found.lexicon) > 0.9
    assert found.symbols == sum(map(len, map("".join, made_lines(0))))
    bits = [one.bits for one in found.rounds]
    assert all(later < earlier for earlier, later in itertools.pairwise(bits[:-1]))
    assert bits[-1] > bits[-2] - 1e-4
    assert len(found.lexicon) <= found.rounds[-1].words


def test_workers_and_blocks_change_nothing(learned, monkeypatch) -> None:
    found, path = learned
    monkeypatch.setattr(learning, "BLOCK", 1 << 13)
    again = discover(path, workers=2)
    assert again.lexicon == found.lexicon
    assert again.rounds == found.rounds


def test_learning_goes_on(learned, tmp_path) -> None:
    found, _ = learned
    (tmp_path / "new.txt").write_text("国王骑马。国王说话。他骑马来。王说。国家。\n" * 9, "utf-8")
    more = discover(tmp_path / "new.txt", known=found.lexicon)
    assert more.lexicon.segment("国王骑马") == "国王 骑马"
    assert f1(made_lines(7, 100), more.lexicon) > 0.9
    total = sum(len(word) * n for word, n in more.lexicon.counts.items())
    assert total == found.symbols + 9 * 16


def test_description_length_and_unprofitable_words() -> None:
    symbols = np.zeros(1 << 18, np.int64)
    symbols[[ord("国"), ord("王")]] = 8, 8
    words = words_of(["国", "王", "国王", "王国"], np.zeros(4, np.int64), symbols, spelling=1.0)
    counts, alive = np.array([2, 2, 6, 0]), np.ones(4, bool)
    share = np.array([2, 2, 6]) / 10
    expected = -(np.array([2, 2, 6]) * (np.log(share) + BOUNDARY)).sum() + 2 * 2 * np.log(2)
    assert length_of(words, counts, alive) == pytest.approx(expected)
    step = Step(counts, alive, expected)
    share = np.array([2, 2, 6, 1e-3]) / 10.001
    saved = 6 * (np.log(share[2]) - 2 * np.log(share[0]) - BOUNDARY) - 2 * np.log(2)  # of 国王
    assert savings(words, step)[:3] == pytest.approx([0, 0, saved])
    assert unprofitable(words, step).tolist() == [
        False,
        False,
        saved < 0,
        True,
    ]


def test_a_tokeniser_of_the_words(learned, tmp_path) -> None:
    learned[0].lexicon.save(tmp_path / "a.words")
    WordCounts({"国王": 5, "马": 3}).save(path := tmp_path / "b.words")
    tokeniser = tokeniser_of("zh", str(path))
    assert tokeniser == DiscoveredWords(str(path))
    assert tokeniser.tokens("國王，馬ＡＢ 1,000") == ["国王", "马", "ab", "1000"]
    with pytest.raises(KeyError, match="or a file of discovered words was expected"):
        tokeniser_of("zh", str(tmp_path / "none"))
    with pytest.raises(KeyError, match="does not tokenise 'en'"):
        tokeniser_of("en", str(path))


def test_wrong_settings_and_texts(tmp_path) -> None:
    for wrong in (
        {"max_length": 1},
        {"max_length": 31},
        {"min_count": 0},
        {"spelling": -1.0},
        {"min_pmi": float("nan")},
    ):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            Discovery(**wrong)
    path = tmp_path / "a.txt"
    for content, message in (("", "the text is empty"), ("The 12 kings.\n", "no Chinese character")):
        path.write_text(content)
        with pytest.raises(ValueError, match=message):
            discover(path)
