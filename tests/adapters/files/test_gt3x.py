"""ActiGraph .gt3x files: ENMO of the raw acceleration, or what to install."""

from zoneinfo import ZoneInfo

import numpy as np
import pytest

from clarity.adapters.files.gt3x import Gt3xRecordings
from clarity.domain.streams import Placement, Unit
from clarity.ports.recordings import ReadOptions
from clarity.ports.unreadable import (
    DamagedFile,
    MissingReader,
    MissingZone,
    NoSamples,
    UnevenTimes,
)
from tests.support.recordings import read_one, source_of
from tests.support.shared import shared

ROME = ReadOptions(zone=ZoneInfo("Europe/Rome"))
READER = Gt3xRecordings()


def content(name):
    return shared(f"data/device_formats/{name}.gt3x").read_bytes()


def test_without_the_library_the_refusal_says_what_to_install():
    reader = Gt3xRecordings(library="no_such_library")

    with pytest.raises(MissingReader, match=r"pip install 'clarity\[gt3x\]'"):
        reader.read(source_of(content("GGIR_actigraph_testfile")), options=ROME)


def test_acceleration_becomes_enmo_per_minute():
    actfast = pytest.importorskip("actfast")
    path = shared("data/device_formats/GGIR_actigraph_testfile.gt3x")

    series = read_one(READER, path.read_bytes(), ROME).series

    sensed = actfast.read(str(path))["timeseries"]["acceleration"]
    minute = sensed["datetime"] // 60_000_000_000
    minute -= minute.min()
    fullest = int(np.bincount(minute).argmax())
    norm = np.linalg.norm(sensed["acceleration"].astype(float), axis=1)
    enmo = np.maximum(norm[minute == fullest] - 1, 0).mean() * 1_000
    assert series.values[fullest] == pytest.approx(enmo, rel=1e-6)
    assert series.values.size == minute.max() + 1
    assert np.isnan(series.values).any()
    assert series.start.isoformat() == "2020-08-26T10:09:00+02:00"
    assert (series.unit, series.device) == (Unit.ENMO_MG, "ActiGraph wGT3XBT")
    assert series.placement is Placement.HIP


def test_a_file_without_acceleration_is_refused():
    pytest.importorskip("actfast")
    with pytest.raises(NoSamples, match="no acceleration"):
        READER.read(source_of(content("agcounts_example")), options=ROME)


def test_a_device_clock_needs_a_zone():
    pytest.importorskip("actfast")
    with pytest.raises(MissingZone):
        READER.read(source_of(content("GGIR_actigraph_testfile")), options=ReadOptions())


def test_an_epoch_of_hours_is_refused():
    pytest.importorskip("actfast")
    options = ReadOptions(zone=ROME.zone, epoch_s=7_200)
    with pytest.raises(UnevenTimes):
        READER.read(source_of(content("GGIR_actigraph_testfile")), options=options)


@pytest.mark.parametrize("cut", [100, 5_000, 80_000])
def test_a_file_cut_short_is_refused(cut):
    pytest.importorskip("actfast")
    with pytest.raises(DamagedFile):
        READER.read(source_of(content("GGIR_actigraph_testfile")[:cut]), options=ROME)


def test_what_is_no_such_file_is_refused():
    with pytest.raises(DamagedFile, match=r"no \.gt3x file"):
        READER.read(source_of(b"no zip file"), options=ROME)
