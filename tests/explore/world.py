"""A small translator of real words and of words that could do harm, and a browser to look at its page."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic, sleep
from typing import Any

import numpy as np
import pytest

from align.bilingual.dictionary.cedict import Cedict
from align.bilingual.translator import Translator
from align.explore.tours import CONCEPTS, tours
from align.retrieval import CSLSIndex, unit_rows
from align.space import Space
from align.text.vocab import Vocab

HARMFUL = [
    "<script>document.title='broken'</script>", "</script><img src=x onerror=\"document.title='broken'\">",
    "\"quoted'", "$HOME${1}`ls`", "@@data@@", "🐎🏇", "مرحبا", "a&amp;b", "\u202eabc", "<!--", "__proto__",
]  # fmt: skip
CEDICT = Cedict(
    ("國王 国王 [guo2 wang2] /king/CL:個|个[ge4]/", "馬 马 [ma3] /horse/</script>/", "王后 王后 [wang2 hou4] /queen/"),
    ("国王", "马", "王后"),
)
DIM = 16


def small_translator() -> Translator:
    """Returns a translator of the tours' first words, opposites, and harmful words; translations are neighbours."""
    pairs = [pair for tour in tours() if tour.name in CONCEPTS for pair in tour.pairs]
    pairs += [("king", "国王"), ("queen", "王后"), ("man", "男人"), ("woman", "女人"), ("rich", "富"), ("poor", "穷")]
    english = list(dict.fromkeys(["dna", *(one for one, _ in pairs), *HARMFUL]))
    chinese = list(dict.fromkeys([*(one for _, one in pairs), "dna", *HARMFUL[::-1]]))
    rng = np.random.default_rng(0)
    points = dict(zip(english, rng.normal(size=(len(english), DIM)), strict=True))
    man, king, offset = 4 * np.linalg.qr(rng.normal(size=(DIM, 3)))[0].T  # equal lengths, at right angles
    points |= {"man": man - offset, "woman": man + offset, "king": king - offset, "queen": king + offset}
    matched = {two: points[one] for one, two in reversed(pairs)} | {word: points[word] for word in ["dna", *HARMFUL]}
    x, y = unit_rows(np.array([points[word] for word in english])), np.array([matched[word] for word in chinese])
    y = unit_rows(y + 0.1 * rng.normal(size=y.shape))
    index = CSLSIndex(x, y).complete()
    means = index.source_means, index.target_means
    return Translator(Space(Vocab(english), x, name="en"), Space(Vocab(chinese), y, name="zh"), *means)


class Browser:
    """A page in headless Chromium."""

    def __init__(self, driver: Any) -> None:
        self.driver = driver

    def open(self, address: str) -> None:
        """Loads an address afresh and waits until the page is ready."""
        self.driver.get("about:blank")
        self.driver.get(address)
        self.wait("window.page && page.ready")

    def run(self, code: str, *arguments: object) -> Any:
        """Returns what JavaScript returns; a promise is awaited."""
        return self.driver.execute_script(code, *arguments)

    def wait(self, condition: str, seconds: float = 20) -> None:
        """Waits until a JavaScript expression is true."""
        end = monotonic() + seconds
        while not self.run(f"return {condition}"):
            assert monotonic() < end, f"never true: {condition}; {self.errors()}"
            sleep(0.02)

    def errors(self) -> list[str]:
        """Returns the errors and warnings on the console since the last call."""
        return [entry["message"] for entry in self.driver.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")]

    def text(self, selector: str) -> str:
        """Returns the text of an element."""
        return self.run("return document.querySelector(arguments[0]).textContent", selector)


@contextmanager
def chromium(width: int = 1200, height: int = 850) -> Iterator[Browser]:
    """Yields a headless Chromium; the test is skipped where there is none."""
    webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed: pip install '.[test]'")
    names = ("chromium", "chromium-browser", "google-chrome")
    program, driver = next(filter(None, map(shutil.which, names)), None), shutil.which("chromedriver")
    if program is None or driver is None:
        pytest.skip("no Chromium with its driver: apt-get install chromium chromium-driver")
    options = webdriver.ChromeOptions()
    options.binary_location = program
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--hide-scrollbars", "--lang=en"):
        options.add_argument(argument)
    options.add_argument(f"--window-size={width},{height}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    opened = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    try:
        yield Browser(opened)
    finally:
        opened.quit()
