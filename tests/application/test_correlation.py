"""Which request is worked on is known while it is, on every thread and in every step."""

import asyncio
import inspect
import logging
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path

import attrs
import pytest

import clarity
from clarity.application.correlation import correlated, current_correlation
from clarity.application.orders import Order
from clarity.application.read import Days
from clarity.application.reports import ReportRecordings
from clarity.domain.identity import CorrelationId, PatientId, PatientRef, TenantId
from clarity.domain.streams import StreamKind
from clarity.ports.errors import Unavailable

ADA = PatientRef(TenantId("clinic"), PatientId("ada"))
ONE, TWO = CorrelationId("one"), CorrelationId("two")


@attrs.frozen
class Request:
    """A request as one value."""

    correlation: CorrelationId


@attrs.frozen
class Look:
    """Use cases that say for which request they run."""

    inner: Callable[[], None] = lambda: None

    @correlated
    def run(self, _: object = None, *, correlation: CorrelationId) -> str:
        self.inner()
        return current_correlation()

    @correlated
    def ask(self, request: Request) -> str:
        return current_correlation()

    @correlated
    def steps(self, count: int, *, correlation: CorrelationId) -> Iterator[str]:
        for _ in range(count):
            yield current_correlation()
        self.inner()

    @correlated
    def within(self) -> str:
        return current_correlation()


def failing() -> None:
    raise Unavailable("the store")


def outcomes(caplog: pytest.LogCaptureFixture) -> list[tuple[str, str]]:
    return [(one.use_case, one.outcome) for one in caplog.records]


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    with caplog.at_level(logging.INFO):
        yield caplog


def test_a_use_case_knows_its_request_and_outside_there_is_none():
    assert Look().run(correlation=ONE) == "one"
    assert Look().ask(Request(TWO)) == "two"
    assert current_correlation() == ""


def test_what_one_use_case_asks_of_another_is_for_its_own_request():
    inner: list[str] = []
    look = Look(lambda: inner.extend([Look().within(), Look().run(correlation=TWO)]))

    assert look.run(correlation=ONE) == "one"
    assert inner == ["one", "two"]


def test_every_step_is_for_the_request_whatever_happens_between_them():
    one, two = Look().steps(2, correlation=ONE), Look().steps(2, correlation=TWO)

    assert [next(one), next(two), current_correlation(), next(one), next(two)] == [
        "one", "two", "", "one", "two",
    ]  # fmt: skip


def test_the_end_of_a_use_case_is_logged_with_whom_it_was_about(log: pytest.LogCaptureFixture):
    days = Days(patient=ADA, stream=StreamKind.ACTIVITY)

    Look().run(days, correlation=ONE)

    (record,) = log.records
    assert (record.use_case, record.outcome, record.patient) == ("Look.run", "ok", ADA)


def test_an_error_is_logged_by_its_code_and_goes_on(log: pytest.LogCaptureFixture):
    with pytest.raises(Unavailable):
        Look(failing).run(correlation=ONE)
    with pytest.raises(Unavailable):
        list(Look(failing).steps(1, correlation=ONE))
    with pytest.raises(ZeroDivisionError):
        Look(lambda: 1 // 0).run(correlation=ONE)

    assert outcomes(log) == [
        ("Look.run", "port.unavailable"),
        ("Look.steps", "port.unavailable"),
        ("Look.run", "ZeroDivisionError"),
    ]


def test_steps_end_when_they_are_over_or_given_up(log: pytest.LogCaptureFixture):
    list(Look().steps(3, correlation=ONE))
    some = Look().steps(3, correlation=ONE)
    next(some)
    some.close()

    assert outcomes(log) == [("Look.steps", "ok"), ("Look.steps", "given-up")]


def test_threads_and_tasks_have_a_request_each():
    def work(number: int) -> bool:
        return Look().run(correlation=CorrelationId(f"c{number}")) == f"c{number}"

    async def tasks() -> list[bool]:
        return await asyncio.gather(*(asyncio.to_thread(work, n) for n in range(50)))

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(200)))
    assert all(asyncio.run(tasks()))


def _asked_for(method: object) -> bool:
    kinds = {one.annotation for one in inspect.signature(method).parameters.values()}
    return bool(kinds & {CorrelationId, Order})


def test_every_use_case_that_is_given_a_request_is_known_by_it():
    folder = Path(clarity.__file__).parent / "application"
    modules = [import_module(f"clarity.application.{one.stem}") for one in folder.glob("[a-z]*.py")]
    runs = {
        kind.run
        for module in modules
        for kind in vars(module).values()
        if inspect.isclass(kind) and inspect.isfunction(getattr(kind, "run", None))
    }
    asked = {run for run in runs if _asked_for(run)} - {ReportRecordings.run}

    assert len(asked) > 10
    assert {run.__qualname__ for run in asked if not hasattr(run, "__wrapped__")} == set()
