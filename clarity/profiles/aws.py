"""The profile on Amazon Web Services."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from dependency_injector import providers

from clarity.container import Core
from clarity.profiles.models import BUCKET
from clarity.profiles.parts import (
    core_with,
    head_ledger,
    head_signer,
    instruments,
    kept_evidence,
)
from clarity.settings import Settings

__all__ = ["aws"]


def aws(settings: Settings) -> Core:
    """DynamoDB for all that is stored; the key for audit heads on this machine."""
    from clarity.adapters.aws.dynamodb.items import EntityItems
    from clarity.adapters.aws.dynamodb.payloads import Payloads
    from clarity.adapters.aws.dynamodb.store import open_store, settings_of
    from clarity.adapters.aws.guards import Guards
    from clarity.adapters.packing.shuffle_zstd import ShuffleZstdCodec

    told = instruments()
    blobs = _blobs(settings, told)
    tables = settings_of(settings.store, threads=settings.threads)
    guarding = {of: _breaker(of, told) for of in ("reads", "changes")}
    guards = providers.Factory(Guards, **guarding)
    payloads = providers.Factory(Payloads, blobs=blobs)
    items = providers.Factory(EntityItems, ShuffleZstdCodec(), payloads)
    store = providers.Resource(open_store, tables, items, guards=guards, **told)
    held = ("real", "directory", "bulk", "trail", "job_store", "inventory", "copies", "expiring")
    stored = {name: getattr(store.provided, name) for name in (*held, "pseudonyms")}
    erasable = {"repository": store.provided.erasure, "jobs": store.provided.job_store}
    if settings.blobs:
        erasable["payloads"] = store.provided.payload_erasure  # last, since items point to them
    return core_with(
        settings,
        audit_outbox=store.provided.outbox,
        tenant_jobs=store.provided.job_store,
        head_signer=head_signer(settings.home),
        head_ledger=head_ledger(settings, _standing_for(settings)),
        kept_evidence=kept_evidence(settings, _standing_for(settings)),
        erasable=erasable,
        blobs=blobs,
        **stored,
        **told,
    )


def _breaker(of: str, told: Mapping[str, providers.Provider[Any]]) -> providers.Provider[Any]:
    """Runs calls while DynamoDB answers them; its state is its store's own."""
    from clarity.adapters.resilience.breaker import breaker_for
    from clarity.adapters.resilience.window import BreakerSettings

    told = {name: told[name] for name in ("clock", "metrics")}
    name, once = f"DynamoDB ({of})", providers.ThreadSafeSingleton
    return once(breaker_for, name, BreakerSettings(), **told).provided.run


def _standing_for(settings: Settings) -> Path:
    """A name on this machine for those tables, so that no two addresses share what is beside it."""
    parts = urlsplit(settings.store)
    endpoint = dict(parse_qsl(parts.query)).get("endpoint", "")
    told = f"{parts.netloc}{parts.path} {endpoint}".encode()
    return settings.home.with_name(f"tables-{hashlib.sha256(told).hexdigest()[:16]}")


def _blobs(settings: Settings, told: dict[str, providers.Provider[Any]]) -> providers.Provider[Any]:
    """Where large payloads lie; every store has a place of its own there."""
    from clarity.adapters.aws.dynamodb.store import name_of
    from clarity.adapters.aws.s3.blobs import open_blobs
    from clarity.adapters.local.blobs import DirectoryBlobStore

    if not settings.blobs:
        return providers.Object(None)
    name = name_of(settings.store)
    if settings.blobs.startswith(BUCKET):
        return providers.Resource(open_blobs, settings.blobs, name, **told)
    return providers.ThreadSafeSingleton(DirectoryBlobStore, root=Path(settings.blobs) / name)
