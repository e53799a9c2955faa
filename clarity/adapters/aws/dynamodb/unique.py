"""
What no two patients of a tenant may have alike, as items beside the entities.

| attribute | what |
|---|---|
| pk | `U#EMAIL#{beacon}`: what stands for the value (`domain/privacy.py`) |
| sk | `U` |
| who | partition of the patient whose it is |
| x, ttl | as the entity has them |

An entity lists the partitions of its items in `taken`, so that whoever removes it removes them
without knowing the secret of the beacons.
"""

from collections.abc import Iterable
from typing import Final

import attrs

from clarity.adapters.aws._errors import Reason
from clarity.adapters.aws._operations import Answer, Item, Op
from clarity.adapters.aws.connection import DynamoDBConnection
from clarity.adapters.aws.dynamodb.batch import Address, get_op
from clarity.adapters.aws.dynamodb.chain import Action
from clarity.adapters.aws.dynamodb.codec import Undecodable, codec_of, told
from clarity.adapters.aws.dynamodb.items import expired, micros
from clarity.adapters.aws.dynamodb.keys import TAKEN, patient_of_owner, unique_pk
from clarity.adapters.aws.dynamodb.tables import MAIN
from clarity.domain.identity import PatientRef, TenantId
from clarity.domain.privacy import Beacons
from clarity.domain.profile import EmailAddress
from clarity.ports.clock import Clock
from clarity.ports.directory import Directory
from clarity.ports.entities import Entity, Unique, of_email, unique_of
from clarity.ports.errors import AlreadyExists, Corrupt

__all__ = [
    "Claim",
    "DynamoDBDirectory",
    "claimed",
    "claims_of",
    "his",
    "is_his",
    "let_go",
    "partitions",
    "partitions_of",
]

CLAIMED: Final = "taken"
"""The attribute of an entity that lists what it alone has."""


@attrs.frozen
class _Claiming:
    """An entity whose owner has something alone."""

    taken: tuple[str, ...]


@attrs.frozen
class _Whose:
    who: str


@attrs.frozen
class Claim:
    """
    A value that one patient is to have alone.

    Attributes:
        field: its name, for who is refused.
        pk: the partition that says whose it is.
    """

    field: str
    pk: str

    def action(self, table: str, who: str, expiry: Item, now_us: int) -> Action:
        """It is the patient's, on condition that it is nobody else's."""
        return {
            "Put": {
                "TableName": table,
                "Item": {**_key(self.pk), "who": {"S": who}, **expiry},
                "ConditionExpression": "attribute_not_exists(pk) OR who = :who OR x <= :now",
                "ExpressionAttributeValues": {":who": {"S": who}, ":now": {"N": str(now_us)}},
            }
        }

    def judge(self, reason: Reason, kind: str) -> None:
        """
        Nothing, when the value was free.

        Raises:
            AlreadyExists: somebody else has it.
        """
        if reason.condition_failed:
            raise AlreadyExists(kind, field=self.field)


def claims_of(entity: Entity, tenant: TenantId, beacons: Beacons) -> tuple[Claim, ...]:
    """What the owner of `entity` alone is to have."""
    return tuple(_claim(one, tenant, beacons) for one in unique_of(entity))


def _claim(one: Unique, tenant: TenantId, beacons: Beacons) -> Claim:
    beacon = beacons.of(tenant, field=one.field, value=one.value)
    return Claim(one.field, unique_pk(one.field, beacon))


def claimed(claims: tuple[Claim, ...]) -> Item:
    """The attribute of an entity that has those alone."""
    return {CLAIMED: {"L": [{"S": claim.pk} for claim in claims]}} if claims else {}


def partitions(item: Item | None) -> frozenset[str]:
    """
    The partitions that say what the owner of `item` has alone.

    Raises:
        Corrupt: they cannot be told.
    """
    if item is None or CLAIMED not in item:
        return frozenset()
    return frozenset(told(_Claiming, item, "what a stored item has alone").taken)


def partitions_of(connection: DynamoDBConnection, who: str, sk: str) -> frozenset[str]:
    """
    The partitions whose item `sk` says that it is that patient's, looked for in the whole table.

    It costs as much as the table is large, so it is for when nothing else tells them.
    """
    found: list[str] = []
    start: Item | None = None
    while True:
        answer = connection.run(_search_op(connection, who, sk, start))
        found += [item["pk"]["S"] for item in answer["Items"]]
        start = answer.get("LastEvaluatedKey")
        if start is None:
            return frozenset(found)


def _search_op(connection: DynamoDBConnection, who: str, sk: str, start: Item | None) -> Op[Answer]:
    request = {
        "TableName": connection.table(MAIN.name),
        "FilterExpression": "sk = :sk AND who = :who",
        "ExpressionAttributeValues": {":sk": {"S": sk}, ":who": {"S": who}},
        "ConsistentRead": True,
        "ReturnConsumedCapacity": "TOTAL",
    }
    after = {} if start is None else {"ExclusiveStartKey": start}
    return Op(
        operation="scan",
        parameters={**request, **after},
        decode=lambda answer: answer,
        table=MAIN.name,
        reads=True,
    )


def let_go(table: str, who: str, pks: Iterable[str]) -> list[Action]:
    """What the patient had alone, by its partitions, is anybody's."""
    return [{"Delete": {"TableName": table, "Key": _key(pk), **his(who)}} for pk in sorted(pks)]


def his(who: str) -> Action:
    """On condition that an item is of that patient, or says nothing of whose it is."""
    return {
        "ConditionExpression": (
            "who = :who OR attribute_not_exists(who) OR NOT attribute_type(who, :text)"
        ),
        "ExpressionAttributeValues": {":who": {"S": who}, ":text": {"S": "S"}},
    }


def is_his(who: str, item: Item) -> bool:
    """Whether `his` holds of the item."""
    return bool(item.get("who", {}).get("S", who) == who)


def _key(pk: str) -> Item:
    return {"pk": {"S": pk}, "sk": {"S": TAKEN}}


@attrs.frozen
class DynamoDBDirectory(Directory):
    """
    One consistent read of the item that says whose an address is.

    Attributes:
        connection: to DynamoDB.
        beacons: what stands for addresses in keys.
        clock: decides what has expired.
    """

    connection: DynamoDBConnection
    beacons: Beacons
    clock: Clock

    def find(self, tenant: TenantId, *, email: EmailAddress) -> PatientRef | None:
        """The patient whose profile has that address; else None."""
        pk = _claim(of_email(email), tenant, self.beacons).pk
        item = self.connection.run(get_op(self.connection, Address(MAIN.name, pk, TAKEN)))
        if item is None or expired(item, micros(self.clock.now())):
            return None
        try:
            return patient_of_owner(codec_of(_Whose).decode(item).who)
        except Undecodable as error:
            raise Corrupt("the stored owner of an address") from error
