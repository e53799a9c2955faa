"""No use case that reaches anybody's data can be called without saying who acts."""

import inspect
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path

import attrs

import clarity
from clarity.application.reports import Order
from clarity.domain.identity import Actor
from clarity.ports.audit import AuditTrail
from clarity.ports.erasure import Erasable
from clarity.ports.inventory import Inventory
from clarity.ports.jobs import Jobs, TenantJobs
from clarity.ports.repository import Repository

FOLDER = Path(clarity.__file__).parent / "application"
ABOUT_PEOPLE = {AuditTrail, Inventory, Jobs, Mapping[str, Erasable], Repository, TenantJobs}
"""Ports behind which people's data lies."""


def _with_run() -> dict[str, type]:
    modules = [
        import_module(f"clarity.application.{path.stem}") for path in FOLDER.glob("[a-z]*.py")
    ]
    return {
        name: of
        for module in modules
        for name, of in vars(module).items()
        if inspect.isclass(of) and of.__module__ == module.__name__ and hasattr(of, "run")
    }


def _reaches_people(use_case: type, known: set[type]) -> bool:
    kinds = {field.type for field in attrs.fields(use_case)}
    return bool(kinds & ABOUT_PEOPLE) or any(_reaches_people(kind, known) for kind in kinds & known)


def _names_its_actor(use_case: type) -> bool:
    kinds = {p.annotation for p in inspect.signature(use_case.run).parameters.values()}
    return Actor in kinds or Order in kinds


def test_every_use_case_over_peoples_data_takes_an_actor():
    classes = _with_run()
    found = {n for n, of in classes.items() if _reaches_people(of, set(classes.values()))}

    assert {"Analyze", "AuditReport", "ExportTrail", "Ingest", "ReadStream"} <= found
    assert {"ErasePatient", "ExportPatient", "LookAtJobs", "LookAtUnfinishedJobs"} <= found
    assert {"ReportRecordings", "StoreStatus", "TrackedReports", "VerifyTrail"} <= found
    assert {name for name in found if not _names_its_actor(classes[name])} == set()


def test_an_order_names_its_actor():
    assert Order.__annotations__["actor"] is Actor
