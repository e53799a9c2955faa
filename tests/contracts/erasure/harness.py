"""The adapters of port Erasable: each store that holds something about people."""

import itertools
import tempfile
from binascii import a2b_base64
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Final

import attrs

from clarity.adapters.aws._operations import Item
from clarity.adapters.aws.dynamodb.batch import Address
from clarity.adapters.aws.dynamodb.keys import SINGLE, chain_pk, escaped, idempotency_pk, owner_pk
from clarity.adapters.aws.dynamodb.payload_erasure import DynamoDBPayloadErasure
from clarity.adapters.aws.dynamodb.payloads import folder_of
from clarity.adapters.local.audit import SqliteAuditTrail
from clarity.adapters.local.blobs import DirectoryBlobStore
from clarity.adapters.local.cache import LruCache
from clarity.adapters.local.erasure import SqliteErasure
from clarity.adapters.local.items import EntityCodec
from clarity.adapters.local.jobs import SqliteJobs
from clarity.adapters.local.repository import SqliteRepository
from clarity.adapters.local.store import SqliteStore, open_store
from clarity.adapters.packing.shuffle_zstd import ShuffleZstdCodec
from clarity.application.answers import Answers
from clarity.domain.identity import PatientRef
from clarity.ports.audit import AuditTrail
from clarity.ports.blobs import BlobKey
from clarity.ports.cache import Miss
from clarity.ports.erasure import Erasable
from clarity.ports.jobs import Jobs
from clarity.ports.repository import Put, Repository
from tests.contracts.jobs.harness import job
from tests.contracts.repository.harness import chunk, evidence
from tests.support.clocks import START, HandClock
from tests.support.dynamodb import World, items_of, put_item, remove_item, world_on
from tests.support.engines import running

__all__ = ["OPENERS", "ErasureHarness", "Opener"]


def _unspoiled(_: PatientRef) -> None:
    """Nothing of it is ever read but its name."""


@attrs.frozen(kw_only=True)
class ErasureHarness:
    """
    A store, the trail that erasing leaves, and a way to fill it.

    `fill(patient, first, count)` makes the store hold `count` things about the patient; numbers
    keep those of several calls apart. `spoil(patient)` damages all that is held about the patient,
    in every way that the store lets in; what has no content but its name stays as it is.
    """

    erasable: Erasable
    trail: AuditTrail
    fill: Callable[[PatientRef, int, int], None]
    spoil: Callable[[PatientRef], None] = _unspoiled
    many: int = 10_080


MANY_OVER_HTTP: Final = 1_260
"""Over more than two pages; ten thousand would take an engine minutes."""

Opener = Callable[[], AbstractContextManager[ErasureHarness]]


Fill = Callable[[PatientRef, int, int], None]


def _filler(repository: Repository, clock: HandClock) -> Fill:
    def fill(patient: PatientRef, first: int, count: int) -> None:
        soon = clock.now() + timedelta(seconds=1)
        for number in range(first, first + count, 90):
            of_days = range(number, min(number + 90, first + count))
            puts = [Put(chunk(n), 0, soon if n % 2 else None) for n in of_days]
            if len(puts) > 1:
                puts = puts[:-1]
                key = f"{patient.patient}-{number}"
                repository.commit(puts, evidence=evidence(patient, key=key))
            else:
                repository.commit(puts, evidence=evidence(patient))
        clock.advance(2)

    return fill


def _job_filler(jobs: Jobs) -> Fill:
    def fill(patient: PatientRef, first: int, count: int) -> None:
        for number in range(first, first + count):
            one = job(number, patient=patient)
            id_ = f"{patient.patient}-{number}"
            jobs.begin(attrs.evolve(one, id=id_, tenant=patient.tenant))
        everybodys = attrs.evolve(job(first), id=f"all-{patient.tenant}-{patient.patient}-{first}")
        jobs.begin(attrs.evolve(everybodys, heard_at=START))

    return fill


def _spoil_rows(store: SqliteStore, patient: PatientRef) -> None:
    """Days without a date, content or digest; requests and batches that nobody can read."""
    whose = "WHERE owner = (SELECT id FROM patient WHERE tenant = ? AND patient = ?)"
    names = (str(patient.tenant), str(patient.patient))
    with store.writing() as connection:
        connection.execute(
            f"UPDATE chunk SET day = 'day ' || rowid, body = x'', digest = x'' {whose}", names
        )
        connection.execute(f"UPDATE idempotency SET versions = '?' {whose}", names)


def _spoil_job_rows(store: SqliteStore, patient: PatientRef) -> None:
    with store.writing() as connection:
        connection.execute(
            "UPDATE job SET body = x'00' WHERE tenant = ? AND patient = ?",
            (str(patient.tenant), str(patient.patient)),
        )


@contextmanager
def _entities(path: Path | None) -> Iterator[ErasureHarness]:
    """Days, every second of which has expired, and the remembered requests that brought them."""
    with open_store(path, busy_timeout_s=10) as store:
        clock = HandClock()
        repository = SqliteRepository(store, EntityCodec(ShuffleZstdCodec()), clock)

        yield ErasureHarness(
            erasable=SqliteErasure(store),
            trail=SqliteAuditTrail(store),
            fill=_filler(repository, clock),
            spoil=partial(_spoil_rows, store),
        )


@contextmanager
def _jobs() -> Iterator[ErasureHarness]:
    with open_store(None, busy_timeout_s=10) as store:
        jobs = SqliteJobs(store)

        yield ErasureHarness(
            erasable=jobs,
            trail=SqliteAuditTrail(store),
            fill=_job_filler(jobs),
            spoil=partial(_spoil_job_rows, store),
        )


@contextmanager
def _answers() -> Iterator[ErasureHarness]:
    """What a model said about people, and a question that has no answer yet."""
    with open_store(None, busy_timeout_s=10) as store:
        trail = SqliteAuditTrail(store)
        answers = Answers(LruCache(HandClock()), trail, ttl_s=60.0)

        def fill(patient: PatientRef, first: int, count: int) -> None:
            cache = answers.about(patient).cache
            for number in range(first, first + count):
                miss = cache.get(f"pat/{number}")
                assert isinstance(miss, Miss)
                cache.fill(f"pat/{number}", b"answer", stamp=miss.stamp, ttl_s=60.0)
            cache.get("pat/unanswered")

        yield ErasureHarness(erasable=answers, trail=trail, fill=fill, many=5_000)


@contextmanager
def _entities_in_a_file() -> Iterator[ErasureHarness]:
    with tempfile.TemporaryDirectory() as folder, _entities(Path(folder) / "s.db") as world:
        yield world


def _without(item: Item, name: str) -> Item:
    return {one: value for one, value in item.items() if one != name}


ODD_ITEMS: Final[tuple[Callable[[Item], Item], ...]] = (
    lambda item: _without(item, "d"),
    lambda item: {**item, "d": {"S": "digest"}},
    lambda item: {**item, "x": {"S": "soon"}},
    lambda item: {**item, "v": {"BOOL": True}},
    lambda item: {**item, "s": {"NULL": True}},
    lambda item: {**item, "taken": {"S": "me"}},
    lambda item: {"pk": item["pk"], "sk": item["sk"]},
    lambda item: {**item, "sk": {"S": f"Z#{item['sk']['S']}"}},
    lambda item: {**item, "sk": {"S": f"ZZ{item['sk']['S']}"}},
    lambda item: {**item, "sk": {"S": f"O#activity#{item['sk']['S']}"}},
    lambda item: {**item, "sk": {"S": f"A#$!{item['sk']['S']}"}},
    lambda item: {**item, "sk": {"S": f"B#$!{item['sk']['S']}"}},
    lambda item: {**item, "sk": {"S": f"Q#$!{item['sk']['S']}"}},
)


def _spoil_items(world: World, patient: PatientRef) -> None:
    """Items without what they need, of other types, and under keys of no kind; nobody's requests."""
    pk = owner_pk(patient)
    odd = itertools.cycle(ODD_ITEMS)
    for item in items_of(world, pk):
        remove_item(world, item)
        put_item(world, next(odd)(item))
    for item in items_of(world, chain_pk(patient), table="audit"):
        if "k" in item:
            key = a2b_base64(item["k"]["B"])
            memory = Address("main", idempotency_pk(patient.tenant, key), SINGLE)
            put_item(world, {**memory.key, "who": {"L": []}})


ODD_JOBS: Final[tuple[Callable[[Item], Item | None], ...]] = (
    lambda _: None,
    lambda item: {"pk": item["pk"], "sk": item["sk"]},
    lambda item: _without(item, "started_at"),
    lambda item: {**item, "state": {"S": "?"}},
    lambda item: {**item, "actor": {"L": []}},
)


def _spoil_jobs(world: World, patient: PatientRef) -> None:
    """Jobs that are gone or cannot be read, and places that do not say of which job they are."""
    odd = itertools.cycle(ODD_JOBS)
    for place in items_of(world, f"JOBP#{escaped(str(patient.tenant))}#{patient.patient}"):
        put_item(world, _without(place, "id"))
        at = Address("main", f"JOB#{escaped(str(patient.tenant))}#{place['sk']['S']}", SINGLE)
        (item,) = items_of(world, at.pk)
        spoiled = next(odd)(item)
        remove_item(world, item)
        if spoiled is not None:
            put_item(world, spoiled)


@contextmanager
def _tables() -> Iterator[ErasureHarness]:
    """As `_entities`, in DynamoDB."""
    clock = HandClock()
    with world_on(running("ministack"), clock) as opened:
        yield ErasureHarness(
            erasable=opened.erasure,
            trail=opened.trail,
            fill=_filler(opened.repository, clock),
            spoil=partial(_spoil_items, opened),
            many=MANY_OVER_HTTP,
        )


@contextmanager
def _jobs_in_tables() -> Iterator[ErasureHarness]:
    with world_on(running("ministack"), HandClock()) as opened:
        yield ErasureHarness(
            erasable=opened.jobs,
            trail=opened.trail,
            fill=_job_filler(opened.jobs),
            spoil=partial(_spoil_jobs, opened),
            many=MANY_OVER_HTTP,
        )


@contextmanager
def _payloads(engine: str) -> Iterator[ErasureHarness]:
    """Blobs that nothing points to, as a commit that died leaves them."""
    with tempfile.TemporaryDirectory() as folder:
        blobs = DirectoryBlobStore(root=Path(folder))

        def fill(patient: PatientRef, first: int, count: int) -> None:
            place = folder_of(owner_pk(patient))
            for number in range(first, first + count):
                blobs.put(BlobKey(place, f"{number:032x}"), b"x")

        with world_on(running(engine), HandClock()) as opened:
            yield ErasureHarness(
                erasable=DynamoDBPayloadErasure(blobs, opened.removal),
                trail=opened.trail,
                fill=fill,
                many=MANY_OVER_HTTP,
            )


OPENERS: Final[dict[str, Opener]] = {
    "answers": _answers,
    "dynamodb-moto-payloads": lambda: _payloads("moto"),
    "dynamodb-ministack": _tables,
    "dynamodb-ministack-jobs": _jobs_in_tables,
    "dynamodb-ministack-payloads": lambda: _payloads("ministack"),
    "sqlite-memory": lambda: _entities(None),
    "sqlite-file": _entities_in_a_file,
    "sqlite-jobs": _jobs,
}
