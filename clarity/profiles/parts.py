"""What every profile is made of beside its store."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from dependency_injector import providers

from clarity.application.first_use import named
from clarity.application.retention_rules import rules_of
from clarity.container import Core
from clarity.profiles.late import adapter, late, port
from clarity.profiles.models import BUCKET, model_ports, serving
from clarity.settings import Settings

if TYPE_CHECKING:
    from clarity.application.answers import Answers
    from clarity.ports.diaries import Diaries
    from clarity.ports.dossier import DossierRenderer
    from clarity.ports.head_ledger import HeadLedger
    from clarity.ports.heads import HeadSigner, HeadVerifier
    from clarity.ports.kept_evidence import KeptEvidence
    from clarity.ports.recordings import Recordings
    from clarity.ports.report import AuditRenderer, Renderer

__all__ = ["audit_log", "core_with", "head_ledger", "head_signer", "instruments", "kept_evidence"]

CLOUDWATCH: Final = "cloudwatch://"
"""How the address of a log in CloudWatch begins."""

REMEMBERED_S: Final = 3_600.0
"""How long an answer of a model is kept; it never gets stale."""

KEY: Final = "signing-key.pem"
"""What follows the name of the store in the name of the key that signs its audit heads."""


def instruments() -> dict[str, providers.Provider[Any]]:
    """The clock of this machine; numbers and spans stay in the process."""
    from clarity.adapters.local.clock import SystemClock
    from clarity.adapters.observability.metrics import MemoryMetrics

    once, clock = providers.ThreadSafeSingleton, providers.ThreadSafeSingleton(SystemClock)
    return {
        "clock": clock,
        "metrics": once(MemoryMetrics),
        "tracer": once(adapter("observability.tracing.MemoryTracer"), clock),
    }


def core_with(
    settings: Settings,
    *,
    erasable: Mapping[str, providers.Provider[Any]],
    **ports: providers.Provider[Any],
) -> Core:
    """What a profile brings and all share; the repository is traced -> metered -> real."""
    from clarity.adapters.observability.logs import json_log

    real, trail, blobs = ports.pop("real"), ports.pop("trail"), ports.pop("blobs", None)
    told = {name: ports[name] for name in ("clock", "metrics")}
    once = providers.ThreadSafeSingleton
    metered = once(adapter("observability.metered.MeteredRepository"), real, **told)
    answers = _answers(settings, told["clock"], trail)
    models = model_ports(settings, tracer=ports["tracer"], audit=trail, **told)
    pinged = {"store": ports["inventory"], **_pinged_in_s3(settings, models, blobs)}
    return Core(
        repository=once(adapter("observability.traced.TracedRepository"), metered, ports["tracer"]),
        chain_sink=trail,
        chain_trail=trail,
        dossier_renderer=late(port("dossier.DossierRenderer"), _dossier_renderer),
        ids=once(adapter("local.ids.RandomIds")),
        head_verifier=late(port("heads.HeadVerifier"), _head_verifier),
        diaries=late(port("diaries.Diaries"), _diaries),
        recordings=late(port("recordings.Recordings"), partial(_recordings, settings)),
        renderer=late(port("report.Renderer"), _renderer),
        audit_renderer=late(port("report.AuditRenderer"), _audit_renderer),
        answers=answers,
        erasable=providers.Dict({"answers": answers, **erasable}),
        model_ports=models,
        pinged=providers.Dict(pinged),
        audit_log=audit_log(settings, **told, tracer=ports["tracer"]),
        log_lines=providers.Callable(
            json_log, Path(settings.log) if settings.log else None, ports["pseudonyms"]
        ),
        **_chosen(settings),
        **ports,
    )


def _chosen(settings: Settings) -> dict[str, providers.Provider[Any]]:
    """What is chosen and no port."""
    return {
        "retention_rules": providers.Object(rules_of(settings.retention_days)),
        "jobs_kept": providers.Object(timedelta(days=settings.job_days)),
        "serving": providers.Object(serving(settings)),
        "choice": providers.Callable(getattr, settings, "choice"),
        "ship_every_s": providers.Object(settings.audit_log_every_s if settings.audit_log else 0.0),
    }


def _pinged_in_s3(
    settings: Settings, models: providers.Provider[Any], blobs: providers.Provider[Any] | None
) -> dict[str, providers.Provider[Any]]:
    """What lies in S3, for health."""
    pinged: dict[str, providers.Provider[Any]] = {}
    if settings.models.startswith(BUCKET):
        pinged["models"] = models.provided.store
    if blobs is not None and settings.blobs.startswith(BUCKET):
        pinged["payloads"] = blobs
    return pinged


def _answers(
    settings: Settings, clock: providers.Provider[Any], trail: providers.Provider[Any]
) -> providers.Provider[Answers]:
    """What models said, in the memory of this process."""
    once = providers.ThreadSafeSingleton
    cache = once(
        adapter("local.cache.LruCache"), clock, settings.cache_entries, settings.cache_bytes
    )
    return once(named("clarity.application.answers.Answers"), cache, trail, REMEMBERED_S)


def _recordings(settings: Settings) -> Recordings:
    from clarity.adapters.files.detected import DetectedRecordings, all_readers
    from clarity.adapters.files.limits import Limits

    limits = Limits(max_bytes=settings.max_file_bytes, max_values=settings.max_file_values)
    return DetectedRecordings(readers=all_readers(limits))


def _diaries() -> Diaries:
    from clarity.adapters.files.diary import CsvDiaries

    return CsvDiaries()


def _renderer() -> Renderer:
    from clarity.adapters.report.html import HtmlRenderer

    return HtmlRenderer()


def _audit_renderer() -> AuditRenderer:
    from clarity.adapters.report.audit_files import AuditFiles

    return AuditFiles()


def _dossier_renderer() -> DossierRenderer:
    from clarity.adapters.report.dossier import DossierFiles

    return DossierFiles()


def _head_verifier() -> HeadVerifier:
    from clarity.adapters.signing.heads import Ed25519HeadVerifier

    return Ed25519HeadVerifier()


def audit_log(settings: Settings, **told: providers.Provider[Any]) -> providers.Provider[Any]:
    """The log that the audit trail is told to: CloudWatch, a file, or none."""
    if settings.audit_log.startswith(CLOUDWATCH):
        from clarity.adapters.aws.cloudwatch.audit import open_sink

        return providers.Resource(open_sink, settings.audit_log, **told)
    if settings.audit_log:
        return providers.ThreadSafeSingleton(
            adapter("local.audit_log.JsonLinesAuditLog"), Path(settings.audit_log)
        )
    return providers.Object(None)


def head_signer(store: Path | None) -> providers.Provider[HeadSigner]:
    """The key beside the store; one that leaves nothing behind for a store in memory."""

    def made() -> HeadSigner:
        from clarity.adapters.signing.heads import FileHeadSigner, MemoryHeadSigner

        if store is None:
            return MemoryHeadSigner()
        return FileHeadSigner(store.with_name(f"{store.name}.{KEY}"))

    return late(port("heads.HeadSigner"), made)


def head_ledger(settings: Settings, store: Path | None) -> providers.Provider[HeadLedger]:
    """The chosen folder, else one beside the store; none is left behind of a store in memory."""
    if settings.heads:
        return providers.ThreadSafeSingleton(
            adapter("signing.ledger.FolderHeadLedger"), Path(settings.heads)
        )
    if store is None:
        return providers.ThreadSafeSingleton(adapter("signing.ledger.MemoryHeadLedger"))
    return providers.ThreadSafeSingleton(
        adapter("signing.ledger.FolderHeadLedger"), store.with_name(f"{store.name}.heads")
    )


def kept_evidence(settings: Settings, store: Path | None) -> providers.Provider[KeptEvidence]:
    """The chosen file, else one beside the store; none is left behind of a store in memory."""
    if store is None and not settings.kept_evidence:
        return providers.ThreadSafeSingleton(adapter("local.kept_evidence.MemoryKeptEvidence"))
    beside = "" if store is None else str(store.with_name(f"{store.name}.kept"))
    return providers.ThreadSafeSingleton(
        adapter("local.kept_evidence.SqliteKeptEvidence"),
        Path(settings.kept_evidence or beside),
        settings.busy_timeout_s,
    )
