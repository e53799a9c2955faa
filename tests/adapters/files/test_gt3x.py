"""ActiGraph .gt3x files: every sample of the log, and ENMO of the acceleration."""

import io
import struct
import zipfile
from zoneinfo import ZoneInfo

import actfast
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from clarity.adapters.files._gt3x_log import Log
from clarity.adapters.files.gt3x import Gt3xRecordings
from clarity.adapters.files.limits import Limits
from clarity.domain.streams import Placement, Unit
from clarity.ports.recordings import ReadOptions
from clarity.ports.unreadable import (
    AbsurdDate,
    DamagedFile,
    MissingZone,
    NoSamples,
    TooBig,
    UnevenTimes,
    UnknownFormat,
)
from tests.support.gt3x_file import (
    NOON_S,
    activity,
    activity2,
    gt3x_file,
    info_text,
    log_of,
    parameters,
    record,
    second,
)
from tests.support.recordings import read_one, source_of
from tests.support.shared import shared

ROME = ReadOptions(zone=ZoneInfo("Europe/Rome"))
READER = Gt3xRecordings()


def read(log, info=None, options=ROME):
    return read_one(READER, gt3x_file(log, info), options)


def sensed(log, *, pieces=1 << 16, scale=256.0):
    """Seconds and (n, 3) numbers in the order of time, and the log that was read."""
    reading = Log(file="x", scale=scale)
    split = (log[at : at + pieces] for at in range(0, len(log), pieces))
    found = [
        (at, g) for block in reading.blocks(split) for at, g in zip(block.at, block.g, strict=True)
    ]
    found.sort(key=lambda one: one[0])
    return [int(at) for at, _ in found], [g for _, g in found], reading


def enmo_mg(seconds, *, scale=256.0):
    """The mean over all samples, one by one."""
    excess = [
        max((x * x + y * y + z * z) ** 0.5 / scale - 1, 0) * 1_000
        for at in seconds
        for x, y, z in second(at).tolist()
    ]
    return sum(excess) / len(excess)


def test_the_example_of_the_maker_for_12_bits_is_read():
    payload = bytes.fromhex("006008EBD007009EBF007008EBF0")

    _, (g,), _ = sensed(record(0, NOON_S, payload), scale=341.0)

    assert np.round(g, 3).tolist() == [
        [0.023, 0.018, -0.947],
        [0.026, 0.021, -0.941],
        [0.023, 0.021, -0.941],
    ]


def test_the_example_of_the_maker_for_16_bits_is_read():
    payload = bytes.fromhex("0000000000003000CCFF42010300FAFF0101")

    _, (g,), _ = sensed(record(26, NOON_S, payload))

    assert np.round(g, 3).tolist()[:2] == [[0.0, 0.0, 0.0], [0.188, -0.203, 1.258]]


@pytest.mark.parametrize(
    ("kind", "packed", "bits"), [(0, activity, 12), (26, activity2, 16)], ids=["12", "16"]
)
@given(data=st.data())
def test_samples_come_out_as_they_went_in(kind, packed, bits, data):
    numbers = st.integers(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
    shape = (data.draw(st.integers(1, 40)), 3)
    samples = data.draw(arrays.arrays(np.int64, shape, elements=numbers))

    at, (g,), log = sensed(record(kind, NOON_S, packed(samples)), scale=1.0)

    assert at == [NOON_S]
    assert g.tolist() == samples.tolist()
    assert log.lost == 0


def test_every_sample_is_the_one_that_another_reader_sees():
    path = shared("data/device_formats/GGIR_actigraph_testfile.gt3x")
    theirs = actfast.read(str(path))["timeseries"]["acceleration"]

    with zipfile.ZipFile(path) as archive:
        at, g, log = sensed(archive.read("log.bin"))

    assert np.array_equal(np.concatenate(g), theirs["acceleration"].astype(float))
    assert np.repeat(at, 30).tolist() == (theirs["datetime"] // 1_000_000_000).tolist()
    assert (log.scale, log.lost) == (256.0, 0)


def test_acceleration_becomes_enmo_per_minute():
    path = shared("data/device_formats/GGIR_actigraph_testfile.gt3x")

    series = read_one(READER, path.read_bytes(), ROME).series

    theirs = actfast.read(str(path))["timeseries"]["acceleration"]
    minute = theirs["datetime"] // 60_000_000_000
    minute -= minute.min()
    fullest = int(np.bincount(minute).argmax())
    norm = np.linalg.norm(theirs["acceleration"].astype(float), axis=1)
    enmo = np.maximum(norm[minute == fullest] - 1, 0).mean() * 1_000
    assert series.values[fullest] == pytest.approx(enmo, rel=1e-9)
    assert series.values.size == minute.max() + 1
    assert np.isnan(series.values).any()
    assert series.start.isoformat() == "2020-08-26T10:09:00+02:00"
    assert (series.unit, series.device) == (Unit.ENMO_MG, "ActiGraph wGT3XBT")
    assert series.placement is Placement.HIP


def test_a_file_of_16_bit_samples_holds_its_three_minutes():
    path = shared("data/device_formats/agcounts_example.gt3x")

    recording = read_one(READER, path.read_bytes(), ROME)

    with zipfile.ZipFile(path) as archive:
        log = archive.read("log.bin")
    begins = [at for at in range(len(log)) if log[at : at + 2] == b"\x1e\x1a"]
    first = struct.unpack_from("<300h", log, begins[0] + 8)
    _, g, _ = sensed(log)
    assert g[0].ravel().tolist() == [one / 256 for one in first]
    assert sum(map(len, g)) == 18_000
    assert recording.series.values.size == 3
    assert not np.isnan(recording.series.values).any()
    assert recording.series.start.isoformat() == "2023-06-13T08:34:00+02:00"
    assert (recording.series.device, recording.series.placement) == (
        "ActiGraph Link",
        Placement.WRIST,
    )


@pytest.mark.parametrize("kind", [0, 26])
def test_enmo_is_the_mean_over_the_samples_of_a_minute(kind):
    recording = read(log_of(range(120), kind=kind))

    expected = [enmo_mg(range(60)), enmo_mg(range(60, 120))]
    assert recording.series.values.tolist() == pytest.approx(expected, rel=1e-12)
    assert [notice.code for notice in recording.notices] == ["uncalibrated"]


def test_a_minute_with_fewer_than_half_of_its_samples_is_missing():
    values = read(log_of([*range(60), *range(60, 89), *range(120, 150)])).series.values

    assert np.isnan(values).tolist() == [False, True, False]


def test_a_time_without_records_is_a_gap():
    recording = read(log_of([*range(60), *range(180, 240)]))

    assert np.isnan(recording.series.values).tolist() == [False, True, True, False]
    assert (recording.report.samples, recording.report.gaps) == (2, 1)


@pytest.mark.parametrize("pieces", [1, 7, 143, 144, 145, 10_000])
def test_records_may_be_cut_anywhere_on_their_way(pieces):
    log = parameters() + log_of(range(20)) + log_of(range(20, 40), kind=26)

    at, g, reading = sensed(log, pieces=pieces)

    assert at == [NOON_S + i for i in range(40)]
    assert np.array_equal(np.concatenate(g) * 256, np.concatenate([second(i) for i in range(40)]))
    assert reading.lost == 0


@pytest.mark.parametrize("kind", [0, 26])
def test_a_log_of_more_than_is_read_at_once_is_read_whole(kind):
    once = log_of(range(100), kind=kind, rate=100)
    size = len(once) // 100
    log = b"".join(
        record(kind, NOON_S + i, once[size * (i % 100) + 8 : size * (i % 100 + 1) - 1])
        for i in range(5_000)
    )

    at, g, reading = sensed(log)

    assert (at, reading.lost) == ([NOON_S + i for i in range(5_000)], 0)
    assert len(log) > 2 << 20
    assert all(np.array_equal(g[i], g[i % 100]) for i in range(0, 5_000, 7))


def test_zeros_other_records_and_plugging_in_are_passed_over():
    other = bytes(5) + record(2, NOON_S, b"\x01\x02") + record(26, NOON_S, b"\x01") + bytes(2)
    other += record(0, NOON_S, b"\x01\x02")

    assert read(log_of(range(60), other=other)).series == read(log_of(range(60))).series


def test_damaged_stretches_are_told_and_lose_nothing_else():
    log = bytearray(log_of(range(120), kind=26))
    size = len(log) // 120
    log[5 * size + 50] ^= 1
    log[30 * size + 1 : 31 * size - 9] = b"\x1e" * (size - 10)
    log += b"rest"

    at, _, reading = sensed(bytes(log))
    recording = read(bytes(log))

    assert set(range(120)) - {one - NOON_S for one in at} == {5, 30}
    assert reading.lost == 3
    assert recording.notices[1].code == "records-left-out"
    assert recording.notices[1].text.startswith("3 stretches")


@pytest.mark.parametrize(
    ("log", "info", "scale"),
    [
        (b"", info_text(scale=None), 256.0),
        (b"", info_text(scale=None).replace("MOS2", "NEO1"), 341.0),
        (b"", info_text(scale="341,0"), 341.0),
        (parameters(scale=0x08400000), info_text(scale="341.0"), 128.0),
    ],
)
def test_the_scale_is_the_one_of_the_log_or_the_device_or_its_kind(log, info, scale):
    values = read(log + log_of(range(60)), info).series.values

    assert values[0] == pytest.approx(enmo_mg(range(60), scale=scale), rel=1e-12)


@pytest.mark.parametrize(
    ("log", "info"),
    [
        (log_of(range(60)), info_text(scale="many")),
        (log_of(range(60)), info_text(scale="nan")),
        (log_of(range(60)), info_text(scale=0)),
        (parameters(scale=0) + log_of(range(60)), None),
        (parameters(scale=0x7FFFFFFF) + log_of(range(60)), None),
        (log_of(range(600)) + parameters(scale=0x08400000) + log_of([601]), None),
        (b"\x1e" * 200_000, None),
    ],
)
def test_a_scale_that_cannot_be_and_what_is_no_log_are_refused(log, info):
    with pytest.raises(DamagedFile):
        read(log, info)


def test_a_file_without_acceleration_is_refused():
    with pytest.raises(NoSamples, match="no acceleration"):
        read(parameters() + record(2, NOON_S, b"\x01\x02"))


def test_a_device_clock_needs_a_zone():
    with pytest.raises(MissingZone):
        read(log_of(range(60)), options=ReadOptions())


@pytest.mark.parametrize("at", [0, 2**32 - 1])
def test_an_absurd_second_is_refused(at):
    with pytest.raises(AbsurdDate):
        read(record(26, at, activity2(second(0))) + log_of(range(60)))


def test_an_epoch_of_hours_is_refused():
    with pytest.raises(UnevenTimes):
        read(log_of(range(60)), options=ReadOptions(zone=ROME.zone, epoch_s=7_200))


def test_too_many_epochs_are_refused():
    reader = Gt3xRecordings(limits=Limits(max_values=50))

    with pytest.raises(TooBig, match="more than 50 epochs"):
        read_one(reader, gt3x_file(log_of(range(60))), ReadOptions(zone=ROME.zone, epoch_s=1))


def test_a_log_that_unpacks_to_too_much_is_refused():
    packed = gt3x_file(bytes(1 << 20), packing=zipfile.ZIP_DEFLATED)
    small = Gt3xRecordings(limits=Limits(max_bytes=1 << 19))
    slow = Gt3xRecordings(limits=Limits(growth_from_bytes=1 << 10))

    with pytest.raises(TooBig, match="524,288 bytes"):
        read_one(small, packed, ROME)
    with pytest.raises(TooBig, match="200 times"):
        read_one(slow, packed, ROME)


@pytest.mark.parametrize("cut", [100, 5_000, 8_000])
def test_a_file_cut_short_is_refused(cut):
    with pytest.raises(DamagedFile):
        READER.read(source_of(gt3x_file(log_of(range(60)))[:cut]), options=ROME)


def test_what_is_no_such_file_is_refused():
    with pytest.raises(DamagedFile, match=r"no \.gt3x file"):
        READER.read(source_of(b"no zip file"), options=ROME)


def zipped(**parts):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name.replace("_", "."), content)
    return source_of(packed.getvalue())


def test_a_file_of_an_older_device_is_told_to_be_one():
    with pytest.raises(UnknownFormat, match=r"firmware 2\.5 and earlier"):
        READER.read(zipped(activity_bin=bytes(9), info_txt="Sample Rate: 30"), options=ROME)


def test_a_file_without_its_parts_is_refused():
    with pytest.raises(DamagedFile, match="is missing"):
        READER.read(zipped(log_bin=bytes(9)), options=ROME)
