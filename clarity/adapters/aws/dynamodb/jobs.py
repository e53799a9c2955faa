"""Jobs in the table `main` (`job_items.py`)."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

import attrs

from clarity.adapters.aws._operations import Answer, Item, Op
from clarity.adapters.aws.connection import DynamoDBConnection
from clarity.adapters.aws.dynamodb.batch import Address, Batches, get_op
from clarity.adapters.aws.dynamodb.chain import Action
from clarity.adapters.aws.dynamodb.cursor import CursorKey, place_of, signed
from clarity.adapters.aws.dynamodb.job_items import (
    SHARDS,
    id_of,
    ids_of,
    item_of,
    job_at,
    job_of,
    lies,
    listed,
    of_actor,
    of_patient,
    of_tenant,
    places_of,
    pointers,
    shown,
    unfinished_pk,
)
from clarity.adapters.aws.dynamodb.keys import SEPARATOR
from clarity.adapters.aws.dynamodb.removal import Going, Removal, partition_op
from clarity.adapters.aws.dynamodb.tables import MAIN
from clarity.adapters.aws.dynamodb.together import Together
from clarity.domain.audit import Touched
from clarity.domain.identity import Actor, PatientRef, TenantId
from clarity.domain.jobs import Job, JobState
from clarity.ports.entities import Key
from clarity.ports.erasure import Erasable, Holding
from clarity.ports.errors import AlreadyExists, NotFound
from clarity.ports.jobs import JobPage, Jobs, TenantJobs, check_id, check_limit
from clarity.ports.repository import Evidence

__all__ = ["DynamoDBJobs"]

KIND: Final = "job"
PAGE: Final = 100
"""Jobs about a person that are read at once."""
FIRST: Final = "0"
"""Sorts before every place of a job."""
AT_ONCE: Final = 24
"""Most jobs of one transaction; each takes four of its 100 actions."""


@attrs.frozen(kw_only=True)
class DynamoDBJobs(Jobs, TenantJobs, Erasable):
    """
    Jobs beside the entities; those about one person go with them.

    Attributes:
        connection: to DynamoDB.
        batches: reads many jobs at once.
        removal: erases with a record.
        cursor_key: signs cursors.
    """

    connection: DynamoDBConnection
    batches: Batches
    removal: Removal
    cursor_key: CursorKey

    def begin(self, job: Job) -> None:
        """Keep a new job."""
        absent = {"ConditionExpression": "attribute_not_exists(pk)"}
        items = [{**at.key, "id": {"S": job.id}} for at in pointers(job)]
        puts: list[Action] = [self._put(item_of(job), absent), *(self._put(i, {}) for i in items)]
        if not self._together.is_done(puts):
            raise AlreadyExists(f"{KIND} {job.id}")

    def update(self, job: Job) -> None:
        """Keep `job` instead of what was kept under its id, if that is still running."""
        running = {
            "ConditionExpression": "#s = :running AND #a = :actor",
            "ExpressionAttributeNames": {"#s": "state", "#a": "actor"},
            "ExpressionAttributeValues": {
                ":running": {"S": JobState.RUNNING.value},
                ":actor": {"S": job.actor},
            },
        }
        if not self._together.is_done([self._put(item_of(job), running)]):
            raise NotFound(f"a running {KIND} {job.id}")

    def get(self, actor: Actor, job: str) -> Job:
        """The job of that id, as last kept."""
        check_id(job)
        item = self.connection.run(get_op(self.connection, job_at(actor.tenant, job)))
        if item is None:
            raise NotFound(f"{KIND} {job}")
        kept = job_of(item)
        if not kept.is_of(actor):
            raise NotFound(f"{KIND} {job}")
        return kept

    def of(self, actor: Actor, *, limit: int, cursor: str | None) -> JobPage:
        """At most `limit` jobs of `actor` after `cursor`, newest first."""
        check_limit(limit)
        pk = of_actor(actor.tenant, actor.id)
        start = None
        if cursor is not None:
            (after,) = place_of(cursor, question=pk.encode(), key=self.cursor_key)
            start = {"pk": {"S": pk}, "sk": {"S": after}}
        answer = self.connection.run(_newest_first(self.connection, pk, limit, start))
        jobs = self._jobs(actor.tenant, ids_of(answer))
        if answer.get("LastEvaluatedKey") is None:
            return JobPage(jobs, None)
        last = [answer["Items"][-1]["sk"]["S"]]
        return JobPage(jobs, signed(last, question=pk.encode(), key=self.cursor_key))

    def remove(self, actor: Actor, job: str) -> None:
        """The job of that id is gone, ended or not."""
        self._together.is_done(self._deletes(places_of(self.get(actor, job))))

    def unfinished(self, tenant: TenantId, *, limit: int, cursor: str | None) -> JobPage:
        """
        At most `limit` jobs of `tenant` after `cursor` that never ended, oldest first.

        The index tells which, late by what it lags behind; the jobs are read consistently.
        """
        check_limit(limit)
        asked, after = unfinished_pk(tenant, 0).encode(), ""
        if cursor is not None:
            (after,) = place_of(cursor, question=asked, key=self.cursor_key)
        shards = (self._indexed(unfinished_pk(tenant, n), after, limit + 1) for n in range(SHARDS))
        places = sorted(place for shard in shards for place in shard)
        ids = [id_of(place.rpartition(SEPARATOR)[2]) for place in places[:limit]]
        running = tuple(j for j in self._jobs(tenant, ids) if j.state is JobState.RUNNING)
        if len(places) <= limit:
            return JobPage(running, None)
        last = places[limit - 1]
        return JobPage(running, signed([last], question=asked, key=self.cursor_key))

    def _indexed(self, pk: str, after: str, limit: int) -> list[str]:
        """The first `limit` places of the index behind `after`, in order."""
        found: list[str] = []
        start: Item | None = None
        while len(found) < limit:
            answer = self.connection.run(_index_op(self.connection, pk, after, limit, start))
            found += [item["gs1sk"]["S"] for item in answer["Items"]]
            start = answer.get("LastEvaluatedKey")
            if start is None:
                break
        return found[:limit]

    def purge(self, tenant: TenantId, *, ended_before: datetime) -> int:
        """Remove every job of `tenant` that ended before that time; says how many went."""
        removed, start = 0, None
        while True:
            op = partition_op(self.connection, of_tenant(tenant), "", limit=AT_ONCE, start=start)
            answer = self.connection.run(op)
            jobs = self._jobs(tenant, ids_of(answer))
            old = [job for job in jobs if job.has_ended_before(ended_before)]
            if old:
                self._together.is_done([a for job in old for a in self._deletes(places_of(job))])
            removed, start = removed + len(old), answer.get("LastEvaluatedKey")
            if start is None:
                return removed

    def holdings(self, owner: PatientRef) -> tuple[Holding, ...]:
        """How many jobs are about `owner` alone."""
        count, start = 0, None
        while True:
            op = partition_op(self.connection, of_patient(owner), "", limit=1_000, start=start)
            answer = self.connection.run(op)
            count, start = count + len(answer["Items"]), answer.get("LastEvaluatedKey")
            if start is None:
                return (Holding(KIND, count),)

    def traces(self, owner: PatientRef) -> Iterator[Job]:
        """The jobs about `owner`, whosever they are."""
        start: Item | None = None
        while True:
            op = partition_op(self.connection, of_patient(owner), "", limit=PAGE, start=start)
            answer = self.connection.run(op)
            yield from self._jobs(owner.tenant, ids_of(answer))
            start = answer.get("LastEvaluatedKey")
            if start is None:
                return

    def erase(self, owner: PatientRef, *, limit: int, evidence: Evidence) -> int:
        """Remove at most `limit` jobs about `owner`; says how many went."""
        of_owner = attrs.evolve(evidence, patient=owner)
        return self.removal.run(of_owner, lambda: self._some(owner, min(limit, AT_ONCE)))

    def _some(self, owner: PatientRef, limit: int) -> list[Going]:
        op = partition_op(self.connection, of_patient(owner), "", limit=limit, start=None)
        answer = self.connection.run(op)
        jobs = {item["sk"]["S"]: lies(owner.tenant, item["sk"]["S"]) for item in answer["Items"]}
        found = self.batches.get(list(jobs.values()))
        return [self._going(owner, name, found.get(at, {})) for name, at in jobs.items()]

    def _going(self, owner: PatientRef, name: str, job: Item) -> Going:
        """The job of that escaped name, whatever is in its item, and what leads to it."""
        places = [lies(owner.tenant, name), Address(MAIN.name, of_patient(owner), name)]
        deletes = self._deletes([*places, *listed(owner.tenant, name, job)])
        return Going(Touched(str(Key(KIND, (shown(name),)))), tuple(deletes))

    def _deletes(self, places: Sequence[Address]) -> list[Action]:
        table = self.connection.table(MAIN.name)
        return [{"Delete": {"TableName": table, "Key": at.key}} for at in places]

    def _jobs(self, tenant: TenantId, ids: Sequence[str]) -> tuple[Job, ...]:
        places = [job_at(tenant, id_) for id_ in ids]
        found = self.batches.get(places)
        return tuple(job_of(found[at]) for at in places if at in found)

    @property
    def _together(self) -> Together:
        return Together(self.connection, self.batches.clock, self.batches.backoff)

    def _put(self, item: Item, condition: Action) -> Action:
        table = self.connection.table(MAIN.name)
        return {"Put": {"TableName": table, "Item": item, **condition}}


def _newest_first(
    connection: DynamoDBConnection, pk: str, limit: int, start: Item | None
) -> Op[Answer]:
    oldest_first = partition_op(connection, pk, "", limit=limit, start=start)
    parameters = {**oldest_first.parameters, "ScanIndexForward": False}
    return attrs.evolve(oldest_first, parameters=parameters)


def _index_op(
    connection: DynamoDBConnection, pk: str, after: str, limit: int, start: Item | None
) -> Op[Answer]:
    """At most `limit` items of a partition of the index behind `after`, then behind `start`."""
    (index,) = MAIN.indexes
    parameters = {
        "TableName": connection.table(MAIN.name),
        "IndexName": index.name,
        "KeyConditionExpression": f"{index.pk} = :pk AND {index.sk} > :after",
        "ExpressionAttributeValues": {":pk": {"S": pk}, ":after": {"S": after or FIRST}},
        "ReturnConsumedCapacity": "TOTAL",
        "Limit": limit,
    }
    if start is not None:
        parameters["ExclusiveStartKey"] = start
    return Op(
        operation="query",
        parameters=parameters,
        decode=lambda answer: answer,
        table=MAIN.name,
        reads=True,
    )
