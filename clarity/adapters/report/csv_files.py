"""
CSV for spreadsheets and statistics programs.

RFC 4180: UTF-8 without a mark, CRLF, quotes only where needed, a header line. Numbers have full
precision and a point; an absent value is an empty cell (its reason is in results.json); instants
are ISO 8601 with offset, dates ISO 8601. Text that a spreadsheet would take for a formula (it
begins with = + - @, a tab or a carriage return) gets a leading apostrophe.

- nights.csv: a row per evening: participant, file, the facts of its night, then the findings of the
  night; units end the names. What a night without a known bed time cannot say (latency, efficiency)
  is empty. An evening without a night has its date and the reason. Then the main rest of the
  evening by each method that looks for rest (`crespo_rest_start`, ...).
- summary.csv: one row per participant; after the facts of the recording one column per metric,
  named `METRIC_unit` (`TST_min`, `L5_counts_per_min`; ratios carry no unit), in the order of the
  catalogue, then by name. The columns are those that occur in the batch.
- refused.csv: file, code, reason of every file that was not analyzed; a header alone when none.
"""

import csv
import io
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Final

from clarity.adapters.report.wording import rank
from clarity.domain.analysis.result import AnalysisResult
from clarity.domain.findings import Definition, Finding
from clarity.domain.sleep.nights import (
    AWAKENINGS,
    MIDPOINT,
    SE,
    SME,
    SOL,
    TERMINAL_WAKE,
    TST,
    WASO,
    Night,
)
from clarity.domain.sleep.rests import MainRest, RestMethod
from clarity.ports.report import Refused, Report

__all__ = ["Cell", "column", "nights_csv", "refused_csv", "summary_csv"]

Cell = str | int | float | date | None

FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r")

RATIO: Final = "1"

NIGHT_FIELDS: Final = (
    *("date", "start", "end", "source", "scoring", "in_bed_min", "unknown_min", "coverage"),
    *("onset", "offset"),
)


def nights_csv(reports: Iterable[Report]) -> bytes:
    """A row per participant and evening, in order."""
    header = ("participant", "file", *NIGHT_FIELDS, *NIGHT_METRICS, "reason", *REST_COLUMNS)
    rows = (
        (report.participant, report.source, *evening)
        for report in reports
        for evening in _evenings(report.result)
    )
    return _csv(header, rows)


def summary_csv(reports: Sequence[Report]) -> bytes:
    """A row per participant, a column per metric of the batch."""
    findings = [finding for report in reports for finding in report.result.findings]
    by_column = {column(finding): rank(finding.metric) for finding in findings}
    columns = sorted(by_column, key=lambda name: (by_column[name], name))
    rows = (_summary(report, columns) for report in reports)
    return _csv((*RECORDING_COLUMNS, *columns), rows)


def refused_csv(refused: Iterable[Refused]) -> bytes:
    """A row per file that was not analyzed."""
    rows = ((entry.source, entry.code, entry.reason) for entry in refused)
    return _csv(("file", "code", "reason"), rows)


def column(finding: Finding | Definition) -> str:
    """The header of a metric: its name and unit."""
    unit = finding.unit.replace("/", "_per_").replace("%", "pct").replace(" ", "_")
    if finding.unit == RATIO or finding.metric.endswith(f"_{unit}"):
        return finding.metric
    return f"{finding.metric}_{unit}"


NIGHT_METRICS: Final = tuple(
    column(definition)
    for definition in (TST, SOL, WASO, TERMINAL_WAKE, SE, SME, AWAKENINGS, MIDPOINT)
)

REST_COLUMNS: Final = tuple(
    f"{method.value}_{name}"
    for method in RestMethod
    for name in ("rest_start", "rest_end", "rest_duration_min")
)

RECORDING_COLUMNS: Final = (
    *("participant", "file", "start", "end", "zone", "epoch_s", "unit", "device", "placement"),
    *("nights", "clarity_version", "input_digest", "fingerprint"),
)


def _recording(report: Report) -> tuple[Cell, ...]:
    series, provenance = report.series, report.result.provenance
    return (
        report.participant,
        report.source,
        series.start,
        series.end,
        series.zone.key,
        series.epoch_s,
        series.unit.value,
        series.device,
        series.placement.value,
        len(report.result.nights),
        provenance.clarity_version,
        provenance.input_digest,
        provenance.fingerprint,
    )


def _summary(report: Report, columns: Sequence[str]) -> tuple[Cell, ...]:
    values: Mapping[str, float | None] = {
        column(finding): finding.value for finding in report.result.findings
    }
    return (*_recording(report), *(values.get(name) for name in columns))


def _evenings(result: AnalysisResult) -> Iterator[tuple[Cell, ...]]:
    """The evenings of a result by date: a night, why there is none, and the main rests."""
    rests = {(rest.date, rest.method): rest for rest in result.rests}
    told = [(night.date, (*_night(night), "")) for night in result.nights]
    told += [(one.date, _no_night(one.date, one.reason)) for one in result.no_nights]
    spoken_of = {day for day, _ in told}
    told += [(day, _no_night(day, "")) for day in {day for day, _ in rests} - spoken_of]
    for day, cells in sorted(told, key=lambda row: row[0]):
        main = (rests.get((day, method)) for method in RestMethod)
        yield *cells, *(cell for rest in main for cell in _rest(rest))


def _no_night(day: date, reason: str) -> tuple[Cell, ...]:
    nothing: tuple[Cell, ...] = (None,) * (len(NIGHT_FIELDS) - 1 + len(NIGHT_METRICS))
    return (day, *nothing, reason)


def _rest(rest: MainRest | None) -> tuple[Cell, ...]:
    return (None, None, None) if rest is None else (rest.start, rest.end, rest.duration_min)


def _night(night: Night) -> tuple[Cell, ...]:
    values = {column(finding): finding.value for finding in night.findings()}
    return (
        *(getattr(night, name) for name in NIGHT_FIELDS),
        *(values[name] for name in NIGHT_METRICS),
    )


def _csv(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([_cell(name) for name in header])
    writer.writerows([_cell(value) for value in row] for row in rows)
    return text.getvalue().encode()


def _cell(value: Cell) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str):
        return f"'{value}" if value.startswith(FORMULA_STARTS) else value
    return repr(value)
