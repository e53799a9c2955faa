"""What files brought of one stream of a person, as far as its report tells it."""

from collections.abc import Sequence
from datetime import date
from pathlib import PurePath

import attrs

from clarity.application.ingest import Ingested
from clarity.application.read import Days
from clarity.domain.actigraphy.regrid import RegridReport
from clarity.domain.identity import PatientRef
from clarity.ports.report import Entry, MadeOf, Origin

__all__ = ["Part", "all_days", "made_of", "notices", "part_of", "sources", "stored_part"]


@attrs.frozen(kw_only=True)
class Part:
    """
    What files brought of one stream of a person.

    Attributes:
        origins: the files.
        days: the local days that they cover.
        notices: what was assumed or mended while reading, in words.
        replaced: epochs whose stored value was replaced by another.
    """

    origins: tuple[Origin, ...]
    days: Days
    notices: tuple[str, ...]
    replaced: int


def stored_part(origin: Origin, ingested: Ingested) -> Part:
    """What a recording brought that has just been stored."""
    return Part(
        origins=(origin,),
        days=ingested.days,
        notices=_notices(ingested),
        replaced=ingested.changed,
    )


def part_of(entry: Entry, patient: PatientRef) -> Part:
    """What an earlier run stored, as its report tells it."""
    made = entry.made_of
    return Part(
        origins=made.origins,
        days=Days(patient=patient, stream=made.stream, first=made.first, last=made.last),
        notices=entry.notices,
        replaced=entry.replaced,
    )


def all_days(parts: Sequence[Part]) -> Days:
    """From the first day of any part to the last."""
    first, last = _ends(parts)
    return attrs.evolve(parts[0].days, first=first, last=last)


def made_of(parts: Sequence[Part], recipe: str) -> MadeOf:
    """What the report of these parts is made of, by that recipe."""
    first, last = _ends(parts)
    days = parts[0].days
    return MadeOf(
        patient=days.patient.patient,
        stream=days.stream,
        first=first,
        last=last,
        origins=tuple(origin for part in parts for origin in part.origins),
        recipe=recipe,
    )


def _ends(parts: Sequence[Part]) -> tuple[date, date]:
    firsts = [part.days.first for part in parts if part.days.first is not None]
    lasts = [part.days.last for part in parts if part.days.last is not None]
    return min(firsts), max(lasts)


def sources(parts: Sequence[Part]) -> str:
    """The names of the files, for a reader."""
    names = (PurePath(origin.name).name for part in parts for origin in part.origins)
    return ", ".join(dict.fromkeys(names))


def notices(parts: Sequence[Part]) -> tuple[str, ...]:
    """What is to be known of all parts, each text once."""
    return tuple(dict.fromkeys(text for part in parts for text in part.notices))


def _notices(ingested: Ingested) -> tuple[str, ...]:
    counted = _counted(ingested.recording.report) | {
        "epochs replaced other values stored before": ingested.changed
    }
    return (
        *(notice.text for notice in ingested.recording.notices),
        *(f"{count:,} {what}" for what, count in counted.items() if count),
    )


def _counted(report: RegridReport) -> dict[str, int]:
    return {
        "samples repeat an epoch; one of each was kept": report.duplicates,
        "samples contradict an earlier one of their epoch; the last counts": report.conflicts,
        "samples came out of order and were sorted by time": report.out_of_order,
        "times in the hour that the clock change skips were moved forward; if the device's clock "
        "was not changed, what follows stands an hour early": report.in_gap,
        "times lie in the hour that the clock change repeats; if the device's clock was not "
        "changed, what follows stands an hour late": report.in_fold,
    }
