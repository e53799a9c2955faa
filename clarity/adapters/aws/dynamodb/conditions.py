"""
Conditions in their simplest form.

`Not` stands before prefixes only, constants are folded, nested conjunctions and disjunctions are
flat. Every field has a value, so each step keeps the meaning.
"""

import operator
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from clarity.adapters.aws.dynamodb.items import micros
from clarity.ports.entities import Entity, EntitySpec, Scalar
from clarity.ports.query import ALWAYS, All, AnyOf, Compare, Comparison, Expression, Not

__all__ = ["NEVER", "conjuncts", "holds", "simplified", "without"]

NEVER: Final = AnyOf(())

OPPOSITE: Final = {
    Comparison.EQ: Comparison.NE,
    Comparison.NE: Comparison.EQ,
    Comparison.LT: Comparison.GE,
    Comparison.GE: Comparison.LT,
    Comparison.GT: Comparison.LE,
    Comparison.LE: Comparison.GT,
}


def _begins(value: Any, prefix: Any) -> bool:
    return str(value).startswith(str(prefix))


MEANING: Final[Mapping[Comparison, Callable[[Any, Any], bool]]] = {
    Comparison.EQ: operator.eq,
    Comparison.NE: operator.ne,
    Comparison.LT: operator.lt,
    Comparison.LE: operator.le,
    Comparison.GT: operator.gt,
    Comparison.GE: operator.ge,
    Comparison.BEGINS_WITH: _begins,
}


def simplified(condition: Expression) -> Expression:
    """The same condition without needless nesting."""
    return _simplified(condition, negated=False)


def holds(condition: Expression, spec: EntitySpec, entity: Entity) -> bool:
    """What the condition says of the entity; text by code points, times as instants."""
    match condition:
        case Compare(name, comparison, wanted):
            value = spec.fields[name].of(entity)
            return MEANING[comparison](_ordered(value), _ordered(wanted))
        case Not(term):
            return not holds(term, spec, entity)
        case All(terms):
            return all(holds(term, spec, entity) for term in terms)
        case AnyOf(terms):
            return any(holds(term, spec, entity) for term in terms)


def _ordered(value: Scalar) -> Scalar:
    """A time as an instant: two of one zone are compared by their wall clocks otherwise."""
    return micros(value) if isinstance(value, datetime) else value


def without(condition: Expression, fields: frozenset[str]) -> Expression:
    """What a simplified condition says at least, when nothing is known of some fields."""
    match condition:
        case Compare(name) | Not(Compare(name)):
            return ALWAYS if name in fields else condition
        case Not():
            return condition
        case All(terms):
            return _all(tuple(without(term, fields) for term in terms))
        case AnyOf(terms):
            return _any(tuple(without(term, fields) for term in terms))


def conjuncts(condition: Expression) -> tuple[Expression, ...]:
    """The terms that must all hold, of a simplified condition."""
    return condition.terms if isinstance(condition, All) else (condition,)


def _simplified(condition: Expression, *, negated: bool) -> Expression:
    match condition:
        case Compare():
            return _opposite(condition) if negated else condition
        case Not(term):
            return _simplified(term, negated=not negated)
        case All(terms):
            inner = tuple(_simplified(term, negated=negated) for term in terms)
            return _any(inner) if negated else _all(inner)
        case AnyOf(terms):
            inner = tuple(_simplified(term, negated=negated) for term in terms)
            return _all(inner) if negated else _any(inner)


def _opposite(compare: Compare) -> Expression:
    opposite = OPPOSITE.get(compare.comparison)
    if opposite is None:
        return Not(compare)
    return Compare(compare.field, opposite, compare.value)


def _all(terms: tuple[Expression, ...]) -> Expression:
    flat: list[Expression] = []
    for term in terms:
        flat.extend(term.terms if isinstance(term, All) else [term])
    if NEVER in flat:
        return NEVER
    return flat[0] if len(flat) == 1 else All(tuple(flat))


def _any(terms: tuple[Expression, ...]) -> Expression:
    flat: list[Expression] = []
    for term in terms:
        flat.extend(term.terms if isinstance(term, AnyOf) else [term])
    if ALWAYS in flat:
        return ALWAYS
    return flat[0] if len(flat) == 1 else AnyOf(tuple(flat))
