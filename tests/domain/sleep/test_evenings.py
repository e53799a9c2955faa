"""The evenings of a recording, and the reasons of those without a night."""

import math
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clarity.domain.actigraphy.series import ActivitySeries
from clarity.domain.sleep.evenings import NoNight, all_without, wear_mask, without_night
from clarity.domain.sleep.nights import SleepMask
from clarity.domain.sleep.windows import nights_found
from clarity.domain.streams import Unit

OSLO = ZoneInfo("Europe/Oslo")
NOON = datetime(2024, 1, 8, 12, tzinfo=OSLO)
HOUR = 60
NAN = math.nan


def mask_of(*runs: tuple[float, int], start: datetime = NOON, epoch_s: int = 60) -> SleepMask:
    values = np.concatenate([np.full(n, float(state)) for state, n in runs])
    return SleepMask(values=values, start=start, epoch_s=epoch_s)


def worn_like(mask: SleepMask) -> SleepMask:
    """Worn throughout the mask."""
    return SleepMask(values=np.ones(mask.values.size), start=mask.start, epoch_s=mask.epoch_s)


def reasons(mask: SleepMask, wear: SleepMask | None = None) -> dict[date, str]:
    found = without_night(mask, nights_found(mask), wear=wear or worn_like(mask))
    return {one.date: one.reason for one in found}


def test_an_evening_without_rest_says_so() -> None:
    awake = mask_of((0, 24 * HOUR))

    assert reasons(awake) == {
        date(2024, 1, 8): "no stretch with 120 min of sleep or rest was found"
    }


def test_an_evening_with_a_night_is_left_out() -> None:
    mask = mask_of((0, 10 * HOUR), (1, 8 * HOUR), (0, 30 * HOUR))

    assert list(reasons(mask)) == [date(2024, 1, 9)]


def test_what_was_not_worn_and_what_holds_no_value_is_told_in_hours() -> None:
    mask = mask_of((0, 6 * HOUR), (NAN, 18 * HOUR))
    wear = mask_of((1, 6 * HOUR), (0, 12 * HOUR), (NAN, 6 * HOUR))

    assert reasons(mask, wear)[date(2024, 1, 8)] == (
        "no stretch with 120 min of sleep or rest was found; 12.0 h were not worn; "
        "6.0 h hold no value"
    )


def test_an_evening_of_which_nothing_is_scored_says_so() -> None:
    mask = mask_of((NAN, 24 * HOUR))
    wear = mask_of((0, 24 * HOUR))

    assert reasons(mask, wear)[date(2024, 1, 8)] == "nothing could be scored; 24.0 h were not worn"


def test_time_outside_the_recording_holds_no_value() -> None:
    mask = mask_of((0, 9 * HOUR))

    assert reasons(mask)[date(2024, 1, 8)].endswith("found; 15.0 h hold no value")


@pytest.mark.parametrize(("minutes", "told"), [(2, False), (3, True)])
def test_less_than_a_twentieth_of_an_hour_is_not_worth_a_word(minutes: int, told: bool) -> None:
    mask = mask_of((0, 24 * HOUR))
    wear = mask_of((1, 24 * HOUR - minutes), (0, minutes))

    assert ("not worn" in reasons(mask, wear)[date(2024, 1, 8)]) == told


@pytest.mark.parametrize("state", [0.0, 1.0])
def test_half_an_hour_that_is_scored_is_enough_to_have_looked(state: float) -> None:
    mask = mask_of((state, 30), (NAN, 24 * HOUR - 30))

    assert reasons(mask)[date(2024, 1, 8)].startswith("no stretch with 120 min")


@pytest.mark.parametrize(("minutes", "told"), [(2, False), (3, True)])
def test_the_same_goes_for_what_holds_no_value(minutes: int, told: bool) -> None:
    mask = mask_of((0, 24 * HOUR))
    wear = mask_of((1, 24 * HOUR - minutes), (NAN, minutes))

    assert ("no value" in reasons(mask, wear)[date(2024, 1, 8)]) == told


def test_a_rest_that_is_too_long_for_a_night_is_the_reason() -> None:
    mask = mask_of((0, 2 * HOUR), (1, 16 * HOUR + 30), (0, 6 * HOUR))

    (one,) = without_night(mask, (), wear=worn_like(mask), left_out=nights_found(mask))

    assert one.reason == (
        "the rest window that was found is 16.5 h long; the device may have been laid aside"
    )


def test_a_night_that_gave_way_to_the_diary_is_the_reason() -> None:
    mask = mask_of((0, 10 * HOUR), (1, 8 * HOUR), (0, 6 * HOUR))

    (one,) = without_night(mask, (), wear=worn_like(mask), gave_way=nights_found(mask))

    assert one.reason == (
        "the sleep that was found lies in a night that the diary gives another evening"
    )


def test_too_long_goes_before_giving_way() -> None:
    mask = mask_of((0, 2 * HOUR), (1, 16 * HOUR), (0, 6 * HOUR))
    found = nights_found(mask)

    (one,) = without_night(mask, (), wear=worn_like(mask), left_out=found, gave_way=found)

    assert "16.0 h long" in one.reason


@pytest.mark.parametrize(
    ("hour", "minutes", "evenings"),
    [
        (12, 119, []),
        (12, 120, [8]),
        (10, 24 * HOUR, [7, 8]),
        (11, 24 * HOUR, [8]),
        (10, 119, []),
        (9, 24 * HOUR, [7, 8]),
        (9, 5 * HOUR, [7, 8]),
        (9, 5 * HOUR - 1, [7]),
    ],
)
def test_an_evening_counts_when_the_recording_holds_the_least_sleep_of_it(
    hour: int, minutes: int, evenings: list[int]
) -> None:
    mask = mask_of((0, minutes), start=NOON.replace(hour=hour))

    assert [day.day for day in reasons(mask)] == evenings


@pytest.mark.parametrize("epoch_s", [15, 45, 3_600, 86_400])
def test_epochs_of_any_length_have_evenings(epoch_s: int) -> None:
    mask = mask_of((0, 3 * 86_400 // epoch_s), epoch_s=epoch_s)

    assert [day.day for day in reasons(mask)] == [8, 9, 10]


def test_an_empty_recording_has_no_evening() -> None:
    assert reasons(SleepMask(values=np.zeros(0), start=NOON, epoch_s=60)) == {}


@pytest.mark.parametrize(("day", "hours"), [(30, 23), (26, 25)])
def test_the_evening_of_a_clock_change_has_its_real_length(day: int, hours: int) -> None:
    month = 3 if day == 30 else 10
    start = datetime(2003, month, day - 1, 12, tzinfo=OSLO)
    mask = mask_of((NAN, hours * HOUR), start=start)

    (one,) = without_night(mask, (), wear=mask_of((0, hours * HOUR), start=start))

    assert one.reason == f"nothing could be scored; {hours}.0 h were not worn"


@given(
    runs=st.lists(st.tuples(st.sampled_from([0.0, 1.0, NAN]), st.integers(1, 900)), max_size=12),
    late=st.integers(0, 1_439),
)
def test_every_evening_has_a_night_or_a_reason_and_never_both(
    runs: list[tuple[float, int]], late: int
) -> None:
    mask = mask_of((0.0, 2 * HOUR), *runs, start=NOON + timedelta(minutes=late))
    nights = nights_found(mask)

    told = [one.date for one in without_night(mask, nights, wear=worn_like(mask))]

    dates = sorted([*told, *(night.date for night in nights)])
    assert len(set(dates)) == len(dates)
    assert told == sorted(told)
    first = dates[0] if dates else NOON.date()
    assert dates == [first + timedelta(days=n) for n in range(len(dates))]


def test_one_reason_may_stand_for_every_evening() -> None:
    found = all_without(mask_of((0, 48 * HOUR)), "steps are not scored")

    assert found == (
        NoNight(date=date(2024, 1, 8), reason="steps are not scored"),
        NoNight(date=date(2024, 1, 9), reason="steps are not scored"),
    )


def test_an_evening_without_a_night_needs_a_reason() -> None:
    with pytest.raises(ValueError, match="reason"):
        NoNight(date=date(2024, 1, 8), reason="")


@pytest.mark.parametrize(
    ("worn", "expected"), [(None, [1.0, NAN, 1.0]), ([True, True, False], [1.0, NAN, 0.0])]
)
def test_the_wear_of_a_recording_is_one_zero_or_unknown(
    worn: list[bool] | None, expected: list[float]
) -> None:
    series = ActivitySeries(
        values=np.array([5.0, NAN, 0.0]),
        start=NOON,
        epoch_s=30,
        unit=Unit.COUNTS,
        worn=None if worn is None else np.array(worn),
    )

    mask = wear_mask(series)

    assert np.array_equal(mask.values, expected, equal_nan=True)
    assert (mask.start, mask.epoch_s) == (NOON, 30)
