"""explore: the file it writes, its document, and input that it refuses."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen

import numpy as np
import pytest

from align.bilingual.translator import Translator
from align.explore.page_answers import neighbours_of
from align.explore.page_data import page_words
from align.files import load
from tests.oracles import ENGLISH

ROOT = Path(__file__).parents[2]


def test_the_same_page_twice_and_a_document_about_it(align, made):
    status, out, err = align("explore", "t.align", "-o", "one.html", "--json")
    assert (status, err) == (0, "")
    told = json.loads(out)
    assert (told["page"], told["english"], told["chinese"]) == ("one.html", 40, 40)
    assert told["size"] == (made / "one.html").stat().st_size
    assert align("explore", "t.align", "-o", "two.html")[2].startswith(
        "align: two.html shows 40 English and 40 Chinese"
    )
    assert (made / "one.html").read_bytes() == (made / "two.html").read_bytes()


def test_the_page_that_is_replaced_is_named(align, made):
    for said in ("explore.html shows 40 English", "explore.html is replaced, and shows 40 English"):
        assert align("explore", "t.align", "--words", 40)[2].startswith(f"align: {said}")
    assert (made / "explore.html").exists()


def test_neighbours_come_from_the_original_spaces(align, made):
    words = page_words(Translator.load(made / "t.align"), 0, (load(made / "en.vec"), load(made / "zh.bin")))
    near = neighbours_of(words, np.arange(3), reverse=False)
    for row, ids, scores in zip(range(3), near.ids, near.scores, strict=True):
        expected = load(made / "en.vec").most_similar(ENGLISH[row], k=10)
        assert [ENGLISH[place] for place in ids] == [one.word for one in expected]
        np.testing.assert_allclose(scores, [one.score for one in expected], atol=1e-6)
    assert align("explore", "t.align", "-o", "near.html", "--english", "en.vec", "--chinese", "zh.bin")[0] == 0


@pytest.mark.usefixtures("default_signals")
def test_the_server_answers_until_it_is_interrupted(made):
    command = [sys.executable, "-m", "align", "explore", "t.align", "--serve", "--words", "5", "--json"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, cwd=made, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            address = json.loads("".join(iter(process.stdout.readline, "}\n")) + "}")["address"]
            assert address.startswith("http://127.0.0.1:")
            for word, found in (("Queens", 1), (ENGLISH[30], -1)):
                with urlopen(f"{address}find?text={word}", timeout=20) as answer:
                    assert json.load(answer)["id"] == found
        finally:
            process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("t.align", "--words", "-1"), "--words -1"),
        (("t.align", "-o", "page.png"), "page.png"),
        (("missing.align",), "missing.align"),
        (("en.vec",), "en.vec"),
        (("t.align", "--projection", "mds"), "mds"),
        (("t.align", "--seed", "-1"), "-1"),
        (("t.align", "--english", "en.vec"), "--english and --chinese go together"),
        (("t.align", "--english", "zh.bin", "--chinese", "en.vec"), "zh.bin: has none of the English words"),
        (("t.align", "--serve", "-o", "page.html"), "exclude each other"),
        (("t.align", "--port", "80"), "--host and --port apply to --serve only"),
        (("t.align", "--serve", "--port", "70000"), "--port 70000"),
        (("t.align", "--serve", "--host", "192.0.2.1"), "192.0.2.1"),
    ],
)
def test_wrong_input_is_refused_in_one_line(align, made, arguments, message):
    before = sorted(path.name for path in made.iterdir())
    status, out, err = align("explore", *arguments)
    assert (status, out) == (2, "")
    assert message in err
    assert err.count("\n") == 1
    assert sorted(path.name for path in made.iterdir()) == before
