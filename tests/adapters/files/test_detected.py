"""The format is told from the content, and what none knows is refused in words."""

from functools import partial
from zoneinfo import ZoneInfo

import attrs
import pytest

from clarity.adapters.files.detected import FORMATS, DetectedRecordings
from clarity.domain.streams import Placement, Unit
from clarity.ports.recordings import ColumnUnit, ReadOptions, Source
from clarity.ports.unreadable import (
    NoSamples,
    NoSuchColumn,
    NotText,
    PackedFile,
    Spreadsheet,
    UnknownFormat,
    UnreadableRecording,
    UnusedOption,
)
from tests.support.apple_export import FIRST, export, quantity, zipped
from tests.support.device_files import (
    actigraph_table,
    actiware_table,
    agd_file,
    awd_table,
    fitbit_hours,
    fitbit_minutes,
    fitbit_steps,
    ukbiobank_table,
)
from tests.support.recordings import (
    depresjon_table,
    long_table,
    plain_table,
    source_of,
    wide_table,
)
from tests.support.shared import shared

READER = DetectedRecordings()
UTC_ = ReadOptions(zone=ZoneInfo("UTC"))


@pytest.mark.parametrize("format_id", [None, "csv"])
def test_wear_flags_are_never_left_out_unsaid(format_id: str | None):
    wear = source_of(wide_table({"7": [1]}), "wear.csv")
    options = attrs.evolve(UTC_, wear=wear, format=format_id)

    with pytest.raises(UnusedOption) as refused:
        READER.read(source_of(plain_table()), options=options)

    assert str(refused.value) == (
        "folder/person_7.csv: an option means nothing for the format of this recording (--wear for "
        "csv); expected only options that the format takes; leave the option out, or say with "
        "--format what the recording is"
    )


@pytest.mark.parametrize(
    ("content", "format_id"),
    [
        (depresjon_table(), "depresjon"),
        (long_table({"7": [1]}), "nhanes-minutes"),
        (wide_table({"7": [1]}), "nhanes-days"),
        (plain_table(), "csv"),
        (agd_file(), "actigraph-agd"),
        (actigraph_table(), "actigraph-csv"),
        (awd_table(), "actiwatch-awd"),
        (actiware_table(), "actiwatch-csv"),
        (ukbiobank_table(), "ukbiobank"),
        (fitbit_hours(("7",)), "fitbit-hours"),
        (fitbit_minutes(("7",)), "fitbit-minutes"),
        (fitbit_steps(), "fitbit-json"),
        (export(quantity("StepCount", FIRST, 60, 5)), "apple-health"),
        (zipped(export(quantity("StepCount", FIRST, 60, 5))), "apple-health"),
    ],
)
def test_every_format_is_told_from_its_content(content, format_id):
    assert READER.sniff(content if isinstance(content, bytes) else content.encode()).id == format_id
    (recording,) = READER.read(source_of(content), options=UTC_)
    assert recording.format == format_id


def test_the_table_of_formats_lists_them_all():
    assert [format_.id for format_ in FORMATS] == [
        "actigraph-gt3x",
        "apple-health",
        "actigraph-agd",
        "actigraph-csv",
        "actiwatch-awd",
        "actiwatch-csv",
        "ukbiobank",
        "fitbit-hours",
        "fitbit-minutes",
        "fitbit-json",
        "fitbit-hrv",
        "fitbit-breathing",
        "depresjon",
        "nhanes-minutes",
        "nhanes-days",
        "wide-days",
        "wide-streams",
        "csv",
    ]
    assert READER.formats() == FORMATS


def test_the_format_asked_for_is_used():
    options = ReadOptions(zone=ZoneInfo("UTC"), format="csv")

    (recording,) = READER.read(source_of(depresjon_table()), options=options)

    assert recording.format == "csv"
    assert recording.series.placement is Placement.UNKNOWN


def test_columns_that_the_caller_names_are_read_as_streams():
    options = ReadOptions(
        zone=ZoneInfo("UTC"), columns=(ColumnUnit(name="Counts", unit=Unit.BEATS_PER_MIN),)
    )

    (recording,) = READER.read(source_of(plain_table()), options=options)

    assert (recording.format, recording.series.unit) == ("wide-streams", Unit.BEATS_PER_MIN)


def test_a_format_that_does_not_exist_is_refused():
    with pytest.raises(UnknownFormat, match="there is no format 'xls'"):
        READER.read(source_of(plain_table()), options=ReadOptions(format="xls"))


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"some words\nand more\n", UnknownFormat),
        (b"\n\n\n", NoSamples),
        (b"PK\x03\x04\x00\x00", PackedFile),
        (zipped(plain_table(), name="table.csv"), PackedFile),
        (zipped("<x/>", name="[Content_Types].xml"), Spreadsheet),
        (b"\x00\x01\x02\x03", NotText),
        (b"PK\x03\x04" + bytes(26) + b"[Content_Types].xml", Spreadsheet),
        (b"PK\x03\x04mimetypeapplication/vnd.oasis.opendocument.spreadsheet", Spreadsheet),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512), Spreadsheet),
        (b"a,b\n1,2\n", NoSuchColumn),
        (b"Dear doctor, I slept well,\nbut not long.\nYours, Anna\n", UnknownFormat),
        (b"name,colour\nAnna,red\n,NA\n", UnknownFormat),
    ],
)
def test_what_no_reader_knows_is_refused_in_words(content, error):
    with pytest.raises(error, match="; expected "):
        READER.read(source_of(content), options=UTC_)


def test_a_packed_file_is_to_be_unpacked():
    asked = ReadOptions(zone=UTC_.zone, format="csv")
    with pytest.raises(PackedFile, match="unpack it and give what is in it"):
        READER.read(source_of(zipped(plain_table(), name="table.csv")), options=UTC_)
    with pytest.raises(PackedFile, match="no reader knows what is in it"):
        READER.read(source_of(zipped("<x/>", name="[Content_Types].xml")), options=asked)


def source(path):
    return Source(name=str(path), open=partial(path.open, "rb"))


@pytest.mark.slow
def test_every_depresjon_recording_is_read_without_a_gap():
    paths = sorted(shared("data/depresjon").glob("*/*.csv.gz"))

    recordings = [READER.read(source(path), options=ReadOptions())[0] for path in paths]

    assert len(recordings) == 55
    assert {recording.format for recording in recordings} == {"depresjon"}
    assert sum(recording.report.samples for recording in recordings) == 1_571_706
    assert sum(recording.report.epochs for recording in recordings) == 1_571_706
    assert sum(recording.report.in_gap for recording in recordings) == 0


@pytest.mark.slow
@pytest.mark.parametrize("folder", ["device_formats", "fitbit", "walch2019"])
def test_every_shared_file_is_read_or_refused_in_words(folder):
    found = {path.name: outcome(path) for path in sorted(shared(f"data/{folder}").iterdir())}

    assert found == OUTCOMES[folder]


def outcome(path):
    """The format and how many people, or the code of the refusal."""
    try:
        recordings = READER.read(source(path), options=UTC_)
    except UnreadableRecording as error:
        return error.code if "; expected " in str(error) else "without words"
    people = {recording.participant for recording in recordings}
    return f"{recordings[0].format} x {len(people)}"


OUTCOMES = {
    "device_formats": {
        "GGIR_ActiGraph13.csv": "actigraph-csv x 1",
        "GGIR_ActiGraph61.csv": "actigraph-csv x 1",
        "GGIR_Actiwatch.AWD": "actiwatch-awd x 1",
        "GGIR_Actiwatch.csv": "actiwatch-csv x 1",
        "GGIR_LICENSE": "recording.unknown-format",
        "GGIR_actigraph_testfile.gt3x": "actigraph-gt3x x 1",
        "GGIR_ukbiobank.csv": "ukbiobank x 1",
        "PROVENANCE.md": "recording.unknown-format",
        "agcounts_example.gt3x": "actigraph-gt3x x 1",
        "agcounts_example5sec.agd": "actigraph-agd x 1",
        "healthkit_export.xml": "apple-health x 1",
        "healthkit_export_zip.xml": "apple-health x 1",
        "skdh_test_activity_index.h5": "recording.not-text",
    },
    "fitbit": {
        "PROVENANCE.md": "recording.unknown-format",
        "dailyActivity_merged.csv.gz": "recording.too-coarse",
        "hourlySteps_merged.csv.gz": "recording.too-coarse",
        "minuteIntensitiesWide_merged.csv.gz": "fitbit-hours x 33",
        "minuteStepsWide_merged.csv.gz": "fitbit-hours x 33",
        "sleepDay_merged.csv.gz": "recording.too-coarse",
    },
    "walch2019": {
        "PROVENANCE.md": "recording.unknown-format",
        "walch2019_features.csv.gz": "recording.no-column",
    },
}
