"""Bundles are built from weights and opened after every check; damage is REL-09's."""

import tracemalloc
from collections.abc import Callable

import attrs
import numpy as np
import pytest

from clarity.adapters.convert.npz import NpzArrays
from clarity.adapters.onnx.builder import build_onnx
from clarity.adapters.signing.ed25519 import Ed25519Signer, trusted_keys
from clarity.application.bundles import LoadedModel
from clarity.domain.errors import ClarityError
from clarity.domain.pat.artifact import DigestMismatch, UnreadableModel
from clarity.domain.pat.bundle import Bundle, BundleIncomplete, VerifiedBundle
from clarity.domain.pat.canonical import encoded, read_manifest
from clarity.domain.pat.manifest import (
    FIXTURE,
    GRAPH,
    SCALER,
    WEIGHTS,
    HeadSpec,
    InputContract,
)
from clarity.domain.pat.parity import ParityBroken, parity_fixture
from clarity.domain.pat.prediction import Floats, Prediction, Signature
from clarity.domain.pat.preprocessing import CohortScaler, OwnSpread
from clarity.domain.pat.runtime import Runtime
from clarity.domain.pat.variants import WEEK_MIN, Variant
from clarity.domain.streams import Unit
from clarity.ports.engine import Engine
from clarity.ports.predictor import Predictor
from clarity.ports.signing import NotTrusted
from tests.support.model_desk import CountingEngine
from tests.support.models import BUILD, LENGTH, OPEN, recipe, resealed, tiny_bundle
from tests.support.old_graphs import of_builder_1, of_builder_2
from tests.support.parsers import NoParser
from tests.support.pat import golden, random_batch, random_encoder, random_head
from tests.support.signing import key_files

RIGHT = tiny_bundle()


UNPARSED = attrs.evolve(OPEN, engine=NoParser, arrays=NoParser())


def _fresh(bundle: Bundle) -> Bundle:
    """The same in memory of its own, as a store gives it."""
    files = {name: bytes(bytearray(data)) for name, data in bundle.files.items()}
    return attrs.evolve(bundle, files=files)


@attrs.frozen
class Groups(Engine, Predictor):
    """Runs groups of three, as its runtime says; hears how many samples it is asked about."""

    asked: Callable[[int], None]
    network: Predictor

    @property
    def runtime(self) -> Runtime:
        return attrs.evolve(OPEN.engine().runtime, group=3)

    @property
    def reads(self) -> frozenset[str]:
        return OPEN.engine().reads

    @property
    def signature(self) -> Signature:
        return self.network.signature

    def open(self, bundle: VerifiedBundle) -> Predictor:
        return self

    def predict(self, batch: Floats) -> Prediction:
        self.asked(len(batch))
        return self.network.predict(batch)


def test_a_right_bundle_opens_and_its_predictor_answers():
    model = OPEN.run(RIGHT, digest=RIGHT.digest)

    assert model.agreement.holds
    assert model.predictor.predict(random_batch(1, LENGTH)).embeddings.shape == (1, 96)
    assert model.scaler == OwnSpread()
    assert str(model.ref) == "toy:1.0.0"
    assert model.signers == ()
    assert model.size_bytes == len(RIGHT.files[GRAPH])


def test_a_model_does_not_keep_the_bytes_that_it_was_made_of():
    def opened() -> LoadedModel:
        return OPEN.run(_fresh(RIGHT), digest=RIGHT.digest)

    opened()
    tracemalloc.start()
    try:
        model = opened()
        kept, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert model.agreement.holds
    assert most > RIGHT.size_bytes
    assert kept < len(RIGHT.files[GRAPH]) / 4


def test_files_that_the_engine_does_not_read_are_let_go_before_it_opens_the_network():
    held: list[int] = []
    engine = CountingEngine(
        OPEN.engine(), before=lambda: held.append(tracemalloc.get_traced_memory()[0])
    )

    opener = attrs.evolve(OPEN, engine=lambda: engine)
    tracemalloc.start()
    try:
        opener.run(_fresh(RIGHT), digest=RIGHT.digest)
    finally:
        tracemalloc.stop()

    graph, weights = (len(RIGHT.files[name]) for name in (GRAPH, WEIGHTS))
    assert graph < held[0] < graph + weights / 2


def test_a_missing_file_is_refused_before_a_parser_runs():
    files = {name: data for name, data in RIGHT.files.items() if name != FIXTURE}

    with pytest.raises(BundleIncomplete):
        UNPARSED.run(attrs.evolve(RIGHT, files=files), digest=RIGHT.digest)


def test_the_digest_that_was_recorded_elsewhere_decides():
    other = tiny_bundle("2.0.0")

    with pytest.raises(DigestMismatch):
        UNPARSED.run(other, digest=RIGHT.digest)


@pytest.mark.parametrize("name", [GRAPH, FIXTURE])
@pytest.mark.parametrize("data", [b"", b"\x80\x04N.", b"PK\x03\x04", bytes(1000)])
def test_garbage_under_a_right_digest_is_refused_all_the_same(name: str, data: bytes):
    bundle = resealed(RIGHT, {name: data})

    with pytest.raises(ClarityError):
        OPEN.run(bundle, digest=bundle.digest)


def test_random_weights_in_the_graph_are_refused():
    heads = (random_head("sleep", 7), random_head("mood", 8))
    graph = build_onnx(random_encoder(Variant.S, 99), heads, length=LENGTH)
    bundle = resealed(RIGHT, {GRAPH: graph})

    with pytest.raises(ParityBroken):
        OPEN.run(bundle, digest=bundle.digest)


def test_random_weights_in_a_head_are_refused():
    right = recipe()
    heads = (right.heads[0], random_head("mood", 123))
    bundle = resealed(RIGHT, {GRAPH: build_onnx(right.encoder, heads, length=LENGTH)})

    with pytest.raises(ParityBroken):
        OPEN.run(bundle, digest=bundle.digest)


def test_a_graph_of_other_heads_than_the_manifest_says_is_refused():
    graph = build_onnx(recipe().encoder, recipe().heads[:1], length=LENGTH)
    bundle = resealed(RIGHT, {GRAPH: graph})

    with pytest.raises(UnreadableModel, match="manifest"):
        OPEN.run(bundle, digest=bundle.digest)


@pytest.mark.parametrize(("builder", "graph"), [("1", of_builder_1), ("2", of_builder_2)])
def test_a_bundle_of_an_earlier_builder_still_opens(builder: str, graph: Callable[[], bytes]):
    origin = attrs.evolve(read_manifest(RIGHT.manifest).origin, builder=builder)
    bundle = told_otherwise(resealed(RIGHT, {GRAPH: graph()}), origin=origin)

    model = OPEN.run(bundle, digest=bundle.digest)

    assert model.agreement.holds
    assert model.manifest.origin.builder == builder


def test_where_signatures_are_required_only_a_signed_bundle_opens(tmp_path):
    private, public = key_files(tmp_path)
    strict = attrs.evolve(OPEN, signatures=trusted_keys([public]))
    signature = Ed25519Signer.from_file(private).sign(RIGHT.digest)

    model = strict.run(attrs.evolve(RIGHT, signatures=[signature]), digest=RIGHT.digest)

    assert model.signers == (signature.key,)


def test_an_unsigned_bundle_is_refused_before_a_parser_runs(tmp_path):
    _, public = key_files(tmp_path)
    strict = attrs.evolve(UNPARSED, signatures=trusted_keys([public]))

    with pytest.raises(NotTrusted):
        strict.run(RIGHT, digest=RIGHT.digest)


def test_the_same_recipe_gives_the_same_bundle():
    assert BUILD.run(recipe()) == RIGHT


@pytest.mark.parametrize(
    ("length", "refusal"),
    [(-18, "an input of -18 minutes"), (18 * 10**20, "an input of 1800000000000000000000 minutes")],
)
def test_a_length_that_makes_no_sense_is_refused_before_anything_is_built(length, refusal):
    with pytest.raises(ClarityError, match=refusal):
        BUILD.run(attrs.evolve(recipe(), length=length))


def test_heads_without_a_description_are_of_unknown_meaning():
    manifest = read_manifest(RIGHT.manifest)

    assert manifest.heads[0] == HeadSpec(name="sleep")
    assert manifest.heads[1].task == "made up for tests"
    assert manifest.origin.builder == "3"
    assert manifest.input.unit is None


ONES = np.ones(WEEK_MIN)
COHORT = CohortScaler(name="made-up/1", unit=Unit.COUNTS, mean=ONES, sd=ONES)


@pytest.fixture(scope="module")
def scaled() -> Bundle:
    """A bundle with the scaler of a cohort."""
    return BUILD.run(attrs.evolve(recipe(), scaler=COHORT))


def told_otherwise(bundle: Bundle, **said: object) -> Bundle:
    """The same files under a manifest that says something else of them."""
    manifest = attrs.evolve(read_manifest(bundle.manifest), **said)
    return attrs.evolve(bundle, manifest=encoded(manifest))


def test_a_cohort_scaler_travels_with_the_bundle(scaled: Bundle):
    model = OPEN.run(scaled, digest=scaled.digest)

    assert model.scaler == COHORT
    assert model.manifest.scaler == "made-up/1"
    assert model.manifest.input.unit is Unit.COUNTS


@pytest.mark.parametrize(
    "other",
    [{"name": "made-up/2"}, {"unit": Unit.MIMS}],
    ids=lambda other: next(iter(other)),
)
def test_a_scaler_of_another_name_or_unit_than_the_manifest_says_is_refused(
    scaled: Bundle, other: dict[str, object]
):
    exchanged = NpzArrays().scaler_bytes(attrs.evolve(COHORT, **other))
    bundle = resealed(scaled, {SCALER: exchanged})

    with pytest.raises(UnreadableModel, match="the scaler has another name or unit"):
        OPEN.run(bundle, digest=bundle.digest)


def test_a_scaler_whose_unit_the_manifest_does_not_know_is_refused(scaled: Bundle):
    bundle = told_otherwise(scaled, input=InputContract(length=LENGTH, unit=None))

    with pytest.raises(UnreadableModel, match="the scaler has another name or unit"):
        OPEN.run(bundle, digest=bundle.digest)


def test_without_the_scaler_that_the_manifest_names_nothing_takes_its_place():
    bundle = told_otherwise(RIGHT, scaler="made-up/1")

    with pytest.raises(UnreadableModel, match="the scaler is named in the manifest"):
        OPEN.run(bundle, digest=bundle.digest)


def test_arrays_of_a_bundle_have_one_form():
    assert NpzArrays().read_fixture(RIGHT.files[FIXTURE]).batch.shape == (1, LENGTH)


def test_a_bundle_with_two_samples_in_its_fixture_still_opens():
    right = recipe()
    two = parity_fixture(right.encoder, right.heads, random_batch(2, LENGTH))
    bundle = resealed(RIGHT, {FIXTURE: NpzArrays().fixture_bytes(two)})

    assert OPEN.run(bundle, digest=bundle.digest).agreement.holds


def test_an_engine_that_runs_groups_is_asked_for_a_whole_one():
    asked: list[int] = []
    engine = Groups(asked.append, OPEN.run(RIGHT, digest=RIGHT.digest).predictor)

    model = attrs.evolve(OPEN, engine=lambda: engine).run(RIGHT, digest=RIGHT.digest)

    assert model.agreement.holds
    assert asked == [3]


@pytest.mark.slow
@pytest.mark.parametrize("variant", [Variant.S, Variant.CONV_S, Variant.M, Variant.L])
def test_the_golden_networks_become_bundles_that_open(variant: Variant):
    right = golden(variant)
    bundle = BUILD.run(
        attrs.evolve(
            recipe(), encoder=right.weights, heads=(right.head,), specs=(), length=WEEK_MIN
        )
    )

    model = OPEN.run(bundle, digest=bundle.digest)

    found = model.predictor.predict(right.inputs)
    error = np.linalg.norm(found.embeddings - right.arrays["pooled_f64"], axis=1)
    assert (error <= 2e-6 * np.linalg.norm(right.arrays["pooled_f64"], axis=1)).all()
    assert np.abs(found.scores["task"] - right.arrays["prob"][:, 0]).max() <= 1e-5
