"""The adapters of ports HeadSigner and HeadVerifier."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Final

import attrs

from clarity.adapters.signing.heads import (
    Ed25519HeadVerifier,
    FileHeadSigner,
    MemoryHeadSigner,
)
from clarity.ports.heads import HeadSigner, HeadVerifier

__all__ = ["OPENERS", "HeadsHarness", "Opener"]


@attrs.frozen(kw_only=True)
class HeadsHarness:
    """Two signers with keys of their own, and a verifier."""

    signer: HeadSigner
    other: HeadSigner
    verifier: HeadVerifier


Opener = Callable[[], AbstractContextManager[HeadsHarness]]


@contextmanager
def _memory() -> Iterator[HeadsHarness]:
    yield HeadsHarness(
        signer=MemoryHeadSigner(), other=MemoryHeadSigner(), verifier=Ed25519HeadVerifier()
    )


@contextmanager
def _file() -> Iterator[HeadsHarness]:
    with tempfile.TemporaryDirectory() as folder:
        yield HeadsHarness(
            signer=FileHeadSigner(Path(folder) / "new" / "a.pem"),
            other=FileHeadSigner(Path(folder) / "b.pem"),
            verifier=Ed25519HeadVerifier(),
        )


OPENERS: Final[dict[str, Opener]] = {"memory": _memory, "file": _file}
