"""
An analysis that gives another answer has another version, else stored results would be kept.

Each pin is a digest of what one version says of three recordings made of whole numbers, figures to
nine digits. A pin that fails is changed together with its version, never alone.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from functools import cache

import attrs
import numpy as np
import pytest

from clarity.domain.actigraphy.series import ActivitySeries
from clarity.domain.analysis.built_in import built_in
from clarity.domain.analysis.plugin import Analysis, TakesDiary
from clarity.domain.analysis.result import Written
from clarity.domain.analysis.wear import Assessed, WearAssessment
from clarity.domain.sleep.diary import Diary
from clarity.domain.streams import Placement, Unit
from clarity.domain.timeline import TimeWindow
from tests.domain.analysis.made_up import OSLO

PINNED = {
    ("clarity.wear", "2"): "e2116f120a5251fe",
    ("clarity.sleep", "2"): "5d70f4dafa45b04c",
    ("clarity.rest-crespo", "1"): "12cf01b508fb7203",
    ("clarity.rest-roenneberg", "1"): "5ca36d0f05834345",
    ("clarity.rhythm", "2"): "d3436d7cd959e673",
    ("clarity.period", "2"): "41ee0d411c91bc80",
    ("clarity.intensity", "1"): "6e15fee8c33d6b7a",
    ("clarity.quality", "2"): "b08c1c83f5697bf1",
}
MAKERS = (WearAssessment(), *built_in())
START = datetime(2026, 3, 24, 16, 20, tzinfo=OSLO)
EVENING = START.replace(hour=22, minute=30)
DIARY = Diary(
    windows=[
        TimeWindow(start=EVENING + timedelta(days=n), end=EVENING + timedelta(days=n, hours=9))
        for n in (0, 2)
    ]
)


def counts(n: int) -> np.ndarray:
    """Whole counts per minute of somebody asleep from 23:00 to 07:00, without a random number."""
    minute = np.arange(n)
    hour = (START.hour * 60 + START.minute + minute) // 60 % 24
    awake = (hour >= 7) & (hour < 23)
    return np.where(awake, minute * 7_919 % 3_001, (minute * 31 % 29 == 0) * (minute * 17 % 60))


def hip() -> ActivitySeries:
    """Eight days over a change of the clock, with a gap and a device laid aside."""
    values = counts(8 * 1_440).astype(np.float64)
    values[3_000:3_100] = np.nan
    values[5_600:5_800] = 0.0
    return ActivitySeries(
        values=values,
        start=START,
        epoch_s=60,
        unit=Unit.COUNTS,
        device="ActiGraph GT3X",
        placement=Placement.HIP,
    )


def recordings() -> tuple[ActivitySeries, ...]:
    """Counts of a hip, of a wrist whose zero has drifted, and steps."""
    whole = hip()
    wrist = attrs.evolve(
        whole,
        values=np.concatenate([whole.values[:7_200] + 3.0, np.full(2_880, 3.0)]),
        device="Actiwatch AW4",
        placement=Placement.WRIST,
    )
    steps = attrs.evolve(whole, values=whole.values % 120, unit=Unit.STEPS_PER_MIN, device="watch")
    return whole, wrist, steps


def plain(value: object) -> object:
    """Parts of a value as JSON, figures to nine digits; parts that are empty are not told."""
    if attrs.has(type(value)):
        parts = {field.name: getattr(value, field.name) for field in attrs.fields(type(value))}
        return {name: plain(part) for name, part in parts.items() if part != ()}
    if isinstance(value, Mapping):
        return {str(name): plain(part) for name, part in value.items()}
    if isinstance(value, tuple | list):
        return [plain(part) for part in value]
    if isinstance(value, float):
        return f"{value:.9g}"
    return value.isoformat() if isinstance(value, date) else getattr(value, "value", value)


@cache
def assessed() -> tuple[Assessed, ...]:
    return tuple(WearAssessment().run(series) for series in recordings())


def written(maker: WearAssessment | Analysis) -> list[Written]:
    """All that `maker` says of the recordings, and of the first with a diary where it takes one."""
    if isinstance(maker, WearAssessment):
        return [one.written for one in assessed()]
    first, *_ = assessed()
    told = [maker.run(one.series) for one in assessed()]
    of_a_diary = [maker.with_diary(DIARY)] if isinstance(maker, TakesDiary) else []
    return [*told, *(one.run(first.series) for one in of_a_diary)]


def digest(maker: WearAssessment | Analysis) -> str:
    text = json.dumps(plain(written(maker)), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@pytest.mark.parametrize("maker", MAKERS, ids=lambda maker: maker.id)
def test_the_answers_of_a_version_do_not_change(maker):
    found, pinned = digest(maker), PINNED.get((maker.id, maker.version))

    assert found == pinned, (
        f"the answers of {maker.id} are no longer those of version {maker.version}: bump its "
        f"version, so that results stored before are computed again, and pin {found!r} for it"
    )


def test_only_versions_in_use_are_pinned():
    assert set(PINNED) == {(maker.id, maker.version) for maker in MAKERS}


def test_a_digest_sees_a_value_a_word_and_a_span():
    told = WearAssessment().run(hip()).written
    others = (
        attrs.evolve(told, findings=(attrs.evolve(told.findings[0], value=1.0),)),
        attrs.evolve(told, notices=("another word",)),
        attrs.evolve(told, spans=(attrs.evolve(told.spans[0], spans=((0, 1),)),)),
    )

    assert [other for other in others if plain(other) == plain(told)] == []
