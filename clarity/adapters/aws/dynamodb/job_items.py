"""
How jobs lie in the table `main`, and what leads to them.

| pk | sk | what |
|---|---|---|
| `JOB#{tenant}#{id}` | `-` | the job |
| `JOBS#{tenant}#{actor}` | `{started}#{id}` | so that an actor's jobs are found, newest first |
| `JOBP#{tenant}#{patient}` | `{id}` | so that a person's jobs are found |
| `JOBT#{tenant}` | `{started}#{id}` | so that a tenant's jobs are found, oldest first |

A job that runs is in the index `gs1` under `J#running#{tenant}#{shard}` / `{started}#{id}`; when it
ends it is written without those attributes and leaves the index.
"""

import hashlib
import zlib
from datetime import datetime
from typing import Final

import attrs

from clarity.adapters.aws._operations import Answer, Item
from clarity.adapters.aws.dynamodb.batch import Address
from clarity.adapters.aws.dynamodb.codec import MALFORMED, Undecodable, codec_of, told
from clarity.adapters.aws.dynamodb.items import micros
from clarity.adapters.aws.dynamodb.keys import SEPARATOR, SINGLE, escaped, unescaped
from clarity.adapters.aws.dynamodb.tables import MAIN
from clarity.domain.identity import PatientRef, TenantId
from clarity.domain.jobs import Job, JobState
from clarity.ports.errors import Corrupt

__all__ = [
    "SHARDS",
    "id_of",
    "ids_of",
    "item_of",
    "job_at",
    "job_of",
    "lies",
    "listed",
    "of_actor",
    "of_patient",
    "of_tenant",
    "places_of",
    "pointers",
    "shown",
    "unfinished_pk",
]

SHARDS: Final = 4
"""Partitions of the index per tenant; each takes 1,000 jobs a second that begin or end."""
YEAR_1_US: Final = 62_135_683_200_000_000
"""Microseconds from before year 1 to 1970, so that every instant is a number above 0."""


@attrs.frozen
class _Begun:
    """What of a job says where it is listed."""

    actor: str
    started_at: datetime


def job_at(tenant: TenantId, job: str) -> Address:
    """Where the job of that id lies."""
    return lies(tenant, escaped(job))


def lies(tenant: TenantId, name: str) -> Address:
    """Where the job of that escaped name lies."""
    return Address(MAIN.name, f"JOB#{escaped(str(tenant))}#{name}", SINGLE)


def listed(tenant: TenantId, name: str, job: Item) -> list[Address]:
    """Where its actor and its tenant find the job; nowhere that is known if it does not say."""
    try:
        begun = codec_of(_Begun).decode(job)
        place = _place(begun.started_at, name)
    except (Undecodable, *MALFORMED):
        return []
    return [
        Address(MAIN.name, of, place) for of in (of_actor(tenant, begun.actor), of_tenant(tenant))
    ]


def shown(name: str) -> str:
    """The id of a job, escaped as `name`; a digest when nothing is escaped so."""
    try:
        return unescaped(name)
    except Undecodable:
        return hashlib.sha256(name.encode()).hexdigest()


def id_of(name: str) -> str:
    """
    The id of a job, escaped as `name` in a place.

    Raises:
        Corrupt: nothing is escaped so.
    """
    try:
        return unescaped(name)
    except Undecodable as error:
        raise Corrupt("the place of a job") from error


def ids_of(answer: Answer) -> list[str]:
    """The ids of the jobs whose places an answer holds."""
    return [id_of(item["sk"]["S"].rpartition(SEPARATOR)[2]) for item in answer["Items"]]


def of_actor(tenant: TenantId, actor: str) -> str:
    """The partition that lists the jobs of an actor."""
    return f"JOBS#{escaped(str(tenant))}#{escaped(actor)}"


def of_tenant(tenant: TenantId) -> str:
    """The partition that lists the jobs of a tenant."""
    return f"JOBT#{escaped(str(tenant))}"


def of_patient(owner: PatientRef) -> str:
    """The partition that lists the jobs about a person."""
    return f"JOBP#{escaped(str(owner.tenant))}#{escaped(str(owner.patient))}"


def unfinished_pk(tenant: TenantId, shard: int) -> str:
    """The partition of the index that lists jobs of a tenant that run."""
    return f"J#{JobState.RUNNING.value}#{escaped(str(tenant))}#{shard}"


def _place(started_at: datetime, name: str) -> str:
    return f"{micros(started_at) + YEAR_1_US:020}#{name}"


def places_of(job: Job) -> list[Address]:
    """Where the job lies, and all that leads to it."""
    return [job_at(job.tenant, job.id), *pointers(job)]


def _in_index(job: Job) -> Item:
    """Where the index has the job; nowhere once it has ended."""
    if job.state is not JobState.RUNNING:
        return {}
    shard = zlib.crc32(job.id.encode()) % SHARDS
    place = _place(job.started_at, escaped(job.id))
    return {"gs1pk": {"S": unfinished_pk(job.tenant, shard)}, "gs1sk": {"S": place}}


def pointers(job: Job) -> list[Address]:
    """What leads to the job."""
    pk, place = of_actor(job.tenant, job.actor), _place(job.started_at, escaped(job.id))
    places = [Address(MAIN.name, of, place) for of in (pk, of_tenant(job.tenant))]
    if job.patient is not None:
        places.append(Address(MAIN.name, of_patient(job.patient), escaped(job.id)))
    return places


def item_of(job: Job) -> Item:
    """The item that keeps the job."""
    return {**job_at(job.tenant, job.id).key, **codec_of(Job).encode(job), **_in_index(job)}


def job_of(item: Item) -> Job:
    """
    The job that the item keeps.

    Raises:
        Corrupt: it keeps none that can be read.
    """
    return told(Job, item, "a stored job")
