"""The adapters of port Clock."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Final

import attrs

from clarity.adapters.local.clock import SystemClock
from clarity.ports.clock import Clock
from tests.support.clocks import HandClock


@attrs.frozen(kw_only=True)
class ClockHarness:
    """A clock."""

    clock: Clock


Opener = Callable[[], AbstractContextManager[ClockHarness]]

OPENERS: Final[dict[str, Opener]] = {
    "system": lambda: nullcontext(ClockHarness(clock=SystemClock())),
    "by-hand": lambda: nullcontext(ClockHarness(clock=HandClock())),
}
