"""Calls in progress, which a connection that is closed waits for."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import attrs

from clarity.ports.errors import Unavailable

__all__ = ["InFlight"]


@attrs.define(eq=False)
class InFlight:
    """
    How many calls a connection is at; safe to use from many threads.

    Attributes:
        what: the connection, in words.
    """

    what: str
    _calls: int = attrs.field(default=0, init=False)
    _is_over: bool = attrs.field(default=False, init=False)
    _changed: threading.Condition = attrs.field(factory=threading.Condition, init=False, repr=False)

    @contextmanager
    def one(self) -> Iterator[None]:
        """
        The block is one of the calls.

        Raises:
            Unavailable: the connection was closed.
        """
        with self._changed:
            if self._is_over:
                raise Unavailable(f"{self.what} (the connection was closed)")
            self._calls += 1
        try:
            yield
        finally:
            with self._changed:
                self._calls -= 1
                self._changed.notify_all()

    def end(self, *, limit_s: float) -> None:
        """No call begins any more, and those in progress have ended or had `limit_s` to do so."""
        with self._changed:
            self._is_over = True
            self._changed.wait_for(lambda: self._calls == 0, timeout=limit_s)
