"""Pages of an answer, filled request by request within a budget of read units."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, TypeVar

import attrs

from clarity.adapters.aws._operations import Item
from clarity.adapters.aws.dynamodb.conditions import holds
from clarity.adapters.aws.dynamodb.cursor import CursorKey, place_of, signed
from clarity.adapters.aws.dynamodb.items import EntityItems, expired, micros
from clarity.adapters.aws.dynamodb.query import Plan, planned, question
from clarity.ports.clock import Clock
from clarity.ports.entities import Entity
from clarity.ports.errors import Corrupt
from clarity.ports.query import Page, Query, Stored

__all__ = ["PAGE_UNITS", "Look", "Looked", "Pages"]

E = TypeVar("E", bound=Entity)

PAGE_UNITS: Final = 4_000.0
"""Read units for one page: 16 MB that were looked at, at one unit for 4 KB."""


@attrs.frozen
class Looked:
    """
    What one request found.

    Attributes:
        items: those that match, in order.
        reached: sort key of the last item that was looked at; None when that was the last of all.
        units: what it cost.
    """

    items: Sequence[Item]
    reached: str | None
    units: float


Found = tuple[str, Stored[Entity]]
"""An entity that matches, behind its sort key."""

Look = Callable[[Plan, int, str | None], Looked]
"""Asks for so many items behind a sort key; may find more of them, or fewer."""


@attrs.frozen(kw_only=True)
class Pages:
    """
    Makes pages of what requests find.

    Attributes:
        items: entities as items.
        clock: decides what has expired.
        cursor_key: signs cursors.
        budget_units: once a page that is not full has cost more, it ends where it is; the cursor
            goes on from there.
    """

    items: EntityItems
    clock: Clock
    cursor_key: CursorKey
    budget_units: float

    def page(self, query: Query[E], look: Look) -> Page[E]:
        """One page of the answer to `query`, found by `look`."""
        asked, after = question(query), None
        if query.cursor is not None:
            (after,) = place_of(query.cursor, question=asked, key=self.cursor_key)
        plan = planned(query)
        if plan is None:
            return Page((), None)
        found, place = self._filled(plan, look, query.page_size, after)
        page = tuple(_of_type(stored, query.entity) for _, stored in found)
        if place is None:
            return Page(page, None)
        return Page(page, signed([place], question=asked, key=self.cursor_key))

    def _filled(
        self, plan: Plan, look: Look, size: int, after: str | None
    ) -> tuple[list[Found], str | None]:
        """At most `size` entities behind `after`, and behind which key there may be more."""
        found: list[Found] = []
        units, now_us = 0.0, micros(self.clock.now())
        while True:
            looked = look(plan, size - len(found), after)
            there = (item for item in looked.items if not expired(item, now_us))
            found.extend(self._matching(plan, there))
            units, after = units + looked.units, looked.reached
            if len(found) > size or (len(found) == size and after is not None):
                return found[:size], found[size - 1][0]
            if after is None or units > self.budget_units:
                return found, after

    def _matching(self, plan: Plan, items: Iterable[Item]) -> Iterator[Found]:
        for item in items:
            stored = self.items.decode(plan.spec, item)
            if holds(plan.rest, plan.spec, stored.entity):
                yield item["sk"]["S"], stored


def _of_type(stored: Stored[Entity], type_: type[E]) -> Stored[E]:
    if not isinstance(stored.entity, type_):
        raise Corrupt("a stored item of another kind")
    return Stored(stored.entity, stored.version)
