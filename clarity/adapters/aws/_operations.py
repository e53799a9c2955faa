"""Requests as values: what is asked, how the answer is read, what may be done when it fails."""

from collections.abc import Callable, Mapping
from typing import Any, Generic, Literal, TypeVar

import attrs

__all__ = ["Answer", "Attribute", "Item", "Op", "OperationName"]

T = TypeVar("T")

Attribute = dict[str, Any]
"""One value in DynamoDB's JSON: `{"S": "..."}`, `{"N": "1"}`, `{"B": ...}` ..."""

Item = dict[str, Attribute]
"""Attributes by name, as they travel."""

Answer = Mapping[str, Any]
"""What the service says, in its JSON."""

OperationName = Literal[
    "batch_get_item",
    "batch_write_item",
    "create_table",
    "delete_item",
    "describe_table",
    "describe_time_to_live",
    "execute_statement",
    "get_item",
    "put_item",
    "query",
    "scan",
    "transact_write_items",
    "update_continuous_backups",
    "update_item",
    "update_time_to_live",
]


@attrs.frozen(kw_only=True)
class Op(Generic[T]):
    """
    One request, before it is sent. Making one does no I/O.

    Attributes:
        operation: the SDK's name of it.
        parameters: as the SDK takes them.
        decode: reads the answer.
        table: logical name of the (first) table, for metrics and spans.
        reads: nothing changes by it, so it may be repeated.
        may_lag: what was true a moment ago is an answer too, so a replica may give it. Not for what
            a decision, a count or a proof stands on.
    """

    operation: OperationName
    parameters: Mapping[str, Any]
    decode: Callable[[Answer], T]
    table: str
    reads: bool
    may_lag: bool = False

    def __attrs_post_init__(self) -> None:
        """Only what reads may lag."""
        if self.may_lag and not self.reads:
            raise ValueError("only what changes nothing may lag")
