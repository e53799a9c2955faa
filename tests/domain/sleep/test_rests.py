"""The main rest of every evening, its findings and their averages."""

import math
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import attrs
import numpy as np
import pytest

from clarity.domain.sleep.crespo import rest_periods
from clarity.domain.sleep.nights import SleepMask
from clarity.domain.sleep.rests import (
    MainRest,
    RestMethod,
    main_rests,
    rest_averages,
    rest_mask,
)
from clarity.domain.sleep.roenneberg import consolidated_rest
from tests.domain.analysis.made_up import counts_of_a_sleeper

OSLO = ZoneInfo("Europe/Oslo")
NOON = datetime(2024, 1, 8, 12, tzinfo=OSLO)
HOUR = 60
CRESPO = RestMethod.CRESPO


def mask_of(*runs: tuple[float, int], start: datetime = NOON) -> SleepMask:
    values = np.concatenate([np.full(n, float(state)) for state, n in runs])
    return SleepMask(values=values, start=start, epoch_s=60)


def rests_in(mask: SleepMask) -> tuple[MainRest, ...]:
    wear = SleepMask(values=np.ones(mask.values.size), start=mask.start, epoch_s=60)
    return main_rests(mask, CRESPO, wear=wear)


def rest(evening: int, start_h: float, hours: float, **changes: object) -> MainRest:
    """A rest that begins `start_h` hours after the noon of January `evening`."""
    begin = NOON.replace(day=evening) + timedelta(hours=start_h)
    plain = MainRest(
        date=date(2024, 1, evening),
        method=CRESPO,
        start=begin,
        end=begin + timedelta(hours=hours),
        n_valid=int(hours * HOUR),
        coverage=1.0,
    )
    return attrs.evolve(plain, **changes)


def test_the_longest_rest_of_an_evening_is_the_main_one() -> None:
    nap, awake, night = (1, 2 * HOUR + 30), (0, 8 * HOUR), (1, 7 * HOUR)

    (main,) = rests_in(mask_of((0, 60), nap, awake, night, (0, 330)))

    assert (main.date, main.method) == (date(2024, 1, 8), CRESPO)
    assert main.start == NOON + timedelta(hours=11, minutes=30)
    assert main.end == NOON + timedelta(hours=18, minutes=30)
    assert (main.n_valid, main.coverage, main.reason) == (7 * HOUR, 1.0, "")


def test_an_evening_without_a_rest_stands_in_its_place_with_the_reason() -> None:
    mask = mask_of((0, 34 * HOUR), (1, 8 * HOUR), (0, 30 * HOUR))

    first, second, third = rests_in(mask)

    assert [one.date.day for one in (first, second, third)] == [8, 9, 10]
    assert first.start is first.end is first.duration_min is None
    assert first.start_h is first.end_h is first.midpoint_h is None
    assert "no stretch with 120 min" in first.reason
    assert second.duration_min == 8 * HOUR
    assert third.reason


@pytest.mark.parametrize(("hours", "there"), [(14.0, True), (14 + 1 / 60, False)])
def test_a_rest_longer_than_14_h_is_none(hours: float, there: bool) -> None:
    (main,) = rests_in(mask_of((0, 120), (1, round(hours * HOUR)), (0, 24 * HOUR - 120 - 841)))

    assert (main.start is not None) == there
    assert ("14.0 h long" in main.reason) != there


def test_a_main_rest_is_told_with_algorithm_settings_and_source() -> None:
    found = {finding.metric: finding for finding in rest(8, 11.5, 7.5).findings()}

    assert {name: finding.value for name, finding in found.items()} == {
        "crespo_rest_start": 23.5,
        "crespo_rest_end": 7.0,
        "crespo_rest_midpoint": 3.25,
        "crespo_rest_duration": 450.0,
    }
    one = found["crespo_rest_start"]
    assert (one.unit, found["crespo_rest_duration"].unit) == ("clock_h", "min")
    assert (one.algorithm, one.n_valid, one.coverage) == ("rest/crespo", 450, 1.0)
    assert "10.1007/s11517-012-0875-y" in one.citation
    assert one.parameters["filter_h"] == 8.0
    assert (one.parameters["seed_min"], one.parameters["longest_min"]) == (15.0, 840)
    assert one.parameters["min_coverage"] == 0.9


def test_an_absent_main_rest_has_findings_with_its_reason() -> None:
    absent = MainRest(date=date(2024, 1, 8), method=RestMethod.ROENNEBERG, reason="no rest")

    findings = absent.findings()

    assert [finding.value for finding in findings] == [None] * 4
    assert {finding.reason for finding in findings} == {"no rest"}
    assert {finding.algorithm for finding in findings} == {"rest/roenneberg"}
    assert {(finding.n_valid, finding.coverage) for finding in findings} == {(0, 0.0)}
    assert "10.1016/bs.mie.2014.11.028" in findings[0].citation
    assert findings[0].parameters["trend_h"] == 24.0


def test_a_rest_across_the_clock_change_has_its_real_length() -> None:
    start = datetime(2003, 3, 29, 23, tzinfo=OSLO)
    end = datetime(2003, 3, 30, 7, tzinfo=OSLO)

    told = rest(8, 0, 1, start=start, end=end)

    assert (told.duration_min, told.start_h, told.end_h) == (420.0, 23.0, 7.0)
    assert told.midpoint_h == 3.5


@pytest.mark.parametrize(
    "changes", [{"start": None}, {"end": None}, {"reason": "x"}, {"start": None, "end": None}]
)
def test_a_main_rest_has_two_ends_or_a_reason(changes: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="two ends, or a reason"):
        rest(8, 11, 8, **changes)


def averages_of(*rests: MainRest) -> dict[str, float | None]:
    return {finding.metric[7:]: finding.value for finding in rest_averages(rests, CRESPO)}


def test_clock_times_are_averaged_on_the_circle_and_lengths_are_not() -> None:
    found = averages_of(rest(8, 11.5, 7.0), rest(9, 12.5, 8.0))

    assert found["rest_start"] == pytest.approx(0.0, abs=1e-9)
    assert found["rest_end"] == pytest.approx(7.5)
    assert found["rest_midpoint"] == pytest.approx(3.75)
    assert found["rest_duration"] == 450.0


def test_evenings_without_a_rest_or_known_in_part_are_left_out_and_counted() -> None:
    absent = MainRest(date=date(2024, 1, 10), method=CRESPO, reason="no rest")
    partly, enough = rest(9, 12.5, 8.0, coverage=0.89), rest(11, 11.0, 8.0, coverage=0.9)

    findings = rest_averages((rest(8, 11.0, 7.0), partly, absent, enough), CRESPO)

    assert {finding.n_valid for finding in findings} == {2}
    assert {finding.coverage for finding in findings} == {0.5}
    assert findings[-1].value == 450.0


def test_the_rest_of_a_single_evening_is_its_own_mean() -> None:
    findings = rest_averages([rest(8, 11.0, 7.0)], CRESPO)

    assert {(finding.n_valid, finding.coverage) for finding in findings} == {(1, 1.0)}
    assert findings[-1].value == 420.0


@pytest.mark.parametrize(
    "rests", [(), (MainRest(date=date(2024, 1, 10), method=CRESPO, reason="no rest"),)]
)
def test_without_any_main_rest_there_is_a_reason(rests: tuple[MainRest, ...]) -> None:
    findings = rest_averages(rests, CRESPO)

    assert [finding.value for finding in findings] == [None] * 4
    assert {(finding.reason, finding.coverage) for finding in findings} == {
        ("no evening with a main rest of which enough is known", 0.0)
    }


def test_clock_times_that_cancel_out_have_no_mean() -> None:
    found = {
        finding.metric: finding
        for finding in rest_averages((rest(8, 0, 8.0), rest(9, 12, 8.0)), CRESPO)
    }

    assert found["crespo_rest_start"].reason == "the evenings' clock times cancel out"
    assert found["crespo_rest_duration"].value == 480.0


def test_each_method_has_its_own_mask_with_its_published_settings() -> None:
    counts = counts_of_a_sleeper(3 * 1_440)

    by_crespo = rest_mask(counts, RestMethod.CRESPO, epoch_s=60)
    by_roenneberg = rest_mask(counts, RestMethod.ROENNEBERG, epoch_s=60)

    assert np.array_equal(by_crespo, rest_periods(counts, epoch_s=60), equal_nan=True)
    assert np.array_equal(by_roenneberg, consolidated_rest(counts, epoch_s=60), equal_nan=True)
    assert not np.array_equal(by_crespo, by_roenneberg, equal_nan=True)


def test_many_recordings_at_once_are_as_one_by_one() -> None:
    batch = np.stack([counts_of_a_sleeper(2 * 1_440), counts_of_a_sleeper(3 * 1_440)[1_440:]])
    batch[1, 100:130] = math.nan

    for method in RestMethod:
        together = rest_mask(batch, method, epoch_s=60)
        alone = [rest_mask(row, method, epoch_s=60) for row in batch]
        assert np.array_equal(together, alone, equal_nan=True)
