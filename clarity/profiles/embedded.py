"""The profile that needs no account, no server and no network."""

from contextlib import suppress
from pathlib import Path
from typing import Final

from dependency_injector import providers

from clarity.application.first_use import named
from clarity.container import Core
from clarity.ports.errors import Unavailable
from clarity.profiles.late import adapter
from clarity.profiles.parts import (
    core_with,
    head_ledger,
    head_signer,
    instruments,
    kept_evidence,
)
from clarity.settings import IfMissing, NoStore, Settings

__all__ = ["embedded"]

IN_MEMORY: Final = ":memory:"
"""A store that lives as long as it is open."""


NAME: Final = "clarity.db"
"""What `analyze` calls the store in its output folder."""

MOST_NEAR: Final = 3
"""More stores are not named."""


def embedded(settings: Settings) -> Core:
    """
    SQLite, the files of this machine and its clock; no account, no server, no network.

    Raises:
        NoStore: the store is not there, and the settings say not to make it.
        Unavailable: whether it is there cannot be seen.
    """
    from clarity.adapters.local.store import open_store

    path = None if settings.store == IN_MEMORY else Path(settings.store)
    if path is not None and settings.if_missing is IfMissing.REFUSE and not _is_file(path):
        raise NoStore(str(path), _near(path))
    once, told = providers.ThreadSafeSingleton, instruments()
    store = providers.Resource(open_store, path, busy_timeout_s=settings.busy_timeout_s)
    packing = once(adapter("packing.shuffle_zstd.ShuffleZstdCodec"))
    codec = once(adapter("local.items.EntityCodec"), packing)
    real = once(adapter("local.repository.SqliteRepository"), store, codec, told["clock"])
    jobs = once(adapter("local.jobs.SqliteJobs"), store, told["clock"])
    return core_with(
        settings,
        real=real,
        directory=once(adapter("local.directory.SqliteDirectory"), store, told["clock"]),
        bulk=once(adapter("local.bulk.SqliteBulkDays"), store, codec, told["clock"]),
        expiring=real,
        trail=once(adapter("local.audit.SqliteAuditTrail"), store, told["clock"]),
        audit_outbox=once(adapter("local.outbox.SqliteAuditOutbox"), store),
        pseudonyms=once(named("clarity.domain.privacy.Pseudonyms"), store.provided.cursor_key),
        job_store=jobs,
        tenant_jobs=jobs,
        erasable={"repository": once(adapter("local.erasure.SqliteErasure"), store), "jobs": jobs},
        inventory=once(adapter("local.inventory.SqliteInventory"), store, told["clock"], path),
        head_signer=head_signer(path),
        head_ledger=head_ledger(settings, path),
        kept_evidence=kept_evidence(settings, path),
        copies=once(adapter("local.copies.SqliteCopies"), store, settings.busy_timeout_s),
        **told,
    )


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError as error:
        raise Unavailable(f"{path} ({error.strerror})") from error


def _near(path: Path) -> tuple[str, ...]:
    """Stores in the folder that was named, in this one and in those below it."""
    here = Path()
    candidates = (path / NAME, here / NAME, *sorted(here.glob(f"*/{NAME}")))
    with suppress(OSError):
        return tuple(str(one) for one in candidates if one.is_file())[:MOST_NEAR]
    return ()
