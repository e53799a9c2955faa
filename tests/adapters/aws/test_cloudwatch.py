"""
CloudWatch Logs: what one request holds, what is refused, and how the stream comes to be.

What moto does otherwise than the reference, each shown below:

| deviation | what we do instead |
|---|---|
| keeps no limit on sizes, numbers and the span of a request | tests/support/logs_server.py does |
| says where the events begin and end that it refused, one off | no index is read: all go again |
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import attrs
import boto3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clarity.adapters.aws.cloudwatch.audit import BadLogAddress, Place, open_sink, place_of
from clarity.adapters.aws.cloudwatch.batch import MAX_BATCH_BYTES, first_batch
from clarity.adapters.aws.settings import Endpoint
from clarity.adapters.local.clock import SystemClock
from clarity.domain.audit_log import MAX_ENTRY_BYTES, LogEntry
from clarity.ports.errors import Throttled, Unavailable, Unexpected
from tests.support.clocks import START, HandClock
from tests.support.dynamodb import Counted, Spans, credentials
from tests.support.engines import REGION, running
from tests.support.logs import ONE_TRY, cloudwatch, entries
from tests.support.logs_server import LogFault, LogsServer, logs_server

GROUP = "clarity/audit"


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def server(clock: HandClock) -> Iterator[LogsServer]:
    with logs_server() as running_:
        running_.now = clock.now
        yield running_


@given(
    sizes=st.lists(st.sampled_from([30, 1_000, 200_000, MAX_ENTRY_BYTES]), max_size=30),
    hours=st.data(),
)
def test_a_request_holds_as_much_as_may_be_and_no_more(sizes: list[int], hours: st.DataObject):
    offsets = sorted(hours.draw(st.lists(st.integers(-20 * 24, 30), min_size=30, max_size=30)))
    some = [
        attrs.evolve(entries(1, at=START, size=size)[0], at=START + timedelta(hours=offset))
        for size, offset in zip(sizes, offsets, strict=False)
    ]

    batch = first_batch(some, START)

    assert bool(batch) == bool(some)
    assert [event["message"] for event in batch] == [entry.text for entry in some[: len(batch)]]
    assert _is_allowed(batch)
    if len(batch) < len(some):
        assert not _is_allowed([*batch, *first_batch(some[len(batch) :][:1], START)])


def _is_allowed(batch: Sequence[dict]) -> bool:
    times = [event["timestamp"] for event in batch]
    size = sum(len(event["message"]) + 26 for event in batch)
    return not batch or (size <= MAX_BATCH_BYTES and times[-1] - times[0] < 24 * 3_600_000)


def test_a_request_holds_ten_thousand_entries():
    assert len(first_batch(entries(10_001, at=START), START)) == 10_000


def test_times_are_brought_into_what_the_service_takes():
    (entry,) = entries(1, at=START)
    at = [attrs.evolve(entry, at=START + timedelta(days=days)) for days in (-400, 400)]

    stamps = [first_batch([one], START)[0]["timestamp"] / 1_000 for one in at]

    told = [datetime.fromtimestamp(stamp, UTC) - START for stamp in stamps]
    assert told == [timedelta(days=-13), timedelta(hours=1)]


def test_a_group_and_stream_that_are_missing_are_made_once(server: LogsServer, clock: HandClock):
    with cloudwatch(server.url, clock) as sink:
        sink.write(entries(1, at=START))
        sink.write(entries(1, at=START))

    assert server.asked == {"PutLogEvents": 3, "CreateLogGroup": 1, "CreateLogStream": 1}
    assert server.groups == {GROUP}


def test_a_group_that_is_there_gets_a_stream(server: LogsServer, clock: HandClock):
    server.groups.add(GROUP)

    with cloudwatch(server.url, clock) as sink:
        assert sink.write(entries(1, at=START)) == 1


def test_a_group_that_is_missing_is_told_unless_it_may_be_made(
    server: LogsServer, clock: HandClock
):
    address = f"cloudwatch://{REGION}/{GROUP}?endpoint={server.url}"
    told = {"clock": clock, "metrics": Counted(), "tracer": Spans()}
    with (
        open_sink(address, limits=ONE_TRY, **told) as sink,
        pytest.raises(Unexpected, match="create=yes"),
    ):
        sink.write(entries(1, at=START))


def test_entries_older_than_the_group_keeps_go_again_with_the_present_time(
    server: LogsServer, clock: HandClock
):
    server.retention = timedelta(days=1)
    some = [
        *entries(2, at=START - timedelta(hours=30)),
        *entries(2, at=START - timedelta(hours=20), size=90),
    ]
    metrics = Counted()

    with cloudwatch(server.url, clock, metrics=metrics) as sink:
        assert sink.write(some) == 4

    assert {entry.text for entry in some} == set(server.messages)
    assert server.messages[-4:] == [entry.text for entry in some]
    assert metrics.total("audit_log_restamped") == 4


def test_a_clock_that_is_hours_ahead_is_told_and_nothing_counts_as_written(
    server: LogsServer, clock: HandClock
):
    server.now = lambda: START - timedelta(hours=5)

    with cloudwatch(server.url, clock) as sink, pytest.raises(Unexpected, match="clock"):
        sink.write(entries(1, at=START))

    assert server.messages == []


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (LogFault.AWAY, Unavailable),
        (LogFault.THROTTLED, Throttled),
        (LogFault.LOST_AFTER, Unavailable),
        (LogFault.GARBAGE, Unavailable),
    ],
)
def test_failures_are_told_in_the_words_of_the_port(
    server: LogsServer, clock: HandClock, fault: LogFault, error: type[Exception]
):
    with cloudwatch(server.url, clock) as sink:
        sink.write(entries(1, at=START))
        server.fault = lambda: fault
        with pytest.raises(error):
            sink.write(entries(1, at=START, size=90))


def test_a_server_that_is_not_there_is_told(clock: HandClock):
    with (
        cloudwatch("http://127.0.0.1:1", clock) as sink,
        pytest.raises(Unavailable, match="CloudWatch Logs"),
    ):
        sink.write(entries(1, at=START))


def test_after_the_end_nothing_is_written(server: LogsServer, clock: HandClock):
    with cloudwatch(server.url, clock) as sink:
        sink.write(entries(1, at=START))
    sink.connection.close()

    with pytest.raises(Unavailable, match="closed"):
        sink.write(entries(1, at=START))


def test_calls_are_spans_and_times_without_any_content(server: LogsServer, clock: HandClock):
    credentials()
    metrics, spans = Counted(), Spans()
    told = {"clock": clock, "metrics": metrics, "tracer": spans}
    address = f"cloudwatch://{REGION}/{GROUP}?endpoint={server.url}&create=yes"

    with open_sink(address, **told) as sink:
        sink.write(entries(1, at=START))

    assert spans.seen[0] == ("cloudwatch", {"operation": "put_log_events"})
    assert metrics.total("cloudwatch_call_s") == len(spans.seen) == 4


def test_an_address_names_region_group_and_stream():
    assert place_of("cloudwatch://eu-west-1/clarity/audit?stream=main&create=yes") == Place(
        endpoint=Endpoint(region="eu-west-1"),
        group="clarity/audit",
        stream="main",
        makes_group=True,
    )
    assert place_of("cloudwatch://eu-west-1//aws/x").group == "/aws/x"
    assert place_of("cloudwatch://eu-west-1/x").stream == "audit"


@pytest.mark.parametrize(
    "address",
    [
        "cloudwatch://",
        "logs://eu-west-1/x",
        "cloudwatch://eu-west-1",
        "cloudwatch://eu-west-1/a b",
        "cloudwatch://eu-west-1/x?stream=a:b",
        "cloudwatch://eu-west-1/x?create=no",
        "cloudwatch://eu-west-1/x?colour=blue",
        "cloudwatch://Ü/x",
    ],
)
def test_an_address_that_is_none_is_refused_with_the_right_form(address: str):
    with pytest.raises(BadLogAddress, match="cloudwatch://REGION/GROUP"):
        place_of(address)


def _refused_by_moto(*hours: int) -> dict:
    """What moto says of events so many hours from now."""
    credentials()
    client = boto3.client("logs", endpoint_url=running("moto").url, region_name=REGION)
    name = {"logGroupName": f"deviation{hours}".translate(str.maketrans("(), ", "---_"))}
    now_ms = int(SystemClock().now().timestamp() * 1_000)
    try:
        client.create_log_group(**name)
        client.create_log_stream(**name, logStreamName="s")
        events = [{"timestamp": now_ms + h * 3_600_000, "message": "m"} for h in hours]
        answer = client.put_log_events(**name, logStreamName="s", logEvents=events)
        return answer.get("rejectedLogEventsInfo", {})
    finally:
        client.close()


def test_moto_refuses_no_span_of_days():
    assert _refused_by_moto(-48, 0) == {}


def test_moto_counts_what_it_refused_one_off():
    assert _refused_by_moto(-400, -400, 0) == {"tooOldLogEventEndIndex": 1}
    assert _refused_by_moto(0, 4, 4) == {"tooNewLogEventStartIndex": 2}


def test_an_entry_that_no_log_takes_cannot_be_made():
    with pytest.raises(ValueError, match="text"):
        LogEntry("c", 1, is_last=True, at=START, text="x" * (MAX_ENTRY_BYTES + 1))
