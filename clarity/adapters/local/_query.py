"""Conditions as SQL: every name comes from a declared field, every value is bound."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import TypeVar

from clarity.adapters.local._sql import EPOCH, Sql, micros, statement
from clarity.ports.entities import Entity, EntitySpec, Scalar, spec_of
from clarity.ports.query import All, AnyOf, Compare, Comparison, Expression, Not, Order, Query

__all__ = [
    "column",
    "compiled",
    "from_column",
    "key_column",
    "matching",
    "names",
    "paged",
    "question",
]

E = TypeVar("E", bound=Entity)


def names(columns: Iterable[str]) -> str:
    """Declared names as a list of columns."""
    return ", ".join(f'"{name}"' for name in columns)


def column(value: Scalar) -> str | int | float:
    """The value as its column holds it: instants in microseconds, dates as ISO 8601 text."""
    return key_column(value) if isinstance(value, str | date) else value


def key_column(part: str | date) -> str | int:
    """The same for a part of a key."""
    if isinstance(part, datetime):
        return micros(part)
    return part if isinstance(part, str) else part.isoformat()


def from_column(value: str | int, type_: type[Scalar]) -> str | date:
    """What `key_column` made of a part of that type."""
    if type_ is datetime:
        return EPOCH + timedelta(microseconds=int(value))
    return date.fromisoformat(str(value)) if type_ is date else str(value)


def compiled(condition: Expression, spec: EntitySpec) -> Sql:
    """The condition over the columns of the table of `spec`."""
    match condition:
        case Compare():
            return _comparison(condition, spec)
        case Not(term):
            inner = compiled(term, spec)
            return Sql(f"NOT ({inner.text})", inner.values)
        case All(terms):
            return _joined(" AND ", "1", terms, spec)
        case AnyOf(terms):
            return _joined(" OR ", "0", terms, spec)


def _joined(word: str, empty: str, terms: tuple[Expression, ...], spec: EntitySpec) -> Sql:
    parts = [compiled(term, spec) for term in terms]
    text = word.join(f"({part.text})" for part in parts) or empty
    return Sql(text, tuple(value for part in parts for value in part.values))


def _comparison(compare: Compare, spec: EntitySpec) -> Sql:
    name = _column_name(compare.field, spec)
    if compare.comparison is Comparison.BEGINS_WITH:
        prefix = str(compare.value).encode()
        # substr() of no bytes is NULL, which neither equals the prefix nor differs from it.
        start = f"coalesce(substr(CAST({name} AS BLOB), 1, ?), x'')"
        return Sql(f"{start} = ?", (len(prefix), prefix))
    return Sql(f"{name} {compare.comparison.value} ?", (column(compare.value),))


def _column_name(field: str, spec: EntitySpec) -> str:
    """The column of a declared field; a name that is not declared never reaches SQL."""
    return next(f'"{name}"' for name in spec.fields if name == field)


def matching(query: Query[E], spec: EntitySpec, after: list[str | int] | None) -> Sql:
    """
    The rows that `query` asks for, behind the key `after`.

    Paging is by key, so rows that come or go elsewhere never shift a page.
    """
    condition = compiled(query.condition, spec)
    if after is None:
        return condition
    marks = ", ".join("?" for _ in after)
    sign = "<" if query.order is Order.NEWEST_FIRST else ">"
    return Sql(f"({names(spec.key)}) {sign} ({marks})", tuple(after)) & condition


def paged(rows: Sql, query: Query[E], spec: EntitySpec) -> Sql:
    """`rows` in the order of `query`: one page and, when there is more, one row beyond it."""
    direction = "DESC" if query.order is Order.NEWEST_FIRST else "ASC"
    order = ", ".join(f'"{name}" {direction}' for name in ("owner", *spec.key))
    return statement(rows, "ORDER BY", order, Sql("LIMIT ?", (query.page_size + 1,)))


def question(query: Query[E]) -> bytes:
    """What a cursor of `query` is bound to: all of it but the page."""
    spec = spec_of(query.entity)
    condition = compiled(query.condition, spec)
    owner = (str(query.owner.tenant), str(query.owner.patient))
    return repr((owner, spec.kind, query.order, condition.text, condition.values)).encode()
