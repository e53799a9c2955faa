"""
The query tree as PartiQL, for those who read tables with it.

Values are parameters, never text. Every statement names its partition, so none can scan.
"""

from typing import Any, TypeVar

import attrs

from clarity.adapters.aws._operations import Answer, Attribute, Item, Op
from clarity.adapters.aws.connection import DynamoDBConnection
from clarity.adapters.aws.dynamodb.expressions import Positional, written
from clarity.adapters.aws.dynamodb.items import EntityItems, expired, micros
from clarity.adapters.aws.dynamodb.query import Plan, planned
from clarity.adapters.aws.dynamodb.tables import MAIN
from clarity.ports.clock import Clock
from clarity.ports.entities import Entity
from clarity.ports.errors import TooLarge
from clarity.ports.query import Query, Stored

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


def statement_of(plan: Plan, table: str) -> Statement:
    """The plan as one statement over the full name of a table."""
    dialect = Positional()
    conditions = [
        f'"pk" = {dialect.value({"S": plan.pk})}',
        f'"sk" BETWEEN {dialect.value({"S": plan.keys.low})}',
        dialect.value({"S": plan.keys.high}),
    ]
    if plan.filter:
        conditions.append(f"({written(plan.rest, plan.spec, dialect)})")
    order = f'ORDER BY "sk" {"ASC" if plan.forward else "DESC"}'
    words = ["SELECT * FROM", f'"{table}"', "WHERE", " AND ".join(conditions), order]
    return Statement(" ".join(words), tuple(dialect.parameters))


@attrs.frozen
class PartiQLReader:
    """
    Answers queries by ExecuteStatement.

    Attributes:
        connection: to DynamoDB.
        items: entities as items.
        clock: decides what has expired.
        max_items: more than that in one answer is refused.
    """

    connection: DynamoDBConnection
    items: EntityItems
    clock: Clock
    max_items: int = 10_000

    def all(self, query: Query[E]) -> tuple[Stored[Entity], ...]:
        """
        Every matching entity in the order of the query; its page and cursor are not looked at.

        Raises:
            TooLarge: there are more than `max_items`.
            Corrupt, TooNew, PortError: as for `Repository.query`.
        """
        plan = planned(query)
        if plan is None:
            return ()
        now_us = micros(self.clock.now())
        found = [item for item in self._items(plan) if not expired(item, now_us)]
        return tuple(self.items.decode(plan.spec, item) for item in found)

    def _items(self, plan: Plan) -> list[Item]:
        statement = statement_of(plan, self.connection.table(MAIN.name))
        found: list[Item] = []
        token: str | None = None
        while True:
            answer = self.connection.run(_execute(statement, token))
            found.extend(answer["Items"])
            if len(found) > self.max_items:
                raise TooLarge("an answer, entities,", self.max_items, len(found))
            token = answer.get("NextToken")
            if token is None:
                return found


def _execute(statement: Statement, token: str | None) -> Op[Answer]:
    parameters: dict[str, Any] = {
        "Statement": statement.text,
        "Parameters": list(statement.parameters),
        "ConsistentRead": True,
        "ReturnConsumedCapacity": "TOTAL",
    }
    if token is not None:
        parameters["NextToken"] = token
    return Op(
        operation="execute_statement",
        parameters=parameters,
        decode=lambda answer: answer,
        table=MAIN.name,
        reads=True,
    )
