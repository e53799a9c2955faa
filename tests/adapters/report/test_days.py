"""A recording on the local clock, across gaps and changes of the clock."""

from datetime import UTC, date, datetime

import numpy as np
import pytest

from clarity.adapters.report.days import day_bins, runs
from clarity.domain.analysis.result import Layer, Spans
from tests.support.reports import OSLO, result, series


def test_bins_are_means_of_their_epochs_at_their_place_on_the_clock():
    recording = series(days=2)

    days = day_bins(recording, result(recording))

    assert days.dates == (date(2026, 3, 2), date(2026, 3, 3), date(2026, 3, 4))
    assert days.recorded.shape == (3, 288)
    assert np.isnan(days.recorded[0, : 15 * 12]).all()
    assert days.recorded[0, 15 * 12] == pytest.approx(recording.values[:5].mean())


def test_a_skipped_hour_is_marked_and_nothing_else():
    recording = series(days=2, start=datetime(2026, 3, 28, 12, 0, tzinfo=OSLO))

    days = day_bins(recording, result(recording))

    assert runs(days.skipped.ravel()) == ((288 + 24, 288 + 36),)


def test_an_hour_that_happens_twice_is_averaged():
    recording = series(days=2, start=datetime(2026, 10, 24, 12, 0, tzinfo=OSLO))
    second = datetime(2026, 10, 25, 0, 0, tzinfo=UTC).timestamp() - recording.start_s
    epochs = [int(second / 60) + minute for minute in range(5)]
    both = recording.values[[*epochs, *(epoch + 60 for epoch in epochs)]]

    days = day_bins(recording, result(recording))

    assert days.recorded[1, 24] == pytest.approx(both.mean())
    assert not days.skipped.any()


def test_missing_and_unworn_stretches_are_marked():
    recording = series()

    days = day_bins(recording, result(recording))

    assert runs(days.marks[Layer.MISSING].ravel()) == ((2 * 288 + 180, 2 * 288 + 216),)
    assert runs(days.marks[Layer.NON_WEAR].ravel()) == ((4 * 288 + 180, 4 * 288 + 204),)
    assert not np.isnan(days.recorded[days.marks[Layer.NON_WEAR]]).any()


def test_without_wear_nothing_is_marked_as_unworn():
    recording = series(worn=False)

    assert Layer.NON_WEAR not in day_bins(recording, result(recording)).marks


def test_of_two_algorithms_for_one_layer_the_first_is_drawn():
    recording = series()
    marked = (
        Spans(layer=Layer.SLEEP, algorithm="first", spans=((0, 60),)),
        Spans(layer=Layer.SLEEP, algorithm="second", spans=((60, 600),)),
        Spans(layer=Layer.MISSING, algorithm="gaps", spans=((0, 5),)),
    )

    days = day_bins(recording, result(recording, spans=marked))

    assert runs(days.marks[Layer.SLEEP].ravel()) == ((180, 192),)
    assert days.drawn_by == {Layer.SLEEP: "first", Layer.MISSING: "gaps"}
    assert days.marks[Layer.MISSING][0, 180]


def test_spans_of_another_epoch_are_placed_by_time():
    recording = series()
    marked = (Spans(layer=Layer.SLEEP, algorithm="of 30 s", spans=((0, 20),)),)

    days = day_bins(recording, result(recording, spans=marked, epoch_s=30))

    assert runs(days.marks[Layer.SLEEP].ravel()) == ((180, 182),)


@pytest.mark.parametrize(("epoch_s", "bins"), [(15, 288), (300, 288), (420, 144), (3600, 24)])
def test_bins_hold_at_least_an_epoch(epoch_s: int, bins: int):
    recording = series(days=3, epoch_s=epoch_s)

    days = day_bins(recording, result(recording, spans=()))

    assert days.recorded.shape[1] == bins
    assert not np.isnan(days.recorded[1]).all()
    assert not days.skipped.any()


def test_a_recording_without_an_epoch_has_no_day():
    recording = series(days=0)

    days = day_bins(recording, result(recording, spans=(), nights=()))

    assert days.dates == ()
    assert days.recorded.shape == (0, 288)
