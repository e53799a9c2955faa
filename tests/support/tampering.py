"""Random changes of an exported trail, and whether they are found with the public key alone."""

import random
from collections import Counter
from collections.abc import Sequence
from typing import Final

from clarity.adapters.signing.heads import Ed25519HeadVerifier
from clarity.application.audit_export import VerifyExport
from clarity.domain.audit_export import BrokenExport
from clarity.ports.heads import NotSigned
from tests.support.trails import SIGNER

__all__ = ["CHANGES", "VERIFY", "is_found", "missed_changes"]

CHANGES: Final = 5_000
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


def is_found(lines: Sequence[bytes]) -> bool:
    """Whether somebody with the public key alone sees that the file was changed."""
    try:
        VERIFY.run(lines, public_key=SIGNER.public_key())
    except (BrokenExport, NotSigned):
        return True
    return False


def missed_changes(lines: list[bytes], *, seed: int) -> list[str]:
    """The kinds of those of 5,000 random changes of all kinds that are not found."""
    chance, tried, missed = random.Random(seed), Counter(), []
    while tried.total() < CHANGES:
        changer = chance.choice(CHANGERS)
        changed = changer(lines, chance)
        if b"".join(changed) == b"".join(lines):
            continue
        tried[changer.__name__] += 1
        if not is_found(changed):
            missed.append(changer.__name__)
    assert min(tried.values()) > CHANGES // 10
    return missed
