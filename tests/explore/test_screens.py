"""Screenshots of the page compared with expected ones, which a person has looked at.

The expected pictures are small, because fonts differ between machines: a cell is the mean of 10 x 10 pixels.
``python -m tests.explore.test_screens`` writes them anew, and whole screenshots into a folder to look at.
"""

import io
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from align.explore.assemble import write_page
from tests.explore.world import CEDICT, Browser, chromium, small_translator

EXPECTED = Path(__file__).parent / "expected"
CELL = 10
TOLERANCE = 5.0
"""Mean difference of the cells that is allowed, of 255 levels; another view differs by 6.5 or more."""
VIEWS = {
    "opened": "return true",
    "king": "return page.select(page.words.find('king'))",
    "numbers": "return page.openTour('numbers')",
    "dark": "return page.toggleTheme()",
}


def screenshot(browser: Browser, address: str, view: str) -> Image.Image:
    """Returns a picture of the page after the program of the view."""
    browser.open(address)
    browser.run(VIEWS[view])
    browser.run("return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    return Image.open(io.BytesIO(browser.driver.get_screenshot_as_png())).convert("RGB")


def cells(picture: Image.Image) -> Image.Image:
    """Returns the means of the picture's cells."""
    return picture.resize((picture.width // CELL, picture.height // CELL), Image.Resampling.BOX)


def difference(one: Image.Image, other: Image.Image) -> float:
    """Returns the mean absolute difference of two pictures of one size, in levels."""
    return float(np.abs(np.asarray(one, float) - np.asarray(other, float)).mean())


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    """A browser, and the address of a page of the small translator."""
    path = tmp_path_factory.mktemp("screens") / "page.html"
    write_page(small_translator(), path, cedict=CEDICT)
    with chromium() as browser:
        yield browser, path.as_uri()


@pytest.mark.parametrize("view", VIEWS)
def test_the_page_looks_as_expected(opened, view):
    found = cells(screenshot(*opened, view))
    expected = {name: Image.open(EXPECTED / f"{name}.png").convert("RGB") for name in VIEWS}
    distances = {
        name: difference(found, picture) if picture.size == found.size else 255.0 for name, picture in expected.items()
    }
    assert distances[view] < TOLERANCE
    assert min(distances, key=distances.__getitem__) == view


def main(folder: Path) -> None:
    """Writes the expected pictures, and whole screenshots into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    write_page(small_translator(), folder / "page.html", cedict=CEDICT)
    with chromium() as browser:
        for view in VIEWS:
            picture = screenshot(browser, (folder / "page.html").resolve().as_uri(), view)
            picture.save(folder / f"{view}.png")
            cells(picture).save(EXPECTED / f"{view}.png")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
