from datetime import date, timedelta

import numpy as np
import pytest

from clarity.domain.actigraphy.requirements import EpochMismatch
from clarity.domain.analysis.result import Layer
from clarity.domain.analysis.sleep import (
    FROM_DIARY,
    LONGEST_NIGHT_MIN,
    SleepAnalysis,
    sleep_mask,
    usual_profile,
)
from clarity.domain.sleep.diary import Diary
from clarity.domain.sleep.profiles import (
    COLE_KRIPKE,
    COLE_KRIPKE_ACTILIFE,
    UnknownProfile,
    oakley,
)
from clarity.domain.sleep.webster import RescoringForm, rescored
from clarity.domain.streams import Unit, UnitMismatch
from clarity.domain.timeline import TimeWindow
from tests.domain.analysis.made_up import NOON, recording


@pytest.mark.parametrize(
    ("device", "epoch_s", "expected"),
    [
        ("Actiwatch AW4", 60, oakley(60, "40")),
        ("ACTIWATCH 2", 30, oakley(30, "40")),
        ("Actiwatch 2", 15, oakley(15, "40")),
        ("Actiwatch 2", 5, oakley(60, "40")),
        ("ActiGraph GT3X", 60, COLE_KRIPKE_ACTILIFE),
        ("AM-7164", 60, COLE_KRIPKE_ACTILIFE),
        ("", 60, COLE_KRIPKE),
        ("a watch", 60, COLE_KRIPKE),
    ],
)
def test_the_usual_scoring_goes_with_the_device(device, epoch_s, expected):
    series = recording(days=0.1, device=device, epoch_s=epoch_s)

    assert usual_profile(series) == expected


def test_a_sleeper_has_a_night_for_every_night():
    written = SleepAnalysis().run(recording(days=7))

    assert [night.date for night in written.nights] == [
        date(2026, 3, 2) + timedelta(days=n) for n in range(7)
    ]
    assert all(420 <= night.in_bed_min <= 500 for night in written.nights)
    assert written.notices == ()


def test_the_spans_of_rest_are_the_nights_and_hold_most_of_the_sleep():
    series = recording(days=3)

    written = SleepAnalysis().run(series)

    rest, sleep = written.spans
    assert (rest.layer, sleep.layer) == (Layer.REST, Layer.SLEEP)
    assert [series.seconds[first] for first, _ in rest.spans] == [
        night.start.timestamp() for night in written.nights
    ]
    asleep = sum(stop - first for first, stop in sleep.spans)
    assert 3 * 400 < asleep < 3 * 500


def in_parts(parts: int, *, skipped: int = 0):
    """Two days of a sleeper, every minute in equal parts, the first of them not recorded."""
    minutes = recording(days=2).values
    epoch_s = 60 // parts
    return recording(
        np.repeat(minutes / parts, parts)[skipped:],
        epoch_s=epoch_s,
        start=NOON + timedelta(seconds=skipped * epoch_s),
        device="",
    )


@pytest.mark.parametrize("parts", [1, 2, 4, 12])
def test_spans_are_in_epochs_of_the_recording(parts):
    by_minute = SleepAnalysis().run(recording(days=2, device=""))

    written = SleepAnalysis().run(in_parts(parts))

    assert [
        [(first // parts, stop // parts) for first, stop in spans.spans] for spans in written.spans
    ] == [list(spans.spans) for spans in by_minute.spans]
    assert by_minute.spans[0].spans


def test_a_recording_that_begins_within_a_minute_has_its_spans_in_place():
    whole, cut = in_parts(4), in_parts(4, skipped=3)

    expected = SleepAnalysis().run(whole).spans
    found = SleepAnalysis().run(cut).spans

    assert [[(first + 3, stop + 3) for first, stop in spans.spans] for spans in found] == [
        list(spans.spans) for spans in expected
    ]


def test_sleep_in_a_minute_that_was_recorded_in_part_stays_within_the_recording():
    still = recording(
        np.zeros(4 * 300 + 2), epoch_s=15, start=NOON + timedelta(seconds=45), device=""
    )

    spans = SleepAnalysis().run(still).spans

    assert all(0 <= first < stop <= still.values.size for one in spans for first, stop in one.spans)


def test_the_mean_midpoint_is_told_once():
    metrics = [finding.metric for finding in SleepAnalysis().run(recording(days=7)).findings]

    assert [name for name in metrics if "midpoint" in name and "SD" not in name] == [
        "sleep_midpoint"
    ]
    assert len(set(metrics)) == len(metrics)


def test_social_jetlag_says_which_days_are_free():
    findings = {f.metric: f for f in SleepAnalysis().run(recording(days=7)).findings}

    jetlag = next(f for name, f in findings.items() if "jetlag" in name.lower())

    assert jetlag.parameters["free_days"] == "Saturday, Sunday"
    assert jetlag.value == pytest.approx(0.0, abs=0.5)


def test_a_later_weekend_shows_as_social_jetlag():
    steady = recording(days=7)
    values = steady.values.copy()
    saturday = 4 * 1_440 + 11 * 60
    values[saturday : saturday + 120] = 300.0
    values[saturday + 480 : saturday + 600] = 0.0
    findings = {f.metric: f for f in SleepAnalysis().run(recording(values)).findings}

    jetlag = next(f for name, f in findings.items() if "jetlag" in name.lower())

    assert jetlag.value is not None
    assert jetlag.value > 0.3


def test_counts_of_an_unknown_device_are_scored_with_a_warning():
    written = SleepAnalysis().run(recording(days=2, device=""))

    assert len(written.nights) == 2
    assert "The device is not known" in written.notices[0]


def test_a_device_on_a_shelf_is_no_night_and_is_told():
    series = recording(np.zeros(2 * 1_440))

    written = SleepAnalysis().run(series)

    assert written.nights == ()
    assert len(written.notices) == 1
    assert "1 rest windows longer than 14 h" in written.notices[0]


def test_a_shelf_and_an_unknown_device_are_both_told():
    written = SleepAnalysis().run(recording(np.zeros(2 * 1_440), device=""))

    assert [notice.split()[0] for notice in written.notices] == ["The", "1"]


def test_a_night_of_just_the_longest_length_counts():
    values = np.full(2 * 1_440, 500.0)
    values[600 : 600 + LONGEST_NIGHT_MIN - 10] = 0.0

    assert len(SleepAnalysis().run(recording(values)).nights) == 1


def test_steps_are_not_scored_and_that_is_said():
    written = SleepAnalysis().run(recording(days=2, unit=Unit.STEPS_PER_MIN))

    assert written.findings == written.nights == written.spans == ()
    assert written.notices == (
        "Sleep was not scored: no scoring algorithm of this version is defined for steps/min.",
    )


@pytest.mark.parametrize("epoch_s", [45, 120, 3_600])
def test_epochs_that_make_no_minutes_are_not_scored_and_that_is_said(epoch_s):
    written = SleepAnalysis().run(recording(days=2, epoch_s=epoch_s))

    assert written.nights == ()
    assert written.notices == (
        f"Sleep was not scored: the scoring needs minutes, and epochs of {epoch_s} s make none.",
    )


def test_a_scoring_that_was_asked_for_is_used_and_named():
    analysis = SleepAnalysis(scoring=COLE_KRIPKE_ACTILIFE.name)

    written = analysis.run(recording(days=1))

    assert written.spans[1].algorithm == analysis.scoring
    assert analysis.parameters["scoring"] == analysis.scoring
    assert SleepAnalysis().parameters["scoring"] == "usual for the device"


@pytest.mark.parametrize(
    ("name", "epoch_s", "used"),
    [
        ("sadeh", 60, "sadeh/paper"),
        ("sadeh/actilife", 60, "sadeh/actilife"),
        ("scripps", 60, "scripps/paper"),
        ("cole-kripke", 30, "cole-kripke/paper"),
        ("oakley-80", 60, "oakley-80-60s/paper"),
        ("oakley-auto", 15, "oakley-auto-15s/paper"),
        ("oakley-20", 10, "oakley-20-60s/paper"),
        ("oakley-40-60s", 15, "oakley-40-60s/paper"),
    ],
)
def test_every_published_scoring_can_be_asked_for_by_name(name: str, epoch_s: int, used: str):
    written = SleepAnalysis(scoring=name).run(recording(days=1, epoch_s=epoch_s))

    assert {finding.parameters["scoring"] for finding in written.findings} == {used}
    assert [spans.algorithm for spans in written.spans] == [f"{used} + main window", used]


def test_a_scoring_that_does_not_exist_is_refused_before_any_recording():
    with pytest.raises(UnknownProfile, match="'oakley-41/paper'"):
        SleepAnalysis(scoring="oakley-41")


def test_the_larger_half_minutes_make_minutes_of_sleep():
    """One score per minute of a recording by half minutes."""
    minutes = recording(days=2)
    halves = recording(np.repeat(minutes.values / 2, 2), epoch_s=30)

    written = SleepAnalysis(scoring="cole-kripke-30s-max").run(halves)

    assert [night.date.day for night in written.nights] == [2, 3]
    assert all(400 < night.in_bed_min < 540 for night in written.nights)
    rest, _ = written.spans
    assert [stop - first for first, stop in rest.spans] == [
        2 * night.in_bed_min for night in written.nights
    ]


@pytest.mark.parametrize("form", RescoringForm)
def test_rescored_sleep_is_less_and_says_its_form(form: RescoringForm):
    series = recording(days=4)
    plain = SleepAnalysis().run(series)

    analysis = SleepAnalysis(rescoring=form)
    written = analysis.run(series)

    scored = sleep_mask(series, usual_profile(series)).values
    expected = rescored(scored, epoch_s=60, form=form)
    (_, sleep) = written.spans
    assert sum(stop - first for first, stop in sleep.spans) == np.nansum(expected)
    assert np.nansum(expected) < np.nansum(scored)
    assert sleep.algorithm == f"{plain.spans[1].algorithm} + webster/{form}"
    assert written.findings[0].parameters["scoring"] == sleep.algorithm
    assert analysis.parameters["rescoring"] == form.value
    assert SleepAnalysis().parameters["rescoring"] is None


def test_every_evening_of_a_recording_has_a_night_or_the_reason_why_there_is_none():
    values = recording(days=5).values.copy()
    values[1_440:2_880] = 500.0
    worn = np.ones(values.size, dtype=np.bool_)
    worn[2_880:4_320] = False

    written = SleepAnalysis().run(recording(values, worn=worn))

    assert [night.date.day for night in written.nights] == [2, 5, 6]
    assert [(one.date.day, one.reason) for one in written.no_nights] == [
        (3, "no stretch with 120 min of sleep or rest was found"),
        (4, "nothing could be scored; 24.0 h were not worn"),
    ]


def test_a_rest_window_that_is_too_long_is_the_reason_for_its_evening():
    written = SleepAnalysis().run(recording(np.zeros(2 * 1_440)))

    by_day = {one.date.day: one.reason for one in written.no_nights}
    assert [day for day, reason in by_day.items() if "h long" in reason] == [3]
    assert list(by_day) == [2, 3]


def test_evenings_of_a_recording_that_cannot_be_scored_say_why():
    written = SleepAnalysis().run(recording(days=2, unit=Unit.STEPS_PER_MIN))

    assert [one.date.day for one in written.no_nights] == [2, 3]
    assert f"{written.no_nights[0].reason}." == written.notices[0]


def test_a_night_that_the_diary_gives_another_evening_is_the_reason_of_its_own():
    late = NOON + timedelta(hours=18)
    diary = Diary(windows=[TimeWindow(start=late, end=late + timedelta(hours=13))])

    written = _nights_of(diary, days=2)

    assert [night.date.day for night in written.nights] == [3]
    assert [(one.date.day, "diary" in one.reason) for one in written.no_nights] == [(2, True)]


def test_a_scoring_that_was_asked_for_refuses_other_units():
    with pytest.raises(UnitMismatch):
        SleepAnalysis(scoring=COLE_KRIPKE.name).run(recording(days=1, unit=Unit.MIMS))


def test_a_scoring_that_was_asked_for_refuses_epochs_that_do_not_make_its_own():
    with pytest.raises(EpochMismatch):
        SleepAnalysis(scoring=COLE_KRIPKE.name).run(recording(days=1, epoch_s=120))


def test_finer_epochs_are_summed_to_the_epoch_of_the_scoring():
    series = recording(days=1, epoch_s=15)

    assert sleep_mask(series, oakley(30, "40")).epoch_s == 30
    assert sleep_mask(series, COLE_KRIPKE).epoch_s == 60


def test_the_clock_change_moves_no_night():
    start = NOON.replace(day=27)

    nights = SleepAnalysis().run(recording(days=4, start=start)).nights

    assert [night.date.day for night in nights] == [27, 28, 29, 30]
    assert [round(night.start.hour + night.start.minute / 60) % 24 for night in nights] == [
        23,
        23,
        0,
        0,
    ]


def _in_bed(*evenings: int, hours: float = 9.0) -> Diary:
    """From 22:00 on, evenings counted from that of the first night."""
    begins = [NOON + timedelta(days=n, hours=10) for n in evenings]
    return Diary(windows=[TimeWindow(start=at, end=at + timedelta(hours=hours)) for at in begins])


def _nights_of(diary: Diary, *, days: int = 4):
    return SleepAnalysis().with_diary(diary).run(recording(days=days))


def test_nights_of_a_diary_have_latency_and_efficiency_and_others_have_not():
    written = _nights_of(_in_bed(0, 2))

    assert [night.source.value for night in written.nights] == [
        *("diary", "detected", "diary", "detected")
    ]
    assert [night.in_bed_min for night in written.nights][::2] == [540.0, 540.0]
    assert [night.sol_min is None for night in written.nights] == [False, True, False, True]
    assert [night.efficiency_pct is None for night in written.nights] == [False, True, False, True]
    found = {finding.metric: finding for finding in written.findings}
    assert found["SOL"].n_valid == found["SE"].n_valid == 2
    assert found["SOL"].coverage == 0.5
    assert found["TST"].n_valid == 4


def test_the_parts_of_a_diary_night_add_up_to_the_time_in_bed():
    for night in _nights_of(_in_bed(0, 1, 2, 3)).nights:
        parts = (night.tst_min, night.waso_min, night.latency_min, night.terminal_wake_min)
        assert sum(parts) + night.unknown_min == night.in_bed_min


def test_the_report_is_told_that_a_diary_was_used():
    written = _nights_of(_in_bed(0, 1, 40))

    assert written.notices == (
        FROM_DIARY.format(given=2, found=2),
        "1 nights of the diary lie outside the recording.",
    )


def test_a_found_night_that_overlaps_one_of_the_diary_gives_way():
    """A diary night whose midpoint is of another evening than that of the sleep found in it."""
    late = NOON + timedelta(hours=18)
    diary = Diary(windows=[TimeWindow(start=late, end=late + timedelta(hours=13))])

    first, second, *_ = _nights_of(diary).nights

    assert (first.source.value, first.start) == ("diary", late)
    assert second.start >= first.end


def test_the_diary_is_part_of_the_parameters():
    plain = SleepAnalysis()

    assert "diary" not in plain.parameters
    assert plain.with_diary(_in_bed(0)).parameters["diary"] == _in_bed(0).digest


def test_rest_is_drawn_where_the_diary_has_it():
    series = recording(days=1)
    rest, _ = SleepAnalysis().with_diary(_in_bed(0)).run(series).spans

    assert rest.spans == ((600, 1_140),)
