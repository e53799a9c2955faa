"""How much the tables hold."""

from typing import Final

import attrs

from clarity.adapters.aws._operations import Answer, Op
from clarity.adapters.aws.connection import DynamoDBConnection
from clarity.adapters.aws.dynamodb.audit import DynamoDBAuditLogger
from clarity.adapters.aws.dynamodb.items import micros
from clarity.adapters.aws.dynamodb.keys import AFTER_PREFIX, kind_prefix, owner_pk
from clarity.adapters.aws.dynamodb.tables import MAIN, check_tables
from clarity.domain.access import is_person
from clarity.domain.identity import PatientRef, TenantId
from clarity.ports.clock import Clock
from clarity.ports.entities import ENTITIES
from clarity.ports.health import Pingable
from clarity.ports.inventory import Inventory, Stock, check_tenant

__all__ = ["DynamoDBInventory"]

LAYOUT: Final = 1
"""Version of the layout of tables and keys."""


@attrs.frozen
class DynamoDBInventory(Inventory, Pingable):
    """
    Counts what the tables hold, and says whether they answer.

    Counting reads everything that is counted, so it costs as much as reading it.

    Attributes:
        connection: to DynamoDB.
        trail: knows who has a chain.
        clock: decides what has expired.
    """

    connection: DynamoDBConnection
    trail: DynamoDBAuditLogger
    clock: Clock

    def stock(self, tenant: TenantId) -> Stock:
        """What the tables hold for `tenant`."""
        check_tenant(tenant)
        patients = self.trail.patients(tenant)
        return Stock(
            location=self._location(),
            schema=LAYOUT,
            patients=sum(is_person(patient) for patient in patients),
            entities=tuple(
                (spec.kind, sum(self._count(patient, spec.kind) for patient in patients))
                for spec in ENTITIES
            ),
            audit_records=sum(self.trail.head(patient).seq for patient in patients),
            size_bytes=None,
        )

    def ping(self) -> str:
        """Where the tables are and how fast they answer, after comparing their definitions."""
        took_ms = self.connection.ping_s() * 1_000
        check_tables(self.connection)
        return f"{self._location()}, layout {LAYOUT}, answers within {took_ms:.1f} ms"

    def _location(self) -> str:
        return f"DynamoDB {self.connection.place}, tables {self.connection.table('*')}"

    def _count(self, owner: PatientRef, kind: str) -> int:
        counted, start = 0, None
        while True:
            number, start = self.connection.run(self._count_op(owner, kind, start))
            counted += number
            if start is None:
                return counted

    def _count_op(self, owner: PatientRef, kind: str, start: object) -> Op[tuple[int, object]]:
        prefix = kind_prefix(kind)
        parameters = {
            "TableName": self.connection.table(MAIN.name),
            "Select": "COUNT",
            "ConsistentRead": True,
            "ReturnConsumedCapacity": "TOTAL",
            "KeyConditionExpression": "pk = :pk AND sk BETWEEN :low AND :high",
            "FilterExpression": "attribute_not_exists(x) OR x > :now",
            "ExpressionAttributeValues": {
                ":pk": {"S": owner_pk(owner)},
                ":low": {"S": prefix},
                ":high": {"S": prefix + AFTER_PREFIX},
                ":now": {"N": str(micros(self.clock.now()))},
            },
        }
        if start is not None:
            parameters["ExclusiveStartKey"] = start
        return Op(
            operation="query",
            parameters=parameters,
            decode=_counted,
            table=MAIN.name,
            reads=True,
        )


def _counted(answer: Answer) -> tuple[int, object]:
    return int(answer["Count"]), answer.get("LastEvaluatedKey")
