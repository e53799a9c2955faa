"""Jobs in a store."""

import sqlite3
from collections.abc import Iterator
from datetime import datetime
from typing import Final

import attrs
import cattrs
import orjson

from clarity.adapters.local import _chain
from clarity.adapters.local._codec import make_converter
from clarity.adapters.local.clock import SystemClock
from clarity.adapters.local.cursor import place_of, signed
from clarity.adapters.local.store import SqliteStore
from clarity.domain.audit import Touched
from clarity.domain.errors import DomainError
from clarity.domain.identity import Actor, PatientRef, TenantId
from clarity.domain.jobs import Job, JobState
from clarity.ports.clock import Clock
from clarity.ports.entities import Key
from clarity.ports.erasure import Erasable, Holding
from clarity.ports.errors import AlreadyExists, Corrupt, NotFound
from clarity.ports.jobs import JobPage, Jobs, TenantJobs, check_id, check_limit
from clarity.ports.repository import Evidence

__all__ = ["SqliteJobs"]

KIND: Final = "job"

BEGIN: Final = """
    INSERT INTO job (tenant, id, actor, patient, state, body) VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT (tenant, id) DO NOTHING
"""
UPDATE: Final = """
    UPDATE job SET state = ?, body = ? WHERE tenant = ? AND id = ? AND actor = ? AND state = ?
"""
GET: Final = "SELECT body FROM job WHERE tenant = ? AND id = ? AND actor = ?"
PAGE: Final = """
    SELECT number, body FROM job WHERE tenant = ? AND actor = ? AND number < ?
    ORDER BY number DESC LIMIT ?
"""
ABOUT: Final = """
    SELECT number, body FROM job WHERE tenant = ? AND patient = ? AND number > ?
    ORDER BY number LIMIT ?
"""
REMOVE: Final = "DELETE FROM job WHERE tenant = ? AND id = ? AND actor = ?"
UNFINISHED: Final = """
    SELECT number, body FROM job WHERE tenant = ? AND number > ? AND state = 'running'
    ORDER BY number LIMIT ?
"""
"""The state is written out, since an index that holds nothing else answers for nothing else."""
COUNT: Final = "SELECT count(*) FROM job WHERE tenant = ? AND patient = ?"
TAKE: Final = """
    DELETE FROM job WHERE number IN
    (SELECT number FROM job WHERE tenant = ? AND patient = ? LIMIT ?) RETURNING id
"""
OLDEST: Final = """
    SELECT number, body FROM job WHERE tenant = ? AND number > ? AND state <> ?
    ORDER BY number LIMIT ?
"""
AT_ONCE: Final = 500
BEYOND_ALL: Final = (1 << 63) - 1


@attrs.frozen
class SqliteJobs(Jobs, TenantJobs, Erasable):
    """
    Jobs beside the entities, in a table of their own; those about one person go with them.

    Attributes:
        store: where the table is.
        clock: what cursors age by.
        converter: jobs as bytes.
    """

    store: SqliteStore
    clock: Clock = attrs.field(factory=SystemClock)
    converter: cattrs.Converter = attrs.field(factory=make_converter, repr=False)

    def begin(self, job: Job) -> None:
        """Keep a new job."""
        patient = None if job.patient is None else str(job.patient.patient)
        row = (str(job.tenant), job.id, job.actor, patient, job.state.value, self._body(job))
        with self.store.writing() as connection:
            if not connection.execute(BEGIN, row).rowcount:
                raise AlreadyExists(_name(job.id))

    def update(self, job: Job) -> None:
        """Keep `job` instead of what was kept under its id, if that is still running."""
        place = (str(job.tenant), job.id, job.actor, JobState.RUNNING.value)
        row = (job.state.value, self._body(job), *place)
        with self.store.writing() as connection:
            if not connection.execute(UPDATE, row).rowcount:
                raise NotFound(f"a running {_name(job.id)}")

    def get(self, actor: Actor, job: str) -> Job:
        """The job of that id, as last kept."""
        check_id(job)
        with self.store.reading() as connection:
            row = connection.execute(GET, (str(actor.tenant), job, actor.id)).fetchone()
        if row is None:
            raise NotFound(_name(job))
        return self._job(row[0])

    def of(self, actor: Actor, *, limit: int, cursor: str | None) -> JobPage:
        """At most `limit` jobs of `actor` after `cursor`, newest first."""
        question = orjson.dumps([KIND, str(actor.tenant), actor.id])
        of = (str(actor.tenant), actor.id)
        return self._page(PAGE, of, question, limit, BEYOND_ALL, cursor)

    def unfinished(self, tenant: TenantId, *, limit: int, cursor: str | None) -> JobPage:
        """At most `limit` jobs of `tenant` after `cursor` that never ended, oldest first."""
        question = orjson.dumps([KIND, "unfinished", str(tenant)])
        return self._page(UNFINISHED, (str(tenant),), question, limit, 0, cursor)

    def _page(
        self,
        select: str,
        of: tuple[str, ...],
        question: bytes,
        limit: int,
        start: int,
        cursor: str | None,
    ) -> JobPage:
        check_limit(limit)
        key, now = self.store.cursor_key, self.clock.now()
        after: list[str | int] = [start]
        if cursor is not None:
            after = place_of(cursor, question=question, key=key, now=now)
        with self.store.reading() as connection:
            rows = connection.execute(select, (*of, *after, limit + 1)).fetchall()
        jobs = tuple(self._job(body) for _, body in rows[:limit])
        if len(rows) <= limit:
            return JobPage(jobs, None)
        return JobPage(jobs, signed([rows[limit - 1][0]], question=question, key=key, now=now))

    def remove(self, actor: Actor, job: str) -> None:
        """The job of that id is gone, ended or not."""
        check_id(job)
        with self.store.writing() as connection:
            if not connection.execute(REMOVE, (str(actor.tenant), job, actor.id)).rowcount:
                raise NotFound(_name(job))

    def purge(self, tenant: TenantId, *, ended_before: datetime) -> int:
        """Remove every job of `tenant` that ended before that time; says how many went."""
        removed, place = 0, 0
        while True:
            with self.store.writing() as connection:
                told = (str(tenant), place, JobState.RUNNING.value, AT_ONCE)
                rows = connection.execute(OLDEST, told).fetchall()
                old = [(n,) for n, body in rows if self._job(body).has_ended_before(ended_before)]
                connection.executemany("DELETE FROM job WHERE number = ?", old)
            removed += len(old)
            if len(rows) < AT_ONCE:
                return removed
            place = rows[-1][0]

    def holdings(self, owner: PatientRef) -> tuple[Holding, ...]:
        """How many jobs are about `owner` alone."""
        with self.store.reading() as connection:
            return (Holding(KIND, _count(connection, owner)),)

    def traces(self, owner: PatientRef) -> Iterator[Job]:
        """The jobs about `owner`, whosever they are."""
        rows = self._about(owner, 0)
        while rows:
            yield from (self._job(body) for _, body in rows)
            rows = self._about(owner, rows[-1][0])

    def _about(self, owner: PatientRef, after: int) -> list[tuple[int, bytes]]:
        wanted = (str(owner.tenant), str(owner.patient), after, AT_ONCE)
        with self.store.reading() as connection:
            return connection.execute(ABOUT, wanted).fetchall()

    def erase(self, owner: PatientRef, *, limit: int, evidence: Evidence) -> int:
        """Remove at most `limit` jobs about `owner`; says how many went."""
        with self.store.writing() as connection:
            rows = connection.execute(
                TAKE, (str(owner.tenant), str(owner.patient), limit)
            ).fetchall()
            gone = [Touched(str(Key(KIND, (id_,)))) for (id_,) in rows]
            if gone:
                known = _chain.registered(connection, owner)
                _chain.append(connection, known, evidence.event(gone))
        if not gone:
            self.store.empty_log()
        return len(gone)

    def _body(self, job: Job) -> bytes:
        return orjson.dumps(self.converter.unstructure(job))

    def _job(self, body: bytes) -> Job:
        try:
            return self.converter.structure(dict(orjson.loads(body)), Job)
        except (cattrs.BaseValidationError, DomainError, TypeError, ValueError) as error:
            raise Corrupt("a stored job") from error


def _name(job: str) -> str:
    return f"{KIND} {job}"


def _count(connection: sqlite3.Connection, owner: PatientRef) -> int:
    found = connection.execute(COUNT, (str(owner.tenant), str(owner.patient))).fetchone()
    return int(found[0])
