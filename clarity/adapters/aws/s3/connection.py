"""`S3Connection`: one lazily made client, bounded in every direction, that runs `ObjectOp`s."""

import threading
from collections.abc import Callable
from typing import Final, TypeVar

from botocore.client import BaseClient
from botocore.exceptions import BotoCoreError, ClientError

from clarity.adapters.aws._client import make_client
from clarity.adapters.aws._deadline import within
from clarity.adapters.aws._errors import DAMAGED, DeadlinePassed, translated
from clarity.adapters.aws._in_flight import InFlight
from clarity.adapters.aws.s3._requests import Answer, ObjectOp
from clarity.adapters.aws.settings import Endpoint, Limits
from clarity.ports.clock import Clock
from clarity.ports.metrics import Metrics
from clarity.ports.tracing import Tracer

__all__ = ["S3Connection"]

T = TypeVar("T")

WHAT: Final = "S3"


class S3Connection:
    """
    Runs requests against S3. Thread-safe; the client is made by the first call.

    Credentials come through the SDK's own chain. Every call leaves a span and its duration under
    its operation, never a key. The SDK repeats what failed; what arrived otherwise than it was sent
    is asked for again here. So every request has to bear being repeated.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        limits: Limits,
        *,
        clock: Clock,
        metrics: Metrics,
        tracer: Tracer,
    ) -> None:
        self._endpoint: Final = endpoint
        self._limits: Final = limits
        self._clock: Final = clock
        self._metrics: Final = metrics
        self._tracer: Final = tracer
        self._making: Final = threading.Lock()
        self._made: BaseClient | None = None
        self._calls: Final = InFlight(WHAT)

    @property
    def region(self) -> str:
        """Where buckets are made."""
        return self._endpoint.region

    @property
    def place(self) -> str:
        """Region and, when it is another than the region's own, address."""
        endpoint = self._endpoint
        return f"{endpoint.region} at {endpoint.url}" if endpoint.url else endpoint.region

    def run(self, op: ObjectOp[T]) -> T:
        """
        What `op` asks for.

        Raises:
            ConditionFailed: the condition of the request did not hold.
            PortError: by the table of `_errors`; `Transient` ones after the attempts and within
                the deadline of the limits.
        """
        labels = {"operation": op.operation}
        with self._tracer.span("s3", attributes=labels), self._calls.one():
            began_s = self._clock.monotonic_s()
            answer = self._tried(op)
            self._metrics.observe("s3_call_s", self._clock.monotonic_s() - began_s, labels=labels)
            return answer

    def close(self) -> None:
        """
        The connections are closed; calls in progress had their time to end, later ones are refused.

        Closing twice is no error.
        """
        self._calls.end(limit_s=self._limits.deadline_s)
        with self._making:
            if self._made is not None:
                self._made.close()
                self._made = None

    def _tried(self, op: ObjectOp[T]) -> T:
        limit_s = self._limits.deadline_s
        try:
            with within(limit_s, self._clock.monotonic_s):
                return self._sent(op)
        except (ClientError, BotoCoreError, DeadlinePassed, *DAMAGED) as error:
            raise translated(error, f"{WHAT} ({op.operation})", limit_s=limit_s) from error

    def _sent(self, op: ObjectOp[T]) -> T:
        call: Callable[..., Answer] = getattr(self._client(), op.operation)
        for _ in range(self._limits.attempts - 1):
            answer = call(**op.parameters)
            try:
                return op.decode(answer)
            except DAMAGED:
                self._metrics.count("s3_damaged_answers", 1, labels={"operation": op.operation})
        return op.decode(call(**op.parameters))

    def _client(self) -> BaseClient:
        with self._making:
            if self._made is None:
                self._made = make_client("s3", self._endpoint, self._limits)
            return self._made
