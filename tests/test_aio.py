"""`clarity.aio`: nothing on the loop's thread, so many at once, and no slot is ever lost."""

import asyncio
import contextvars
import gc
import sys
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import aclosing
from pathlib import Path

import pytest

from clarity.aio import SWITCH_S, AsyncClarity, open_clarity
from clarity.application.orders import Order, Summary
from clarity.application.read import Days
from clarity.domain.access import NotAllowed
from clarity.domain.analysis.intensity import IntensityAnalysis
from clarity.domain.streams import StreamKind
from clarity.ports.errors import Corrupt
from clarity.ports.recordings import ReadOptions
from clarity.settings import Settings
from tests.support.recordings import depresjon_table, source_of
from tests.support.worlds import ADA, CLINIC, CORRELATION, NURSE, STRANGER

MEMORY = Settings(store=":memory:")
WAIT_S = 30.0
"""Longer than anything here takes; a test that hangs fails instead."""

request_id: contextvars.ContextVar[str] = contextvars.ContextVar("request_id", default="")


def _run(work: Callable[[AsyncClarity], Awaitable[None]], *, threads: int = 2) -> None:
    async def opened() -> None:
        async with open_clarity(MEMORY, threads=threads) as app:
            await asyncio.wait_for(work(app), WAIT_S)

    asyncio.run(opened())


def test_use_cases_are_awaitable():
    async def work(app: AsyncClarity) -> None:
        order = Order(
            sources=(source_of(depresjon_table(2_880)),),
            options=ReadOptions(),
            patient="ada",
            actor=NURSE,
            correlation=CORRELATION,
        )
        steps = [step async for step in app.each(app.clarity.report.run, order)]
        assert isinstance(steps[-1], Summary)
        days = Days(patient=ADA, stream=StreamKind.ACTIVITY)
        page = await app.call(app.clarity.read.run, days, actor=NURSE, correlation=CORRELATION)
        assert len(page.items) == 3

    _run(work)


def test_analyses_of_the_program_are_offered_and_replace_built_in_ones():
    mine = IntensityAnalysis()

    async def offered() -> tuple[str, ...]:
        async with open_clarity(MEMORY, replacing=(mine,)) as app:
            return tuple(one.id for one in app.clarity.analyze.analyses if one is mine)

    assert asyncio.run(offered()) == (mine.id,)


def test_errors_are_those_of_the_use_case():
    async def work(app: AsyncClarity) -> None:
        with pytest.raises(NotAllowed):
            await app.call(app.clarity.status.run, CLINIC, actor=STRANGER, correlation=CORRELATION)

    _run(work)


def test_nothing_runs_on_the_thread_of_the_loop():
    seen: set[int] = set()

    def steps() -> Iterator[int]:
        try:
            for number in range(3):
                seen.add(threading.get_ident())
                yield number
        finally:
            seen.add(threading.get_ident())

    async def work(app: AsyncClarity) -> None:
        await app.call(lambda: seen.add(threading.get_ident()))
        async for _ in app.each(steps):
            continue
        assert seen
        assert threading.get_ident() not in seen

    _run(work)


def test_no_request_waits_until_a_use_case_is_imported():
    made: set[str] = set()

    async def work(app: AsyncClarity) -> None:
        made.update(app.clarity.made)

    _run(work)

    assert made >= {"ingest", "analyze", "erase", "models"}


def test_what_was_there_is_left_out_of_full_collections_while_it_is_open():
    before = len(gc.get_objects())
    inside: list[int] = []

    async def work(app: AsyncClarity) -> None:
        inside.append(len(gc.get_objects()))

    _run(work)

    assert inside[0] < before / 2
    assert gc.get_freeze_count() == 0
    assert len(gc.get_objects()) > before / 2


def test_what_a_program_froze_itself_stays_frozen():
    gc.freeze()
    frozen = gc.get_freeze_count()
    inside: list[int] = []

    async def work(app: AsyncClarity) -> None:
        inside.append(gc.get_freeze_count())

    try:
        _run(work)
        assert inside == [gc.get_freeze_count()]
        assert inside[0] > 0.9 * frozen
    finally:
        gc.unfreeze()


@pytest.fixture
def interval() -> Iterator[float]:
    """A second as the switch interval of this interpreter, set back afterwards."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1.0)
    yield 1.0
    sys.setswitchinterval(before)


def test_threads_are_switched_sooner_until_the_last_application_is_closed(interval: float):
    async def overlapping() -> list[float]:
        first, second = open_clarity(MEMORY), open_clarity(MEMORY)
        seen = []
        await first.__aenter__()
        await second.__aenter__()
        seen.append(sys.getswitchinterval())
        await first.__aexit__(None, None, None)
        seen.append(sys.getswitchinterval())
        await second.__aexit__(None, None, None)
        return [*seen, sys.getswitchinterval()]

    assert asyncio.run(overlapping()) == pytest.approx([SWITCH_S, SWITCH_S, interval])


def test_a_shorter_switch_interval_of_the_program_is_kept(interval: float):
    sys.setswitchinterval(SWITCH_S / 5)
    shorter = sys.getswitchinterval()
    inside: list[float] = []

    async def work(app: AsyncClarity) -> None:
        inside.append(sys.getswitchinterval())

    _run(work)
    assert [*inside, sys.getswitchinterval()] == [shorter, shorter]


def test_a_switch_interval_that_the_program_sets_meanwhile_stays(interval: float):
    async def work(app: AsyncClarity) -> None:
        sys.setswitchinterval(0.003)

    _run(work)
    assert sys.getswitchinterval() == pytest.approx(0.003)


@pytest.mark.parametrize("threads", [1, 3])
def test_no_more_work_than_threads_is_done_at_once(threads: int):
    running, most, lock = 0, 0, threading.Lock()
    all_in = threading.Barrier(threads)

    def one() -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        all_in.wait(WAIT_S)
        with lock:
            running -= 1

    async def work(app: AsyncClarity) -> None:
        await asyncio.gather(*(app.call(one) for _ in range(4 * threads)))

    _run(work, threads=threads)
    assert most == threads


def test_context_variables_of_the_caller_are_visible():
    def steps() -> Iterator[str]:
        yield request_id.get()
        yield request_id.get()

    async def work(app: AsyncClarity) -> None:
        async def asked(name: str) -> None:
            request_id.set(name)
            assert await app.call(request_id.get) == name
            assert [seen async for seen in app.each(steps)] == [name, name]

        await asyncio.gather(*(asked(f"request-{n}") for n in range(10)))
        assert await app.call(request_id.get) == ""

    _run(work)


def test_who_stops_waiting_is_cancelled_at_once_and_the_slot_comes_back():
    may_end, begun = threading.Event(), threading.Event()

    def slow() -> None:
        begun.set()
        may_end.wait(WAIT_S)

    async def work(app: AsyncClarity) -> None:
        task = asyncio.ensure_future(app.call(slow))
        await asyncio.to_thread(begun.wait, WAIT_S)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert not may_end.is_set()
        may_end.set()
        assert await app.call(lambda: "free") == "free"

    _run(work, threads=1)


def test_work_that_has_not_begun_is_never_done():
    may_end, done = threading.Event(), []

    async def work(app: AsyncClarity) -> None:
        first = asyncio.ensure_future(app.call(may_end.wait, WAIT_S))
        waiting = [asyncio.ensure_future(app.call(done.append, n)) for n in range(20)]
        await asyncio.sleep(0)
        for task in waiting[::2]:
            task.cancel()
        await asyncio.gather(*waiting[::2], return_exceptions=True)
        may_end.set()
        await asyncio.gather(first, *waiting[1::2])

    _run(work, threads=1)
    assert done == list(range(1, 20, 2))


def test_a_hundred_cancellations_leak_no_slot():
    async def work(app: AsyncClarity) -> None:
        for _ in range(100):
            may_end = threading.Event()
            task = asyncio.ensure_future(app.call(may_end.wait, WAIT_S))
            await asyncio.sleep(0)
            task.cancel()
            may_end.set()
            await asyncio.gather(task, return_exceptions=True)
        meeting = threading.Barrier(3)
        places = await asyncio.gather(*(app.call(meeting.wait, WAIT_S) for _ in range(3)))
        assert sorted(places) == [0, 1, 2]

    _run(work, threads=3)


def test_an_iteration_that_is_left_early_closes_the_use_case():
    closed = threading.Event()

    def steps() -> Iterator[int]:
        try:
            yield from range(10)
        finally:
            closed.set()

    async def work(app: AsyncClarity) -> None:
        async with aclosing(app.each(steps)) as numbers:
            async for number in numbers:
                if number == 2:
                    break
        assert closed.is_set()
        assert [number async for number in app.each(lambda: iter([1, 2]))] == [1, 2]

    _run(work)


def test_an_iteration_that_is_left_open_is_closed_with_the_application_and_off_the_loop():
    closed_on: list[int] = []
    problems: list[dict[str, object]] = []

    def steps() -> Iterator[int]:
        try:
            yield from range(10)
        finally:
            closed_on.append(threading.get_ident())

    async def left_open() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, found: problems.append(found))
        async with open_clarity(MEMORY, threads=1) as app:
            numbers = app.each(steps)
            await anext(numbers)
            async for _ in app.each(steps):
                break
        assert len(closed_on) == 2
        await numbers.aclose()

    asyncio.run(left_open())
    gc.collect()
    assert len(closed_on) == 2
    assert threading.get_ident() not in closed_on
    assert not problems


def test_what_closing_a_left_iteration_says_is_heard_and_the_rest_is_closed():
    closed: list[str] = []

    def steps(name: str) -> Iterator[str]:
        try:
            yield name
        finally:
            closed.append(name)
            raise Corrupt(name)

    async def left_open() -> None:
        async with open_clarity(MEMORY, threads=1) as app:
            left = [app.each(steps, name) for name in ("a", "b")]
            for one in left:
                await anext(one)

    with pytest.raises(Corrupt):
        asyncio.run(left_open())
    assert sorted(closed) == ["a", "b"]


def test_a_use_case_that_stops_an_iteration_is_not_waited_for_for_ever():
    async def work(app: AsyncClarity) -> None:
        with pytest.raises(RuntimeError, match="StopIteration"):
            await app.call(next, iter(()))

    _run(work)


def test_an_iteration_cancelled_in_a_step_is_closed_after_that_step():
    begun, may_end, order = threading.Event(), threading.Event(), []

    def steps() -> Iterator[int]:
        try:
            begun.set()
            may_end.wait(WAIT_S)
            order.append("stepped")
            yield 1
        finally:
            order.append("closed")

    async def work(app: AsyncClarity) -> None:
        async def consume() -> None:
            async for _ in app.each(steps):
                continue

        task = asyncio.ensure_future(consume())
        await asyncio.to_thread(begun.wait, WAIT_S)
        task.cancel()
        await asyncio.sleep(0)
        may_end.set()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert order == ["stepped", "closed"]

    _run(work)


def test_closing_waits_for_what_has_begun():
    begun, done = threading.Event(), []

    def slow() -> None:
        begun.set()
        threading.Event().wait(0.05)
        done.append(True)

    async def left_early() -> None:
        async with open_clarity(MEMORY, threads=1) as app:
            task = asyncio.ensure_future(app.call(slow))
            await asyncio.to_thread(begun.wait, WAIT_S)
            task.cancel()

    asyncio.run(left_early())
    assert done == [True]


def test_what_cannot_be_opened_is_told(tmp_path: Path):
    path = tmp_path / "s.db"
    path.write_bytes(b"no store" * 100)

    async def opened() -> None:
        async with open_clarity(Settings(store=str(path))):
            raise AssertionError("it opened")

    with pytest.raises(Corrupt):
        asyncio.run(opened())


def test_who_gives_up_while_it_opens_leaves_nothing_open(tmp_path: Path):
    async def opened() -> None:
        async def enter() -> None:
            async with open_clarity(Settings(store=str(tmp_path / "s.db"))):
                await asyncio.sleep(WAIT_S)

        task = asyncio.ensure_future(enter())
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(opened())
    assert not [t for t in threading.enumerate() if t.name.startswith("clarity")]
