"""Tell the audit trail outside the store, losing nothing and holding up nobody."""

import logging
import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import ClassVar, Final

import attrs

from clarity.domain.audit_log import LogEntry, entries_of, in_order
from clarity.domain.errors import ClarityError
from clarity.domain.identity import PatientRef
from clarity.domain.privacy import Pseudonyms
from clarity.ports.audit_log import AuditLog, AuditOutbox, Due
from clarity.ports.clock import Clock
from clarity.ports.errors import PortError, Transient, Unexpected
from clarity.ports.metrics import Metrics

__all__ = ["NoAuditLog", "Pace", "ShipAudit", "Shipment", "shipping"]

PORTION: Final = 5_000
"""Records taken from the outbox at once; what is in memory, whatever waits."""

PROBE: Final = 500
"""Records with which a log that was away is asked whether it is there again."""

OUT_OF_TIME: Final = "the time was over before everything was told; run it again"

_log = logging.getLogger(__name__)

DOUBLINGS: Final = 16
"""Beyond this the pause no longer grows, whatever its cap."""


@attrs.define(eq=False)
class NoAuditLog(ClarityError):
    """There is no log that the audit trail could be told to."""

    code: ClassVar[str] = "audit.no-log"

    def __str__(self) -> str:
        return (
            "no log is set that the audit trail is told to; "
            "name a file or cloudwatch://REGION/GROUP in the setting audit_log"
        )


def _slept(seconds: float) -> bool:
    time.sleep(seconds)
    return False


@attrs.frozen(kw_only=True)
class Pace:
    """
    How long to go on, and how long to wait for a log that is away.

    Attributes:
        limit_s: no request begins later than this after the first.
        first_pause_s: longest pause after the first failure; each further one doubles it.
        longest_pause_s: longest pause at all.
        jitter: a number from 0 to 1; spreads many that wait for one log.
        pause: waits so many seconds; True when it is time to end.
    """

    limit_s: float = attrs.field(default=30.0, validator=attrs.validators.gt(0.0))
    first_pause_s: float = attrs.field(default=0.2, validator=attrs.validators.gt(0.0))
    longest_pause_s: float = attrs.field(default=5.0, validator=attrs.validators.gt(0.0))
    jitter: Callable[[], float] = random.random
    pause: Callable[[float], bool] = _slept

    def pause_s(self, failures: int) -> float:
        """How long to wait after so many failures in a row: from half of the longest to all."""
        doubled = self.first_pause_s * (1 << min(failures - 1, DOUBLINGS))
        return min(doubled, self.longest_pause_s) * (0.5 + 0.5 * self.jitter())


@attrs.frozen(kw_only=True)
class Shipment:
    """
    What was told.

    Attributes:
        records: how many records are in the log now that were not known to be.
        is_complete: nothing was due at the end.
        problem: the last thing that went wrong, in words; empty when all was complete.
    """

    records: int
    is_complete: bool
    problem: str = ""


@attrs.define
class _Done:
    """How far a run has come, whatever interrupts it."""

    records: int = 0

    def but(self, problem: str) -> Shipment:
        """The end of a run that leaves something."""
        return Shipment(records=self.records, is_complete=False, problem=problem)


@attrs.frozen(kw_only=True)
class ShipAudit:
    """
    Takes records from the outbox, tells them to the log, and marks them; in this order.

    A record is marked only once the log has it, so each is told at least once; whatever goes wrong
    in between is told again under the same id. Requests never wait for this: what the log does not
    take stays in the chains, and no more than a portion is held in memory. One at a time is meant
    to run for a store; with several nothing is lost, but much is told twice.

    It reads for nobody and shows nothing to anybody, so it names no actor; what leaves names no
    patient.

    Attributes:
        outbox: what is still to be told.
        log: where to; None when none is set.
        pseudonyms: stand for people.
        clock: what the time is.
        metrics: told of `audit_log_records`, those of them that cannot be read as
            `audit_log_unreadable`, `audit_log_failures` by code, and `audit_log_lag_s`, the age of
            the oldest record of each portion.
    """

    outbox: AuditOutbox
    log: AuditLog | None
    pseudonyms: Pseudonyms
    clock: Clock
    metrics: Metrics

    def run(self, pace: Pace) -> Shipment:
        """
        Everything that was due is told, or as much as could be in the time.

        Raises:
            NoAuditLog: no log is set.
            PortError: store or log refused in a way that waiting does not cure; nothing is lost.
        """
        end_s = self.clock.monotonic_s() + pace.limit_s
        done, failures = _Done(), 0
        while True:
            before = done.records
            try:
                return self._told(done, pace, end_s, PROBE if failures else PORTION)
            except Transient as error:
                failures = failures + 1 if done.records == before else 1
                self._count_failure(error)
                pause_s = pace.pause_s(failures)
                if self.clock.monotonic_s() + pause_s >= end_s or pace.pause(pause_s):
                    return done.but(str(error))
            except PortError as error:
                self._count_failure(error)
                raise

    def _count_failure(self, error: PortError) -> None:
        self.metrics.count("audit_log_failures", 1, labels={"code": error.code})

    def _told(self, done: _Done, pace: Pace, end_s: float, first: int) -> Shipment:
        """Everything is told, or the time is over."""
        for records in self._requests(first):
            done.records += records
            if pace.pause(0.0) or self.clock.monotonic_s() >= end_s:
                return done.but(OUT_OF_TIME)
        return Shipment(records=done.records, is_complete=True)

    def _requests(self, first: int) -> Iterator[int]:
        """
        Requests to the log until nothing is due; how many records each completed.

        The first portion is of at most `first` records, so that a log that is away costs little.
        """
        if self.log is None:
            raise NoAuditLog
        limit = first
        while due := self.outbox.due(limit=limit):
            limit = PORTION
            patients = {self.pseudonyms.of(one.patient): one.patient for one in due}
            entries = self._entries(due)
            while entries:
                count = self.log.write(entries)
                written, entries = entries[:count], entries[count:]
                yield self._marked(written, patients)

    def _entries(self, due: Sequence[Due]) -> tuple[LogEntry, ...]:
        now = self.clock.now()
        entries = in_order(
            entry
            for one in due
            for entry in entries_of(one.patient, one.record, self.pseudonyms, now=now)
        )
        lag_s = (now - entries[0].at).total_seconds()
        self.metrics.observe("audit_log_lag_s", max(lag_s, 0.0), labels={})
        return entries

    def _marked(self, written: Sequence[LogEntry], patients: Mapping[str, PatientRef]) -> int:
        """How many records are whole in the log by these entries; they are marked."""
        whole = [entry for entry in written if entry.is_last]
        self.outbox.mark({patients[entry.chain]: entry.seq for entry in whole})
        self.metrics.count("audit_log_records", len(whole), labels={})
        self._tell_unreadable(sum(not entry.is_readable for entry in whole))
        return len(whole)

    def _tell_unreadable(self, records: int) -> None:
        if records:
            self.metrics.count("audit_log_unreadable", records, labels={})
            _log.warning("audit-log-unreadable", extra={"records": records})


@contextmanager
def shipping(ship: ShipAudit, every_s: float) -> Iterator[None]:
    """
    While the block lasts, what is due is told again and again on a thread of its own.

    At its end the request that is under way is finished and the rest is left to the next time.

    Args:
        ship: does it.
        every_s: pause between two times; 0 for not at all.
    """
    if every_s <= 0.0:
        yield
        return
    ended = threading.Event()
    thread = threading.Thread(
        target=_ship_on, args=(ship, every_s, ended), name="clarity-audit-log", daemon=True
    )
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _shipped(ship: ShipAudit, pace: Pace) -> Shipment:
    """
    What `ship` told.

    Raises:
        ClarityError: it was refused; `Unexpected` for what no rule covers, since a thread that
            ended would tell nothing more.
    """
    try:
        return ship.run(pace)
    except ClarityError:
        raise
    except Exception as error:
        raise Unexpected("the audit log could not be told") from error


def _ship_on(ship: ShipAudit, every_s: float, ended: threading.Event) -> None:
    pace = Pace(pause=ended.wait)
    while True:
        try:
            shipment = _shipped(ship, pace)
            if shipment.problem and not ended.is_set():
                _log.warning("audit-log-behind", extra={"records": shipment.records})
        except ClarityError as error:
            cause = type(error.__cause__ or error).__name__
            _log.warning("audit-log-refused", extra={"code": error.code, "error": cause})
        if ended.wait(every_s):
            return
