"""
Minute tables of NHANES 2003-2006: ActiGraph AM-7164 counts per minute on the hip.

The tables name weekdays or day numbers but no dates. A neutral calendar stands for them: the week
that begins on Sunday, 2003-01-05, in UTC, where no day is longer than another; days after a
Saturday run on into the next week. A long table says the weekday, so weekdays are right; a wide
table only counts days, so its day 1 is put on the Sunday and weekdays mean nothing. Both are told
in notices.
"""

from collections.abc import Sequence
from datetime import date
from typing import Final
from zoneinfo import ZoneInfo

import attrs
import numpy as np
import numpy.typing as npt

from clarity.adapters.files._intake import Intake
from clarity.adapters.files._laid import person_label, refuse_nothing
from clarity.adapters.files._person_days import MINUTES, PersonDay, is_long, is_wide, person_days
from clarity.adapters.files._table import heading_of
from clarity.adapters.files.limits import Limits
from clarity.domain.actigraphy.regrid import Regridded, Samples, regrid
from clarity.domain.streams import Placement, Unit
from clarity.domain.timeline import LocalDay
from clarity.ports.recordings import (
    Format,
    Notice,
    ReadOptions,
    Recording,
    Recordings,
    Source,
)
from clarity.ports.unreadable import IncompleteDay, WearTable

__all__ = ["NEUTRAL_SUNDAY", "NHANES_DAYS", "NHANES_MINUTES", "NhanesRecordings"]

NEUTRAL_SUNDAY: Final = date(2003, 1, 5)
"""The Sunday that stands for day 1."""

_UTC: Final = ZoneInfo("UTC")
_HOLDS: Final = "ActiGraph AM-7164 counts per minute, hip; neutral dates from Sunday 2003-01-05"

NHANES_MINUTES: Final = Format(
    id="nhanes-minutes",
    title="NHANES minute table: seqn, paxday, paxinten; a line per minute, several people",
    holds=_HOLDS,
    takes=("wear",),
)
NHANES_DAYS: Final = Format(
    id="nhanes-days",
    title="NHANES day table: ID, Day, MIN1 to MIN1440; a line per day, several people",
    holds=_HOLDS,
    takes=("wear",),
)

_DATES: Final = Notice(
    code="neutral-dates",
    text="the table has no dates: day 1 (Sunday) stands on 2003-01-05, UTC; see --tz",
)
_WEEKDAYS: Final = Notice(
    code="weekdays-unknown",
    text="the table counts days without naming weekdays: work days and free days cannot be told",
)
_NO_WEAR: Final = Notice(
    code="wear-unknown",
    text="no wear flags were given: zeros may be times when the device was off; see --wear",
)


@attrs.frozen(kw_only=True)
class NhanesRecordings(Recordings):
    """
    Long and wide tables of several people, one recording each.

    Wear flags come from a second table of the same shape in `ReadOptions.wear`; it has 0 (not
    worn) or 1 for every minute of every person and day of the first. The epoch is always a minute.
    """

    limits: Limits = attrs.field(factory=Limits)

    def formats(self) -> tuple[Format, ...]:
        """The long and the wide table."""
        return (NHANES_MINUTES, NHANES_DAYS)

    def sniff(self, head: bytes) -> Format | None:
        """The table whose columns it has."""
        heading = heading_of(head)
        if heading is None:
            return None
        if is_wide(heading):
            return NHANES_DAYS
        return NHANES_MINUTES if is_long(heading) else None

    def read(self, source: Source, *, options: ReadOptions) -> tuple[Recording, ...]:
        """One recording per person, in the order of the table."""
        intake = Intake(source, self.limits)
        wide = self.sniff(intake.head()) == NHANES_DAYS
        days = person_days(intake)
        _refuse_flags(days, source.name)
        worn = _wear(Intake(options.wear, self.limits)) if options.wear else None
        facts = _Facts(options=options, wide=wide, digest=intake.digest, file=source.name)
        people = dict.fromkeys(day.person for day in days)
        return tuple(
            _recording([day for day in days if day.person == person], worn, facts)
            for person in people
        )


def _refuse_flags(days: Sequence[PersonDay], file: str) -> None:
    """A table of nothing but 0 and 1 holds wear flags."""
    top = max(np.nanmax(day.values, initial=0.0) for day in days)
    if top == 1:
        raise WearTable(file=file, detail="the recording holds only 0 and 1")


@attrs.frozen
class _Wear:
    """Flags by person and day, and the name of their table."""

    file: str
    by_day: dict[tuple[str, int], npt.NDArray[np.bool_]]

    def flags(self, day: PersonDay) -> npt.NDArray[np.bool_]:
        """(1440,) bool."""
        try:
            return self.by_day[day.person, day.day]
        except KeyError as error:
            raise WearTable(file=self.file, detail="a day of the recording has no flags") from error


def _wear(intake: Intake) -> _Wear:
    days = person_days(intake)
    for day in days:
        if not np.isin(day.values, (0.0, 1.0)).all():
            raise WearTable(file=intake.source.name, line=day.line)
    by_day = {(day.person, day.day): day.values == 1 for day in days}
    return _Wear(intake.source.name, by_day)


@attrs.frozen(kw_only=True)
class _Facts:
    """What all recordings of a table share."""

    options: ReadOptions
    wide: bool
    digest: str
    file: str

    @property
    def format(self) -> Format:
        return NHANES_DAYS if self.wide else NHANES_MINUTES

    @property
    def notices(self) -> tuple[Notice, ...]:
        found = [_DATES, _WEEKDAYS] if self.wide else [_DATES]
        return (*found, _NO_WEAR) if self.options.wear is None else tuple(found)


def _day_offsets(days: Sequence[PersonDay], facts: _Facts) -> list[int]:
    """Days after the neutral Sunday: by number in wide tables, by running weekday in long ones."""
    if facts.wide:
        offsets = [day.day - 1 for day in days]
        if len(set(offsets)) < len(offsets):
            raise IncompleteDay(file=facts.file, line=days[-1].line, detail="a day comes twice")
        return offsets
    offsets = [days[0].day - 1]
    for day in days[1:]:
        offsets.append(offsets[-1] + 1 + (day.day - 2 - offsets[-1]) % 7)
    return offsets


def _recording(days: Sequence[PersonDay], worn: _Wear | None, facts: _Facts) -> Recording:
    values = np.concatenate([day.values for day in days])
    unit = facts.options.unit or Unit.COUNTS
    refuse_nothing(values, facts.file)
    seconds = _seconds(days, facts)
    done = _laid(seconds, values, unit, facts.options)
    series = done.series
    if worn is not None:
        flags = np.ones(series.values.size, dtype=np.bool_)
        flags[(seconds - series.start_s) // 60] = np.concatenate([worn.flags(day) for day in days])
        series = attrs.evolve(series, worn=flags)
    return Recording(
        participant=person_label(facts.options, days[0].person, facts.file),
        series=series,
        report=done.report,
        digest=facts.digest,
        format=facts.format.id,
        notices=facts.notices,
    )


def _seconds(days: Sequence[PersonDay], facts: _Facts) -> npt.NDArray[np.int64]:
    zone = facts.options.zone or _UTC
    sunday = NEUTRAL_SUNDAY.toordinal()
    starts = [
        LocalDay(date.fromordinal(sunday + offset), zone).start_s
        for offset in _day_offsets(days, facts)
    ]
    return np.add.outer(np.array(starts, dtype=np.int64), 60 * np.arange(MINUTES)).ravel()


def _laid(
    seconds: npt.NDArray[np.int64],
    values: npt.NDArray[np.float64],
    unit: Unit,
    options: ReadOptions,
) -> Regridded:
    return regrid(
        Samples(seconds=seconds, values=values),
        zone=options.zone or _UTC,
        unit=unit,
        epoch_s=60,
        device="ActiGraph AM-7164" if options.device is None else options.device,
        placement=options.placement or Placement.HIP,
    )
