"""
Whether and when the SDK sends a request again: within the attempts, the deadline and the allowance.

What may pass is what the table of errors calls `Transient`. The allowance keeps a service that is
down from getting every request several times: repetitions are paid from it, answers fill it again.
"""

import random
import threading
from collections.abc import Callable, Mapping
from typing import Any, Final

import attrs
from botocore.exceptions import ClientError

from clarity.adapters.aws._call import current_call
from clarity.adapters.aws._deadline import current_deadline
from clarity.adapters.aws._errors import BodyDamaged, translated
from clarity.ports.errors import Transient

__all__ = ["Allowance", "Retries"]

FIRST_S: Final = 0.05
CAP_S: Final = 1.0
"""Longest pauses: after the first attempt, doubling with every further one, and at all."""

ALLOWANCE: Final = 100.0
"""Repetitions that a client has before any of its calls was answered."""

EARNED_AT_ONCE: Final = 0.2
EARNED_AGAIN: Final = 1.0
"""Repetitions that an answer gives back: to the first attempt of its call, and to a later one."""

FIRST_ERROR_STATUS: Final = 300


@attrs.define
class Allowance:
    """
    How many repetitions a client has left; safe to use from many threads.

    Attributes:
        left: so many, never more than at the beginning.
    """

    left: float = ALLOWANCE
    _lock: threading.Lock = attrs.field(factory=threading.Lock, init=False, repr=False)

    def is_taken(self) -> bool:
        """Whether there was one left; it is gone then."""
        with self._lock:
            if self.left < 1:
                return False
            self.left -= 1
            return True

    def earn(self, repetitions: float) -> None:
        """So many more."""
        with self._lock:
            self.left = min(ALLOWANCE, self.left + repetitions)


@attrs.frozen(kw_only=True)
class Retries:
    """
    Answers the SDK's question after each attempt.

    Attributes:
        attempts: tries of one call, the first included.
        jitter: a number from 0 to 1; spreads callers that failed together.
        allowance: of the client.
    """

    attempts: int
    jitter: Callable[[], float] = random.random
    allowance: Allowance = attrs.field(factory=Allowance)

    def pause_s(
        self,
        *,
        attempts: int,
        response: tuple[object, Mapping[str, Any]] | None,
        caught_exception: Exception | None,
        **_: object,
    ) -> float | None:
        """How long to wait before the next attempt; None when this was the last."""
        if not _may_pass(response, caught_exception):
            self.allowance.earn(EARNED_AT_ONCE if attempts == 1 else EARNED_AGAIN)
            return None
        pause_s = self.jitter() * min(CAP_S, FIRST_S * 2.0 ** (attempts - 1))
        if attempts >= self.attempts or pause_s >= current_deadline().left_s:
            return None
        return pause_s if self.allowance.is_taken() else None


def _may_pass(response: tuple[object, Mapping[str, Any]] | None, caught: Exception | None) -> bool:
    """A later attempt of the same call may succeed; a write that was answered is not sent again."""
    error = caught if response is None else _refusal(response[1])
    if error is None or (isinstance(error, BodyDamaged) and not current_call().reads):
        return False
    return isinstance(translated(error, ""), Transient)


def _refusal(parsed: Mapping[str, Any]) -> ClientError | None:
    if parsed["ResponseMetadata"]["HTTPStatusCode"] < FIRST_ERROR_STATUS:
        return None
    told: Any = parsed
    return ClientError(told, "")
