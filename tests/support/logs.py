"""Log entries made for tests, and a log in a list that fails as it is told."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta

import attrs

from clarity.adapters.aws.cloudwatch.audit import CloudWatchAuditSink, open_sink
from clarity.adapters.aws.settings import Limits
from clarity.domain.audit_log import LogEntry
from clarity.ports.audit_log import AuditLog
from clarity.ports.clock import Clock
from tests.support.dynamodb import Counted, Spans, credentials
from tests.support.engines import REGION

__all__ = ["ONE_TRY", "ListLog", "cloudwatch", "entries"]

ONE_TRY = Limits(connect_timeout_s=5, read_timeout_s=20, deadline_s=60, attempts=1)
"""The client library does not try again, so nothing sleeps."""


def entries(count: int, *, at: datetime, size: int = 60, chain: str = "c") -> tuple[LogEntry, ...]:
    """That many entries, a second apart from `at` on, each of `size` bytes."""
    return tuple(
        LogEntry(
            chain=chain,
            seq=number + 1,
            is_last=True,
            at=at + timedelta(seconds=number),
            text=f'{{"n":{number:09},"pad":"{"x" * (size - 26)}"}}',
        )
        for number in range(count)
    )


@attrs.define
class ListLog(AuditLog):
    """Keeps `together` entries of each write, after `before` was called with them."""

    together: int = 10_000
    before: Callable[[Sequence[LogEntry]], None] = lambda _: None
    kept: list[LogEntry] = attrs.field(factory=list)
    writes: int = 0

    def write(self, entries: Sequence[LogEntry]) -> int:
        self.writes += 1
        taken = entries[: self.together]
        self.before(taken)
        self.kept += taken
        return len(taken)


@contextmanager
def cloudwatch(
    url: str, clock: Clock, *, group: str = "clarity/audit", metrics: Counted | None = None
) -> Iterator[CloudWatchAuditSink]:
    """The sink that writes to that group of a server, which is made when it is missing."""
    credentials()
    address = f"cloudwatch://{REGION}/{group}?endpoint={url}&create=yes"
    told = {"clock": clock, "metrics": metrics or Counted(), "tracer": Spans()}
    with open_sink(address, limits=ONE_TRY, **told) as sink:
        yield sink
