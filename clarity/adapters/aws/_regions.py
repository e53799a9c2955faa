"""Where reads go while the region of the tables gives no answer."""

import threading
from typing import Final

import attrs

__all__ = ["AWAY_S", "Primary"]

AWAY_S: Final = 30.0
"""How long reads stay away from a region that gave no answer, before one of them looks again."""


@attrs.define(eq=False)
class Primary:
    """
    Remembers that the region of the tables gave no answer; safe to use from many threads.

    Attributes:
        away_s: for how long.
    """

    away_s: float = AWAY_S
    _until_s: float | None = attrs.field(default=None, init=False)
    _lock: threading.Lock = attrs.field(factory=threading.Lock, init=False, repr=False)

    def is_passed_over(self, now_s: float) -> bool:
        """Whether a read that begins at `now_s` goes elsewhere; one a while is let through."""
        with self._lock:
            if self._until_s is None:
                return False
            if now_s < self._until_s:
                return True
            self._until_s = now_s + self.away_s
            return False

    def failed(self, now_s: float) -> None:
        """It gave no answer."""
        with self._lock:
            self._until_s = now_s + self.away_s

    def answered(self) -> None:
        """It is there."""
        with self._lock:
            self._until_s = None
