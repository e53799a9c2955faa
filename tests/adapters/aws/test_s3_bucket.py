"""The bucket on real engines, and behind a proxy that breaks things."""

import io
from collections.abc import Iterator
from pathlib import Path

import attrs
import pytest

from clarity.adapters.aws._absent import BucketMissing
from clarity.adapters.aws._errors import ConditionFailed
from clarity.adapters.aws.s3._drafts import on_disk
from clarity.adapters.aws.s3._requests import ObjectOp
from clarity.adapters.aws.s3.blobs import S3BlobStore
from clarity.adapters.aws.s3.bucket import MOST_KEYS, PIECE, Bucket, _all_removed
from clarity.adapters.aws.s3.connection import S3Connection
from clarity.adapters.aws.s3.model_store import S3ModelStore
from clarity.adapters.aws.settings import Endpoint, Limits
from clarity.ports.blobs import BlobKey
from clarity.ports.errors import Denied, NotFound, Throttled, TimedOut, TooLarge, Unavailable
from tests.support.clocks import HandClock
from tests.support.dynamodb import LIMITS, Counted, Spans, credentials
from tests.support.engines import running
from tests.support.fault_proxy import Fault, FaultProxy, always, fault_proxy, scripted
from tests.support.s3 import BUCKET, Stopwatch, connection_to, fresh_bucket

QUICK = Limits(connect_timeout_s=0.5, read_timeout_s=0.3, deadline_s=5, attempts=3)


@pytest.fixture(params=["ministack", "moto"])
def bucket(request: pytest.FixtureRequest) -> Bucket:
    return fresh_bucket(request.param)


@pytest.fixture(scope="module")
def proxy() -> Iterator[FaultProxy]:
    fresh_bucket("ministack")
    with fault_proxy(running("ministack")) as faulty:
        yield faulty


@pytest.fixture
def line(proxy: FaultProxy) -> Iterator[Bucket]:
    """A bucket behind the proxy, with the object `there`."""
    proxy.plan = lambda *_: None
    connection = connection_to(proxy.engine.url, QUICK)
    bucket = Bucket(connection, BUCKET, fresh_bucket("ministack").prefix)
    bucket.write("there", b"content")
    proxy.requests.clear()
    yield bucket
    proxy.plan = lambda *_: None
    connection.close()


def metrics_of(bucket: Bucket) -> Counted:
    return bucket.connection._metrics


def fetched(bucket: Bucket, key: str, *, most: int = 100) -> bytes:
    file = io.BytesIO()
    bucket.fetch(key, file, most=most)
    return file.getvalue()


def test_a_bucket_that_is_there_can_be_made_again_and_keeps_what_it_holds(bucket: Bucket):
    bucket.write("a", b"one")

    bucket.make()

    assert bucket.read("a", most=3).data == b"one"


def test_what_was_created_is_read_with_its_etag(bucket: Bucket):
    bucket.create("a/b", b"one")

    first = bucket.read("a/b", most=3)
    bucket.replace("a/b", b"two", etag=first.etag)

    assert first.data == b"one"
    assert bucket.read("a/b", most=3).etag != first.etag


def test_what_is_there_is_not_created_again(bucket: Bucket):
    bucket.create("a", b"one")

    with pytest.raises(ConditionFailed):
        bucket.create("a", b"two")

    assert bucket.read("a", most=9).data == b"one"


def test_what_has_changed_is_neither_replaced_nor_removed(bucket: Bucket):
    bucket.create("a", b"one")
    old = bucket.read("a", most=9).etag
    bucket.write("a", b"two")

    with pytest.raises(ConditionFailed):
        bucket.replace("a", b"three", etag=old)
    with pytest.raises(ConditionFailed):
        bucket.remove("a", etag=old)

    assert bucket.read("a", most=9).data == b"two"


def test_what_is_absent_is_not_found_and_not_replaced(bucket: Bucket):
    with pytest.raises(NotFound):
        bucket.read("a", most=9)
    with pytest.raises(NotFound):
        fetched(bucket, "a")
    with pytest.raises(NotFound):
        bucket.replace("a", b"x", etag='"0"')


def test_removing_what_is_absent_is_no_error_and_leaves_the_rest(bucket: Bucket):
    bucket.write("c", b"x")

    bucket.remove("a")
    bucket.remove_all(["a", "b"])
    bucket.remove_all([])

    assert [one.key for one in bucket.listed()] == ["c"]


def test_more_bytes_than_were_allowed_are_not_read(bucket: Bucket):
    bucket.write("a", b"four")

    with pytest.raises(TooLarge):
        bucket.read("a", most=3)


def test_of_more_bytes_than_were_allowed_only_the_beginning_is_fetched(bucket: Bucket):
    bucket.write("a", bytes(4 * PIECE))

    assert len(fetched(bucket, "a", most=PIECE)) == 2 * PIECE


def test_a_bucket_sees_only_what_is_under_its_prefix(bucket: Bucket):
    bucket.write("a", b"one")
    other = Bucket(bucket.connection, bucket.name, bucket.prefix.replace("/", "x/"))
    other.write("b", b"two")

    assert [listed.key for listed in bucket.listed()] == ["a"]
    with pytest.raises(NotFound):
        bucket.read("b", most=9)


def test_lists_and_removals_go_over_any_number_of_objects():
    bucket = fresh_bucket("ministack")
    keys = [f"k/{number:04}" for number in range(MOST_KEYS + 3)]
    for key in keys:
        bucket.write(key, b"x")
    bucket.write("l", b"x")

    listed = [(one.key, one.size_bytes) for one in bucket.listed("k/")]
    bucket.remove_all(keys)

    assert listed == [(key, 1) for key in keys]
    assert [one.key for one in bucket.listed()] == ["l"]


def test_an_object_that_could_not_be_removed_is_told():
    refused = {"Errors": [{"Key": "a", "Code": "AccessDenied", "Message": "no"}]}
    connection = connection_to(running("ministack").url)
    op = ObjectOp(
        operation="list_objects_v2",
        parameters={"Bucket": fresh_bucket("ministack").name},
        decode=lambda _: _all_removed(refused),
    )

    with pytest.raises(Denied):
        connection.run(op)
    connection.close()


def test_what_lies_in_a_bucket_says_where_after_asking(bucket: Bucket, tmp_path: Path):
    store = S3ModelStore(bucket=bucket, clock=HandClock(), folder=tmp_path)

    for pingable in (store, S3BlobStore(bucket)):
        said = pingable.ping()

        assert f"s3://{bucket.name}/{bucket.prefix} in eu-west-1 at http://" in said
    with pytest.raises(BucketMissing):
        S3BlobStore(attrs.evolve(bucket, name="nobody-made-this")).ping()


@pytest.mark.parametrize("engine", ["ministack", "moto"])
def test_a_missing_bucket_is_told_with_what_to_do(engine: str):
    bucket = Bucket(fresh_bucket(engine).connection, "nobody-made-this")

    for call in (
        lambda: bucket.read("a", most=9),
        lambda: bucket.create("a", b"x"),
        lambda: list(bucket.listed()),
    ):
        with pytest.raises(BucketMissing, match="create it"):
            call()


def test_buckets_of_the_first_region_are_made_without_naming_it():
    credentials()
    endpoint = Endpoint(region="us-east-1", url=running("moto").url)
    connection = S3Connection(
        endpoint, LIMITS, clock=Stopwatch(), metrics=Counted(), tracer=Spans()
    )
    bucket = Bucket(connection, "clarity-first-region")

    bucket.make()
    bucket.write("a", b"x")

    assert [one.key for one in bucket.listed()] == ["a"]
    connection.close()


def test_a_call_leaves_a_span_and_its_duration_but_never_a_key(line: Bucket):
    line.read("there", most=9)

    assert line.connection._tracer.seen[-1] == ("s3", {"operation": "get_object"})
    assert metrics_of(line).total("s3_call_s", operation="get_object") == 1
    assert "there" not in f"{line.connection._tracer.seen}{metrics_of(line).sums}"


@pytest.mark.parametrize(
    "fault", [Fault.THROTTLE, Fault.SERVER_ERROR, Fault.RESET_BEFORE, Fault.DROP_AFTER, Fault.HANG]
)
def test_a_passing_failure_is_retried(line: Bucket, proxy: FaultProxy, fault: Fault):
    proxy.plan = scripted("GET", fault)

    assert line.read("there", most=9).data == b"content"
    assert proxy.requests["GET"] == 2


def contents(bucket: Bucket, call: str) -> object:
    match call:
        case "read":
            return bucket.read("there", most=99).data
        case "fetch":
            return fetched(bucket, "there")
    return [one.key for one in bucket.listed()]


@pytest.mark.parametrize(
    ("call", "fault"),
    [
        ("read", Fault.CORRUPT),
        ("read", Fault.EMPTY),
        ("read", Fault.GARBAGE),
        ("fetch", Fault.CORRUPT),
        ("fetch", Fault.EMPTY),
        ("fetch", Fault.GARBAGE),
        ("list", Fault.EMPTY),
        ("list", Fault.GARBAGE),
    ],
)
def test_a_damaged_answer_is_never_believed_and_asked_for_again(
    line: Bucket, proxy: FaultProxy, call: str, fault: Fault
):
    right = contents(line, call)
    proxy.requests.clear()
    proxy.plan = scripted("GET", fault)

    assert contents(line, call) == right
    assert proxy.requests["GET"] == 2


@pytest.mark.parametrize("fault", [Fault.CORRUPT, Fault.EMPTY, Fault.GARBAGE])
def test_damage_that_stays_is_unavailable_not_data(line: Bucket, proxy: FaultProxy, fault: Fault):
    proxy.plan = always(fault)

    with pytest.raises(Unavailable, match="damaged"):
        line.read("there", most=99)

    assert proxy.requests["GET"] == QUICK.attempts


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
    line: Bucket, proxy: FaultProxy, fault: Fault, expected: type[Exception]
):
    proxy.plan = always(fault)

    with pytest.raises(expected):
        line.write("a", b"x")

    assert proxy.requests["PUT"] == QUICK.attempts


def test_damage_is_counted(line: Bucket, proxy: FaultProxy):
    proxy.plan = scripted("GET", Fault.CORRUPT, Fault.CORRUPT)

    line.read("there", most=99)

    assert metrics_of(line).total("s3_damaged_answers", operation="get_object") == 2


@pytest.mark.parametrize("fault", [Fault.DROP_AFTER, Fault.GARBAGE])
def test_a_blob_whose_answer_was_lost_is_there(line: Bucket, proxy: FaultProxy, fault: Fault):
    blobs, key = S3BlobStore(line), BlobKey("0" * 32, "1" * 32)
    proxy.plan = scripted("PUT", fault)

    blob = blobs.put(key, b"content")

    assert blobs.get(blob) == b"content"


def test_a_blob_that_another_writer_holds_is_unavailable(line: Bucket, proxy: FaultProxy):
    proxy.plan = scripted("PUT", Fault.CONFLICT)

    with pytest.raises(Unavailable, match="another writer"):
        S3BlobStore(line).put(BlobKey("0" * 32, "1" * 32), b"content")


def test_a_closed_connection_refuses(proxy: FaultProxy):
    used, unused = connection_to(proxy.engine.url), connection_to(proxy.engine.url)
    Bucket(used, BUCKET).write("closed", b"x")
    for connection in (used, unused):
        connection.close()
        connection.close()

        with pytest.raises(Unavailable, match="closed"):
            Bucket(connection, BUCKET).read("closed", most=9)


def test_a_folder_that_cannot_be_used_is_told(tmp_path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "file").touch()

    with pytest.raises(Unavailable, match="fetched"), on_disk(tmp_path / "file"):
        pass
    with pytest.raises(Denied), on_disk(tmp_path / "fine"):
        raise PermissionError
