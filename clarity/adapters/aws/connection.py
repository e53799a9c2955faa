"""`DynamoDBConnection`: one lazily made client, bounded in every direction, that runs `Op`s."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Final, TypeVar

import attrs
from botocore.client import BaseClient
from botocore.exceptions import BotoCoreError, ClientError

from clarity.adapters.aws._absent import TableMissing
from clarity.adapters.aws._call import Call, in_progress
from clarity.adapters.aws._client import make_client
from clarity.adapters.aws._deadline import current_deadline, within
from clarity.adapters.aws._errors import (
    DAMAGED,
    Cancelled,
    ConditionFailed,
    DeadlinePassed,
    translated,
)
from clarity.adapters.aws._in_flight import InFlight
from clarity.adapters.aws._operations import Answer, Op, OperationName
from clarity.adapters.aws._places import Places
from clarity.adapters.aws._regions import Primary
from clarity.adapters.aws._units import ConsumedUnits
from clarity.adapters.aws.guards import UNGUARDED, Guards, guarded
from clarity.adapters.aws.settings import Endpoint, Limits
from clarity.ports.clock import Clock
from clarity.ports.errors import PortError, Throttled, Transient
from clarity.ports.metrics import Metrics
from clarity.ports.tracing import Tracer

__all__ = ["ConnectionSettings", "DynamoDBConnection"]

T = TypeVar("T")

WHAT: Final = "DynamoDB"

CHANGES: Final[frozenset[OperationName]] = frozenset(
    {"batch_write_item", "delete_item", "put_item", "transact_write_items", "update_item"}
)
"""Operations that change items."""


@attrs.frozen(kw_only=True)
class ConnectionSettings:
    """
    Which DynamoDB and how far to go for an answer.

    Attributes:
        endpoint: where the tables are.
        replica: where reads that may lag go when `endpoint` gives no answer within half of the
            time, and for a while afterwards (`_regions.py`); None for nowhere. A replica of a
            global table lags, so this is opt-in.
        limits: per call.
        table_prefix: stands before the name of every table.
        makes_tables: those that are missing are made when the store is opened; engines only.
    """

    endpoint: Endpoint
    replica: Endpoint | None = None
    limits: Limits = attrs.field(factory=Limits)
    table_prefix: str = attrs.field(
        default="clarity-", validator=attrs.validators.matches_re(r"[A-Za-z0-9_.-]{0,200}")
    )
    makes_tables: bool = False


def _allowed(_: "DynamoDBConnection") -> None:
    """Nothing has to be looked at first."""


class DynamoDBConnection:
    """
    Runs requests against DynamoDB. Thread-safe; the client is made by the first call.

    Credentials come through the SDK's own chain. Every call leaves a span with its consumed units,
    and its time whether it succeeds or not, under table and operation, never a key. Before each
    request that changes items `before_changes` may raise. A request to the primary passes the guard
    of its kind, with all of its attempts as one call; one to the replica passes none. No more are
    under way at once than the pool has connections; further ones wait within their deadline.
    """

    def __init__(
        self,
        settings: ConnectionSettings,
        *,
        clock: Clock,
        metrics: Metrics,
        tracer: Tracer,
        before_changes: Callable[["DynamoDBConnection"], None] = _allowed,
        guards: Guards = UNGUARDED,
    ) -> None:
        self._settings: Final = settings
        self._clock: Final = clock
        self._metrics: Final = metrics
        self._tracer: Final = tracer
        self._before_changes: Final = before_changes
        self._guards: Final = guards
        self._clients: Final[dict[Endpoint, BaseClient]] = {}
        self._making: Final = threading.Lock()
        self._calls: Final = InFlight(WHAT)
        self._places: Final = Places(settings.limits.pool_size)
        self._primary: Final = Primary()

    @property
    def limits(self) -> Limits:
        """What a call may use."""
        return self._settings.limits

    @property
    def place(self) -> str:
        """Region and, when it is another than the region's own, address."""
        endpoint = self._settings.endpoint
        return f"{endpoint.region} at {endpoint.url}" if endpoint.url else endpoint.region

    def table(self, name: str) -> str:
        """The full name of a table."""
        return f"{self._settings.table_prefix}{name}"

    def run(self, op: Op[T]) -> T:
        """
        What `op` asks for.

        Raises:
            Cancelled: a transaction was refused.
            PortError: by the table of `_errors`; `Transient` ones after the attempts or at the
                deadline, which is that of the limits or of the work that the call is part of.
        """
        labels = {"table": op.table, "operation": op.operation}
        with (
            self._tracer.span("dynamodb", attributes=labels) as tell,
            within(self.limits.deadline_s, self._now_s),
            self._calls.one(),
        ):
            if op.operation in CHANGES:
                self._before_changes(self)
            with self._timed(labels), self._places.one(WHAT):
                answer = self._answer(op, labels)
            units = ConsumedUnits.of(answer)
            tell("units", units.total)
            self._count_units(units, labels)
            return op.decode(answer)

    def ping_s(self) -> float:
        """
        How long a small request takes, s, whatever is answered about the table that it names.

        Raises:
            PortError: as for `run`.
        """
        began_s = self._now_s()
        with suppress(TableMissing):
            self.run(_ping(self.table("main")))
        return self._now_s() - began_s

    def close(self) -> None:
        """
        The connections are closed; calls in progress had their time to end, later ones are refused.

        Closing twice is no error.
        """
        self._calls.end(limit_s=self.limits.deadline_s)
        with self._making:
            while self._clients:
                _, client = self._clients.popitem()
                client.close()

    def _answer(self, op: Op[T], labels: Mapping[str, str]) -> Answer:
        replica = self._settings.replica
        if replica is None or not op.may_lag:
            return self._of_primary(op, labels)
        if not self._primary.is_passed_over(self._now_s()):
            with suppress(Transient), within(current_deadline().left_s / 2, self._now_s):
                return self._of_primary(op, labels)
        self._metrics.count("dynamodb_replica_reads", 1, labels=labels)
        try:
            return self._tried(op, replica)
        except Transient:
            self._primary.answered()  # at least nothing else is known to answer
            raise

    def _of_primary(self, op: Op[T], labels: Mapping[str, str]) -> Answer:
        guard = self._guards.changes if op.operation in CHANGES else self._guards.reads
        try:
            answer = guarded(guard, lambda: self._tried(op, self._settings.endpoint))
        except Transient as error:
            self._metrics.count("dynamodb_failures", 1, labels=labels)
            if not isinstance(error, Throttled):
                self._primary.failed(self._now_s())
            raise
        self._primary.answered()
        return answer

    def _now_s(self) -> float:
        return self._clock.monotonic_s()

    def _tried(self, op: Op[T], endpoint: Endpoint) -> Answer:
        send: Callable[..., Answer] = getattr(self._client(endpoint), op.operation)
        with in_progress(Call(op.parameters, op.reads)) as call:
            try:
                return send()
            except (ClientError, BotoCoreError, DeadlinePassed, *DAMAGED) as error:
                what = f"{WHAT} ({op.operation} on {op.table})"
                raise translated(error, what, limit_s=current_deadline().limit_s) from error
            finally:
                self._count_damage(call, op)

    def _count_damage(self, call: Call, op: Op[T]) -> None:
        if call.damaged:
            labels = {"table": op.table}
            self._metrics.count("dynamodb_damaged_answers", call.damaged, labels=labels)

    def _client(self, endpoint: Endpoint) -> BaseClient:
        client = self._clients.get(endpoint)
        if client is not None:
            return client
        with self._making:
            if endpoint not in self._clients:
                self._clients[endpoint] = make_client("dynamodb", endpoint, self.limits)
            return self._clients[endpoint]

    @contextmanager
    def _timed(self, labels: Mapping[str, str]) -> Iterator[None]:
        """How long the block took is told with how it ended."""
        began_s, outcome = self._now_s(), "ok"
        try:
            yield
        except (Cancelled, ConditionFailed):
            outcome = "refused"
            raise
        except PortError as error:
            outcome = error.code
            raise
        finally:
            told = {**labels, "outcome": outcome}
            self._metrics.observe("dynamodb_call_s", self._now_s() - began_s, labels=told)

    def _count_units(self, units: ConsumedUnits, labels: Mapping[str, str]) -> None:
        for name, used in units.by_table.items():
            table = name.removeprefix(self._settings.table_prefix)
            self._metrics.count("dynamodb_units", used, labels={**labels, "table": table})


def _nothing(_: Answer) -> None:
    """An answer is enough."""


def _ping(table: str) -> Op[None]:
    """What the region itself says, which no replica can answer for."""
    return Op(
        operation="describe_table",
        parameters={"TableName": table},
        decode=_nothing,
        table="main",
        reads=True,
    )
