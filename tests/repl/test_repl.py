"""The session: lines in, lines out; on a pipe and as a function."""

import io
import sys
from dataclasses import replace
from typing import ClassVar

import numpy as np
import pytest

from align import repl
from align.bilingual.dictionary.cedict import parse_cedict
from align.bilingual.query import Query, parse_query, words_in
from align.bilingual.translator import Translator
from align.repl.background import in_background
from align.repl.reply import reply
from align.repl.session import Session
from align.repl.word_entry import CandidateRow, WordEntry, show
from align.space import Space
from align.text.vocab import Vocab

ENGLISH = ["man", "woman", "king", "queen", "horse", "dog", "cat", "China"]
CHINESE = ["女人", "男人", "国王", "王后", "马", "狗", "猫", "中国", "国家"]


def translator():
    """A translator in which each English word has the vector of its translation, and man : woman = king : queen."""
    rng = np.random.default_rng(0)
    noise = rng.normal(size=(9, 12)).astype(np.float32)
    royal, male = np.eye(12, dtype=np.float32)[:2] * 9
    noise[:4] += [male, -male, royal + male, royal - male]
    points = noise / np.linalg.norm(noise, axis=1, keepdims=True)
    chinese = points[[1, 0, 2, 3, 4, 5, 6, 7, 8]]
    zeros = np.zeros(9, np.float32)
    return Translator(Space(Vocab(ENGLISH), points[:8]), Space(Vocab(CHINESE), chinese), zeros[:8], zeros)


CEDICT = parse_cedict(
    "國王 国王 [guo2 wang2] /king/CL:個|个[ge4]/\n"
    "王后 王后 [wang2 hou4] /queen/\n"
    "馬 马 [ma3] /horse/CL:匹[pi3]/\n"
    "馬匹 马匹 [ma3 pi3] /horse/\n"
    "斑馬 斑马 [ban1 ma3] /zebra/\n",
    "small",
)


@pytest.fixture
def session(tmp_path):
    return Session({"a": translator(), "b": translator()}, lambda: CEDICT, "a", pictures=tmp_path)


def told(session, line):
    """The text of the reply to ``line``."""
    return "\n".join(text.plain for text in reply(session, line).lines)


def test_an_english_word_gets_candidates_with_score_reading_rank_and_attestation(session):
    head, first, *_, last = told(session, "king").splitlines()
    assert head == f"king  #{ENGLISH.index('king') + 1}"
    assert first.split() == ["2.000", "国王", "guó", "wáng", f"#{CHINESE.index('国王') + 1}", "in", "CC-CEDICT"]
    assert last == "  CC-CEDICT: 国王"


def test_a_chinese_word_traditional_too_gets_english_candidates(session):
    for typed, said in (("国王", ""), ("國王", "(for '國王': traditional)")):
        head, first, *_, last = told(session, typed).splitlines()
        assert head.startswith("国王  guó wáng  #")
        assert head.endswith(said)
        assert first.split()[1] == "king"
        assert last == "  CC-CEDICT: king"


def test_what_cedict_does_not_have_is_not_marked(session):
    lines = told(session, "dog").splitlines()
    assert lines[1].split()[1] == "狗"
    assert not any("in CC-CEDICT" in line for line in lines)
    assert lines[-1] == "  CC-CEDICT: nothing"


def test_an_inflected_word_is_looked_up_in_cedict_by_its_stem():
    plural = Translator(
        Space(Vocab(["horses"]), np.eye(1, dtype=np.float32)), Space(Vocab(["马", "狗"]), np.ones((2, 1), np.float32)),
        np.zeros(1, np.float32), np.zeros(2, np.float32),
    )  # fmt: skip
    lines = told(Session({"a": plural}, lambda: CEDICT, "a"), "horses").splitlines()
    assert lines[1].endswith("in CC-CEDICT")
    assert not lines[2].endswith("in CC-CEDICT")
    assert lines[3] == "  CC-CEDICT: horse: 马 · 马匹"


def test_several_words_and_an_unknown_one_between(session):
    answer = told(session, "Horses, zebra；王后")
    assert "horse  #" in answer
    assert "(for 'Horses': inflection)" in answer
    assert "'zebra' is not in the English vocabulary" in answer
    assert "  CC-CEDICT: 斑马" in answer
    assert "王后  wáng hòu" in answer
    assert reply(session, "king zebra").failed
    assert not reply(session, "king queen").failed


def test_an_unknown_word_gets_suggestions(session):
    assert "did you mean: king" in told(session, "kingg")
    assert "did you mean: 国王" in told(session, "老国王")


def test_k_and_method_change_the_session(session):
    after = reply(session, ":k 2").session
    assert after.k == 2
    assert len(told(after, "king").splitlines()) == 4
    after = reply(session, ":method nn b").session
    assert (after.retrieval, after.name) == ("nn", "b")
    assert "retrieval nn" in told(after, ":method")
    assert (session.k, session.retrieval, session.name) == (5, "best", "a")


def test_near_analogy_and_compare(session):
    assert told(session, ":near king").splitlines()[0] == "king"
    assert len(told(session, ":near king 马").splitlines()) == 12
    assert told(session, ":analogy man woman king").splitlines()[1].split()[1] == "queen"
    assert told(session, ":analogy 男人 女人 國王").splitlines()[1].split()[1] == "王后"
    for line in (":compare king 国王", ":compare 国王 king"):
        answer = told(session, line)
        assert "cosine of king, mapped, and 国王: 1.000" in answer
        assert f"国王 is candidate 1 of {len(CHINESE)} for king" in answer
        assert f"king is candidate 1 of {len(ENGLISH)} for 国王" in answer
        assert "has the pair" in answer
    assert "CC-CEDICT does not have the pair" in told(session, ":compare king 马")


def test_words_of_both_languages_on_an_axis(session):
    lines = told(session, ":axis gender king queen 国王 王后").splitlines()
    assert [line.split()[-1] for line in lines] == ["woman", "king", "queen", "女人", "国王", "王后"]
    values = [float(lines[i].split()[0]) for i in (1, 2, 4, 5)]
    assert values[0] == values[2] > 0 > values[1] == values[3]
    assert "affluence" in told(session, ":axis")
    assert "did you mean 'gender'" in told(session, ":axis gendre king")


def test_plot_writes_a_new_picture_each_time(session, tmp_path):
    assert str(tmp_path / "align-plot-1.png") in told(session, ":plot king queen 国王 王后")
    assert str(tmp_path / "align-plot-2.png") in told(session, ":plot king queen man")
    assert (tmp_path / "align-plot-1.png").read_bytes()[:4] == b"\x89PNG"


def test_help_and_quit(session):
    assert ":compare ENGLISH CHINESE" in told(session, ":help")
    assert told(session, ":") == told(session, ":help")
    assert reply(session, ":quit").over
    assert reply(session, "：q").over


def test_short_commands_where_only_one_fits(session):
    assert told(session, ":ne king") == told(session, ":near king")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (":nonsense", "no command :nonsense"),
        (":near", "no word"),
        (":near zebra", "zebra"),
        (":analogy king queen", "three words"),
        (":analogy king queen 马", "one language"),
        (":compare king", "an English and a Chinese word"),
        (":compare king queen", "one English and one Chinese word; king and queen are both English"),
        (":compare king 斑马", "斑马"),
        (":plot king", "three words"),
        (":plot king queen zebra", "zebra"),
        (":method bogus", ":method bogus: one of best, csls, nn, inverted-softmax, a, b was expected"),
        (":k 0", "at least 1"),
        (":k -1", "whole number"),
        (":k many", "whole number"),
        (":k ²", "whole number"),
        (":k 1 2", "whole number"),
    ],
)
def test_wrong_commands_print_one_line_and_change_nothing(session, line, said):
    answer = reply(session, line)
    (text,) = answer.lines
    assert said in text.plain
    assert "\n" not in text.plain
    assert (answer.session, answer.failed, answer.over) == (session, True, False)


@pytest.mark.parametrize("line", ["", "  ", "\t\n", "# a remark"])
def test_empty_lines_and_remarks_say_nothing(session, line):
    assert reply(session, line).lines == []


@pytest.mark.parametrize("line", ["\x00", "🐎", "[bold]king[/bold]", "x" * 10_000, "\ufffd\ufffd", "-" * 50, "'"])
def test_odd_lines_are_answered(session, line):
    assert len(reply(session, line).lines) >= 1


def test_a_session_checks_its_settings():
    for wrong in ({"name": "c"}, {"k": 0}):
        settings = {"name": "a", **wrong}
        with pytest.raises(ValueError, match=str(next(iter(wrong.values())))):
            Session({"a": translator()}, lambda: CEDICT, **settings)


def test_words_of_a_line():
    assert words_in(" king,queen; 国王、王后　马，牛；驴。") == ["king", "queen", "国王", "王后", "马", "牛", "驴"]
    assert words_in(" ,; ") == []


def test_the_direction_is_the_scripts_unless_forced():
    assert parse_query(translator(), "king").reverse is False
    assert parse_query(translator(), "国王").reverse is True
    assert parse_query(translator(), "king", reverse=True).form == ""


def test_a_background_failure_is_raised_on_use():
    assert in_background(lambda: 3)() == 3

    def fails():
        raise ValueError("no dictionary")

    with pytest.raises(ValueError, match="no dictionary"):
        in_background(fails)()


def piped(monkeypatch, capsys, data):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    assert repl.run({"small": translator()}, k=2) == 0
    return capsys.readouterr()


def test_a_pipe_gets_plain_lines_without_a_prompt(monkeypatch, capsys):
    said = piped(monkeypatch, capsys, "king\n:near 马\nzebra\n:quit\nqueen\n".encode())
    assert said.out.splitlines()[0] == "king  #3"
    assert "queen  #" not in said.out
    assert "\x1b" not in said.out
    assert "align>" not in said.out
    assert said.err == ""


def test_a_pipe_with_broken_bytes_is_refused(monkeypatch, capsys):
    with pytest.raises(ValueError, match=r"^standard input:2: byte 0xe9 is not UTF-8"):
        piped(monkeypatch, capsys, b"king\nqu\xe9en\nking\n")
    assert capsys.readouterr().out.count("king  #3") == 1


def test_probabilities_are_shown_and_unlikely_answers_are_marked() -> None:
    asked = Query("igor", "igor", "", False)
    rows = [CandidateRow("狗", 0.04, "gǒu", 12, False, 0.04), CandidateRow("马", 0.01, "mǎ", 30, False, 0.01)]
    lines = [line.plain for line in show(WordEntry(asked, "", 7, rows, "igor", []))]
    assert "4.0%" in lines[1]
    assert "once in 25" in lines[3]
    surer = [rows[0]._replace(probability=0.6), rows[1]]
    assert not any("not known" in line.plain for line in show(WordEntry(asked, "", 7, surer, "igor", [])))


def test_help_names_every_retrieval_and_says_what_numbers_mean(session):
    said = told(session, ":help")
    assert ":method [best|csls|nn|inverted-softmax|TRANSLATOR]" in said
    assert "probability" in said
    assert "Below 0" in said


def test_the_scoring_shown_is_the_one_in_use(session):
    said = told(session, ":method")
    assert "retrieval csls (this translator has no second stage for best), 5 candidates" in said
    assert session.used_retrieval == "csls"
    assert "retrieval nn, 5" in told(session, ":method nn")


def unreadable():
    raise OSError(2, "No such file", "cedict.gz")


def test_without_the_dictionary_the_session_continues(session):
    broken = replace(session, cedict=unreadable)
    answer = reply(broken, "king zebra")
    said = [text.plain for text in answer.lines]
    assert said[0] == "CC-CEDICT is not available: cedict.gz: no such file"
    assert any("国王" in line for line in said)
    assert answer.failed
    assert told(broken, ":compare king 国王") == "cedict.gz: no such file"
    assert "queen" in told(broken, ":near king")


def test_a_broken_second_stage_prints_one_line(session, monkeypatch):
    def broken(*_args, **_more):
        raise ValueError("the translator does not hold its re-ranker")

    monkeypatch.setattr(Translator, "translate", broken)
    answer = reply(session, "king")
    assert [text.plain for text in answer.lines] == [
        "internal failure: ValueError: the translator does not hold its re-ranker"
    ]
    assert answer.failed


def test_an_internal_failure_is_named_and_the_session_continues(session, monkeypatch):
    monkeypatch.setattr(Translator, "translate", lambda *_args: 1 // 0)
    answer = reply(session, "king")
    assert "internal failure: ZeroDivisionError" in answer.lines[0].plain
    assert answer.session is session


def test_pasted_lines_are_answered_as_if_typed_one_by_one(session, monkeypatch):
    from rich.console import Console

    from align.repl import prompt

    class Pasted:
        texts: ClassVar = iter(["king\n:k 1\n\nqueen", ":quit\nman"])

        def prompt(self):
            return next(self.texts)

    monkeypatch.setattr(prompt, "_prompt", lambda *_: Pasted())
    stream = io.StringIO()
    prompt.interact(session, Console(file=stream, width=100))
    said = stream.getvalue()
    assert "king  #3" in said
    assert "1 candidates" in said
    assert "queen  #4" in said
    assert "man  #1" not in said


def test_the_answers_of_a_map_by_chance_begin_with_a_warning(session):
    by_chance = replace(translator(), details={"chance": "1"})
    warned = told(replace(session, translators={"a": by_chance}), "king")
    assert warned.startswith("this translator's map is no better than chance")
    assert "chance" not in told(session, "king")


def test_a_failed_full_map_prints_one_line_and_the_session_continues(session):
    def failing():
        raise ValueError("no space left")

    lines = told(replace(session, upgrade=failing), "king").splitlines()
    assert lines[0].startswith("the full map could not be fitted: ")
    assert lines[1].startswith("king")


def test_a_sentence_is_glossed_and_a_plain_line_is_still_words(session):
    lines = told(session, ":gloss The king, horse zebra").splitlines()
    assert [line.split() for line in lines[:2]] == [["The", "king", "horse", "zebra"], ["-", "国王", "马", "斑马"]]
    assert told(session, "：gloss 國王").splitlines()[:3] == ["国王", "guó wáng", "king"]
    assert told(session, "king").startswith("king  #")
    for line in (":gloss", ":gloss ..."):
        assert reply(session, line).failed
        assert len(told(session, line).splitlines()) == 1
    assert ":gloss SENTENCE" in told(session, ":help")
