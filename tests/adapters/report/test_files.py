"""CSV and JSON for other programs: stable, exact, harmless in a spreadsheet."""

import csv
import io
import json
from collections.abc import Iterable
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clarity.adapters.report import csv_files
from clarity.adapters.report.csv_files import column, refused_csv
from clarity.adapters.report.json_file import SCHEMA, SCHEMA_VERSION, loaded, results_json
from clarity.domain.sleep.evenings import NoNight
from clarity.domain.sleep.rests import MainRest, RestMethod
from clarity.ports.report import Refused, Report
from tests.support.reports import FINDINGS, finding, night, report, rest, series

PLAIN = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=30)


def summary_csv(batch: Iterable[Report]) -> bytes:
    return csv_files.summary_csv([loaded(results_json(one)) for one in batch])


def nights_csv(batch: Iterable[Report]) -> bytes:
    return csv_files.nights_csv([loaded(results_json(one)) for one in batch])


def rows(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode(), newline="")))


def by_name(content: bytes) -> list[dict[str, str]]:
    header, *body = rows(content)
    return [dict(zip(header, row, strict=True)) for row in body]


def test_lines_end_as_rfc_4180_says():
    content = summary_csv([report()])

    assert content.endswith(b"\r\n")
    assert content.count(b"\r\n") == content.count(b"\n") == 2


def test_a_summary_starts_with_the_recording_and_goes_on_with_metrics_and_units():
    header = rows(summary_csv([report()]))[0]

    assert header[:3] == ["participant", "file", "start"]
    assert header[14:] == [
        *("IS", "IV", "RA", "L5_counts_per_min", "L5_onset_clock_h"),
        *("M10_counts_per_min", "M10_onset_clock_h", "TST_min", "SE_pct", "SOL_min"),
        *("a_plugin_metric_widgets", "saturated_pct"),
    ]


def test_a_summary_has_full_precision_and_leaves_absent_values_empty():
    (row,) = by_name(summary_csv([report()]))

    assert row["IS"] == "0.6312345"
    assert row["a_plugin_metric_widgets"] == "-3.5"
    assert row["SOL_min"] == ""
    assert row["nights"] == "5"
    assert row["replaced_epochs"] == "0"
    assert row["start"] == "2026-03-02T15:00:00+01:00"


def test_the_columns_do_not_depend_on_the_order_of_findings_or_participants():
    turned = report("B", findings=FINDINGS[::-1])

    assert rows(summary_csv([report(), turned]))[0] == rows(summary_csv([turned, report()]))[0]


def test_a_metric_in_another_unit_has_a_column_of_its_own():
    one, other = report(findings=(finding("L5", 1.0, "mg"),)), report()

    first, second = by_name(summary_csv([one, other]))

    assert (first["L5_mg"], first["L5_counts_per_min"]) == ("1.0", "")
    assert (second["L5_mg"], second["L5_counts_per_min"]) == ("", "12.3")


@pytest.mark.parametrize(
    ("metric", "unit", "name"),
    [
        ("IS", "1", "IS"),
        ("tst_min", "min", "tst_min"),
        ("ADAT", "counts/day", "ADAT_counts_per_day"),
    ],
)
def test_a_column_names_its_unit_once(metric: str, unit: str, name: str):
    assert column(finding(metric, 1.0, unit)) == name


def test_an_evening_without_a_night_has_its_date_the_reason_and_its_rests():
    evening = date(2026, 3, 2)
    drawn = report(
        nights=(),
        no_nights=(NoNight(date=evening, reason="not worn"),),
        rests=(
            rest(evening),
            MainRest(date=evening, method=RestMethod.ROENNEBERG, reason="none"),
        ),
    )

    (row,) = by_name(nights_csv([drawn]))

    assert {name: cell for name, cell in row.items() if cell} == {
        "participant": "P-01",
        "file": "p01.csv",
        "date": "2026-03-02",
        "reason": "not worn",
        "crespo_rest_start": "2026-03-02T22:40:00+01:00",
        "crespo_rest_end": "2026-03-03T07:25:00+01:00",
        "crespo_rest_duration_min": "525.0",
    }


def test_a_rest_of_an_evening_of_which_nothing_else_is_known_is_a_row_in_its_place():
    evenings = [date(2026, 3, day) for day in (3, 1, 2)]
    drawn = report(
        nights=(night(evenings[0]),),
        no_nights=(),
        rests=tuple(rest(evening, RestMethod.ROENNEBERG) for evening in evenings),
    )

    found = by_name(nights_csv([drawn]))

    assert [row["date"] for row in found] == ["2026-03-01", "2026-03-02", "2026-03-03"]
    assert [bool(row["start"]) for row in found] == [False, False, True]
    assert {row["reason"] for row in found} == {""}
    assert all(row["roenneberg_rest_start"] for row in found)


def test_rests_and_evenings_without_a_night_are_told_whole_in_the_results():
    evening = date(2026, 3, 2)
    drawn = report(
        no_nights=(NoNight(date=evening, reason="not worn"),),
        rests=(rest(evening), MainRest(date=evening, method=RestMethod.ROENNEBERG, reason="none")),
    )

    told = json.loads(results_json(drawn))

    assert told["no_nights"] == [{"date": "2026-03-02", "reason": "not worn"}]
    first, second = told["rests"]
    assert first | {"citation": ""} == {
        "date": "2026-03-02",
        "method": "crespo",
        "algorithm": "rest/crespo",
        "start": "2026-03-02T22:40:00+01:00",
        "end": "2026-03-03T07:25:00+01:00",
        "duration_min": 525.0,
        "reason": "",
        "n_valid": 520,
        "coverage": 0.99,
        "citation": "",
    }
    assert (second["start"], second["duration_min"], second["reason"]) == (None, None, "none")
    assert "10.1016/bs.mie.2014.11.028" in second["citation"]


def test_a_night_leaves_empty_what_it_cannot_say():
    one = night(report().series.start.date())

    (row,) = by_name(nights_csv([report(nights=(one,), no_nights=(), rests=())]))

    assert row["participant"] == "P-01"
    assert row["date"] == "2026-03-02"
    assert row["start"] == "2026-03-02T23:10:00+01:00"
    assert row["source"] == "detected"
    assert row["TST_min"] == "412.0"
    assert (row["SOL_min"], row["SE_pct"]) == ("", "")
    assert float(row["sleep_midpoint_clock_h"]) == pytest.approx(3 + 5 / 60)


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_text_that_a_spreadsheet_would_run_is_made_harmless(start: str):
    told = report(f"{start}1+1", source=f"{start}cmd")
    refused = [
        Refused(source=f"{start}x", participant=f"{start}p", code=f"{start}y", reason=f"{start}z")
    ]

    cells = (
        *rows(summary_csv([told]))[1][:2],
        *rows(nights_csv([told]))[1][:2],
        *rows(refused_csv(refused))[1],
    )

    assert [cell for cell in cells if not cell.startswith(f"'{start}")] == []


def test_the_header_of_a_metric_is_made_harmless_too():
    assert rows(summary_csv([report(findings=(finding("=SUM(A1)", 1.0),))]))[0][-1] == "'=SUM(A1)"


def test_a_negative_number_stays_a_number():
    (row,) = by_name(summary_csv([report(findings=(finding("DFA_alpha", -0.25),))]))

    assert row["DFA_alpha"] == "-0.25"


@settings(max_examples=30)
@given(name=PLAIN, reason=PLAIN)
def test_any_text_comes_back_as_it_was(name: str, reason: str):
    ((source, _, code, told),) = rows(refused_csv([Refused(source=name, code="x", reason=reason)]))[
        1:
    ]

    assert (source.removeprefix("'"), code) == (name.removeprefix("'"), "x")
    assert told.removeprefix("'") == reason.removeprefix("'")


def test_results_say_their_schema_and_version():
    told = json.loads(results_json(report()))

    assert list(told)[:2] == ["schema", "schema_version"]
    assert (
        (told["schema"], told["schema_version"])
        == (SCHEMA, SCHEMA_VERSION)
        == (
            "clarity.results",
            1,
        )
    )


def test_results_hold_everything_at_full_precision():
    drawn = report()

    told = json.loads(results_json(drawn))

    first = drawn.result.findings[0]
    assert told["participant"] == "P-01"
    assert told["recording"]["n_epochs"] == 7 * 1440
    assert told["recording"]["n_missing"] == 180
    assert told["recording"]["n_worn"] == 7 * 1440 - 120
    assert told["findings"][0]["value"] == first.value
    assert told["findings"][0]["parameters"] == dict(first.parameters)
    assert (
        told["findings"][8] | {"value": None, "reason": "no bed time is known"}
        == (told["findings"][8])
    )
    assert told["spans"][0]["epochs"] == [list(span) for span in drawn.result.spans[0].spans]
    assert told["provenance"]["analyses"] == [
        {"id": "clarity.rhythm", "version": "1"},
        {"id": "clarity.sleep", "version": "2"},
    ]


def test_a_night_in_the_results_says_why_a_value_is_absent():
    (told,) = json.loads(results_json(report(nights=(night(report().series.start.date()),))))[
        "nights"
    ]

    measures = {entry["metric"]: entry for entry in told["measures"]}
    assert (told["date"], told["source"]) == ("2026-03-02", "detected")
    assert measures["TST"]["value"] == 412.0
    assert measures["SOL"]["value"] is None
    assert "diary" in measures["SOL"]["reason"]


def test_wear_that_was_not_assessed_is_null():
    told = json.loads(results_json(report(recording=series(worn=False))))

    assert told["recording"]["n_worn"] is None
