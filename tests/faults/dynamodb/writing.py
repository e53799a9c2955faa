"""
A process that forks writers for REL-04: `python -m tests.faults.dynamodb.writing URL PREFIX`.

For each number on standard input it forks a writer that commits one request after the other from
that number on and says each that was acknowledged, until somebody kills it; then it says `dead`.
"""

import os
import sys

from clarity.adapters.local.clock import SystemClock
from clarity.ports.repository import Change, Evidence, Put
from tests.contracts.repository.harness import ADA, chunk, digest, evidence
from tests.support.dynamodb import world_at

__all__ = ["changes_of", "request_of"]


def changes_of(number: int) -> list[Change]:
    """Two days that no other request brings."""
    return [Put(chunk(2 * number), 0), Put(chunk(2 * number + 1), 0)]


def request_of(number: int) -> Evidence:
    """The request, the same whoever makes it."""
    return evidence(ADA, key=f"request-{number}", request=digest(number))


def _write(url: str, prefix: str, first: int) -> None:
    with world_at(url, prefix, SystemClock()) as world:
        for number in range(first, first + 1_000):
            world.repository.commit(changes_of(number), evidence=request_of(number))
            print(number, flush=True)


def _main(url: str, prefix: str) -> None:
    for line in sys.stdin:
        writer = os.fork()
        if not writer:
            _write(url, prefix, int(line))
            os._exit(0)
        print(f"writer {writer}", flush=True)
        os.waitpid(writer, 0)
        print("dead", flush=True)


if __name__ == "__main__":
    _main(*sys.argv[1:])
