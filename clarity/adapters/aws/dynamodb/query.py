"""
The query tree as a DynamoDB Query: one range of sort keys, and a filter for the rest.

Conditions on the leading key fields become the range; what it says exactly is not asked again.
Every name is aliased and every value bound. Filters name the copies of key fields, since DynamoDB
refuses the keys themselves there.
"""

from datetime import date, timedelta
from typing import Any, Final, TypeVar

import attrs

from clarity.adapters.aws._operations import Attribute
from clarity.adapters.aws.dynamodb.conditions import conjuncts, simplified, without
from clarity.adapters.aws.dynamodb.expressions import Aliased, filtering
from clarity.adapters.aws.dynamodb.forms import form_of
from clarity.adapters.aws.dynamodb.keys import (
    AFTER_PREFIX,
    AFTER_SEPARATOR,
    SEPARATOR,
    kind_prefix,
    owner_pk,
    part_text,
)
from clarity.ports.entities import Entity, EntitySpec, Scalar, spec_of
from clarity.ports.query import ALWAYS, All, AnyOf, Compare, Comparison, Expression, Order, Query

__all__ = ["KeyRange", "Plan", "planned", "question"]

E = TypeVar("E", bound=Entity)

UNIT_BYTES: Final = 4096
"""What one strongly consistent read unit covers (service documentation)."""

SMALLEST_FILTERED_STEP: Final = 200
"""With a filter, at least so many items are looked at per request, to save round trips."""


@attrs.frozen
class KeyRange:
    """Sort keys from `low` to `high`, both included; by code points, as DynamoDB orders UTF-8."""

    low: str
    high: str

    @property
    def is_empty(self) -> bool:
        """No key lies in it."""
        return self.low > self.high

    def __and__(self, other: "KeyRange") -> "KeyRange":
        return KeyRange(max(self.low, other.low), min(self.high, other.high))


@attrs.frozen(kw_only=True)
class Plan:
    """
    How a query is asked.

    Attributes:
        spec: of the entities.
        pk: the one partition that is read.
        keys: range of sort keys.
        rest: what the range leaves open, simplified; the reader asks it of every entity.
        asked: as much of it as the service can tell from items of the last form.
        filter: that as an expression; empty for none.
        names: aliases of attributes.
        values: aliases of values.
        forward: in ascending order of keys.
    """

    spec: EntitySpec
    pk: str
    keys: KeyRange
    rest: Expression
    asked: Expression
    filter: str
    names: dict[str, str]
    values: dict[str, Attribute]
    forward: bool

    def step(self, remaining: int) -> int:
        """How many items to look at for `remaining` matching ones."""
        return remaining if self.rest == ALWAYS else max(remaining, SMALLEST_FILTERED_STEP)

    def parameters(self, table: str, *, remaining: int, after: str | None) -> dict[str, Any]:
        """What the SDK takes for the next `remaining` items after the sort key `after`."""
        parameters: dict[str, Any] = {
            "TableName": table,
            "KeyConditionExpression": "#pk = :pk AND #sk BETWEEN :low AND :high",
            "ExpressionAttributeNames": {"#pk": "pk", "#sk": "sk", **self.names},
            "ExpressionAttributeValues": {
                ":pk": {"S": self.pk},
                ":low": {"S": self.keys.low},
                ":high": {"S": self.keys.high},
                **self.values,
            },
            "ScanIndexForward": self.forward,
            "ConsistentRead": True,
            "ReturnConsumedCapacity": "TOTAL",
            "Limit": self.step(remaining),
        }
        if self.filter:
            parameters["FilterExpression"] = self.filter
        if after is not None:
            parameters["ExclusiveStartKey"] = {"pk": {"S": self.pk}, "sk": {"S": after}}
        return parameters

    def explain(self, *, item_bytes: int, page_size: int) -> str:
        """
        What will be asked, in words; values of the owner are left out.

        Args:
            item_bytes: size to reckon an item with.
            page_size: items per page.
        """
        units = -(-item_bytes * page_size // UNIT_BYTES)
        order = "ascending" if self.forward else "descending"
        _, _, low = self.keys.low.partition(SEPARATOR)
        _, _, high = self.keys.high.partition(SEPARATOR)
        return "\n".join(
            [
                f"Query of one partition of `main`, no index, consistent, {order}",
                f"key condition: {self.spec.kind} from {low!r} to {high!r}",
                f"filter: {self.filter or 'none'} with names {self.names}",
                f"about {units} read units for a page of {page_size} items of {item_bytes} bytes"
                + ("" if self.rest == ALWAYS else ", more for items that do not match"),
            ]
        )


def planned(query: Query[E]) -> Plan | None:
    """The plan of a query; None when nothing can match, so that nothing need be asked."""
    spec = spec_of(query.entity)
    condition = simplified(query.condition)
    if condition == AnyOf(()):
        return None
    keys, rest = _narrowed(spec, conjuncts(condition))
    if keys.is_empty:
        return None
    left = simplified(All(rest))
    asked = without(left, form_of(spec).packed)
    dialect = Aliased()
    return Plan(
        spec=spec,
        pk=owner_pk(query.owner),
        keys=keys,
        rest=left,
        asked=asked,
        filter="" if asked == ALWAYS else filtering(asked, spec, dialect),
        names=dialect.names,
        values=dialect.values,
        forward=query.order is Order.OLDEST_FIRST,
    )


def question(query: Query[E]) -> bytes:
    """What a cursor of `query` is bound to: all of it but the page."""
    condition = simplified(query.condition)
    return repr((owner_pk(query.owner), query.entity.__name__, query.order, condition)).encode()


def _narrowed(
    spec: EntitySpec, terms: tuple[Expression, ...]
) -> tuple[KeyRange, tuple[Expression, ...]]:
    """The range that the terms on key fields give, and the terms that it does not cover."""
    prefix = kind_prefix(spec.kind)
    keys = KeyRange(prefix, prefix.removesuffix(SEPARATOR) + AFTER_SEPARATOR)
    for place, name in enumerate(spec.key):
        last = place == len(spec.key) - 1
        for term in terms:
            if isinstance(term, Compare) and term.field == name:
                bound, exact = _range(prefix, term, last=last)
                keys &= bound
                terms = tuple(t for t in terms if not (exact and t is term))
        fixed = _fixed(keys, prefix, last=last)
        if fixed is None:
            break
        prefix = fixed
    return keys, terms


def _fixed(keys: KeyRange, prefix: str, *, last: bool) -> str | None:
    """The longer prefix when the range holds one value of the part after `prefix`."""
    begin = keys.low
    if last or not begin.endswith(SEPARATOR) or begin == prefix:
        return None
    return begin if keys.high == begin.removesuffix(SEPARATOR) + AFTER_SEPARATOR else None


def _range(prefix: str, term: Compare, *, last: bool) -> tuple[KeyRange, bool]:
    """The sort keys below `prefix` that `term` allows, and whether that says all of it."""
    here = prefix + _part(term.value)
    first, after_all = prefix, prefix + AFTER_PREFIX
    begin = here if last else here + SEPARATOR
    end = here if last else here + AFTER_SEPARATOR
    if term.comparison is Comparison.LT:
        return _below(prefix, term.value, last=last)
    bounds = {
        Comparison.EQ: KeyRange(begin, end),
        Comparison.NE: KeyRange(first, after_all),
        Comparison.GE: KeyRange(begin, after_all),
        Comparison.GT: KeyRange(here + AFTER_SEPARATOR, after_all),
        Comparison.LE: KeyRange(first, end),
        Comparison.BEGINS_WITH: KeyRange(here, here + AFTER_PREFIX),
    }
    return bounds[term.comparison], term.comparison is not Comparison.NE


def _below(prefix: str, value: Scalar, *, last: bool) -> tuple[KeyRange, bool]:
    here = prefix + _part(value)
    if not last:
        return KeyRange(prefix, here), True
    if isinstance(value, date) and value > date.min:
        return KeyRange(prefix, prefix + part_text(value - timedelta(days=1))), True
    return KeyRange(prefix, here), False


def _part(value: Scalar) -> str:
    if not isinstance(value, str | date):
        raise TypeError("a key field holds text or a date")
    return part_text(value)
