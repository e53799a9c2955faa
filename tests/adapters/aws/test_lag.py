"""A replica that lags answers for days and results, and for nothing else."""

from collections.abc import Callable, Iterator
from typing import Final

import attrs
import pytest

from clarity.adapters.aws._operations import Op
from clarity.application.audit_trail import ChainVerdict
from clarity.bootstrap import open_core
from clarity.container import Core
from clarity.domain.identity import Actor, CorrelationId, Purpose
from clarity.domain.streams import DayChunk
from clarity.ports.audit import AuditFilter
from clarity.ports.entities import key_of
from clarity.ports.errors import Throttled
from clarity.ports.query import Query
from clarity.ports.repository import Put
from clarity.settings import Settings
from tests.contracts.repository.harness import ADA, chunk, digest, everything, evidence
from tests.support.dynamodb import credentials
from tests.support.engines import REGION, running
from tests.support.fault_proxy import Fault, FaultProxy, always, fault_proxy

AUDITOR: Final = Actor(id="auditor", tenant=ADA.tenant, purpose=Purpose.OPERATIONS)
DAYS: Final = 3
EARLIER: Final = 9
"""The number of the day that only the replica holds."""
PREFIX: Final = "lag-"


@attrs.frozen(kw_only=True)
class Pair:
    """An application over tables that have moved on and a replica that has not."""

    core: Core
    primary: FaultProxy
    replica: FaultProxy

    def held(self) -> int:
        counted = self.core.erase().held(ADA, actor=AUDITOR, correlation=CorrelationId("held"))
        return sum(holding.count for held in counted.values() for holding in held)


def _address(engine: FaultProxy, options: str = "") -> str:
    return f"dynamodb://{REGION}/{PREFIX}?endpoint={engine.engine.url}&create=yes{options}"


@pytest.fixture(scope="module")
def proxies() -> Iterator[tuple[FaultProxy, FaultProxy]]:
    """In front of the tables and of their replica, which is an engine of another kind."""
    credentials()
    with fault_proxy(running("ministack")) as primary, fault_proxy(running("moto")) as replica:
        yield primary, replica


@pytest.fixture(scope="module")
def both(proxies: tuple[FaultProxy, FaultProxy]) -> Iterator[Pair]:
    """The replica knows of the person and of one day that the tables hold no more."""
    primary, replica = proxies
    with open_core(Settings(store=_address(replica))) as behind:
        behind.repository().commit([Put(chunk(EARLIER), 0)], evidence=evidence())
    with open_core(Settings(store=_address(primary, _replica(replica)))) as core:
        core.repository().commit([], evidence=evidence())
        yield Pair(core=core, primary=primary, replica=replica)


@pytest.fixture
def pair(both: Pair) -> Iterator[Pair]:
    """Without faults, and with a replica that nothing was asked of."""
    both.replica.requests.clear()
    yield both
    both.primary.plan = lambda *_: None


def _replica(replica: FaultProxy) -> str:
    limits = "&attempts=1&deadline_s=60&read_timeout_s=20"
    return f"{limits}&replica={REGION}&replica_endpoint={replica.engine.url}"


def _erased(core: Core) -> int:
    done = core.erase().run(ADA, actor=AUDITOR, correlation=CorrelationId("erase"))
    return done.removed


def _proved(core: Core) -> tuple[ChainVerdict, ...]:
    return core.verify_trail().run(ADA.tenant, actor=AUDITOR, correlation=CorrelationId("verify"))


def test_days_are_what_the_replica_says_while_the_tables_ask_for_fewer_reads(pair: Pair):
    pair.primary.plan = always(Fault.THROTTLE)

    read = pair.core.repository().get(ADA, key_of(chunk(EARLIER))).entity
    found = everything(pair.core.repository(), Query(DayChunk, ADA))

    assert read == chunk(EARLIER)
    assert [stored.entity for stored in found] == [chunk(EARLIER)]
    assert pair.replica.requests == {"GetItem": 1, "Query": 1}


ASKED: Final[dict[str, Callable[[Core], object]]] = {
    "an erasure": _erased,
    "what is held": lambda core: core.erasable()["repository"].holdings(ADA),
    "a proof of the chains": _proved,
    "who has a chain": lambda core: core.chain_trail().patients(ADA.tenant),
    "the head of a chain": lambda core: core.chain_trail().head(ADA),
    "the records of a chain": lambda core: core.chain_trail().records(
        AuditFilter(tenant=ADA.tenant, patient=ADA), limit=10, cursor=None
    ),
    "what is to be told": lambda core: core.audit_outbox().due(limit=10),
    "the stock": lambda core: core.inventory().stock(ADA.tenant),
    "a check": lambda core: core.copies().check(),
    "a purge": lambda core: core.expiring().purge_expired(),
    "a job": lambda core: core.job_store().get(AUDITOR, "none"),
    "jobs": lambda core: core.job_store().of(AUDITOR, limit=1, cursor=None),
    "a commit": lambda core: core.repository().commit([Put(chunk(7), 0)], evidence=evidence()),
    "a commit that is remembered": lambda core: core.repository().commit(
        [Put(chunk(7), 0)], evidence=evidence(key="again", request=digest(1))
    ),
}


@pytest.mark.parametrize("ask", ASKED.values(), ids=ASKED)
def test_all_else_is_refused_and_the_replica_is_not_asked(pair: Pair, ask: Callable):
    pair.primary.plan = always(Fault.THROTTLE, "Query", "Scan", "GetItem", "BatchGetItem")

    with pytest.raises(Throttled):
        ask(pair.core)

    assert pair.replica.requests.total() == 0


def test_an_erasure_that_was_refused_has_said_nothing_and_the_next_one_removes_everything(
    pair: Pair,
):
    for number in range(DAYS):
        pair.core.repository().commit([Put(chunk(number), 0)], evidence=evidence())
    pair.primary.plan = always(Fault.THROTTLE, "Query")

    with pytest.raises(Throttled):
        _erased(pair.core)
    pair.primary.plan = lambda *_: None

    assert pair.held() == DAYS
    assert _erased(pair.core) == DAYS
    assert pair.held() == 0


def test_a_chain_whose_proof_was_refused_is_whole(pair: Pair):
    pair.primary.plan = always(Fault.THROTTLE, "Query")
    with pytest.raises(Throttled):
        _proved(pair.core)
    pair.primary.plan = lambda *_: None

    assert {verdict.broken for verdict in _proved(pair.core)} == {None}


def test_a_process_that_starts_meanwhile_waits_for_the_secret_and_takes_none_for_damage(
    proxies: tuple[FaultProxy, FaultProxy],
):
    primary, replica = proxies
    with open_core(Settings(store=_address(primary, _replica(replica)))) as core:
        core.repository().commit([], evidence=evidence())
        primary.plan = always(Fault.THROTTLE, "GetItem")

        with pytest.raises(Throttled):
            core.pseudonyms().of(ADA)
        primary.plan = lambda *_: None


def test_only_what_changes_nothing_may_lag():
    with pytest.raises(ValueError, match="may lag"):
        Op(
            operation="put_item",
            parameters={},
            decode=lambda _: None,
            table="main",
            reads=False,
            may_lag=True,
        )
