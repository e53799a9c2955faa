"""Predictions to be awaited: a bounded queue, a few threads, nothing lost and nothing left over."""

import asyncio
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from types import TracebackType
from typing import ClassVar, Self

import attrs

from clarity.application.predict import Outcome, PATPredictor
from clarity.domain.actigraphy.week import PatWeek
from clarity.domain.errors import ClarityError
from clarity.domain.pat.answer import PatAnswer
from clarity.ports.errors import TimedOut
from clarity.ports.metrics import Metrics

__all__ = ["AsyncPATPredictor", "Lanes", "NotServing", "Overloaded"]


@attrs.define(eq=False)
class Overloaded(ClarityError):
    """As many requests wait as may."""

    code: ClassVar[str] = "predict.overloaded"
    limit: int

    def __str__(self) -> str:
        return f"{self.limit} predictions wait already; try again later or add another process"


@attrs.define(eq=False)
class NotServing(ClarityError):
    """The predictor is not open, or is being drained."""

    code: ClassVar[str] = "predict.not-serving"

    def __str__(self) -> str:
        return "the predictor takes no requests now; open it, or ask another one"


@attrs.frozen(kw_only=True)
class Lanes:
    """
    How requests are worked on.

    Attributes:
        workers: calls of the model at once; on a CPU as many as cores.
        waiting: most requests that wait.
        together: most requests in one call; on a CPU 1, where more do not pay.
        delay_s: longest wait of a call to be filled; on a CPU 0.
    """

    workers: int = attrs.field(validator=attrs.validators.ge(1))
    waiting: int = attrs.field(default=64, validator=attrs.validators.ge(1))
    together: int = attrs.field(default=1, validator=attrs.validators.ge(1))
    delay_s: float = attrs.field(default=0.0, validator=attrs.validators.ge(0.0))


@attrs.define(eq=False)
class _Job:
    """A week and who waits for its answer."""

    week: PatWeek
    answer: asyncio.Future[PatAnswer]


@attrs.define(eq=False, kw_only=True)
class AsyncPATPredictor:
    """
    `await predictor.predict(week)`, inside `async with`.

    Requests wait in one queue; each worker takes one, and up to `together` with it, and runs them
    in a thread. An error is that of its request alone; where a call fails in a way that tells of no
    request, each is tried by itself. A request that is cancelled or late leaves
    the queue at once; one that is being computed is computed to its end and its answer dropped. On
    leaving, everything accepted is answered. No request waits for a worker that is gone.

    Attributes:
        predictor: does the work; called from several threads.
        lanes: how much of it at once.
        metrics: told of `pat_requests` by outcome and of `pat_together`, requests per call.
    """

    predictor: PATPredictor
    lanes: Lanes
    metrics: Metrics
    _jobs: deque[_Job] = attrs.field(factory=deque, init=False, repr=False)
    _workers: list[asyncio.Task[None]] = attrs.field(factory=list, init=False, repr=False)
    _pool: ThreadPoolExecutor | None = attrs.field(default=None, init=False, repr=False)
    _arrived: asyncio.Event = attrs.field(factory=asyncio.Event, init=False, repr=False)
    _settled: asyncio.Event = attrs.field(factory=asyncio.Event, init=False, repr=False)
    _busy: int = attrs.field(default=0, init=False)
    _open: bool = attrs.field(default=False, init=False)

    async def __aenter__(self) -> Self:
        """Open for requests."""
        self._pool = ThreadPoolExecutor(self.lanes.workers, thread_name_prefix="pat")
        self._workers = [asyncio.create_task(self._work()) for _ in range(self.lanes.workers)]
        self._open = True
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Drained and closed."""
        await self.drain()

    @property
    def waiting(self) -> int:
        """Requests that wait to be worked on."""
        return len(self._jobs)

    @property
    def busy(self) -> int:
        """Workers that are at work."""
        return self._busy

    async def predict(self, week: PatWeek, *, deadline_s: float | None = None) -> PatAnswer:
        """
        What the model says about the week.

        Args:
            week: as for `PATPredictor.predict`.
            deadline_s: longest wait for the answer, None for any.

        Raises:
            NotServing: it is not open.
            Overloaded: too many wait; nothing was queued.
            TimedOut: no answer by the deadline.
            ClarityError: as `PATPredictor.predict`.
        """
        job = self._queued(week)
        outcome = "failed"
        try:
            async with asyncio.timeout(deadline_s):
                answer = await job.answer
            outcome = "ok"
        except TimeoutError:
            outcome = TimedOut.code
            raise TimedOut("the prediction", deadline_s or 0.0) from None
        except asyncio.CancelledError:
            outcome = "cancelled"
            raise
        except ClarityError as error:
            outcome = error.code
            raise
        finally:
            self._leave(job)
            self.metrics.count("pat_requests", 1, labels={"outcome": outcome})
        return answer

    async def drain(self) -> None:
        """
        No more requests are taken, those that were are answered, threads have ended.

        Where it is cancelled, whoever is not answered yet is told that it does not serve, and a
        thread ends with what it computes.
        """
        self._open = False
        self._arrived.set()
        try:
            while self._jobs or self._busy:
                self._settled.clear()
                await self._settled.wait()
        finally:
            await self._close(threads_are_idle=not self._busy)

    async def _close(self, *, threads_are_idle: bool) -> None:
        for worker in self._workers:
            worker.cancel()
        await asyncio.gather(*self._workers, return_exceptions=True)
        self._workers = []
        for job in self._jobs:
            _settle(job, NotServing())
        if self._pool is not None:
            self._pool.shutdown(wait=threads_are_idle)

    def _queued(self, week: PatWeek) -> _Job:
        if not self._open:
            raise NotServing
        if len(self._jobs) >= self.lanes.waiting:
            self.metrics.count("pat_requests", 1, labels={"outcome": Overloaded.code})
            raise Overloaded(self.lanes.waiting)
        job = _Job(week, asyncio.get_running_loop().create_future())
        self._jobs.append(job)
        self._arrived.set()
        return job

    def _leave(self, job: _Job) -> None:
        with suppress(ValueError):
            self._jobs.remove(job)
        job.answer.cancel()
        self._settled.set()

    async def _work(self) -> None:
        while True:
            while not self._jobs:
                self._arrived.clear()
                await self._arrived.wait()
            jobs = [self._jobs.popleft()]
            self._busy += 1
            try:
                await self._serve(jobs)
            finally:
                for job in jobs:
                    _settle(job, NotServing())
                self._busy -= 1
                self._settled.set()

    async def _serve(self, jobs: list[_Job]) -> None:
        await self._fill(jobs)
        live = [job for job in jobs if not job.answer.done()]
        if not live:
            return
        self.metrics.observe("pat_together", len(live), labels={})
        await self._answer(live)

    async def _answer(self, jobs: Sequence[_Job]) -> None:
        """Every job has its answer or its error; a fault that fits nobody is looked for singly."""
        weeks = [job.week for job in jobs]
        call = asyncio.get_running_loop().run_in_executor(self._pool, self._answers, weeks)
        await asyncio.wait([call])
        error = call.exception()
        if error is not None and not isinstance(error, ClarityError) and len(jobs) > 1:
            for job in jobs:
                await self._answer([job])
            return
        outcomes: Sequence[Outcome | BaseException] = (
            call.result() if error is None else [error] * len(jobs)
        )
        for job, outcome in zip(jobs, outcomes, strict=True):
            _settle(job, outcome)

    async def _fill(self, jobs: list[_Job]) -> None:
        """Waits at most the delay, and no longer than there is room and somebody may come."""
        self._take(jobs)
        if not self.lanes.delay_s:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(self.lanes.delay_s):
                while self._open and len(jobs) < self.lanes.together:
                    self._arrived.clear()
                    await self._arrived.wait()
                    self._take(jobs)

    def _take(self, jobs: list[_Job]) -> None:
        while self._jobs and len(jobs) < self.lanes.together:
            jobs.append(self._jobs.popleft())

    def _answers(self, weeks: Sequence[PatWeek]) -> list[Outcome]:
        return list(self.predictor.batch(weeks, group=self.lanes.together))


def _settle(job: _Job, outcome: Outcome | BaseException) -> None:
    if job.answer.done():
        return
    if isinstance(outcome, BaseException):
        job.answer.set_exception(outcome)
    elif outcome.answer is not None:
        job.answer.set_result(outcome.answer)
    else:
        job.answer.set_exception(outcome.refusal or ValueError("an outcome is an answer or not"))
