"""
CloudWatch Logs as its reference describes it, on a free port of this machine.

Stricter than moto: every limit of PutLogEvents is kept, and time is whatever the test says. A plan
makes it fail; it tells what it took and how often it was asked.
"""

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from enum import Enum, auto
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import attrs

__all__ = ["LogFault", "LogsServer", "logs_server"]

DAY_MS = 24 * 3_600_000


class LogFault(Enum):
    """What happens to a request."""

    AWAY = auto()
    THROTTLED = auto()
    LOST_AFTER = auto()
    """It is done, and the answer never comes."""
    GARBAGE = auto()
    """Something in between answers with a page of its own."""


@attrs.define
class LogsServer:
    """
    A running server.

    Attributes:
        url: its address.
        now: what the time is, for what is too old or too new.
        fault: what happens to the next request; asked once for each.
        served: called after each request, for example to let time pass.
        retention: how old an event may be.
        streams: messages by group and stream, in the order in which they came.
        asked: requests by operation.
    """

    url: str = ""
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    fault: Callable[[], LogFault | None] = lambda: None
    served: Callable[[], None] = lambda: None
    retention: timedelta = timedelta(days=14)
    groups: set[str] = attrs.field(factory=set)
    streams: dict[tuple[str, str], list[dict]] = attrs.field(factory=dict)
    asked: Counter[str] = attrs.field(factory=Counter)

    @property
    def messages(self) -> list[str]:
        """Everything that was taken, stream by stream."""
        return [event["message"] for events in self.streams.values() for event in events]

    def answered(self, operation: str, asked: dict) -> tuple[int, dict]:
        match operation:
            case "CreateLogGroup":
                if asked["logGroupName"] in self.groups:
                    return _refused("ResourceAlreadyExistsException")
                self.groups.add(asked["logGroupName"])
            case "CreateLogStream":
                if asked["logGroupName"] not in self.groups:
                    return _refused("ResourceNotFoundException")
                name = (asked["logGroupName"], asked["logStreamName"])
                if name in self.streams:
                    return _refused("ResourceAlreadyExistsException")
                self.streams[name] = []
            case "PutLogEvents":
                return self._put(asked)
        return 200, {}

    def _put(self, asked: dict) -> tuple[int, dict]:
        name = (asked["logGroupName"], asked["logStreamName"])
        if name not in self.streams:
            return _refused("ResourceNotFoundException")
        events = asked["logEvents"]
        times = [event["timestamp"] for event in events]
        sizes = [len(event["message"].encode()) for event in events]
        sound = [
            1 <= len(events) <= 10_000,
            sum(sizes) + 26 * len(sizes) <= 1_048_576,
            max(sizes) <= 256 * 1024 - 26,
            times == sorted(times),
            times[-1] - times[0] < DAY_MS,
        ]
        if not all(sound):
            return _refused("InvalidParameterException")
        now_ms = int(self.now().timestamp() * 1_000)
        oldest = now_ms - int(min(self.retention, timedelta(days=14)).total_seconds() * 1_000)
        old = sum(time < oldest for time in times)
        new = sum(time > now_ms + 2 * 3_600_000 for time in times)
        self.streams[name] += events[old : len(events) - new]
        told = {"tooOldLogEventEndIndex": old} if old else {}
        told |= {"tooNewLogEventStartIndex": len(events) - new} if new else {}
        return 200, {"rejectedLogEventsInfo": told} if told else {}


def _refused(code: str, status: int = 400) -> tuple[int, dict]:
    return status, {"__type": code, "message": "no"}


def _handler(server: LogsServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            operation = self.headers["X-Amz-Target"].rpartition(".")[2]
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            server.asked[operation] += 1
            fault = server.fault()
            if fault is LogFault.AWAY:
                status, told = _refused("ServiceUnavailableException", 503)
            elif fault is LogFault.THROTTLED:
                status, told = _refused("ThrottlingException")
            elif fault is LogFault.GARBAGE:
                status, told = 200, {}
            else:
                status, told = server.answered(operation, asked)
            server.served()
            if fault is LogFault.LOST_AFTER:
                self.close_connection = True
                return
            body = (
                json.dumps(told).encode() if fault is not LogFault.GARBAGE else b"<html>no</html>"
            )
            self.send_response(status)
            self.send_header("Content-Type", "application/x-amz-json-1.1")
            if fault is not LogFault.GARBAGE:
                self.send_header("x-amzn-RequestId", "1")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing is printed."""

    return Handler


@contextmanager
def logs_server() -> Iterator[LogsServer]:
    """A server that runs as long as the block lasts."""
    state = LogsServer()
    with ThreadingHTTPServer(("127.0.0.1", 0), _handler(state)) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        state.url = f"http://127.0.0.1:{server.server_address[1]}"
        try:
            yield state
        finally:
            server.shutdown()
            thread.join()
