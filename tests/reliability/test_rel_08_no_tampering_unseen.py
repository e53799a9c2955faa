"""REL-08: 5,000 random changes of an exported trail, all found with the public key alone."""

from typing import Final

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from clarity.adapters.signing.heads import MemoryHeadSigner
from clarity.ports.heads import NotSigned
from tests.support.tampering import VERIFY, is_found, missed_changes
from tests.support.trails import SIGNER, chain, exported

LINES: Final = exported(chain("ada", 12), chain("ben", 1), chain("eve", 7))


def test_the_trail_as_it_was_written_is_whole():
    statement = VERIFY.run(LINES, public_key=SIGNER.public_key()).statement

    assert (statement.chains, statement.records) == (3, 20)


@pytest.mark.slow
def test_every_random_change_is_found():
    assert missed_changes(LINES, seed=8) == []


@pytest.mark.parametrize("actor", ["curse", "nurse"])
def test_who_writes_a_consistent_file_anew_lacks_the_key(actor: str):
    thief = MemoryHeadSigner(Ed25519PrivateKey.from_private_bytes(bytes(32)))
    forged = exported(chain("ada", 11, actor=actor), signer=thief)

    with pytest.raises(NotSigned):
        VERIFY.run(forged, public_key=SIGNER.public_key())


def test_an_old_statement_does_not_cover_a_newer_file():
    longer = exported(chain("ada", 13), chain("ben", 1), chain("eve", 7))

    assert is_found([*longer[:-1], LINES[-1]])
