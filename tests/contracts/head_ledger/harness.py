"""The adapters of port HeadLedger."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Final

import attrs

from clarity.adapters.signing.ledger import FolderHeadLedger, MemoryHeadLedger
from clarity.ports.head_ledger import HeadLedger

__all__ = ["OPENERS", "LedgerHarness", "Opener"]


@attrs.frozen(kw_only=True)
class LedgerHarness:
    """A ledger without entries."""

    ledger: HeadLedger


Opener = Callable[[], AbstractContextManager[LedgerHarness]]


@contextmanager
def _memory() -> Iterator[LedgerHarness]:
    yield LedgerHarness(ledger=MemoryHeadLedger())


@contextmanager
def _folder() -> Iterator[LedgerHarness]:
    with tempfile.TemporaryDirectory() as folder:
        yield LedgerHarness(ledger=FolderHeadLedger(Path(folder) / "new" / "heads"))


OPENERS: Final[dict[str, Opener]] = {"memory": _memory, "folder": _folder}
