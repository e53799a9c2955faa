"""
What to look for, as a value: fields, comparisons, order and page; every store compiles it.

`Query(DayChunk, owner).where(field("day") >= date(2003, 5, 1)).newest_first().page(100)`
"""

import math
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Final, Generic, TypeVar

import attrs

from clarity.domain.errors import DomainError
from clarity.domain.exact import exactly, is_unicode
from clarity.domain.identity import PatientRef
from clarity.ports.entities import Entity, EntitySpec, Scalar, spec_of

__all__ = [
    "ALWAYS",
    "All",
    "AnyOf",
    "BadQuery",
    "Compare",
    "Comparison",
    "Expression",
    "FieldName",
    "Not",
    "Order",
    "Page",
    "Query",
    "Stored",
    "check_condition",
    "field",
]

E = TypeVar("E", bound=Entity)

MAX_PAGE: Final = 1_000
"""Most entities that one page may hold."""

MAX_TERMS: Final = 200
"""Most nodes of a condition; what every store can compile."""

INTEGER_BITS: Final = 63
"""Whole numbers that are compared lie within these bits and a sign."""


@attrs.define(eq=False)
class BadQuery(DomainError):
    """A query names what does not exist or compares what cannot be compared."""

    code: ClassVar[str] = "query.bad"
    problem: str

    def __str__(self) -> str:
        return f"{self.problem}; ports/entities.py lists the fields and their types"


class Comparison(StrEnum):
    """How a field is compared with a value."""

    EQ = "="
    NE = "<>"
    LT = "<"
    LE = "<="
    GT = ">"
    GE = ">="
    BEGINS_WITH = "begins-with"


class Order(StrEnum):
    """By key, which is by time within a stream."""

    OLDEST_FIRST = "oldest-first"
    NEWEST_FIRST = "newest-first"


@attrs.frozen
class Compare:
    """
    One field against one value.

    Times are compared as instants, text by code points, dates by the calendar. Every field of an
    entity has a value, so a comparison is either true or false.
    """

    field: str = attrs.field(validator=exactly(str))
    comparison: Comparison = attrs.field(validator=exactly(Comparison))
    value: Scalar


@attrs.frozen
class All:
    """Every term holds; with no terms it always holds."""

    terms: tuple["Expression", ...] = attrs.field(validator=exactly(tuple))


@attrs.frozen
class AnyOf:
    """At least one term holds; with no terms it never does."""

    terms: tuple["Expression", ...] = attrs.field(validator=exactly(tuple))


@attrs.frozen
class Not:
    """The term does not hold."""

    term: "Expression"


Expression = Compare | All | AnyOf | Not

ALWAYS: Final = All(())
"""Holds of every entity."""


@attrs.frozen(order=False)
class FieldName:
    """A field, waiting for its comparison; made by `field(name)`."""

    name: str

    def equals(self, value: Scalar) -> Compare:
        """The field has that value."""
        return Compare(self.name, Comparison.EQ, value)

    def differs(self, value: Scalar) -> Compare:
        """The field has another value."""
        return Compare(self.name, Comparison.NE, value)

    def begins_with(self, prefix: str) -> Compare:
        """The text of the field begins so (case matters)."""
        return Compare(self.name, Comparison.BEGINS_WITH, prefix)

    def between(self, low: Scalar, high: Scalar) -> All:
        """The field lies from `low` to `high`, both included."""
        return All((self >= low, self <= high))

    def one_of(self, *values: Scalar) -> AnyOf:
        """The field has one of those values."""
        return AnyOf(tuple(self.equals(value) for value in values))

    def __lt__(self, value: Scalar) -> Compare:
        return Compare(self.name, Comparison.LT, value)

    def __le__(self, value: Scalar) -> Compare:
        return Compare(self.name, Comparison.LE, value)

    def __gt__(self, value: Scalar) -> Compare:
        return Compare(self.name, Comparison.GT, value)

    def __ge__(self, value: Scalar) -> Compare:
        return Compare(self.name, Comparison.GE, value)


def field(name: str) -> FieldName:
    """The field of that name, to compare with."""
    return FieldName(name)


@attrs.frozen
class Query(Generic[E]):
    """
    Which entities of one patient, in which order, how many at a time.

    Attributes:
        entity: the class that is asked for.
        owner: whose; there is no query over several patients.
        condition: what must hold; checked against the entity's fields when the query is built.
        order: by key.
        page_size: most entities in the answer, 1 to 1,000. A page is shorter at the end, and where
            a store has looked at as much as it does for one page; its cursor tells which.
        cursor: where the page before ended; None for the first page.

    Raises:
        WrongType: a field was given a value of another type.
        BadQuery: no store can answer it.
    """

    entity: type[E]
    owner: PatientRef = attrs.field(validator=exactly(PatientRef))
    condition: Expression = attrs.field(default=ALWAYS, validator=exactly(Expression))
    order: Order = attrs.field(default=Order.OLDEST_FIRST, validator=exactly(Order))
    page_size: int = attrs.field(default=100, validator=exactly(int))
    cursor: str | None = attrs.field(default=None, validator=exactly(str | None))

    def __attrs_post_init__(self) -> None:
        """The query can be answered by any store."""
        if not 1 <= self.page_size <= MAX_PAGE:
            raise BadQuery(f"a page holds 1 to {MAX_PAGE} entities, not {self.page_size}")
        check_condition(self.condition, spec_of(self.entity))

    def where(self, condition: Expression) -> "Query[E]":
        """The query narrowed by `condition`."""
        return attrs.evolve(self, condition=All((self.condition, condition)))

    def newest_first(self) -> "Query[E]":
        """The query from the last key to the first."""
        return attrs.evolve(self, order=Order.NEWEST_FIRST)

    def page(self, size: int, after: str | None = None) -> "Query[E]":
        """The query for `size` entities after the cursor of the page before."""
        return attrs.evolve(self, page_size=size, cursor=after)


def check_condition(condition: Expression, spec: EntitySpec) -> None:
    """
    Nothing, when every store can ask `condition` of entities of that kind.

    It walks without recursion, so that a tree of any depth is refused rather than followed.

    Raises:
        BadQuery: it names what does not exist or compares what cannot be compared.
    """
    waiting: list[Expression] = [condition]
    for _ in range(MAX_TERMS):
        match waiting.pop():
            case Compare() as compare:
                _check_comparison(compare, spec)
            case Not(term):
                waiting.append(term)
            case All(terms) | AnyOf(terms):
                waiting.extend(terms)
            case _:
                raise BadQuery("a condition is made of comparisons, All, AnyOf and Not")
        if not waiting:
            return
    raise BadQuery(f"a condition has at most {MAX_TERMS} terms")


def _check_comparison(compare: Compare, spec: EntitySpec) -> None:
    known = spec.fields
    if compare.field not in known:
        raise BadQuery(f"{spec.kind} has no field {compare.field!r}")
    wanted = known[compare.field].type
    if type(compare.value) is not wanted:
        raise BadQuery(f"{compare.field} is compared with {wanted.__name__} only")
    if compare.comparison is Comparison.BEGINS_WITH and wanted is not str:
        raise BadQuery(f"{compare.field} is no text")
    problem = _problem(compare.value)
    if problem:
        raise BadQuery(f"{compare.field} cannot be compared with {problem}")


def _problem(value: Scalar) -> str:
    """Why no store could compare with `value`; empty when every store can."""
    match value:
        case float():
            return "NaN" if math.isnan(value) else ""
        case datetime():
            return "a time without a zone" if value.tzinfo is None else ""
        case int():
            return "a number that large" if value.bit_length() > INTEGER_BITS else ""
        case str():
            return "" if is_unicode(value) else "text that is no Unicode"
        case _:
            return ""


@attrs.frozen
class Stored(Generic[E]):
    """An entity as it is in the store, with its version (1, 2, ...)."""

    entity: E
    version: int


@attrs.frozen
class Page(Generic[E]):
    """
    Part of an answer.

    Attributes:
        items: in the order asked for.
        cursor: where the next page starts, None when this was the last. It may turn out that the
            page after is empty; even an empty page with a cursor is not the last. Opaque, signed,
            good for the same query and tenant only, and for a day (`CURSOR_LIFE`) from when it was
            given.
    """

    items: tuple[Stored[E], ...]
    cursor: str | None
