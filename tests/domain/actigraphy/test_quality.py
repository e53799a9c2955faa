"""Quality findings see gaps, ceilings, floors, stuck sensors and watches taken off."""

from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from clarity.adapters.files.depresjon import DepresjonRecordings
from clarity.domain.actigraphy.quality import floor_of, quality_findings, valid_epochs
from clarity.domain.actigraphy.regrid import Samples, regrid
from clarity.domain.actigraphy.series import ActivitySeries
from clarity.domain.streams import Unit
from clarity.ports.recordings import ReadOptions, Source
from tests.support.shared import shared

OSLO = ZoneInfo("Europe/Oslo")
JUNE = datetime(2003, 6, 1, tzinfo=OSLO)


def series(values, *, start=JUNE, epoch_s=60, device="Actiwatch AW4", worn=None):
    return ActivitySeries(
        values=values, start=start, epoch_s=epoch_s, unit=Unit.COUNTS, device=device, worn=worn
    )


def found(recording, report=None):
    return {
        finding.metric.removeprefix("quality."): finding
        for finding in quality_findings(recording, report)
    }


def active_days(n, floor=0.0):
    return np.tile(np.where(np.arange(1440) % 3 == 0, floor + 50.0, floor), n)


def test_a_clean_recording_has_nothing_to_report():
    quality = found(series(active_days(3)))

    assert quality["span"].value == quality["valid_span"].value == 3
    assert quality["coverage"].value == 1
    assert quality["gaps"].value == quality["longest_gap"].value == quality["dst"].value == 0
    assert quality["saturated"].value == quality["floor"].value == 0
    assert quality["max"].value == 50
    assert quality["zeros"].value == pytest.approx(2 / 3)
    assert quality["longest_constant"].value == 0
    assert quality["worn"].value is None
    assert quality["worn"].reason == "the recording says nothing about wear"


def test_gaps_are_counted_and_the_longest_is_measured():
    values = active_days(1)
    values[10:20] = values[100:130] = np.nan

    quality = found(series(values, epoch_s=30))

    assert (quality["gaps"].value, quality["longest_gap"].value) == (2, 15)
    assert quality["coverage"].value == pytest.approx(1400 / 1440)
    assert quality["coverage"].n_valid == 1400


def test_a_recording_that_begins_and_ends_with_nothing_has_two_gaps():
    values = active_days(1)
    values[:5] = values[-7:] = np.nan

    quality = found(series(values))

    assert (quality["gaps"].value, quality["longest_gap"].value) == (2, 7)


def test_epochs_not_worn_count_as_missing():
    worn = np.ones(1440, dtype=bool)
    worn[:144] = False

    quality = found(series(active_days(1), worn=worn))

    assert quality["worn"].value == quality["coverage"].value == 0.9


def test_the_worn_share_is_one_of_the_epochs_with_a_value():
    values = active_days(1)
    values[:720] = np.nan
    worn = np.arange(1440) < 720 + 180

    quality = found(series(values, worn=worn))

    assert (quality["worn"].value, quality["coverage"].value) == (0.25, 0.125)
    assert found(series(values, worn=np.zeros(1440)))["worn"].value == 0.0
    unrecorded = found(series([np.nan], worn=[True]))["worn"]
    assert (unrecorded.value, unrecorded.reason) == (None, "no epoch holds a value")


def test_values_at_the_ceiling_of_the_device_are_counted():
    values = active_days(1)
    values[:144] = 8000

    assert found(series(values))["saturated"].value == 0.1
    assert found(series(values))["saturated"].parameters["ceiling"] == 8000
    assert "not known" in found(series(values, device="other"))["saturated"].reason
    assert "not known" in found(series(values, epoch_s=30))["saturated"].reason


def test_a_stray_zero_does_not_hide_a_floor():
    values = active_days(3, floor=3.0)
    values[7] = 0

    assert found(series(values))["floor"].value == 3


def test_a_stuck_sensor_is_seen_and_rest_at_the_floor_is_not():
    values = np.concatenate((active_days(1), np.zeros(600), np.full(90, 17.0)))

    assert found(series(values))["longest_constant"].value == 90
    assert found(series(values, epoch_s=30))["longest_constant"].value == 45


def test_a_watch_taken_off_ends_the_valid_span():
    values = np.concatenate((active_days(12), np.zeros(33 * 1440)))
    values[20 * 1440] = 40

    quality = found(series(values))

    assert (quality["span"].value, quality["valid_span"].value) == (45, 12)
    assert valid_epochs(series(values)) == 12 * 1440


@pytest.mark.parametrize(("active", "days"), [(143, 1), (144, 2)])
def test_a_day_of_use_is_active_for_a_tenth_of_it(active, days):
    last = np.where(np.arange(1440) < active, 50.0, 0.0)

    assert valid_epochs(series(np.concatenate((active_days(1), last)))) == days * 1440


@pytest.mark.parametrize(
    ("start", "n", "minutes"),
    [
        (datetime(2003, 3, 30, tzinfo=OSLO), 1380, -60),
        (datetime(2003, 10, 26, tzinfo=OSLO), 1500, 60),
    ],
)
def test_what_daylight_saving_did_is_told(start, n, minutes):
    assert found(series(np.ones(n), start=start))["dst"].value == minutes
    assert found(series(np.ones(2 * n), start=start, epoch_s=30))["dst"].value == minutes


@pytest.mark.parametrize("values", [[], [np.nan] * 10])
def test_nothing_gives_absences_with_reasons(values):
    quality = found(series(values))

    for metric in ("floor", "max", "saturated", "zeros", "longest_constant", "valid_span"):
        assert quality[metric].value is None
        assert quality[metric].reason == "no epoch holds a value"
    assert floor_of(np.array(values)) is None


def test_an_epoch_that_makes_no_clock_day_has_no_daylight_saving():
    assert found(series([1.0, 2.0], epoch_s=7))["dst"].reason == "the epochs make no clock day"
    assert found(series([1.0]))["valid_span"].value == 0


def test_what_the_grid_took_is_told():
    start = int(JUNE.timestamp())
    samples = Samples(
        seconds=start + 5 + 60 * np.array([0, 1, 3, 2, 2, 3]),
        values=[1, 2, 4, 3, 3, 5],
        in_gap=2,
        in_fold=1,
    )
    done = regrid(samples, zone=OSLO, unit=Unit.COUNTS, epoch_s=60)

    quality = found(done.series, done.report)

    assert quality["duplicates"].value == quality["conflicts"].value == 1
    assert quality["out_of_order"].value == 1
    assert (quality["in_gap"].value, quality["in_fold"].value) == (2, 1)
    assert quality["offset"].value == 5
    assert quality["offset"].unit == "s"
    counted = ("duplicates", "conflicts", "out_of_order", "in_gap", "in_fold")
    assert {quality[name].unit for name in counted} == {"1"}


def read(name):
    path = shared(f"data/depresjon/{name}.csv.gz")
    source = Source(name=str(path), open=partial(path.open, "rb"))
    (recording,) = DepresjonRecordings().read(source, options=ReadOptions())
    return found(recording.series, recording.report)


@pytest.mark.parametrize(
    "name", ["condition/condition_2", "condition/condition_3", "control/control_22"]
)
def test_sensors_that_never_rest_at_zero_are_seen_in_depresjon(name):
    assert read(name)["floor"].value == 3


def test_the_watch_of_control_3_came_off_after_two_of_six_weeks():
    quality = read("control/control_3")

    assert quality["span"].value == pytest.approx(45.42, abs=0.01)
    assert quality["valid_span"].value == 14


def test_saturation_is_seen_in_depresjon():
    assert read("control/control_24")["saturated"].value * read("control/control_24")[
        "saturated"
    ].n_valid == pytest.approx(4)


def test_the_spring_hole_is_seen_in_depresjon():
    assert read("control/control_1")["dst"].value == -60
