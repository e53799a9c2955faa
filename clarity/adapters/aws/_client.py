"""
Clients of the SDK with limits on everything, and with answers checked before they are believed.

Botocore returns a body whose `x-amz-crc32` does not match once its retries are used up, and takes
an empty 200 for an empty answer; `checked` refuses both before anything is parsed.
"""

import functools
import zlib
from binascii import b2a_base64
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from typing import Any, Final, Literal

import boto3
import botocore
import orjson
from boto3.session import Session
from botocore.client import BaseClient
from botocore.config import Config
from botocore.loaders import Loader, create_loader
from botocore.parsers import JSONParser, ResponseParserFactory
from botocore.session import Session as CoreSession

from clarity.adapters.aws._errors import BodyDamaged, DeadlinePassed
from clarity.adapters.aws.settings import Endpoint, Limits

__all__ = ["DEADLINE", "REQUEST", "addressed", "make_client"]

Service = Literal["dynamodb", "logs", "s3"]

FIRST_ERROR_STATUS: Final = 300

DEADLINE: Final[ContextVar[float]] = ContextVar("clarity-aws-deadline", default=float("inf"))
"""Stopwatch reading after which no attempt of the call in progress may start."""


REQUEST: Final[ContextVar[Mapping[str, Any]]] = ContextVar("clarity-aws-request")
"""Parameters of the DynamoDB call in progress, as they go on the wire but for bytes."""

USER_AGENT: Final = f"clarity Boto3/{boto3.__version__} Botocore/{botocore.__version__}"
"""Given whole, since the SDK's own is put together anew for every call, twice."""


@functools.cache
def _service_models() -> Loader:
    """The SDK's descriptions of services, read once for all clients."""
    return create_loader()


class _RawJsonParser(JSONParser):
    """Gives the answer as it is on the wire; bytes stay base64 text for the codec to read."""

    def _handle_json_body(self, raw_body: bytes, _shape: object) -> Any:
        return orjson.loads(raw_body) if raw_body else {}


class _RawJson(ResponseParserFactory):
    def create_parser(self, protocol_name: str) -> Any:
        if protocol_name == "json":
            return _RawJsonParser()
        return super().create_parser(protocol_name)


def make_client(
    service: Service, endpoint: Endpoint, limits: Limits, *, now_s: Callable[[], float]
) -> BaseClient:
    """
    A client of `service` with `limits`; credentials come through the SDK's own chain.

    Args:
        service: its name in the SDK.
        endpoint: where it is.
        limits: what a call may use.
        now_s: the stopwatch that `DEADLINE` is read against.
    """
    core = CoreSession()
    core.register_component("data_loader", _service_models())
    if service == "dynamodb":
        core.register_component("response_parser_factory", _RawJson())
    client = Session(botocore_session=core).client(
        service,
        region_name=endpoint.region,
        endpoint_url=endpoint.url or None,
        config=_config(limits, endpoint),
    )
    if service == "dynamodb":
        client.meta.events.register("before-parse.dynamodb", checked)
        client.meta.events.register("before-call.dynamodb", _write)
    _keep_deadline(client, service, now_s)
    return client


def _config(limits: Limits, endpoint: Endpoint) -> Config:
    """Engines on this machine have no names for their buckets, so those stand in the path."""
    return Config(
        connect_timeout=limits.connect_timeout_s,
        read_timeout=limits.read_timeout_s,
        max_pool_connections=limits.pool_size,
        retries={"mode": "standard", "total_max_attempts": limits.attempts},
        parameter_validation=False,
        tcp_keepalive=True,
        s3={"addressing_style": "path" if endpoint.url else "auto"},
        user_agent=USER_AGENT,
    )


def addressed(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Only the tables that `parameters` name, by which the SDK chooses the address of a call."""
    if "TableName" in parameters:
        return {"TableName": parameters["TableName"]}
    if "RequestItems" in parameters:
        return {"RequestItems": {name: {} for name in parameters["RequestItems"]}}
    if "TransactItems" in parameters:
        return {"TransactItems": [_of_table(action) for action in parameters["TransactItems"]]}
    return {}


def _of_table(action: Mapping[str, Any]) -> dict[str, Any]:
    return {kind: {"TableName": one["TableName"]} for kind, one in action.items()}


def _write(params: dict[str, Any], **_: object) -> None:
    """The body is what `REQUEST` holds; the SDK would walk through every attribute of it."""
    params["body"] = orjson.dumps(REQUEST.get(), default=_base64)


def _base64(value: object) -> str:
    if not isinstance(value, bytes):
        raise TypeError(f"{type(value).__name__} has no wire form")
    return b2a_base64(value, newline=False).decode()


def checked(response_dict: dict[str, Any], **_: object) -> None:
    """
    Nothing, when the body is the one that its checksum was made of.

    Raises:
        BodyDamaged: it is not, or a success came without a checksum.
    """
    told = response_dict["headers"].get("x-amz-crc32")
    if told is None:
        if response_dict["status_code"] >= FIRST_ERROR_STATUS:
            return
        raise BodyDamaged
    if not told.isdecimal() or int(told) != zlib.crc32(response_dict["body"]):
        raise BodyDamaged


def _keep_deadline(client: BaseClient, service: Service, now_s: Callable[[], float]) -> None:
    def refuse_late(**_: object) -> None:
        if now_s() >= DEADLINE.get():
            raise DeadlinePassed

    def stop_retrying(**_: object) -> bool | None:
        return False if now_s() >= DEADLINE.get() else None

    name = "cloudwatch-logs" if service == "logs" else service
    client.meta.events.register(f"before-send.{name}", refuse_late)
    retrying: Callable[..., Any] = stop_retrying  # the stubs know no hook that answers
    client.meta.events.register_first(f"needs-retry.{name}", retrying)
