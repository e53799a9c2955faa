"""Every sentence of `clarity.ports.signing`, for every adapter."""

from collections.abc import Callable

import attrs
import pytest

from clarity.domain.pat.bundle import BundleSignature
from clarity.ports.signing import NotTrusted, SignatureCheck, Signer
from tests.contracts.signing.harness import SigningHarness

DIGEST = "0123456789abcdef" * 4

WRONG: dict[str, Callable[[SigningHarness], list[BundleSignature]]] = {
    "none": lambda _: [],
    "a stranger's": lambda world: [world.stranger.sign(DIGEST)],
    "of another model": lambda world: [world.signer.sign(DIGEST[::-1])],
    "cut": lambda world: [_changed(world, lambda value: value[:-1])],
    "flipped": lambda world: [_changed(world, lambda value: bytes([value[0] ^ 1]) + value[1:])],
    "under another's name": lambda world: [
        _changed(world, lambda _: world.stranger.sign(DIGEST).value)
    ],
}


def _changed(world: SigningHarness, how: Callable[[bytes], bytes]) -> BundleSignature:
    right = world.signer.sign(DIGEST)
    return attrs.evolve(right, value=how(right.value))


def test_the_adapters_are_the_ports(world: SigningHarness):
    assert isinstance(world.signer, Signer)
    assert isinstance(world.check, SignatureCheck)


def test_the_same_digest_gives_the_same_signature_and_another_one_another(world: SigningHarness):
    assert world.signer.sign(DIGEST) == world.signer.sign(DIGEST)
    assert world.signer.sign(DIGEST).value != world.signer.sign(DIGEST[::-1]).value


def test_every_key_has_a_name_of_its_own(world: SigningHarness):
    assert world.signer.sign(DIGEST).key != world.stranger.sign(DIGEST).key


def test_the_trusted_keys_that_signed_are_told(world: SigningHarness):
    signatures = [world.stranger.sign(DIGEST), world.signer.sign(DIGEST)]

    assert world.check.require(DIGEST, signatures=signatures) == (signatures[1].key,)


@pytest.mark.parametrize("wrong", WRONG)
def test_without_a_right_signature_by_a_trusted_key_nothing_is_trusted(
    world: SigningHarness, wrong: str
):
    signatures = WRONG[wrong](world)

    with pytest.raises(NotTrusted, match=f"of {len(signatures)} signatures none is a right one"):
        world.check.require(DIGEST, signatures=signatures)


@pytest.mark.parametrize("signatures", WRONG)
def test_where_no_key_is_trusted_none_is_required(world: SigningHarness, signatures: str):
    assert world.lenient.require(DIGEST, signatures=WRONG[signatures](world)) == ()
