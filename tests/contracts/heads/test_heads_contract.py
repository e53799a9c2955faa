"""Ports HeadSigner and HeadVerifier, sentence by sentence."""

import pytest

from clarity.ports.heads import BadHeadKey, NotSigned
from tests.contracts.heads.harness import HeadsHarness

MESSAGE = b"three records of ada"


def test_what_was_signed_is_proved_by_the_public_key(world: HeadsHarness):
    signature = world.signer.sign(MESSAGE)
    mine, another = world.signer.public_key(), world.other.public_key()

    world.verifier.require(MESSAGE, signature=signature, public_key=mine)
    with pytest.raises(NotSigned):
        world.verifier.require(MESSAGE, signature=signature, public_key=another)


def test_the_key_stays_the_same(world: HeadsHarness):
    assert world.signer.public_key() == world.signer.public_key()
    assert world.signer.sign(MESSAGE) == world.signer.sign(MESSAGE)


@pytest.mark.parametrize("bit", [0, 77, 511])
def test_another_message_key_or_signature_is_not_signed(world: HeadsHarness, bit: int):
    signature, key = world.signer.sign(MESSAGE), world.signer.public_key()
    flipped = bytearray(signature)
    flipped[bit // 8] ^= 1 << bit % 8

    for message, made, by in (
        (MESSAGE + b"!", signature, key),
        (MESSAGE, bytes(flipped), key),
        (MESSAGE, signature[:-1], key),
        (MESSAGE, b"", key),
        (MESSAGE, signature, world.other.public_key()),
    ):
        with pytest.raises(NotSigned, match="not by this key"):
            world.verifier.require(message, signature=made, public_key=by)


@pytest.mark.parametrize(
    "key", [b"", b"no key", b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"]
)
def test_what_is_no_key_is_told(world: HeadsHarness, key: bytes):
    with pytest.raises(BadHeadKey, match="PEM"):
        world.verifier.require(MESSAGE, signature=world.signer.sign(MESSAGE), public_key=key)
