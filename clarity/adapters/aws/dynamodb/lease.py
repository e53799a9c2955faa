"""
Until when an open batch may still bring in days.

`BatchWriteItem` takes no condition, so a day on its way cannot be turned back by what happened to
its person meanwhile. Who writes holds the batch for `LEASE_S` and sends nothing after `WRITING_S`
of them; what erases waits for the end of that. In between lie requests on their way and clocks
that differ (docs/adr/0058-held-batches.md).
"""

from datetime import timedelta
from typing import Final

from clarity.adapters.aws._operations import Attribute, Item
from clarity.adapters.aws.dynamodb.items import micros
from clarity.ports.clock import Clock

__all__ = ["LEASE_S", "UNTIL", "WRITING_S", "is_held", "lease"]

LEASE_S: Final = 60.0
WRITING_S: Final = 20.0

UNTIL: Final = "lease_us"
"""Attribute of an open batch: microseconds since 1970 at which its lease ends."""


def lease(clock: Clock) -> Attribute:
    """A lease that begins now."""
    return {"N": str(micros(clock.now() + timedelta(seconds=LEASE_S)))}


def is_held(item: Item, clock: Clock) -> bool:
    """
    Whether days of the open batch `item` may be on their way.

    A lease that ends later than one that begins now was written by a clock that is wrong, and one
    that cannot be read by nobody who holds it: neither is believed.
    """
    try:
        until = int(item[UNTIL]["N"])
    except (KeyError, ValueError, TypeError):
        return False
    now = clock.now()
    return micros(now) < until <= micros(now + timedelta(seconds=LEASE_S))
