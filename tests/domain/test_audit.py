"""The audit chain: what continues it, and that no tampering with an export goes unseen."""

import hashlib
import json
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import attrs
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from clarity.domain.audit import (
    GENESIS,
    TOMBSTONE,
    AuditEvent,
    AuditRecord,
    BrokenChain,
    ChainHead,
    Operation,
    Touched,
    UnreadableRecord,
    chained,
    is_tombstone,
    verify_chain,
)
from clarity.domain.identity import (
    Actor,
    CorrelationId,
    PatientId,
    PatientRef,
    Purpose,
    Role,
    TenantId,
)
from clarity.domain.timeline import NaiveTime
from tests.support import strategies


def _chain(events: list[AuditEvent]) -> list[AuditRecord]:
    records: list[AuditRecord] = []
    for event in events:
        records.append(chained(event, records[-1].head if records else ChainHead()))
    return records


def _event() -> AuditEvent:
    clinic = TenantId("clinic")
    return AuditEvent(
        actor=Actor(id="nurse", tenant=clinic, purpose=Purpose.TREATMENT),
        patient=PatientRef(clinic, PatientId("ada")),
        operation=Operation.INGEST,
        touched=(Touched("chunk/activity/2003-05-01", after="ff"),),
        correlation=CorrelationId("c"),
        at=datetime(2026, 1, 5, 12, tzinfo=UTC),
    )


def _linked(body: bytes, *, seq: int) -> AuditRecord:
    """A record whose hash fits the beginning of a chain, whatever its body."""
    return AuditRecord(seq, body, hashlib.sha256(GENESIS + body).digest())


chains = st.lists(strategies.events(), min_size=1, max_size=5).map(_chain)


@given(records=chains)
def test_an_untouched_chain_verifies_to_its_head(records: list[AuditRecord]):
    assert verify_chain(records, head=records[-1].head) == records[-1].head


def test_an_empty_chain_has_the_first_head():
    assert verify_chain([], head=ChainHead()) == ChainHead(0, GENESIS)


@given(event=strategies.events())
def test_a_record_tells_its_event(event: AuditEvent):
    record = chained(event, ChainHead(6, b"h" * 32))

    assert record.seq == 7
    assert record.event == event


@given(records=chains, data=st.data())
def test_an_excerpt_verifies_from_where_it_begins(records: list[AuditRecord], data: st.DataObject):
    start = data.draw(st.integers(0, len(records) - 1))

    head = verify_chain(records[start + 1 :], start=records[start].head)

    assert head == records[-1].head


def _edit(records: list[AuditRecord], draw: st.DataObject) -> list[AuditRecord]:
    """One bit of a body or a hash, or the number of a record."""
    place = draw.draw(st.integers(0, len(records) - 1))
    record = records[place]
    part = draw.draw(st.sampled_from(["body", "hash", "seq"]))
    if part == "seq":
        changed = attrs.evolve(record, seq=record.seq + draw.draw(st.sampled_from([-1, 1])))
    else:
        raw = bytearray(getattr(record, part))
        raw[draw.draw(st.integers(0, len(raw) - 1))] ^= 1 << draw.draw(st.integers(0, 7))
        changed = attrs.evolve(record, **{part: bytes(raw)})
    return [*records[:place], changed, *records[place + 1 :]]


def _delete(records: list[AuditRecord], draw: st.DataObject) -> list[AuditRecord]:
    place = draw.draw(st.integers(0, len(records) - 1))
    return [*records[:place], *records[place + 1 :]]


def _insert(records: list[AuditRecord], draw: st.DataObject) -> list[AuditRecord]:
    """A record chained on properly at some place, or one that is there already."""
    place = draw.draw(st.integers(0, len(records)))
    head = records[place - 1].head if place else ChainHead()
    forged = chained(draw.draw(strategies.events()), head)
    added = draw.draw(st.sampled_from([forged, *records]))
    return [*records[:place], added, *records[place:]]


def _swap(records: list[AuditRecord], draw: st.DataObject) -> list[AuditRecord]:
    return draw.draw(st.permutations(records))


def _truncate(records: list[AuditRecord], draw: st.DataObject) -> list[AuditRecord]:
    return records[: draw.draw(st.integers(0, len(records) - 1))]


def _rechain(records: list[AuditRecord], draw: st.DataObject) -> list[AuditRecord]:
    """A tail written anew, with hashes that fit each other."""
    place = draw.draw(st.integers(0, len(records) - 1))
    events = [record.event for record in records]
    events[place] = draw.draw(strategies.events())
    return _chain(events)


@pytest.mark.parametrize("tamper", [_edit, _delete, _insert, _swap, _truncate, _rechain])
@given(records=chains, data=st.data())
def test_rel_08_tampering_with_an_export_is_found(tamper, records, data):
    changed = tamper(records, data)
    assume(changed != records)

    with pytest.raises(BrokenChain):
        verify_chain(changed, head=records[-1].head)


def test_a_body_from_another_place_is_found_even_with_a_fitting_hash():
    body = chained(_event(), ChainHead()).body.replace(b'"seq":1', b'"seq":5')
    forged = _linked(body, seq=1)

    with pytest.raises(BrokenChain, match="another place"):
        verify_chain([forged])


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff", b'{"seq":"1"}', b"[" * 99_999])
def test_a_body_that_is_none_is_found_and_cannot_be_read(body: bytes):
    forged = _linked(body, seq=1)

    with pytest.raises(BrokenChain):
        verify_chain([forged])
    with pytest.raises(UnreadableRecord, match="audit record 1 "):
        _ = forged.event


def test_a_body_in_other_letters_than_utf_8_is_found_even_with_a_fitting_hash():
    body = chained(_event(), ChainHead()).body.decode().encode("utf-16")

    with pytest.raises(BrokenChain, match="another place"):
        verify_chain([_linked(body, seq=1)])


@pytest.mark.parametrize(
    "change",
    [
        {"touched": "nothing"},
        {"touched": [["a", "b", "c", "d"]]},
        {"at": "2026-01-05T12:00:00"},
        {"at": "0001-01-01T00:00:00+14:00"},
        {"purpose": "curiosity"},
        {"role": "king"},
        {"role": 1},
        {"actor": ""},
        {"operation": 3},
        {"touched": [[1, "", ""]]},
        {"touched": [["chunk/a", None, ""]]},
        {"touched": [["chunk/\ud800", "", ""]]},
    ],
)
def test_a_body_of_another_form_cannot_be_read(change: dict[str, object]):
    content = json.loads(chained(_event(), ChainHead()).body) | change
    record = AuditRecord(1, json.dumps(content).encode(), GENESIS)

    with pytest.raises(UnreadableRecord):
        _ = record.event


@pytest.mark.parametrize(
    ("body", "why"),
    [(b"[]", "a body is an object"), (b'{"touched":"nothing"}', "touched is a list")],
)
def test_why_a_body_cannot_be_read_is_its_cause(body: bytes, why: str):
    with pytest.raises(UnreadableRecord) as refused:
        _ = AuditRecord(1, body, GENESIS).event

    assert str(refused.value.__cause__) == why


def test_the_broken_place_is_named():
    records = _chain([_event()] * 3)

    with pytest.raises(BrokenChain) as edited:
        verify_chain([records[0], attrs.evolve(records[1], body=b"{}"), records[2]])
    with pytest.raises(BrokenChain) as cut:
        verify_chain(records[:2], head=records[2].head)

    assert edited.value.seq == 2
    assert "the audit chain is broken at record 2: its content" in str(edited.value)
    assert cut.value.seq == 2
    assert "3 records" in str(cut.value)


def test_an_event_without_a_zone_is_refused():
    with pytest.raises(NaiveTime) as refused:
        attrs.evolve(_event(), at=datetime.fromisoformat("2026-01-05T12:00:00"))

    assert refused.value.where == "at"


def test_a_body_is_canonical():
    assert chained(_event(), ChainHead()).body == (
        b'{"actor":"nurse","actor_tenant":"clinic","at":"2026-01-05T12:00:00+00:00",'
        b'"correlation":"c","operation":"ingest","patient":"ada","purpose":"treatment","seq":1,'
        b'"tenant":"clinic","touched":[["chunk/activity/2003-05-01","","ff"]]}'
    )


def test_only_the_record_of_an_operator_names_a_role():
    operator = attrs.evolve(_event().actor, role=Role.OPERATOR)
    body = chained(attrs.evolve(_event(), actor=operator), ChainHead()).body

    assert b'"role":"operator","seq":1' in body


def test_a_body_keeps_letters_of_any_script_as_they_are():
    elsewhere = attrs.evolve(
        _event(), correlation=CorrelationId("\N{LATIN SMALL LETTER O WITH STROKE}")
    )

    assert (
        '"correlation":"\N{LATIN SMALL LETTER O WITH STROKE}"'.encode()
        in chained(elsewhere, ChainHead()).body
    )


def test_the_time_of_an_event_is_kept_in_utc():
    event = attrs.evolve(_event(), at=datetime(2026, 1, 5, 12, tzinfo=ZoneInfo("Asia/Kolkata")))

    assert event.at.tzinfo is UTC
    assert event.at.isoformat() == "2026-01-05T06:30:00+00:00"


def test_a_missing_record_and_one_in_a_wrong_place_are_named():
    records = _chain([_event()] * 3)
    body = records[0].body.replace(b'"seq":1', b'"seq":5')

    with pytest.raises(BrokenChain) as gone:
        verify_chain([records[0], records[2]])
    with pytest.raises(BrokenChain) as moved:
        verify_chain([_linked(body, seq=1)])

    assert (gone.value.seq, gone.value.problem) == (3, "record 2 was expected")
    assert (moved.value.seq, moved.value.problem) == (1, "its body belongs to another place")


def test_a_chain_goes_through_the_heads_that_were_signed():
    records = _chain([_event()] * 5)

    for signed in ([], [ChainHead()], [records[0].head, records[3].head], [records[4].head]):
        assert verify_chain(records, signed=signed) == records[-1].head


def test_a_chain_written_anew_from_some_record_on_is_found():
    records = _chain([_event()] * 5)
    other = attrs.evolve(_event(), operation=Operation.READ)
    anew = _chain([_event(), _event(), other, other, other, other])

    with pytest.raises(BrokenChain, match="record 4: another record was signed") as found:
        verify_chain(anew, head=anew[-1].head, signed=[records[3].head])

    assert found.value.seq == 4
    assert verify_chain(anew, signed=[records[1].head]) == anew[-1].head


def test_a_chain_whose_signed_end_was_cut_off_with_its_head_is_found():
    records = _chain([_event()] * 5)

    with pytest.raises(BrokenChain, match="record 3: 5 records were signed"):
        verify_chain(records[:3], head=records[2].head, signed=[r.head for r in records])
    with pytest.raises(BrokenChain, match="record 0: 5 records were signed"):
        verify_chain([], head=ChainHead(), signed=[records[4].head])


def _erasing(*touched: Touched, operation: Operation = Operation.ERASE) -> AuditRecord:
    return chained(attrs.evolve(_event(), operation=operation, touched=touched), ChainHead())


def test_a_tombstone_is_the_record_of_an_erasure_that_touched_nothing_else():
    assert is_tombstone(_erasing(Touched(TOMBSTONE)))
    for other in (
        _erasing(),
        _erasing(Touched("chunk/a", "ff")),
        _erasing(Touched(TOMBSTONE), Touched("chunk/a")),
        _erasing(Touched(TOMBSTONE), operation=Operation.READ),
        _erasing(Touched(f'","touched":[["{TOMBSTONE}","",""]]')),
    ):
        assert not is_tombstone(other)
