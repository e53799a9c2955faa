"""Nothing that reaches anybody's data can be called without saying who acts."""

import inspect
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Final

import attrs
import pytest

import clarity
from clarity.application.orders import Order
from clarity.domain.audit import AuditEvent
from clarity.domain.identity import Actor
from clarity.ports.audit import AuditSink, AuditTrail
from clarity.ports.audit_log import AuditOutbox
from clarity.ports.bulk import BulkDays
from clarity.ports.copies import StoreCopies
from clarity.ports.directory import Directory
from clarity.ports.erasure import Erasable
from clarity.ports.expiry import Expiring
from clarity.ports.inventory import Inventory
from clarity.ports.jobs import Jobs, TenantJobs
from clarity.ports.repository import Evidence, Repository

FOLDER: Final = Path(clarity.__file__).parent / "application"
ABOUT_PEOPLE: Final = {
    AuditOutbox,
    AuditSink,
    AuditTrail,
    BulkDays,
    Directory,
    Erasable,
    Expiring,
    Inventory,
    Jobs,
    Mapping[str, Erasable],
    Repository,
    StoreCopies,
    TenantJobs,
}
"""Ports behind which people's data, or what was done with it, lies."""

NAMING: Final = {Actor, AuditEvent, Evidence, Order}
"""Arguments that say who acts."""

WITHOUT_AN_ACTOR: Final = {
    "AskModel.require": "loads a model and sees nobody's data",
    "ExportTrail.public_key": "a public key is for everybody",
    "Ingest.read": "reads the caller's own file; nothing is stored or looked up",
    "KnownPeople.knows": "whether somebody has a chain, for use cases that ask it with their actor",
    "Models.awaitable": "is asked about weeks that the caller brings",
    "Models.predictor": "likewise",
    "Progress.advance": "belongs to the actor for whom the job was begun",
    "Progress.end": "likewise",
    "RecoverEvidence.run": "shows nothing to anybody; the records name those who looked",
    "ShipAudit.run": "shows nothing to anybody; what leaves is in pseudonyms, to a log that is set",
}
"""Methods that need none, each with the reason."""


def _use_cases() -> dict[str, type]:
    modules = [
        import_module(f"clarity.application.{path.stem}") for path in FOLDER.glob("[a-z]*.py")
    ]
    return {
        name: of
        for module in modules
        for name, of in vars(module).items()
        if inspect.isclass(of) and of.__module__ == module.__name__ and attrs.has(of)
        if not ABOUT_PEOPLE & set(of.__mro__)
    }


def _reaches_people(use_case: type, known: set[type]) -> bool:
    kinds = {field.type for field in attrs.fields(use_case)}
    return bool(kinds & ABOUT_PEOPLE) or any(_reaches_people(kind, known) for kind in kinds & known)


def _is_made_for_an_actor(use_case: type, known: set[type]) -> bool:
    """It holds the order, or what holds it, so that its methods need not be told again."""
    kinds = {field.type for field in attrs.fields(use_case)}
    return Order in kinds or any(_is_made_for_an_actor(kind, known) for kind in kinds & known)


def _public_methods(use_case: type) -> Iterator[tuple[str, set[object]]]:
    """Name and kinds of arguments of what everybody may call."""
    for name, method in vars(use_case).items():
        if inspect.isfunction(method) and not name.startswith("_"):
            kinds = {p.annotation for p in inspect.signature(method).parameters.values()}
            yield f"{use_case.__name__}.{name}", kinds


def _over_people() -> dict[str, set[object]]:
    classes = set(_use_cases().values())
    found = [
        of
        for of in classes
        if _reaches_people(of, classes) and not _is_made_for_an_actor(of, classes)
    ]
    return dict(method for of in found for method in _public_methods(of))


@pytest.mark.parametrize(
    "method",
    [
        "Analyze.run",
        "ErasePatient.held",
        "FindPatient.run",
        "KeepProfile.run",
        "KeepStore.back_up",
        "KeepStore.check",
        "KeepStore.replace",
        "KeepStore.restore",
        "KeepStore.restored",
        "LatestResult.run",
        "LookAtJobs.one",
        "LookAtJobs.remove",
        "LookAtUnfinishedJobs.run",
        "ReadProfile.run",
        "ReadStream.run",
        "ReportRecordings.run",
        "SignHeads.after_restore",
        "StoreStatus.run",
        "StreamsHeld.run",
        "TrackedReports.run",
        "TrackJobs.running",
        "VerifyTrail.run",
    ],
)
def test_these_are_looked_at(method: str):
    assert method in _over_people()


def test_every_method_over_peoples_data_says_who_acts_or_why_it_need_not():
    silent = {name for name, kinds in _over_people().items() if not kinds & NAMING}

    assert silent == set(WITHOUT_AN_ACTOR)


def test_an_order_names_its_actor():
    assert Order.__annotations__["actor"] is Actor
    assert Evidence.__annotations__["actor"] is Actor
