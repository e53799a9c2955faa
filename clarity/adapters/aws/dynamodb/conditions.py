"""
Conditions in their simplest form.

`Not` stands before prefixes only, constants are folded, nested conjunctions and disjunctions are
flat. Every field has a value, so each step keeps the meaning.
"""

from typing import Final

from clarity.ports.query import ALWAYS, All, AnyOf, Compare, Comparison, Expression, Not

__all__ = ["NEVER", "conjuncts", "simplified"]

NEVER: Final = AnyOf(())

OPPOSITE: Final = {
    Comparison.EQ: Comparison.NE,
    Comparison.NE: Comparison.EQ,
    Comparison.LT: Comparison.GE,
    Comparison.GE: Comparison.LT,
    Comparison.GT: Comparison.LE,
    Comparison.LE: Comparison.GT,
}


def simplified(condition: Expression) -> Expression:
    """The same condition without needless nesting."""
    return _simplified(condition, negated=False)


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
