"""`CloudWatchAuditSink`: audit records in a stream of CloudWatch Logs."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import ClassVar, Final
from urllib.parse import parse_qsl, urlsplit

import attrs

from clarity.adapters.aws._absent import LogGroupMissing
from clarity.adapters.aws._operations import Answer
from clarity.adapters.aws.cloudwatch.batch import Event, events_at, first_batch, rejected
from clarity.adapters.aws.cloudwatch.connection import LogsConnection
from clarity.adapters.aws.settings import Endpoint, Limits
from clarity.domain.audit_log import LogEntry
from clarity.domain.errors import ClarityError
from clarity.ports.audit_log import AuditLog
from clarity.ports.clock import Clock
from clarity.ports.errors import Unexpected
from clarity.ports.metrics import Metrics
from clarity.ports.tracing import Tracer

__all__ = ["BadLogAddress", "CloudWatchAuditSink", "Place", "open_sink", "place_of"]

SCHEME: Final = "cloudwatch"
OPTIONS: Final = frozenset({"endpoint", "stream", "create"})


@attrs.define(eq=False)
class BadLogAddress(ClarityError):
    """An address of a log cannot be understood; nothing was opened."""

    code: ClassVar[str] = "aws.bad-log-address"
    address: str
    problem: str

    def __str__(self) -> str:
        return (
            f"{self.address!r} is no address of a log ({self.problem}); write "
            f"cloudwatch://REGION/GROUP, with ?stream=NAME for another stream than `audit`, "
            f"with create=yes to have the group made"
        )


@attrs.frozen(kw_only=True)
class Place:
    """
    Where the entries go.

    Attributes:
        endpoint: which CloudWatch Logs.
        group: name of the log group.
        stream: name of the stream in it; made when it is missing.
        makes_group: a missing group is made too; it then keeps everything for ever.
    """

    endpoint: Endpoint
    group: str = attrs.field(validator=attrs.validators.matches_re(r"[\w./#-]{1,512}"))
    stream: str = attrs.field(
        default="audit", validator=attrs.validators.matches_re(r"[^:*]{1,512}")
    )
    makes_group: bool = False


def place_of(address: str) -> Place:
    """
    The place that `cloudwatch://REGION/GROUP?stream=NAME&create=yes&endpoint=URL` names.

    Raises:
        BadLogAddress: a part is missing, unknown or out of range.
    """
    parts = urlsplit(address)
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    if parts.scheme != SCHEME or not parts.netloc:
        raise BadLogAddress(address, "the region is missing")
    if not options.keys() <= OPTIONS or options.get("create", "yes") != "yes":
        raise BadLogAddress(address, f"the options are {', '.join(sorted(OPTIONS))}")
    try:
        return Place(
            endpoint=Endpoint(region=parts.netloc, url=options.get("endpoint", "")),
            group=parts.path.removeprefix("/"),
            stream=options.get("stream", "audit"),
            makes_group="create" in options,
        )
    except ValueError as error:
        raise BadLogAddress(address, "a value is out of range") from error


@contextmanager
def open_sink(
    address: str, *, clock: Clock, metrics: Metrics, tracer: Tracer, limits: Limits | None = None
) -> Iterator["CloudWatchAuditSink"]:
    """
    The log at `address`, closed at the end; nothing is asked of it before the first write.

    Raises:
        BadLogAddress: the address cannot be understood.
    """
    place = place_of(address)
    connection = LogsConnection(
        place.endpoint, limits or Limits(), clock=clock, metrics=metrics, tracer=tracer
    )
    try:
        yield CloudWatchAuditSink(connection, place, clock, metrics)
    finally:
        connection.close()


@attrs.frozen
class CloudWatchAuditSink(AuditLog):
    """
    Writes to one stream; safe to use from many threads.

    A request some of whose events are refused for their times is sent once more with the present
    time for all; if that is refused too, nothing counts as written.

    Attributes:
        connection: to CloudWatch Logs.
        place: group and stream.
        clock: what the time is.
        metrics: told of `audit_log_restamped`, entries that were sent again for their times.
    """

    connection: LogsConnection
    place: Place
    clock: Clock
    metrics: Metrics

    def write(self, entries: Sequence[LogEntry]) -> int:
        """See `AuditLog.write`."""
        batch = first_batch(entries, self.clock.now())
        if not batch or not rejected(self._put(batch)):
            return len(batch)
        self.metrics.count("audit_log_restamped", len(batch), labels={})
        refused = rejected(self._put(events_at(batch, self.clock.now())))
        if refused:
            raise Unexpected(
                f"CloudWatch Logs refuses entries of the present time: {refused}; "
                f"check the clock of this machine"
            )
        return len(batch)

    def _put(self, batch: Sequence[Event]) -> Answer:
        try:
            return self._sent(batch)
        except LogGroupMissing:
            self._make()
            return self._sent(batch)

    def _sent(self, batch: Sequence[Event]) -> Answer:
        return self.connection.run("put_log_events", {**self._stream, "logEvents": list(batch)})

    def _make(self) -> None:
        """The stream is there; the group too where it may be made."""
        if self.place.makes_group:
            self.connection.run("create_log_group", {"logGroupName": self.place.group})
        self.connection.run("create_log_stream", self._stream)

    @property
    def _stream(self) -> dict[str, str]:
        return {"logGroupName": self.place.group, "logStreamName": self.place.stream}
