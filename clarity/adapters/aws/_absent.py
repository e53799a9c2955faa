"""What is not where an address says, told apart from answers that no rule covers."""

from typing import ClassVar

import attrs

from clarity.ports.errors import Unexpected

__all__ = [
    "BucketMissing",
    "LogGroupMissing",
    "TableInUse",
    "TableMissing",
    "UnknownOperation",
    "WrongTable",
]


@attrs.define(eq=False)
class TableMissing(Unexpected):
    """A table or an index is not there."""

    code: ClassVar[str] = "aws.table-missing"

    def __str__(self) -> str:
        return (
            f"{self.detail} is missing; in the cloud it comes from the infrastructure's template, "
            f"on an engine on this machine from `clarity store create-tables`"
        )


@attrs.define(eq=False)
class TableInUse(Unexpected):
    """A table that was to be made or changed is there already, or is being made or changed."""

    code: ClassVar[str] = "aws.table-in-use"

    def __str__(self) -> str:
        return f"{self.detail} is being made or changed by somebody else; run it again"


@attrs.define(eq=False)
class WrongTable(Unexpected):
    """A table is there and is not one of clarity's."""

    code: ClassVar[str] = "aws.wrong-table"

    def __str__(self) -> str:
        return f"{self.detail}; it was left alone, use another prefix of tables or make it anew"


@attrs.define(eq=False)
class LogGroupMissing(Unexpected):
    """A group or stream of logs is not there."""

    code: ClassVar[str] = "aws.log-group-missing"

    def __str__(self) -> str:
        return f"{self.detail} is missing; make it or add create=yes to the address of the log"


@attrs.define(eq=False)
class BucketMissing(Unexpected):
    """A bucket is not there."""

    code: ClassVar[str] = "aws.bucket-missing"

    def __str__(self) -> str:
        return f"{self.detail} is missing; create it or correct its address"


@attrs.define(eq=False)
class UnknownOperation(Unexpected):
    """An engine does not know what DynamoDB knows."""

    code: ClassVar[str] = "aws.unknown-operation"

    def __str__(self) -> str:
        return f"{self.detail} is unknown to the engine; use another engine or DynamoDB itself"
