"""
A proxy in front of an engine that breaks what a test tells it to break, one operation at a time.

A plan is asked for each request (operation, how many of that operation came before) and answers
with a fault or None. `scripted` and `seeded` make plans. Requests to S3, which name no operation,
go by their method: GET, PUT, DELETE, POST. `black_hole` is an address that takes no connection.
"""

import contextlib
import http.client
import http.server
import itertools
import json
import random
import socket
import struct
import threading
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum

import attrs

from tests.support.engines import Engine

Plan = Callable[[str, int], "Fault | None"]

BACKLOG = 3
"""Connections that fill a queue of none; further ones are not answered."""

IDLE_S = 1.0
"""A connection to the engine that was not used for longer may be closed at its other end."""

NEVER_S = 60.0
"""A hanging answer is given up when the proxy stops, or after this."""


class Fault(StrEnum):
    """What goes wrong."""

    THROTTLE = "throttle"
    SERVER_ERROR = "server-error"
    HANG = "hang"
    RESET_BEFORE = "reset-before"
    DROP_AFTER = "drop-after"
    GARBAGE = "garbage"
    EMPTY = "empty"
    CORRUPT = "corrupt"
    UNPROCESSED = "unprocessed"
    CONFLICT = "conflict"
    CANCEL_THROTTLED = "cancel-throttled"
    CANCEL_INVALID = "cancel-invalid"


REASONS: Mapping[Fault, str] = {
    Fault.CONFLICT: "TransactionConflict",
    Fault.CANCEL_THROTTLED: "ThrottlingError",
    Fault.CANCEL_INVALID: "ValidationError",
}
"""Why the first action of a transaction is refused; the others are not to blame."""


ERRORS: Mapping[Fault, tuple[int, str]] = {
    Fault.THROTTLE: (400, "ProvisionedThroughputExceededException"),
    Fault.SERVER_ERROR: (500, "InternalServerError"),
}


ERRORS_OF_S3: Mapping[Fault, tuple[int, str]] = {
    Fault.THROTTLE: (503, "SlowDown"),
    Fault.SERVER_ERROR: (500, "InternalError"),
    Fault.CONFLICT: (409, "ConditionalRequestConflict"),
}

PASSED_ON = ("x-amz", "etag", "last-modified")
"""How the headers begin that matter to a client."""


def scripted(operation: str, *faults: Fault | None) -> Plan:
    """The faults, in order, for requests of one operation; nothing afterwards or for others."""
    return lambda name, before: (
        faults[before] if name == operation and before < len(faults) else None
    )


def always(fault: Fault, *operations: str) -> Plan:
    """The fault for every request of those operations, for all of them when none is named."""
    return lambda name, _: fault if not operations or name in operations else None


def seeded(seed: int, rates: Mapping[Fault, float]) -> Plan:
    """Each fault at its rate, as the seed decides."""
    chance, lock = random.Random(seed), threading.Lock()

    def plan(_: str, __: int) -> Fault | None:
        with lock:
            drawn = chance.random()
        for fault, rate in rates.items():
            drawn -= rate
            if drawn < 0:
                return fault
        return None

    return plan


@attrs.define(eq=False)
class FaultProxy:
    """
    A running proxy.

    Attributes:
        engine: as which it is addressed.
        plan: what breaks; may be replaced at any time.
        latency_s: how long every request is on its way.
        left_over: which share of a batch is not processed when that is its fault, 0 to 1.
        reasons: why the actions of a transaction are refused, in order, when it collides; the
            others are not to blame.
        requests: how many requests of each operation came.
    """

    engine: Engine
    upstream: Engine
    plan: Plan = lambda *_: None
    latency_s: float = 0.0
    left_over: float = 0.5
    reasons: tuple[str, ...] = ()
    requests: "Counter[str]" = attrs.field(factory=Counter)
    lock: threading.Lock = attrs.field(factory=threading.Lock)
    stopping: threading.Event = attrs.field(factory=threading.Event)
    under_way: int = 0
    idle: threading.Condition = attrs.field(factory=threading.Condition)

    @contextlib.contextmanager
    def serving(self) -> Iterator[None]:
        """A request is under way inside the block."""
        with self.idle:
            self.under_way += 1
        try:
            yield
        finally:
            with self.idle:
                self.under_way -= 1
                self.idle.notify_all()

    def settle(self) -> None:
        """No request is under way any more, not even of a client that is gone."""
        with self.idle:
            assert self.idle.wait_for(lambda: not self.under_way, NEVER_S)

    def draw(self, operation: str) -> Fault | None:
        with self.lock:
            before = self.requests[operation]
            self.requests[operation] += 1
        return self.plan(operation, before)


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # head and body go out apart, and would wait for each other
    proxy: FaultProxy

    def setup(self) -> None:
        super().setup()
        self.upstream = http.client.HTTPConnection("127.0.0.1", self.proxy.upstream.port, 30)
        self.asked_at_s = 0.0

    def finish(self) -> None:
        self.upstream.close()
        super().finish()

    def log_message(self, *_: object) -> None:
        """Says nothing."""

    def do_POST(self) -> None:
        with self.proxy.serving():
            self._serve()

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.proxy.stopping.wait(self.proxy.latency_s)
        target = self.headers.get("X-Amz-Target", "").rpartition(".")[2]
        operation = target or self.command
        fault = self.proxy.draw(operation)
        if not target and fault in ERRORS_OF_S3:
            self._refuse_in_xml(*ERRORS_OF_S3[fault])
        elif fault in ERRORS:
            self._refuse(*ERRORS[fault])
        elif fault in REASONS:
            self._collide(operation, body, REASONS[fault])
        elif fault is Fault.HANG:
            self.proxy.stopping.wait(NEVER_S)
            self._reset()
        elif fault is Fault.RESET_BEFORE:
            self._reset()
        else:
            self._forward(operation, body, fault)

    def do_GET(self) -> None:
        self.do_POST()

    def do_PUT(self) -> None:
        self.do_POST()

    def do_DELETE(self) -> None:
        self.do_POST()

    def _forward(self, operation: str, body: bytes, fault: Fault | None) -> None:
        left: dict[str, list[object]] = {}
        if fault is Fault.UNPROCESSED and operation.startswith("Batch"):
            body, left = _parted(body, self.proxy.left_over)
        status, headers, answer = (200, {}, b"{}") if left and not body else self._asked(body)
        if left:
            answer, headers = _with_left(operation, answer, left), {}
        match fault:
            case Fault.DROP_AFTER:
                self._reset()
                return
            case Fault.GARBAGE:
                answer = b"<html>" + answer[::-1]
            case Fault.EMPTY:
                answer, headers = b"", {"x-amz-crc32": ""}
            case Fault.CORRUPT:
                answer = answer.replace(b'"S"', b'"s"', 1) if b'"S"' in answer else answer + b" "
            case _:
                pass
        headers = headers or {"x-amz-crc32": str(zlib.crc32(answer))}
        self._answer(status, {k: v for k, v in headers.items() if v}, answer)

    def _asked(self, body: bytes) -> tuple[int, dict[str, str], bytes]:
        if time.monotonic() - self.asked_at_s > IDLE_S:
            self.upstream.close()
        kept = {
            k: v
            for k, v in self.headers.items()
            if k.lower() not in {"content-length", "connection", "expect"}
        }
        self.upstream.request(self.command, self.path, body, kept)
        response = self.upstream.getresponse()
        told = {k: v for k, v in response.getheaders() if k.lower().startswith(PASSED_ON)}
        answer = response.read()
        self.asked_at_s = time.monotonic()
        return response.status, told, answer

    def _collide(self, operation: str, body: bytes, reason: str) -> None:
        if operation != "TransactWriteItems":
            self._refuse(400, "TransactionConflictException")
            return
        codes = self.proxy.reasons or (reason,)
        blamed = [{"Code": code, "Message": "secret"} for code in codes]
        others = len(json.loads(body)["TransactItems"]) - len(codes)
        reasons = [*blamed, *[{"Code": "None"}] * others]
        self._refuse(400, "TransactionCanceledException", CancellationReasons=reasons)

    def _refuse(self, status: int, code: str, **more: object) -> None:
        told = {"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": "", **more}
        body = json.dumps(told).encode()
        self._answer(status, {"x-amz-crc32": str(zlib.crc32(body))}, body)

    def _refuse_in_xml(self, status: int, code: str) -> None:
        self._answer(status, {}, f"<Error><Code>{code}</Code></Error>".encode())

    def _answer(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/x-amz-json-1.0")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _reset(self) -> None:
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.shutdown(socket.SHUT_RDWR)


def _parted(body: bytes, share: float) -> tuple[bytes, dict[str, list[object]]]:
    """The request without a share of its entries, empty without all, and what was taken out."""
    request = json.loads(body)
    left: dict[str, list[object]] = {}
    for table, wanted in request["RequestItems"].items():
        entries = _entries(wanted)
        out = [int((n + 1) * share) > int(n * share) for n in range(len(entries))]
        left[table] = list(itertools.compress(entries, out))
        entries[:] = [entry for entry, is_out in zip(entries, out, strict=True) if not is_out]
    kept = {t: w for t, w in request["RequestItems"].items() if _entries(w)}
    rest = json.dumps({**request, "RequestItems": kept}).encode() if kept else b""
    return rest, {t: e for t, e in left.items() if e}


def _with_left(operation: str, body: bytes, left: dict[str, list[object]]) -> bytes:
    answer = json.loads(body)
    if operation == "BatchWriteItem":
        answer["UnprocessedItems"] = left
    else:
        answer["UnprocessedKeys"] = {
            t: {"Keys": e, "ConsistentRead": True} for t, e in left.items()
        }
    return json.dumps(answer).encode()


@contextlib.contextmanager
def black_hole() -> Iterator[Engine]:
    """An address that takes no connection and refuses none: whoever calls hears nothing."""
    with contextlib.ExitStack() as stack:
        hole = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(BACKLOG):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                waiting.connect(hole.getsockname())
        yield Engine("black hole", f"http://127.0.0.1:{hole.getsockname()[1]}")


def _entries(wanted: list[object] | dict[str, list[object]]) -> list[object]:
    """What is asked of one table: puts and deletions, or keys to read."""
    return wanted["Keys"] if isinstance(wanted, dict) else wanted


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, *_: object) -> None:
        """A client that gave up is what many tests are about."""


@contextlib.contextmanager
def fault_proxy(upstream: Engine) -> Iterator[FaultProxy]:
    """A proxy in front of `upstream`, without faults until a plan is set."""
    handler = type("Handler", (_Handler,), {})
    server = _Server(("127.0.0.1", 0), handler)
    url = f"http://127.0.0.1:{server.server_address[1]}"
    proxy = FaultProxy(Engine(f"faulty {upstream.name}", url), upstream)
    handler.proxy = proxy
    thread = threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
    )
    thread.start()
    try:
        yield proxy
    finally:
        proxy.stopping.set()
        server.shutdown()
        server.server_close()
        thread.join()
