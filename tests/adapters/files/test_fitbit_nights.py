"""Heart-rate variability and breathing of a Fitbit archive."""

from zoneinfo import ZoneInfo

import numpy as np
import pytest

from clarity.adapters.files.fitbit_nights import (
    FITBIT_BREATHING,
    FITBIT_HRV,
    FitbitNightRecordings,
)
from clarity.domain.streams import Placement, Unit
from clarity.ports.recordings import ReadOptions
from clarity.ports.unreadable import NegativeValue, NoSuchColumn
from tests.support.device_files import fitbit_table
from tests.support.recordings import plain_table, read_one, source_of

OSLO = ReadOptions(zone=ZoneInfo("Europe/Oslo"))
READER = FitbitNightRecordings()
NIGHTS = [
    ("rmssd,nremhr,entropy", ",55.1,2.9", FITBIT_HRV, Unit.RMSSD_MS),
    ("daily_respiratory_rate", "", FITBIT_BREATHING, Unit.BREATHS_PER_MIN),
    (
        "full_sleep_breathing_rate,full_sleep_standard_deviation,full_sleep_signal_to_noise",
        ",2.1,1.3",
        FITBIT_BREATHING,
        Unit.BREATHS_PER_MIN,
    ),
]


def test_the_five_minutes_of_a_night_are_the_epochs():
    content = fitbit_table("rmssd,coverage,low_frequency,high_frequency", after=",0.9,512.1,301.2")

    recording = read_one(READER, content, OSLO)

    assert (recording.series.unit, recording.series.epoch_s) == (Unit.RMSSD_MS, 300)
    assert recording.series.values.tolist() == [7.0 * i for i in range(30)]
    assert (recording.series.device, recording.series.placement) == ("Fitbit", Placement.WRIST)
    assert [one.code for one in recording.notices] == ["times-by-wall-clock"]


@pytest.mark.parametrize(("names", "after", "format_", "unit"), NIGHTS)
def test_a_value_a_night_stands_in_five_minutes_and_nowhere_else(names, after, format_, unit):
    rows = "".join(f"2023-05-0{day}T02:0{day}:00,{day}{after}\n" for day in range(1, 4))

    recording = read_one(READER, f"timestamp,{names}\n{rows}", OSLO)

    values = recording.series.values
    assert (recording.format, recording.series.unit) == (format_.id, unit)
    assert values[~np.isnan(values)].tolist() == [1.0, 2.0, 3.0]
    assert recording.series.device == "Fitbit (nightly)"
    assert [one.code for one in recording.notices] == ["times-by-wall-clock", "one-value-a-night"]


def test_times_with_an_offset_keep_it():
    content = "timestamp,rmssd,coverage\n2023-05-01T00:00:00Z,40,1\n2023-05-01T00:05:00Z,41,1\n"

    recording = read_one(READER, content, OSLO)

    assert recording.series.start.isoformat() == "2023-05-01T02:00:00+02:00"


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (plain_table(), NoSuchColumn),
        ("timestamp,daily_respiratory_rate\n2023-05-01T00:00:00,-1\n", NegativeValue),
    ],
)
def test_what_is_no_such_file_is_refused(content, error):
    with pytest.raises(error):
        READER.read(source_of(content), options=OSLO)
