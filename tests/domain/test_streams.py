"""Day chunks hold exactly one local day."""

from datetime import date
from importlib import resources
from zoneinfo import ZoneInfo

import attrs
import numpy as np
import pytest

from clarity.domain.exact import WrongType
from clarity.domain.streams import BadChunk, DayChunk, StreamKind, Unit, UnitMismatch
from clarity.domain.timeline import OutsideCalendar


def chunk(n=1440, *, day=date(2003, 6, 1), epoch_s=60, values=None):
    return DayChunk(
        stream=StreamKind.ACTIVITY,
        day=day,
        zone=ZoneInfo("Europe/Oslo"),
        epoch_s=epoch_s,
        unit=Unit.COUNTS,
        values=np.arange(float(n)) if values is None else values,
    )


@pytest.mark.parametrize(
    ("day", "n"), [(date(2003, 3, 30), 1380), (date(2003, 10, 26), 1500), (date(2003, 6, 1), 1440)]
)
def test_a_chunk_covers_its_day_of_23_24_or_25_hours(day, n):
    held = chunk(n, day=day)

    assert held.length_s == n * 60
    with pytest.raises(BadChunk, match="one value per epoch"):
        chunk(n + 1, day=day)


def test_an_epoch_that_does_not_divide_the_day_is_refused():
    with pytest.raises(BadChunk, match="7 s does not divide"):
        chunk(epoch_s=7)
    with pytest.raises(BadChunk, match="7200 s does not divide"):
        chunk(11, day=date(2003, 3, 30), epoch_s=7200)


def test_an_infinite_value_is_refused():
    with pytest.raises(BadChunk, match="infinite"):
        chunk(values=np.full(1440, np.inf))


@pytest.mark.parametrize(
    "values", [[[1.0], [1.0, 2.0]], ["1"] * 1440, [True] * 1440, [None] * 1440]
)
def test_what_is_no_array_of_numbers_is_refused_by_name(values):
    with pytest.raises(WrongType) as refused:
        chunk(values=values)

    told = (refused.value.field, refused.value.expected)
    assert told == ("DayChunk.values", "array of real numbers")


def test_what_is_wrong_with_a_day_is_told_whole():
    with (resources.files("tzdata.zoneinfo.Europe") / "Oslo").open("rb") as file:
        nameless = ZoneInfo.from_file(file)

    with pytest.raises(BadChunk, match=r"^the zone has no name;"):
        attrs.evolve(chunk(), zone=nameless)
    with pytest.raises(OutsideCalendar, match=r"^the end of the day lies before year 1 or after"):
        chunk(day=date.max)
    with pytest.raises(BadChunk, match=r"^1439 values do not cover a day of 86400 s;"):
        chunk(1439)


def test_coverage_is_the_share_of_epochs_with_a_value():
    values = np.ones(1440)
    values[:360] = np.nan

    assert chunk(values=values).coverage == 0.75


def test_a_day_starts_at_local_midnight():
    assert chunk().start_s == 1054418400


def test_chunks_are_equal_when_their_values_are_missing_values_included():
    values = np.full(1440, np.nan)

    assert chunk(values=values) == chunk(values=values)
    assert chunk(values=values) != chunk()


def test_values_are_copied_and_cannot_be_changed():
    values = np.ones(1440)
    held = chunk(values=values)

    values[0] = 9

    assert held.values[0] == 1
    with pytest.raises(ValueError, match="read-only"):
        held.values[0] = 2
    assert attrs.evolve(held, source="ab").source == "ab"


def test_a_wrong_unit_is_refused_in_words():
    error = UnitMismatch("Cole-Kripke", "counts", "steps/min")

    assert "Cole-Kripke is defined for counts, the recording holds steps/min" in str(error)
    assert "--unit" in str(error)


def test_a_day_that_its_zone_skipped_holds_nothing():
    apia = ZoneInfo("Pacific/Apia")

    with pytest.raises(BadChunk, match=r"^the day was skipped in its zone;"):
        attrs.evolve(chunk(), day=date(2011, 12, 30), zone=apia, values=[])


def test_values_are_held_as_a_read_only_copy_in_double_precision():
    given = np.arange(1440, dtype=np.int32)

    held = chunk(values=given)
    given[0] = 7

    assert held.values.dtype == np.float64
    assert held.values[0] == 0.0
    assert not held.values.flags.writeable


def test_what_is_wrong_with_a_chunk_is_said():
    with pytest.raises(BadChunk) as too_few:
        chunk(3)
    with pytest.raises(BadChunk) as infinite:
        chunk(values=np.full(1440, np.inf))

    assert too_few.value.problem == "3 values do not cover a day of 86400 s"
    assert infinite.value.problem == "a value is infinite"
