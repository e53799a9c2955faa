"""The table of main rests, as text."""

from collections.abc import Iterable, Sequence
from datetime import date

import attrs

from clarity.adapters.report.formats import ABSENT, day_name, hours_minutes
from clarity.domain.sleep.rests import MainRest, RestMethod

__all__ = ["RestRow", "RestTable", "rest_table"]


@attrs.frozen(kw_only=True)
class RestRow:
    """An evening: begin, end and length of its main rest by each method, as text."""

    evening: str
    cells: tuple[str, ...]


@attrs.frozen(kw_only=True)
class RestTable:
    """
    The main rests.

    Attributes:
        methods: names of the methods, three columns each.
        rows: one per evening, in order.
        notes: why cells are empty.
    """

    methods: tuple[str, ...]
    rows: tuple[RestRow, ...]
    notes: tuple[str, ...]


def rest_table(rests: Sequence[MainRest]) -> RestTable | None:
    """The main rests as a table; None when no method looked for them."""
    if not rests:
        return None
    methods = tuple(method for method in RestMethod if any(one.method is method for one in rests))
    by_place = {(rest.date, rest.method): rest for rest in rests}
    return RestTable(
        methods=tuple(method.value.capitalize() for method in methods),
        rows=tuple(
            RestRow(
                evening=day_name(day),
                cells=tuple(
                    cell for method in methods for cell in _cells(by_place.get((day, method)))
                ),
            )
            for day in sorted({rest.date for rest in rests})
        ),
        notes=tuple(_notes(rests)),
    )


def _cells(rest: MainRest | None) -> tuple[str, str, str]:
    if rest is None or rest.start is None or rest.end is None:
        return ABSENT, ABSENT, ABSENT
    return f"{rest.start:%H:%M}", f"{rest.end:%H:%M}", hours_minutes(rest.duration_min)


def _notes(rests: Sequence[MainRest]) -> Iterable[str]:
    """Each reason once, with the evenings that it empties."""
    evenings: dict[tuple[str, str], list[date]] = {}
    for rest in rests:
        if rest.reason:
            evenings.setdefault((rest.method.value, rest.reason), []).append(rest.date)
    for (method, reason), days in evenings.items():
        yield f"{method.capitalize()}, {', '.join(map(_short, days))}: {reason}."


def _short(day: date) -> str:
    return day_name(day).rpartition(" ")[0]
