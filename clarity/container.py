"""The container: ports left open for a profile to fill, and the use cases over them."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from datetime import timedelta
from typing import Any

from dependency_injector import containers, providers

from clarity._version import VERSION
from clarity.application.clarity import Clarity
from clarity.application.first_use import kind, named
from clarity.application.offered import offered
from clarity.application.retention_rules import RetentionRules
from clarity.ports.health import Pingable

__all__ = ["Core"]


def _open(path: str) -> providers.Dependency[Any]:
    """Left open for what is of the class with that full name, which is imported with it."""
    return providers.Dependency(instance_of=kind(path))


def _port(path: str) -> providers.Dependency[Any]:
    """Left open for an adapter of the port with that name in `clarity.ports`."""
    return _open(f"clarity.ports.{path}")


def _late(path: str) -> Callable[..., Any]:
    """Makes what has that name in `clarity.application`, imported no earlier than that."""
    return named(f"clarity.application.{path}")


def _shipping(ship_audit: Callable[[], Any], every_s: float) -> AbstractContextManager[None]:
    """While it is entered the log is told; nothing is imported where it is never told."""
    if every_s <= 0.0:
        return nullcontext()
    telling: AbstractContextManager[None] = _late("ship_audit.shipping")(ship_audit(), every_s)
    return telling


def _in_order(pings: Mapping[str, Pingable]) -> tuple[tuple[str, Pingable], ...]:
    """What health asks, with the names that it tells."""
    return tuple(pings.items())


class Core(containers.DeclarativeContainer):
    """The ports, left open for a profile to fill, and the use cases over them."""

    clock = _port("clock.Clock")
    ids = _port("ids.Ids")
    repository = _port("repository.Repository")
    directory = _port("directory.Directory")
    bulk = _port("bulk.BulkDays")
    chain_sink = _port("audit.AuditSink")
    chain_trail = _port("audit.AuditTrail")
    kept_evidence = _port("kept_evidence.KeptEvidence")
    audit_outbox = _port("audit_log.AuditOutbox")
    audit_log: providers.Dependency[Any] = providers.Dependency()
    log_lines = providers.Callable(nullcontext)
    ship_every_s = providers.Object(0.0)
    pseudonyms = _open("clarity.domain.privacy.Pseudonyms")
    copies = _port("copies.StoreCopies")
    expiring = _port("expiry.Expiring")
    job_store = _port("jobs.Jobs")
    tenant_jobs = _port("jobs.TenantJobs")
    erasable = providers.Dependency(instance_of=Mapping)
    answers = _open("clarity.application.answers.Answers")
    dossier_renderer = _port("dossier.DossierRenderer")
    head_ledger = _port("head_ledger.HeadLedger")
    head_signer = _port("heads.HeadSigner")
    head_verifier = _port("heads.HeadVerifier")
    inventory = _port("inventory.Inventory")
    diaries = _port("diaries.Diaries")
    recordings = _port("recordings.Recordings")
    renderer = _port("report.Renderer")
    audit_renderer = _port("report.AuditRenderer")
    metrics = _port("metrics.Metrics")
    tracer = _port("tracing.Tracer")
    model_ports = _open("clarity.application.model_service.ModelPorts")
    jobs_kept = providers.Object(timedelta(days=90))
    retention_rules = providers.Object(RetentionRules())
    serving = providers.Callable(_late("model_service.Serving"))

    choice = providers.Callable(named("clarity.domain.analysis.choice.Choice"))
    registered = providers.Object(())
    replacing = providers.Object(())
    offered = providers.Callable(offered)
    analyses = providers.ThreadSafeSingleton(
        _late("plugins.all_analyses"), registered, replacing, choice
    )
    pinged = providers.Dependency(instance_of=Mapping)
    pings = providers.Callable(_in_order, pinged)

    recover_evidence = providers.Factory(
        _late("break_glass.RecoverEvidence"),
        kept=kept_evidence,
        audit=chain_sink,
        trail=chain_trail,
        metrics=metrics,
    )
    audit_trail = audit_sink = providers.ThreadSafeSingleton(
        _late("break_glass.RecoveredTrail"),
        sink=chain_sink,
        trail=chain_trail,
        recover=recover_evidence,
    )
    looks = providers.Factory(
        _late("break_glass.AuditedLooks"),
        audit=chain_sink,
        kept=kept_evidence,
        ids=ids,
        metrics=metrics,
    )

    ingest = providers.Factory(
        _late("ingest.Ingest"), recordings=recordings, repository=repository, clock=clock
    )
    people = providers.Factory(
        _late("known_people.KnownPeople"), trail=audit_trail, audit=audit_sink, clock=clock
    )
    read = providers.Factory(
        _late("read.ReadStream"), repository=repository, audit=looks, clock=clock, people=people
    )
    streams_held = providers.Factory(
        _late("streams_held.StreamsHeld"), repository, looks, clock, people
    )
    keep_profile = providers.Factory(_late("profiles.KeepProfile"), repository, clock)
    read_profile = providers.Factory(
        _late("profiles.ReadProfile"), repository, looks, clock, people
    )
    find_patient = providers.Factory(_late("profiles.FindPatient"), directory, looks, clock)
    summarize = providers.Factory(
        _late("summarize.Summarize"), repository=repository, audit=looks, clock=clock, people=people
    )
    analyze = providers.Factory(
        _late("analyze.Analyze"),
        repository=repository,
        audit=looks,
        clock=clock,
        people=people,
        wear=choice.provided.wear,
        analyses=analyses,
        clarity_version=VERSION,
    )
    latest_result = providers.Factory(
        _late("latest.LatestResult"), repository, looks, clock, people
    )
    track = providers.Factory(_late("jobs.TrackJobs"), jobs=job_store, ids=ids, clock=clock)
    merge = providers.Factory(_late("merge.MergeDays"), repository, clock)
    import_days = providers.Factory(
        _late("bulk_import.ImportDays"), bulk=bulk, merge=merge, track=track, clock=clock
    )
    import_recordings = providers.Factory(
        _late("bulk_import.ImportRecordings"), recordings=recordings, days=import_days
    )
    models = providers.ThreadSafeSingleton(
        _late("model_service.models_over"), model_ports, clarity_version=VERSION, serving=serving
    )
    ask = providers.Factory(
        _late("ask_model.AskModel"), models.provided.predictor, looks, clock, answers
    )
    reports = providers.Factory(
        _late("reports.ReportRecordings"),
        ingest=ingest,
        analyze=analyze,
        ask=ask,
        renderer=renderer,
    )
    report = providers.Factory(_late("tracked.TrackedReports"), reports=reports, track=track)
    export = providers.Factory(
        _late("export.ExportPatient"),
        repository=repository,
        stores=erasable,
        trail=audit_trail,
        audit=audit_sink,
        track=track,
        renderer=dossier_renderer,
        clock=clock,
        people=people,
    )
    erase = providers.Factory(
        _late("erase.ErasePatient"),
        stores=erasable,
        audit=audit_sink,
        track=track,
        clock=clock,
        people=people,
    )
    jobs = providers.Factory(_late("jobs.LookAtJobs"), jobs=job_store, clock=clock)
    unfinished_jobs = providers.Factory(
        _late("jobs.LookAtUnfinishedJobs"), jobs=tenant_jobs, clock=clock
    )
    audit_report = providers.Factory(
        _late("audit_trail.AuditReport"),
        trail=audit_trail,
        audit=audit_sink,
        clock=clock,
        people=people,
    )
    anchors = providers.Factory(
        _late("anchors.Anchors"), ledger=head_ledger, signer=head_signer, verifier=head_verifier
    )
    erase_again = providers.Factory(
        _late("erase_again.EraseAgain"), erase=erase, trail=audit_trail, anchors=anchors
    )
    sign_heads = providers.Factory(
        _late("sign_heads.SignHeads"), trail=audit_trail, anchors=anchors, clock=clock
    )
    verify_trail = providers.Factory(
        _late("audit_trail.VerifyTrail"),
        trail=audit_trail,
        anchors=anchors,
        audit=audit_sink,
        clock=clock,
    )
    export_trail = providers.Factory(
        _late("audit_export.ExportTrail"),
        trail=audit_trail,
        audit=audit_sink,
        signer=head_signer,
        clock=clock,
        people=people,
    )
    verify_export = providers.Factory(_late("audit_export.VerifyExport"), verifier=head_verifier)
    ship_audit = providers.Factory(
        _late("ship_audit.ShipAudit"),
        outbox=audit_outbox,
        log=audit_log,
        pseudonyms=pseudonyms,
        clock=clock,
        metrics=metrics,
    )
    shipping = providers.Factory(_shipping, ship_audit.provider, ship_every_s)
    retention = providers.Factory(
        _late("retention.ApplyRetention"),
        repository=repository,
        trail=audit_trail,
        audit=audit_sink,
        expiring=expiring,
        jobs=tenant_jobs,
        jobs_kept=jobs_kept,
        rules=retention_rules,
        clock=clock,
    )
    keep = providers.Factory(
        _late("keep_store.KeepStore"), copies=copies, audit=audit_sink, clock=clock
    )
    status = providers.Factory(
        _late("status.StoreStatus"), inventory=inventory, audit=audit_sink, clock=clock
    )
    health = providers.Factory(_late("health.Health"), pings=pings, clock=clock)
    makers = providers.Dict(
        ingest=ingest.provider,
        import_days=import_days.provider,
        import_recordings=import_recordings.provider,
        read=read.provider,
        streams_held=streams_held.provider,
        keep_profile=keep_profile.provider,
        read_profile=read_profile.provider,
        find_patient=find_patient.provider,
        summarize=summarize.provider,
        analyze=analyze.provider,
        latest_result=latest_result.provider,
        report=report.provider,
        diaries=diaries.provider,
        export=export.provider,
        erase=erase.provider,
        erase_again=erase_again.provider,
        jobs=jobs.provider,
        unfinished_jobs=unfinished_jobs.provider,
        audit_report=audit_report.provider,
        audit_renderer=audit_renderer.provider,
        sign_heads=sign_heads.provider,
        verify_trail=verify_trail.provider,
        export_trail=export_trail.provider,
        verify_export=verify_export.provider,
        ship_audit=ship_audit.provider,
        recover_evidence=recover_evidence.provider,
        models=models.provider,
        status=status.provider,
        retention=retention.provider,
        keep=keep.provider,
        ids=ids.provider,
        health=health.provider,
    )
    clarity = providers.Factory(Clarity, makers=makers)
