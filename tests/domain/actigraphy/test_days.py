"""Series cut into stored days and into clock days, and put together again."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import attrs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clarity.domain.actigraphy.days import (
    MixedRecordings,
    clock_days,
    day_chunks,
    merge_chunks,
    series_of,
)
from clarity.domain.actigraphy.series import ActivitySeries
from clarity.domain.streams import BadChunk, Placement, StreamKind, Unit

OSLO = ZoneInfo("Europe/Oslo")


def series(n, *, start=datetime(2003, 6, 1, 12, tzinfo=OSLO), epoch_s=60, worn=None, values=None):
    return ActivitySeries(
        values=np.arange(float(n)) if values is None else values,
        start=start,
        epoch_s=epoch_s,
        unit=Unit.COUNTS,
        device="AW4",
        placement=Placement.WRIST,
        worn=worn,
    )


@given(
    st.integers(1, 5_000),
    st.sampled_from(["Europe/Oslo", "America/Sao_Paulo", "Australia/Lord_Howe", "UTC"]),
    st.integers(0, 365 * 1440),
    st.sampled_from([60, 30]),
)
def test_chunks_of_a_series_give_the_series_back_inside_whole_days(n, zone, minute, epoch_s):
    start = (datetime(2018, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)).astimezone(
        ZoneInfo(zone)
    )
    original = series(n, start=start, epoch_s=epoch_s)

    back = series_of(day_chunks(original))

    at = (original.start_s - back.start_s) // epoch_s
    assert np.array_equal(back.values[at : at + n], original.values)
    assert np.count_nonzero(~np.isnan(back.values)) == n
    assert (back.zone, back.unit, back.device) == (original.zone, Unit.COUNTS, "AW4")
    assert back.placement is Placement.WRIST


@pytest.mark.parametrize(
    ("day", "n"), [(date(2003, 3, 30), 1380), (date(2003, 10, 26), 1500), (date(2003, 6, 1), 1440)]
)
def test_a_chunk_has_the_real_length_of_its_day(day, n):
    start = datetime(day.year, day.month, day.day, 6, tzinfo=OSLO)

    (chunk,) = day_chunks(series(60, start=start), source="ab")

    assert chunk.values.size == n
    assert (chunk.day, chunk.source, chunk.stream) == (day, "ab", StreamKind.ACTIVITY)


def test_a_day_without_a_value_makes_no_chunk_and_comes_back_missing():
    values = np.concatenate((np.ones(720), np.full(1440, np.nan), np.ones(10)))

    chunks = day_chunks(series(0, values=values))

    assert [chunk.day.day for chunk in chunks] == [1, 3]
    assert np.count_nonzero(np.isnan(series_of(chunks).values)) == 720 + 1440 + 1430


def test_epochs_known_as_not_worn_are_stored_as_missing():
    (chunk,) = day_chunks(series(3, worn=[True, False, True]))

    assert np.array_equal(chunk.values[720:723], [0, np.nan, 2], equal_nan=True)


def test_no_epochs_make_no_chunks():
    assert day_chunks(series(0)) == ()


@pytest.mark.parametrize("value", [1.001e12, -1.001e12, 1e308, np.inf])
def test_a_value_that_no_device_measures_is_refused(value):
    with pytest.raises(BadChunk, match="no device measures"):
        day_chunks(series(3, values=[1.0, value, np.nan]))


def test_a_stored_value_that_no_device_measures_is_refused():
    (largest,) = day_chunks(series(3, values=[1.0, 1e12, -1e12]))
    beyond = attrs.evolve(largest, values=largest.values * 2)

    assert np.nanmax(series_of([largest]).values) == 1e12
    with pytest.raises(BadChunk, match="no device measures"):
        series_of([beyond])


def test_a_grid_beside_midnight_is_refused():
    with pytest.raises(BadChunk, match="local midnight"):
        day_chunks(series(9, start=datetime(2003, 6, 1, 12, 0, 7, tzinfo=OSLO)))


def test_chunks_in_any_order_make_the_same_series():
    chunks = day_chunks(series(4_000))

    assert series_of(chunks[::-1]) == series_of(chunks)


def test_chunks_that_do_not_belong_together_are_refused():
    first, second, *_ = day_chunks(series(4_000))

    with pytest.raises(BadChunk, match="no chunk"):
        series_of(())
    with pytest.raises(BadChunk, match="one day"):
        series_of((first, first))
    with pytest.raises(MixedRecordings, match=r"differ in device; .* one file at a time"):
        series_of((first, attrs.evolve(second, device="other")))
    with pytest.raises(BadChunk, match="two days"):
        merge_chunks(first, second)
    with pytest.raises(MixedRecordings, match="differ in unit;"):
        merge_chunks(first, attrs.evolve(first, unit=Unit.MIMS))


def test_merging_the_same_day_again_changes_nothing():
    (chunk,) = day_chunks(series(60), source="first")

    merged = merge_chunks(chunk, attrs.evolve(chunk, source="second"))

    assert merged.chunk is chunk
    assert (merged.added, merged.changed) == (0, 0)


def test_a_new_value_wins_where_it_is_not_missing():
    (old,) = day_chunks(series(0, values=[1, 2, np.nan, 4]), source="old")
    (new,) = day_chunks(series(0, values=[1, 9, 3, np.nan]), source="new")

    merged = merge_chunks(old, new)

    assert merged.chunk.values[720:724].tolist() == [1, 9, 3, 4]
    assert (merged.added, merged.changed, merged.chunk.source) == (1, 1, "new")


def test_clock_days_put_every_value_at_its_clock_time():
    days = clock_days(series(1440))

    assert days.values.shape == (2, 1440)
    assert np.isnan(days.values[0, :720]).all()
    assert days.values[0, 720] == 0
    assert days.values[1, 719] == 1439
    assert (days.dates, days.weekdays) == ((date(2003, 6, 1), date(2003, 6, 2)), (6, 0))
    assert days.coverage.tolist() == [0.5, 0.5]
    assert np.array_equal(days.flat, days.values.ravel(), equal_nan=True)
    assert (days.in_hole, days.in_repeat, days.changed) == (0, 0, ())
    assert days.passes.reshape(-1).nonzero()[0].tolist() == list(range(720, 720 + 1440))


def test_the_skipped_hour_is_missing_on_the_clock():
    days = clock_days(series(1380, start=datetime(2003, 3, 30, tzinfo=OSLO)))

    assert days.values.shape == (1, 1440)
    assert np.isnan(days.values[0, 120:180]).all()
    assert days.values[0, 180] == 120
    assert days.in_hole == 60
    assert (days.in_repeat, days.changed) == (0, (date(2003, 3, 30),))


def test_the_repeated_hour_is_the_mean_of_both_passes():
    days = clock_days(series(1500, start=datetime(2003, 10, 26, tzinfo=OSLO)))

    assert days.values.shape == (1, 1440)
    assert days.values[0, 120] == (120 + 180) / 2
    assert days.values[0, 180] == 240
    assert days.in_repeat == 60
    assert (days.in_hole, days.changed) == (0, (date(2003, 10, 26),))


@pytest.mark.parametrize(
    ("start", "n"),
    [
        (datetime(2003, 3, 29, 12, tzinfo=OSLO), 14 * 60),
        (datetime(2003, 3, 30, 3, tzinfo=OSLO), 300),
        (datetime(2003, 10, 26, 2, tzinfo=OSLO), 60),
        (datetime(2003, 10, 26, 2, 30, fold=1, tzinfo=OSLO), 300),
    ],
)
def test_a_recording_that_ends_or_begins_at_the_change_knows_none(start, n):
    days = clock_days(series(n, start=start))

    assert (days.in_hole, days.in_repeat, days.changed) == (0, 0, ())


def test_a_date_that_its_zone_skipped_is_a_change():
    apia = ZoneInfo("Pacific/Apia")

    days = clock_days(series(2 * 1440, start=datetime(2011, 12, 29, tzinfo=apia)))

    assert days.changed == (date(2011, 12, 30),)
    assert days.in_hole == 1440
    assert days.balanced.tolist() == list(range(2 * 1440))


def test_balanced_days_are_whole_24_hours_from_the_first_value():
    values = np.arange(3 * 1440.0)
    values[:90] = values[-100:] = np.nan

    days = clock_days(series(0, values=values))

    kept = days.balanced[~np.isnan(days.balanced)]
    assert kept.tolist() == list(range(90, 90 + 2 * 1440))
    assert np.isnan(days.balanced[: 720 + 90]).all()
    assert days.balanced[720 + 90] == 90


@pytest.mark.parametrize(("n", "kept"), [(1439, 1439), (1440, 1440), (2879, 1440), (2880, 2880)])
def test_less_than_24_hours_stay_as_they_are(n, kept):
    assert np.count_nonzero(~np.isnan(clock_days(series(n)).balanced)) == kept


def test_of_a_recording_without_a_value_or_an_even_day_nothing_is_balanced():
    assert np.isnan(clock_days(series(0, values=[np.nan] * 3)).balanced).all()
    assert clock_days(series(1380, start=datetime(2003, 3, 30, tzinfo=OSLO))).balanced.size == 0


def test_the_day_of_a_changed_clock_is_left_out_and_its_neighbours_meet():
    days = clock_days(series(3 * 1440 - 60, start=datetime(2003, 3, 29, tzinfo=OSLO)))

    assert days.balanced.tolist() == [*range(1440), *range(2 * 1440 - 60, 3 * 1440 - 60)]


def test_the_values_and_passes_of_clock_days_cannot_be_changed():
    days = clock_days(series(10))
    days.balanced[:] = 7.0

    assert days.flat[720] == 0
    for part in (days.values, days.passes):
        with pytest.raises(ValueError, match="read-only"):
            part[0, 0] = 1


def test_of_a_repeated_hour_with_one_pass_missing_the_other_stands():
    values = np.arange(1500.0)
    values[120:180] = np.nan

    days = clock_days(series(0, values=values, start=datetime(2003, 10, 26, tzinfo=OSLO)))

    assert days.values[0, 120] == 180


def test_epochs_not_worn_are_missing_on_the_clock():
    days = clock_days(series(2, worn=[True, False]))

    assert np.array_equal(days.values[0, 720:722], [0, np.nan], equal_nan=True)


@pytest.mark.parametrize(("n", "epoch_s"), [(0, 60), (10, 7)])
def test_what_makes_no_clock_day_is_refused(n, epoch_s):
    with pytest.raises(BadChunk, match="no clock day"):
        clock_days(series(n, epoch_s=epoch_s))


@pytest.mark.parametrize(
    ("came", "counts"), [([1, 2, 3], (1, 0)), ([1, 9, np.nan], (0, 1)), ([1, 2, np.nan], (0, 0))]
)
def test_what_only_adds_and_what_only_changes_are_both_merged(came, counts):
    (old,) = day_chunks(series(0, values=[1, 2, np.nan]), source="old")
    (new,) = day_chunks(series(0, values=came), source="new")

    merged = merge_chunks(old, new)

    assert (merged.added, merged.changed) == counts
    assert (merged.chunk is old) == (counts == (0, 0))


def test_a_merged_day_is_news_when_a_value_came_or_changed():
    (old,) = day_chunks(series(0, values=[1, 2, np.nan, 4]))

    for values, news in (
        ([1, 2, np.nan, 4], False),
        ([np.nan, 2, np.nan, np.nan], False),
        ([1, 2, 3, 4], True),
        ([1, 9, np.nan, 4], True),
    ):
        (new,) = day_chunks(series(0, values=values))
        assert merge_chunks(old, new).is_news is news
