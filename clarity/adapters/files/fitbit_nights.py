"""
Heart-rate variability and breathing as a Fitbit account's archive holds them: CSV of one person.

No sample was at hand. The columns are those that several public readers of such archives agree on:
`Heart Rate Variability Details` (timestamp, rmssd, coverage, low_frequency, high_frequency; every
5 minutes of sleep), `Daily Heart Rate Variability Summary` (timestamp, rmssd, nremhr, entropy),
`Daily Respiratory Rate Summary` (timestamp, daily_respiratory_rate) and `Respiratory Rate Summary`
(timestamp, full_sleep_breathing_rate and others). RMSSD is in ms and breathing in breaths per
minute, as https://dev.fitbit.com/build/reference/web-api/ gives both. Times without an offset are
taken for the wall clock of the person.
"""

from typing import Final

import attrs

from clarity.adapters.files._intake import Intake
from clarity.adapters.files._laid import Preset
from clarity.adapters.files._stamped import read_stamped
from clarity.adapters.files._table import heading_of, read_heading
from clarity.adapters.files.limits import Limits
from clarity.domain.streams import Placement, Unit
from clarity.ports.recordings import Format, Notice, ReadOptions, Recording, Recordings, Source
from clarity.ports.unreadable import NoSuchColumn

__all__ = ["FITBIT_BREATHING", "FITBIT_HRV", "FitbitNightRecordings"]

FITBIT_HRV: Final = Format(
    id="fitbit-hrv",
    title="Fitbit heart-rate variability (CSV): every 5 minutes of sleep, or one value a night",
    holds="RMSSD in ms; wrist",
    takes=("epoch_s", "time_column", "value_column", "date_order"),
)
FITBIT_BREATHING: Final = Format(
    id="fitbit-breathing",
    title="Fitbit respiratory rate (CSV): one value a night",
    holds="breaths per minute; wrist",
    takes=("epoch_s", "time_column", "value_column", "date_order"),
)
_NIGHTLY: Final = Notice(
    code="one-value-a-night",
    text="the file has one value a night; it stands in the 5 minutes of its time, the rest is open",
)
_WALL_CLOCK: Final = Notice(
    code="times-by-wall-clock",
    text="times without an offset are taken for the clock of the person's zone",
)


@attrs.frozen(kw_only=True)
class _Kind:
    """
    One of the files.

    Attributes:
        keys: the folded headings by which it is known.
        value: the one of the values.
        nightly: whether it has one value a night.
    """

    format: Format
    keys: frozenset[str]
    value: str
    unit: Unit
    nightly: bool

    @property
    def device(self) -> str:
        """The maker; values of whole nights are kept apart from those of minutes."""
        return "Fitbit (nightly)" if self.nightly else "Fitbit"


_KINDS: Final = (
    _Kind(
        format=FITBIT_HRV,
        keys=frozenset({"timestamp", "rmssd", "nremhr", "entropy"}),
        value="rmssd",
        unit=Unit.RMSSD_MS,
        nightly=True,
    ),
    _Kind(
        format=FITBIT_HRV,
        keys=frozenset({"timestamp", "rmssd", "coverage"}),
        value="rmssd",
        unit=Unit.RMSSD_MS,
        nightly=False,
    ),
    _Kind(
        format=FITBIT_BREATHING,
        keys=frozenset({"timestamp", "dailyrespiratoryrate"}),
        value="dailyrespiratoryrate",
        unit=Unit.BREATHS_PER_MIN,
        nightly=True,
    ),
    _Kind(
        format=FITBIT_BREATHING,
        keys=frozenset({"timestamp", "fullsleepbreathingrate"}),
        value="fullsleepbreathingrate",
        unit=Unit.BREATHS_PER_MIN,
        nightly=True,
    ),
)


def _kind(keys: tuple[str, ...]) -> _Kind | None:
    return next((kind for kind in _KINDS if kind.keys <= set(keys)), None)


@attrs.frozen(kw_only=True)
class FitbitNightRecordings(Recordings):
    """Files of one person and one kind, on a grid of 5 minutes."""

    limits: Limits = attrs.field(factory=Limits)

    def formats(self) -> tuple[Format, ...]:
        """Heart-rate variability, and breathing."""
        return (FITBIT_HRV, FITBIT_BREATHING)

    def sniff(self, head: bytes) -> Format | None:
        """The one whose columns it has."""
        heading = heading_of(head)
        kind = _kind(heading.keys) if heading is not None else None
        return kind.format if kind is not None else None

    def read(self, source: Source, *, options: ReadOptions) -> tuple[Recording, ...]:
        """The recording of the one person."""
        intake = Intake(source, self.limits)
        kind = _kind(read_heading(intake).keys)
        if kind is None:
            raise NoSuchColumn(
                file=source.name, detail="timestamp, and rmssd or a respiratory rate"
            )
        preset = Preset(
            format=kind.format.id,
            unit=kind.unit,
            epoch_s=300,
            device=kind.device,
            placement=Placement.WRIST,
            time_column="timestamp",
            value_column=kind.value,
        )
        notices = (_WALL_CLOCK, _NIGHTLY) if kind.nightly else (_WALL_CLOCK,)
        return tuple(
            attrs.evolve(one, notices=(*one.notices, *notices))
            for one in read_stamped(intake, options, preset)
        )
