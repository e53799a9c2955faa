"""Trying again after a growing, random pause, until a deadline."""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

import attrs

from clarity.adapters.aws._deadline import Deadline, within

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
        limit_s: how long the tries and the pauses between them may take together.
        jitter: a number from 0 to 1; spreads writers that collided.
        sleep: waits so many seconds.
    """

    first_s: float = 0.02
    cap_s: float = 0.5
    limit_s: float = 5.0
    jitter: Callable[[], float] = random.random
    sleep: Callable[[float], None] = time.sleep

    @contextmanager
    def tries(self, now_s: Callable[[], float]) -> Iterator[Iterator[int]]:
        """
        0, 1, 2 ... with a pause before each but the first; ends when the time is over.

        All that is asked in the block shares that time.
        """
        with within(self.limit_s, now_s) as deadline:
            yield self._numbers(deadline)

    def rounds(self, now_s: Callable[[], float]) -> Iterator[int]:
        """As `tries`, but what is asked in a round has its own time: for when much is read."""
        return self._numbers(Deadline(self.limit_s, now_s() + self.limit_s, now_s))

    def _numbers(self, deadline: Deadline) -> Iterator[int]:
        number = 0
        while True:
            yield number
            pause_s = self.jitter() * min(self.cap_s, self.first_s * 2 ** min(number, DOUBLINGS))
            if pause_s >= deadline.left_s:
                return
            self.sleep(pause_s)
            number += 1
