"""Breaking glass over a store whose trail cannot be written, up to the death of the process."""

import os
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import attrs
import pytest

from clarity.adapters.cli.app import run
from clarity.adapters.cli.exits import Exit
from clarity.application.break_glass import KEPT_ASIDE
from clarity.application.read import Days
from clarity.application.summarize import Period
from clarity.bootstrap import open_clarity
from clarity.domain.audit import AuditEvent, AuditRecord, Operation, verify_chain
from clarity.domain.profile import Details, EmailAddress
from clarity.domain.streams import StreamKind
from clarity.ports.audit import AuditFilter, AuditSink
from clarity.ports.entities import key_of
from clarity.ports.errors import PortError, TimedOut
from clarity.settings import Settings
from tests.support.worlds import (
    ADA,
    CLINIC,
    CORRELATION,
    NURSE,
    cli,
    opened,
    records_of,
    store_days,
)

ACTIVITY: Final = Days(patient=ADA, stream=StreamKind.ACTIVITY)
URGENT: Final = attrs.evolve(NURSE, break_glass="ticket 4711")
WHO: Final = {"actor": URGENT, "correlation": CORRELATION}
PROFILE: Final = Details(email=EmailAddress("ada@x"), name="Ada", zone=ZoneInfo("UTC"))
IMPATIENT_S: Final = 0.02


@pytest.fixture
def path(tmp_path: Path) -> Path:
    with opened(tmp_path / "store.db") as world:
        store_days(world, count=3)
    return tmp_path / "store.db"


@pytest.fixture
def analyzed(path: Path) -> Path:
    """The store, with a profile and a result too."""
    with opened(path) as world:
        world.app.keep_profile.run(PROFILE, patient=ADA, actor=NURSE, correlation=CORRELATION)
        world.app.analyze.run(ACTIVITY, actor=NURSE, correlation=CORRELATION)
    return path


@contextmanager
def away(path: Path) -> Iterator[None]:
    """Somebody holds the store for writing; it can be read."""
    with closing(sqlite3.connect(path, isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        yield


def settings(path: Path) -> Settings:
    return Settings(store=str(path), busy_timeout_s=IMPATIENT_S)


def kept_aside(path: Path) -> list[AuditRecord]:
    """The records in ada's chain that were kept first; the chain is whole."""
    with opened(path) as world:
        records = records_of(world)
        assert verify_chain(records, head=world.core.audit_trail().head(ADA))
    return [one for one in records if KEPT_ASIDE in {t.entity for t in one.event.touched}]


def test_without_a_declaration_nothing_is_read(path: Path):
    with away(path), open_clarity(settings(path)) as app, pytest.raises(TimedOut):
        app.read.run(ACTIVITY, actor=NURSE, correlation=CORRELATION)

    assert kept_aside(path) == []


def test_a_declared_look_is_served_and_in_the_trail_when_the_store_is_opened_next(path: Path):
    with away(path), open_clarity(settings(path)) as app:
        page = app.read.run(ACTIVITY, **WHO)
        days = app.summarize.run(ACTIVITY, by=Period.DAY, **WHO)

    assert (len(page.items), len(days)) == (3, 3)
    with open_clarity(settings(path)):
        pass
    events = [record.event for record in kept_aside(path)]
    assert [(event.operation, event.actor) for event in events] == 2 * [(Operation.READ, URGENT)]


def test_who_somebody_is_what_is_held_and_the_latest_result_are_looks_like_any(
    analyzed: Path,
):
    with away(analyzed), open_clarity(settings(analyzed)) as app:
        found = app.find_patient.run(PROFILE.email, **WHO)
        profile = app.read_profile.run(ADA, **WHO)
        held = app.streams_held.run(ADA, **WHO)
        latest = app.latest_result.run(ADA, **WHO)
        for changing in (
            lambda: app.keep_profile.run(attrs.evolve(PROFILE, name="Eve"), patient=ADA, **WHO),
            lambda: app.find_patient.run(PROFILE.email, actor=NURSE, correlation=CORRELATION),
        ):
            with pytest.raises(TimedOut):
                changing()

    assert (found, profile.details, len(held)) == (ADA, PROFILE, 1)
    events = [record.event for record in kept_aside(analyzed)]
    assert [event.operation for event in events] == 4 * [Operation.READ]
    assert [event.touched[0].entity for event in events] == [
        "profile",
        "profile",
        "chunk/activity/2003-05-01",
        str(key_of(latest)),
    ]


def test_a_trail_is_verified_reported_and_exported_with_what_was_kept_in_it(path: Path):
    with open_clarity(settings(path)) as app:
        with away(path):
            app.read.run(ACTIVITY, **WHO)
        (verdict, *_) = app.verify_trail.run(CLINIC, **WHO)
        with away(path):
            app.read.run(ACTIVITY, **WHO)
        wanted = AuditFilter(tenant=CLINIC, patient=ADA)
        reported = list(app.audit_report.run(wanted, **WHO))
        with away(path):
            app.read.run(ACTIVITY, **WHO)
        exported = b"".join(app.export_trail.run(CLINIC, patients=[ADA], **WHO))

    assert verdict.records == 2
    assert [record.event.operation.value for record in reported] == [
        "ingest",
        "read",
        "read",
        "audit-report",
    ]
    assert exported.count(b"kept-evidence") == 3


def test_changes_and_copies_stay_closed_for_those_who_break_glass(path: Path):
    with away(path), open_clarity(settings(path)) as app:
        for call in (
            lambda: app.analyze.run(ACTIVITY, **WHO),
            lambda: list(app.export.run(ADA, **WHO)),
            lambda: app.status.run(CLINIC, **WHO),
            lambda: app.verify_trail.run(CLINIC, **WHO),
        ):
            with pytest.raises(PortError):
                call()


def test_a_place_for_evidence_that_is_held_too_serves_nobody(path: Path):
    with away(path), open_clarity(settings(path)) as app:
        app.read.run(ACTIVITY, **WHO)
        with away(path.with_name("store.db.kept")), pytest.raises(TimedOut):
            app.read.run(ACTIVITY, **WHO)

    with open_clarity(settings(path)):
        pass
    assert len(kept_aside(path)) == 1


@attrs.frozen
class Deadly(AuditSink):
    """Kills the process after a record is in."""

    inner: AuditSink

    def append(self, event: AuditEvent) -> AuditRecord:
        self.inner.append(event)
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError("a process that was killed goes on")


def _forked(work) -> int:
    """The exit status of a process of its own that does `work`."""
    child = os.fork()
    if not child:
        try:
            work()
        finally:
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_what_was_served_is_in_the_trail_once_although_two_processes_died_over_it(path: Path):
    def look_and_die() -> None:
        with away(path), open_clarity(settings(path)) as app:
            app.read.run(ACTIVITY, **WHO)
            os.kill(os.getpid(), signal.SIGKILL)

    def recover_and_die() -> None:
        with opened(path) as world:
            recover = world.core.recover_evidence()
            attrs.evolve(recover, audit=Deadly(recover.audit)).run()

    assert _forked(look_and_die) == -signal.SIGKILL
    assert _forked(recover_and_die) == -signal.SIGKILL

    with open_clarity(settings(path)) as app:
        assert app.recover_evidence.run() == 0
    assert len(kept_aside(path)) == 1


def _impatiently(path: Path, *arguments: str) -> int:
    """The exit code of a command that has no patience for other writers."""
    return run(lambda _: open_clarity(settings(path)), ["--tenant", "clinic", *arguments])


def test_the_command_line_breaks_glass_and_makes_good(path: Path, capfd):
    urgent = ("--purpose", "treatment", "--break-glass", "ticket 4711")
    with away(path):
        assert _impatiently(path, *urgent, "read", "ada") == Exit.DONE
        assert _impatiently(path, "read", "ada") == Exit.FAILED
        assert _impatiently(path, "audit", "recover") == Exit.FAILED

    assert cli(path, "audit", "recover", "--json") == Exit.DONE
    assert '"waiting": 0' in capfd.readouterr().out
    assert cli(path, "audit", "report", "--patient", "ada") == Exit.DONE
    assert ",treatment,member,ticket 4711,read," in capfd.readouterr().out
    assert len(kept_aside(path)) == 1
