"""Requests to S3 as values: what is asked and how the answer is read."""

from collections.abc import Callable, Mapping
from typing import Any, Generic, Literal, TypeVar

import attrs

__all__ = ["Answer", "ObjectOp", "OperationName"]

T = TypeVar("T")

Answer = Mapping[str, Any]
"""What the service says; a body is read from `Body`."""

OperationName = Literal[
    "create_bucket",
    "delete_object",
    "delete_objects",
    "get_object",
    "list_objects_v2",
    "put_object",
]


@attrs.frozen(kw_only=True)
class ObjectOp(Generic[T]):
    """
    One request, before it is sent; it may be sent several times. Making one does no I/O.

    Attributes:
        operation: the SDK's name of it.
        parameters: as the SDK takes them.
        decode: reads the answer and its body; called again when the body did not arrive whole.
    """

    operation: OperationName
    parameters: Mapping[str, Any]
    decode: Callable[[Answer], T]
