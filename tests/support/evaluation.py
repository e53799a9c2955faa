"""Conditions evaluated in Python, for comparison with what stores make of them."""

import operator
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from clarity.ports.entities import Entity, Scalar, spec_of
from clarity.ports.query import All, AnyOf, Compare, Comparison, Expression, Not

__all__ = ["holds"]

Operator = Callable[[Scalar, Scalar], bool]

OPERATORS: Final[dict[Comparison, Operator]] = {
    Comparison.EQ: operator.eq,
    Comparison.NE: operator.ne,
    Comparison.LT: operator.lt,
    Comparison.LE: operator.le,
    Comparison.GT: operator.gt,
    Comparison.GE: operator.ge,
    Comparison.BEGINS_WITH: str.startswith,
}


def holds(condition: Expression, entity: Entity) -> bool:
    """Whether `entity` meets `condition`."""
    match condition:
        case Compare(name, comparison, value):
            found = spec_of(type(entity)).fields[name].of(entity)
            return OPERATORS[comparison](_instant(found), _instant(value))
        case Not(term):
            return not holds(term, entity)
        case All(terms):
            return all(holds(term, entity) for term in terms)
        case AnyOf(terms):
            return any(holds(term, entity) for term in terms)


def _instant(value: Scalar) -> Scalar:
    """Python compares times of one zone by the wall clock; instants are meant."""
    return value.astimezone(UTC) if isinstance(value, datetime) else value
