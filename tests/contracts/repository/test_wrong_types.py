"""Port Repository: what is of another type is refused, by name, before anything is written."""

from collections.abc import Callable
from datetime import date

import attrs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clarity.domain.audit import Touched
from clarity.domain.exact import WrongType
from clarity.domain.findings import Finding
from clarity.domain.identity import Actor, Purpose
from clarity.domain.streams import DayChunk, StreamKind
from clarity.domain.timeline import BadEpoch
from clarity.ports.audit import AuditFilter
from clarity.ports.entities import Entity, Key, key_of
from clarity.ports.query import All, BadQuery, Compare, Not, Order, Query, Stored
from clarity.ports.repository import Delete, Put, Upsert
from tests.contracts.repository.harness import (
    ADA,
    RepositoryHarness,
    chunk,
    everything,
    evidence,
    profile,
    result,
    trail_of,
)
from tests.support.clocks import START

CHUNK = {
    "stream": "activity",
    "day": START,
    "zone": "UTC",
    "epoch_s": 1_800.0,
    "unit": "counts",
    "device": 5,
    "placement": "hip",
    "values": ["61.25"] * 48,
    "source": 5,
}
RESULT = {
    "kind": 7,
    "window": START,
    "epoch_s": 60.0,
    "findings": ["61.25"],
    "nights": [],
    "no_nights": None,
    "rests": (1,),
    "spans": [],
    "notices": (5,),
    "provenance": "1",
}
PROFILE = {"created_at": date(2003, 5, 1), "details": "ada@clinic.example"}
DETAILS = {"email": "ada@clinic.example", "name": 5, "birth_year": 1961.0, "zone": "UTC"}
PROVENANCE = {
    "input_digest": b"61.25",
    "clarity_version": 1.0,
    "computed_at": date(2003, 5, 1),
    "fingerprint": 5,
    "analyses": {"test": 1},
}
FINDING = {"metric": 1, "unit": 1, "algorithm": None, "citation": 1, "parameters": {"a": [61.25]}}

FOUND = Finding(
    metric="IS", value=0.5, unit="1", n_valid=1, coverage=1.0, algorithm="a", citation="c"
)
PARTS = [
    (chunk(), CHUNK),
    (result(START), RESULT),
    (profile(), PROFILE),
    (profile().details, DETAILS),
    (result(START).provenance, PROVENANCE),
    (result(START).window, {"start": date(2003, 5, 1), "end": None}),
    (FOUND, FINDING),
]
FIELDS = [(part, name, value) for part, wrong in PARTS for name, value in wrong.items()]


def _named(part: object) -> str:
    return type(part).__name__ if attrs.has(type(part)) else str(part)


@pytest.mark.parametrize(("part", "name", "value"), FIELDS, ids=_named)
def test_a_field_of_another_type_is_refused_where_the_value_is_built(
    part: object, name: str, value: object
):
    with pytest.raises(WrongType, match=rf"{type(part).__name__}\.{name} ") as refused:
        attrs.evolve(part, **{name: value})

    assert "61.25" not in str(refused.value)


@pytest.mark.parametrize(
    "epoch_s", ["60", float("nan"), None, True, 60.0, np.float64(60)], ids=repr
)
@pytest.mark.parametrize("entity", [chunk(), result(START)], ids=_named)
def test_an_epoch_is_a_whole_number(entity: Entity, epoch_s: object):
    with pytest.raises(WrongType, match="epoch_s"):
        attrs.evolve(entity, epoch_s=epoch_s)


@pytest.mark.parametrize("entity", [chunk(), result(START)], ids=_named)
@given(epoch_s=st.integers(max_value=0))
def test_an_epoch_lasts_at_least_a_second(entity: Entity, epoch_s: int):
    with pytest.raises(BadEpoch, match="an epoch lasts a second or more"):
        attrs.evolve(entity, epoch_s=epoch_s)


@pytest.mark.parametrize("entity", [chunk(), result(START)], ids=_named)
def test_an_epoch_of_numpy_is_the_same_epoch_and_comes_back(
    world: RepositoryHarness, entity: Entity
):
    held = attrs.evolve(entity, epoch_s=np.int64(entity.epoch_s))

    world.repository.commit([Put(held, 0)], evidence=evidence())

    assert everything(world.repository, Query(type(held), ADA)) == [Stored(entity, 1)]
    assert world.repository.get(ADA, key_of(held)).entity == entity


NURSE = Actor(id="nurse", tenant=ADA.tenant, purpose=Purpose.TREATMENT)
CHANGES: dict[str, Callable[[], object]] = {
    "what is no entity": lambda: Put("x", 0),
    "what is no entity, whatever is there": lambda: Upsert(b"x"),
    "a class": lambda: Put(DayChunk, 0),
    "a version that is a truth value": lambda: Put(chunk(), True),
    "a version that is text": lambda: Put(chunk(), "0"),
    "an expiry without a time": lambda: Put(chunk(), 0, date(2003, 5, 1)),
    "an expiry in seconds": lambda: Upsert(chunk(), expires_at=60),
    "a condition in words": lambda: Upsert(chunk(), "epoch_s = 60"),
    "a key in words": lambda: Delete("chunk/activity/2003-05-01", 1),
    "no tenant": lambda: attrs.evolve(ADA, tenant="clinic"),
    "a person in words": lambda: attrs.evolve(evidence(), patient="ada"),
    "an operation in words": lambda: attrs.evolve(evidence(), operation="ingest"),
    "a time in words": lambda: attrs.evolve(evidence(), at="2003-05-01"),
    "a key that is a number": lambda: evidence(key=5),
    "a key that is no Unicode": lambda: evidence(key="\ud800"),
    "a digest that is no Unicode": lambda: evidence(request="\udfff"),
    "a digest in bytes": lambda: evidence(request=b"0"),
    "a deletion of a number": lambda: Delete(Key("chunk", ("activity", 5)), 1),
    "a purpose in words": lambda: attrs.evolve(NURSE, purpose="treatment"),
    "a role in words": lambda: attrs.evolve(NURSE, role="operator"),
    "a role that is a purpose": lambda: attrs.evolve(NURSE, role=Purpose.TREATMENT),
    "for a tenant in words": lambda: attrs.evolve(NURSE, tenant="clinic"),
    "an actor that is a number": lambda: attrs.evolve(NURSE, id=5),
    "a glass that is broken": lambda: attrs.evolve(NURSE, break_glass=True),
    "an event at a date": lambda: attrs.evolve(evidence().event(()), at=date(2003, 5, 1)),
    "an event by a word": lambda: attrs.evolve(evidence().event(()), actor="nurse"),
    "an event that touches a word": lambda: evidence().event(["chunk/a"]),
    "an event that touches a number": lambda: evidence().event([Touched(5)]),
    "an event that touches a key": lambda: evidence().event([Touched(key_of(chunk()))]),
    "an event that touches no Unicode": lambda: evidence().event([Touched("\ud800")]),
    "an event of a digest in bytes": lambda: evidence().event([Touched("a", before=b"0")]),
    "an event of no digest": lambda: evidence().event([Touched("a", after=None)]),
}
KEYS: dict[str, Callable[[], object]] = {
    "of a number": lambda: Key("chunk", 5),
    "of nothing": lambda: Key("chunk", None),
    "of one word": lambda: Key("chunk", "activity"),
    "of bytes": lambda: Key("chunk", b"activity"),
    "of a set": lambda: Key("chunk", {"activity"}),
    "with a number": lambda: Key("chunk", ("activity", 5)),
    "with nothing": lambda: Key("chunk", (None,)),
    "with what stands for a word": lambda: Key("chunk", (StreamKind.ACTIVITY, date(2003, 5, 1))),
    "with a key": lambda: Key("chunk", (("activity",),)),
    "with text that is no Unicode": lambda: Key("chunk", ("\ud800", date(2003, 5, 1))),
    "of a kind that is a number": lambda: Key(5, ()),
    "of a kind that is a class": lambda: Key(DayChunk, ()),
    "of a kind that is no Unicode": lambda: Key("\udfff", ()),
}
FILTERS: dict[str, Callable[[], object]] = {
    "of a tenant in words": lambda: AuditFilter(tenant="clinic"),
    "about a person in words": lambda: AuditFilter(tenant=ADA.tenant, patient="ada"),
    "by a number": lambda: AuditFilter(tenant=ADA.tenant, actor=5),
    "by an actor": lambda: AuditFilter(tenant=ADA.tenant, actor=NURSE),
    "of a key": lambda: AuditFilter(tenant=ADA.tenant, entity=key_of(chunk())),
    "since a date": lambda: AuditFilter(tenant=ADA.tenant, since=date(2003, 5, 1)),
    "until a word": lambda: AuditFilter(tenant=ADA.tenant, until="2003-05-01"),
}
QUERIES: dict[str, Callable[[], object]] = {
    "of what is no entity": lambda: Query(str, ADA),
    "of an entity": lambda: Query(chunk(), ADA),
    "about a person in words": lambda: Query(DayChunk, "ada"),
    "on a condition in words": lambda: Query(DayChunk, ADA, "epoch_s = 60"),
    "by a comparison in words": lambda: Compare("epoch_s", "=", 60),
    "of terms in a list": lambda: All([Compare("epoch_s", "=", 60)]),
    "in an order in words": lambda: Query(DayChunk, ADA, order="newest-first"),
    "of part of an entity": lambda: Query(DayChunk, ADA).page(1.0),
    "after a place that is a number": lambda: Query(DayChunk, ADA).page(1, 5),
}


BUILT = {**CHANGES, **KEYS, **FILTERS, **QUERIES}


@pytest.mark.parametrize("built", BUILT.values(), ids=BUILT)
def test_a_change_or_a_query_of_other_types_is_refused_where_it_is_built(
    built: Callable[[], object],
):
    with pytest.raises(WrongType):
        built()


@pytest.mark.parametrize("term", ["epoch_s = 60", None, Order.OLDEST_FIRST])
def test_a_term_that_is_none_is_refused(term: object):
    with pytest.raises(BadQuery, match="comparisons"):
        Query(DayChunk, ADA, Not(term))


def test_nothing_is_written_and_all_is_read_after_many_refusals(world: RepositoryHarness):
    world.repository.commit([Put(chunk(), 0)], evidence=evidence())

    for name, value in CHUNK.items():
        with pytest.raises(WrongType):
            world.repository.commit(
                [Put(attrs.evolve(chunk(1), **{name: value}), 0)], evidence=evidence()
            )
    for made in CHANGES.values():
        with pytest.raises(WrongType):
            world.repository.commit([made()], evidence=evidence())

    assert everything(world.repository, Query(DayChunk, ADA)) == [Stored(chunk(), 1)]
    assert len(trail_of(world)) == 1


@pytest.mark.parametrize("change", ["x", None, chunk()], ids=_named)
def test_what_is_no_change_is_refused_and_nothing_is_written(
    world: RepositoryHarness, change: object
):
    with pytest.raises(WrongType, match="changes"):
        world.repository.commit([Put(chunk(), 0), change], evidence=evidence())

    assert everything(world.repository, Query(DayChunk, ADA)) == []
