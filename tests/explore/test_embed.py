"""Pages inside a report: each figure opens its page at its own view."""

from PIL import Image

from align.explore.assemble import write_page
from experiments.report import Figure, Section, render
from tests.explore.world import CEDICT, chromium, small_translator


def test_a_figure_opens_its_page_at_its_view(tmp_path):
    Image.new("RGB", (4, 4)).save(tmp_path / "plane.png")
    write_page(small_translator(), tmp_path / "words.html", cedict=CEDICT, title="a \"b\" 'c' </div> &amp;")
    views = ("", "tour=numbers", "tour=animals")
    figures = [Figure(tmp_path / "plane.png", "Words.", "words", tmp_path / "words.html", view) for view in views]
    report = tmp_path / "report.html"
    report.write_text(render([Section("Planes", tuple(figures))], title="Report"), encoding="utf-8")
    with chromium() as browser:
        browser.driver.get(report.as_uri())
        assert browser.run("return document.querySelectorAll('iframe').length") == 0
        browser.run("document.querySelectorAll('summary').forEach((one) => one.click())")
        browser.wait("document.querySelectorAll('iframe').length === 3")
        for frame, view in zip(browser.driver.find_elements("tag name", "iframe"), views, strict=True):
            browser.driver.switch_to.frame(frame)
            browser.wait("window.page && page.ready")
            assert browser.run("return page.state.tour") == view.removeprefix("tour=")
            assert browser.driver.execute_script("return document.title") == "a \"b\" 'c' </div> &amp;"
            browser.driver.switch_to.default_content()
        assert browser.errors() == []
