"""DynamoDB engines behind a proxy that breaks what it is told to break."""

import contextlib
from collections.abc import Iterator

import attrs

from clarity.adapters.aws.guards import UNGUARDED, Guards
from clarity.adapters.aws.settings import Limits
from clarity.adapters.local.clock import SystemClock
from clarity.domain.audit import AuditRecord, ChainHead, verify_chain
from clarity.domain.identity import PatientRef
from clarity.ports.audit import AuditFilter
from tests.contracts.repository.harness import ADA
from tests.support.dynamodb import LIMITS, World, world_on
from tests.support.fault_proxy import Fault, FaultProxy

__all__ = [
    "MANY_ATTEMPTS",
    "ROUGH",
    "TWO_ATTEMPTS",
    "faulty_world",
    "records_of",
    "whole_chain",
]

ROUGH = {
    Fault.THROTTLE: 0.08,
    Fault.SERVER_ERROR: 0.05,
    Fault.DROP_AFTER: 0.06,
    Fault.RESET_BEFORE: 0.03,
    Fault.CORRUPT: 0.04,
    Fault.CONFLICT: 0.05,
}
"""Much worse than any region; with two attempts many calls fail for good."""

TWO_ATTEMPTS = attrs.evolve(LIMITS, attempts=2)
MANY_ATTEMPTS = attrs.evolve(LIMITS, attempts=7)


@contextlib.contextmanager
def faulty_world(proxy: FaultProxy, limits: Limits, guards: Guards = UNGUARDED) -> Iterator[World]:
    """Fresh tables behind the proxy, which breaks nothing until it is told to, and at the end."""
    proxy.plan = lambda *_: None
    with world_on(proxy.engine, SystemClock(), limits, guards=guards) as world:
        yield world
        proxy.plan = lambda *_: None


def records_of(world: World, patient: PatientRef = ADA) -> tuple[AuditRecord, ...]:
    """All audit records about the patient (at most 1,000)."""
    wanted = AuditFilter(tenant=patient.tenant, patient=patient)
    return world.trail.records(wanted, limit=1_000, cursor=None).records


def whole_chain(world: World, patient: PatientRef = ADA) -> ChainHead:
    """The head that the records lead to, which is the one that the table has."""
    return verify_chain(records_of(world, patient), head=world.trail.head(patient))
