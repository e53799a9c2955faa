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
  catalogue, then by name. The columns are those that occur in the batch. `replaced_epochs` counts
  values that contradicted stored ones and took their place.
- refused.csv: file, participant, code, reason of everything that was not analyzed; the participant
  is empty where the whole file is meant; a header alone when nothing was refused.

Nights and summary are made of what results.json says, so that earlier results can stand in them.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from clarity.adapters.report.json_file import Results, findings_of
from clarity.adapters.report.wording import rank
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
)
from clarity.domain.sleep.rests import RestMethod
from clarity.ports.report import Refused

__all__ = ["Cell", "column", "nights_csv", "refused_csv", "summary_csv"]

Cell = str | int | float | None

FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r")

RATIO: Final = "1"

NIGHT_FIELDS: Final = (
    *("date", "start", "end", "source", "scoring", "in_bed_min", "unknown_min", "coverage"),
    *("onset", "offset"),
)


def nights_csv(batch: Iterable[Results]) -> bytes:
    """A row per participant and evening, in order."""
    metrics = map(column, NIGHT_METRICS)
    header = ("participant", "file", *NIGHT_FIELDS, *metrics, "reason", *REST_COLUMNS)
    rows = (
        (results["participant"], results["source"], *evening)
        for results in batch
        for evening in _evenings(results)
    )
    return _csv(header, rows)


def summary_csv(batch: Sequence[Results]) -> bytes:
    """A row per participant, a column per metric of the batch."""
    found = [findings_of(results) for results in batch]
    by_column = {column(one): rank(one.metric) for findings in found for one in findings}
    columns = sorted(by_column, key=lambda name: (by_column[name], name))
    rows = (_summary(*pair, columns) for pair in zip(batch, found, strict=True))
    return _csv((*RECORDING_COLUMNS, *columns), rows)


def refused_csv(refused: Iterable[Refused]) -> bytes:
    """A row per file, or person of a file, that was not analyzed."""
    rows = ((one.source, one.participant, one.code, one.reason) for one in refused)
    return _csv(("file", "participant", "code", "reason"), rows)


def column(finding: Finding | Definition) -> str:
    """The header of a metric: its name and unit."""
    unit = finding.unit.replace("/", "_per_").replace("%", "pct").replace(" ", "_")
    if finding.unit == RATIO or finding.metric.endswith(f"_{unit}"):
        return finding.metric
    return f"{finding.metric}_{unit}"


NIGHT_METRICS: Final = (TST, SOL, WASO, TERMINAL_WAKE, SE, SME, AWAKENINGS, MIDPOINT)

RECORDED: Final = ("start", "end", "zone", "epoch_s", "unit", "device", "placement")
MADE_BY: Final = ("clarity_version", "input_digest", "fingerprint")

REST_COLUMNS: Final = tuple(
    f"{method.value}_{name}"
    for method in RestMethod
    for name in ("rest_start", "rest_end", "rest_duration_min")
)

RECORDING_COLUMNS: Final = (
    *("participant", "file", *RECORDED),
    *("nights", "replaced_epochs", *MADE_BY),
)


def _summary(
    results: Results, findings: Iterable[Finding], columns: Sequence[str]
) -> tuple[Cell, ...]:
    recording, made = results["recording"], results["provenance"]
    values = {column(finding): finding.value for finding in findings}
    return (
        *(results["participant"], results["source"], *(recording[name] for name in RECORDED)),
        *(len(results["nights"]), results["replaced"], *(made[name] for name in MADE_BY)),
        *(values.get(name) for name in columns),
    )


def _evenings(results: Results) -> Iterator[tuple[Cell, ...]]:
    """The evenings of a result by date: a night, why there is none, and the main rests."""
    rests = {(rest["date"], rest["method"]): rest for rest in results["rests"]}
    told = [(night["date"], (*_night(night), "")) for night in results["nights"]]
    told += [(one["date"], _no_night(one["date"], one["reason"])) for one in results["no_nights"]]
    spoken_of = {day for day, _ in told}
    told += [(day, _no_night(day, "")) for day in {day for day, _ in rests} - spoken_of]
    for day, cells in sorted(told, key=lambda row: row[0]):
        main = (rests.get((day, method.value)) for method in RestMethod)
        yield *cells, *(cell for rest in main for cell in _rest(rest))


def _no_night(day: str, reason: str) -> tuple[Cell, ...]:
    nothing: tuple[Cell, ...] = (None,) * (len(NIGHT_FIELDS) - 1 + len(NIGHT_METRICS))
    return (day, *nothing, reason)


def _rest(rest: Results | None) -> tuple[Cell, ...]:
    names = ("start", "end", "duration_min")
    return (None, None, None) if rest is None else tuple(rest[name] for name in names)


def _night(night: Results) -> tuple[Cell, ...]:
    values = {measure["metric"]: measure["value"] for measure in night["measures"]}
    return (
        *(night[name] for name in NIGHT_FIELDS),
        *(values[definition.metric] for definition in NIGHT_METRICS),
    )


def _csv(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([_cell(name) for name in header])
    writer.writerows([_cell(value) for value in row] for row in rows)
    return text.getvalue().encode()


def _cell(value: Cell) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return f"'{value}" if value.startswith(FORMULA_STARTS) else value
    return repr(value)
