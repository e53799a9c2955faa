"""
The composition root: settings become a container, the container becomes the object to embed.

The only module that imports adapters, and it does so inside the profile that needs them.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any, ClassVar, Final

import attrs
from dependency_injector import containers, providers

from clarity import __version__
from clarity.application.analyze import Analyze
from clarity.application.audit_export import ExportTrail, VerifyExport
from clarity.application.audit_trail import AuditReport, VerifyTrail
from clarity.application.clarity import Clarity
from clarity.application.erase import ErasePatient
from clarity.application.export import ExportPatient
from clarity.application.health import Health
from clarity.application.ingest import Ingest
from clarity.application.jobs import LookAtJobs, TrackJobs
from clarity.application.model_service import ModelPorts, models_over
from clarity.application.models import LoadingStrategy
from clarity.application.predict import Remembering
from clarity.application.read import ReadStream
from clarity.application.reports import ReportRecordings
from clarity.application.retention import ApplyRetention
from clarity.application.status import StoreStatus
from clarity.application.tracked import TrackedReports
from clarity.domain.analysis.built_in import built_in
from clarity.domain.analysis.plugin import Analysis
from clarity.domain.analysis.wear import WearAssessment
from clarity.domain.errors import ClarityError
from clarity.ports.audit import AuditSink, AuditTrail
from clarity.ports.clock import Clock
from clarity.ports.copies import StoreCopies
from clarity.ports.dossier import DossierRenderer
from clarity.ports.expiry import Expiring
from clarity.ports.heads import HeadSigner, HeadVerifier
from clarity.ports.health import Pingable
from clarity.ports.ids import Ids
from clarity.ports.inventory import Inventory
from clarity.ports.jobs import Jobs
from clarity.ports.metrics import Metrics
from clarity.ports.model_files import ExtraMissing
from clarity.ports.recordings import Recordings
from clarity.ports.report import AuditRenderer, Renderer
from clarity.ports.repository import Repository
from clarity.ports.tracing import Tracer
from clarity.settings import Profile, Settings, settings_from

__all__ = ["BadPlugin", "Core", "main", "open_clarity", "open_core"]

IN_MEMORY: Final = ":memory:"
"""A store that lives as long as it is open."""

KEY: Final = "signing-key.pem"
"""What follows the name of the store in the name of the key that signs its audit heads."""

DOWNLOAD_TIMEOUT_S: Final = 30.0
"""A server that is silent for longer does not answer."""

REMEMBERED_S: Final = 3_600.0
"""How long an answer of a model is kept; it never gets stale."""

PLUGINS: Final = "clarity.analyses"
"""Entry point group under which packages offer analyses."""


@attrs.define(eq=False)
class BadPlugin(ClarityError):
    """An installed package offers an analysis that does not work."""

    code: ClassVar[str] = "settings.bad-plugin"
    name: str
    problem: str

    def __str__(self) -> str:
        return (
            f"the analysis {self.name!r} {self.problem}; "
            f"repair or remove the package that offers it"
        )


def all_analyses(registered: Sequence[Analysis] = ()) -> tuple[Analysis, ...]:
    """
    The built-in analyses, those of installed packages (`clarity.analyses`), and `registered`.

    Raises:
        BadPlugin: an entry point does not load or gives no analysis, or two analyses have one id.
    """
    offered = sorted(entry_points(group=PLUGINS), key=lambda point: point.name)
    analyses = (*built_in(), *(_loaded(point) for point in offered), *registered)
    ids = [WearAssessment().id, *(analysis.id for analysis in analyses)]
    twice = [id_ for id_, count in Counter(ids).items() if count > 1]
    if twice:
        raise BadPlugin(twice[0], "is offered more than once")
    return analyses


def _loaded(point: EntryPoint) -> Analysis:
    try:
        analysis = point.load()()
    except Exception as error:
        raise BadPlugin(point.name, f"({point.value}) does not load") from error
    if not isinstance(analysis, Analysis):
        raise BadPlugin(point.name, f"({point.value}) is no analysis")
    return analysis


def _in_order(pings: Mapping[str, Pingable]) -> tuple[tuple[str, Pingable], ...]:
    """What health asks, with the names that it tells."""
    return tuple(pings.items())


class Core(containers.DeclarativeContainer):
    """The ports, left open for a profile to fill, and the use cases over them."""

    clock = providers.Dependency(instance_of=Clock)
    ids = providers.Dependency(instance_of=Ids)
    repository = providers.Dependency(instance_of=Repository)
    audit_sink = providers.Dependency(instance_of=AuditSink)
    audit_trail = providers.Dependency(instance_of=AuditTrail)
    copies = providers.Dependency(instance_of=StoreCopies)
    expiring = providers.Dependency(instance_of=Expiring)
    job_store = providers.Dependency(instance_of=Jobs)
    erasable = providers.Dependency(instance_of=Mapping)
    dossier_renderer = providers.Dependency(instance_of=DossierRenderer)
    head_signer = providers.Dependency(instance_of=HeadSigner)
    head_verifier = providers.Dependency(instance_of=HeadVerifier)
    inventory = providers.Dependency(instance_of=Inventory)
    recordings = providers.Dependency(instance_of=Recordings)
    renderer = providers.Dependency(instance_of=Renderer)
    audit_renderer = providers.Dependency(instance_of=AuditRenderer)
    metrics = providers.Dependency(instance_of=Metrics)
    tracer = providers.Dependency(instance_of=Tracer)
    model_ports = providers.Dependency(instance_of=ModelPorts)
    model_loading = providers.Object(LoadingStrategy.LAZY)

    registered = providers.Object(())
    analyses = providers.ThreadSafeSingleton(all_analyses, registered)
    pings = providers.Callable(_in_order, providers.Dict(store=inventory))

    ingest = providers.Factory(Ingest, recordings=recordings, repository=repository, clock=clock)
    read = providers.Factory(ReadStream, repository=repository, audit=audit_sink, clock=clock)
    analyze = providers.Factory(
        Analyze,
        repository=repository,
        audit=audit_sink,
        clock=clock,
        wear=WearAssessment(),
        analyses=analyses,
        clarity_version=__version__,
    )
    track = providers.Factory(TrackJobs, jobs=job_store, ids=ids, clock=clock)
    reports = providers.Factory(ReportRecordings, ingest=ingest, analyze=analyze, renderer=renderer)
    report = providers.Factory(TrackedReports, reports=reports, track=track)
    export = providers.Factory(
        ExportPatient,
        repository=repository,
        trail=audit_trail,
        audit=audit_sink,
        jobs=job_store,
        track=track,
        renderer=dossier_renderer,
        clock=clock,
    )
    erase = providers.Factory(
        ErasePatient, stores=erasable, audit=audit_sink, track=track, clock=clock
    )
    jobs = providers.Factory(LookAtJobs, jobs=job_store, clock=clock)
    audit_report = providers.Factory(AuditReport, trail=audit_trail, audit=audit_sink, clock=clock)
    verify_trail = providers.Factory(VerifyTrail, trail=audit_trail)
    export_trail = providers.Factory(
        ExportTrail, trail=audit_trail, audit=audit_sink, signer=head_signer, clock=clock
    )
    verify_export = providers.Factory(VerifyExport, verifier=head_verifier)
    models = providers.ThreadSafeSingleton(
        models_over, model_ports, clarity_version=__version__, strategy=model_loading
    )
    retention = providers.Factory(
        ApplyRetention, repository=repository, trail=audit_trail, expiring=expiring, clock=clock
    )
    status = providers.Factory(StoreStatus, inventory=inventory)
    health = providers.Factory(Health, pings=pings, clock=clock)
    clarity = providers.Factory(
        Clarity,
        ingest=ingest,
        read=read,
        analyze=analyze,
        report=report,
        export=export,
        erase=erase,
        jobs=jobs,
        audit_report=audit_report,
        audit_renderer=audit_renderer,
        verify_trail=verify_trail,
        export_trail=export_trail,
        verify_export=verify_export,
        models=models,
        status=status,
        retention=retention,
        copies=copies,
        ids=ids,
        health=health,
    )


def _instruments() -> dict[str, providers.Provider[Any]]:
    """The clock of this machine; numbers and spans stay in the process."""
    from clarity.adapters.local.clock import SystemClock
    from clarity.adapters.observability.metrics import MemoryMetrics
    from clarity.adapters.observability.tracing import MemoryTracer

    once, clock = providers.ThreadSafeSingleton, providers.ThreadSafeSingleton(SystemClock)
    return {"clock": clock, "metrics": once(MemoryMetrics), "tracer": once(MemoryTracer, clock)}


def embedded(settings: Settings) -> Core:
    """SQLite, the files of this machine and its clock; no account, no server, no network."""
    from clarity.adapters.local.audit import SqliteAuditTrail
    from clarity.adapters.local.copies import SqliteCopies
    from clarity.adapters.local.erasure import SqliteErasure
    from clarity.adapters.local.inventory import SqliteInventory
    from clarity.adapters.local.items import EntityCodec
    from clarity.adapters.local.jobs import SqliteJobs
    from clarity.adapters.local.repository import SqliteRepository
    from clarity.adapters.local.store import open_store
    from clarity.adapters.packing.shuffle_zstd import ShuffleZstdCodec

    path = None if settings.store == IN_MEMORY else Path(settings.store)
    once, told = providers.ThreadSafeSingleton, _instruments()
    store = providers.Resource(open_store, path, busy_timeout_s=settings.busy_timeout_s)
    real = once(SqliteRepository, store, EntityCodec(ShuffleZstdCodec()), told["clock"])
    return _core(
        settings,
        real=real,
        expiring=real,
        trail=once(SqliteAuditTrail, store),
        job_store=once(SqliteJobs, store),
        erasure=once(SqliteErasure, store),
        inventory=once(SqliteInventory, store, told["clock"], path),
        head_signer=_head_signer(path),
        copies=once(SqliteCopies, store, settings.busy_timeout_s),
        **told,
    )


def aws(settings: Settings) -> Core:
    """DynamoDB for all that is stored; models and the key for audit heads on this machine."""
    from clarity.adapters.aws.dynamodb.store import open_store
    from clarity.adapters.packing.shuffle_zstd import ShuffleZstdCodec

    told = _instruments()
    store = providers.Resource(open_store, settings.store, ShuffleZstdCodec(), **told)
    held = ("real", "trail", "job_store", "erasure", "inventory", "copies", "expiring")
    stored = {name: getattr(store.provided, name) for name in held}
    return _core(settings, head_signer=_head_signer(settings.home), **stored, **told)


def _core(settings: Settings, **ports: providers.Provider[Any]) -> Core:
    """What a profile brings and all share; the repository is traced -> metered -> real."""
    from clarity.adapters.files.detected import DetectedRecordings
    from clarity.adapters.local.ids import RandomIds
    from clarity.adapters.observability.metered import MeteredRepository
    from clarity.adapters.observability.traced import TracedRepository
    from clarity.adapters.report.audit_files import AuditFiles
    from clarity.adapters.report.dossier import DossierFiles
    from clarity.adapters.report.html import HtmlRenderer
    from clarity.adapters.signing.heads import Ed25519HeadVerifier

    real, trail, erasure = ports.pop("real"), ports.pop("trail"), ports.pop("erasure")
    told = {name: ports[name] for name in ("clock", "metrics")}
    once = providers.ThreadSafeSingleton
    metered = once(MeteredRepository, real, **told)
    return Core(
        repository=once(TracedRepository, metered, ports["tracer"]),
        audit_sink=trail,
        audit_trail=trail,
        erasable=providers.Dict(repository=erasure, jobs=ports["job_store"]),
        dossier_renderer=once(DossierFiles),
        ids=once(RandomIds),
        head_verifier=once(Ed25519HeadVerifier),
        recordings=once(DetectedRecordings),
        renderer=once(HtmlRenderer),
        audit_renderer=once(AuditFiles),
        model_ports=_model_ports(settings, audit=trail, **told),
        model_loading=providers.Object(settings.model_loading),
        **ports,
    )


def _model_ports(
    settings: Settings, **shared: providers.Provider[Any]
) -> providers.Provider[ModelPorts]:
    """Models in a folder; ONNX Runtime and the converters are imported when they are needed."""
    from clarity.adapters.convert.npz import NpzArrays
    from clarity.adapters.convert.weights_files import AnyWeights
    from clarity.adapters.local.cache import LruCache
    from clarity.adapters.local.model_registry import DirectoryModelRegistry
    from clarity.adapters.local.model_store import DirectoryModelStore
    from clarity.adapters.signing.ed25519 import Ed25519Check, Ed25519Signer, trusted_folder
    from clarity.adapters.web.downloads import HttpDownloads

    root = Path(settings.models)
    cache = providers.ThreadSafeSingleton(
        LruCache, shared["clock"], settings.cache_entries, settings.cache_bytes
    )
    return providers.ThreadSafeSingleton(
        ModelPorts,
        store=providers.ThreadSafeSingleton(DirectoryModelStore, root=root, clock=shared["clock"]),
        registry=DirectoryModelRegistry(root=root),
        engine=providers.Object(_lazily("onnx.engine", "OnnxEngine")),
        graphs=providers.Object(_lazily("onnx.graphs", "OnnxGraphs")),
        weights=AnyWeights(_lazily("convert.keras_reader", "keras_reader")),
        arrays=NpzArrays(),
        signatures=providers.ThreadSafeSingleton(trusted_folder, settings.model_keys),
        unsigned=Ed25519Check({}),
        signer=providers.Object(Ed25519Signer.from_file),
        downloads=HttpDownloads(folder=root / "downloads", timeout_s=DOWNLOAD_TIMEOUT_S),
        remembering=providers.ThreadSafeSingleton(Remembering, cache=cache, ttl_s=REMEMBERED_S),
        **shared,
    )


def _lazily(module: str, name: str) -> Callable[[], Any]:
    """Makes `name` of a module of adapters, imported no earlier than that."""

    def made() -> Any:
        try:
            return getattr(import_module(f"clarity.adapters.{module}"), name)()
        except ModuleNotFoundError as error:
            raise ExtraMissing(f"{name} without {error.name}", "convert") from error

    return made


def _head_signer(store: Path | None) -> providers.Provider[HeadSigner]:
    """The key beside the store; one that leaves nothing behind for a store in memory."""
    from clarity.adapters.signing.heads import FileHeadSigner, MemoryHeadSigner

    if store is None:
        return providers.ThreadSafeSingleton(MemoryHeadSigner)
    return providers.ThreadSafeSingleton(FileHeadSigner, store.with_name(f"{store.name}.{KEY}"))


PROFILES: Final[Mapping[Profile, Callable[[Settings], Core]]] = {
    Profile.EMBEDDED: embedded,
    Profile.AWS: aws,
}


@contextmanager
def open_core(settings: Settings, *, analyses: Sequence[Analysis] = ()) -> Iterator[Core]:
    """The container of the chosen profile, its resources open inside the block."""
    core = PROFILES[settings.profile](settings)
    core.registered.override(providers.Object(tuple(analyses)))
    core.check_dependencies()
    try:
        core.init_resources()
        yield core
    finally:
        core.shutdown_resources()


@contextmanager
def open_clarity(
    settings: Settings | None = None, *, analyses: Sequence[Analysis] = ()
) -> Iterator[Clarity]:
    """
    Everything that clarity does, open inside the block; safe to share between threads.

    Args:
        settings: what was chosen; the defaults when None.
        analyses: of the embedding program, run after the built-in and installed ones.

    Raises:
        PortError: the store cannot be opened; the text says what to do.
        ClarityError: a model that is to be loaded in advance is refused.
        BadPlugin: an installed plugin does not load, or an id is taken.
    """
    with open_core(settings or Settings(), analyses=analyses) as core:
        app = core.clarity()
        app.models.loader.start()
        yield app


def main() -> int:
    """The command `clarity`; gives its exit code."""
    from clarity.adapters.cli.app import run

    return run(lambda mapping: open_clarity(settings_from(mapping)))
