"""
How the world refuses: a closed set that every adapter translates into, once, at its boundary.

`Transient` marks those that a retry may cure; policies dispatch on it and nothing else does.
"""

from datetime import timedelta
from typing import ClassVar, Final

import attrs

from clarity.domain.errors import ClarityError

__all__ = [
    "CURSOR_LIFE",
    "AlreadyExists",
    "BadCursor",
    "Corrupt",
    "DamagedEntity",
    "Denied",
    "IdempotencyMismatch",
    "NotFound",
    "PortError",
    "StaleVersion",
    "Throttled",
    "TimedOut",
    "TooLarge",
    "TooNew",
    "Transient",
    "Unavailable",
    "Unexpected",
]


class PortError(ClarityError):
    """The world outside refused, was not there, or gave something unusable."""

    code: ClassVar[str] = "port"


class Transient(PortError):
    """A later try of the same call may succeed."""

    code: ClassVar[str] = "port.transient"


@attrs.define(eq=False)
class NotFound(PortError):
    """What was asked for does not exist."""

    code: ClassVar[str] = "port.not-found"
    what: str

    def __str__(self) -> str:
        return f"{self.what} does not exist; check the id"


@attrs.define(eq=False)
class StaleVersion(PortError):
    """The stored version is not the one that the change was based on."""

    code: ClassVar[str] = "port.stale-version"
    what: str
    current: int

    def __str__(self) -> str:
        return (
            f"{self.what} is at version {self.current} by now; read it again and repeat the change"
        )


@attrs.define(eq=False)
class AlreadyExists(PortError):
    """
    Something is stored under the key that was to be created, or has what must be unique.

    Attributes:
        what: is stored.
        current: its version, to base the change on; 0 where there are no versions.
        field: what somebody else has alike, by name and never by value; empty for the key itself.
        advice: what to do instead.
    """

    code: ClassVar[str] = "port.already-exists"
    what: str
    current: int = 0
    field: str = ""
    advice: str = "change it instead of creating it"

    def __str__(self) -> str:
        if self.field:
            return f"a {self.what} with this {self.field} exists already; choose another"
        at = f" at version {self.current}" if self.current else ""
        return f"{self.what} exists already{at}; {self.advice}"


@attrs.define(eq=False)
class IdempotencyMismatch(PortError):
    """An idempotency key was used before for another request."""

    code: ClassVar[str] = "port.idempotency-mismatch"

    def __str__(self) -> str:
        return "this idempotency key belongs to another request; use a new key"


CURSOR_LIFE: Final = timedelta(days=1)
"""How long every cursor is good, of queries, jobs and audit records alike."""


@attrs.define(eq=False)
class BadCursor(PortError):
    """A paging cursor was changed, has expired, is of another query, or of another tenant."""

    code: ClassVar[str] = "port.bad-cursor"
    problem: str

    def __str__(self) -> str:
        return f"the cursor {self.problem}; start again from the first page"


@attrs.define(eq=False)
class Throttled(Transient):
    """The other side asks for fewer calls."""

    code: ClassVar[str] = "port.throttled"
    retry_after_s: float

    def __str__(self) -> str:
        return f"too many requests; try again in {self.retry_after_s:g} s"


@attrs.define(eq=False)
class Unavailable(Transient):
    """The other side cannot be reached; nothing is known of the call."""

    code: ClassVar[str] = "port.unavailable"
    what: str

    def __str__(self) -> str:
        return f"{self.what} cannot be reached; see `clarity health`"


@attrs.define(eq=False)
class TimedOut(Transient):
    """No answer within the limit; nothing is known of the call."""

    code: ClassVar[str] = "port.timed-out"
    what: str
    limit_s: float

    def __str__(self) -> str:
        return f"{self.what} did not answer within {self.limit_s:g} s; try again"


@attrs.define(eq=False)
class Denied(PortError):
    """The other side does not allow it."""

    code: ClassVar[str] = "port.denied"
    what: str

    def __str__(self) -> str:
        return f"{self.what} is not allowed; check the permissions"


@attrs.define(eq=False)
class Corrupt(PortError):
    """What came back is not what was stored."""

    code: ClassVar[str] = "port.corrupt"
    what: str

    def __str__(self) -> str:
        return f"{self.what} is damaged; keep it and restore from a backup"


@attrs.define(eq=False)
class DamagedEntity(Corrupt):
    """
    One entity is not what was stored; the store around it answers.

    Attributes:
        remedy: what to do about one of its kind.
    """

    code: ClassVar[str] = "port.damaged-entity"
    remedy: str

    def __str__(self) -> str:
        return f"{self.what} is damaged; {self.remedy}"


@attrs.define(eq=False)
class TooNew(PortError):
    """What is stored was written by a later clarity; this one leaves it untouched."""

    code: ClassVar[str] = "port.too-new"
    what: str
    known: int
    found: int

    def __str__(self) -> str:
        return (
            f"{self.what} is of version {self.found}, this clarity knows up to {self.known}; "
            f"update clarity"
        )


@attrs.define(eq=False)
class TooLarge(PortError):
    """It does not fit; refused before anything was written."""

    code: ClassVar[str] = "port.too-large"
    what: str
    limit: int
    given: int

    def __str__(self) -> str:
        return f"{self.what} is limited to {self.limit}, {self.given} given; send less at once"


@attrs.define(eq=False)
class Unexpected(PortError):
    """The other side answered in a way that no rule covers."""

    code: ClassVar[str] = "port.unexpected"
    detail: str

    def __str__(self) -> str:
        return f"unexpected answer ({self.detail}); report it with the correlation id"
