"""Every sentence of `clarity.ports.report.Renderer`, for every adapter."""

import csv
import io
import json
import subprocess
import sys
from datetime import date
from pathlib import Path

import attrs
import numpy as np
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clarity.domain.sleep.evenings import NoNight
from clarity.domain.sleep.rests import MainRest, RestMethod
from clarity.ports.errors import Corrupt
from clarity.ports.report import DOCUMENTS, RESULTS, Document, Entry, Refused, Renderer, Report
from tests.contracts.renderer.harness import OPENERS
from tests.support.reports import entry, finding, report, series

ROOT = Path(__file__).resolve().parents[3]
REFUSED = (
    Refused(
        source="broken.csv",
        participant="P-09",
        code="recording.empty",
        reason="the file holds no rows",
    ),
)
AGAIN = """
import hashlib
from tests.contracts.renderer.harness import OPENERS
from tests.support.reports import report
for opener in sorted(OPENERS):
    documents = OPENERS[opener]().participant(report())
    print(hashlib.sha256(b"".join(document.content for document in documents)).hexdigest())
"""


def content(documents: tuple[Document, ...], name: str) -> str:
    return next(document for document in documents if document.name == name).content.decode()


def rows(documents: tuple[Document, ...], name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content(documents, name), newline="")))


def test_an_adapter_is_a_renderer(renderer: Renderer):
    assert isinstance(renderer, Renderer)


def test_a_participant_has_a_page_results_and_nights(renderer: Renderer):
    names = [document.name for document in renderer.participant(report())]

    assert tuple(names) == DOCUMENTS == ("report.html", "nights.csv", "results.json")


def entry_of(renderer: Renderer, drawn: Report, folder: str = "p") -> Entry:
    return entry(drawn, folder, by=renderer)


def test_an_entry_says_what_the_results_say(renderer: Renderer):
    drawn = attrs.evolve(report("P-01"), notices=("two samples repeat",), replaced=3)

    told = entry_of(renderer, drawn, "p 01")

    assert (told.folder, told.participant, told.source) == ("p 01", "P-01", "p01.csv")
    assert told.made_of == drawn.made_of
    assert (told.notices, told.replaced) == (("two samples repeat",), 3)
    assert told.fingerprint == drawn.result.provenance.fingerprint
    assert dict(told.findings) == {one.metric: one.value for one in drawn.result.findings}


def _without(*path: str) -> bytes:
    """results.json with a key left out."""
    results = orjson.loads(content(OPENERS["html"]().participant(report()), RESULTS))
    inner = results
    for name in path[:-1]:
        inner = inner[name]
    del inner[path[-1]]
    return orjson.dumps(results)


FOREIGN = {
    "nothing": b"",
    "no JSON": b"{",
    "a list": b"[]",
    "text": b'"clarity.results"',
    "another object": b"{}",
    "of many": b'{"schema": "clarity.batch", "schema_version": 1}',
    "a later schema": b'{"schema": "clarity.results", "schema_version": 2}',
    "without findings": _without("findings"),
    "without a zone": _without("recording", "zone"),
    "without what it is made of": _without("made_of", "patient"),
    "of nobody": content(OPENERS["html"]().participant(report()), RESULTS)
    .replace('"patient": "P-01"', '"patient": ""')
    .encode(),
    "a start that is no text": content(OPENERS["html"]().participant(report()), RESULTS)
    .replace('"start": "2026-03-02T15:00:00+01:00"', '"start": 7')
    .encode(),
}


@pytest.mark.parametrize("results", FOREIGN)
def test_what_is_no_results_is_corrupt(renderer: Renderer, results: str):
    with pytest.raises(Corrupt):
        renderer.entry(FOREIGN[results], folder="p")


def test_a_batch_has_an_overview_results_nights_a_summary_and_what_was_refused(renderer: Renderer):
    names = [document.name for document in renderer.batch([entry_of(renderer, report())], REFUSED)]

    assert names == ["report.html", "nights.csv", "results.json", "summary.csv", "refused.csv"]


def test_a_single_participant_keeps_the_documents_in_the_output_folder(renderer: Renderer):
    one = entry_of(renderer, report("P-01"), "")

    names = [document.name for document in renderer.batch([one], ())]

    assert names == ["summary.csv", "refused.csv"]


def test_the_results_of_a_batch_hold_the_findings_of_everybody(renderer: Renderer):
    two = [entry_of(renderer, report(name), name.lower()) for name in ("A", "B")]

    documents = renderer.batch(two, REFUSED)

    results = orjson.loads(content(documents, "results.json"))
    assert [(p["participant"], p["folder"]) for p in results["participants"]] == [
        ("A", "a"),
        ("B", "b"),
    ]
    assert len(results["participants"][0]["findings"]) == len(report("A").result.findings)
    assert results["refused"] == [attrs.asdict(one) for one in REFUSED]


def test_the_same_report_gives_the_same_bytes(renderer: Renderer):
    one, other = report("P-01"), report("P-01")

    assert renderer.participant(one) == renderer.participant(other)
    assert renderer.batch([entry_of(renderer, one)], REFUSED) == renderer.batch(
        [entry_of(renderer, other)], REFUSED
    )


def test_another_process_draws_the_same_bytes():
    answers = {
        subprocess.run(
            [sys.executable, "-c", AGAIN],
            cwd=ROOT,
            env={"PYTHONHASHSEED": seed, "TZ": zone},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed, zone in (("1", "UTC"), ("2", "Asia/Tokyo"))
    }

    assert len(answers) == 1
    assert answers.pop().split()


def test_another_value_gives_other_bytes(renderer: Renderer):
    one, other = report(findings=(finding("IS", 0.5),)), report(findings=(finding("IS", 0.25),))

    changed = [
        a.name
        for a, b in zip(renderer.participant(one), renderer.participant(other), strict=True)
        if a != b
    ]

    assert changed == ["report.html", "results.json"]


def test_the_mean_day_of_the_results_is_the_profile_of_the_page(renderer: Renderer):
    drawn = report(recording=series(days=2, epoch_s=3600))

    mean = json.loads(content(renderer.participant(drawn), RESULTS))["mean_day"]

    hours = drawn.series.observed
    offset = drawn.series.start.hour
    expected = [np.nanmean(hours[(hour - offset) % 24 :: 24]) for hour in range(24)]
    assert mean == pytest.approx(expected)


def test_every_finding_stands_on_the_page_and_in_the_results(renderer: Renderer):
    drawn = report()

    documents = renderer.participant(drawn)

    metrics = [entry.metric for entry in drawn.result.findings]
    told = json.loads(content(documents, "results.json"))["findings"]
    assert [entry["metric"] for entry in told] == metrics
    assert [name for name in metrics if name not in content(documents, "report.html")] == []


def test_an_absent_finding_says_its_reason_on_the_page_and_in_the_results(renderer: Renderer):
    drawn = report(findings=(finding("IS", None, reason="the watch lay on a table"),))

    documents = renderer.participant(drawn)

    (told,) = json.loads(content(documents, "results.json"))["findings"]
    assert told["value"] is None
    assert told["reason"] == "the watch lay on a table"
    assert "the watch lay on a table" in content(documents, "report.html")


def test_an_evening_is_a_row_with_its_night_or_the_reason_why_there_is_none(renderer: Renderer):
    drawn = report()

    documents = renderer.participant(drawn)

    found = rows(documents, "nights.csv")
    nights, others = drawn.result.nights, drawn.result.no_nights
    assert [row["date"] for row in found] == [
        one.date.isoformat() for one in sorted((*nights, *others), key=lambda one: one.date)
    ]
    assert [row["reason"] for row in found if not row["start"]] == [one.reason for one in others]
    assert [row["date"] for row in found if row["start"]] == [n.date.isoformat() for n in nights]
    told = json.loads(content(documents, "results.json"))
    assert [one["reason"] for one in told["no_nights"]] == [one.reason for one in others]
    assert others[0].reason in content(documents, "report.html")


def test_a_main_rest_stands_in_the_results_on_the_page_and_beside_its_night(renderer: Renderer):
    drawn = report()

    documents = renderer.participant(drawn)

    told = json.loads(content(documents, "results.json"))["rests"]
    assert [(one["date"], one["method"], one["duration_min"]) for one in told] == [
        (one.date.isoformat(), one.method, one.duration_min) for one in drawn.result.rests
    ]
    by_date = {row["date"]: row for row in rows(documents, "nights.csv")}
    first = drawn.result.rests[0]
    assert by_date[first.date.isoformat()]["crespo_rest_start"] == first.start.isoformat()
    assert "Crespo" in content(documents, "report.html")


def test_a_participant_of_a_batch_is_a_row_in_the_order_given(renderer: Renderer):
    batch = [report("B"), report("A")]

    documents = renderer.batch(
        [entry_of(renderer, one, one.participant.lower()) for one in batch], ()
    )

    assert [row["participant"] for row in rows(documents, "summary.csv")] == ["B", "A"]
    assert len(rows(documents, "nights.csv")) == sum(
        len(one.result.nights) + len(one.result.no_nights) for one in batch
    )
    index = content(documents, "report.html")
    assert index.index("b/report.html") < index.index("a/report.html")


def test_a_refused_file_is_listed_with_code_and_reason(renderer: Renderer):
    documents = renderer.batch([entry_of(renderer, report())], REFUSED)

    (row,) = rows(documents, "refused.csv")
    assert tuple(row.values()) == attrs.astuple(REFUSED[0])
    page = content(documents, "report.html")
    assert all(text in page for text in attrs.astuple(REFUSED[0]))


def test_of_nobody_there_is_what_was_refused_alone(renderer: Renderer):
    documents = renderer.batch([], REFUSED)

    assert [document.name for document in documents] == ["refused.csv"]
    assert len(rows(documents, "refused.csv")) == len(REFUSED)


@settings(max_examples=20)
@given(name=st.text(min_size=1, max_size=40).map(lambda text: f"<img src=x onerror={text}>&'\""))
def test_no_text_of_a_participant_becomes_markup(name: str):
    hostile = report(
        name,
        recording=series(days=1),
        source=name,
        settings={name: name},
        notices=(name,),
        no_nights=(NoNight(date=date(2026, 3, 2), reason=name),),
        rests=(MainRest(date=date(2026, 3, 2), method=RestMethod.CRESPO, reason=name),),
        findings=(
            finding("IS", None, reason=name, citation=name, algorithm=name),
            finding(name, 1.0, name, parameters={name: name}, citation=name),
        ),
    )
    refused = [Refused(source=name, participant=name, code=name, reason=name)]

    for opener in OPENERS.values():
        page = content(opener().participant(hostile), "report.html")
        index = content(opener().batch([entry(hostile, name)], refused), "report.html")

        assert "<img" not in page + index
        assert "onerror" not in _tags(page) + _tags(index)


def _tags(page: str) -> str:
    """The inside of every tag, without quoted values."""
    inside = [part.split(">")[0] for part in page.split("<")[1:]]
    return " ".join("".join(tag.split('"')[::2]) for tag in inside)
