"""The profile that needs no account, no server and no network."""

from pathlib import Path
from typing import Final

from dependency_injector import providers

from clarity.container import Core
from clarity.domain.privacy import Pseudonyms
from clarity.profiles.parts import core_with, head_ledger, head_signer, instruments
from clarity.settings import Settings

__all__ = ["embedded"]

IN_MEMORY: Final = ":memory:"
"""A store that lives as long as it is open."""


def embedded(settings: Settings) -> Core:
    """SQLite, the files of this machine and its clock; no account, no server, no network."""
    from clarity.adapters.local.audit import SqliteAuditTrail
    from clarity.adapters.local.bulk import SqliteBulkDays
    from clarity.adapters.local.copies import SqliteCopies
    from clarity.adapters.local.directory import SqliteDirectory
    from clarity.adapters.local.erasure import SqliteErasure
    from clarity.adapters.local.inventory import SqliteInventory
    from clarity.adapters.local.items import EntityCodec
    from clarity.adapters.local.jobs import SqliteJobs
    from clarity.adapters.local.outbox import SqliteAuditOutbox
    from clarity.adapters.local.repository import SqliteRepository
    from clarity.adapters.local.store import open_store
    from clarity.adapters.packing.shuffle_zstd import ShuffleZstdCodec

    path = None if settings.store == IN_MEMORY else Path(settings.store)
    once, told = providers.ThreadSafeSingleton, instruments()
    store = providers.Resource(open_store, path, busy_timeout_s=settings.busy_timeout_s)
    codec = EntityCodec(ShuffleZstdCodec())
    real = once(SqliteRepository, store, codec, told["clock"])
    jobs = once(SqliteJobs, store, told["clock"])
    return core_with(
        settings,
        real=real,
        directory=once(SqliteDirectory, store, told["clock"]),
        bulk=once(SqliteBulkDays, store, codec, told["clock"]),
        expiring=real,
        trail=once(SqliteAuditTrail, store, told["clock"]),
        audit_outbox=once(SqliteAuditOutbox, store),
        pseudonyms=once(Pseudonyms, store.provided.cursor_key),
        job_store=jobs,
        tenant_jobs=jobs,
        erasable=providers.Dict(repository=once(SqliteErasure, store), jobs=jobs),
        inventory=once(SqliteInventory, store, told["clock"], path),
        head_signer=head_signer(path),
        head_ledger=head_ledger(settings, path),
        copies=once(SqliteCopies, store, settings.busy_timeout_s),
        **told,
    )
