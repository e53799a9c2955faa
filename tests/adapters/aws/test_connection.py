"""The connection against a real engine behind a proxy that breaks things."""

import contextlib
import socket
import threading
import time
from binascii import a2b_base64
from collections.abc import Iterator
from typing import Any

import attrs
import pytest

from clarity.adapters.aws._deadline import within
from clarity.adapters.aws._errors import ConditionFailed
from clarity.adapters.aws._operations import Op, OperationName
from clarity.adapters.aws.connection import ConnectionSettings, DynamoDBConnection
from clarity.adapters.aws.dynamodb.batch import Address, get_op
from clarity.adapters.aws.dynamodb.tables import create_tables
from clarity.adapters.aws.settings import Endpoint, Limits
from clarity.ports.errors import (
    Denied,
    Throttled,
    TimedOut,
    Transient,
    Unavailable,
    Unexpected,
)
from tests.support.clocks import HandClock
from tests.support.dynamodb import Counted, Spans, credentials
from tests.support.engines import REGION, running
from tests.support.fault_proxy import Fault, FaultProxy, Plan, always, fault_proxy, scripted

QUICK = Limits(connect_timeout_s=0.5, read_timeout_s=0.3, deadline_s=5, attempts=3)
NOWHERE = Endpoint(region=REGION, url="http://127.0.0.1:1")
THERE = Address("main", "P#t#p", "O#activity#20030501")


class Ticking(HandClock):
    def monotonic_s(self) -> float:
        return time.monotonic()


def connected(
    settings: ConnectionSettings, clock: HandClock | None = None
) -> tuple[DynamoDBConnection, Counted, Spans]:
    credentials()
    metrics, spans = Counted(), Spans()
    connection = DynamoDBConnection(
        settings, clock=clock or Ticking(), metrics=metrics, tracer=spans
    )
    return connection, metrics, spans


@pytest.fixture(scope="module")
def proxy() -> Iterator[FaultProxy]:
    with fault_proxy(running("ministack")) as faulty:
        yield faulty


@pytest.fixture
def line(proxy: FaultProxy) -> Iterator[tuple[DynamoDBConnection, Counted, Spans]]:
    proxy.plan = lambda *_: None
    settings = ConnectionSettings(
        endpoint=proxy.engine.endpoint, limits=QUICK, table_prefix="connection-"
    )
    opened = connected(settings)
    create_tables(opened[0], clock=Ticking())
    opened[0].run(put_op(opened[0]))
    proxy.requests.clear()
    yield opened
    proxy.plan = lambda *_: None
    opened[0].close()


def put_op(connection: DynamoDBConnection) -> Op[None]:
    return Op(
        operation="put_item",
        parameters={
            "TableName": connection.table("main"),
            "Item": {**THERE.key, "v": {"S": "here"}},
        },
        decode=lambda _: None,
        table="main",
        reads=False,
    )


def test_no_client_is_made_before_the_first_call():
    no_client_takes_it = Endpoint(region=REGION, url="http://-no host-")

    connection, metrics, _ = connected(ConnectionSettings(endpoint=no_client_takes_it))

    assert metrics.sums == {}
    with pytest.raises(ValueError, match="Invalid endpoint"):
        connection.ping_s()


def test_closing_twice_is_no_error_and_leaves_it_closed():
    connection, _, _ = connected(ConnectionSettings(endpoint=NOWHERE))

    connection.close()
    connection.close()

    with pytest.raises(Unavailable, match="closed"):
        connection.ping_s()


def test_closing_waits_for_a_call_in_progress_and_refuses_the_next(line, proxy: FaultProxy):
    connection, _, _ = line
    happened: list[str] = []
    asked, answering = threading.Event(), threading.Event()

    def plan(*_: object) -> None:
        asked.set()
        answering.wait(60)

    def call() -> None:
        op = get_op(connection, THERE)
        connection.run(attrs.evolve(op, decode=lambda _: happened.append("answered")))

    def close() -> None:
        connection.close()
        happened.append("closed")

    proxy.plan = plan
    caller, closer = threading.Thread(target=call), threading.Thread(target=close)
    caller.start()
    assert asked.wait(60)
    closer.start()
    while not connection._calls._is_over:
        pass
    with pytest.raises(Unavailable, match="closed"):
        connection.run(get_op(connection, THERE))
    answering.set()
    caller.join()
    closer.join()

    assert happened == ["answered", "closed"]


def test_closing_waits_no_longer_than_a_call_may_take(proxy: FaultProxy):
    limits = Limits(deadline_s=1.5)
    settings = ConnectionSettings(endpoint=proxy.engine.endpoint, limits=limits)
    connection, _, _ = connected(settings)
    proxy.plan = lambda *_: None
    stuck, released = threading.Event(), threading.Event()

    def decode(_: object) -> None:
        stuck.set()
        released.wait(60)

    op = attrs.evolve(get_op(connection, Address("other", "a", "b")), decode=decode)
    op = attrs.evolve(op, operation="list_tables", parameters={"Limit": 1})
    caller = threading.Thread(target=connection.run, args=(op,))
    caller.start()
    assert stuck.wait(60)

    connection.close()

    released.set()
    caller.join()


def test_the_prefix_of_the_settings_stands_before_every_table(line):
    connection, _, _ = line

    assert connection.table("main") == "connection-main"
    assert connection.run(get_op(connection, THERE))["v"] == {"S": "here"}


def test_a_call_leaves_a_span_and_its_units_but_never_a_key(line):
    connection, metrics, spans = line

    connection.run(get_op(connection, THERE))

    assert spans.seen[-1] == ("dynamodb", {"table": "main", "operation": "get_item"})
    assert spans.told == {"units": 1}
    assert metrics.total("dynamodb_units", table="main", operation="get_item") == 1
    assert metrics.total("dynamodb_call_s", operation="get_item", outcome="ok") == 1
    assert "O#activity" not in f"{spans.seen}{metrics.sums}"


@pytest.mark.parametrize(
    "fault", [Fault.THROTTLE, Fault.SERVER_ERROR, Fault.RESET_BEFORE, Fault.DROP_AFTER, Fault.HANG]
)
def test_a_passing_failure_is_retried(line, proxy: FaultProxy, fault: Fault):
    proxy.plan = scripted("GetItem", fault)

    item = line[0].run(get_op(line[0], THERE))

    assert item["v"] == {"S": "here"}
    assert proxy.requests["GetItem"] == 2


@pytest.mark.parametrize("fault", [Fault.CORRUPT, Fault.EMPTY, Fault.GARBAGE])
def test_a_damaged_answer_is_never_believed_and_read_again(line, proxy: FaultProxy, fault: Fault):
    connection, metrics, _ = line
    proxy.plan = scripted("GetItem", fault)

    item = connection.run(get_op(connection, THERE))

    assert item["v"] == {"S": "here"}
    assert metrics.total("dynamodb_damaged_answers") == 1


@pytest.mark.parametrize("fault", [Fault.CORRUPT, Fault.EMPTY, Fault.GARBAGE])
def test_damage_that_stays_is_unavailable_not_data(line, proxy: FaultProxy, fault: Fault):
    proxy.plan = always(fault)

    with pytest.raises(Unavailable, match="damaged"):
        line[0].run(get_op(line[0], THERE))

    assert proxy.requests["GetItem"] == 3


def test_a_write_whose_answer_is_damaged_is_not_sent_again(line, proxy: FaultProxy):
    proxy.plan = always(Fault.CORRUPT)

    with pytest.raises(Unavailable):
        line[0].run(put_op(line[0]))

    assert proxy.requests["PutItem"] == 1


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Fault.THROTTLE, Throttled),
        (Fault.SERVER_ERROR, Unavailable),
        (Fault.RESET_BEFORE, Unavailable),
        (Fault.HANG, TimedOut),
    ],
)
def test_a_failure_that_stays_ends_after_the_attempts(
    line, proxy: FaultProxy, fault: Fault, expected: type[Exception]
):
    proxy.plan = always(fault)

    with pytest.raises(expected):
        line[0].run(get_op(line[0], THERE))

    assert proxy.requests["GetItem"] == QUICK.attempts
    outcome = expected.code
    assert line[1].total("dynamodb_call_s", operation="get_item", outcome=outcome) == 1


def test_a_condition_that_did_not_hold_is_timed_as_refused(line):
    connection, metrics, _ = line
    put = put_op(connection)
    again = {**put.parameters, "ConditionExpression": "attribute_not_exists(pk)"}

    with pytest.raises(ConditionFailed):
        connection.run(attrs.evolve(put, parameters=again))

    assert metrics.total("dynamodb_call_s", operation="put_item", outcome="refused") == 1


def test_units_of_several_tables_are_told_under_each_and_together(line):
    connection, metrics, spans = line
    tables = [connection.table(name) for name in ("main", "audit")]
    puts = [{"Put": {"TableName": name, "Item": THERE.key}} for name in tables]

    connection.run(
        Op(
            operation="transact_write_items",
            parameters={"TransactItems": puts, "ReturnConsumedCapacity": "TOTAL"},
            decode=lambda _: None,
            table="audit",
            reads=False,
        )
    )

    each = [metrics.total("dynamodb_units", table=name) for name in ("main", "audit")]
    assert all(each)
    assert spans.told == {"units": sum(each)}


def test_a_call_that_is_never_answered_ends_with_the_deadline(proxy: FaultProxy):
    limits = Limits(connect_timeout_s=0.5, read_timeout_s=60, deadline_s=1.5, attempts=50)
    settings = ConnectionSettings(endpoint=proxy.engine.endpoint, limits=limits)
    connection, _, _ = connected(settings)
    proxy.requests.clear()
    proxy.plan = always(Fault.HANG)

    with pytest.raises(TimedOut, match=r"within 1\.5 s"):
        connection.run(get_op(connection, THERE))

    assert proxy.requests["GetItem"] == 1
    connection.close()


BY_HAND = Limits(connect_timeout_s=5, read_timeout_s=20, deadline_s=5, attempts=9)


def costing(clock: HandClock, seconds: float, fault: Fault) -> Plan:
    """Every request takes so long by the clock and fails."""

    def plan(*_: object) -> Fault:
        clock.advance(seconds)
        return fault

    return plan


def test_what_the_attempts_take_comes_off_one_deadline(proxy: FaultProxy):
    clock = HandClock()
    settings = ConnectionSettings(endpoint=proxy.engine.endpoint, limits=BY_HAND)
    connection, _, _ = connected(settings, clock)
    proxy.requests.clear()
    proxy.plan = costing(clock, 2, Fault.SERVER_ERROR)

    with pytest.raises(Transient):
        connection.run(get_op(connection, THERE))

    assert proxy.requests["GetItem"] == 3
    connection.close()


def test_work_in_several_calls_has_one_deadline(proxy: FaultProxy):
    clock = HandClock()
    settings = ConnectionSettings(endpoint=proxy.engine.endpoint, limits=BY_HAND)
    connection, _, _ = connected(settings, clock)
    proxy.requests.clear()
    proxy.plan = costing(clock, 2, Fault.SERVER_ERROR)

    with within(3, clock.monotonic_s):
        for _ in range(2):
            with pytest.raises(Transient):
                connection.run(get_op(connection, THERE))

    assert proxy.requests["GetItem"] == 2
    connection.close()


PIECE, PIECES = bytes(1_024), 20_000
"""More than all buffers between a server and its client hold, so neither runs ahead."""


def trickle(clock: HandClock, listening: socket.socket) -> None:
    """Answers whoever asks, a piece a second by the clock, until the asker goes away."""
    head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(PIECE) * PIECES}\r\nx-amz-crc32: 0\r\n\r\n"
    with contextlib.suppress(OSError):
        asking, _ = listening.accept()
        with asking:
            asking.recv(65_536)
            asking.sendall(head.encode())
            for _ in range(PIECES):
                clock.advance(1)
                asking.sendall(PIECE)


def test_an_answer_that_trickles_in_ends_with_the_deadline():
    clock = HandClock()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = threading.Thread(target=trickle, args=(clock, listening))
        server.start()
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        settings = ConnectionSettings(endpoint=Endpoint(region=REGION, url=url), limits=BY_HAND)
        connection, _, _ = connected(settings, clock)

        with pytest.raises(TimedOut):
            connection.ping_s()
        connection.close()
        server.join()


def test_nothing_is_sent_when_the_time_is_over_already(proxy: FaultProxy):
    clock = HandClock()
    connection, _, _ = connected(ConnectionSettings(endpoint=proxy.engine.endpoint), clock)
    proxy.requests.clear()

    with within(1, clock.monotonic_s):
        clock.advance(1)
        with pytest.raises(TimedOut):
            connection.ping_s()

    assert not proxy.requests
    connection.close()


def test_damage_and_other_failures_share_the_attempts(line, proxy: FaultProxy):
    faults = [Fault.CORRUPT, Fault.SERVER_ERROR, Fault.CORRUPT, Fault.THROTTLE] * 5
    proxy.plan = scripted("GetItem", *faults)

    with pytest.raises(Unavailable, match="damaged"):
        line[0].run(get_op(line[0], THERE))

    assert proxy.requests["GetItem"] == QUICK.attempts


def test_nobody_at_the_address_is_unavailable():
    limits = Limits(attempts=1)
    connection, _, _ = connected(ConnectionSettings(endpoint=NOWHERE, limits=limits))

    with pytest.raises(Unavailable):
        connection.ping_s()
    connection.close()


def test_a_ping_says_how_long_it_took(line):
    assert line[0].ping_s() > 0


def test_a_missing_table_is_told(line):
    with pytest.raises(Unexpected, match="create-tables"):
        line[0].run(get_op(line[0], Address("other", "a", "b")))


def test_every_kind_of_request_arrives_whole_bytes_as_base64(line):
    connection, _, _ = line
    name, item = connection.table("main"), {**THERE.key, "b": {"B": bytes(range(256))}}
    keys = {"Keys": [THERE.key]}

    def run(operation: OperationName, **parameters: object) -> Any:
        return connection.run(
            Op(
                operation=operation,
                parameters=parameters,
                decode=dict,
                table="main",
                reads=False,
            )
        )

    for write in (
        lambda: run("put_item", TableName=name, Item=item),
        lambda: run("batch_write_item", RequestItems={name: [{"PutRequest": {"Item": item}}]}),
        lambda: run(
            "transact_write_items", TransactItems=[{"Put": {"TableName": name, "Item": item}}]
        ),
    ):
        run("delete_item", TableName=name, Key=THERE.key)
        write()
        answer = run("batch_get_item", RequestItems={name: keys})
        (found,) = answer["Responses"][name]
        assert a2b_base64(found["b"]["B"]) == bytes(range(256))


def test_what_has_no_wire_form_is_refused_before_it_is_sent(line, proxy: FaultProxy):
    connection, _, _ = line
    wrong = attrs.evolve(put_op(connection), parameters={"TableName": "t", "Item": {"a": object()}})

    with pytest.raises(TypeError):
        connection.run(wrong)

    assert not proxy.requests


def test_a_closed_connection_refuses(proxy: FaultProxy):
    connection, _, _ = connected(ConnectionSettings(endpoint=proxy.engine.endpoint))
    connection.close()

    with pytest.raises(Unavailable, match="closed"):
        connection.ping_s()


def test_without_credentials_it_is_denied(monkeypatch: pytest.MonkeyPatch, proxy: FaultProxy):
    connection, _, _ = connected(ConnectionSettings(endpoint=proxy.engine.endpoint))
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")

    with pytest.raises(Denied, match="credentials"):
        connection.ping_s()
    connection.close()


def test_reads_go_to_the_replica_when_the_region_is_silent(line, proxy: FaultProxy):
    settings = ConnectionSettings(
        endpoint=NOWHERE,
        replica=proxy.engine.endpoint,
        limits=Limits(attempts=1),
        table_prefix="connection-",
    )
    connection, metrics, _ = connected(settings)

    item = connection.run(attrs.evolve(get_op(connection, THERE), may_lag=True))

    assert item["v"] == {"S": "here"}
    assert metrics.total("dynamodb_replica_reads") == 1
    with pytest.raises(Unavailable):
        connection.run(put_op(connection))
    assert proxy.requests["PutItem"] == 0
    connection.close()


def test_an_answer_that_is_no_failure_of_the_region_does_not_go_to_the_replica(
    line, proxy: FaultProxy
):
    settings = ConnectionSettings(
        endpoint=proxy.engine.endpoint, replica=NOWHERE, table_prefix="connection-"
    )
    connection, metrics, _ = connected(settings)

    absent = get_op(connection, Address("other", "a", "b"))
    with pytest.raises(Unexpected):
        connection.run(attrs.evolve(absent, may_lag=True))

    assert metrics.total("dynamodb_replica_reads") == 0
    connection.close()


def test_threads_that_begin_together_share_one_client(proxy: FaultProxy):
    proxy.plan = lambda *_: None
    connection, _, _ = connected(ConnectionSettings(endpoint=proxy.engine.endpoint))
    barrier = threading.Barrier(8)
    clients = []

    def ping() -> None:
        barrier.wait()
        connection.ping_s()
        clients.append(connection._client(proxy.engine.endpoint))

    threads = [threading.Thread(target=ping) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(clients) == 8
    assert len(set(map(id, clients))) == 1
    connection.close()


@pytest.mark.parametrize(
    "wrong",
    [
        {"connect_timeout_s": 0},
        {"read_timeout_s": -1},
        {"deadline_s": float("nan")},
        {"attempts": 0},
        {"pool_size": 0},
    ],
)
def test_limits_without_a_limit_are_refused(wrong: dict[str, float]):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Limits(**wrong)


def test_a_prefix_that_no_table_name_may_have_is_refused():
    with pytest.raises(ValueError, match="table_prefix"):
        ConnectionSettings(endpoint=NOWHERE, table_prefix="a b")


def test_timeouts_and_pool_reach_the_client():
    limits = Limits(connect_timeout_s=1.5, read_timeout_s=2.5, pool_size=7)
    connection, _, _ = connected(ConnectionSettings(endpoint=NOWHERE, limits=limits))

    config = connection._client(NOWHERE).meta.config

    assert (config.connect_timeout, config.read_timeout) == (1.5, 2.5)
    assert config.max_pool_connections == 7
    connection.close()
