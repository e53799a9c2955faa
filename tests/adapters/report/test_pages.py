"""The pages as markup: self-contained, well formed, accessible, legible."""

import itertools
import math
import re
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from zoneinfo import ZoneInfo

import attrs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clarity.adapters.report.html import HtmlRenderer
from clarity.adapters.report.mean_day import mean_day
from clarity.adapters.report.profile import profile
from clarity.domain.actigraphy.series import ActivitySeries
from clarity.domain.pat.answer import AttentionProfile, ModelReply
from clarity.domain.streams import Unit
from clarity.ports.report import Refused
from tests.adapters.report.test_model import CALIBRATED, MADE, reply
from tests.support.reports import entry, finding, report, result, series

STYLE = Path(__file__).resolve().parents[3] / "clarity/adapters/report/templates/style.css"
VOID = frozenset({"meta", "br"})
TEXT_PAIRS = (
    ("ink", "paper"),
    ("muted", "paper"),
    ("ink", "panel"),
    ("accent", "paper"),
    ("l5", "paper"),
    ("m10", "paper"),
)
SHAPE_PAIRS = (("bar", "paper"), ("bar", "rest"), ("bar", "band"), ("sleep", "paper"))
AA_TEXT = 4.5
AA_SHAPES = 3.0


@attrs.define
class Markup(HTMLParser):
    """The elements of a page in order, checked for being closed as they were opened."""

    elements: list[tuple[str, dict[str, str]]] = attrs.field(factory=list)
    opened: list[str] = attrs.field(factory=list)
    inside: dict[str, list[str]] = attrs.field(factory=dict)

    def __attrs_pre_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        assert len(told) == len(attrs), f"an attribute comes twice in {tag}"
        self.elements.append((tag, told))
        for around in set(self.opened):
            self.inside.setdefault(around, []).append(tag)
        if tag not in VOID:
            self.opened.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.opened.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.opened.pop() == tag

    def of(self, tag: str) -> list[dict[str, str]]:
        return [told for name, told in self.elements if name == tag]


def markup(text: str) -> Markup:
    page = Markup()
    page.feed(text)
    page.close()
    assert page.opened == []
    return page


def report_text(**changes: object) -> str:
    return HtmlRenderer().participant(report(**changes))[0].content.decode()


def explained() -> ModelReply:
    """The answer of a model that says where it looked."""
    values = np.random.default_rng(3).gamma(1.0, 1.0, (2, 560))
    attention = AttentionProfile(values=values, patch_min=18, provenance=MADE)
    return attrs.evolve(reply(CALIBRATED), attention=attention)


def index_text() -> str:
    refused = [Refused(source="broken.csv", code="recording.empty", reason="it holds no rows")]
    batch = [entry(report(), "p 01"), entry(report("js"), "javascript:alert(1)")]
    return HtmlRenderer().batch(batch, refused)[0].content.decode()


def index_of_nothing() -> str:
    return HtmlRenderer().batch([entry(report(**EMPTY))], [])[0].content.decode()


EMPTY = {
    "recording": series(days=0),
    "findings": (),
    "nights": (),
    "spans": (),
    "notices": (),
    "settings": {},
}
PAGES = {
    "report with a model": lambda: report_text(model=explained()),
    "report": report_text,
    "report of nothing": lambda: report_text(**EMPTY),
    "index": index_text,
    "index of nothing": index_of_nothing,
}


@pytest.fixture(params=sorted(PAGES))
def page(request: pytest.FixtureRequest) -> str:
    return PAGES[request.param]()


def test_a_page_is_well_formed_with_ids_that_are_used_once(page: str):
    ids = [told["id"] for _, told in markup(page).elements if "id" in told]

    assert len(ids) == len(set(ids))
    assert not [
        name for name in re.findall(r'(?:href="#|url\(#)([^")]+)', body(page)) if name not in ids
    ]


def body(page: str) -> str:
    return page.split("</style>")[1]


def test_a_mean_day_of_nothing_is_said_and_not_drawn():
    some, none = report_text(), report_text(**EMPTY)

    told = "Nothing was recorded while worn, so there is no mean day."
    assert [told in page for page in (some, none)] == [False, True]
    assert ["Mean of " in page for page in (some, none)] == [True, False]


def test_a_page_loads_nothing_and_runs_nothing(page: str):
    found = markup(page)

    assert not {tag for tag, _ in found.elements} & {"script", "link", "img", "iframe", "object"}
    assert not [told for _, told in found.elements if "src" in told or "onload" in told]
    assert not re.findall(r"url\((?!#)|@import", page)
    (policy,) = [told for told in found.of("meta") if "http-equiv" in told]
    assert policy["content"] == "default-src 'none'; style-src 'unsafe-inline'"


def test_outside_addresses_are_dois_alone(page: str):
    outside = [told["href"] for told in markup(page).of("a") if ":" in told["href"]]

    assert [href for href in outside if not href.startswith("https://doi.org/10.")] == []


def test_headings_form_a_tree_with_one_root(page: str):
    levels = [int(tag[1]) for tag, _ in markup(page).elements if re.fullmatch("h[1-6]", tag)]

    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(b - a <= 1 for a, b in itertools.pairwise(levels))


def test_every_table_has_a_caption_and_every_head_a_scope(page: str):
    found = markup(page)

    assert len(found.of("caption")) == len(found.of("table"))
    assert {told["scope"] for told in found.of("th")} <= {"col", "row"}


def test_every_drawing_is_named_or_hidden_from_readers(page: str):
    for told in markup(page).of("svg"):
        assert told.get("aria-hidden") == "true" or (
            told["role"] == "img" and ("aria-labelledby" in told or "aria-label" in told)
        )


def test_the_figures_of_a_report_have_title_and_description():
    found = markup(report_text())

    assert found.inside["svg"].count("title") == found.inside["svg"].count("desc") == 2


def test_a_page_says_its_language_and_fits_a_phone(page: str):
    found = markup(page)

    assert found.of("html") == [{"lang": "en"}]
    assert {"name": "viewport", "content": "width=device-width, initial-scale=1"} in found.of(
        "meta"
    )


def test_a_page_says_what_it_is_not(page: str):
    assert "not a diagnosis" in page
    assert "not a medical device" in page


def test_a_report_shows_where_it_comes_from():
    text = report_text()

    for told in ("ab" * 32, "cd" * 32, "clarity.rhythm", "--tz", "Values reach 8000.", "CC BY 4.0"):
        assert told in body(text)


def test_coverage_is_explained_and_stands_where_it_says_something():
    page = body(report_text())
    rhythm, quality = page.split('<h2 id="quality">')

    assert "Coverage is the share of what the recording could have offered" in rhythm
    assert '<th scope="col" class="n">Coverage</th>' in rhythm
    assert "Coverage</th>" not in quality


def test_a_citation_is_a_link_with_its_doi_as_text():
    text = report_text(findings=(finding("IS", 0.5, citation="W, doi:10.1016/0006(90)9-5"),))

    link = '<a href="https://doi.org/10.1016/0006%2890%299-5">doi:10.1016/0006(90)9-5</a>'
    assert link in text


def test_links_of_a_batch_lead_into_folders_and_nowhere_else():
    hrefs = [told["href"] for told in markup(index_text()).of("a")]

    assert hrefs == ["p%2001/report.html", "javascript%3Aalert%281%29/report.html"]


def test_a_batch_shows_dashes_for_what_is_absent():
    told = report(findings=(finding("IS", 0.5), finding("TST", 45.0, "min")))

    text = HtmlRenderer().batch([entry(told)], [])[0].content.decode()

    assert '<td class="n">0.50</td>' in text
    assert '<td class="n">0:45</td>' in text
    assert text.count('<td class="n">–</td>') == 4


def test_a_report_of_45_days_stays_below_a_megabyte_and_a_half():
    assert len(report_text(recording=series(days=45))) < 1_500_000


def colours(block: str) -> dict[str, str]:
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block))


def luminance(colour: str) -> float:
    """Relative luminance, WCAG 2.2."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return sum(share * part for share, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: str, other: str) -> float:
    """Contrast ratio, WCAG 2.2."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_text_and_shapes_have_enough_contrast(mode: str):
    light, dark = STYLE.read_text("utf-8").split("@media screen and (prefers-color-scheme: dark)")
    palette = colours(light) | (colours(dark.split("* {")[0]) if mode == "dark" else {})

    thin = [
        (a, b)
        for pairs, least in ((TEXT_PAIRS, AA_TEXT), (SHAPE_PAIRS, AA_SHAPES))
        for a, b in pairs
        if contrast(palette[a], palette[b]) < least
    ]

    assert len(palette) == 16
    assert thin == []


def test_black_on_white_has_the_contrast_that_the_standard_says():
    assert contrast("#000000", "#ffffff") == pytest.approx(21.0)


ZONES = ("UTC", "Europe/Oslo", "Australia/Lord_Howe", "Pacific/Apia", "Asia/Kathmandu")
MOMENTS = st.integers(0, 10 * 24).map(
    lambda hours: datetime(2011, 12, 25, tzinfo=UTC) + timedelta(hours=hours)
)
VALUES = st.one_of(
    st.just(0.0), st.just(math.nan), st.floats(0, 1e300), st.floats(0, 1e-300), st.integers(0, 8000)
)


@st.composite
def recordings(draw: st.DrawFn) -> ActivitySeries:
    epoch_s = draw(st.sampled_from([15, 30, 60, 300, 3600]))
    some = draw(st.lists(VALUES, min_size=1, max_size=20))
    n = draw(st.integers(0, 4 * 86_400 // epoch_s))
    values = np.resize(np.array(some, dtype=np.float64), n)
    zone = ZoneInfo(draw(st.sampled_from(ZONES)))
    worn = np.arange(n) % 700 < draw(st.integers(0, 700)) if draw(st.booleans()) else None
    return ActivitySeries(
        values=values,
        start=draw(MOMENTS).astimezone(zone),
        epoch_s=epoch_s,
        unit=draw(st.sampled_from(list(Unit))),
        worn=worn,
    )


@settings(max_examples=25)
@given(recording=recordings())
def test_any_recording_is_drawn_with_numbers_alone(recording: ActivitySeries):
    text = report_text(recording=recording, nights=())

    drawn = " ".join(told.get("d", "") for told in markup(text).of("path"))
    assert re.fullmatch(r"[MLHVhvZ0-9. -]*", drawn)


@pytest.mark.parametrize("value", [5e-324, 1e-300, 1e-7])
def test_values_below_what_a_device_tells_lie_at_the_floor_of_an_axis_in_few_digits(value: float):
    recording = attrs.evolve(series(days=3), values=np.full(3 * 1_440, value))

    (begin, *marks) = profile(mean_day(recording), result(recording)).levels

    assert float(begin[1]) == 0
    assert all(len(text) < 13 for _, text in marks)


def test_a_day_that_a_zone_skipped_is_a_row_without_data():
    zone = ZoneInfo("Pacific/Apia")
    recording = series(days=3, start=datetime(2011, 12, 29, 0, 0, tzinfo=zone))

    text = report_text(recording=recording, nights=(), spans=())

    assert "Fri </tspan>30 Dec" in text
    assert "clock forward by 1440 min" in text
