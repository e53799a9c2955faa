"""Payloads too large for an item: in the blob store first, found again, gone when they should be."""

import base64
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import attrs
import numpy as np
import pytest

from clarity.adapters.aws._operations import Item, Op
from clarity.adapters.aws.dynamodb import payloads as payloads_module
from clarity.adapters.aws.dynamodb.batch import Address, get_op
from clarity.adapters.aws.dynamodb.items import EntityItems
from clarity.adapters.aws.dynamodb.keys import chain_pk, key_text, owner_pk, seq_sk
from clarity.adapters.aws.dynamodb.payload_erasure import DynamoDBPayloadErasure
from clarity.adapters.aws.dynamodb.payloads import (
    INLINE_BYTES,
    NoBlobStore,
    NoPlaceForPayload,
    PayloadGone,
    Payloads,
    folder_of,
)
from clarity.adapters.aws.dynamodb.upkeep import IN_PROGRESS, DynamoDBUpkeep
from clarity.adapters.local.blobs import DirectoryBlobStore
from clarity.adapters.packing.shuffle_zstd import ShuffleZstdCodec
from clarity.application.erase import ErasePatient
from clarity.application.jobs import TrackJobs
from clarity.application.known_people import KnownPeople
from clarity.domain.audit import Operation
from clarity.domain.identity import CorrelationId, Purpose
from clarity.domain.streams import DayChunk, StreamKind, Unit
from clarity.ports.blobs import Blob, BlobKey, BlobStore, StoredBlob
from clarity.ports.entities import key_of
from clarity.ports.errors import (
    AlreadyExists,
    Corrupt,
    NotFound,
    PortError,
    StaleVersion,
    TooLarge,
    Unavailable,
)
from clarity.ports.query import Query
from clarity.ports.repository import Delete, Put
from tests.contracts.repository.harness import ADA, BEN, chunk, digest, evidence
from tests.support.clocks import CountedIds, HandClock
from tests.support.dynamodb import InBetween, World, put_item, world_on
from tests.support.engines import running

NOW = datetime.now(UTC)


def raw(number: int = 0, *, seed: int = 0) -> DayChunk:
    """A day of a value per second that nothing can pack below 256 KB."""
    return DayChunk(
        stream=StreamKind.ACTIVITY,
        day=date(2003, 5, 1) + timedelta(days=number),
        zone=ZoneInfo("UTC"),
        epoch_s=1,
        unit=Unit.COUNTS,
        values=np.random.default_rng(seed).random(86_400),
        source=digest(number),
    )


@attrs.define
class Watched(BlobStore):
    """A blob store with something that happens before a call."""

    inner: BlobStore
    before: Callable[[str], object] = lambda _: None

    def put(self, key: BlobKey, data: bytes) -> Blob:
        self.before("put")
        return self.inner.put(key, data)

    def get(self, blob: Blob) -> bytes:
        self.before("get")
        return self.inner.get(blob)

    def stored(self, folder: str) -> Iterator[StoredBlob]:
        return self.inner.stored(folder)

    def remove(self, keys: Sequence[BlobKey]) -> None:
        self.before("remove")
        self.inner.remove(keys)


@attrs.frozen
class Beside:
    """Tables, and the blobs beside them."""

    world: World
    blobs: Watched
    folder: Path
    clock: HandClock

    @property
    def keys(self) -> list[BlobKey]:
        return [stored.key for stored in self.blobs.stored("")]

    @property
    def upkeep(self) -> DynamoDBUpkeep:
        items = self.world.repository.items
        return DynamoDBUpkeep(self.world.connection, items, self.clock)

    def commit(self, *changes: Put | Delete) -> tuple[int, ...]:
        return self.world.repository.commit(changes, evidence=evidence()).versions

    def item(self, day: DayChunk) -> Item:
        at = Address("main", owner_pk(ADA), key_text(key_of(day)))
        item = self.world.connection.run(get_op(self.world.connection, at))
        assert item is not None
        return item

    def overwrite(self, item: Item) -> None:
        self.world.connection.run(
            Op(
                operation="put_item",
                parameters={"TableName": self.world.connection.table("main"), "Item": item},
                decode=lambda _: None,
                table="main",
                reads=False,
            )
        )


@pytest.fixture
def beside(tmp_path: Path) -> Iterator[Beside]:
    blobs, clock = Watched(DirectoryBlobStore(root=tmp_path)), HandClock(at=NOW)
    with world_on(running("ministack"), clock, payloads=Payloads(blobs=blobs)) as world:
        yield Beside(world, blobs, tmp_path, clock)


def unwired(item: Item) -> Item:
    """The item as it was sent, bytes as bytes."""
    return {name: _raw(value) for name, value in item.items()}


def _raw(attribute: dict[str, Any]) -> dict[str, Any]:
    ((mark, value),) = attribute.items()
    if mark == "B" and isinstance(value, str):
        return {"B": base64.b64decode(value)}
    if mark == "M":
        return {"M": unwired(value)}
    return attribute


def test_a_large_payload_lies_beside_and_the_item_says_where(beside: Beside):
    beside.commit(Put(raw(), 0))

    item, (key,) = unwired(beside.item(raw())), beside.keys
    content = (beside.folder / str(key)).read_bytes()
    pointer = item["values_at"]["M"]
    assert "y" not in item
    assert pointer["key"] == {"S": str(key)}
    assert pointer["size"] == {"N": str(len(content))}
    assert len(content) > INLINE_BYTES
    assert key.folder == folder_of(owner_pk(ADA))
    assert re.fullmatch(r"[0-9a-f]{32}/[0-9a-f]{32}", str(key))
    assert beside.world.repository.get(ADA, key_of(raw())).entity == raw()


def test_a_small_payload_stays_in_its_item(beside: Beside):
    beside.commit(Put(chunk(), 0))

    assert beside.keys == []
    assert "y" in beside.item(chunk())


def test_the_digest_of_the_content_is_the_same_wherever_it_lies(beside: Beside):
    inline = EntityItems(ShuffleZstdCodec(), Payloads(inline_bytes=2**20))

    assert (
        inline.encode(ADA, raw()).digest == beside.world.repository.items.encode(ADA, raw()).digest
    )


def test_exactly_the_limit_stays_in_the_item():
    payloads = Payloads(inline_bytes=100)

    place, outgoing = payloads.placed("pk", bytes(100), "it")

    assert (place, outgoing) == ({"values": {"B": bytes(100)}}, None)
    with pytest.raises(NoPlaceForPayload):
        payloads.placed("pk", bytes(101), "it")


def test_without_a_blob_store_it_is_refused_before_anything_is_sent_and_says_the_setting():
    with world_on(running("ministack"), HandClock()) as world:
        with pytest.raises(TooLarge, match=r"`blobs`.*s3://BUCKET") as refused:
            world.repository.commit([Put(chunk(1), 0), Put(raw(), 0)], evidence=evidence())

        assert "chunk/activity/2003-05-01" in str(refused.value)
        assert refused.value.limit == INLINE_BYTES
        assert world.trail.patients(ADA.tenant) == ()


def test_a_page_of_large_payloads_comes_back(beside: Beside):
    days = [raw(number, seed=number) for number in range(3)]
    beside.commit(*[Put(day, 0) for day in days])

    found = [one.entity for one in beside.world.repository.query(Query(DayChunk, ADA)).items]

    assert found == days
    assert len(beside.keys) == 3


def test_another_payload_than_was_put_is_corrupt_and_names_the_item(beside: Beside):
    beside.commit(Put(raw(), 0))
    (key,) = beside.keys
    (beside.folder / str(key)).write_bytes(b"x")

    with pytest.raises(Corrupt, match="payload of chunk/activity/2003-05-01"):
        beside.world.repository.get(ADA, key_of(raw()))
    with pytest.raises(Corrupt):
        beside.world.repository.query(Query(DayChunk, ADA))
    assert len(beside.upkeep.check().damage) == 1


def test_a_payload_that_is_missing_is_corrupt_and_names_the_item(beside: Beside):
    beside.commit(Put(raw(), 0))
    beside.blobs.remove(beside.keys)

    with pytest.raises(PayloadGone, match="payload of chunk/activity/2003-05-01 is missing"):
        beside.world.repository.get(ADA, key_of(raw()))
    with pytest.raises(Corrupt):
        beside.world.repository.query(Query(DayChunk, ADA))
    assert "is missing" in beside.upkeep.check().damage[0]


def _of_another_person(pointer: Item) -> Item:
    _, _, name = pointer["key"]["S"].partition("/")
    return {**pointer, "key": {"S": f"{folder_of(owner_pk(BEN))}/{name}"}}


def _outside(pointer: Item) -> Item:
    return {**pointer, "key": {"S": "../../etc/passwd"}}


def _without_size(pointer: Item) -> Item:
    return {name: value for name, value in pointer.items() if name != "size"}


def _huge(pointer: Item) -> Item:
    return {**pointer, "size": {"N": "99999999999"}}


@pytest.mark.parametrize("damage", [_of_another_person, _outside, _without_size, _huge])
def test_a_pointer_that_nobody_wrote_is_corrupt(beside: Beside, damage: Callable[[Item], Item]):
    beside.commit(Put(raw(), 0))
    item = unwired(beside.item(raw()))
    beside.overwrite({**item, "values_at": {"M": damage(item["values_at"]["M"])}})

    with pytest.raises(Corrupt):
        beside.world.repository.get(ADA, key_of(raw()))


def test_a_purge_stops_at_a_pointer_that_it_cannot_read(beside: Beside):
    beside.commit(Put(raw(), 0))
    item = unwired(beside.item(raw()))
    beside.overwrite({**item, "values_at": {"M": _outside(item["values_at"]["M"])}})
    beside.clock.advance(2 * IN_PROGRESS.total_seconds())

    with pytest.raises(Corrupt):
        beside.upkeep.purge_expired()

    assert len(beside.keys) == 1


def test_a_replaced_payload_goes_and_the_new_one_is_there(beside: Beside):
    beside.commit(Put(raw(), 0))
    before = beside.keys

    beside.commit(Put(raw(seed=1), 1))

    assert len(beside.keys) == 1
    assert beside.keys != before
    assert beside.world.repository.get(ADA, key_of(raw())).entity == raw(seed=1)


def test_a_payload_goes_with_its_item_and_when_it_gets_small(beside: Beside):
    beside.commit(Put(raw(0), 0), Put(raw(1), 0))

    beside.commit(Delete(key_of(raw(0)), 1))
    assert len(beside.keys) == 1
    beside.commit(Put(chunk(1), 1))

    assert beside.keys == []


@pytest.mark.parametrize(
    ("change", "refusal"),
    [(Put(raw(seed=1), 0), AlreadyExists), (Put(raw(seed=1), 7), StaleVersion)],
)
def test_a_refused_commit_leaves_nothing_that_can_be_reached(
    beside: Beside, change: Put, refusal: type[PortError]
):
    beside.commit(Put(raw(), 0))
    (reachable,) = beside.keys

    with pytest.raises(refusal):
        beside.commit(change)
    assert beside.world.repository.get(ADA, key_of(raw())).entity == raw()
    beside.clock.advance(2 * IN_PROGRESS.total_seconds())
    beside.upkeep.purge_expired()

    assert beside.keys == [reachable]


def test_a_purge_leaves_what_a_commit_in_progress_may_point_to(beside: Beside):
    young = BlobKey(folder_of(owner_pk(ADA)), "0" * 32)
    beside.blobs.put(young, b"x")
    beside.clock.advance(IN_PROGRESS.total_seconds() / 2)

    beside.upkeep.purge_expired()
    assert beside.keys == [young]
    beside.clock.advance(IN_PROGRESS.total_seconds())
    beside.upkeep.purge_expired()

    assert beside.keys == []


def test_when_the_blob_store_refuses_nothing_is_committed(beside: Beside):
    def refuse(call: str) -> None:
        raise Unavailable(f"the blob store of a test ({call})")

    beside.blobs.before = refuse

    with pytest.raises(Unavailable, match="put"):
        beside.commit(Put(raw(), 0))

    assert beside.world.trail.patients(ADA.tenant) == ()


def test_when_an_old_payload_cannot_be_removed_the_commit_still_counts(beside: Beside):
    def refuse(call: str) -> None:
        if call == "remove":
            raise Unavailable("the blob store of a test")

    beside.commit(Put(raw(), 0))
    beside.blobs.before = refuse

    assert beside.commit(Put(raw(seed=1), 1)) == (2,)
    assert len(beside.keys) == 2


def once(act: Callable[[], object]) -> Callable[[str], object]:
    """Does it before the first `get`."""
    left = [act]
    return lambda call: left.pop()() if call == "get" and left else None


def test_a_reader_that_meets_a_change_sees_what_is_there_since(beside: Beside):
    beside.commit(Put(raw(), 0))
    for number, read in enumerate(
        (
            lambda: beside.world.repository.get(ADA, key_of(raw())).entity,
            lambda: beside.world.repository.query(Query(DayChunk, ADA)).items[0].entity,
        ),
        start=1,
    ):
        change = Put(raw(seed=number), number)
        beside.blobs.before = once(lambda change=change: beside.commit(change))

        assert read() == raw(seed=number)


def test_a_reader_that_meets_a_deletion_finds_nothing(beside: Beside):
    beside.commit(Put(raw(), 0))
    beside.blobs.before = once(lambda: beside.commit(Delete(key_of(raw()), 1)))
    with pytest.raises(NotFound):
        beside.world.repository.get(ADA, key_of(raw()))
    beside.commit(Put(raw(), 0))
    beside.blobs.before = once(lambda: beside.commit(Delete(key_of(raw()), 1)))

    assert beside.world.repository.query(Query(DayChunk, ADA)).items == ()


def test_a_reader_of_what_never_stops_changing_gives_up(
    beside: Beside, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(payloads_module, "ROUNDS", 2)
    beside.commit(Put(raw(), 0))
    versions = iter(range(1, 9))

    def change(call: str) -> None:
        if call == "get":
            version = next(versions)
            beside.commit(Put(raw(seed=version), version))

    beside.blobs.before = change

    with pytest.raises(Unavailable, match="keeps changing"):
        beside.world.repository.get(ADA, key_of(raw()))


def test_days_in_bulk_lie_beside_too_and_are_known_again(beside: Beside):
    days = [raw(0), chunk(1)]
    told = evidence(key="batch", request=digest(1))

    first = beside.world.bulk.put(days, evidence=told)
    again = beside.world.bulk.put(days, evidence=evidence(key="again", request=digest(1)))

    assert set(first.stored) == set(again.same) == {key_of(day) for day in days}
    assert len(beside.keys) == 1
    assert beside.world.repository.get(ADA, key_of(raw())).entity == raw()


def test_what_has_expired_goes_with_its_payload(beside: Beside):
    soon = NOW + timedelta(seconds=5)
    beside.commit(Put(raw(0), 0, soon), Put(raw(1), 0))
    beside.clock.advance(5)

    assert beside.upkeep.purge_expired() == 1
    assert len(beside.keys) == 1
    assert beside.world.repository.get(ADA, key_of(raw(1))).entity == raw(1)


def test_erasing_a_person_counts_zero_over_tables_and_blobs(beside: Beside):
    beside.commit(Put(raw(0), 0), Put(chunk(1), 0))
    beside.world.repository.commit([Put(raw(0), 0)], evidence=evidence(BEN))
    beside.blobs.put(BlobKey(folder_of(owner_pk(ADA)), "0" * 32), b"left over")
    payloads = DynamoDBPayloadErasure(beside.blobs, beside.world.removal)
    erase = ErasePatient(
        stores={"repository": beside.world.erasure, "payloads": payloads},
        audit=beside.world.trail,
        track=TrackJobs(jobs=beside.world.jobs, ids=CountedIds(), clock=beside.clock),
        clock=beside.clock,
        people=KnownPeople(beside.world.trail, beside.world.trail, beside.clock),
    )

    clerk = attrs.evolve(evidence().actor, purpose=Purpose.PATIENT_REQUEST)
    erased = erase.run(ADA, actor=clerk, correlation=CorrelationId("c"))

    assert erased.removed == 4
    assert erased.left == {"repository": (), "payloads": ()}
    assert {key.folder for key in beside.keys} == {folder_of(owner_pk(BEN))}
    assert beside.world.repository.get(BEN, key_of(raw(0))).entity == raw(0)


def _record(seq: int) -> Address:
    return Address("audit", chain_pk(ADA), seq_sk(seq))


def _erase_payloads(beside: Beside) -> int:
    erasing = attrs.evolve(evidence(), operation=Operation.ERASE)
    payloads = DynamoDBPayloadErasure(beside.blobs, beside.world.removal)
    return payloads.erase(ADA, limit=500, evidence=erasing)


def test_a_commit_whose_payload_was_erased_meanwhile_is_refused_and_can_be_repeated(
    beside: Beside,
):
    during = InBetween(lambda: _erase_payloads(beside))
    repository = attrs.evolve(beside.world.repository, nonce=during)

    with pytest.raises(Unavailable, match="was erased meanwhile"):
        repository.commit([Put(raw(), 0)], evidence=evidence(key="k"))
    assert beside.keys == []
    assert repository.query(Query(DayChunk, ADA)).items == ()

    assert repository.commit([Put(raw(), 0)], evidence=evidence(key="k")).versions == (1,)
    assert repository.get(ADA, key_of(raw())).entity == raw()


def test_a_commit_with_a_payload_goes_on_after_others_wrote(beside: Beside):
    during = InBetween(lambda: beside.commit(Put(chunk(1), 0)))
    repository = attrs.evolve(beside.world.repository, nonce=during)

    repository.commit([Put(raw(), 0)], evidence=evidence())

    assert len(beside.keys) == 1
    assert repository.get(ADA, key_of(raw())).entity == raw()


def test_a_record_that_cannot_be_read_may_be_of_an_erasure(beside: Beside):
    def write_nonsense() -> None:
        beside.commit(Put(chunk(1), 0))
        put_item(beside.world, {**_record(1).key, "w": {"S": "?"}}, table="audit")

    repository = attrs.evolve(beside.world.repository, nonce=InBetween(write_nonsense))

    with pytest.raises(Unavailable, match="was erased meanwhile"):
        repository.commit([Put(raw(), 0)], evidence=evidence())


def test_without_the_blob_store_neither_reading_nor_erasing_says_that_all_is_well(
    beside: Beside,
):
    beside.commit(Put(raw(), 0, NOW + timedelta(seconds=5)))
    unknowing = Payloads()
    items = EntityItems(ShuffleZstdCodec(), unknowing)
    erasure = attrs.evolve(beside.world.erasure, payloads=unknowing)
    repository = attrs.evolve(beside.world.repository, items=items)
    upkeep = DynamoDBUpkeep(beside.world.connection, items, beside.clock)
    erasing = attrs.evolve(evidence(), operation=Operation.ERASE)
    with pytest.raises(NoBlobStore, match="`blobs`"):
        repository.get(ADA, key_of(raw()))
    beside.clock.advance(5)

    for call in (
        lambda: erasure.holdings(ADA),
        lambda: erasure.erase(ADA, limit=5, evidence=erasing),
        upkeep.purge_expired,
    ):
        with pytest.raises(NoBlobStore, match="`blobs`"):
            call()
    assert "values_at" in beside.item(raw())
