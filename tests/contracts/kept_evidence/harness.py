"""The adapters of port KeptEvidence."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Final

import attrs

from clarity.adapters.local.kept_evidence import MemoryKeptEvidence, SqliteKeptEvidence
from clarity.ports.kept_evidence import KeptEvidence

__all__ = ["OPENERS", "ROOM_BYTES", "KeptHarness", "Opener"]

ROOM_BYTES: Final = 8_192


@attrs.frozen(kw_only=True)
class KeptHarness:
    """A place in which nothing waits, with room for 8 KiB."""

    kept: KeptEvidence


Opener = Callable[[], AbstractContextManager[KeptHarness]]


@contextmanager
def _memory() -> Iterator[KeptHarness]:
    yield KeptHarness(kept=MemoryKeptEvidence(ROOM_BYTES))


@contextmanager
def _sqlite() -> Iterator[KeptHarness]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "new" / "store.db.kept"
        yield KeptHarness(kept=SqliteKeptEvidence(path, 10.0, ROOM_BYTES))


OPENERS: Final[dict[str, Opener]] = {"memory": _memory, "sqlite": _sqlite}
