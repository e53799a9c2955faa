"""
The query tree as PartiQL, for those who read tables with it.

Values are parameters, never text. Every statement names its partition, so none can scan.
"""

from typing import TypeVar

import attrs

from clarity.adapters.aws._operations import Answer, Attribute, Op
from clarity.adapters.aws._units import ConsumedUnits
from clarity.adapters.aws.connection import DynamoDBConnection
from clarity.adapters.aws.dynamodb.cursor import CursorKey
from clarity.adapters.aws.dynamodb.expressions import Positional, filtering
from clarity.adapters.aws.dynamodb.items import EntityItems
from clarity.adapters.aws.dynamodb.paging import PAGE_UNITS, Looked, Pages
from clarity.adapters.aws.dynamodb.payloads import steadily
from clarity.adapters.aws.dynamodb.query import Plan, planned
from clarity.adapters.aws.dynamodb.tables import MAIN
from clarity.ports.clock import Clock
from clarity.ports.entities import Entity
from clarity.ports.query import Page, Query

__all__ = ["PartiQLReader", "Statement", "statement_of"]

E = TypeVar("E", bound=Entity)


@attrs.frozen
class Statement:
    """
    A statement with its parameters.

    Attributes:
        text: with a question mark for every value.
        parameters: the values in order.
    """

    text: str
    parameters: tuple[Attribute, ...]

    def explain(self) -> str:
        """The statement and how many values it binds; the values themselves are left out."""
        return f"{self.text} -- {len(self.parameters)} parameters, one partition, no index"


def statement_of(plan: Plan, table: str, *, after: str | None = None) -> Statement:
    """The plan as one statement over the full name of a table, from the sort key `after` on."""
    dialect = Positional()
    low, high = plan.keys.low, plan.keys.high
    if after is not None:
        low, high = (after, high) if plan.forward else (low, after)
    conditions = [
        f'"pk" = {dialect.value({"S": plan.pk})}',
        f'"sk" BETWEEN {dialect.value({"S": low})}',
        dialect.value({"S": high}),
    ]
    if plan.filter:
        conditions.append(f"({filtering(plan.asked, plan.spec, dialect)})")
    order = f'ORDER BY "sk" {"ASC" if plan.forward else "DESC"}'
    words = ["SELECT * FROM", f'"{table}"', "WHERE", " AND ".join(conditions), order]
    return Statement(" ".join(words), tuple(dialect.parameters))


@attrs.frozen(kw_only=True)
class PartiQLReader:
    """
    Answers queries by ExecuteStatement, page by page as `DynamoDBRepository` does by Query.

    For whoever has to work in PartiQL; no profile uses it (docs/adr/0040-partiql.md). A cursor of
    the one is good for the other.

    Attributes:
        connection: to DynamoDB.
        items: entities as items.
        clock: decides what has expired.
        cursor_key: signs cursors; the same for all processes that share them.
        page_units: read units after which a page that is not full yet ends.
    """

    connection: DynamoDBConnection
    items: EntityItems
    clock: Clock
    cursor_key: CursorKey
    page_units: float = PAGE_UNITS

    def query(self, query: Query[E]) -> Page[E]:
        """
        One page of the answer, in key order.

        Raises:
            BadCursor, Corrupt, TooNew, PortError: as for `Repository.query`.
        """
        return steadily(lambda: self._pages.page(query, self._looked))

    def explain(self, query: Query[E]) -> str:
        """The statement for `query`, without its values; nothing is asked."""
        plan = planned(query)
        if plan is None:
            return "nothing is asked, since the condition can never hold"
        return statement_of(plan, self.connection.table(MAIN.name)).explain()

    @property
    def _pages(self) -> Pages:
        return Pages(
            items=self.items,
            clock=self.clock,
            cursor_key=self.cursor_key,
            budget_units=self.page_units,
        )

    def _looked(self, plan: Plan, remaining: int, after: str | None) -> Looked:
        """The item at `after` itself comes again, as a range of PartiQL includes both ends."""
        statement = statement_of(plan, self.connection.table(MAIN.name), after=after)
        limit = plan.step(remaining) + (after is not None)
        answer = self.connection.run(_execute(statement, limit))
        reached = answer.get("LastEvaluatedKey")
        items = [item for item in answer["Items"] if item["sk"]["S"] != after]
        return Looked(items, reached and reached["sk"]["S"], ConsumedUnits.of(answer).total)


def _execute(statement: Statement, limit: int) -> Op[Answer]:
    return Op(
        operation="execute_statement",
        parameters={
            "Statement": statement.text,
            "Parameters": list(statement.parameters),
            "ConsistentRead": True,
            "ReturnConsumedCapacity": "TOTAL",
            "Limit": limit,
        },
        decode=lambda answer: answer,
        table=MAIN.name,
        reads=True,
        may_lag=True,
    )
