"""Trying again after a growing, random pause, until a deadline."""

import random
import time
from collections.abc import Callable, Iterator
from typing import Final

import attrs

__all__ = ["Backoff"]

DOUBLINGS: Final = 16
"""Beyond this the pause no longer grows, whatever its cap."""


@attrs.frozen(kw_only=True)
class Backoff:
    """
    How long to wait for others.

    Attributes:
        first_s: longest pause after the first try.
        cap_s: longest pause at all.
        limit_s: no try begins later than this after the first.
        jitter: a number from 0 to 1; spreads writers that collided.
        sleep: waits so many seconds.
    """

    first_s: float = 0.02
    cap_s: float = 0.5
    limit_s: float = 5.0
    jitter: Callable[[], float] = random.random
    sleep: Callable[[float], None] = time.sleep

    def tries(self, now_s: Callable[[], float]) -> Iterator[int]:
        """0, 1, 2 ... with a pause before each but the first; ends when the time is over."""
        end_s = now_s() + self.limit_s
        number = 0
        while True:
            yield number
            pause_s = self.jitter() * min(self.cap_s, self.first_s * 2 ** min(number, DOUBLINGS))
            if now_s() + pause_s >= end_s:
                return
            self.sleep(pause_s)
            number += 1
