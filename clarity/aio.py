"""
The use cases for asynchronous callers: awaitable, on a bounded number of threads.

    async with open_clarity(Settings(...)) as app:
        page = await app.call(app.clarity.read.run, days, actor=actor, correlation=correlation)
        async for step in app.each(app.clarity.report.run, order):
            ...

Nothing of clarity runs on the thread of the event loop, opening and closing included. Context
variables of the caller are visible to the work. Who stops waiting gets their cancellation at once;
work that has not begun is then never done, and work that has begun goes on to its end, since it may
be writing, and gives its thread back then.

A full collection of Python's garbage collector holds up every thread, that of the loop too, for as
long as it looks through all objects there are. While the application is open, those that were there
when it was opened are left out of it (`gc.freeze`), unless the program froze objects itself. So all
use cases are imported and made when it opens, and no request waits for that.

A thread that waits for the interpreter asks for it after `sys.getswitchinterval`, 5 ms unless set
otherwise, and begins to wait anew whenever the one at work lets go for a moment, as numpy does in
every call. While an application is open the interval is half a millisecond (docs/adr/0051).
"""

import asyncio
import contextvars
import functools
import gc
import sys
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, asynccontextmanager, contextmanager
from typing import Any, Final, Generic, ParamSpec, TypeVar

import attrs

from clarity import bootstrap
from clarity.application.clarity import Clarity
from clarity.domain.analysis.plugin import Analysis
from clarity.settings import Settings

__all__ = ["AsyncClarity", "open_clarity"]

P = ParamSpec("P")
T = TypeVar("T")

SWITCH_S: Final = 0.0005
"""After how long a waiting thread asks for the interpreter while an application is open, s."""


@attrs.frozen
class _Over:
    """An iterator has no more."""


@attrs.frozen
class AsyncClarity:
    """
    An open application for one event loop; made by `open_clarity`.

    Attributes:
        clarity: the use cases, to be handed to `call` and `each`.
    """

    clarity: Clarity
    _pool: ThreadPoolExecutor = attrs.field(repr=False)
    _left: "set[_Steps[Any]]" = attrs.field(repr=False)

    async def call(self, use_case: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """
        What the use case gives, or its error.

        Raises:
            RuntimeError: it raised StopIteration, which no coroutine may; or nothing is open.
        """
        return await _begun(self._pool, functools.partial(use_case, *args, **kwargs))

    async def each(
        self, use_case: Callable[P, Iterator[T]], /, *args: P.args, **kwargs: P.kwargs
    ) -> AsyncGenerator[T, None]:
        """
        What the use case gives, one after the other, each made on a thread when it is asked for.

        When the caller stops early the use case is closed, after the step that it is at: at once
        where the loop is left through `contextlib.aclosing`, else with the application at the
        latest.
        """
        steps = _Steps(await self.call(use_case, *args, **kwargs))
        self._left.add(steps)
        try:
            while True:
                step = await _begun(self._pool, steps.next)
                if isinstance(step, _Over):
                    return
                yield step
        finally:
            await self._closed(steps)

    async def _closed(self, steps: "_Steps[T]") -> None:
        try:
            closing = _begun(self._pool, functools.partial(self._close, steps))
        except RuntimeError:  # the application is closed, and with it the steps
            return
        await asyncio.shield(closing)

    def _close(self, steps: "_Steps[T]") -> None:
        steps.close()
        self._left.discard(steps)


@attrs.define(eq=False)
class _Steps(Generic[T]):
    """An iterator that is at one step at a time."""

    _steps: Iterator[T]
    _alone: threading.Lock = attrs.field(factory=threading.Lock)

    def next(self) -> T | _Over:
        with self._alone:
            return next(self._steps, _Over())

    def close(self) -> None:
        """A generator is closed, once the step that it may still be at is done."""
        with self._alone:
            if isinstance(self._steps, Generator):
                self._steps.close()


@asynccontextmanager
async def open_clarity(
    settings: Settings | None = None,
    *,
    threads: int | None = None,
    analyses: Sequence[Analysis] = (),
    replacing: Sequence[Analysis] = (),
) -> AsyncIterator[AsyncClarity]:
    """
    The application, open inside the block, for callers on this event loop.

    At the end of the block work that has not begun is dropped and work that has begun is waited
    for, without holding up the loop.

    Args:
        settings: what was chosen; the defaults when None.
        threads: most pieces of work at once, 1 or more; others wait their turn. None for what the
            settings say; a store keeps as many connections as they need.
        analyses: of the embedding program, as for `clarity.open_clarity`.
        replacing: of the embedding program, as for `clarity.open_clarity`.

    Raises:
        ValueError: `threads` is less than 1.
        PortError: the store cannot be opened; the text says what to do.
        BadPlugin: an installed plugin does not load, an id is taken, or there is none to replace.
    """
    chosen = settings or Settings()
    if threads is not None:
        chosen = attrs.evolve(chosen, threads=threads)
    pool = ThreadPoolExecutor(max_workers=chosen.threads, thread_name_prefix="clarity")
    left: set[_Steps[Any]] = set()
    held = ExitStack()
    app = bootstrap.open_clarity(chosen, analyses=analyses, replacing=replacing)
    opening = functools.partial(_opened, app, held)
    try:
        yield AsyncClarity(await asyncio.shield(_begun(pool, opening)), pool, left)
    finally:
        await asyncio.shield(asyncio.to_thread(_end, pool, left, held))


def _opened(opening: AbstractContextManager[Clarity], held: ExitStack) -> Clarity:
    app = held.enter_context(opening)
    app.made.everything()
    held.enter_context(_frozen())
    held.enter_context(_interval.shortened())
    return app


@contextmanager
def _frozen() -> Iterator[None]:
    """What exists now is left out of full collections inside the block."""
    if gc.get_freeze_count():
        yield
        return
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


@attrs.define
class _SwitchInterval:
    """The one of this interpreter, and how many applications want it short."""

    _wanted: int = 0
    _before_s: float = 0.0
    _set_s: float = 0.0
    _lock: threading.Lock = attrs.field(factory=threading.Lock)

    @contextmanager
    def shortened(self) -> Iterator[None]:
        """At most `SWITCH_S`; after the last block what was, unless the program set another."""
        with self._lock:
            self._wanted += 1
            if self._wanted == 1:
                self._shorten()
        try:
            yield
        finally:
            with self._lock:
                self._wanted -= 1
                if not self._wanted:
                    self._set_back()

    def _shorten(self) -> None:
        self._before_s = sys.getswitchinterval()
        if self._before_s > SWITCH_S:
            sys.setswitchinterval(SWITCH_S)
        self._set_s = sys.getswitchinterval()

    def _set_back(self) -> None:
        if self._set_s != self._before_s and sys.getswitchinterval() == self._set_s:
            sys.setswitchinterval(self._before_s)


_interval: Final = _SwitchInterval()


def _end(pool: ThreadPoolExecutor, left: "set[_Steps[Any]]", held: ExitStack) -> None:
    """Whatever has begun is done, what was left is closed, then what was held."""
    pool.shutdown(wait=True, cancel_futures=True)
    for steps in tuple(left):
        held.callback(steps.close)
    held.close()


def _begun(pool: ThreadPoolExecutor, work: Callable[[], T]) -> "asyncio.Future[T]":
    context = contextvars.copy_context()
    return asyncio.get_running_loop().run_in_executor(pool, context.run, _told, work)


def _told(work: Callable[[], T]) -> T:
    """A future cannot hold StopIteration: who awaits it would wait for ever."""
    try:
        return work()
    except StopIteration as error:
        raise RuntimeError("the use case raised StopIteration") from error
