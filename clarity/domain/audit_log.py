"""
Audit records as they may leave the store: whole, in order, and naming no patient.

A patient is a pseudonym; of what was touched stay the keys that clarity makes itself, never its
digests, which would let a guess at the content be proved. The hash of a record is not told either,
since with it a patient's id could be found by trying; its keyed mark is the id of the entry, by
which whoever has the store can prove entry and record to be one.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Final

import attrs

from clarity.domain.audit import AuditEvent, AuditRecord, Touched, UnreadableRecord
from clarity.domain.identity import PatientRef
from clarity.domain.privacy import Pseudonyms

__all__ = ["MAX_ENTRY_BYTES", "LogEntry", "entries_of", "in_order"]

MAX_ENTRY_BYTES: Final = 256 * 1024 - 26
"""Longest text of one entry, bytes; the least that any log takes (CloudWatch Logs until 2025)."""

ROOM_BYTES: Final = 128 * 1024
"""How much of an entry may tell what was touched; the rest has room for every name and id."""

OWN_KINDS: Final = frozenset(
    {
        "audit",
        "break-glass",
        "bundle",
        "chunk",
        "job",
        "kept-evidence",
        "model",
        "model-alias",
        "profile",
        "result",
        "rule",
        "tombstone",
    }
)
"""Kinds of entities whose keys clarity makes; the keys of others may hold a caller's words."""

LONGEST_KEY: Final = 512  # characters


@attrs.frozen
class LogEntry:
    r"""
    One line of a log.

    Attributes:
        chain: pseudonym of the patient whose chain it is from.
        seq: place of the record in the chain.
        is_last: no more of the record follows.
        at: when it happened, UTC.
        text: a JSON object without line breaks, ASCII; its `id` is the same whenever the same
            record is logged again, so that duplicates can be told.
        is_readable: the text says what happened, not that the record cannot be read.
    """

    chain: str
    seq: int
    is_last: bool
    at: datetime
    text: str = attrs.field(repr=False, validator=attrs.validators.max_len(MAX_ENTRY_BYTES))
    is_readable: bool = True


def entries_of(
    patient: PatientRef, record: AuditRecord, pseudonyms: Pseudonyms, *, now: datetime
) -> Iterator[LogEntry]:
    """
    The record as entries, one unless it tells of thousands of entities.

    Args:
        patient: whose chain it is from.
        record: what is told.
        pseudonyms: stand for people.
        now: told as the time of a record that cannot be read, which is told as such.
    """
    chain = pseudonyms.of(patient)
    mark = pseudonyms.mark(record.hash or f"{chain} {record.seq}".encode())
    try:
        event = record.event
    except UnreadableRecord as unreadable:
        told = {"id": mark, "chain": chain, "seq": record.seq, "error": unreadable.code}
        text = _line(told)
        yield LogEntry(chain, record.seq, is_last=True, at=now, text=text, is_readable=False)
        return
    parts = list(_parts([_shown(touched, pseudonyms) for touched in event.touched]))
    for number, part in enumerate(parts, 1):
        told = {
            "id": mark if len(parts) == 1 else f"{mark}-{number}",
            "chain": chain,
            "seq": record.seq,
            "part": [number, len(parts)],
            "touched": part,
            **_who_and_why(event),
        }
        is_last = number == len(parts)
        yield LogEntry(chain, record.seq, is_last=is_last, at=event.at, text=_line(told))


def in_order(entries: Iterable[LogEntry]) -> tuple[LogEntry, ...]:
    """
    The entries by time, those of one chain as they came.

    Where a chain's times run backwards, because a clock was set, an entry counts as no earlier than
    those before it.
    """
    latest: dict[str, datetime] = {}
    timed = []
    for entry in entries:
        at = latest[entry.chain] = max(entry.at, latest.get(entry.chain, entry.at))
        timed.append((at, entry))
    timed.sort(key=lambda pair: pair[0])
    return tuple(attrs.evolve(entry, at=at) for at, entry in timed)


def _who_and_why(event: AuditEvent) -> dict[str, str | bool]:
    return {
        "tenant": str(event.patient.tenant),
        "actor": event.actor.id,
        "actor_tenant": str(event.actor.tenant),
        "purpose": event.actor.purpose.value,
        "role": event.actor.role.value,
        "break_glass": bool(event.actor.break_glass),
        "operation": event.operation.value,
        "correlation": str(event.correlation),
        "at": event.at.isoformat(),
    }


def _shown(touched: Touched, pseudonyms: Pseudonyms) -> list[str]:
    """The entity's key and what became of it."""
    kind, _, rest = touched.entity.partition("/")
    if kind in OWN_KINDS and len(touched.entity) <= LONGEST_KEY:
        return [touched.entity, _fate(touched)]
    shown = kind if kind in OWN_KINDS else "other"
    return [f"{shown}/{pseudonyms.mark(rest.encode())}", _fate(touched)]


def _fate(touched: Touched) -> str:
    if touched.before == touched.after:
        return "kept" if touched.before else "named"
    if not touched.before:
        return "created"
    return "changed" if touched.after else "deleted"


def _parts(shown: Sequence[list[str]]) -> Iterator[Sequence[list[str]]]:
    """What was touched, in portions that fit into an entry; one empty portion for nothing."""
    part: list[list[str]] = []
    size = 0
    for one in shown:
        adds = len(_line(one)) + 1
        if part and size + adds > ROOM_BYTES:
            yield part
            part, size = [], 0
        part.append(one)
        size += adds
    yield part


def _line(content: object) -> str:
    return json.dumps(content, sort_keys=True, separators=(",", ":"))
