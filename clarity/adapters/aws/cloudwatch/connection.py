"""Requests to CloudWatch Logs: one lazily made client, limits on every call."""

import threading
from collections.abc import Callable, Mapping
from typing import Any, Final, Literal

from botocore.client import BaseClient
from botocore.exceptions import BotoCoreError, ClientError

from clarity.adapters.aws._absent import LogGroupMissing
from clarity.adapters.aws._client import make_client
from clarity.adapters.aws._deadline import within
from clarity.adapters.aws._errors import DAMAGED, BodyDamaged, DeadlinePassed, translated
from clarity.adapters.aws._in_flight import InFlight
from clarity.adapters.aws._operations import Answer
from clarity.adapters.aws.settings import Endpoint, Limits
from clarity.ports.clock import Clock
from clarity.ports.metrics import Metrics
from clarity.ports.tracing import Tracer

__all__ = ["LogsConnection"]

WHAT: Final = "CloudWatch Logs"
EXISTS: Final = "ResourceAlreadyExistsException"
MISSING: Final = "ResourceNotFoundException"

Request = Literal["create_log_group", "create_log_stream", "put_log_events"]


class LogsConnection:
    """
    Runs requests against CloudWatch Logs. Thread-safe; the client is made by the first call.

    Credentials come through the SDK's own chain. Every call leaves a span and its time under the
    name of the operation.
    """

    def __init__(
        self, endpoint: Endpoint, limits: Limits, *, clock: Clock, metrics: Metrics, tracer: Tracer
    ) -> None:
        self._endpoint: Final = endpoint
        self._limits: Final = limits
        self._clock: Final = clock
        self._metrics: Final = metrics
        self._tracer: Final = tracer
        self._making: Final = threading.Lock()
        self._made: BaseClient | None = None
        self._calls: Final = InFlight(WHAT)

    def run(self, operation: Request, parameters: Mapping[str, Any]) -> Answer:
        """
        The answer to the request; an empty one when what it makes is there already.

        Raises:
            LogGroupMissing: a log group or stream that it names is not there.
            PortError: as in the table of `_errors`.
        """
        labels = {"operation": operation}
        limit_s, now_s = self._limits.deadline_s, self._clock.monotonic_s
        with (
            self._tracer.span("cloudwatch", attributes=labels),
            within(limit_s, now_s),
            self._calls.one(),
        ):
            began_s = now_s()
            try:
                call: Callable[..., Answer] = getattr(self._client(), operation)
                return _signed_for(call(**parameters))
            except ClientError as error:
                return _accepted(error, operation, limit_s)
            except (BotoCoreError, DeadlinePassed, *DAMAGED) as error:
                what = f"{WHAT} ({operation})"
                raise translated(error, what, limit_s=limit_s) from error
            finally:
                self._metrics.observe("cloudwatch_call_s", now_s() - began_s, labels=labels)

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

    def _client(self) -> BaseClient:
        with self._making:
            if self._made is None:
                self._made = make_client("logs", self._endpoint, self._limits)
            return self._made


def _signed_for(answer: Answer) -> Answer:
    """
    The answer, which names its request as all answers of the service do.

    The SDK takes any page that comes with a success for an answer without content.

    Raises:
        BodyDamaged: it does not.
    """
    if not answer["ResponseMetadata"].get("RequestId"):
        raise BodyDamaged
    return answer


def _accepted(error: ClientError, operation: str, limit_s: float) -> Answer:
    """An empty answer when the error only says that something is there already."""
    code = error.response.get("Error", {}).get("Code")
    if code == EXISTS:
        return {}
    what = f"{WHAT} ({operation})"
    if code == MISSING:
        raise LogGroupMissing(f"the log group of {what}") from error
    raise translated(error, what, limit_s=limit_s) from error
