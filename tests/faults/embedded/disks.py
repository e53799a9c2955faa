"""The embedded repository and trail over a file or memory, to open, leave and open again."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from clarity.adapters.local.audit import SqliteAuditTrail
from clarity.adapters.local.items import EntityCodec
from clarity.adapters.local.repository import SqliteRepository
from clarity.adapters.local.store import open_store
from clarity.adapters.packing.shuffle_zstd import ShuffleZstdCodec
from clarity.domain.audit import AuditRecord
from clarity.domain.identity import PatientRef
from clarity.ports.audit import AuditFilter, AuditTrail
from tests.contracts.repository.harness import ADA, RepositoryHarness, spoil, unversion
from tests.support.clocks import HandClock

__all__ = ["opened", "records_about"]


@contextmanager
def opened(
    path: Path | None, clock: HandClock | None = None, *, busy_timeout_s: float = 10.0
) -> Iterator[RepositoryHarness]:
    """Both over the store in `path`, which is made if it is not there; None for one in memory."""
    clock = clock or HandClock()
    with open_store(path, busy_timeout_s=busy_timeout_s) as store:
        yield RepositoryHarness(
            repository=SqliteRepository(store, EntityCodec(ShuffleZstdCodec()), clock),
            trail=SqliteAuditTrail(store),
            clock=clock,
            damaged=partial(spoil, store),
            unversioned=partial(unversion, store),
        )


def records_about(trail: AuditTrail, patient: PatientRef = ADA) -> list[AuditRecord]:
    """The whole chain of that patient."""
    wanted = AuditFilter(tenant=patient.tenant, patient=patient)
    page = trail.records(wanted, limit=1_000, cursor=None)
    found = list(page.records)
    while page.cursor is not None:
        page = trail.records(wanted, limit=1_000, cursor=page.cursor)
        found += page.records
    return found
