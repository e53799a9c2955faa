"""The last outcomes of calls, and whether there are too many bad ones among them."""

from collections import deque

import attrs

__all__ = ["BreakerSettings", "Window"]


def _share(_: object, attribute: "attrs.Attribute[float]", value: float) -> None:
    if not 0 < value <= 1:
        raise ValueError(f"{attribute.name} lies above 0 and at most at 1")


def _positive(_: object, attribute: "attrs.Attribute[float]", value: float) -> None:
    if not value > 0:
        raise ValueError(f"{attribute.name} is more than 0")


@attrs.frozen(kw_only=True)
class BreakerSettings:
    """
    When a breaker opens, and for how long.

    The words are those of resilience4j's sliding window that counts calls.

    Attributes:
        window: how many of the last calls are looked at.
        least_calls: below so many nothing is decided.
        failure_share: from this share of failed calls on the breaker opens.
        slow_call_s: an answered call that took longer counts as slow.
        slow_share: from this share of slow calls on the breaker opens.
        reset_s: how long it stays open before one call may try.
    """

    window: int = attrs.field(default=50, validator=attrs.validators.ge(1))
    least_calls: int = attrs.field(default=10, validator=attrs.validators.ge(1))
    failure_share: float = attrs.field(default=0.5, validator=_share)
    slow_call_s: float = attrs.field(default=4.0, validator=_positive)
    slow_share: float = attrs.field(default=0.9, validator=_share)
    reset_s: float = attrs.field(default=5.0, validator=_positive)

    def __attrs_post_init__(self) -> None:
        """A window smaller than the least number of calls would never decide."""
        if self.least_calls > self.window:
            raise ValueError("least_calls is at most window")


@attrs.define(eq=False)
class Window:
    """Outcomes in the order of their ends; not safe for threads by itself."""

    settings: BreakerSettings
    _outcomes: deque[tuple[bool, bool]] = attrs.field(factory=deque, init=False)
    _failed: int = attrs.field(default=0, init=False)
    _slow: int = attrs.field(default=0, init=False)

    def add(self, *, failed: bool, took_s: float) -> None:
        """One more call; the oldest is forgotten when the window is full."""
        if len(self._outcomes) == self.settings.window:
            self._count(self._outcomes.popleft(), -1)
        outcome = (failed, not failed and took_s > self.settings.slow_call_s)
        self._outcomes.append(outcome)
        self._count(outcome, 1)

    def clear(self) -> None:
        """Nothing is known any more."""
        self._outcomes.clear()
        self._failed = self._slow = 0

    @property
    def is_bad(self) -> bool:
        """Enough calls are known, and too many of them failed or were slow."""
        known = len(self._outcomes)
        if known < self.settings.least_calls:
            return False
        return (
            self._failed >= self.settings.failure_share * known
            or self._slow >= self.settings.slow_share * known
        )

    def _count(self, outcome: tuple[bool, bool], by: int) -> None:
        failed, slow = outcome
        self._failed += by * failed
        self._slow += by * slow
