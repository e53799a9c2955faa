import asyncio
import gc
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import attrs
import numpy as np
import pytest

from clarity.adapters.observability.metrics import MemoryMetrics, Series
from clarity.application.pipeline import Draft, Step, each
from clarity.application.predict import PATPredictor
from clarity.application.predict_async import AsyncPATPredictor, Lanes, NotServing, Overloaded
from clarity.domain.actigraphy.week import PatWeek
from clarity.domain.models import ModelSelector, ModelUnknown
from clarity.domain.pat.preprocessing import UnusableWeek
from clarity.ports.errors import TimedOut
from tests.support.model_desk import Desk, desk
from tests.support.models import ANY_WEIGHTS
from tests.support.weeks import week

WEEKS = [week(seed) for seed in range(6)]
BAD = attrs.evolve(week(), values=np.zeros((7, 1_440)))


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with desk(Path(tmp_path_factory.mktemp("async")) / "models") as opened:
        opened.add("1.0.0")
        opened.promote("toy:1.0.0")
        yield opened


@attrs.define(eq=False)
class Gate:
    """A step that waits until it is opened and notes how many drafts come together."""

    opened: threading.Event = attrs.field(factory=threading.Event)
    sizes: list[int] = attrs.field(factory=list)
    arrived: threading.Semaphore = attrs.field(factory=lambda: threading.Semaphore(0))
    started: int = 0
    lock: threading.Lock = attrs.field(factory=threading.Lock)

    def run(self, drafts):
        with self.lock:
            self.sizes.append(len(drafts))
            self.started += 1
        self.arrived.release()
        assert self.opened.wait(30.0)
        return tuple(drafts)


def marked(draft: Draft) -> Draft:
    """An embedding that tells the weeks apart; a week without any movement is refused."""
    if not draft.week.values.any():
        raise UnusableWeek("never moves")
    return attrs.evolve(draft, embedding=np.full(96, draft.week.values.max(), np.float32))


def serving(
    world: Desk, *steps: Step, lanes: Lanes | None = None, selector: str = "toy"
) -> tuple[AsyncPATPredictor, MemoryMetrics]:
    metrics = MemoryMetrics()
    predictor = PATPredictor(
        loader=world.loader(),
        selector=ModelSelector.parse(selector),
        clock=world.clock,
        metrics=metrics,
        weights=ANY_WEIGHTS,
        clarity_version="0.0.0",
        pipeline=lambda _, __: (*steps, each("mark", marked)),
    )
    return (
        AsyncPATPredictor(predictor=predictor, lanes=lanes or Lanes(workers=2), metrics=metrics),
        metrics,
    )


def mark(answer) -> np.float32:
    return answer.embedding.values[0]


def top(given: PatWeek) -> np.float32:
    return np.float32(given.values.max())


async def until(condition: Callable[[], bool]) -> None:
    for _ in range(30_000):
        if condition():
            return
        await asyncio.sleep(0.001)
    pytest.fail("what was waited for did not happen")


def test_awaited_answers_are_those_of_their_weeks(world: Desk):
    async def main():
        server, _ = serving(world)
        async with server:
            return await asyncio.gather(*(server.predict(given) for given in WEEKS))

    assert [mark(answer) for answer in asyncio.run(main())] == [top(given) for given in WEEKS]


def test_before_it_is_opened_and_after_it_is_drained_nothing_is_taken(world: Desk):
    async def main() -> None:
        server, _ = serving(world)
        with pytest.raises(NotServing):
            await server.predict(WEEKS[0])
        async with server:
            await server.predict(WEEKS[0])
        with pytest.raises(NotServing, match="takes no requests"):
            await server.predict(WEEKS[0])

    asyncio.run(main())


def test_a_drain_of_what_was_never_opened_is_nothing(world: Desk):
    server, _ = serving(world)

    asyncio.run(server.drain())

    assert (server.waiting, server.busy) == (0, 0)


def test_an_error_is_that_of_its_request_alone(world: Desk):
    gate = Gate()

    async def main():
        lanes = Lanes(workers=1, together=4)
        server, _ = serving(world, Step("gate", gate.run), lanes=lanes)
        async with server:
            asked = [
                asyncio.create_task(server.predict(given))
                for given in (WEEKS[0], WEEKS[1], BAD, WEEKS[2])
            ]
            await until(lambda: gate.started == 1)
            gate.opened.set()
            return await asyncio.gather(*asked, return_exceptions=True)

    first, second, refused, third = asyncio.run(main())
    assert isinstance(refused, UnusableWeek)
    assert [mark(answer) for answer in (first, second, third)] == [top(w) for w in WEEKS[:3]]


def test_requests_that_wait_are_taken_together_up_to_the_limit(world: Desk):
    gate = Gate()

    async def main() -> None:
        lanes = Lanes(workers=1, together=3)
        server, _ = serving(world, Step("gate", gate.run), lanes=lanes)
        async with server:
            first = asyncio.create_task(server.predict(WEEKS[0]))
            await until(lambda: gate.started == 1)
            rest = [asyncio.create_task(server.predict(given)) for given in WEEKS[1:]]
            await until(lambda: server.waiting == 5)
            gate.opened.set()
            await asyncio.gather(first, *rest)

    asyncio.run(main())

    assert gate.sizes == [1, 3, 2]


def test_a_delay_gathers_requests_that_come_one_after_the_other(world: Desk):
    gate = Gate()
    gate.opened.set()

    async def main() -> None:
        lanes = Lanes(workers=1, together=8, delay_s=0.05)
        server, _ = serving(world, Step("gate", gate.run), lanes=lanes)
        async with server:
            first = asyncio.create_task(server.predict(WEEKS[0]))
            await until(lambda: server.busy == 1)
            await asyncio.gather(first, *(server.predict(given) for given in WEEKS[1:]))

    asyncio.run(main())

    assert gate.sizes == [6]


def test_a_full_call_does_not_wait_for_the_rest_of_the_delay(world: Desk):
    gate = Gate()
    gate.opened.set()

    async def main() -> None:
        lanes = Lanes(workers=1, together=3, delay_s=90.0)
        server, _ = serving(world, Step("gate", gate.run), lanes=lanes)
        async with server, asyncio.timeout(30.0):
            await asyncio.gather(*(server.predict(given) for given in WEEKS))

    asyncio.run(main())

    assert gate.sizes == [3, 3]


def test_a_drain_does_not_wait_for_requests_that_cannot_come_any_more(world: Desk):
    gate = Gate()
    gate.opened.set()

    async def main() -> None:
        lanes = Lanes(workers=1, together=3, delay_s=90.0)
        server, _ = serving(world, Step("gate", gate.run), lanes=lanes)
        async with asyncio.timeout(30.0), server:
            asked = asyncio.create_task(server.predict(WEEKS[0]))
            await until(lambda: server.busy == 1)
            await server.drain()
            assert mark(asked.result()) == top(WEEKS[0])

    asyncio.run(main())

    assert gate.sizes == [1]


def test_as_many_calls_run_at_once_as_there_are_workers(world: Desk):
    gate = Gate()

    async def main() -> tuple[int, int]:
        server, _ = serving(world, Step("gate", gate.run), lanes=Lanes(workers=2))
        async with server:
            asked = [asyncio.create_task(server.predict(given)) for given in WEEKS]
            await until(lambda: gate.started == 2 and server.waiting == 4)
            seen = server.busy, server.waiting
            gate.opened.set()
            await asyncio.gather(*asked)
            return seen

    assert asyncio.run(main()) == (2, 4)


def test_beyond_the_limit_a_request_is_refused_at_once(world: Desk):
    gate = Gate()

    async def main() -> None:
        lanes = Lanes(workers=1, waiting=2)
        server, metrics = serving(world, Step("gate", gate.run), lanes=lanes)
        async with server:
            asked = [asyncio.create_task(server.predict(WEEKS[0]))]
            await until(lambda: gate.started == 1)
            asked += [asyncio.create_task(server.predict(given)) for given in WEEKS[1:3]]
            await until(lambda: server.waiting == 2)
            with pytest.raises(Overloaded, match="2 predictions wait"):
                await server.predict(WEEKS[3])
            gate.opened.set()
            await asyncio.gather(*asked)
        outcomes = {"predict.overloaded": 1, "ok": 3}
        for outcome, count in outcomes.items():
            assert metrics.counted()[Series("pat_requests", {"outcome": outcome})] == count

    asyncio.run(main())


def test_a_late_answer_is_told_and_the_place_in_the_queue_is_free_again(world: Desk):
    gate = Gate()

    async def main() -> None:
        lanes = Lanes(workers=1, waiting=1)
        server, _ = serving(world, Step("gate", gate.run), lanes=lanes)
        async with server:
            first = asyncio.create_task(server.predict(WEEKS[0]))
            await until(lambda: gate.started == 1)
            for _ in range(3):
                with pytest.raises(TimedOut, match="the prediction"):
                    await server.predict(WEEKS[1], deadline_s=0.01)
                assert server.waiting == 0
            gate.opened.set()
            await first

    asyncio.run(main())

    assert gate.started == 1


def test_a_request_that_is_late_while_it_is_computed_is_told_and_dropped(world: Desk):
    gate = Gate()

    async def main() -> None:
        server, _ = serving(world, Step("gate", gate.run), lanes=Lanes(workers=1))
        async with server:
            with pytest.raises(TimedOut):
                await server.predict(WEEKS[0], deadline_s=0.05)
            gate.opened.set()
            assert mark(await server.predict(WEEKS[1])) == top(WEEKS[1])

    asyncio.run(main())


def test_cancellation_never_leaks_a_slot(world: Desk):
    gate = Gate()

    async def main() -> None:
        lanes = Lanes(workers=2, waiting=8)
        server, metrics = serving(world, Step("gate", gate.run), lanes=lanes)
        async with server:
            for turn in range(20):
                gate.opened.clear()
                before = gate.started
                asked = [asyncio.create_task(server.predict(WEEKS[n % 6])) for n in range(8)]
                await until(lambda before=before: gate.started == before + 2)
                for task in asked[turn % 3 :: 2]:
                    task.cancel()
                gate.opened.set()
                await asyncio.gather(*asked, return_exceptions=True)
                await until(lambda: server.busy == 0)
                assert server.waiting == 0
            answers = await asyncio.gather(*(server.predict(given) for given in WEEKS))
            assert [mark(answer) for answer in answers] == [top(given) for given in WEEKS]
        counted = metrics.counted()
        cancelled = counted[Series("pat_requests", {"outcome": "cancelled"})]
        assert cancelled + counted[Series("pat_requests", {"outcome": "ok"})] == 20 * 8 + 6

    asyncio.run(main())
    gc.collect()


def test_requests_cancelled_while_they_wait_are_not_computed(world: Desk):
    gate = Gate()

    async def main() -> None:
        server, _ = serving(world, Step("gate", gate.run), lanes=Lanes(workers=1))
        async with server:
            first = asyncio.create_task(server.predict(WEEKS[0]))
            await until(lambda: gate.started == 1)
            waiting = [asyncio.create_task(server.predict(given)) for given in WEEKS[1:]]
            await until(lambda: server.waiting == 5)
            for task in waiting:
                task.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)
            assert server.waiting == 0
            gate.opened.set()
            await first

    asyncio.run(main())

    assert gate.started == 1


def test_a_request_cancelled_while_a_call_is_filled_is_not_computed(world: Desk):
    gate = Gate()
    gate.opened.set()

    async def main() -> None:
        lanes = Lanes(workers=1, together=2, delay_s=0.05)
        server, _ = serving(world, Step("gate", gate.run), lanes=lanes)
        async with server:
            task = asyncio.create_task(server.predict(WEEKS[0]))
            await until(lambda: server.busy == 1)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    asyncio.run(main())

    assert gate.started == 0


def test_draining_answers_everything_that_was_accepted(world: Desk):
    gate = Gate()

    async def main():
        server, _ = serving(world, Step("gate", gate.run), lanes=Lanes(workers=1))
        async with server:
            asked = [asyncio.create_task(server.predict(given)) for given in WEEKS]
            await until(lambda: gate.started == 1 and server.waiting == 5)
            drained = asyncio.create_task(server.drain())
            await asyncio.sleep(0)
            with pytest.raises(NotServing):
                await server.predict(WEEKS[0])
            gate.opened.set()
            await drained
            assert all(task.done() for task in asked)
            return [task.result() for task in asked]

    assert [mark(answer) for answer in asyncio.run(main())] == [top(given) for given in WEEKS]


def test_a_drain_that_is_cancelled_leaves_nobody_waiting(world: Desk):
    gate = Gate()

    async def main():
        server, _ = serving(world, Step("gate", gate.run), lanes=Lanes(workers=1))
        async with server:
            asked = [asyncio.create_task(server.predict(given)) for given in WEEKS[:3]]
            await until(lambda: gate.started == 1 and server.waiting == 2)
            drained = asyncio.create_task(server.drain())
            await asyncio.sleep(0)
            drained.cancel()
            told, late = await asyncio.wait(asked, timeout=10.0)
            gate.opened.set()
            return [type(task.exception()) for task in told], late

    assert asyncio.run(main()) == ([NotServing] * 3, set())


def test_a_request_that_failed_is_not_counted_as_cancelled(world: Desk):
    def broken(_: Draft) -> Draft:
        raise ZeroDivisionError

    async def main() -> MemoryMetrics:
        server, metrics = serving(world, each("broken", broken))
        async with server:
            with pytest.raises(ZeroDivisionError):
                await server.predict(WEEKS[0])
        return metrics

    counted = asyncio.run(main()).counted()
    assert counted[Series("pat_requests", {"outcome": "failed"})] == 1
    assert Series("pat_requests", {"outcome": "cancelled"}) not in counted


def test_without_a_model_every_request_is_told(world: Desk):
    async def main():
        server, _ = serving(world, selector="nobody")
        async with server:
            asked = (server.predict(given) for given in WEEKS[:3])
            return await asyncio.gather(*asked, return_exceptions=True)

    assert [type(error) for error in asyncio.run(main())] == [ModelUnknown] * 3


def test_a_fault_in_a_step_is_told_and_the_worker_goes_on(world: Desk):
    def broken(draft: Draft) -> Draft:
        if not draft.week.values.any():
            raise ZeroDivisionError
        return draft

    async def main():
        server, _ = serving(world, each("broken", broken), lanes=Lanes(workers=1))
        async with server:
            with pytest.raises(ZeroDivisionError):
                await server.predict(BAD)
            return await server.predict(WEEKS[0])

    assert mark(asyncio.run(main())) == top(WEEKS[0])


def test_a_fault_is_that_of_its_request_alone_however_many_share_the_call(world: Desk):
    gate = Gate()

    def broken(draft: Draft) -> Draft:
        if not draft.week.values.any():
            raise ZeroDivisionError
        return draft

    async def main():
        lanes = Lanes(workers=1, together=4)
        steps = (Step("gate", gate.run), each("broken", broken))
        server, _ = serving(world, *steps, lanes=lanes)
        async with server:
            asked = [
                asyncio.create_task(server.predict(given))
                for given in (WEEKS[0], WEEKS[1], BAD, WEEKS[2], WEEKS[3])
            ]
            await until(lambda: gate.started == 1)
            gate.opened.set()
            return await asyncio.gather(*asked, return_exceptions=True)

    first, second, fault, third, fourth = asyncio.run(main())
    assert isinstance(fault, ZeroDivisionError)
    assert [mark(one) for one in (first, second, third, fourth)] == [top(w) for w in WEEKS[:4]]
    assert 4 in gate.sizes


def test_no_thread_is_left_over(world: Desk):
    async def main() -> None:
        server, _ = serving(world)
        async with server:
            await server.predict(WEEKS[0])

    asyncio.run(main())

    assert not [thread for thread in threading.enumerate() if thread.name.startswith("pat")]
