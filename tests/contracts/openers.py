"""
Every port and the types of its adapters that its contract suite opens.

A port with a new adapter gets an opener in its suite's harness; a new port gets a line here.
"""

from collections.abc import Callable, Iterator
from typing import Final

from clarity.domain.pat.variants import Variant
from clarity.ports.audit import AuditSink, AuditTrail
from clarity.ports.audit_log import AuditLog, AuditOutbox
from clarity.ports.blobs import BlobStore
from clarity.ports.bulk import BulkDays
from clarity.ports.cache import Cache
from clarity.ports.clock import Clock
from clarity.ports.codec import ChunkCodec
from clarity.ports.copies import StoreCopies
from clarity.ports.diaries import Diaries
from clarity.ports.directory import Directory
from clarity.ports.dossier import DossierRenderer
from clarity.ports.downloads import Downloads
from clarity.ports.engine import Engine, GraphBuilder
from clarity.ports.erasure import Erasable
from clarity.ports.expiry import Expiring
from clarity.ports.head_ledger import HeadLedger
from clarity.ports.heads import HeadSigner, HeadVerifier
from clarity.ports.health import Pingable
from clarity.ports.ids import Ids
from clarity.ports.inventory import Inventory
from clarity.ports.jobs import Jobs, TenantJobs
from clarity.ports.kept_evidence import KeptEvidence
from clarity.ports.metrics import Metrics
from clarity.ports.model_files import BundleArrays, WeightsFiles
from clarity.ports.model_registry import ModelRegistry
from clarity.ports.model_store import ModelStore
from clarity.ports.predictor import Predictor
from clarity.ports.recordings import Recordings
from clarity.ports.report import AuditRenderer, Renderer
from clarity.ports.repository import Repository
from clarity.ports.signing import SignatureCheck, Signer
from clarity.ports.tracing import Tracer
from tests.contracts.audit import harness as audit
from tests.contracts.audit_log import harness as audit_log
from tests.contracts.audit_outbox import harness as audit_outbox
from tests.contracts.audit_renderer import harness as audit_renderer
from tests.contracts.blobs import harness as blobs
from tests.contracts.bulk import harness as bulk
from tests.contracts.bundle_arrays import harness as bundle_arrays
from tests.contracts.cache import harness as cache
from tests.contracts.clock import harness as clock
from tests.contracts.codec import harness as codec
from tests.contracts.copies import harness as copies
from tests.contracts.diaries import harness as diaries
from tests.contracts.directory import harness as directory
from tests.contracts.dossier import harness as dossier
from tests.contracts.downloads import harness as downloads
from tests.contracts.engine import harness as engine
from tests.contracts.erasure import harness as erasure
from tests.contracts.expiry import harness as expiry
from tests.contracts.graph_builder import harness as graph_builder
from tests.contracts.head_ledger import harness as head_ledger
from tests.contracts.heads import harness as heads
from tests.contracts.ids import harness as ids
from tests.contracts.inventory import harness as inventory
from tests.contracts.jobs import harness as jobs
from tests.contracts.kept_evidence import harness as kept_evidence
from tests.contracts.metrics import harness as metrics
from tests.contracts.model_registry import harness as model_registry
from tests.contracts.model_store import harness as model_store
from tests.contracts.predictor import harness as predictor
from tests.contracts.recordings import conftest as recordings
from tests.contracts.renderer import harness as renderer
from tests.contracts.repository import harness as repository
from tests.contracts.signing import harness as signing
from tests.contracts.tracing import harness as tracing
from tests.contracts.weights_files import harness as weights_files

__all__ = ["OPENED"]


def _attributes(harness, *names: str) -> Iterator[object]:
    """The adapters called `names` of each world that the openers of `harness` open."""
    for opener in harness.OPENERS.values():
        with opener() as world:
            yield from (getattr(world, name) for name in names)


OPENED: Final[dict[type, Callable[[], Iterator[object]]]] = {
    AuditLog: lambda: _attributes(audit_log, "log"),
    AuditOutbox: lambda: _attributes(audit_outbox, "outbox"),
    AuditRenderer: lambda: (opener() for opener in audit_renderer.OPENERS.values()),
    AuditSink: lambda: _attributes(audit, "sink"),
    AuditTrail: lambda: _attributes(audit, "trail"),
    BundleArrays: lambda: (opener() for opener in bundle_arrays.OPENERS.values()),
    BulkDays: lambda: _attributes(bulk, "bulk"),
    BlobStore: lambda: _attributes(blobs, "blobs"),
    Cache: lambda: _attributes(cache, "cache"),
    ChunkCodec: lambda: _attributes(codec, "codec"),
    StoreCopies: lambda: _attributes(copies, "copies"),
    Clock: lambda: _attributes(clock, "clock"),
    Directory: lambda: _attributes(directory, "directory"),
    Diaries: lambda: _attributes(diaries, "diaries"),
    Downloads: lambda: _attributes(downloads, "downloads"),
    DossierRenderer: lambda: (opener() for opener in dossier.OPENERS.values()),
    Engine: lambda: (opener() for opener in engine.OPENERS.values()),
    Erasable: lambda: _attributes(erasure, "erasable"),
    Expiring: lambda: _attributes(expiry, "expiring"),
    GraphBuilder: lambda: (opener() for opener in graph_builder.OPENERS.values()),
    HeadLedger: lambda: _attributes(head_ledger, "ledger"),
    HeadSigner: lambda: _attributes(heads, "signer"),
    HeadVerifier: lambda: _attributes(heads, "verifier"),
    Ids: lambda: _attributes(ids, "ids"),
    Inventory: lambda: _attributes(inventory, "inventory"),
    Jobs: lambda: _attributes(jobs, "jobs"),
    KeptEvidence: lambda: _attributes(kept_evidence, "kept"),
    Metrics: lambda: _attributes(metrics, "metrics"),
    ModelRegistry: lambda: _attributes(model_registry, "registry"),
    ModelStore: lambda: _attributes(model_store, "store"),
    Pingable: lambda: (
        *_attributes(inventory, "pingable"),
        *_attributes(blobs, "blobs"),
        *_attributes(model_store, "store"),
    ),
    Predictor: lambda: (predictor.harness(name, Variant.S).predictor for name in predictor.OPENERS),
    Recordings: lambda: (
        opener().reader for opener in (recordings.OPENERS | recordings.FILE_OPENERS).values()
    ),
    Renderer: lambda: (opener() for opener in renderer.OPENERS.values()),
    Repository: lambda: _attributes(repository, "repository"),
    SignatureCheck: lambda: _attributes(signing, "check", "lenient"),
    Signer: lambda: _attributes(signing, "signer"),
    TenantJobs: lambda: _attributes(jobs, "jobs"),
    Tracer: lambda: _attributes(tracing, "tracer"),
    WeightsFiles: lambda: _attributes(weights_files, "files"),
}
