"""Reports to draw: a made-up recording with nights, marks, and findings of every kind."""

from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np

from clarity.adapters.report.html import HtmlRenderer
from clarity.domain.actigraphy.series import ActivitySeries
from clarity.domain.analysis.result import AnalysisResult, Layer, Provenance, Spans
from clarity.domain.findings import Finding
from clarity.domain.identity import PatientId
from clarity.domain.pat.answer import ModelReply
from clarity.domain.sleep.evenings import NoNight
from clarity.domain.sleep.nights import Night, WindowSource
from clarity.domain.sleep.rests import MainRest, RestMethod
from clarity.domain.streams import Placement, StreamKind, Unit
from clarity.domain.timeline import TimeWindow
from clarity.ports.report import RESULTS, Entry, MadeOf, Origin, Renderer, Report

OSLO: Final = ZoneInfo("Europe/Oslo")
WITTING: Final = "Witting 1990, doi:10.1016/0006-3223(90)90523-5"
MADE_AT: Final = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)


def series(
    *, days: float = 7, start: datetime | None = None, epoch_s: int = 60, worn: bool = True
) -> ActivitySeries:
    """Quiet nights and busy days with noise; three hours missing on day 3, two unworn on day 5."""
    begin = start or datetime(2026, 3, 2, 15, 0, tzinfo=OSLO)
    n = int(days * 86_400 / epoch_s)
    hour = (begin.hour + np.arange(n) * epoch_s / 3600) % 24
    noise = np.random.default_rng(7).gamma(1.2, 160.0, n)
    values = np.where((hour >= 7) & (hour < 23), noise, noise * 0.05)
    per_day = 86_400 // epoch_s
    values[2 * per_day : 2 * per_day + per_day // 8] = np.nan
    mask = np.ones(n, dtype=np.bool_)
    mask[4 * per_day : 4 * per_day + per_day // 12] = False
    return ActivitySeries(
        values=values,
        start=begin,
        epoch_s=epoch_s,
        unit=Unit.COUNTS,
        device="Actiwatch AW4",
        placement=Placement.WRIST,
        worn=mask if worn else None,
    )


def finding(metric: str, value: float | None, unit: str = "1", **other: object) -> Finding:
    """A finding of a plausible kind."""
    told = {
        "n_valid": 7,
        "coverage": 0.97,
        "algorithm": f"nonparametric/{metric}",
        "parameters": {"bin_min": 60, "variance": "population"},
        "citation": WITTING,
        "reason": "" if value is not None else "fewer than two days were seen",
    }
    return Finding(metric=metric, value=value, unit=unit, **{**told, **other})


def night(evening: date, *, tst_min: float = 412.0, **other: object) -> Night:
    """A night from 23:10 to 07:00 in Oslo whose window was found."""
    morning = evening + timedelta(days=1)
    start = datetime(evening.year, evening.month, evening.day, 23, 10, tzinfo=OSLO)
    end = datetime(morning.year, morning.month, morning.day, 7, 0, tzinfo=OSLO)
    told = {
        "date": evening,
        "start": start,
        "end": end,
        "source": WindowSource.DETECTED,
        "scoring": "cole-kripke/paper",
        "in_bed_min": 470.0,
        "tst_min": tst_min,
        "waso_min": 470.0 - tst_min,
        "latency_min": 0.0,
        "terminal_wake_min": 0.0,
        "unknown_min": 0.0,
        "awakenings": 9,
        "onset": start,
        "offset": end,
        "n_valid": 470,
        "coverage": 1.0,
    }
    return Night(**{**told, **other})


def rest(evening: date, method: RestMethod = RestMethod.CRESPO) -> MainRest:
    """The main rest of an evening, from 22:40 to 07:25 in Oslo."""
    morning = evening + timedelta(days=1)
    return MainRest(
        date=evening,
        method=method,
        start=datetime(evening.year, evening.month, evening.day, 22, 40, tzinfo=OSLO),
        end=datetime(morning.year, morning.month, morning.day, 7, 25, tzinfo=OSLO),
        n_valid=520,
        coverage=0.99,
    )


FINDINGS: Final = (
    finding("IS", 0.6312345),
    finding("IV", 0.871),
    finding("RA", 0.93),
    finding("L5", 12.3, "counts/min"),
    finding("L5_onset", 23.75, "clock_h"),
    finding("M10", 241.8, "counts/min"),
    finding("M10_onset", 9.25, "clock_h"),
    finding("TST", 412.4, "min", algorithm="sleep/TST"),
    finding("SOL", None, "min", algorithm="sleep/SOL", reason="no bed time is known"),
    finding("SE", 87.66, "%", algorithm="sleep/SE"),
    finding("saturated", 0.0, "%", algorithm="quality/saturation"),
    finding("a_plugin_metric", -3.5, "widgets", algorithm="plugin/x"),
)


def spans(recording: ActivitySeries) -> tuple[Spans, ...]:
    """Sleep and rest over the first nights, and what was not worn."""
    hour = 3600 // recording.epoch_s
    nights = tuple((8 * hour + day * 24 * hour, 16 * hour + day * 24 * hour) for day in range(3))
    return (
        Spans(layer=Layer.SLEEP, algorithm="cole-kripke/paper", spans=nights),
        Spans(layer=Layer.REST, algorithm="rest/main-window", spans=nights),
    )


def result(recording: ActivitySeries, **other: object) -> AnalysisResult:
    """Everything known about `recording`."""
    first = recording.start.date()
    told = {
        "kind": "rest-activity",
        "window": TimeWindow(start=recording.start, end=recording.end),
        "epoch_s": recording.epoch_s,
        "findings": FINDINGS,
        "nights": tuple(
            night(first + timedelta(days=day), tst_min=400.0 + day) for day in range(5)
        ),
        "no_nights": (NoNight(date=first + timedelta(days=5), reason="nothing could be scored"),),
        "rests": (
            *(rest(first + timedelta(days=day)) for day in range(2)),
            rest(first, RestMethod.ROENNEBERG),
            MainRest(
                date=first + timedelta(days=1),
                method=RestMethod.ROENNEBERG,
                reason="nothing could be scored",
            ),
        ),
        "spans": spans(recording),
        "notices": ("Values reach 8000.", "Attribution: Garcia-Ceja et al. 2018 (CC BY 4.0)."),
        "provenance": Provenance(
            input_digest="ab" * 32,
            analyses={"clarity.rhythm": "1", "clarity.sleep": "2"},
            clarity_version="0.1.0",
            computed_at=MADE_AT,
            fingerprint="cd" * 32,
        ),
    }
    return AnalysisResult(**{**told, **other})


def made_of(recording: ActivitySeries, source: str = "p01.csv") -> MadeOf:
    """The whole recording out of one file."""
    return MadeOf(
        patient=PatientId("P-01"),
        stream=StreamKind.ACTIVITY,
        first=recording.start.date(),
        last=recording.end.date(),
        origins=(Origin(name=source, digest="ef" * 32, recordings=1),),
        recipe="01" * 32,
    )


def report(
    participant: str = "P-01",
    *,
    recording: ActivitySeries | None = None,
    source: str = "p01.csv",
    settings: dict[str, str] | None = None,
    model: ModelReply | None = None,
    **of_result: object,
) -> Report:
    """A report on `recording`, or on a week that was made up."""
    recorded = recording or series()
    return Report(
        participant=participant,
        source=source,
        series=recorded,
        result=result(recorded, **of_result),
        settings={"--tz": "Europe/Oslo"} if settings is None else settings,
        made_at=MADE_AT,
        made_of=made_of(recorded, source),
        model=model,
    )


def entry(drawn: Report, folder: str = "p", *, by: Renderer | None = None) -> Entry:
    """What an overview is told of a report whose documents lie in `folder`."""
    renderer = by or HtmlRenderer()
    documents = {one.name: one.content for one in renderer.participant(drawn)}
    return renderer.entry(documents[RESULTS], folder=folder)
