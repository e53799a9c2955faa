"""A repository that is metered and traced: what each call tells, however it ends."""

from collections.abc import Callable, Sequence
from datetime import date

import attrs
import pytest

from clarity.adapters.observability.metered import MeteredRepository
from clarity.adapters.observability.metrics import MemoryMetrics
from clarity.adapters.observability.traced import TracedRepository
from clarity.adapters.observability.tracing import MemoryTracer
from clarity.domain.identity import PatientRef
from clarity.domain.streams import DayChunk
from clarity.ports.entities import Entity, Key
from clarity.ports.errors import Unavailable
from clarity.ports.query import Page, Query, Stored
from clarity.ports.repository import Change, Committed, Evidence, Repository
from tests.contracts.repository.harness import ADA, evidence
from tests.support.clocks import HandClock

KEY = Key("chunk", ("activity", date(2003, 5, 1)))
QUERY = Query(DayChunk, ADA)
ASKED = evidence()

CALLS: dict[str, Callable[[Repository], object]] = {
    "get": lambda repository: repository.get(ADA, KEY),
    "query": lambda repository: repository.query(QUERY),
    "commit": lambda repository: repository.commit((), evidence=ASKED),
}


@attrs.define(eq=False)
class Told(Repository):
    """Notes what it is called with, takes 3 s, and answers or raises."""

    clock: HandClock
    error: BaseException | None = None
    calls: list[tuple[object, ...]] = attrs.field(factory=list)

    def get(self, owner: PatientRef, key: Key) -> Stored[Entity]:
        return self._done("get", owner, key)

    def query(self, query: Query[Entity]) -> Page[Entity]:
        return self._done("query", query)

    def commit(self, changes: Sequence[Change], *, evidence: Evidence) -> Committed:
        return self._done("commit", changes, evidence)

    def _done(self, *called: object) -> object:
        self.calls.append(called)
        self.clock.advance(3.0)
        if self.error is not None:
            raise self.error
        return called


GIVEN = {"get": ("get", ADA, KEY), "query": ("query", QUERY), "commit": ("commit", (), ASKED)}


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(
    ("error", "outcome"),
    [(None, "ok"), (Unavailable("x"), "port.unavailable"), (KeyboardInterrupt(), "failed")],
    ids=["ok", "refused", "broken off"],
)
def test_a_metered_call_is_counted_by_its_outcome_and_timed(
    call: str, error: BaseException | None, outcome: str
):
    clock, metrics = HandClock(elapsed_s=100.0), MemoryMetrics()
    inner = Told(clock, error)
    metered = MeteredRepository(inner, metrics, clock)

    _call(metered, call, error)

    assert inner.calls == [GIVEN[call]]
    counted = {
        (s.name, tuple(sorted(dict(s.labels).items()))): n for s, n in metrics.counted().items()
    }
    assert counted == {("repository_calls", (("call", call), ("outcome", outcome))): 1}
    ((series, observed),) = metrics.observed().items()
    assert (series.name, dict(series.labels)) == ("repository_call_s", {"call": call})
    assert (observed.count, observed.total) == (1, 3.0)


def _call(repository: Repository, call: str, error: BaseException | None) -> None:
    if error is None:
        assert CALLS[call](repository) == GIVEN[call]
        return
    with pytest.raises(type(error)):
        CALLS[call](repository)


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("error", [None, Unavailable("x")], ids=["ok", "refused"])
def test_a_traced_call_is_a_span_that_names_a_kind_and_nobody(
    call: str, error: BaseException | None
):
    clock = HandClock()
    tracer, inner = MemoryTracer(clock), Told(clock, error)

    _call(TracedRepository(inner, tracer), call, error)

    assert inner.calls == [GIVEN[call]]
    (span,) = tracer.spans
    told = {"operation": "ingest"} if call == "commit" else {"kind": "chunk"}
    assert (span.name, dict(span.attributes)) == (f"repository.{call}", told)
