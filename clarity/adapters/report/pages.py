"""The pages: what the templates are given, and how they are rendered."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from functools import cache
from typing import Final
from urllib.parse import quote

import attrs
import jinja2
import numpy as np

from clarity.adapters.report.actogram import SKIPPED, actogram
from clarity.adapters.report.days import day_bins
from clarity.adapters.report.formats import ABSENT, brief, duration, hours_minutes
from clarity.adapters.report.json_file import Results, findings_of, loaded
from clarity.adapters.report.mean_day import mean_day
from clarity.adapters.report.model import model_section
from clarity.adapters.report.nights import night_table
from clarity.adapters.report.profile import profile, sparkline
from clarity.adapters.report.quality import checks
from clarity.adapters.report.rests import rest_table
from clarity.adapters.report.story import (
    KEY_METRICS,
    attribution,
    facts,
    found,
    key_findings,
    notices,
    story,
)
from clarity.adapters.report.tables import cited, measures, references
from clarity.adapters.report.wording import Group, wording
from clarity.domain.analysis.result import Layer
from clarity.domain.findings import Finding
from clarity.ports.report import Entry, Refused, Report

__all__ = ["index_page", "report_page", "row_of"]

LAYER_NAMES: Final = {
    Layer.SLEEP.value: "Sleep",
    Layer.REST.value: "Rest window",
    Layer.NON_WEAR.value: "Not worn",
    Layer.MISSING.value: "Missing",
    SKIPPED: "Skipped by daylight saving",
}
"""What the legend calls the shades."""

KEY_COLUMNS: Final = {
    "TST": "Sleep, h:mm",
    "WASO": "Awake, h:mm",
    "sleep_midpoint": "Midpoint",
    "IS": "IS",
    "IV": "IV",
    "RA": "RA",
}
"""How the key metrics are headed in a batch."""


@attrs.frozen(kw_only=True)
class Tile:
    """A key figure: metric, value with unit, and its name in words."""

    metric: str
    value: str
    unit: str
    label: str


@attrs.frozen(kw_only=True)
class Row:
    """
    A participant in the table of a batch.

    Attributes:
        participant: its label.
        link: address of its report, relative to the page.
        source: file.
        start: first date.
        length: of the recording.
        n_nights: how many.
        figures: one text per key metric.
        spark: path of the mean 24 h profile.
    """

    participant: str
    link: str
    source: str
    start: str
    length: str
    n_nights: int
    figures: tuple[str, ...]
    spark: str


def report_page(report: Report) -> bytes:
    """report.html."""
    result, series = report.result, report.series
    days = day_bins(series, result)
    present = tuple(finding for finding in result.findings if finding.value is not None)
    absent = tuple(finding for finding in result.findings if finding.value is None)
    literature = references((*present, *absent))
    tables = measures(present, literature)
    return _rendered(
        "report.html.j2",
        report=report,
        facts=facts(report),
        story=story(report),
        tiles=tuple(_tile(finding) for finding in key_findings(result)),
        notices=notices(report),
        attribution=attribution(report),
        actogram=actogram(days),
        layer_names=LAYER_NAMES,
        bin_min=days.bin_s // 60,
        profile=profile(mean_day(series), result),
        activity=f"{series.unit.value} per {series.epoch_s} s",
        nights=night_table(result.nights, result.no_nights),
        rests=rest_table(result.rests),
        tables=tuple(table for table in tables if table.group is not Group.QUALITY),
        quality=tuple(table for table in tables if table.group is Group.QUALITY),
        absent=tuple(row for table in measures(absent, literature) for row in table.rows),
        references=tuple(cited(citation) for citation in literature),
        checks=checks(series),
        model=model_section(report.model),
    )


def index_page(entries: Sequence[Entry], refused: Sequence[Refused]) -> bytes:
    """The overview of a batch."""
    return _rendered(
        "index.html.j2",
        entries=tuple(row_of(entry, loaded(entry.results)) for entry in entries),
        refused=refused,
        columns=tuple(KEY_COLUMNS[metric] for metric in KEY_METRICS),
    )


def _tile(finding: Finding) -> Tile:
    value, unit = brief(finding)
    return Tile(metric=finding.metric, value=value, unit=unit, label=wording(finding).label)


def row_of(entry: Entry, results: Results) -> Row:
    """The row of a participant, from what results.json says."""
    recording = results["recording"]
    findings = findings_of(results)
    return Row(
        participant=entry.participant,
        link=quote(f"{entry.folder}/report.html"),
        source=entry.source,
        start=recording["start"].partition("T")[0],
        length=duration(timedelta(seconds=recording["n_epochs"] * recording["epoch_s"])),
        n_nights=len(results["nights"]),
        figures=tuple(_figure(findings, metric) for metric in KEY_METRICS),
        spark=sparkline(np.array(results["mean_day"], dtype=np.float64)),
    )


def _figure(findings: Iterable[Finding], metric: str) -> str:
    finding = found(findings, metric)
    if finding is None:
        return ABSENT
    return hours_minutes(finding.value) if finding.unit == "min" else brief(finding)[0]


def _rendered(template: str, **values: object) -> bytes:
    return _templates().get_template(template).render(**values).encode()


@cache
def _templates() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.PackageLoader("clarity.adapters.report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
