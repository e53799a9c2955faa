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
from clarity.ports.directory import Directory
from clarity.ports.dossier import DossierRenderer
from clarity.ports.erasure import Erasable
from clarity.ports.expiry import Expiring
from clarity.ports.head_ledger import HeadLedger
from clarity.ports.heads import HeadSigner, HeadVerifier
from clarity.ports.health import Pingable
from clarity.ports.ids import Ids
from clarity.ports.inventory import Inventory
from clarity.ports.jobs import Jobs, TenantJobs
from clarity.ports.metrics import Metrics
from clarity.ports.model_registry import ModelRegistry
from clarity.ports.model_store import ModelStore
from clarity.ports.predictor import Predictor
from clarity.ports.recordings import Recordings
from clarity.ports.report import AuditRenderer, Renderer
from clarity.ports.repository import Repository
from clarity.ports.tracing import Tracer
from tests.contracts.audit import harness as audit
from tests.contracts.audit_log import harness as audit_log
from tests.contracts.audit_outbox import harness as audit_outbox
from tests.contracts.audit_renderer import harness as audit_renderer
from tests.contracts.blobs import harness as blobs
from tests.contracts.bulk import harness as bulk
from tests.contracts.cache import harness as cache
from tests.contracts.clock import harness as clock
from tests.contracts.codec import harness as codec
from tests.contracts.copies import harness as copies
from tests.contracts.directory import harness as directory
from tests.contracts.dossier import harness as dossier
from tests.contracts.erasure import harness as erasure
from tests.contracts.expiry import harness as expiry
from tests.contracts.head_ledger import harness as head_ledger
from tests.contracts.heads import harness as heads
from tests.contracts.ids import harness as ids
from tests.contracts.inventory import harness as inventory
from tests.contracts.jobs import harness as jobs
from tests.contracts.metrics import harness as metrics
from tests.contracts.model_registry import harness as model_registry
from tests.contracts.model_store import harness as model_store
from tests.contracts.predictor import harness as predictor
from tests.contracts.recordings import conftest as recordings
from tests.contracts.renderer import harness as renderer
from tests.contracts.repository import harness as repository
from tests.contracts.tracing import harness as tracing

__all__ = ["OPENED"]


def _attributes(harness, name: str) -> Iterator[object]:
    """The adapter called `name` of each world that the openers of `harness` open."""
    for opener in harness.OPENERS.values():
        with opener() as world:
            yield getattr(world, name)


OPENED: Final[dict[type, Callable[[], Iterator[object]]]] = {
    AuditLog: lambda: _attributes(audit_log, "log"),
    AuditOutbox: lambda: _attributes(audit_outbox, "outbox"),
    AuditRenderer: lambda: (opener() for opener in audit_renderer.OPENERS.values()),
    AuditSink: lambda: _attributes(audit, "sink"),
    AuditTrail: lambda: _attributes(audit, "trail"),
    BulkDays: lambda: _attributes(bulk, "bulk"),
    BlobStore: lambda: _attributes(blobs, "blobs"),
    Cache: lambda: _attributes(cache, "cache"),
    ChunkCodec: lambda: _attributes(codec, "codec"),
    StoreCopies: lambda: _attributes(copies, "copies"),
    Clock: lambda: _attributes(clock, "clock"),
    Directory: lambda: _attributes(directory, "directory"),
    DossierRenderer: lambda: (opener() for opener in dossier.OPENERS.values()),
    Erasable: lambda: _attributes(erasure, "erasable"),
    Expiring: lambda: _attributes(expiry, "expiring"),
    HeadLedger: lambda: _attributes(head_ledger, "ledger"),
    HeadSigner: lambda: _attributes(heads, "signer"),
    HeadVerifier: lambda: _attributes(heads, "verifier"),
    Ids: lambda: _attributes(ids, "ids"),
    Inventory: lambda: _attributes(inventory, "inventory"),
    Jobs: lambda: _attributes(jobs, "jobs"),
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
    TenantJobs: lambda: _attributes(jobs, "jobs"),
    Tracer: lambda: _attributes(tracing, "tracer"),
}
