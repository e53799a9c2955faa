"""What a call consumed of what tables are paid by."""

from collections.abc import Mapping
from typing import Any

import attrs

from clarity.adapters.aws._operations import Answer

__all__ = ["ConsumedUnits"]


def _copied(units: Mapping[str, float]) -> Mapping[str, float]:
    return dict(units)


@attrs.frozen
class ConsumedUnits:
    """
    Read and write units of one call.

    A consistent read of 4 KB is one, a write of 1 KB another; a transaction doubles both.

    Attributes:
        by_table: units by full name of the table; empty when the service does not say.
    """

    by_table: Mapping[str, float] = attrs.field(factory=dict, converter=_copied, hash=False)

    @classmethod
    def of(cls, answer: Answer) -> "ConsumedUnits":
        """What the answer says, of one table or of several."""
        told: Any = answer.get("ConsumedCapacity") or []
        each = [told] if isinstance(told, dict) else told
        return cls({str(one["TableName"]): float(one.get("CapacityUnits", 0.0)) for one in each})

    @property
    def total(self) -> float:
        """Of all tables together."""
        return sum(self.by_table.values())
