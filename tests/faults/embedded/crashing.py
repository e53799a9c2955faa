"""
Writers that kill themselves (SIGKILL) at a named point of a commit, one after the other.

`python -m tests.faults.embedded.crashing FILE ROUNDS` forks a writer per point and round. A writer
says `POINT NUMBER` for every commit that returned; the point that it was killed at follows as
`POINT killed`, or `POINT left` should it have ended otherwise.
"""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Final

import attrs

from clarity.adapters.local import _chain, _idempotency, _rows
from clarity.adapters.local.repository import SqliteRepository
from clarity.adapters.local.store import SqliteStore
from clarity.ports.repository import Evidence, Put
from tests.contracts.repository.harness import chunk, digest, evidence
from tests.faults.embedded.disks import opened

__all__ = ["POINTS", "changes_of", "request_of"]

PER_COMMIT: Final = 2
"""Days in one commit, so that a half-written commit can be told from none."""


@attrs.frozen
class Point:
    """A moment inside a commit: when `function` is entered or left."""

    function: Callable[..., object]
    event: str


POINTS: Final = {
    "before-the-transaction": Point(SqliteStore.writing, "call"),
    "patient-registered": Point(_chain.registered, "return"),
    "first-row-written": Point(_rows.insert, "return"),
    "record-chained": Point(_chain.append, "return"),
    "request-remembered": Point(_idempotency.remember, "return"),
    "committed-but-unanswered": Point(SqliteRepository.commit, "return"),
}
"""Every boundary of a commit; the last one lies behind COMMIT."""


def changes_of(number: int) -> list[Put]:
    """The changes of that commit."""
    days = range(number * PER_COMMIT, (number + 1) * PER_COMMIT)
    return [Put(chunk(day), 0) for day in days]


def request_of(number: int) -> Evidence:
    """The request of that commit, under a key of its own."""
    return evidence(key=f"commit-{number}", request=digest(number))


def _kill_at(point: Point, passes: int) -> None:
    code = getattr(point.function, "__wrapped__", point.function).__code__
    left = passes

    def watch(frame: FrameType, event: str, _: object) -> None:
        nonlocal left
        if frame.f_code is code and event == point.event:
            left -= 1
            if left <= 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.setprofile(watch)


def _write(path: Path, name: str, first: int, passes: int) -> None:
    with opened(path) as world:
        _kill_at(POINTS[name], passes)
        for number in range(first, first + 2 * passes + 2):
            world.repository.commit(changes_of(number), evidence=request_of(number))
            os.write(1, f"{name} {number}\n".encode())


def main() -> None:
    path, rounds = Path(sys.argv[1]), int(sys.argv[2])
    for round_ in range(rounds):
        for place, name in enumerate(POINTS):
            writer = os.fork()
            if not writer:
                _write(path, name, first=100 * (round_ * len(POINTS) + place), passes=2 + round_)
                os._exit(0)
            _, status = os.waitpid(writer, 0)
            killed = os.waitstatus_to_exitcode(status) == -signal.SIGKILL
            os.write(1, f"{name} {'killed' if killed else 'left'}\n".encode())


if __name__ == "__main__":
    main()
