"""Reliability goals on DynamoDB engines: REL-01 to 06, 08, 13, 14 and 15."""

import base64
import contextlib
import random
import signal
import subprocess
import sys
import time
import zlib
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import attrs
import pytest

from clarity.adapters.aws._operations import Op
from clarity.adapters.aws.dynamodb.batch import Address, Batches, get_op
from clarity.adapters.aws.dynamodb.chain import head_address
from clarity.adapters.aws.dynamodb.keys import chain_pk, key_text, owner_pk, seq_sk
from clarity.adapters.aws.settings import Limits
from clarity.adapters.local.clock import SystemClock
from clarity.domain.audit import AuditRecord, BrokenChain, UnreadableRecord, verify_chain
from clarity.domain.identity import PatientId, PatientRef, TenantId
from clarity.domain.streams import DayChunk
from clarity.ports.audit import AuditFilter
from clarity.ports.entities import Key, key_of
from clarity.ports.errors import IdempotencyMismatch, NotFound, PortError, StaleVersion
from clarity.ports.query import Query
from clarity.ports.repository import Committed, Put
from tests.contracts.repository.harness import ADA, chunk, digest, evidence
from tests.support.dynamodb import LIMITS, PATIENT, World, world_at, world_on
from tests.support.engines import running
from tests.support.fault_proxy import Fault, FaultProxy, always, fault_proxy, seeded

ROUGH = {
    Fault.THROTTLE: 0.08,
    Fault.SERVER_ERROR: 0.05,
    Fault.DROP_AFTER: 0.06,
    Fault.RESET_BEFORE: 0.03,
    Fault.CORRUPT: 0.04,
    Fault.CONFLICT: 0.05,
}
"""Much worse than any region; with two attempts many calls fail for good."""

TWO_ATTEMPTS = attrs.evolve(LIMITS, attempts=2)
MANY_ATTEMPTS = attrs.evolve(LIMITS, attempts=7)


@pytest.fixture(scope="module")
def proxy() -> Iterator[FaultProxy]:
    with fault_proxy(running("ministack")) as faulty:
        yield faulty


@contextlib.contextmanager
def faulty_world(proxy: FaultProxy, limits: Limits) -> Iterator[World]:
    proxy.plan = lambda *_: None
    with world_on(proxy.engine, SystemClock(), limits) as world:
        yield world
        proxy.plan = lambda *_: None


def records_of(world: World, patient: PatientRef = ADA) -> tuple[AuditRecord, ...]:
    wanted = AuditFilter(tenant=patient.tenant, patient=patient)
    return world.trail.records(wanted, limit=1_000, cursor=None).records


@attrs.define
class Believed:
    """What a caller may believe of one entity: the last acknowledged level, and what may be."""

    version: int = 0
    level: float = 0.0
    perhaps: list[float] = attrs.field(factory=list)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_rel_01_to_03_nothing_acknowledged_is_lost_and_every_change_is_audited_once(
    proxy: FaultProxy, seed: int
):
    chance = random.Random(seed)
    believed = {number: Believed() for number in range(3)}
    acknowledged = 0
    with faulty_world(proxy, TWO_ATTEMPTS) as world:
        for step in range(30):
            number, level = chance.randrange(3), float(step + 1)
            entity = believed[number]
            proxy.plan = seeded(1_000 * seed + step, ROUGH)
            try:
                told = evidence(key=f"k{step}", request=digest(step))
                change = Put(chunk(number, level=level), entity.version)
                (entity.version,) = world.repository.commit([change], evidence=told).versions
                entity.level, entity.perhaps = level, []
                acknowledged += 1
            except StaleVersion as stale:
                assert entity.perhaps, "a version moved that nobody tried to move"
                entity.version = stale.current
            except PortError:
                entity.perhaps.append(level)
        proxy.plan = lambda *_: None

        stored = {one.entity.day: one for one in world.repository.query(Query(DayChunk, ADA)).items}
        trail = records_of(world)
        assert verify_chain(trail, head=world.trail.head(ADA)).seq == len(trail)
        assert len(trail) >= acknowledged
        changes = Counter(t.entity for record in trail for t in record.event.touched)
        for number, entity in believed.items():
            day = date(2003, 5, 1) + timedelta(days=number)
            one = stored.get(day)
            seen = 0.0 if one is None else float(one.entity.values[0])
            assert seen in {entity.level, *entity.perhaps}
            assert changes[f"chunk/activity/{day}"] == (0 if one is None else one.version)


WRITER = """
import sys
from tests.faults.test_dynamodb import write_for_ever
write_for_ever(sys.argv[1], sys.argv[2])
"""


def write_for_ever(url: str, prefix: str) -> None:
    """Commits one day after the other and says each that was acknowledged; never ends."""
    with world_at(url, prefix, SystemClock()) as world:
        print("ready", flush=True)
        for number in range(10**6):
            world.repository.commit([Put(chunk(number), 0)], evidence=evidence())
            print(number, flush=True)


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["moto", "ministack"])
def test_rel_04_a_killed_writer_leaves_nothing_half_done(engine: str):
    chance = random.Random(4)
    for _ in range(5):
        with world_on(running(engine), SystemClock()) as world:
            prefix = world.connection.table("")
            command = [sys.executable, "-c", WRITER, running(engine).url, prefix]
            writer = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
            assert writer.stdout is not None
            assert writer.stdout.readline() == "ready\n"
            time.sleep(chance.uniform(0.05, 0.4))
            writer.send_signal(signal.SIGKILL)
            said = [int(line) for line in writer.stdout.read().splitlines() if line.strip()]
            writer.stdout.close()
            writer.wait()

            page = world.repository.query(Query(DayChunk, ADA).page(1_000))
            stored = [(one.entity.day - date(2003, 5, 1)).days for one in page.items]
            trail = records_of(world)
            audited = [touched.entity for record in trail for touched in record.event.touched]
            assert set(said) <= set(stored)
            assert audited == [str(key_of(chunk(number))) for number in stored]
            assert verify_chain(trail, head=world.trail.head(ADA)).seq == len(stored)
            world.repository.commit([Put(chunk(10_000), 0)], evidence=evidence())
            assert world.repository.get(ADA, key_of(chunk(10_000))).version == 1


@pytest.mark.parametrize("seed", range(5))
def test_rel_05_the_same_command_ten_times_at_once_happens_once(proxy: FaultProxy, seed: int):
    with faulty_world(proxy, MANY_ATTEMPTS) as world:
        told = evidence(key="k", request=digest(seed))
        proxy.plan = seeded(seed, {Fault.DROP_AFTER: 0.3})

        def command(_: int) -> Committed:
            return world.repository.commit([Put(chunk(), 0)], evidence=told)

        with ThreadPoolExecutor(10) as pool:
            answers = set(pool.map(command, range(10)))
        proxy.plan = lambda *_: None

        assert len(answers) == 1
        assert len(records_of(world)) == 1
        assert world.repository.get(ADA, key_of(chunk())).version == 1
        with pytest.raises(IdempotencyMismatch):
            world.repository.commit(
                [Put(chunk(), 0)], evidence=attrs.evolve(told, request_digest=digest(99))
            )


ODD = ("a", "#", "$", "/", "%", "$c", "a#", "#a", "a$", "\N{CYRILLIC SMALL LETTER A}", "a#a", "é")


def test_rel_06_no_two_owners_and_keys_share_a_place():
    chance = random.Random(6)
    places: dict[tuple[str, str], tuple[str, ...]] = {}
    for _ in range(10_000):
        parts = tuple("".join(chance.choices(ODD, k=chance.randint(1, 3))) for _ in range(4))
        tenant, patient, kind, fingerprint = parts
        owner = PatientRef(TenantId(tenant), PatientId(patient))
        place = (owner_pk(owner), key_text(Key("result", (kind, fingerprint))))

        assert places.setdefault(place, parts) == parts
    assert len(places) > 9_000


@pytest.mark.parametrize("engine", ["moto", "ministack"])
def test_rel_08_every_change_of_the_trail_in_the_table_is_found(engine: str):
    with world_on(running(engine), SystemClock()) as world:
        for number in range(5):
            world.repository.commit([Put(chunk(number), 0)], evidence=evidence())
        whole = [_item(world, seq_sk(seq)) for seq in range(1, 6)]
        body = zlib.decompress(base64.b64decode(whole[2]["z"]["B"]))
        forged = zlib.compress(body.replace(b"nurse", b"purse"))
        edited = {**whole[2], "z": {"B": base64.b64encode(forged).decode()}}
        swapped = {**whole[1], "z": whole[3]["z"], "h": whole[3]["h"]}

        for tampered in (edited, swapped, {**whole[4], "sk": {"S": seq_sk(6)}}):
            _put(world, tampered)
            with pytest.raises((BrokenChain, UnreadableRecord)):
                verify_chain(records_of(world), head=world.trail.head(ADA))
            for item in whole:
                _put(world, item)
            _delete(world, seq_sk(6))
        for missing in (1, 3, 5):
            _delete(world, seq_sk(missing))
            with pytest.raises(BrokenChain):
                verify_chain(records_of(world), head=world.trail.head(ADA))
            _put(world, whole[missing - 1])

        assert verify_chain(records_of(world), head=world.trail.head(ADA)).seq == 5
        assert head_address(ADA).pk == chain_pk(ADA)


def _item(world: World, sk: str) -> dict:
    item = world.connection.run(get_op(world.connection, Address("audit", chain_pk(ADA), sk)))
    assert item is not None
    return item


def _put(world: World, item: dict) -> None:
    raw = {n: {"B": base64.b64decode(v["B"])} if "B" in v else v for n, v in item.items()}
    _run(world, "put_item", Item=raw)


def _delete(world: World, sk: str) -> None:
    _run(world, "delete_item", Key={"pk": {"S": chain_pk(ADA)}, "sk": {"S": sk}})


def _run(world: World, operation: str, **parameters: object) -> None:
    table = world.connection.table("audit")
    world.connection.run(
        Op(
            operation=operation,
            parameters={"TableName": table, **parameters},
            decode=lambda _: None,
            table="audit",
            reads=False,
        )
    )


def test_rel_13_with_throttles_errors_and_lost_answers_nearly_all_succeed(proxy: FaultProxy):
    rates = {Fault.THROTTLE: 0.10, Fault.SERVER_ERROR: 0.05, Fault.DROP_AFTER: 0.02}
    with faulty_world(proxy, MANY_ATTEMPTS) as world:
        world.repository.commit([Put(chunk(), 0)], evidence=evidence())
        proxy.requests.clear()
        proxy.plan = seeded(13, rates)

        def read(_: int) -> int:
            try:
                return world.repository.get(ADA, key_of(chunk())).version
            except PortError:
                return 0

        with ThreadPoolExecutor(16) as pool:
            answers = Counter(pool.map(read, range(400)))
        proxy.plan = lambda *_: None

        assert answers[1] >= 0.999 * 400
        assert proxy.requests["GetItem"] <= 1.3 * 400


def test_rel_14_when_half_is_left_over_each_round_everything_is_stored(proxy: FaultProxy):
    with faulty_world(proxy, LIMITS) as world:
        proxy.plan = always(Fault.UNPROCESSED, "BatchWriteItem")
        items = [{**Address("main", "P#t#p", f"{n:04}").key} for n in range(200)]

        written = Batches(world.connection, SystemClock(), PATIENT).put("main", items)

        assert (written.stored, written.left) == (200, ())


@pytest.mark.parametrize("engine", ["moto", "ministack"])
def test_rel_15_eight_writers_of_one_key_each_succeed_or_learn_the_version(engine: str):
    with world_on(running(engine), SystemClock()) as world:

        def write(writer: int) -> list[int]:
            done = []
            for _ in range(3):
                try:
                    current = world.repository.get(ADA, key_of(chunk())).version
                except NotFound:
                    current = 0
                with contextlib.suppress(PortError):
                    change = Put(chunk(level=float(writer)), current)
                    done += world.repository.commit([change], evidence=evidence()).versions
            return done

        with ThreadPoolExecutor(8) as pool:
            versions = sorted(v for done in pool.map(write, range(8)) for v in done)

        assert versions == list(range(1, len(versions) + 1))
        assert world.repository.get(ADA, key_of(chunk())).version == len(versions)
        assert verify_chain(records_of(world), head=world.trail.head(ADA)).seq == len(versions)
