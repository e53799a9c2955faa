"""Every sentence of `clarity.ports.engine` about engines, for every adapter."""

from functools import cache

import attrs
import pytest

from clarity.application.bundles import LoadedModel
from clarity.domain.pat.artifact import DigestMismatch, UnreadableModel
from clarity.domain.pat.bundle import Bundle, VerifiedBundle, verified
from clarity.domain.pat.manifest import GRAPH, WEIGHTS
from clarity.domain.pat.parity import ParityBroken
from clarity.domain.pat.variants import Variant
from clarity.domain.pat.weights import BadWeights
from clarity.ports.engine import Engine
from tests.support.models import BUILD, OPEN, recipe, resealed, tiny_bundle

NETWORK = (GRAPH, WEIGHTS)
LENGTHS = dict.fromkeys(Variant, 180)


@cache
def bundle_of(variant: Variant) -> Bundle:
    from tests.support.pat import random_encoder

    length = LENGTHS[variant]
    return BUILD.run(attrs.evolve(recipe(length=length), encoder=random_encoder(variant)))


def checked(bundle: Bundle) -> VerifiedBundle:
    return verified(bundle, digest=bundle.digest)


def proved(engine: Engine, bundle: Bundle) -> LoadedModel:
    return attrs.evolve(OPEN, engine=lambda: engine).run(bundle, digest=bundle.digest)


def test_an_adapter_is_an_engine(engine: Engine):
    assert isinstance(engine, Engine)


def test_what_it_runs_on_never_changes_and_has_a_text(engine: Engine):
    assert engine.runtime == engine.runtime
    assert str(engine.runtime).split()[1:3] == [engine.runtime.device, engine.runtime.precision]


@pytest.mark.parametrize("variant", list(Variant))
def test_every_network_is_opened_as_its_manifest_says_and_passes_its_self_test(
    engine: Engine, variant: Variant
):
    bundle = bundle_of(variant)

    model = proved(engine, bundle)

    assert engine.open(checked(bundle)).signature == checked(bundle).manifest.signature
    assert model.agreement.holds
    assert model.agreement.precision is engine.runtime.precision
    assert model.runtime == engine.runtime


def test_a_network_is_opened_from_the_files_that_the_engine_says_it_reads_alone(engine: Engine):
    bundle = checked(tiny_bundle())

    predictor = engine.open(bundle.only(engine.reads))

    assert engine.reads == engine.reads <= bundle.files.keys()
    assert predictor.signature == bundle.manifest.signature


def test_bytes_that_are_not_those_of_the_manifest_are_refused_unparsed(engine: Engine):
    right = checked(tiny_bundle())
    garbage = dict.fromkeys(NETWORK, b"\x80\x04N.")

    with pytest.raises(DigestMismatch):
        engine.open(attrs.evolve(right, files={**right.files, **garbage}))


@pytest.mark.parametrize("data", [b"", b"\x80\x04N.", b"PK\x03\x04", bytes(1_000)])
def test_garbage_under_a_right_digest_is_refused(engine: Engine, data: bytes):
    bundle = resealed(tiny_bundle(), dict.fromkeys(NETWORK, data))

    with pytest.raises((UnreadableModel, BadWeights)):
        engine.open(checked(bundle))


def test_another_network_under_a_right_digest_does_not_pass_the_self_test(engine: Engine):
    other = tiny_bundle("2.0.0")
    bundle = resealed(tiny_bundle(), {name: other.files[name] for name in NETWORK})

    with pytest.raises(ParityBroken):
        proved(engine, bundle)


def test_a_network_of_other_heads_than_the_manifest_says_is_refused(engine: Engine):
    bare = BUILD.run(attrs.evolve(recipe(), heads=(), specs=()))
    bundle = resealed(tiny_bundle(), {name: bare.files[name] for name in NETWORK})

    with pytest.raises(UnreadableModel, match="manifest"):
        proved(engine, bundle)
