"""`align train bilingual`: sentence pairs in, a translator out; what is wrong is refused in one line."""
# pyright: basic

import numpy as np
import pytest

from align.text.corpus import Corpus
from align.text.vocab import Vocab

LINES = [
    ("the king rode a horse", "国王骑马"),
    ("the queen rode", "女王骑马"),
    ("the king drinks water", "国王喝水"),
    ("the horse drinks water", "马喝水"),
]


@pytest.fixture
def pairs(tmp_path, monkeypatch):
    """A folder, the current one, with the sentence pairs in one file and in two."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pairs.tsv").write_text("".join(f"{one}\t{other}\n" for one, other in LINES * 6), encoding="utf-8")
    for side, name in enumerate(("lines.en", "lines.zh")):
        (tmp_path / name).write_text("".join(f"{line[side]}\n" for line in LINES * 6), encoding="utf-8")
    return tmp_path


@pytest.fixture
def align(run):
    """Run the command line in this process: (status, standard output, standard error)."""
    return run


def test_sentence_pairs_become_a_translator_two_spaces_and_word_pairs(align, pairs):
    more = ("--spaces", "joint.en.vec", "joint.zh.vec", "--candidates", "words.tsv", "--dim", 6)
    status, out, err = align("train", "bilingual", "pairs.tsv", "-o", "joint.align", *more)
    assert (status, out) == (0, "")
    assert "words of 6 dimensions from 24 sentence pairs" in err
    assert align("translate", "king", "--with", "joint.align", "--k", 1, "--tsv")[1].startswith("king\t国王")
    assert "king\t国王\n" in (pairs / "words.tsv").read_text(encoding="utf-8")
    assert align("near", "joint.en.vec", "king", "--k", 2)[0] == 0
    again = align("train", "bilingual", "--lines", "lines.en", "lines.zh", "-o", "again.align", "--dim", 6)
    assert again[0] == 0
    assert (pairs / "again.align").read_bytes() == (pairs / "joint.align").read_bytes()
    (pairs / "old.tsv").write_text("king\t国王\n", encoding="gb18030")
    old = ("--dictionary", "old.tsv", "--dictionary-encoding", "gb18030")
    assert align("train", "bilingual", "pairs.tsv", "-o", "third.align", "--dim", 6, *old)[0] == 0


def test_pairs_of_single_words_are_learned_from_and_words_without_a_vector_are_counted(align, pairs):
    (pairs / "single.tsv").write_text("king\t国王\nqueen\t王后\nhorse\t马\ncow\t牛\ndog\t狗\n" * 2, encoding="utf-8")
    status, _, err = align(
        "train", "bilingual", "single.tsv", "-o", "s.align", "--min-count", 1, "--dim", 4, "--characters", 0
    )
    assert status == 0
    assert err.splitlines()[-1].startswith("align: warning: 1 English and 1 Chinese words have a vector of zero")


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ((), "no sentence pairs given"),
        (("none.tsv",), "none.tsv: no such file, and no parallel text has this name (tencent-docs,"),
        (("lines.en",), "lines.en:1: no tab in 'the king rode a horse'"),
        (("--lines", "lines.en", "pairs.tsv.short"), "lines.en has 24 lines and pairs.tsv.short has 1"),
        (("pairs.tsv", "--dim", 0), "--dim 0: must be at least 1"),
        (("pairs.tsv", "--dim", 3000), "--dim 3000: must be at most 2000"),
        (("pairs.tsv",), "dim 200: the texts have"),
        (("pairs.tsv", "--strict"), "--strict needs --held-out"),
        (("pairs.tsv", "--spaces", "a.txt", "b.zip"), "b.zip: the name of the output must end in"),
        (("pairs.tsv", "--spaces", "a.vec", "./a.vec"), "a.vec: two outputs of this command have this name"),
        (("pairs.tsv", "--english", "zh.corpus"), "zh.corpus: its language is zh; a corpus of en was expected"),
    ],
)
def test_bad_input_is_refused(align, pairs, arguments, problem):
    (pairs / "pairs.tsv.short").write_text("国王\n", encoding="utf-8")
    Corpus(Vocab(["马", "国王"], np.array([1, 1])), np.array([0, 1, -1], np.int32), "c", "zh").save("zh.corpus")
    status, out, err = align("train", "bilingual", *arguments, "-o", "bad.align")
    assert (status, out) == (2, "")
    assert problem in err
    assert len(err.splitlines()) == 1
    assert not (pairs / "bad.align").exists()
