"""Every provider of every profile resolves, and what it gives fits where it goes."""

import collections.abc
import inspect
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import attrs
import pytest
from dependency_injector import providers

import clarity
from clarity.adapters.local.repository import SqliteRepository
from clarity.adapters.observability.metered import MeteredRepository
from clarity.adapters.observability.traced import TracedRepository
from clarity.application.clarity import Clarity
from clarity.application.first_use import FirstUse
from clarity.application.health import Health
from clarity.application.known_people import PatientUnknown
from clarity.application.read import Days
from clarity.application.ship_audit import NoAuditLog, Pace
from clarity.bootstrap import PROFILES, open_clarity, open_core
from clarity.container import Core
from clarity.domain.identity import Actor, PatientId, PatientRef, Purpose, TenantId
from clarity.domain.streams import StreamKind
from clarity.ports.audit import AuditFilter
from clarity.ports.errors import PortError, Unavailable
from clarity.ports.health import Pingable
from clarity.settings import Profile, Settings
from tests.support.dynamodb import credentials
from tests.support.engines import running
from tests.support.logs_server import logs_server

HOME = Path(clarity.__file__).parent
MEMORY = Settings(store=":memory:")
CLINIC = TenantId("clinic")
NURSE = Actor(id="nurse", tenant=CLINIC, purpose=Purpose.TREATMENT)
ADA = Days(patient=PatientRef(CLINIC, PatientId("ada")), stream=StreamKind.ACTIVITY)


def fits(value: object, annotation: Any) -> bool:
    """Whether `value` is of the type that a field asks for, elements of sequences included."""
    origin, inside = get_origin(annotation), get_args(annotation)
    if annotation is Any:
        return True
    if origin in {Union, UnionType}:
        return any(fits(value, one) for one in inside)
    if origin is tuple and Ellipsis not in inside:
        return (
            isinstance(value, tuple) and len(value) == len(inside) and all(map(fits, value, inside))
        )
    if origin in {tuple, collections.abc.Sequence}:
        return isinstance(value, origin) and all(fits(one, inside[0]) for one in value)
    return isinstance(value, origin or annotation)


def misfits(thing: object) -> list[str]:
    """The injected fields of an object, and of those inside it, that hold what their type does not allow."""
    if not attrs.has(type(thing)):
        return []
    found = []
    for name, kind in parts_of(type(thing)).items():
        value = getattr(thing, name)
        if not kind or not fits(value, kind):
            found.append(f"{type(thing).__name__}.{name} holds {type(value).__name__}")
        found += misfits(value) if type(value).__module__.startswith("clarity.") else []
    return found


def parts_of(kind: type) -> dict[str, Any]:
    """What an object of that type is made of, each with its type."""
    if kind is Clarity:
        hints = get_type_hints(Clarity, localns=classes_by_name())
        inside = {name: get_args(hint)[0] for name, hint in hints.items() if get_args(hint)}
        return {name: get_args(of)[0] for name, of in inside.items() if get_origin(of) is FirstUse}
    attrs.resolve_types(kind)
    return {field.name: field.type for field in attrs.fields(kind) if field.init}


def classes_by_name() -> dict[str, Any]:
    """The types that use cases and ports may have."""
    paths = [path for ring in ("application", "ports") for path in (HOME / ring).glob("[a-z]*.py")]
    modules = [import_module(f"clarity.{path.parent.name}.{path.stem}") for path in paths]
    return {
        name: one
        for module in modules
        for name, one in vars(module).items()
        if inspect.isclass(one)
    }


def _settings(profile: Profile) -> Settings:
    """Settings of that profile over a store that leaves nothing behind."""
    if profile is Profile.EMBEDDED:
        return MEMORY
    credentials()
    url = running("moto").url
    return Settings(store=f"dynamodb://eu-west-1/container-?endpoint={url}&create=yes")


def _with_models_in_s3() -> Settings:
    credentials()
    url = running("moto").url
    models = f"s3://container/models?region=eu-west-1&endpoint={url}&create=yes"
    return Settings(store=":memory:", models=models)


def _with_payloads(blobs: str) -> Settings:
    return attrs.evolve(_settings(Profile.AWS), blobs=blobs)


def _with_payloads_in_s3() -> Settings:
    credentials()
    url = running("moto").url
    return _with_payloads(f"s3://container/blobs?region=eu-west-1&endpoint={url}&create=yes")


CHOICES = {
    **{profile.value: lambda profile=profile: _settings(profile) for profile in Profile},
    "models in s3": _with_models_in_s3,
    "payloads in s3": _with_payloads_in_s3,
    "payloads in a folder": lambda: _with_payloads("payloads-of-tests"),
}


@pytest.fixture(params=CHOICES)
def core(request: pytest.FixtureRequest):
    with open_core(CHOICES[request.param]()) as opened:
        yield opened


def test_every_profile_has_a_function():
    assert set(PROFILES) == set(Profile)


def test_every_provider_resolves_to_what_fits(core: Core):
    resolved = {name: provider() for name, provider in core.providers.items()}

    assert set(resolved) >= {"clarity", "repository", "health", "metrics", "tracer", "pings"}
    assert {name: misfits(thing) for name, thing in resolved.items() if misfits(thing)} == {}
    assert resolved["clarity"].health.pings


def test_the_application_has_a_maker_for_each_of_its_parts_and_no_other():
    with open_core(MEMORY) as core:
        makers = core.clarity().makers

    assert set(makers) == set(parts_of(Clarity))
    assert len(makers) > 30


def test_erasing_asks_the_place_of_large_payloads_last():
    with open_core(_settings(Profile.AWS)) as core:
        assert list(core.erasable()) == ["answers", "repository", "jobs"]
    with open_core(_with_payloads_in_s3()) as core:
        assert list(core.erasable()) == ["answers", "repository", "jobs", "payloads"]


def test_what_does_not_fit_is_seen():
    assert misfits(Health([["store", 7]], None)) == [
        "Health.pings holds list",
        "Health.clock holds NoneType",
    ]


def test_a_dependency_that_is_left_open_is_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(PROFILES, Profile.EMBEDDED, lambda _: Core())

    with pytest.raises(Exception, match="undefined dependencies"), open_core(MEMORY):
        pass


def test_every_use_case_shares_one_store_and_one_clock(core: Core):
    app = core.clarity()

    assert app.ingest.repository is app.read.repository is app.analyze.repository
    assert app.audit_report.trail is app.audit_report.audit is app.export.audit
    assert app.read.audit.audit is app.analyze.audit.audit is app.audit_report.trail.sink
    assert app.read.audit.kept is app.recover_evidence.kept
    assert app.ingest.clock is app.health.clock
    assert app.ingest is app.ingest


def test_the_embedded_repository_is_traced_then_metered_then_real():
    with open_core(MEMORY) as core:
        traced = core.repository()

        assert isinstance(traced, TracedRepository)
        assert isinstance(traced.inner, MeteredRepository)
        assert isinstance(traced.inner.inner, SqliteRepository)


def test_calls_are_counted_and_traced_with_names_of_no_person():
    with open_core(MEMORY) as core:
        app: Clarity = core.clarity()
        with pytest.raises(PatientUnknown):
            app.read.run(ADA, actor=NURSE, correlation=app.ids.correlation())

        (series,) = core.metrics().counted()
        (span,) = core.tracer().spans

    assert (series.name, dict(series.labels)) == (
        "repository_calls",
        {"call": "query", "outcome": "ok"},
    )
    assert (span.name, dict(span.attributes)) == ("repository.query", {"kind": "chunk"})


def test_health_asks_the_store_itself_and_leaves_no_trace():
    with open_core(MEMORY) as core:
        (result,) = core.health().run()

        assert (result.name, result.ok) == ("store", True)
        assert len(core.tracer().spans) == 0
        assert all(isinstance(ping, Pingable) for _, ping in core.pings())


def test_what_is_public_opens_the_same():
    with clarity.open_clarity(clarity.Settings(store=":memory:")) as app:
        assert isinstance(app, Clarity)


def test_what_was_stored_is_there_when_it_is_opened_again(tmp_path: Path):
    settings = Settings(store=str(tmp_path / "deep" / "store.db"))
    with open_clarity(settings) as app:
        _audited(app)

    with open_clarity(settings) as app:
        stock = app.status.run(CLINIC, actor=NURSE, correlation=app.ids.correlation())

    assert stock.audit_records == 1


def idle(core: Core) -> set[object]:
    """What lies in the slots of the store for idle connections; None where there is none."""
    slots = core.inventory().store.slots
    return {slots.get_nowait() for _ in range(slots.qsize())}


def test_an_error_inside_leaves_unchanged_and_closes_the_store(tmp_path: Path):
    opened: list[Core] = []

    def failing() -> None:
        with open_core(Settings(store=str(tmp_path / "store.db"))) as core:
            opened.append(core)
            core.health().run()
            raise Unavailable("the fault of a test")

    with pytest.raises(Unavailable, match="of a test"):
        failing()

    assert idle(opened[0]) == {None}


def test_a_store_that_cannot_be_opened_is_told(tmp_path: Path):
    (tmp_path / "store.db").write_text("this is no database, but a text that goes on for a while")

    with pytest.raises(PortError), open_clarity(Settings(store=str(tmp_path / "store.db"))):
        pass


def test_a_folder_in_place_of_the_store_is_told(tmp_path: Path):
    with pytest.raises(PortError), open_clarity(Settings(store=str(tmp_path))):
        pass


def test_threads_share_one_object_and_lose_nothing(tmp_path: Path):
    threads, turns = 8, 5
    start = threading.Barrier(threads)
    settings = Settings(store=str(tmp_path / "store.db"))

    with open_core(settings) as core, ThreadPoolExecutor(threads) as pool:

        def work(_: int) -> int:
            start.wait(timeout=30)
            app = core.clarity()
            for _turn in range(turns):
                _audited(app)
            return id(app.read.repository)

        assert len(set(pool.map(work, range(threads)))) == 1
        app = core.clarity()
        (verdict,) = app.verify_trail.run(CLINIC, actor=NURSE, correlation=app.ids.correlation())

    assert (verdict.records, verdict.broken) == (threads * turns, None)


def test_providers_are_safe_to_share_between_threads():
    with open_core(MEMORY) as core:
        kinds = {
            type(provider)
            for provider in core.traverse()
            if isinstance(provider, providers.BaseSingleton)
        }

    assert kinds == {providers.ThreadSafeSingleton}


def _audited(app: Clarity) -> None:
    """A report over the tenant is recorded, whether or not it is read."""
    wanted = AuditFilter(tenant=CLINIC)
    app.audit_report.run(wanted, actor=NURSE, correlation=app.ids.correlation())


def test_an_open_application_tells_the_log_of_the_settings_what_is_due(tmp_path: Path):
    log = tmp_path / "audit.jsonl"
    told = Settings(store=str(tmp_path / "s.db"), audit_log=str(log), audit_log_every_s=0.001)
    with open_clarity(attrs.evolve(told, audit_log="")) as app:
        _audited(app)

    with open_clarity(told):
        pass  # a first portion is told however soon the application is closed

    (line,) = log.read_text().splitlines()
    assert json.loads(line)["operation"] == "audit-report"


def test_the_log_of_the_settings_may_be_in_cloudwatch():
    with logs_server() as server:
        credentials()
        address = f"cloudwatch://eu-west-1/clarity?endpoint={server.url}&create=yes"
        with open_clarity(Settings(store=":memory:", audit_log=address)) as app:
            _audited(app)
            assert app.ship_audit.run(Pace()).is_complete

    assert len(server.messages) == 1


def test_without_a_log_in_the_settings_none_is_told():
    with open_clarity(Settings(store=":memory:", audit_log_every_s=1.0)) as app:
        with pytest.raises(NoAuditLog):
            app.ship_audit.run(Pace())

        assert "clarity-audit-log" not in {thread.name for thread in threading.enumerate()}
