"""One change of a commit as values: what is written, on which condition, what a refusal means."""

from collections.abc import Callable, Mapping

import attrs

from clarity.adapters.aws._errors import Reason
from clarity.adapters.aws._operations import Item
from clarity.adapters.aws.dynamodb.batch import Address
from clarity.adapters.aws.dynamodb.chain import Action
from clarity.adapters.aws.dynamodb.conditions import holds
from clarity.adapters.aws.dynamodb.items import (
    Encoded,
    EntityItems,
    digest_of,
    expiry,
    version_of,
)
from clarity.adapters.aws.dynamodb.keys import former_key_texts, key_text, owner_pk
from clarity.adapters.aws.dynamodb.tables import MAIN
from clarity.adapters.aws.dynamodb.unique import Claim, claimed, claims_of, let_go, partitions
from clarity.domain.audit import Touched
from clarity.domain.identity import PatientRef
from clarity.domain.privacy import Beacons
from clarity.ports.entities import Entity, EntitySpec, Key, spec_for
from clarity.ports.errors import AlreadyExists, StaleVersion
from clarity.ports.query import ALWAYS, Stored
from clarity.ports.repository import Change, Delete, Upsert

__all__ = ["Decode", "Step", "step_of"]

Decode = Callable[[EntitySpec, Item], Stored[Entity]]
"""Makes an entity of its item."""


@attrs.frozen(kw_only=True)
class Step:
    """
    One change, ready.

    Attributes:
        change: as asked for.
        key: of the entity.
        address: where its item lies.
        encoded: what is stored; None for a deletion.
        claims: what the owner alone is to have by it.
        former: where else the item that goes may lie, written in an earlier schema.
        before: what lay there when the commit was tried; None when nothing did, or it had expired.
        is_met: what an upsert asks of the entity that it replaces holds of `before`.
    """

    change: Change
    key: Key
    address: Address
    encoded: Encoded | None = None
    claims: tuple[Claim, ...] = ()
    former: tuple[Address, ...] = ()
    before: Item | None = None
    is_met: bool = True

    @property
    def needed(self) -> tuple[Address, ...]:
        """What must be known before: for digests, and for the version that an upsert replaces."""
        is_new = not isinstance(self.change, Upsert) and self.change.based_on == 0
        return () if is_new else (self.address, *self.former)

    def found(self, known: Mapping[Address, Item], now_us: int, decode: Decode) -> "Step":
        """The step at the place where the item lies, with the item."""
        at = next((at for at in (self.address, *self.former) if at in known), self.address)
        before = known.get(at)
        if before is None or not version_of(before, now_us):
            return attrs.evolve(self, address=at, before=None)
        met = self._is_met_by(before, decode)
        return attrs.evolve(self, address=at, before=before, is_met=met)

    def _is_met_by(self, before: Item, decode: Decode) -> bool:
        """Asked of the entity, since items of several forms name their attributes differently."""
        if not isinstance(self.change, Upsert) or self.change.when == ALWAYS:
            return True
        spec = spec_for(self.key)
        return holds(self.change.when, spec, decode(spec, before).entity)

    @property
    def based_on(self) -> int:
        """The version that the change replaces, 0 for none."""
        if isinstance(self.change, Upsert):
            return 0 if self.before is None else int(self.before["v"]["N"])
        return self.change.based_on

    @property
    def version(self) -> int:
        """The version after the change; 0 for a deletion."""
        return 0 if self.encoded is None else self.based_on + 1

    @property
    def touched(self) -> Touched:
        """What the audit record says of it."""
        return Touched(
            str(self.key),
            before="" if self.before is None else digest_of(self.before).hex(),
            after="" if self.encoded is None else self.encoded.digest.hex(),
        )

    @property
    def item(self) -> Item:
        """The item that is stored; no attributes for a deletion."""
        if self.encoded is None:
            return {}
        version: Item = {"v": {"N": str(self.version)}}
        return {**self.encoded.item, **version, **claimed(self.claims), **self._expiry}

    @property
    def _expiry(self) -> Item:
        return {} if isinstance(self.change, Delete) else expiry(self.change.expires_at)

    def action(self, table: str, now_us: int) -> Action:
        """The change on condition that what it is based on is still there."""
        conditioned = {
            "TableName": table,
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            **self._condition(now_us),
        }
        if self.encoded is None:
            return {"Delete": {**conditioned, "Key": self.address.key}}
        return {"Put": {**conditioned, "Item": self.item}}

    def claiming(self, table: str, now_us: int) -> list[Action]:
        """The claims, each on condition that nobody else has it."""
        return [c.action(table, self.address.pk, self._expiry, now_us) for c in self.claims]

    def letting_go(self, table: str) -> list[Action]:
        """What the entity had alone before, and has no longer, is free."""
        gone = partitions(self.before) - {claim.pk for claim in self.claims}
        return let_go(table, self.address.pk, gone)

    def _condition(self, now_us: int) -> Action:
        """What is based on is there, and the very item that was looked at."""
        if not self.is_met:
            return _asked("attribute_not_exists(pk)", {})
        values: Item = {":now": {"N": str(now_us)}}
        if self.based_on == 0:
            return _asked("attribute_not_exists(pk) OR x <= :now", values)
        text = "v = :v AND (attribute_not_exists(x) OR x > :now)"
        values[":v"] = {"N": str(self.based_on)}
        if self.before is not None:
            text += " AND d = :d"
            values[":d"] = {"B": digest_of(self.before)}
        return _asked(text, values)

    def judge(self, reason: Reason, now_us: int) -> None:
        """
        Nothing, when the change was not to blame or a later try may succeed.

        Raises:
            AlreadyExists, StaleVersion: its condition failed.
        """
        if not reason.condition_failed:
            return
        item = None if reason.item is None else dict(reason.item)
        current = version_of(item, now_us)
        if isinstance(self.change, Upsert) and not self._is_before(item, current):
            return
        if self.based_on == 0:
            raise AlreadyExists(str(self.key), current)
        raise StaleVersion(str(self.key), current)

    def _is_before(self, item: Item | None, current: int) -> bool:
        """Whether nobody has written since the item was looked at."""
        if item is None or self.before is None or current != self.based_on:
            return False
        return digest_of(item) == digest_of(self.before)


def _asked(text: str, values: Item) -> Action:
    named = {"ExpressionAttributeValues": values} if values else {}
    return {"ConditionExpression": text, **named}


def step_of(change: Change, owner: PatientRef, items: EntityItems, beacons: Beacons) -> Step:
    """
    The change, checked and encoded.

    Raises:
        ValueError: the entity holds what cannot be stored.
        BadKey: a deletion's key is of no kind of entity.
        TooLarge: its key is too long, or its values are too large.
    """
    if isinstance(change, Delete):
        spec_for(change.key)
        sks = (key_text(change.key), *former_key_texts(change.key))
        at, *former = (Address(MAIN.name, owner_pk(owner), sk) for sk in sks)
        return Step(change=change, key=change.key, address=at, former=tuple(former))
    encoded = items.encode(owner, change.entity)
    return Step(
        change=change,
        key=encoded.key,
        address=Address(MAIN.name, encoded.pk, encoded.sk),
        encoded=encoded,
        claims=claims_of(change.entity, owner.tenant, beacons),
    )
