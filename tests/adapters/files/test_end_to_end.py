"""Every stream of a file goes into the store and comes out again as it was."""

import gzip
from functools import partial
from zoneinfo import ZoneInfo

import attrs
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
from tests.support.device_files import awd_table
from tests.support.recordings import plain_table, source_of
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


def steps_of(app, *sources, options=OSLO):
    """The reports of the sources, and the refusals."""
    order = Order(sources=sources, options=options, actor=NURSE, correlation=REQUEST)
    steps = list(app.report.run(order))
    refused = [step for step in steps if isinstance(step, Refused)]
    assert all("; " in step.reason for step in refused)
    return steps, refused


def test_two_devices_under_one_name_are_refused_and_what_that_advises_works():
    files = (awd_table(3_000), plain_table(3_000))
    sources = [source_of(content, "ada.csv") for content in files]

    with open_clarity(Settings(store=":memory:")) as app:
        _, (refused,) = steps_of(app, *sources)
        assert refused.code == "stream.mixed-recordings"
        assert "one file at a time, each with its own --patient" in refused.reason

        for number, source in enumerate(sources):
            options = attrs.evolve(OSLO, participant=f"ada-{number}")
            steps, refused = steps_of(app, source, options=options)
            assert (sum(isinstance(step, Rendered) for step in steps), refused) == (1, [])


def outcome(app, path):
    """How many reports a file gave, or the code of its refusal."""
    steps, refused = steps_of(app, Source(name=path.name, open=partial(path.open, "rb")))
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
    "PROVENANCE.md": "recording.unknown-format",
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
