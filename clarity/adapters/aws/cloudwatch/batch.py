"""
What one PutLogEvents request may hold.

Source: CloudWatch Logs API Reference, PutLogEvents: at most 10,000 events and 1,048,576 bytes (each
message in UTF-8 plus 26), of at most 24 hours, in the order of their times, none of them older than
14 days or more than 2 hours ahead. An event may have 1 MB since 2025; ours stay below the 256 KB of
before (`MAX_ENTRY_BYTES`).
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from clarity.domain.audit_log import LogEntry

__all__ = ["events_at", "first_batch", "rejected"]

Event = dict[str, Any]
"""`timestamp`, ms since 1970, and `message`."""

MAX_EVENTS: Final = 10_000
MAX_BATCH_BYTES: Final = 1_048_576
EVENT_BYTES: Final = 26
"""What an event counts beside its message."""

SPAN_MS: Final = 24 * 3_600_000
"""Longest time between the first event of a request and the last, exclusive."""

BEHIND: Final = timedelta(days=13)
AHEAD: Final = timedelta(hours=1)
"""Within what the service takes by a margin for clocks that differ and requests that wait."""

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def first_batch(entries: Sequence[LogEntry], now: datetime) -> list[Event]:
    """
    As many of the first entries as fit into one request, at least one of any.

    A time that the service does not take becomes the nearest that it does.

    Args:
        entries: by time.
        now: the time at the service.
    """
    earliest, latest = now - BEHIND, now + AHEAD
    batch: list[Event] = []
    size = 0
    for entry in entries[:MAX_EVENTS]:
        event = _event(entry.text, min(max(entry.at, earliest), latest))
        size += len(entry.text.encode()) + EVENT_BYTES
        if batch and (size > MAX_BATCH_BYTES or event["timestamp"] - _start(batch) >= SPAN_MS):
            break
        batch.append(event)
    return batch


def events_at(batch: Sequence[Event], at: datetime) -> list[Event]:
    """The same messages, all at one time."""
    return [_event(event["message"], at) for event in batch]


def rejected(answer: Mapping[str, Any]) -> str:
    """Why some events of a request were not taken, in the words of the service; empty for none."""
    return ", ".join(sorted(answer.get("rejectedLogEventsInfo") or ()))


def _event(text: str, at: datetime) -> Event:
    return {"timestamp": (at - EPOCH) // timedelta(milliseconds=1), "message": text}


def _start(batch: Sequence[Event]) -> int:
    return int(batch[0]["timestamp"])
