"""The container: ports left open for a profile to fill, and the use cases over them."""

from collections.abc import Mapping
from contextlib import nullcontext
from datetime import timedelta

from dependency_injector import containers, providers

from clarity._version import VERSION
from clarity.application.analyze import Analyze
from clarity.application.anchors import Anchors
from clarity.application.answers import Answers
from clarity.application.ask_model import AskModel
from clarity.application.audit_export import ExportTrail, VerifyExport
from clarity.application.audit_trail import AuditReport, VerifyTrail
from clarity.application.break_glass import AuditedLooks, RecoveredTrail, RecoverEvidence
from clarity.application.bulk_import import ImportDays, ImportRecordings
from clarity.application.clarity import Clarity
from clarity.application.erase import ErasePatient
from clarity.application.erase_again import EraseAgain
from clarity.application.export import ExportPatient
from clarity.application.health import Health
from clarity.application.ingest import Ingest
from clarity.application.jobs import LookAtJobs, LookAtUnfinishedJobs, TrackJobs
from clarity.application.keep_store import KeepStore
from clarity.application.known_people import KnownPeople
from clarity.application.latest import LatestResult
from clarity.application.merge import MergeDays
from clarity.application.model_service import ModelPorts, Serving, models_over
from clarity.application.plugins import all_analyses
from clarity.application.profiles import FindPatient, KeepProfile, ReadProfile
from clarity.application.read import ReadStream
from clarity.application.reports import ReportRecordings
from clarity.application.retention import ApplyRetention
from clarity.application.retention_rules import RetentionRules
from clarity.application.ship_audit import ShipAudit, shipping
from clarity.application.sign_heads import SignHeads
from clarity.application.status import StoreStatus
from clarity.application.streams_held import StreamsHeld
from clarity.application.summarize import Summarize
from clarity.application.tracked import TrackedReports
from clarity.domain.analysis.choice import USUAL
from clarity.domain.privacy import Pseudonyms
from clarity.ports.audit import AuditSink, AuditTrail
from clarity.ports.audit_log import AuditLog, AuditOutbox
from clarity.ports.bulk import BulkDays
from clarity.ports.clock import Clock
from clarity.ports.copies import StoreCopies
from clarity.ports.diaries import Diaries
from clarity.ports.directory import Directory
from clarity.ports.dossier import DossierRenderer
from clarity.ports.expiry import Expiring
from clarity.ports.head_ledger import HeadLedger
from clarity.ports.heads import HeadSigner, HeadVerifier
from clarity.ports.health import Pingable
from clarity.ports.ids import Ids
from clarity.ports.inventory import Inventory
from clarity.ports.jobs import Jobs, TenantJobs
from clarity.ports.kept_evidence import KeptEvidence
from clarity.ports.metrics import Metrics
from clarity.ports.recordings import Recordings
from clarity.ports.report import AuditRenderer, Renderer
from clarity.ports.repository import Repository
from clarity.ports.tracing import Tracer

__all__ = ["Core"]


def _in_order(pings: Mapping[str, Pingable]) -> tuple[tuple[str, Pingable], ...]:
    """What health asks, with the names that it tells."""
    return tuple(pings.items())


class Core(containers.DeclarativeContainer):
    """The ports, left open for a profile to fill, and the use cases over them."""

    clock = providers.Dependency(instance_of=Clock)
    ids = providers.Dependency(instance_of=Ids)
    repository = providers.Dependency(instance_of=Repository)
    directory = providers.Dependency(instance_of=Directory)
    bulk = providers.Dependency(instance_of=BulkDays)
    chain_sink = providers.Dependency(instance_of=AuditSink)
    chain_trail = providers.Dependency(instance_of=AuditTrail)
    kept_evidence = providers.Dependency(instance_of=KeptEvidence)
    audit_outbox = providers.Dependency(instance_of=AuditOutbox)
    audit_log: providers.Dependency[AuditLog | None] = providers.Dependency()
    log_lines = providers.Callable(nullcontext)
    ship_every_s = providers.Object(0.0)
    pseudonyms = providers.Dependency(instance_of=Pseudonyms)
    copies = providers.Dependency(instance_of=StoreCopies)
    expiring = providers.Dependency(instance_of=Expiring)
    job_store = providers.Dependency(instance_of=Jobs)
    tenant_jobs = providers.Dependency(instance_of=TenantJobs)
    erasable = providers.Dependency(instance_of=Mapping)
    answers = providers.Dependency(instance_of=Answers)
    dossier_renderer = providers.Dependency(instance_of=DossierRenderer)
    head_ledger = providers.Dependency(instance_of=HeadLedger)
    head_signer = providers.Dependency(instance_of=HeadSigner)
    head_verifier = providers.Dependency(instance_of=HeadVerifier)
    inventory = providers.Dependency(instance_of=Inventory)
    diaries = providers.Dependency(instance_of=Diaries)
    recordings = providers.Dependency(instance_of=Recordings)
    renderer = providers.Dependency(instance_of=Renderer)
    audit_renderer = providers.Dependency(instance_of=AuditRenderer)
    metrics = providers.Dependency(instance_of=Metrics)
    tracer = providers.Dependency(instance_of=Tracer)
    model_ports = providers.Dependency(instance_of=ModelPorts)
    jobs_kept = providers.Object(timedelta(days=90))
    retention_rules = providers.Object(RetentionRules())
    serving: providers.Provider[Serving] = providers.Object(Serving())

    choice = providers.Object(USUAL)
    registered = providers.Object(())
    replacing = providers.Object(())
    analyses = providers.ThreadSafeSingleton(all_analyses, registered, replacing, choice)
    pinged = providers.Dependency(instance_of=Mapping)
    pings = providers.Callable(_in_order, pinged)

    recover_evidence = providers.Factory(
        RecoverEvidence, kept=kept_evidence, audit=chain_sink, trail=chain_trail, metrics=metrics
    )
    audit_trail = audit_sink = providers.ThreadSafeSingleton(
        RecoveredTrail, sink=chain_sink, trail=chain_trail, recover=recover_evidence
    )
    looks = providers.Factory(
        AuditedLooks, audit=chain_sink, kept=kept_evidence, ids=ids, metrics=metrics
    )

    ingest = providers.Factory(Ingest, recordings=recordings, repository=repository, clock=clock)
    people = providers.Factory(KnownPeople, trail=audit_trail, audit=audit_sink, clock=clock)
    read = providers.Factory(
        ReadStream, repository=repository, audit=looks, clock=clock, people=people
    )
    streams_held = providers.Factory(StreamsHeld, repository, looks, clock, people)
    keep_profile = providers.Factory(KeepProfile, repository, clock)
    read_profile = providers.Factory(ReadProfile, repository, looks, clock, people)
    find_patient = providers.Factory(FindPatient, directory, looks, clock)
    summarize = providers.Factory(
        Summarize, repository=repository, audit=looks, clock=clock, people=people
    )
    analyze = providers.Factory(
        Analyze,
        repository=repository,
        audit=looks,
        clock=clock,
        people=people,
        wear=choice.provided.wear,
        analyses=analyses,
        clarity_version=VERSION,
    )
    latest_result = providers.Factory(LatestResult, repository, looks, clock, people)
    track = providers.Factory(TrackJobs, jobs=job_store, ids=ids, clock=clock)
    merge = providers.Factory(MergeDays, repository, clock)
    import_days = providers.Factory(ImportDays, bulk=bulk, merge=merge, track=track, clock=clock)
    import_recordings = providers.Factory(ImportRecordings, recordings=recordings, days=import_days)
    models = providers.ThreadSafeSingleton(
        models_over, model_ports, clarity_version=VERSION, serving=serving
    )
    ask = providers.Factory(AskModel, models.provided.predictor, looks, clock, answers)
    reports = providers.Factory(
        ReportRecordings, ingest=ingest, analyze=analyze, ask=ask, renderer=renderer
    )
    report = providers.Factory(TrackedReports, reports=reports, track=track)
    export = providers.Factory(
        ExportPatient,
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
        ErasePatient, stores=erasable, audit=audit_sink, track=track, clock=clock, people=people
    )
    jobs = providers.Factory(LookAtJobs, jobs=job_store, clock=clock)
    unfinished_jobs = providers.Factory(LookAtUnfinishedJobs, jobs=tenant_jobs, clock=clock)
    audit_report = providers.Factory(
        AuditReport, trail=audit_trail, audit=audit_sink, clock=clock, people=people
    )
    anchors = providers.Factory(
        Anchors, ledger=head_ledger, signer=head_signer, verifier=head_verifier
    )
    erase_again = providers.Factory(EraseAgain, erase=erase, trail=audit_trail, anchors=anchors)
    sign_heads = providers.Factory(SignHeads, trail=audit_trail, anchors=anchors, clock=clock)
    verify_trail = providers.Factory(
        VerifyTrail, trail=audit_trail, anchors=anchors, audit=audit_sink, clock=clock
    )
    export_trail = providers.Factory(
        ExportTrail,
        trail=audit_trail,
        audit=audit_sink,
        signer=head_signer,
        clock=clock,
        people=people,
    )
    verify_export = providers.Factory(VerifyExport, verifier=head_verifier)
    ship_audit = providers.Factory(
        ShipAudit,
        outbox=audit_outbox,
        log=audit_log,
        pseudonyms=pseudonyms,
        clock=clock,
        metrics=metrics,
    )
    shipping = providers.Factory(shipping, ship_audit, ship_every_s)
    retention = providers.Factory(
        ApplyRetention,
        repository=repository,
        trail=audit_trail,
        audit=audit_sink,
        expiring=expiring,
        jobs=tenant_jobs,
        jobs_kept=jobs_kept,
        rules=retention_rules,
        clock=clock,
    )
    keep = providers.Factory(KeepStore, copies=copies, audit=audit_sink, clock=clock)
    status = providers.Factory(StoreStatus, inventory=inventory, audit=audit_sink, clock=clock)
    health = providers.Factory(Health, pings=pings, clock=clock)
    clarity = providers.Factory(
        Clarity,
        ingest=ingest,
        import_days=import_days,
        import_recordings=import_recordings,
        read=read,
        streams_held=streams_held,
        keep_profile=keep_profile,
        read_profile=read_profile,
        find_patient=find_patient,
        summarize=summarize,
        analyze=analyze,
        latest_result=latest_result,
        report=report,
        diaries=diaries,
        export=export,
        erase=erase,
        erase_again=erase_again,
        jobs=jobs,
        unfinished_jobs=unfinished_jobs,
        audit_report=audit_report,
        audit_renderer=audit_renderer,
        sign_heads=sign_heads,
        verify_trail=verify_trail,
        export_trail=export_trail,
        verify_export=verify_export,
        ship_audit=ship_audit,
        recover_evidence=recover_evidence,
        models=models,
        status=status,
        retention=retention,
        keep=keep,
        ids=ids,
        health=health,
    )
