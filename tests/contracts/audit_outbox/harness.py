"""The adapters of port AuditOutbox."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from typing import Final

import attrs

from clarity.adapters.aws._operations import Item
from clarity.adapters.aws.dynamodb.batch import get_op
from clarity.adapters.aws.dynamodb.chain import head_address
from clarity.adapters.aws.dynamodb.outbox import DynamoDBAuditOutbox
from clarity.adapters.local.audit import SqliteAuditTrail
from clarity.adapters.local.clock import SystemClock
from clarity.adapters.local.outbox import SqliteAuditOutbox
from clarity.adapters.local.store import SqliteStore, open_store
from clarity.domain.identity import PatientRef
from clarity.ports.audit import AuditSink
from clarity.ports.audit_log import AuditOutbox
from tests.support.dynamodb import PATIENT, World, put_item, remove_item, world_on
from tests.support.engines import running


@attrs.frozen(kw_only=True)
class OutboxHarness:
    """
    A fresh store.

    Attributes:
        outbox: of it.
        sink: appends to its chains.
        lengthen: the head of that chain says so many records, however many there are.
        rename: that chain lies under a name that nobody has.
    """

    outbox: AuditOutbox
    sink: AuditSink
    lengthen: Callable[[PatientRef, int], None]
    rename: Callable[[PatientRef], None]


def _lengthen_row(store: SqliteStore, patient: PatientRef, records: int) -> None:
    _change_row(store, patient, "seq", records)


def _rename_row(store: SqliteStore, patient: PatientRef) -> None:
    _change_row(store, patient, "patient", " ")


def _change_row(store: SqliteStore, patient: PatientRef, column: str, value: object) -> None:
    with store.writing() as connection:
        connection.execute(
            f"UPDATE patient SET {column} = ? WHERE tenant = ? AND patient = ?",
            (value, str(patient.tenant), str(patient.patient)),
        )


def _lengthen_item(world: World, patient: PatientRef, records: int) -> None:
    put_item(world, {**_head(world, patient), "n": {"N": str(records)}}, table="audit")


def _rename_item(world: World, patient: PatientRef) -> None:
    head = _head(world, patient)
    remove_item(world, head, table="audit")
    put_item(world, {**head, "pk": {"S": f"AUD#{len(head['pk']['S'])}"}}, table="audit")


def _head(world: World, patient: PatientRef) -> Item:
    item = world.connection.run(get_op(world.connection, head_address(patient)))
    assert item is not None
    return item


@contextmanager
def _sqlite(path: Path | None) -> Iterator[OutboxHarness]:
    with open_store(path, busy_timeout_s=10) as store:
        yield OutboxHarness(
            outbox=SqliteAuditOutbox(store),
            sink=SqliteAuditTrail(store),
            lengthen=partial(_lengthen_row, store),
            rename=partial(_rename_row, store),
        )


@contextmanager
def _sqlite_file() -> Iterator[OutboxHarness]:
    with tempfile.TemporaryDirectory() as folder, _sqlite(Path(folder) / "store.db") as world:
        yield world


@contextmanager
def _dynamodb(engine: str) -> Iterator[OutboxHarness]:
    with world_on(running(engine), SystemClock()) as world:
        outbox = DynamoDBAuditOutbox(
            connection=world.connection, clock=SystemClock(), backoff=PATIENT
        )
        yield OutboxHarness(
            outbox=outbox,
            sink=world.trail,
            lengthen=partial(_lengthen_item, world),
            rename=partial(_rename_item, world),
        )


Opener = Callable[[], AbstractContextManager[OutboxHarness]]

OPENERS: Final[dict[str, Opener]] = {
    "dynamodb-moto": lambda: _dynamodb("moto"),
    "dynamodb-ministack": lambda: _dynamodb("ministack"),
    "sqlite-memory": lambda: _sqlite(None),
    "sqlite-file": _sqlite_file,
}
