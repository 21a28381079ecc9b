import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from align import fonts, plotting
from align.bilingual.translator import Translator
from align.confusion_plot import draw_confusion
from align.meaning.documents.flow import Travel
from align.space import Space
from align.text.vocab import Vocab
from align.transport_plot import draw_travels

WORDS = ("horse", "cow", "donkey", "马", "牛", "驴", "man", "king", "woman", "queen")


@pytest.fixture
def space():
    vectors = np.random.default_rng(0).normal(size=(len(WORDS), 6)).astype(np.float32)
    return Space(Vocab(WORDS), vectors, name="a toy")


def ink(path):
    return float((np.asarray(Image.open(path).convert("L")) < 200).mean())


def test_a_plane_of_both_languages(tmp_path, space):
    plane = plotting.plot(space, ["horse", "cow", "马", "牛", "horse"], tmp_path / "a.png")
    assert plane.points.shape == (4, 2)
    with Image.open(tmp_path / "a.png") as picture:
        assert picture.size == (1920, 1980)
        assert picture.info["dpi"] == pytest.approx((300, 300), abs=0.1)
        colours = {colour for _, colour in picture.convert("RGB").getcolors(1 << 20)}
    assert {(0x1F, 0x5F, 0x8B), (0xB5, 0x38, 0x2A), (255, 255, 255)} <= colours


def test_dollar_signs_and_missing_glyphs_are_drawn_as_text(tmp_path):
    draw_confusion(np.eye(2, dtype=np.int64), ["$_$", "🐎"], tmp_path / "a.png", title="$_$ 🐎")
    draw_travels([Travel("$_$", "🐎", 1.0, 0.5)], tmp_path / "b.png", title="$_$ 🐎")
    assert ink(tmp_path / "a.png") > 0
    assert ink(tmp_path / "b.png") > 0


def test_hanzi_are_hanzi_and_not_boxes(tmp_path):
    from matplotlib.ft2font import FT2Font

    font = FT2Font(str(fonts.hanzi_font()))
    assert all(font.get_char_index(ord(c)) for c in "马牛驴一二三〇国王后龙龟，。")
    pictures = []
    for word in ("马", "牛"):
        with plotting.sheet(tmp_path / f"{word}.png", 1, 1) as figure:
            figure.text(0.3, 0.3, word, size=30)
        pictures.append(np.asarray(Image.open(tmp_path / f"{word}.png").convert("L")))
    assert (pictures[0] != pictures[1]).mean() > 0.01


def test_the_same_picture_twice(tmp_path, space):
    for name in ("a.png", "b.png"):
        plotting.plot(space, WORDS, tmp_path / name)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_offsets_and_pairs_of_both_languages(tmp_path, space):
    with plotting.sheet(tmp_path / "o.png", 4, 4) as figure:
        pairs = [("man", "woman"), ("king", "queen")]
        plotting.draw_offsets(figure.subplots(), pairs, space.of(["man", "king", "woman", "queen"]), "offsets")
    with plotting.sheet(tmp_path / "p.png", 4, 4) as figure:
        pairs = [("horse", "马"), ("cow", "牛")]
        plotting.draw_pairs(figure.subplots(), pairs, space.of(["horse", "cow"]), space.of(["马", "牛"]), "both")
    for name in ("o.png", "p.png"):
        assert 0.002 < ink(tmp_path / name) < 0.2


def test_labels_are_inside_the_frame_and_apart(tmp_path, space):
    with plotting.sheet(tmp_path / "a.png", 4, 4) as figure:
        axes = figure.subplots()
        plotting.draw_plane(axes, WORDS, plotting.pca_plane(space.vectors), "title")
        figure.draw_without_rendering()
        frame = axes.get_window_extent()
        boxes = [text.get_window_extent() for text in axes.texts]
    assert len(boxes) == len(WORDS)
    assert all(frame.x0 <= b.x0 and b.x1 <= frame.x1 and frame.y0 <= b.y0 and b.y1 <= frame.y1 for b in boxes)
    assert not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[:i])


@pytest.mark.parametrize(
    ("words", "kind", "says"),
    [
        (["horse"], ValueError, "at least 2 words; 1 given"),
        ([], ValueError, "at least 2 words; 0 given"),
        (["horse", "hoarse"], KeyError, "'hoarse' is not in the vocabulary; did you mean: horse"),
    ],
)
def test_bad_words_are_said(tmp_path, space, words, kind, says):
    with pytest.raises(kind, match=says):
        plotting.plot(space, words, tmp_path / "a.png")
    assert not list(tmp_path.iterdir())


def test_only_png(tmp_path, space):
    with pytest.raises(ValueError, match=r"a\.svg: a picture is written as PNG"):
        plotting.plot(space, WORDS, tmp_path / "a.svg")


def test_a_failure_leaves_the_old_picture(tmp_path):
    (tmp_path / "a.png").write_bytes(b"old")
    with pytest.raises(RuntimeError, match="stop"), plotting.sheet(tmp_path / "a.png", 2, 2):
        raise RuntimeError("stop")
    assert [(p.name, p.read_bytes()) for p in tmp_path.iterdir()] == [("a.png", b"old")]


def test_no_setting_is_left_behind(tmp_path):
    code = """
import sys, matplotlib
settings = lambda: {k: matplotlib.rcParams[k] for k in matplotlib.rcParams if k != "backend"}  # that imports pyplot
before = settings()
from align import fonts, plotting
with plotting.sheet(sys.argv[1], 2, 2) as figure:
    figure.text(0.5, 0.5, "马")
assert settings() == before
assert "matplotlib.pyplot" not in sys.modules and "zhplot" not in sys.modules
"""
    subprocess.run([sys.executable, "-W", "error::UserWarning", "-c", code, str(tmp_path / "a.png")], check=True)


def test_a_missing_font_is_reported_in_one_line(monkeypatch):
    monkeypatch.setattr(fonts.importlib.util, "find_spec", lambda _: None)
    with pytest.raises(FileNotFoundError, match="zhplot, which holds it, is not installed"):
        fonts.hanzi_font()


def test_labels_show_a_dollar_sign_and_code_points_of_missing_glyphs(tmp_path):
    assert fonts.missing_glyphs("马é$x 🐎𠮷🐎") == ["🐎", "𠮷"]
    assert fonts.drawable("$x$ 𠮷") == "$x$ [U+20BB7]"
    words = ["$x$", r"$\frac$", "🐎", "马"]
    space = Space(Vocab(words), np.eye(4, dtype=np.float32), name="$\\alpha 🐎")
    plotting.plot(space, words, tmp_path / "a.png")
    with plotting.sheet(tmp_path / "b.png", 4, 4) as figure:
        axes = figure.subplots()
        plotting.draw_plane(axes, words, plotting.pca_plane(space.vectors), space.name)
        assert [text.get_text() for text in axes.texts] == ["$x$", r"$\frac$", "[U+1F40E]", "马"]
        assert not any(text.get_parse_math() for text in axes.texts)


def test_a_picture_of_a_translator_centres_each_language_and_joins_known_pairs(tmp_path, monkeypatch):
    rng = np.random.default_rng(0)
    points = rng.normal(size=(4, 8)).astype(np.float32) + 5 * np.eye(8, dtype=np.float32)[0]
    chinese = points - 10 * np.eye(8, dtype=np.float32)[0]
    zeros = np.zeros(4, np.float32)
    translator = Translator(
        Space(Vocab(["horse", "cow", "donkey", "pig"]), points, name="en"),
        Space(Vocab(["马", "牛", "驴", "猪"]), chinese, name="zh"), zeros, zeros,
    )  # fmt: skip
    drawn = []
    monkeypatch.setattr(
        plotting, "_draw_labelled", lambda _axes, words, _plane, lines, title: drawn.append((words, lines, title))
    )
    words = ["马", "horse", "牛", "cow", "pig", "horse"]
    plane = plotting.plot(
        translator, words, tmp_path / "a.png", pairs=[("horse", "马"), ("donkey", "驴"), ("cow", "牛")]
    )
    ((labels, lines, title),) = drawn
    assert list(labels.texts) == ["horse", "cow", "pig", "马", "牛"]
    np.testing.assert_allclose(plane.points[:3].mean(axis=0), 0, atol=1e-6)
    np.testing.assert_allclose(plane.points[3:].mean(axis=0), 0, atol=1e-6)
    np.testing.assert_allclose(lines, [plane.points[[0, 3]], plane.points[[1, 4]]])
    assert title == "en and zh, each centred"
    plotting.plot(translator, ["horse", "cow", "马"], tmp_path / "b.png")
    assert drawn[-1][2] == "en and zh"
