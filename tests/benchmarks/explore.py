"""The page: time to build, size, first picture, frames a second: ``python -m tests.benchmarks.explore [TRANSLATOR]``.

Without a translator, the quick default one is used. ``--pictures FOLDER`` also writes what each tour looks like at 1200
and at 400 pixels width. The frames of 100,000 words a language are drawn from random vectors, by the local server's
page. All is measured in headless Chromium, without a graphics card where the machine has none.
"""

import argparse
import tempfile
import threading
import time
from pathlib import Path

import numpy as np

from align.bilingual.default import CHINESE, ENGLISH, open_default
from align.bilingual.dictionary.cedict import load_cedict
from align.bilingual.translator import Translator
from align.catalogue import fetch
from align.explore.assemble import WORDS, write_page
from align.explore.page_data import page_words
from align.explore.serve import PageServer
from align.files import load
from align.retrieval import unit_rows
from align.space import Space
from align.text.vocab import Vocab
from tests.explore.world import Browser, chromium

MANY, DIM = 100_000, 100
SIZE_MB, FIRST_S, FRAMES = 8.0, 2.0, 30
FRAMES_OF_A_MOVE = """
const done = arguments[0], count = 60;
let drawn = 0, start = performance.now();
const step = () => {
  page.map.move(2, 1);
  page.draw();
  if (++drawn < count) requestAnimationFrame(step);
  else done((1000 * count) / (performance.now() - start));
};
requestAnimationFrame(step);
"""


def frames(browser: Browser) -> float:
    """Returns the frames a second while the map moves, labels included."""
    return float(browser.driver.execute_async_script(FRAMES_OF_A_MOVE))


def many_words() -> Translator:
    """Returns a translator of random vectors."""
    rng = np.random.default_rng(0)
    sides = [
        Space(Vocab([f"{letter}{i}" for i in range(MANY)]), unit_rows(rng.normal(size=(MANY, DIM)).astype(np.float32)))
        for letter in ("word", "词")
    ]
    return Translator(*sides, *np.zeros((2, MANY), np.float32))


def measure_file(translator: Translator, folder: Path) -> Path:
    """Prints the figures of a page in one file."""
    path, start = folder / "page.html", time.perf_counter()
    originals = load(fetch(ENGLISH), name=ENGLISH), load(fetch(CHINESE), name=CHINESE).simplified()
    made = write_page(translator, path, cedict=load_cedict(), originals=originals)
    print(f"{made.english:,} + {made.chinese:,} words: built in {time.perf_counter() - start:.1f} s")
    print(f"size            {made.size / 1e6:6.2f} MB   (at most {SIZE_MB})")
    with chromium() as browser:
        browser.open(path.as_uri())
        print(f"first picture   {browser.run('return page.ready') / 1000:6.2f} s    (at most {FIRST_S})")
        print(f"frames a second {frames(browser):6.1f}")
    return path


def measure_many() -> None:
    """Prints the frames a second with ``MANY`` words a language."""
    with PageServer(page_words(many_words(), 0), None) as server, chromium() as browser:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        browser.open(server.address)
        print(f"{MANY:,} + {MANY:,} words: {frames(browser):.1f} frames a second (at least {FRAMES})")
        server.shutdown()


def take_pictures(page: Path, folder: Path) -> None:
    """Writes a screenshot of each tour at two widths."""
    folder.mkdir(parents=True, exist_ok=True)
    for width, height in ((1200, 850), (400, 800)):
        with chromium() as browser:
            size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
            browser.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
            browser.open(page.as_uri())
            for name in ["", *browser.run("return page.document.tours.map(({name}) => name)")]:
                if name:
                    browser.run("return page.openTour(arguments[0])", name)
                time.sleep(0.5)
                browser.driver.save_screenshot(str(folder / f"{name or 'start'}-{width}.png"))


def main() -> None:
    """Measures a translator's page and a page of many words."""
    parser = argparse.ArgumentParser(description=f"Time to build, size and speed of the page of {WORDS:,} words.")
    parser.add_argument("translator", nargs="?")
    parser.add_argument("--pictures", type=Path)
    options = parser.parse_args()
    translator = Translator.load(options.translator) if options.translator else open_default(quick=True).translator
    with tempfile.TemporaryDirectory() as folder:
        page = measure_file(translator, Path(folder))
        if options.pictures:
            take_pictures(page, options.pictures)
    measure_many()


if __name__ == "__main__":
    main()
