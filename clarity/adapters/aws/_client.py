"""
Clients of the SDK with limits on everything, and with answers checked before they are believed.

Botocore returns a body whose `x-amz-crc32` does not match once its retries are used up, and takes
an empty 200 for an empty answer; both are refused here before anything is parsed. Its own retries
wait for seconds and know no deadline, so `_retries.py` decides instead.
"""

import functools
from binascii import b2a_base64
from collections.abc import Callable
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

from clarity.adapters.aws._address import find_addresses_once
from clarity.adapters.aws._call import current_call
from clarity.adapters.aws._deadline import current_deadline
from clarity.adapters.aws._errors import BodyDamaged, DeadlinePassed
from clarity.adapters.aws._retries import Retries
from clarity.adapters.aws._transport import check_answers, keep_time
from clarity.adapters.aws.settings import Endpoint, Limits

__all__ = ["make_client"]

Service = Literal["dynamodb", "logs", "s3"]

USER_AGENT: Final = f"clarity Boto3/{boto3.__version__} Botocore/{botocore.__version__}"
"""Given whole, since the SDK's own is put together anew for every call, twice."""


@functools.cache
def _service_models() -> Loader:
    """The SDK's descriptions of services, read once for all clients."""
    return create_loader()


class _RawJsonParser(JSONParser):
    """Gives the answer as it is on the wire; bytes stay base64 text for the codec to read."""

    def _handle_json_body(self, raw_body: bytes, _shape: object) -> Any:
        try:
            return orjson.loads(raw_body) if raw_body else {}
        except orjson.JSONDecodeError as error:
            raise BodyDamaged from error


class _RawJson(ResponseParserFactory):
    def create_parser(self, protocol_name: str) -> Any:
        if protocol_name == "json":
            return _RawJsonParser()
        return super().create_parser(protocol_name)


def make_client(service: Service, endpoint: Endpoint, limits: Limits) -> BaseClient:
    """
    A client of `service` with `limits`; credentials come through the SDK's own chain.

    Args:
        service: its name in the SDK.
        endpoint: where it is.
        limits: what a call may use.
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
        client.meta.events.register("before-call.dynamodb", _write)
    if service != "s3":  # whose bodies take as long as they are large
        keep_time(client)
    if service == "dynamodb":
        find_addresses_once(client)
        check_answers(client)
    _keep_to(limits, client, service)
    return client


def _config(limits: Limits, endpoint: Endpoint) -> Config:
    """Engines on this machine have no names for their buckets, so those stand in the path."""
    return Config(
        connect_timeout=limits.connect_timeout_s,
        read_timeout=limits.read_timeout_s,
        max_pool_connections=limits.pool_size,
        retries={"mode": "standard", "total_max_attempts": 1},
        parameter_validation=False,
        tcp_keepalive=True,
        s3={"addressing_style": "path" if endpoint.url else "auto"},
        user_agent=USER_AGENT,
    )


def _write(params: dict[str, Any], **_: object) -> None:
    """The body is what the call holds; the SDK would walk through every attribute of it."""
    params["body"] = orjson.dumps(current_call().parameters, default=_base64)


def _base64(value: object) -> str:
    if not isinstance(value, bytes):
        raise TypeError(f"{type(value).__name__} has no wire form")
    return b2a_base64(value, newline=False).decode()


def _keep_to(limits: Limits, client: BaseClient, service: Service) -> None:
    """No attempt begins after the deadline, and none is waited for that would."""

    def refuse_late(**_: object) -> None:
        if current_deadline().left_s <= 0:
            raise DeadlinePassed

    name = "cloudwatch-logs" if service == "logs" else service
    client.meta.events.register(f"before-send.{name}", refuse_late)
    again: Callable[..., Any] = Retries(attempts=limits.attempts).pause_s  # stubs: hooks are mute
    client.meta.events.register_first(f"needs-retry.{name}", again)
