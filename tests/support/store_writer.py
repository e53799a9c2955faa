"""
A process that writes days to a store, one commit after another, until it is done or killed.

`python -m tests.support.store_writer FILE FIRST COUNT` says `FIRST + n` on a line of its own after
the commit of that day has returned.
"""

import sys
from pathlib import Path

from clarity.adapters.local.clock import SystemClock
from clarity.ports.repository import Put
from tests.adapters.local.stores import opened
from tests.contracts.repository.harness import chunk, digest, evidence


def main() -> None:
    path, first, count = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    with opened(path, busy_timeout_s=30, clock=SystemClock()) as (repository, _):
        for number in range(first, first + count):
            said = evidence(key=f"day-{number}", request=digest(number))
            repository.commit([Put(chunk(number), 0)], evidence=said)
            print(number, flush=True)


if __name__ == "__main__":
    main()
