"""The machine's clock: the one place that reads it."""

import time
from datetime import UTC, datetime

import attrs

from clarity.ports.clock import Clock

__all__ = ["SystemClock"]


@attrs.frozen
class SystemClock(Clock):
    """The clocks of the operating system."""

    def now(self) -> datetime:
        """The instant, in UTC."""
        return datetime.now(UTC)

    def monotonic_s(self) -> float:
        """Seconds since the machine started, or some such moment."""
        return time.monotonic()
