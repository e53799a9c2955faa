"""Bulk import in SQLite: what happens between the two transactions of a batch."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import attrs
import pytest

from clarity.adapters.local.audit import SqliteAuditTrail
from clarity.adapters.local.bulk import SqliteBulkDays
from clarity.adapters.local.erasure import SqliteErasure
from clarity.adapters.local.items import EntityCodec
from clarity.adapters.local.store import SqliteStore, open_store
from clarity.adapters.packing.shuffle_zstd import ShuffleZstdCodec
from clarity.domain.audit import Operation
from clarity.ports.audit import AuditFilter
from clarity.ports.bulk import Brought
from clarity.ports.entities import key_of
from tests.contracts.repository.harness import ADA, chunk, evidence
from tests.support.clocks import HandClock

DAYS = tuple(chunk(number) for number in range(4))
BATCH = evidence(ADA, key="batch", request="r")


@pytest.fixture
def store() -> Iterator[SqliteStore]:
    with open_store(None, busy_timeout_s=10) as opened:
        yield opened


@attrs.frozen
class _Between:
    """The store; something happens once, after its first transaction."""

    store: SqliteStore
    happening: list[Callable[[], object]]

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        with self.store.writing() as connection:
            yield connection
        if self.happening:
            self.happening.pop()()


def bulk(store: object) -> SqliteBulkDays:
    return SqliteBulkDays(store, EntityCodec(ShuffleZstdCodec()), HandClock())


def operations(store: SqliteStore) -> list[str]:
    wanted = AuditFilter(tenant=ADA.tenant, patient=ADA)
    records = SqliteAuditTrail(store).records(wanted, limit=100, cursor=None).records
    return [record.event.operation.value for record in records]


def test_a_batch_that_is_erased_before_its_days_go_in_has_an_intent_of_its_own(store: SqliteStore):
    asked = attrs.evolve(evidence(ADA), operation=Operation.ERASE)
    erased = partial(SqliteErasure(store).erase, ADA, limit=10, evidence=asked)

    brought = bulk(_Between(store, [erased])).put(DAYS, evidence=BATCH)

    assert brought == Brought(stored=tuple(map(key_of, DAYS)))
    assert operations(store) == ["import-intent", "erase", "import-intent", "import-done"]


def test_a_batch_that_somebody_ends_meanwhile_has_one_record_of_its_end(store: SqliteStore):
    ended = partial(bulk(store).put, DAYS, evidence=BATCH)

    brought = bulk(_Between(store, [ended])).put(DAYS, evidence=BATCH)

    assert brought == Brought(same=tuple(map(key_of, DAYS)))
    assert operations(store) == ["import-intent", "import-done"]
