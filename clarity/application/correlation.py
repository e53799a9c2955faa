"""Which request is being worked on, for what is logged and traced on its way."""

import functools
import logging
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final, ParamSpec, TypeVar, cast

import attrs

from clarity.domain.errors import ClarityError
from clarity.domain.identity import CorrelationId, PatientRef

__all__ = ["correlated", "current_correlation"]

P = ParamSpec("P")
T = TypeVar("T")

DONE: Final = "ok"
GIVEN_UP: Final = "given-up"
"""Whoever asked took no more of what is made step by step."""

_log = logging.getLogger(__name__)

_current: Final[ContextVar[str]] = ContextVar("clarity-correlation", default="")


def current_correlation() -> str:
    """The correlation id of the use case that runs in this context; empty outside of any."""
    return _current.get()


def correlated(run: Callable[P, T]) -> Callable[P, T]:
    """
    A use case that is known, while it runs, by the correlation id that it is given.

    What it logs, traces and records is thereby tied together, on whatever thread it runs, and for
    one that gives its answer step by step in every step. Its end is logged with its outcome, `ok`
    or the code of the error.
    """

    @functools.wraps(run)
    def known(*args: P.args, **kwargs: P.kwargs) -> T:
        work = _Work.of(run.__qualname__, (*args[1:], *kwargs.values()))
        with work.going_on():
            answer = run(*args, **kwargs)
        if isinstance(answer, Generator):
            return cast("T", _step_by_step(answer, work))
        work.ended(DONE)
        return answer

    return known


@attrs.frozen
class _Work:
    """One call of a use case: which, for which request, about whom."""

    use_case: str
    correlation: str
    patient: PatientRef | None

    @classmethod
    def of(cls, use_case: str, given: tuple[object, ...]) -> "_Work":
        """The call with those arguments; correlation and patient may be parts of one of them."""
        parts = [*given, *(getattr(one, name, None) for one in given for name in PARTS)]
        ids = (str(part) for part in parts if isinstance(part, CorrelationId))
        people = (part for part in parts if isinstance(part, PatientRef))
        return cls(use_case, next(ids, current_correlation()), next(people, None))

    @contextmanager
    def going_on(self) -> Iterator[None]:
        """Inside the block the work is known; an error that leaves it is its end."""
        token = _current.set(self.correlation)
        try:
            yield
        except BaseException as raised:
            self.ended(raised.code if isinstance(raised, ClarityError) else type(raised).__name__)
            raise
        finally:
            _current.reset(token)

    def ended(self, outcome: str) -> None:
        """The end is in the log."""
        token = _current.set(self.correlation)
        told = {"use_case": self.use_case, "outcome": outcome, "patient": self.patient}
        _log.info("use-case", extra=told)
        _current.reset(token)


PARTS: Final = ("correlation", "patient")


def _step_by_step(steps: Generator[object, None, object], work: _Work) -> Iterator[object]:
    try:
        while True:
            with work.going_on():
                step, is_over = _next(steps)
            if is_over:
                work.ended(DONE)
                return
            yield step
    except GeneratorExit:
        work.ended(GIVEN_UP)
        raise
    finally:
        with work.going_on():
            steps.close()


def _next(steps: Generator[object, None, object]) -> tuple[object, bool]:
    """The next step, or that there is none."""
    try:
        return next(steps), False
    except StopIteration:
        return None, True
