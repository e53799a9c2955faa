"""Every stream of a file goes into the store and comes out again as it was."""

import gzip
from functools import partial
from zoneinfo import ZoneInfo

import pytest

from clarity.adapters.files.detected import DetectedRecordings
from clarity.application.ingest import Ingest
from clarity.application.orders import Order, Rendered
from clarity.application.read import Days, chunks_in
from clarity.bootstrap import open_clarity
from clarity.domain.actigraphy.days import STREAM_OF_UNIT, series_of
from clarity.domain.streams import StreamKind
from clarity.domain.summaries import daily, weekly
from clarity.ports.recordings import ReadOptions, Source
from clarity.ports.report import Refused
from clarity.settings import Settings
from tests.application.world import ADA, NURSE, REQUEST, opened
from tests.support.apple_export import days
from tests.support.recordings import source_of
from tests.support.shared import shared

OSLO = ReadOptions(zone=ZoneInfo("Europe/Oslo"))


def test_six_streams_go_in_and_come_out_as_they_were():
    with opened() as world:
        ingest = Ingest(
            recordings=DetectedRecordings(), repository=world.repository, clock=world.clock
        )
        recordings = ingest.read(source_of("".join(days(3)), "export.xml"), options=OSLO)
        for recording in recordings:
            ingest.run(recording, patient=ADA, actor=NURSE, correlation=REQUEST)

        streams = {STREAM_OF_UNIT[recording.series.unit] for recording in recordings}
        assert streams == set(StreamKind)
        for recording in recordings:
            of = Days(patient=ADA, stream=STREAM_OF_UNIT[recording.series.unit])
            chunks = [stored.entity for stored in chunks_in(world.repository, of)]
            back = series_of(chunks).trimmed()
            assert back == recording.series.trimmed()
            assert len(daily(back)) == len(chunks)
            assert daily(back) == daily(recording.series)
            assert weekly(back) == weekly(recording.series)


def test_the_same_export_again_changes_nothing():
    with opened() as world:
        ingest = Ingest(
            recordings=DetectedRecordings(), repository=world.repository, clock=world.clock
        )
        source = source_of("".join(days(1)), "export.xml")
        for expected in (1, 0):
            for recording in ingest.read(source, options=OSLO):
                done = ingest.run(recording, patient=ADA, actor=NURSE, correlation=REQUEST)
                assert min(done.written, 1) == expected


def outcome(app, path):
    """How many reports a file gave, or the code of its refusal."""
    order = Order(
        sources=(Source(name=path.name, open=partial(path.open, "rb")),),
        options=OSLO,
        actor=NURSE,
        correlation=REQUEST,
    )
    steps = list(app.report.run(order))
    refused = [step for step in steps if isinstance(step, Refused)]
    assert all("; " in step.reason for step in refused)
    if refused:
        return refused[0].code
    return sum(isinstance(step, Rendered) for step in steps)


OUTCOMES = {
    "GGIR_ActiGraph13.csv": 1,
    "GGIR_ActiGraph61.csv": 1,
    "GGIR_Actiwatch.AWD": 1,
    "GGIR_Actiwatch.csv": 1,
    "GGIR_LICENSE": "recording.unknown-format",
    "GGIR_actigraph_testfile.gt3x": 1,
    "GGIR_ukbiobank.csv": 1,
    "PROVENANCE.md": "recording.no-column",
    "agcounts_example.gt3x": 1,
    "agcounts_example5sec.agd": 1,
    "healthkit_export.xml": 1,
    "healthkit_export_zip.xml": 1,
    "skdh_test_activity_index.h5": "recording.not-text",
}


@pytest.mark.slow
def test_every_shared_device_file_is_analyzed_or_refused_in_words():
    found = {}
    for path in sorted(shared("data/device_formats").iterdir()):
        with open_clarity(Settings(store=":memory:")) as app:
            found[path.name] = outcome(app, path)

    assert found == OUTCOMES


@pytest.mark.slow
def test_three_fitbit_people_are_analyzed(tmp_path):
    path = shared("data/fitbit/minuteStepsWide_merged.csv.gz")
    with gzip.open(path, "rt", encoding="utf-8-sig") as file:
        head, *rows = file.read().split("\n")
    people = list(dict.fromkeys(row.partition(",")[0] for row in rows if row))[:3]
    kept = [row for row in rows if row.partition(",")[0] in people]
    (tmp_path / "three.csv").write_text("\n".join((head, *kept)) + "\n")

    with open_clarity(Settings(store=":memory:")) as app:
        assert outcome(app, tmp_path / "three.csv") == 3
