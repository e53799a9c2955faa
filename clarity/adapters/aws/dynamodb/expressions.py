"""Conditions written down, for the expressions of Query and for PartiQL alike."""

from typing import Final, Protocol

import attrs

from clarity.adapters.aws._operations import Attribute
from clarity.adapters.aws.dynamodb.forms import FORMS, form_of
from clarity.adapters.aws.dynamodb.items import comparable, filter_name
from clarity.ports.entities import EntitySpec
from clarity.ports.query import All, AnyOf, Compare, Comparison, Expression, Not

__all__ = ["Aliased", "Dialect", "Positional", "filtering", "written"]

OPERATORS: Final = {c: c.value for c in Comparison if c is not Comparison.BEGINS_WITH}


class Dialect(Protocol):
    """How a language names attributes and binds values; never writes a value into the text."""

    def name(self, attribute: str) -> str:
        """The attribute, as the text names it."""

    def value(self, attribute: Attribute) -> str:
        """The place of a bound value."""


@attrs.define
class Aliased:
    """Expressions of Query: `#n0` and `:v0`, each bound once."""

    names: dict[str, str] = attrs.field(factory=dict)
    values: dict[str, Attribute] = attrs.field(factory=dict)

    def name(self, attribute: str) -> str:
        """The alias of an attribute."""
        for alias, known in self.names.items():
            if known == attribute:
                return alias
        alias = f"#n{len(self.names)}"
        self.names[alias] = attribute
        return alias

    def value(self, attribute: Attribute) -> str:
        """The alias of a value."""
        for alias, known in self.values.items():
            if known == attribute:
                return alias
        alias = f":v{len(self.values)}"
        self.values[alias] = attribute
        return alias


@attrs.define
class Positional:
    """PartiQL: quoted names, and question marks with their parameters in order."""

    parameters: list[Attribute] = attrs.field(factory=list)

    def name(self, attribute: str) -> str:
        """The attribute in quotes; names come from the entities of ports/entities.py only."""
        return f'"{attribute}"'

    def value(self, attribute: Attribute) -> str:
        """A question mark."""
        self.parameters.append(attribute)
        return "?"


def filtering(condition: Expression, spec: EntitySpec, dialect: Dialect) -> str:
    """
    What the service may leave out by: items of the last form that do not meet the condition.

    Items of forms before, whose attributes have other names, all come; the reader looks at them.
    """
    form = form_of(spec)
    if spec.kind not in FORMS:
        return written(condition, spec, dialect)
    before = f"{dialect.name('s')} < {dialect.value({'N': str(form.number)})}"
    return f"{before} OR {_inner(condition, spec, dialect)}"


def written(condition: Expression, spec: EntitySpec, dialect: Dialect) -> str:
    """The simplified condition in the words of `dialect`."""
    match condition:
        case Compare():
            return _comparison(condition, spec, dialect)
        case Not(term):
            return f"NOT {written(term, spec, dialect)}"
        case All(terms):
            return " AND ".join(_inner(term, spec, dialect) for term in terms)
        case AnyOf(terms):
            return " OR ".join(_inner(term, spec, dialect) for term in terms)


def _inner(term: Expression, spec: EntitySpec, dialect: Dialect) -> str:
    text = written(term, spec, dialect)
    return f"({text})" if isinstance(term, All | AnyOf) else text


def _comparison(compare: Compare, spec: EntitySpec, dialect: Dialect) -> str:
    name = dialect.name(filter_name(spec, compare.field))
    value = dialect.value(comparable(compare.value))
    if compare.comparison is Comparison.BEGINS_WITH:
        return f"begins_with({name}, {value})"
    return f"{name} {OPERATORS[compare.comparison]} {value}"
