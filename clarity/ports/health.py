"""Whether what the application leans on answers."""

from abc import abstractmethod
from typing import Protocol, runtime_checkable

import attrs

__all__ = ["PingResult", "Pingable"]


@attrs.frozen(kw_only=True)
class PingResult:
    """
    One dependency's answer.

    Attributes:
        name: which dependency.
        ok: whether it answered as it should.
        latency_s: how long that took, s.
        detail: what it said, or what is wrong and what to do.
    """

    name: str
    ok: bool
    latency_s: float
    detail: str


@runtime_checkable
class Pingable(Protocol):
    """A dependency that can say that it works."""

    __slots__ = ()

    @abstractmethod
    def ping(self) -> str:
        """
        What is there, in a few words, after really asking it.

        Raises:
            PortError: it does not work; the text says what to do.
        """
        ...
