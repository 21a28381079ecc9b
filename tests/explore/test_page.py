"""The page in headless Chromium: search, translations, tours, addresses, analogies, groups, exports, harmful words."""

import json
from urllib.parse import unquote

import numpy as np
import pytest

from align.explore.assemble import write_page
from align.explore.page_data import original_answers, page_words
from align.explore.reduced import reduce_points, restore_points
from align.meaning.geometry import disparity
from align.retrieval import unit_rows
from align.space import Space
from tests.explore.world import CEDICT, HARMFUL, Browser, chromium, small_translator

try:
    from selenium.webdriver import ActionChains, Keys
    from selenium.webdriver.common.actions.wheel_input import ScrollOrigin
except ModuleNotFoundError:
    ActionChains = Keys = ScrollOrigin = None  # the fixture skips the tests


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """The address of a page of the small translator, whose title could do harm, and its browser."""
    path = tmp_path_factory.mktemp("page") / "page.html"
    write_page(small_translator(), path, cedict=CEDICT, title="</title><script>@@data@@")
    with chromium() as opened:
        yield opened, path.as_uri()


@pytest.fixture
def browser(page):
    """The page as it opens; after the test, nothing may be on the console."""
    opened, address = page
    opened.open(address)
    yield opened
    assert opened.errors() == []


def numbered(browser: Browser, word: str) -> int:
    return browser.run("return page.words.find(arguments[0])", word)


def select(browser: Browser, word: str) -> None:
    browser.run("return page.select(page.words.find(arguments[0]))", word)


def panel(browser: Browser) -> str:
    return browser.text("#panel")


def address(browser: Browser, part: str) -> str:
    browser.wait(f"decodeURIComponent(location.hash).includes({json.dumps(part)})")
    return unquote(browser.run("return location.hash"))


def test_it_opens_from_the_disk_without_errors_or_requests(browser):
    assert browser.driver.title == "</title><script>@@data@@"
    seen = [json.loads(one["message"])["message"] for one in browser.driver.get_log("performance")]
    urls = [one["params"]["request"]["url"] for one in seen if one["method"] == "Network.requestWillBeSent"]
    assert {url.partition(":")[0] for url in urls} <= {"file", "data", "blob", "about"}
    assert browser.run("return page.document.words.length") > 100
    assert "Two languages" in panel(browser)


@pytest.mark.parametrize("typed", ["king", "ＫＩＮＧ "])
def test_search_finds_a_word_and_a_line_joins_it_with_its_translation(browser, typed):
    browser.run(
        "const field = document.getElementById('search'); field.value = arguments[0];"
        "field.dispatchEvent(new Event('input'));"
        "field.dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter'}))",
        typed,
    )
    browser.wait("document.querySelector('#panel h2').textContent === 'king' && page.lines.length > 0")
    lines = browser.run("return page.lines.map(({from, to}) => [page.words.names[from], page.words.names[to]])")
    assert lines[0] == ["king", "国王"]
    assert "guó wáng" in panel(browser)
    middle = browser.run(
        "const [x, y] = page.map.toScreen(page.state.word); return [x / page.map.width, y / page.map.height]"
    )
    assert middle == pytest.approx([0.5, 0.5])


def test_completion_offers_words_of_both_languages(browser):
    typed = {
        "國王": "国王",
        "guowang": "国王",
        "guó wáng": "国王",
        "馬": "马",
        "quee": "queen",
        "后": "王后",
        "\uff2b\uff49ng": "king",
    }
    code = "return arguments[0].map((text) => page.words.complete(text).map((id) => page.words.names[id]))"
    offered = browser.run(code, list(typed))
    assert [word in found for word, found in zip(typed.values(), offered, strict=True)] == [True] * len(typed)


def test_an_entry_agrees_with_the_translator_and_the_dictionary(browser):
    select(browser, "国王")
    translator = small_translator()
    entry = browser.run("return page.answers.entry(page.words.find('国王'))")
    wanted = translator.translate(["国王"], k=5)[0]
    named = browser.run("return arguments[0].map(({id}) => page.words.names[id])", entry["translations"])
    assert named == [one.word for one in wanted]
    assert [one["score"] for one in entry["translations"]] == pytest.approx([one.score for one in wanted], abs=1e-4)
    near = translator.target.most_similar("国王", k=10)
    named = browser.run("return arguments[0].map(({id}) => page.words.names[id])", entry["neighbours"])
    assert named == [one.word for one in near]
    assert [one["score"] for one in entry["neighbours"]] == pytest.approx([one.score for one in near], abs=0.005)
    assert entry["dictionary"] == ["guó wáng · king"]
    assert "guó wáng · king" in panel(browser)


def test_a_click_on_a_point_selects_it(browser):
    browser.run("page.map.fit([page.words.find('马')]); page.draw()")
    browser.run("const [x, y] = page.map.toScreen(page.words.find('马')); page.click(x + 1, y, 12)")
    browser.wait("document.querySelector('#panel h2').textContent.startsWith('马')")


def test_a_tour_changes_the_view_and_a_shared_address_restores_it(browser):
    before = browser.run("return page.map.view")
    browser.run("document.querySelector('[data-tour=animals]').click()")
    browser.wait("document.querySelector('#shape')")
    assert browser.run("return page.map.view") != before
    shown = browser.run("return [page.map.view, Array.from(page.map.layout.places).slice(0, 40), page.state.group]")
    shared = browser.driver.current_url.partition("#")[0] + "#" + address(browser, "tour=animals").partition("#")[2]
    browser.open(shared)
    browser.wait("document.querySelector('#shape')")
    again = browser.run("return [page.map.view, Array.from(page.map.layout.places).slice(0, 40), page.state.group]")
    assert again[1:] == shown[1:]
    assert list(again[0].values()) == pytest.approx(list(shown[0].values()), rel=1e-4)


def test_a_damaged_address_does_no_harm(browser):
    here = browser.driver.current_url.partition("#")[0]
    browser.open(here + "#map=nothing&view=1,x,9e99&word=en:%3Cscript%3E&tour=__proto__&x=%00&theme=a&analogy=zh:国王")
    assert browser.run("return [page.state.map, page.state.word, page.state.tour]") == ["pca", -1, ""]
    assert "<script>" in browser.text("#note")
    browser.open(here + "#" + "&".join(["group=en:king"] * 500) + "&analogy=en:man" * 3)
    assert browser.run("return [page.state.group.length, page.state.analogy.length]") == [1, 0]
    assert browser.text("#shape") == "1 word."
    browser.open(here + "#map=axes&x=nonsense&y=gender")
    assert browser.run("return page.state.map") == "pca"
    assert "nonsense" in browser.text("#note")


def test_the_disparity_of_a_group_is_that_of_the_package(browser):
    browser.run("return page.openTour('numbers')")
    shape = browser.run("return page.shape()")
    translator = small_translator()
    points = np.concatenate([translator.source.vectors, translator.target.vectors])
    reduced = reduce_points(points)
    pairs = np.array([pair for pair in shape["rows"] if pair[1] >= 0])
    english, chinese = (unit_rows(restore_points(reduced, side)) for side in pairs.T)
    assert shape["disparity"] == pytest.approx(disparity(english, chinese), abs=1e-5)
    assert f"{shape['disparity']:.3f}" in browser.text("#shape")


def test_an_analogy_is_answered_and_drawn_as_a_parallelogram(browser):
    browser.run("return page.askAnalogy(['man', 'woman', 'king'])")
    answers = browser.run("return page.analogyAnswers().map(({found}) => page.words.names[found[0].id])")
    assert answers == ["queen", "王后"]
    a, b, c, d = np.array(browser.run("return page.corners().map((id) => page.map.toScreen(id))"))
    assert np.linalg.norm((b - a) - (d - c)) < 0.1 * np.linalg.norm(b - a)
    browser.wait("page.shapes.filter(({kind}) => kind === 'area').length === 1")
    assert "Cosine of woman − man and queen − king: 0.99" in browser.text("#offsets")


def test_the_answers_of_a_tour_before_the_map_are_those_of_the_original_space():
    translator = small_translator()
    english, chinese = translator.source, translator.target
    rng = np.random.default_rng(1)
    original = Space(english.vocab, rng.normal(size=english.vectors.shape), name="original")
    words = page_words(translator, 0, (original, chinese))
    ids = [original.vocab.index[word] for word in ("man", "woman", "king")]
    found = original_answers(words, ids)
    assert [original.vocab.words[row] for row, _ in found] == [
        one.word for one in original.analogy("man", "woman", "king", k=5)
    ]
    assert original_answers(words, [*ids[:2], len(english)]) == []
    assert original_answers(page_words(translator, 0), ids) == []


def test_axes_of_meaning_place_opposites_apart_and_name_their_ends(browser):
    browser.run("return page.change({map: 'axes', x: 'rich - poor', y: 'man - woman'})")
    assert browser.run("return page.map.layout.ends") == {"x": ["poor", "rich"], "y": ["woman", "man"]}
    words = ("rich", "poor", "富", "穷", "man", "woman")
    code = (
        "return arguments[0].map((word) => page.words.find(word))"
        ".map((id) => Array.from(page.map.layout.places.slice(2 * id, 2 * id + 2)))"
    )
    places = dict(zip(words, browser.run(code, words), strict=True))
    assert places["rich"][0] > 0.3 > -0.3 > places["poor"][0]
    assert places["富"][0] > places["穷"][0]
    assert places["man"][1] > places["woman"][1]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("rich - rich", "“rich” is at both ends of the axis"),
        ("rich - xyzzy", "“xyzzy” is not on this map"),
        ("rich", "is not an axis"),
        ("rich, 富 - poor", "is not an axis"),
        ("<img src=x>" * 100, "“<img src=x>"),
    ],
)
def test_an_axis_that_is_none_is_refused(browser, typed, said):
    browser.run("return page.change({map: 'axes', x: arguments[0], y: 'man - woman'})", typed)
    assert said in browser.text("#note")
    assert len(browser.text("#note")) < 310
    assert browser.run("return page.state.map") == "pca"


@pytest.mark.parametrize("typed", [["king", "KING", "queen"], ["", "", ""], ["man", "woman", ""]])
def test_an_analogy_needs_three_different_words(browser, typed):
    browser.run("return page.askAnalogy(arguments[0])", typed)
    assert browser.text("#note") == "Type three different words."
    assert browser.run("return page.state.analogy") == []


def test_a_lasso_takes_the_words_inside(browser):
    wanted = numbered(browser, "马")
    found = browser.run(
        "const [x, y] = page.map.toScreen(arguments[0]);"
        "const corners = [[x - 5, y - 5], [x + 5, y - 5], [x + 5, y + 5], [x - 5, y + 5]];"
        "return page.encircle(corners).then(() => page.state.group)",
        wanted,
    )
    assert wanted in found
    assert len(found) < 60
    browser.run("return page.askGroup('one two 三 nosuchword')")
    assert browser.run("return page.state.group.map((id) => page.words.names[id])") == ["one", "two", "三"]
    assert "nosuchword" in browser.text("#note")


def test_labels_never_overlap_and_come_by_frequency(browser):
    browser.run("page.map.view = {x: 0, y: 0, zoom: 1.2}; page.draw()")
    shapes = browser.run(
        "return page.shapes.filter(({kind, box}) => kind === 'text' && box).map(({id, box}) => [id, ...box])"
    )
    assert len(shapes) > 20
    boxes = np.array(shapes)[:, 1:]
    left, top, right, bottom = boxes.T
    overlap = (left[:, None] < right) & (right[:, None] > left) & (top[:, None] < bottom) & (bottom[:, None] > top)
    np.fill_diagonal(overlap, False)
    assert not overlap.any()
    assert int(shapes[0][0]) == browser.run(
        "return page.words.byFrequency.find((id) => page.map.isInside(page.map.toScreen(id), -70))"
    )


def test_harmful_words_are_only_text(browser):
    for key, word in [(f"{language}:{word}", word) for word in HARMFUL for language in ("en", "zh")]:
        browser.run("return page.select(page.words.find(arguments[0]))", key)
        assert browser.text("#panel h2 bdi") == word
    browser.run("return page.askGroup(arguments[0])", " ".join(HARMFUL))
    parsed = browser.run(
        "const text = svgOf(page.map, page.shapes, themeOf(document.documentElement), true);"
        "const made = new DOMParser().parseFromString(text, 'image/svg+xml');"
        "return [made.querySelectorAll('text').length, made.querySelectorAll('parsererror, script, img').length]"
    )
    assert parsed[0] > 5
    assert parsed[1] == 0
    assert browser.driver.title != "broken"
    assert browser.run("return document.querySelectorAll('img').length") == 0


def test_exports_hold_the_selection(browser):
    select(browser, "king")
    lines = [line.split("\t") for line in browser.run("return page.table()").splitlines()]
    assert lines[0][0] == "word"
    assert [lines[1][0], lines[1][1], lines[2][0], lines[2][2]] == ["king", "en", "国王", "guó wáng"]
    assert browser.run("return pngOf(page.map).then((blob) => blob.size)") > 2000
    assert "国王" in browser.run("return svgOf(page.map, page.shapes, themeOf(document.documentElement), true)")


def test_the_keyboard_moves_zooms_and_changes_the_theme(browser):
    press = "document.body.dispatchEvent(new KeyboardEvent('keydown', {key: arguments[0], bubbles: true}))"
    browser.run(press, "+")
    assert browser.run("return page.map.view.zoom") == pytest.approx(1.3)
    browser.run(press, "ArrowLeft")
    assert browser.run("return page.map.view.x") < 0
    theme = browser.run("return document.documentElement.dataset.theme")
    browser.run(press, "d")
    assert browser.run("return document.documentElement.dataset.theme") != theme
    browser.run(press, "/")
    assert browser.run("return document.activeElement.id") == "search"


def test_it_is_readable_on_a_phone(page):
    opened, address = page
    phone = {"width": 400, "height": 800, "deviceScaleFactor": 2, "mobile": True}
    opened.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", phone)
    opened.open(address)
    opened.run("return page.change({map: 'axes', x: 'rich - poor', y: 'man - woman'})")
    opened.run("page.draw()")
    wide, seen, stage = opened.run("return [document.documentElement.scrollWidth, innerWidth, page.map.height]")
    ends = opened.run("return page.shapes.filter(({end}) => end).map(({end}) => end)")
    export = opened.run("return document.getElementById('export').getBoundingClientRect().right")
    opened.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    assert (wide, seen) == (400, 400)
    assert export <= 400
    assert stage > 150
    assert all(0 < left < right < 400 and 0 < top < bottom < stage for left, top, right, bottom in ends)
    assert not any(left < 175 and top < 28 for left, top, _, _ in ends)  # the legend
    assert opened.errors() == []


def test_the_mouse_moves_zooms_encircles_and_selects(browser):
    stage = browser.driver.find_element("id", "stage")
    before = browser.run("return page.map.view")
    ActionChains(browser.driver).move_to_element(stage).click_and_hold().move_by_offset(60, 20).release().perform()
    moved = browser.run("return page.map.view")
    assert moved["x"] < before["x"]
    assert moved["y"] > before["y"]
    ActionChains(browser.driver).scroll_from_origin(ScrollOrigin.from_element(stage), 0, -300).perform()
    assert browser.run("return page.map.view.zoom") > moved["zoom"]
    browser.run("page.showWhole()")
    chain = ActionChains(browser.driver).move_to_element_with_offset(stage, -150, -150).key_down(Keys.SHIFT)
    chain.click_and_hold()
    for x, y in ((300, 0), (0, 300), (-300, 0)):
        chain.move_by_offset(x, y)
    chain.release().key_up(Keys.SHIFT).perform()
    browser.wait("page.state.group.length > 3")
    word = browser.run("return page.state.group[0]")
    x, y = browser.run("return page.map.toScreen(arguments[0])", word)
    width, height = browser.run("return [page.map.width, page.map.height]")
    ActionChains(browser.driver).move_to_element_with_offset(
        stage, round(x - width / 2), round(y - height / 2)
    ).click().perform()
    browser.wait("page.state.word >= 0")
