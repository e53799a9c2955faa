"""What of the SDK's way to a call was shortened: addresses, hosts, and one write for a request."""

from datetime import UTC, datetime

import botocore.auth
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSPreparedRequest, AWSRequest

from clarity.adapters.aws._address import _host, _Once
from clarity.adapters.aws._call import Call, in_progress
from clarity.adapters.aws._client import make_client
from clarity.adapters.aws._transport import _Connection
from clarity.adapters.aws.settings import Endpoint, Limits
from tests.support.canned import canned
from tests.support.dynamodb import credentials

REGION = "eu-west-1"
ANSWERS = {"GetItem": {}, "PutItem": {}}


@pytest.fixture
def client():
    credentials()
    with canned(ANSWERS) as url:
        made = make_client("dynamodb", Endpoint(region=REGION, url=url), Limits())
        yield made
        made.close()


def called(client, operation: str) -> AWSPreparedRequest:
    """The request of one call, as it is sent."""
    sent: list[AWSPreparedRequest] = []
    client.meta.events.register_last(
        "before-send.dynamodb", lambda request, **_: sent.append(request)
    )
    with in_progress(Call({"TableName": "clarity-main"})):
        getattr(client, operation)()
    return sent[0]


def text(value: str | bytes) -> str:
    """A header, which the SDK sends as bytes."""
    return value.decode() if isinstance(value, bytes) else value


def test_the_rules_for_addresses_are_gone_through_once_for_each_operation(client):
    asked: list[str] = []
    client.meta.events.register(
        "before-endpoint-resolution.dynamodb", lambda model, **_: asked.append(model.name)
    )

    for operation in ("get_item", "put_item", "get_item", "put_item"):
        called(client, operation)

    assert asked == ["GetItem", "PutItem"]


def test_an_address_that_was_not_found_is_looked_for_again():
    class Failing:
        """Has no answer at first."""

        asked = 0

        def construct_endpoint(self, **_: object) -> str:
            self.asked += 1
            if self.asked == 1:
                raise ValueError("no answer")
            return "found"

    class Model:
        """Of some operation."""

        name = "GetItem"

    once = _Once(Failing())
    with pytest.raises(ValueError, match="no answer"):
        once.construct_endpoint(operation_model=Model(), request_context={})

    for _ in range(2):
        assert once.construct_endpoint(operation_model=Model(), request_context={}) == "found"
    assert once.asked == 2


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://dynamodb.eu-west-1.amazonaws.com", "dynamodb.eu-west-1.amazonaws.com"),
        ("https://Dynamodb.eu-west-1.amazonaws.com:443/", "dynamodb.eu-west-1.amazonaws.com"),
        ("http://engine:80", "engine"),
        ("http://engine:443", "engine:443"),
        ("http://user:word@127.0.0.1:8000/x", "127.0.0.1:8000"),
        ("https://[::1]:8000", "[::1]:8000"),
        ("https://[::1]", "[::1]"),
    ],
)
def test_the_host_is_named_as_the_sdk_names_it(url: str, host: str):
    assert _host(url) == host
    assert botocore.auth._host_from_url(url) == host


def test_a_request_is_signed_as_the_sdk_signs_it_without_being_told_the_host(
    client, monkeypatch: pytest.MonkeyPatch
):
    now = datetime(2026, 11, 27, 12, tzinfo=UTC)
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda: now)
    ours = called(client, "get_item")
    signed = {"content-type", "x-amz-date", "x-amz-target"}
    plain = AWSRequest(
        method=ours.method,
        url=ours.url,
        data=ours.body,
        headers={k: text(v) for k, v in ours.headers.items() if k.lower() in signed},
    )

    SigV4Auth(client._get_credentials().get_frozen_credentials(), "dynamodb", REGION).add_auth(
        plain
    )

    assert text(ours.headers["Host"]) == _host(ours.url)
    assert plain.headers["Authorization"] == text(ours.headers["Authorization"])


class Wire:
    """A socket that remembers each write."""

    def __init__(self) -> None:
        self.written: list[bytes] = []

    def sendall(self, data: bytes) -> None:
        self.written.append(bytes(data))

    def settimeout(self, timeout_s: float) -> None:
        """Nothing is waited for."""


@pytest.mark.parametrize(
    ("body", "headers", "writes"),
    [
        (b"body", {"Content-Length": "4"}, [b"body"]),
        (None, {"Content-Length": "0"}, [b""]),
        (None, {}, [b""]),
        (
            [b"bo", b"dy"],
            {"Transfer-Encoding": "chunked"},
            [b"", b"2\r\nbo\r\n", b"2\r\ndy\r\n", b"0\r\n\r\n"],
        ),
    ],
)
def test_head_and_body_of_a_request_leave_in_one_write(body, headers, writes: list[bytes]):
    connection = _Connection("engine")
    connection.sock = wire = Wire()

    connection.request("POST", "/", body=body, headers=headers)

    head, *rest = wire.written
    assert head.startswith(b"POST / HTTP/1.1\r\n")
    assert [head.partition(b"\r\n\r\n")[2], *rest] == writes
