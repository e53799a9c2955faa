"""The embedded application on a store in memory, with time and ids driven by hand."""

import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import attrs
import numpy as np
from dependency_injector import providers

from clarity.adapters.cli.app import run
from clarity.application.clarity import Clarity
from clarity.bootstrap import open_clarity, open_core
from clarity.container import Core
from clarity.domain.audit import AuditRecord, Operation
from clarity.domain.identity import (
    Actor,
    CorrelationId,
    PatientId,
    PatientRef,
    Purpose,
    Role,
    TenantId,
)
from clarity.domain.streams import DayChunk, StreamKind, Unit
from clarity.plain_settings import settings_from
from clarity.ports.audit import AuditFilter
from clarity.ports.repository import Evidence, Put
from clarity.settings import Settings
from tests.support.clocks import START, CountedIds, HandClock
from tests.support.dynamodb import credentials
from tests.support.engines import running

CLINIC = TenantId("clinic")
ADA = PatientRef(CLINIC, PatientId("ada"))
BEN = PatientRef(CLINIC, PatientId("ben"))
NURSE = Actor(id="nurse", tenant=CLINIC, purpose=Purpose.TREATMENT)
STRANGER = Actor(id="nurse", tenant=TenantId("clinic2"), purpose=Purpose.TREATMENT)
CLERK = Actor(id="clerk", tenant=CLINIC, purpose=Purpose.PATIENT_REQUEST)
STEWARD = Actor(id="steward", tenant=CLINIC, purpose=Purpose.OPERATIONS)
OPERATOR = attrs.evolve(STEWARD, id="operator", role=Role.OPERATOR)
CORRELATION = CorrelationId("c-1")


@attrs.frozen(kw_only=True)
class World:
    """An open application, the container behind it and the clock that it goes by."""

    core: Core
    app: Clarity
    clock: HandClock


@contextmanager
def opened(path: Path | None = None) -> Iterator[World]:
    """A fresh application in memory, or over the store in the file `path`."""
    with opened_at(":memory:" if path is None else str(path)) as world:
        yield world


_tables = itertools.count(1)


def tables_on(engine: str) -> str:
    """The address of fresh tables on that engine."""
    credentials()
    url, prefix = running(engine).url, f"w{os.getpid()}-{next(_tables)}-"
    return (
        f"dynamodb://eu-west-1/{prefix}?endpoint={url}&create=yes&deadline_s=60&read_timeout_s=20"
    )


@contextmanager
def opened_at(store: str) -> Iterator[World]:
    """A fresh application over the store at that address."""
    clock = HandClock()
    with open_core(Settings(store=store)) as core:
        core.clock.override(providers.Object(clock))
        core.ids.override(providers.Object(CountedIds()))
        yield World(core=core, app=core.clarity(), clock=clock)


def day_of(number: int = 0, *, level: float = 1.0, device: str = "watch") -> DayChunk:
    """The day `number` after 2003-05-01 in UTC, every half hour at `level`."""
    return DayChunk(
        stream=StreamKind.ACTIVITY,
        day=date(2003, 5, 1) + timedelta(days=number),
        zone=ZoneInfo("UTC"),
        epoch_s=1_800,
        unit=Unit.COUNTS,
        device=device,
        values=np.full(48, level),
        source="0" * 64,
    )


def evidence(
    patient: PatientRef = ADA, *, operation: Operation = Operation.INGEST, key: str = ""
) -> Evidence:
    """Somebody of the patient's tenant acts."""
    return Evidence(
        actor=attrs.evolve(NURSE, tenant=patient.tenant),
        patient=patient,
        operation=operation,
        correlation=CORRELATION,
        at=START,
        idempotency_key=key,
    )


def store_days(
    world: World, patient: PatientRef = ADA, *, count: int = 1, level: float = 1.0
) -> None:
    """`count` days of the patient are in the store."""
    repository = world.core.repository()
    for first in range(0, count, 90):
        puts = [Put(day_of(n, level=level), 0) for n in range(first, min(first + 90, count))]
        repository.commit(puts, evidence=evidence(patient))


def records_of(world: World, patient: PatientRef = ADA) -> tuple[AuditRecord, ...]:
    """All audit records about the patient (at most 1,000)."""
    wanted = AuditFilter(tenant=patient.tenant, patient=patient)
    return world.core.audit_trail().records(wanted, limit=1_000, cursor=None).records


def close_trail(world: World) -> None:
    """From now on no audit record can be written, by whichever way."""
    with world.core.chain_trail().store.writing() as connection:
        connection.execute(
            "CREATE TRIGGER trail_is_closed BEFORE INSERT ON audit "
            "BEGIN SELECT raise(ABORT, 'the trail is closed'); END"
        )


def cli(store: Path, *arguments: str) -> int:
    """The exit code of a command over the store in that file."""
    return run(
        lambda mapping: open_clarity(settings_from(mapping)),
        ["--store", str(store), "--tenant", "clinic", *arguments],
    )
