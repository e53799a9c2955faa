"""Apple Health exports: streams, intervals, sources, sleep in words, and hostile XML."""

import io
import zipfile
from datetime import timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clarity.adapters.files.apple import AppleHealthRecordings
from clarity.adapters.files.limits import Limits
from clarity.domain.streams import SleepStage, Unit
from clarity.ports.recordings import ReadOptions
from clarity.ports.unreadable import (
    AbsurdDate,
    DamagedFile,
    HostileFile,
    MissingZone,
    NegativeValue,
    NoSamples,
    TooBig,
    UnboundedValue,
    UnevenTimes,
    UnparsableLine,
)
from tests.support.apple_export import (
    FIRST,
    HEAD,
    PHONE,
    TAIL,
    WATCH,
    day,
    export,
    few_records,
    quantity,
    sleep,
    zipped,
)
from tests.support.recordings import source_of
from tests.support.shared import shared

PARIS = ReadOptions(zone=ZoneInfo("Europe/Paris"))
READER = AppleHealthRecordings()


def read(content, options=PARIS, reader=READER):
    found = reader.read(source_of(content, "export.xml"), options=options)
    return {one.series.unit: one for one in found}


def values(content, unit):
    return read(content)[unit].series.values.tolist()


def at(minutes):
    return FIRST + timedelta(minutes=minutes)


def steps(start, minutes, count, **more):
    return quantity("StepCount", at(start), 60 * minutes, count, **more)


def heart(start, bpm, **more):
    return quantity("HeartRate", at(start), 0, bpm, **({"unit": "count/min"} | more))


def test_every_stream_is_a_recording_of_its_own():
    found = read(few_records())

    assert list(found) == [
        Unit.ACTIVE_KCAL,
        Unit.STEPS_PER_MIN,
        Unit.BEATS_PER_MIN,
        Unit.SDNN_MS,
        Unit.BREATHS_PER_MIN,
        Unit.SLEEP_STAGE,
    ]
    assert {one.participant for one in found.values()} == {"export"}
    assert found[Unit.BEATS_PER_MIN].series.start.isoformat() == "2023-01-01T00:00:00+01:00"


def test_the_caller_may_pick_a_stream_by_its_unit():
    options = ReadOptions(zone=PARIS.zone, unit=Unit.SDNN_MS)

    assert list(read(few_records(), options)) == [Unit.SDNN_MS]


def test_an_interval_is_shared_out_over_its_minutes():
    content = export(quantity("StepCount", FIRST + timedelta(seconds=30), 120, 60))

    assert values(content, Unit.STEPS_PER_MIN) == [15.0, 30.0, 15.0]


def test_an_amount_without_duration_belongs_to_its_minute():
    assert values(export(steps(0, 0, 7), steps(2, 0, 5)), Unit.STEPS_PER_MIN)[::2] == [7.0, 5.0]


def test_samples_of_a_minute_are_averaged():
    late = quantity("HeartRate", FIRST + timedelta(seconds=59), 0, 80, unit="count/min")

    assert values(export(heart(0, 60), late), Unit.BEATS_PER_MIN) == [70.0]


def test_a_minute_without_a_record_is_missing():
    found = values(export(heart(0, 60), heart(2, 62)), Unit.BEATS_PER_MIN)

    assert np.isnan(found).tolist() == [False, True, False]


def test_each_minute_comes_from_the_source_that_covers_most():
    content = export(
        steps(0, 2, 100, source=PHONE), steps(1, 4, 40, source=WATCH), steps(5, 1, 5, source=PHONE)
    )

    recording = read(content)[Unit.STEPS_PER_MIN]

    assert recording.series.values.tolist() == [50.0, 10.0, 10.0, 10.0, 10.0, 5.0]
    assert recording.notices[0].code == "sources-overlap"


def test_the_sum_of_two_sources_is_never_taken():
    content = export(*(steps(i, 1, 10, source=s) for i in range(9) for s in (PHONE, WATCH)))

    assert values(content, Unit.STEPS_PER_MIN) == 9 * [10.0]


def test_a_record_that_comes_twice_counts_once():
    recording = read(export(steps(0, 1, 10), steps(0, 1, 10), steps(1, 1, 3)))[Unit.STEPS_PER_MIN]

    assert recording.series.values.tolist() == [10.0, 3.0]
    assert recording.report.duplicates == 1


def test_words_of_sleep_become_stages():
    stages = ("InBed", "Asleep", "AsleepUnspecified", "Awake", "AsleepCore", "AsleepDeep")
    content = export(*(sleep(s, at(i), 1) for i, s in enumerate((*stages, "AsleepREM"))))

    assert values(content, Unit.SLEEP_STAGE) == [
        SleepStage.IN_BED,
        SleepStage.ASLEEP,
        SleepStage.ASLEEP,
        SleepStage.AWAKE,
        SleepStage.LIGHT,
        SleepStage.DEEP,
        SleepStage.REM,
    ]


def test_a_stage_says_more_than_in_bed():
    content = export(
        sleep("AsleepDeep", at(1), 1), sleep("InBed", at(0), 4), sleep("Asleep", at(1), 2)
    )

    assert values(content, Unit.SLEEP_STAGE) == [7.0, 3.0, 6.0, 7.0]


def test_in_bed_from_the_phone_never_hides_the_watch():
    content = export(sleep("InBed", at(0), 600, PHONE), sleep("AsleepREM", at(60), 60))

    found = values(content, Unit.SLEEP_STAGE)

    assert found[60:120] == 60 * [SleepStage.REM]
    assert found[0] == found[-1] == SleepStage.IN_BED


def test_what_cannot_be_believed_is_left_out_and_told():
    content = export(
        heart(0, 60),
        heart(1, 60, unit="count/s"),
        quantity("HeartRate", at(9), -60, 60, unit="count/min"),
        heart(0, 61).replace('value="61"', ""),
        heart(2, ""),
        quantity("StepCount", at(0), 200_000, 9),
        steps(0, 1, 1),
        sleep("Dreaming", at(0), 1),
        sleep("Awake", at(0), 1),
    )

    found = read(content)

    told = {unit: [notice.text[:1] for notice in one.notices] for unit, one in found.items()}
    assert told == {Unit.STEPS_PER_MIN: ["1"], Unit.BEATS_PER_MIN: ["4"], Unit.SLEEP_STAGE: ["1"]}


def test_energy_in_kilojoules_becomes_kilocalories():
    kj = quantity("ActiveEnergyBurned", at(0), 120, 8.368, unit="kJ")
    others = (
        quantity("ActiveEnergyBurned", at(i), 60, 3, unit=u) for i, u in ((2, "kcal"), (3, "Cal"))
    )

    assert values(export(kj, *others), Unit.ACTIVE_KCAL) == pytest.approx([1, 1, 3, 3], rel=1e-12)


def test_a_stream_that_came_out_empty_is_told_of_with_every_other():
    content = export(
        heart(0, 60),
        steps(0, 1, 9),
        *(quantity("ActiveEnergyBurned", at(i), 60, 3, unit="J") for i in range(12)),
    )

    for recording in read(content).values():
        (notice,) = recording.notices
        assert notice.code == "records-left-out"
        assert notice.text.startswith("12 active energy records were left out")


def test_an_export_of_nothing_but_unknown_units_says_what_was_left_out():
    content = export(quantity("ActiveEnergyBurned", at(0), 60, 3, unit="J"), heart(0, 60))

    with pytest.raises(NoSamples, match="1 active energy records were left out"):
        read(content, ReadOptions(zone=PARIS.zone, unit=Unit.ACTIVE_KCAL))


def test_the_zone_is_the_one_that_the_export_names_most_often():
    zone = '<MetadataEntry key="HKTimeZone" value="{}"/>\n'
    zones = (zone.format(name) for name in ("Nowhere/At_All",) * 3 + ("Asia/Tokyo",) * 2)

    recording = read(export(heart(0, 60), *zones), ReadOptions())[Unit.BEATS_PER_MIN]

    assert recording.series.zone.key == "Asia/Tokyo"
    assert [notice.code for notice in recording.notices] == ["zone-of-export"]


def test_an_export_that_names_no_zone_is_refused():
    with pytest.raises(MissingZone, match=r"\(its times are at \+0100\)"):
        read(few_records(), ReadOptions())


def test_offsets_of_the_records_are_obeyed():
    content = export(heart(0, 60, zone="+0100"), heart(-359, 61, zone="-0500"))

    assert values(content, Unit.BEATS_PER_MIN) == [60.0, 61.0]


TIME = "2023-01-01 00:00:00 +0100"


@pytest.mark.parametrize(
    ("old", "new", "error"),
    [
        ('value="60"', 'value="-60"', NegativeValue),
        ('value="60"', f'value="1{"0" * 400}"', UnboundedValue),
        ('value="60"', 'value="many"', UnparsableLine),
        (TIME, "2023-02-29 00:00:00 +0100", UnparsableLine),
        (TIME, "2023-01-01 23:59:60 +0100", UnparsableLine),
        (TIME, "2023-01-01T00:00:00 +0100", UnparsableLine),
        (TIME, "2023-01-01 00:00:00 00100", UnparsableLine),
        (TIME, "2023-01-01", UnparsableLine),
        (TIME, "2\u06603-01-01 00:00:00 +0100", UnparsableLine),
        (TIME, "1923-01-01 00:00:00 +0100", UnparsableLine),
        (TIME, "1975-01-01 00:00:00 +0100", AbsurdDate),
        (TIME, "2101-01-01 00:00:00 +0100", AbsurdDate),
    ],
)
def test_a_bad_record_is_refused_by_its_number(old, new, error):
    content = export(heart(5, 61), heart(0, 60).replace(old, new))

    with pytest.raises(error, match=r"export\.xml: .*heart rate record 2"):
        read(content)


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (HEAD, DamagedFile),
        ("<other/>", DamagedFile),
        (export("<Record <"), DamagedFile),
        (export(), NoSamples),
        (export(sleep("Awake", at(0), 0)), NoSamples),
        (few_records().replace("UTF-8", "no-such-code"), DamagedFile),
        (export("<a>" * 100), HostileFile),
        (export(*(f'<a n{i}="1"/>' for i in range(3_000))), HostileFile),
        (export(*(f"<n{i}/>" for i in range(3_000))), HostileFile),
        (export(f'<a n="{"x" * (5 << 20)}"/>'), TooBig),
        (export(f"<{'a' * 200_000}/>"), HostileFile),
        (export(heart(0, 60, source="s" * 2_000)), HostileFile),
        (export(heart(0, "6" * 2_000)), HostileFile),
        (export(*(heart(i, 60, source=f"s{i}") for i in range(300))), TooBig),
        (export(heart(0, 60).replace("2023", "1981"), heart(0, 60)), UnevenTimes),
    ],
)
def test_what_is_no_export_is_refused(content, error):
    with pytest.raises(error):
        read(content)


def test_another_encoding_is_read():
    text = few_records().replace("UTF-8", "UTF-16")

    assert len(read(text.encode("utf-16"))) == 6


LAUGHS = """<?xml version="1.0"?>
<!DOCTYPE HealthData [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>
<HealthData>&b;</HealthData>"""


@pytest.mark.parametrize(
    "content", [LAUGHS, LAUGHS.encode("utf-16"), LAUGHS.replace("[", f"[{' ' * 300_000}")]
)
def test_entities_are_refused_however_they_are_written(content):
    with pytest.raises(HostileFile, match="do not trust"):
        read(content)


@pytest.mark.parametrize("again", ["<!DOCTYPE[", "<!DOCTYPE ", "<!DOCTYPE[] "])
def test_a_document_type_begun_again_and_again_is_looked_at_once(again):
    """Each look goes on to the end: tens of thousands of them took half a minute."""
    with pytest.raises(DamagedFile):
        read(f"<!-- HealthData -->{again * 25_000}<HealthData/>")


@pytest.mark.parametrize("offset", ["+1500", "-2359", "+0260"])
def test_an_offset_that_no_clock_has_is_refused_with_its_record(offset):
    content = few_records().replace("+0100", offset)

    assert content != few_records()
    with pytest.raises(UnparsableLine, match="record 1: the time"):
        read(content)


def test_nothing_is_fetched_from_elsewhere():
    with pytest.raises((DamagedFile, NoSamples)):
        read('<!DOCTYPE HealthData SYSTEM "file:///etc/passwd"><HealthData>&b;</HealthData>')


def test_a_damaged_document_type_of_the_maker_is_passed_over():
    content = few_records().replace("<!ELEMENT Record", "<!ELEMENT Record Record (")

    assert len(read(content)) == 6


def test_too_many_records_are_refused():
    reader = AppleHealthRecordings(limits=Limits(max_values=1_000))

    with pytest.raises(TooBig, match="more than 1,000 values"):
        read(export(*(heart(i, 60) for i in range(20_000))), reader=reader)


@pytest.mark.parametrize("epoch_s", [61, 30])
def test_an_odd_epoch_is_refused(epoch_s):
    with pytest.raises(UnevenTimes):
        read(few_records(), ReadOptions(zone=PARIS.zone, epoch_s=epoch_s))


def test_the_export_is_found_in_its_zip_file():
    others = {"apple_health_export/export_cda.xml": "<x>" * 99, "apple_health_export/r.gpx": "r"}
    packed = zipped(few_records(), name="apple_health_export/exportación.xml", others=others)

    assert [one.series for one in read(packed).values()] == [
        one.series for one in read(few_records()).values()
    ]


def directory(size):
    """An end record that promises a table of contents of this size."""
    return b"PK\x03\x04.xml" + b"PK\x05\x06" + bytes(8) + size.to_bytes(4, "little") + bytes(6)


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (zipped("x", name="apple_health_export/notes.txt"), DamagedFile),
        (b"PK\x03\x04.xml", DamagedFile),
        (directory(1 << 30), TooBig),
        (zipped(HEAD + " " * (1 << 24) + TAIL), TooBig),
    ],
)
def test_a_bad_zip_file_is_refused(content, error):
    reader = AppleHealthRecordings(limits=Limits(growth_from_bytes=1 << 20))

    with pytest.raises(error):
        read(content, reader=reader)


def test_a_zip_file_of_too_much_is_refused():
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("export.xml", HEAD + " " * 300_000 + TAIL)

    with pytest.raises(TooBig, match="250,000 bytes"):
        read(packed.getvalue(), reader=AppleHealthRecordings(limits=Limits(max_bytes=250_000)))


@pytest.mark.parametrize("name", ["healthkit_export", "healthkit_export_zip"])
def test_the_shared_exports_hold_one_heartbeat(name):
    path = shared(f"data/device_formats/{name}.xml")

    (recording,) = READER.read(source_of(path.read_bytes()), options=ReadOptions())

    assert recording.series.values.tolist() == [72.0]
    assert recording.series.start.isoformat() == "2018-09-10T02:28:00-07:00"


def test_a_day_of_records_is_laid_on_minutes():
    found = read(export(*day(FIRST)))

    walked = found[Unit.STEPS_PER_MIN]
    assert len(found) == 6
    assert walked.report.samples == 400
    assert np.nansum(walked.series.values) >= sum(10 + i % 90 for i in range(200))


SPAN = st.tuples(st.integers(0, 5_000), st.integers(0, 14_400), st.integers(0, 500))


@given(spans=st.lists(SPAN, min_size=1, max_size=30, unique=True))
def test_sharing_out_loses_no_step_and_makes_none(spans):
    content = export(
        *(quantity("StepCount", FIRST + timedelta(seconds=s), n, v) for s, n, v in spans)
    )

    total = np.nansum(values(content, Unit.STEPS_PER_MIN))

    assert np.isclose(total, sum(value for _, _, value in spans), rtol=1e-9, atol=1e-9)
