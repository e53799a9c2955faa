"""How many calls may be under way at once; further ones wait, no longer than they have time."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import attrs

from clarity.adapters.aws._deadline import current_deadline
from clarity.ports.errors import TimedOut

__all__ = ["Places"]


@attrs.frozen(eq=False)
class Places:
    """
    The places of a connection; safe to use from many threads. A call takes one, and none within.

    Attributes:
        size: how many there are.
    """

    size: int
    _free: threading.Semaphore = attrs.field(init=False, repr=False)

    @_free.default
    def _all_free(self) -> threading.Semaphore:
        return threading.Semaphore(self.size)

    @contextmanager
    def one(self, what: str) -> Iterator[None]:
        """
        The block has a place.

        Raises:
            TimedOut: others held all of them until the deadline; nothing of `what` was asked.
        """
        deadline = current_deadline()
        left_s = min(max(deadline.left_s, 0.0), threading.TIMEOUT_MAX)
        if not self._free.acquire(timeout=left_s):
            raise TimedOut(f"{what}, whose {self.size} places others held,", deadline.limit_s)
        try:
            yield
        finally:
            self._free.release()
