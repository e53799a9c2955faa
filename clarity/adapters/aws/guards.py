"""What stands between a connection and a service that may have stopped answering."""

from collections.abc import Callable
from typing import Final, Protocol, TypeVar

import attrs

from clarity.adapters.aws._errors import Cancelled, ConditionFailed

__all__ = ["UNGUARDED", "Guard", "Guards", "guarded"]

T = TypeVar("T")


class Guard(Protocol):
    """Makes a call, or refuses at once with a `Transient` error."""

    def __call__(self, call: Callable[[], T]) -> T:
        """What `call` returns or raises."""


def _unguarded(call: Callable[[], T]) -> T:
    return call()


@attrs.frozen
class Guards:
    """
    One guard for each kind of request, since a table that throttles writes may still be read.

    Attributes:
        reads: of what is asked without changing anything.
        changes: of what changes items.
    """

    reads: Guard = _unguarded
    changes: Guard = _unguarded


UNGUARDED: Final = Guards()
"""Every call is made."""


def guarded(guard: Guard, call: Callable[[], T]) -> T:
    """
    What `call` returns or raises; that it was refused on conditions reaches `guard` as an answer.

    Raises:
        Cancelled, ConditionFailed: by `call`.
        PortError: by `call` or `guard`.
    """

    def answered() -> T | Cancelled | ConditionFailed:
        try:
            return call()
        except (Cancelled, ConditionFailed) as refused:
            return refused

    answer = guard(answered)
    if isinstance(answer, Cancelled | ConditionFailed):
        raise answer
    return answer
