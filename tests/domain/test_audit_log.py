"""Audit records as entries of a log: whole, in order, naming no patient and proving no guess."""

import json
from datetime import timedelta

import attrs
from hypothesis import given
from hypothesis import strategies as st

from clarity.domain.audit import AuditEvent, AuditRecord, ChainHead, Touched, chained
from clarity.domain.audit_log import MAX_ENTRY_BYTES, LogEntry, entries_of, in_order
from clarity.domain.identity import PatientId
from clarity.domain.privacy import Pseudonyms
from tests.support import strategies
from tests.support.clocks import START
from tests.support.logs import entries
from tests.support.trails import patient, records

NAMES = Pseudonyms(b"a secret of the tests")
ADA = patient("ada")
(RECORD,) = records(1, of=ADA)


def lines(record: AuditRecord) -> list[dict]:
    return [json.loads(e.text) for e in entries_of(ADA, record, NAMES, now=START)]


def record_of(*touched: Touched) -> AuditRecord:
    return chained(attrs.evolve(RECORD.event, touched=touched), ChainHead())


def test_an_entry_tells_who_did_what_when_and_why():
    (entry,) = entries_of(ADA, RECORD, NAMES, now=START)

    assert (entry.chain, entry.seq, entry.is_last, entry.at) == (NAMES.of(ADA), 1, True, START)
    assert json.loads(entry.text) == {
        "id": NAMES.mark(RECORD.hash),
        "chain": NAMES.of(ADA),
        "seq": 1,
        "part": [1, 1],
        "tenant": "clinic",
        "actor": "nurse",
        "actor_tenant": "clinic",
        "purpose": "treatment",
        "role": "member",
        "break_glass": False,
        "operation": "read",
        "touched": [["chunk/activity/2003-05-01", "named"]],
        "correlation": "c-0",
        "at": "2026-01-05T12:00:00+00:00",
    }


def test_neither_patient_nor_hash_nor_digests_leave_the_store():
    record = record_of(Touched("chunk/activity/2003-05-01", "a" * 64, "b" * 64))

    text = json.dumps(lines(record))

    for secret in ("ada", record.hash.hex(), "a" * 64, "b" * 64):
        assert secret not in text


def test_what_became_of_an_entity_is_told_in_words():
    fates = {("", ""): "named", ("", "x"): "created", ("x", ""): "deleted"}
    fates |= {("x", "y"): "changed", ("x", "x"): "kept"}

    for (before, after), fate in fates.items():
        (line,) = lines(record_of(Touched("result/sleep/f", before, after)))
        assert line["touched"] == [["result/sleep/f", fate]]


def test_keys_that_may_hold_a_callers_words_are_marked():
    (line,) = lines(record_of(Touched("idempotency/ada-from-monday"), Touched("free words of ada")))

    assert line["touched"] == [
        [f"other/{NAMES.mark(b'ada-from-monday')}", "named"],
        [f"other/{NAMES.mark(b'')}", "named"],
    ]


def test_a_key_of_great_length_is_marked():
    (line,) = lines(record_of(Touched("result/" + "k" * 600)))

    assert line["touched"] == [[f"result/{NAMES.mark(b'k' * 600)}", "named"]]


def test_thousands_of_entities_are_told_in_parts():
    touched = [Touched(f"chunk/activity/{number:030}") for number in range(9_000)]

    parts = list(entries_of(ADA, record_of(*touched), NAMES, now=START))
    told = [json.loads(part.text) for part in parts]

    assert len(parts) > 2
    assert [part.is_last for part in parts] == [False] * (len(parts) - 1) + [True]
    assert [one["part"] for one in told] == [[n + 1, len(parts)] for n in range(len(parts))]
    assert len({one["id"] for one in told}) == len(parts)
    assert [t.entity for t in touched] == [name for one in told for name, _ in one["touched"]]


def test_a_record_that_cannot_be_read_is_told_as_such():
    broken = AuditRecord(7, b"no json", bytes(32))

    (entry,) = entries_of(ADA, broken, NAMES, now=START)

    assert (entry.seq, entry.is_last, entry.at) == (7, True, START)
    assert json.loads(entry.text)["error"] == "audit.unreadable"


@given(event=strategies.events())
def test_any_record_fits_into_entries_of_one_line(event: AuditEvent):
    record = chained(event, ChainHead())

    for entry in entries_of(event.patient, record, NAMES, now=START):
        assert len(entry.text.encode()) <= MAX_ENTRY_BYTES
        assert entry.text.isascii()
        assert "\n" not in entry.text


def test_records_that_differ_have_other_ids_and_the_same_record_the_same():
    first, second = records(2, of=ADA)
    forged = chained(
        attrs.evolve(first.event, patient=attrs.evolve(ADA, patient=PatientId("b"))), ChainHead()
    )

    ids = [lines(record)[0]["id"] for record in (first, second, forged)]

    assert len(set(ids)) == 3
    assert lines(first)[0]["id"] == ids[0]


@given(data=st.data())
def test_entries_come_by_time_and_those_of_a_chain_as_they_came(data: st.DataObject):
    minutes = data.draw(st.lists(st.tuples(st.sampled_from("abc"), st.integers(-5, 5)), max_size=9))
    given_ = [
        LogEntry(chain, n, is_last=True, at=START + timedelta(minutes=minute), text=str(n))
        for n, (chain, minute) in enumerate(minutes)
    ]

    ordered = in_order(given_)

    times = [entry.at for entry in ordered]
    assert times == sorted(times)
    for chain in "abc":
        of_chain = [entry.text for entry in ordered if entry.chain == chain]
        assert of_chain == [entry.text for entry in given_ if entry.chain == chain]


def test_entries_whose_times_rise_keep_them():
    some = entries(3, at=START)

    assert in_order(reversed([attrs.evolve(e, chain=str(n)) for n, e in enumerate(some)])) == tuple(
        attrs.evolve(e, chain=str(n)) for n, e in enumerate(some)
    )
