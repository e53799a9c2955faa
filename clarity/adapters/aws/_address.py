"""
Where the SDK sends the calls of a client, found out once for each operation.

The SDK goes through its rules for addresses at every call, and takes the host out of the address
twice when it signs. A table is named by its name and never by an ARN, which could name another
account, so the rules have one answer for all calls of an operation; one that raises is not kept.
"""

import functools
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import attrs
from botocore.client import BaseClient

__all__ = ["find_addresses_once"]

RESOLVER: Final = "_ruleset_resolver"
"""Where a client keeps it; the SDK offers no other way to it."""

NO_TABLES: Final[Mapping[str, Any]] = {"RequestItems": {}, "TransactItems": []}
"""What the rules look into; they choke on nothing at all."""

USUAL_PORTS: Final = {"http": 80, "https": 443}


@attrs.frozen
class _Once:
    """The SDK's resolver, asked once for each operation."""

    inner: Any
    _found: dict[str, Any] = attrs.field(factory=dict, init=False)

    def construct_endpoint(
        self, *, operation_model: Any, request_context: Mapping[str, Any], **_: object
    ) -> Any:
        name = operation_model.name
        if name not in self._found:
            self._found[name] = self.inner.construct_endpoint(
                operation_model=operation_model,
                call_args=NO_TABLES,
                request_context=request_context,
            )
        return self._found[name]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


@functools.cache
def _host(url: str) -> str:
    """As HTTP names it: with the port unless that is the usual one."""
    parts = urlsplit(url)
    name = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else str(parts.hostname)
    return name if parts.port in {None, USUAL_PORTS.get(parts.scheme)} else f"{name}:{parts.port}"


def _name_host(params: dict[str, Any], **_: object) -> None:
    params["headers"]["Host"] = _host(params["url"])


def find_addresses_once(client: BaseClient) -> None:
    """The address of each operation of a DynamoDB client is worked out at its first call."""
    vars(client)[RESOLVER] = _Once(vars(client)[RESOLVER])
    client.meta.events.register("before-call.dynamodb", _name_host)
