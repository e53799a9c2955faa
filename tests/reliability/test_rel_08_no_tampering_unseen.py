"""REL-08: 5,000 random changes of an exported trail, all found with the public key alone."""

import random
from collections import Counter
from typing import Final

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from clarity.adapters.signing.heads import Ed25519HeadVerifier, MemoryHeadSigner
from clarity.application.audit_export import VerifyExport
from clarity.domain.audit_export import BrokenExport
from clarity.ports.heads import NotSigned
from tests.support.trails import SIGNER, chain, exported

CHANGES: Final = 5_000

LINES: Final = exported(chain("ada", 12), chain("ben", 1), chain("eve", 7))
VERIFY: Final = VerifyExport(Ed25519HeadVerifier())


def _flipped(lines: list[bytes], chance: random.Random) -> list[bytes]:
    data = bytearray(b"".join(lines))
    bit = chance.randrange(8 * len(data))
    data[bit // 8] ^= 1 << bit % 8
    return bytes(data).splitlines(keepends=True)


def _deleted(lines: list[bytes], chance: random.Random) -> list[bytes]:
    first = chance.randrange(len(lines))
    return lines[:first] + lines[first + chance.randint(1, 4) :]


def _inserted(lines: list[bytes], chance: random.Random) -> list[bytes]:
    place = chance.randrange(len(lines) + 1)
    return [*lines[:place], chance.choice(lines), *lines[place:]]


def _swapped(lines: list[bytes], chance: random.Random) -> list[bytes]:
    a, b = chance.sample(range(len(lines)), 2)
    swapped = list(lines)
    swapped[a], swapped[b] = lines[b], lines[a]
    return swapped


def _cut_off(lines: list[bytes], chance: random.Random) -> list[bytes]:
    data = b"".join(lines)
    return data[: chance.randrange(len(data))].splitlines(keepends=True)


def _shortened(lines: list[bytes], chance: random.Random) -> list[bytes]:
    return lines[: chance.randrange(len(lines))]


CHANGERS: Final = (_flipped, _deleted, _inserted, _swapped, _cut_off, _shortened)


def _is_found(lines: list[bytes]) -> bool:
    try:
        VERIFY.run(lines, public_key=SIGNER.public_key())
    except (BrokenExport, NotSigned):
        return True
    return False


def test_the_trail_as_it_was_written_is_whole():
    statement = VERIFY.run(LINES, public_key=SIGNER.public_key()).statement

    assert (statement.chains, statement.records) == (3, 20)


@pytest.mark.slow
def test_every_random_change_is_found():
    chance, tried, missed = random.Random(8), Counter(), []
    while sum(tried.values()) < CHANGES:
        changer = chance.choice(CHANGERS)
        changed = changer(LINES, chance)
        if b"".join(changed) == b"".join(LINES):
            continue
        tried[changer.__name__] += 1
        if not _is_found(changed):
            missed.append((changer.__name__, changed))

    assert missed == []
    assert min(tried.values()) > CHANGES // 10


@pytest.mark.parametrize("actor", ["curse", "nurse"])
def test_who_writes_a_consistent_file_anew_lacks_the_key(actor: str):
    thief = MemoryHeadSigner(Ed25519PrivateKey.from_private_bytes(bytes(32)))
    forged = exported(chain("ada", 11, actor=actor), signer=thief)

    with pytest.raises(NotSigned):
        VERIFY.run(forged, public_key=SIGNER.public_key())


def test_an_old_statement_does_not_cover_a_newer_file():
    longer = exported(chain("ada", 13), chain("ben", 1), chain("eve", 7))

    assert _is_found([*longer[:-1], LINES[-1]])
