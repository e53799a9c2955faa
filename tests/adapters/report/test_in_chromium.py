"""The pages in a real browser: nothing sideways, nothing from the network, something to see."""

from pathlib import Path

import pytest

from clarity.adapters.report.html import HtmlRenderer
from clarity.ports.report import Refused
from tests.support.chromium import Chromium, chromium
from tests.support.reports import entry, report, series

pytestmark = [pytest.mark.chromium, pytest.mark.slow]

LONG_NAME = "participant-" + "0123456789" * 12
WIDTHS = (390, 1280)
BLANK = "<!DOCTYPE html><title>blank</title>"
WIDE = "<!DOCTYPE html><title></title><body><p style='width: 2000px'>wide</p></body>"
CURIOUS = "<!DOCTYPE html><title></title><body><img src='http://example.test/x.png'></body>"


@pytest.fixture(scope="module")
def browser() -> Chromium:
    return chromium()


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("pages")
    renderer = HtmlRenderer()
    month = report(LONG_NAME, recording=series(days=31), source=f"{LONG_NAME}.csv")
    refused = [Refused(source=f"{LONG_NAME}.csv", code="recording.empty", reason=LONG_NAME)]
    kinds = {
        "report": renderer.participant(month),
        "batch": renderer.batch([entry(month), entry(report())], refused),
    }
    for kind, documents in kinds.items():
        page = next(document for document in documents if document.name == "report.html")
        (folder / f"{kind}.html").write_bytes(page.content)
    return {kind: folder / f"{kind}.html" for kind in kinds}


def planted(folder: Path, text: str) -> Path:
    page = folder / "planted.html"
    page.write_text(text, encoding="utf-8")
    return page


@pytest.mark.parametrize("name", ["report", "batch"])
@pytest.mark.parametrize("width", WIDTHS)
def test_a_page_never_scrolls_sideways(
    browser: Chromium, pages: dict[str, Path], name: str, width: int
):
    found = browser.measured(pages[name], width=width)

    assert found.width == width
    assert found.scroll_width == width
    assert found.right <= width
    assert found.scroll_height > 500


def test_a_page_that_is_too_wide_would_be_seen(browser: Chromium, tmp_path: Path):
    found = browser.measured(planted(tmp_path, WIDE), width=390)

    assert found.scroll_width > found.width
    assert found.right > found.width


@pytest.mark.parametrize("name", ["report", "batch"])
def test_a_page_asks_the_network_for_nothing(browser: Chromium, pages: dict[str, Path], name: str):
    assert browser.requested(pages[name]) == ()


def test_a_page_that_asks_the_network_would_be_seen(browser: Chromium, tmp_path: Path):
    assert "http://example.test/x.png" in browser.requested(planted(tmp_path, CURIOUS))


@pytest.mark.parametrize("name", ["report", "batch"])
@pytest.mark.parametrize("width", WIDTHS)
def test_a_picture_of_a_page_is_not_blank(
    browser: Chromium, pages: dict[str, Path], name: str, width: int, tmp_path: Path
):
    drawn = browser.picture(pages[name], tmp_path / "drawn.png", width=width, height=900)
    blank = planted(tmp_path, BLANK)
    nothing = browser.picture(blank, tmp_path / "blank.png", width=width, height=900)

    assert drawn.stat().st_size > 5 * nothing.stat().st_size


def test_dark_mode_changes_the_picture(browser: Chromium, pages: dict[str, Path], tmp_path: Path):
    page = pages["report"]
    light = browser.picture(page, tmp_path / "light.png", width=390, height=900)
    dark = browser.picture(page, tmp_path / "dark.png", width=390, height=900, dark=True)

    assert browser.measured(page, width=390, dark=True).dark
    assert light.read_bytes() != dark.read_bytes()


def test_a_report_prints_on_several_pages(
    browser: Chromium, pages: dict[str, Path], tmp_path: Path
):
    printed = browser.printed(pages["report"], tmp_path / "report.pdf").read_bytes()

    assert printed.startswith(b"%PDF")
    assert 2 <= printed.count(b"/Type /Page\n") <= 12
