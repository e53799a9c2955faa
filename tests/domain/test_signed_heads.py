"""The ledger of signed heads: what it says, and that nothing of it can be changed unseen."""

import hashlib
import json
from datetime import UTC, datetime

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clarity.domain.audit import ChainHead
from clarity.domain.identity import PatientId, PatientRef, TenantId
from clarity.domain.signed_heads import (
    MOST_HEADS,
    BrokenLedger,
    Entry,
    Ledger,
    entry_line,
    read_entry,
)
from clarity.ports.head_ledger import MAX_ENTRY_BYTES

CLINIC = TenantId("clinic")
ADA, BEN = (PatientRef(CLINIC, PatientId(name)) for name in ("ada", "ben"))
AT = datetime(2026, 1, 5, 12, tzinfo=UTC)
ONE, TWO = ChainHead(1, b"\x01" * 32), ChainHead(2, b"\x02" * 32)


def entry(after: Ledger, heads: dict[PatientRef, ChainHead], **other: object) -> Entry:
    told = {"number": after.number + 1, "previous": after.last, "at": AT, "actor": "cron"}
    return Entry(**{"tenant": CLINIC, **told, "heads": heads, **other})


def longer(after: Ledger, heads: dict[PatientRef, ChainHead], **other: object) -> Ledger:
    new = entry(after, heads, **other)
    return after.after(new, entry_line(new, b"signature"))


FIRST = entry(Ledger(tenant=CLINIC), {ADA: ONE, BEN: TWO})
LINE = entry_line(FIRST, b"signature")


def test_an_entry_comes_back_as_it_was():
    assert read_entry(LINE, number=1) == (FIRST, b"signature")


def test_the_newest_signed_head_of_every_chain_counts():
    ledger = longer(longer(Ledger(tenant=CLINIC), {ADA: ONE, BEN: ONE}), {ADA: TWO})

    assert {of: signed.head for of, signed in ledger.signed.items()} == {ADA: TWO, BEN: ONE}
    assert (ledger.number, ledger.signed_at, ledger.restored_at) == (2, AT, ())


def test_a_ledger_knows_its_last_line_and_when_a_head_was_signed():
    later = attrs.evolve(FIRST, at=AT.replace(minute=1))

    ledger = Ledger(tenant=CLINIC).after(later, entry_line(later, b"signature"))

    assert ledger.last == hashlib.sha256(entry_line(later, b"signature")).hexdigest()
    assert {signed.at for signed in ledger.signed.values()} == {AT.replace(minute=1)}


def test_the_line_of_an_entry_is_for_ever():
    name = PatientId("\N{LATIN SMALL LETTER O WITH STROKE}la")
    told = Entry(
        tenant=CLINIC,
        number=2,
        previous="ab" * 32,
        at=AT,
        actor="cron",
        restored=True,
        heads={PatientRef(CLINIC, name): ONE},
    )

    assert (
        entry_line(told, b"\x01\xff")
        == (
            '{"signature":"01ff","statement":{"actor":"cron","at":"2026-01-05T12:00:00+00:00",'
            f'"format":"clarity-signed-heads-1","heads":{{"{name}":[1,"{"01" * 32}"]}},"number":2,'
            f'"previous":"{"ab" * 32}","restored":true,"tenant":"clinic"}}}}\n'
        ).encode()
    )
    assert read_entry(entry_line(told, b"s"), number=2) == (told, b"s")


def test_half_a_character_in_a_line_is_read_as_it_is():
    line = LINE.replace(b'"cron"', b'"\xed\xa0\x80"')

    entry_read, _ = read_entry(line, number=1)

    assert entry_read.actor == "\ud800"


def test_the_last_signed_tombstone_of_every_chain_is_known():
    ledger = longer(Ledger(tenant=CLINIC), {ADA: ONE, BEN: TWO}, erased={ADA: 1, BEN: 2})
    ledger = longer(ledger, {ADA: TWO}, erased={ADA: 2})
    ledger = longer(ledger, {ADA: TWO})

    assert ledger.erased == {ADA: 2, BEN: 2}


def test_an_entry_that_tells_of_an_erasure_comes_back_as_it_was():
    told = attrs.evolve(FIRST, erased={ADA: 1})

    assert read_entry(entry_line(told, b"s"), number=1) == (told, b"s")
    assert b'"erased":{"ada":1}' in told.message
    assert b"erased" not in FIRST.message


def test_after_a_known_restore_earlier_heads_do_not_count():
    ledger = longer(longer(Ledger(tenant=CLINIC), {ADA: TWO, BEN: TWO}), {ADA: ONE}, restored=True)

    assert {of: signed.head for of, signed in ledger.signed.items()} == {ADA: ONE}
    assert ledger.restored_at == (AT,)


def test_after_a_known_restore_earlier_tombstones_do_not_count():
    ledger = longer(Ledger(tenant=CLINIC), {ADA: TWO, BEN: TWO}, erased={ADA: 2, BEN: 1})

    assert longer(ledger, {BEN: TWO}, erased={BEN: 1}, restored=True).erased == {BEN: 1}


@pytest.mark.parametrize(
    "change",
    [{"number": 1}, {"number": 3}, {"previous": "0" * 64}, {"tenant": TenantId("other")}],
    ids=str,
)
def test_an_entry_has_one_place(change: dict[str, object]):
    one = longer(Ledger(tenant=CLINIC), {ADA: ONE})

    with pytest.raises(BrokenLedger) as broken:
        longer(one, {ADA: TWO}, **change)

    is_foreign = "tenant" in change
    said = "it is of another tenant" if is_foreign else "it does not follow the one before"
    assert (broken.value.number, broken.value.problem) == (2, said)
    assert str(broken.value) == (
        f"entry 2 of the signed heads: {said}; keep the folder as it is and compare it with a copy"
    )


def test_what_is_signed_is_everything_that_the_entry_says():
    for change in (
        {"tenant": TenantId("other")},
        {"number": 2},
        {"previous": "1" * 64},
        {"at": AT.replace(minute=1)},
        {"actor": "eve"},
        {"restored": True},
        {"heads": {ADA: ONE}},
        {"erased": {ADA: 1}},
    ):
        assert attrs.evolve(FIRST, **change).message != FIRST.message
    assert FIRST.message.startswith(b"clarity signed heads v1\n")


@given(st.data())
def test_no_flipped_bit_is_read_as_the_same_entry(data: st.DataObject):
    place = data.draw(st.integers(0, 8 * len(LINE) - 1))
    changed = bytearray(LINE)
    changed[place // 8] ^= 1 << place % 8

    try:
        read, signature = read_entry(bytes(changed), number=1)
    except BrokenLedger:
        return
    assert (read.message, signature) != (FIRST.message, b"signature")


NO_OBJECTS = "heads and erased are objects and a number is whole"


def _with(**changes: object) -> bytes:
    content = json.loads(LINE)
    content["statement"] |= changes
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode() + b"\n"


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"[" * 100_000,
        b"[]\n",
        b'{"statement":7,"signature":""}',
        LINE[:-1],
        LINE + b" ",
        LINE.replace(b'"signature":"', b'"signature":"zz'),
        _with(heads=[]),
        _with(heads={"ada": 7}),
        _with(heads={" ": [1, "00"]}),
        _with(heads={"ada": [float("inf"), "00"]}),
        _with(number="1"),
        _with(format="other"),
        _with(at="2026-01-05T12:00:00"),
        _with(at="yesterday"),
        _with(extra=1),
        _with(erased={}),
        _with(erased=[]),
        _with(erased={"ada": "x"}),
        _with(restored=1),
    ],
)
def test_what_clarity_did_not_write_is_refused(line: bytes):
    with pytest.raises(BrokenLedger, match="entry 7 of the signed heads") as broken:
        read_entry(line, number=7)

    assert broken.value.problem in {"it cannot be read", "it is not written as clarity writes"}


@pytest.mark.parametrize(
    ("line", "problem", "cause"),
    [
        (LINE + b" ", "it is not written as clarity writes", None),
        (_with(extra=1), "it is not written as clarity writes", None),
        (_with(heads=[]), "it cannot be read", NO_OBJECTS),
        (_with(erased=[]), "it cannot be read", NO_OBJECTS),
        (_with(number="1"), "it cannot be read", NO_OBJECTS),
        (_with(format="other"), "it cannot be read", "another format"),
        (_with(at="2026-01-05T12:00:00"), "it cannot be read", "another format"),
    ],
)
def test_what_is_wrong_with_a_line_is_said(line: bytes, problem: str, cause: str | None):
    with pytest.raises(BrokenLedger) as broken:
        read_entry(line, number=7)

    assert broken.value.problem == problem
    assert (None if cause is None else str(broken.value.__cause__)) == cause


def test_a_full_entry_has_room():
    longest = {PatientRef(CLINIC, PatientId(f"{n:03}" + '"' * 125)): TWO for n in range(MOST_HEADS)}

    full = entry(Ledger(tenant=CLINIC), longest, erased=dict.fromkeys(longest, 10**9))

    assert len(entry_line(full, bytes(64))) < MAX_ENTRY_BYTES
