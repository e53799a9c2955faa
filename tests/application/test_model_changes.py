"""Every change of the registry leaves its record first, in a chain that is verified with the rest."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import attrs
import pytest

from clarity.adapters.onnx.engine import OnnxEngine
from clarity.adapters.onnx.graphs import OnnxGraphs
from clarity.adapters.onnx.predictor import open_onnx
from clarity.adapters.signing.ed25519 import Ed25519Signer, trusted_keys
from clarity.application.audit_trail import VerifyTrail
from clarity.application.bundles import Phase
from clarity.application.model_changes import AuditedChanges
from clarity.application.model_import import FactsMissing, ImportRequest
from clarity.application.model_views import ExportGraph, ListModels, ShowModel, VerifyModels
from clarity.domain.audit import AuditEvent, AuditRecord, Operation
from clarity.domain.models import (
    REGISTRY_SUBJECT,
    Direction,
    ModelSelector,
    ModelUnknown,
    NothingToRollBack,
    Stage,
    VersionInUse,
)
from clarity.domain.pat.artifact import DigestMismatch, UnreadableModel
from clarity.domain.pat.manifest import FIXTURE, GRAPH, WEIGHTS
from clarity.domain.pat.parity import ParityBroken
from clarity.domain.pat.preprocessing import OwnSpread
from clarity.domain.pat.variants import Variant
from clarity.domain.versions import SemanticVersion
from clarity.ports.audit import AuditSink
from clarity.ports.errors import AlreadyExists, StaleVersion, Unavailable
from clarity.ports.signing import NotTrusted
from tests.support.model_desk import ANN, CASE, Desk, desk
from tests.support.models import ANY_WEIGHTS, BUILD, LENGTH, resealed, tiny_bundle
from tests.support.pat import golden, random_encoder, random_head, sha256
from tests.support.signing import key_files
from tests.support.trails import anchors


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Desk]:
    with desk(tmp_path / "models") as opened:
        yield opened


class DeadTrail(AuditSink):
    """Takes nothing."""

    def append(self, event: AuditEvent) -> AuditRecord:
        raise Unavailable("the trail")


def champion(world: Desk) -> str:
    return str(world.registry.shelf("toy").history("champion").current)


def rollback(world: Desk) -> str:
    move = world.mover().rollback("toy", actor=ANN, correlation=CASE)
    assert move.direction is Direction.ROLLBACK
    return str(move.version)


def test_a_registered_bundle_is_recorded_and_serves_nobody_yet(world: Desk):
    (ref,) = world.add("1.0.0")

    (listed,) = ListModels(world.registry).run()
    assert (listed.version.ref, listed.stage, listed.aliases) == (ref, Stage.REGISTERED, ())
    assert (listed.version.added_by, listed.version.added_at) == ("ann", world.clock.now())
    assert world.touched() == ["model/toy/1.0.0"]


def test_a_version_is_registered_once(world: Desk):
    world.add("1.0.0")

    with pytest.raises(AlreadyExists, match=r"toy:1\.0\.0"):
        world.add("1.0.0")

    assert world.touched() == ["model/toy/1.0.0"]


def test_a_damaged_bundle_is_not_registered(world: Desk):
    bundle = tiny_bundle("1.0.0")
    damaged = attrs.evolve(bundle, files={**bundle.files, GRAPH: b""})

    with pytest.raises(DigestMismatch):
        world.register.run(damaged, actor=ANN, correlation=CASE)

    assert world.store.stored() == ()
    assert world.records() == []


def test_a_promotion_is_recorded_with_what_was_and_what_is(world: Desk):
    one, two = world.add("1.0.0", "2.0.0")
    world.promote("toy:1.0.0")
    world.promote("toy:2.0.0")

    event = world.records()[-1].event

    assert event.operation is Operation.MODEL_CHANGE
    assert event.patient.patient == REGISTRY_SUBJECT
    assert event.actor == ANN
    (touched,) = event.touched
    assert touched.entity == "model-alias/toy/champion/2"
    assert (touched.before, touched.after) == (one.digest, two.digest)


def test_the_chain_of_the_registry_is_verified_with_the_others(world: Desk):
    world.add("1.0.0")
    world.promote("toy:1.0.0")

    (verdict,) = VerifyTrail(world.trail, anchors(), world.trail, world.clock).run(
        ANN.tenant, actor=ANN, correlation=CASE
    )

    assert verdict.patient.patient == REGISTRY_SUBJECT
    assert (verdict.records, verdict.broken) == (2, None)


def test_what_is_promoted_is_proved_first(world: Desk):
    (ref,) = world.add("1.0.0")
    (world.root / "bundles" / ref.digest / FIXTURE).write_bytes(b"")

    with pytest.raises(DigestMismatch):
        world.promote("toy:1.0.0")

    assert champion(world) == "None"
    assert world.touched() == ["model/toy/1.0.0"]


def test_nothing_moves_that_cannot_be_recorded(world: Desk):
    world.add("1.0.0")
    deaf = attrs.evolve(world.mover(), changes=AuditedChanges(DeadTrail(), world.clock))

    with pytest.raises(Unavailable):
        deaf.promote(ModelSelector.parse("toy:1.0.0"), actor=ANN, correlation=CASE)

    assert champion(world) == "None"


def test_a_promotion_that_came_too_late_is_refused_and_recorded_as_such(world: Desk):
    world.add("1.0.0", "2.0.0")
    world.promote("toy:1.0.0")

    with pytest.raises(StaleVersion):
        world.mover().promote(
            ModelSelector.parse("toy:2.0.0"), based_on=0, actor=ANN, correlation=CASE
        )

    assert champion(world) == "1.0.0"
    assert world.touched()[-2:] == [
        "model-alias/toy/champion/1",
        "model-alias/toy/champion/1/refused",
    ]


def test_of_promotions_that_race_one_wins_and_the_others_are_recorded_as_refused(world: Desk):
    world.add("1.0.0", "2.0.0")
    mover = world.mover()

    def promote(number: int) -> str:
        try:
            mover.promote(
                ModelSelector.parse(f"toy:{number % 2 + 1}.0.0"),
                based_on=0,
                actor=ANN,
                correlation=CASE,
            )
        except StaleVersion:
            return "late"
        return "won"

    with ThreadPoolExecutor(8) as pool:
        outcomes = sorted(pool.map(promote, range(8)))

    assert outcomes == ["late"] * 7 + ["won"]
    assert sum(entity.endswith("/refused") for entity in world.touched()) == 7
    (verdict,) = VerifyTrail(world.trail, anchors(), world.trail, world.clock).run(
        ANN.tenant, actor=ANN, correlation=CASE
    )
    assert verdict.broken is None


def test_an_alias_can_be_promoted_to_what_another_alias_means(world: Desk):
    world.add("1.0.0", "2.0.0")
    world.promote("toy:2.0.0", alias="challenger")

    world.promote("toy@challenger")

    assert champion(world) == "2.0.0"


def test_rolling_back_twice_goes_back_two_promotions(world: Desk):
    world.add("1.0.0", "2.0.0", "3.0.0")
    for version in ("1.0.0", "2.0.0", "3.0.0"):
        world.promote(f"toy:{version}")

    assert [rollback(world), rollback(world)] == ["2.0.0", "1.0.0"]
    assert champion(world) == "1.0.0"
    with pytest.raises(NothingToRollBack):
        rollback(world)


def test_a_rollback_to_a_removed_version_is_refused(world: Desk):
    world.add("1.0.0", "2.0.0")
    world.promote("toy:1.0.0")
    world.promote("toy:2.0.0")
    world.remover().run(ModelSelector.parse("toy:1.0.0"), actor=ANN, correlation=CASE)

    with pytest.raises(ModelUnknown):
        rollback(world)


def test_a_version_in_use_is_not_removed(world: Desk):
    world.add("1.0.0")
    world.promote("toy:1.0.0")

    with pytest.raises(VersionInUse, match="champion"):
        world.remover().run(ModelSelector.parse("toy:1.0.0"), actor=ANN, correlation=CASE)


def test_a_removed_version_is_gone_from_memory_and_registry_and_recorded(world: Desk):
    (ref,) = world.add("1.0.0")
    loader = world.loader()
    loader.load(ModelSelector.parse("toy:1.0.0"))

    removed = world.remover(loader).run(
        ModelSelector.parse("toy:1.0.0"), actor=ANN, correlation=CASE
    )

    assert removed == ref
    assert not loader.is_loaded(ref)
    assert ListModels(world.registry).run() == ()
    (touched,) = world.records()[-1].event.touched
    assert (touched.before, touched.after) == (ref.digest, "")


def test_an_alias_whose_version_is_gone_has_no_digest_before_the_next_move(world: Desk):
    one, two = world.add("1.0.0", "2.0.0")
    world.promote("toy:1.0.0")
    world.registry.unregister(one)

    world.promote("toy:2.0.0")

    (touched,) = world.records()[-1].event.touched
    assert (touched.before, touched.after) == ("", two.digest)


def test_garbage_is_what_no_version_names_and_is_old_enough(world: Desk):
    one, two, three = world.add("1.0.0", "2.0.0", "3.0.0")
    world.clock.advance(7_200.0)
    world.store.put(tiny_bundle("3.0.0"))
    for version in ("2.0.0", "3.0.0"):
        selector = ModelSelector.parse(f"toy:{version}")
        world.remover().run(selector, actor=ANN, correlation=CASE)

    assert world.garbage.run(actor=ANN, correlation=CASE) == (two.digest,)
    assert {bundle.digest for bundle in world.store.stored()} == {one.digest, three.digest}
    assert world.touched()[-1] == f"bundle/{two.digest}"


def test_without_garbage_nothing_is_recorded(world: Desk):
    world.add("1.0.0")
    before = len(world.records())

    assert world.garbage.run(older_than_s=0.0, actor=ANN, correlation=CASE) == ()
    assert len(world.records()) == before


def test_a_signed_version_is_trusted_and_the_signature_recorded(world: Desk, tmp_path: Path):
    world.add("1.0.0")
    private, public = key_files(tmp_path)
    strict = attrs.evolve(world.opener, signatures=trusted_keys([public]))
    loader = attrs.evolve(world.loader(), opener=strict)
    selector = ModelSelector.parse("toy:1.0.0")
    with pytest.raises(NotTrusted):
        loader.load(selector)

    key = world.sign.run(
        selector, signer=Ed25519Signer.from_file(private), actor=ANN, correlation=CASE
    )

    assert loader.load(selector).signers == (key,)
    assert world.touched()[-1] == f"model/toy/1.0.0/signature/{key}"


def test_a_damaged_version_is_not_signed(world: Desk, tmp_path: Path):
    (ref,) = world.add("1.0.0")
    (world.root / "bundles" / ref.digest / GRAPH).write_bytes(b"")
    private, _ = key_files(tmp_path)

    with pytest.raises(DigestMismatch):
        world.sign.run(
            ModelSelector.parse("toy:1.0.0"),
            signer=Ed25519Signer.from_file(private),
            actor=ANN,
            correlation=CASE,
        )


def views(world: Desk) -> tuple[ShowModel, VerifyModels]:
    show = ShowModel(store=world.store, registry=world.registry)
    verify = VerifyModels(
        store=world.store, registry=world.registry, opener=world.opener, weights=ANY_WEIGHTS
    )
    return show, verify


def exporting(world: Desk, **changes: object) -> ExportGraph:
    show, _ = views(world)
    right = ExportGraph(
        show=show,
        weights=ANY_WEIGHTS,
        graphs=BUILD.graphs,
        runner=OnnxEngine,
        arrays=world.opener.arrays,
    )
    return attrs.evolve(right, **changes)


def test_a_model_is_shown_by_its_verified_manifest(world: Desk):
    (ref,) = world.add("1.0.0")
    show, _ = views(world)
    selector = ModelSelector.parse("toy:1.0.0")

    assert show.run(selector).ref == ref
    assert show.run(selector).manifest.variant is Variant.S
    assert show.card(selector).startswith("# toy 1.0.0\n")


def test_verifying_tells_every_version_that_is_damaged(world: Desk):
    one, two = world.add("1.0.0", "2.0.0")
    (world.root / "bundles" / two.digest / GRAPH).write_bytes(b"")
    _, verify = views(world)

    good, bad = verify.run([])
    (alone,) = verify.run([ModelSelector.parse("toy:1.0.0")])

    assert (good.ref, good.refusal) == (one, None)
    assert good.model is not None
    assert good.weights is not None
    assert good.weights.embedding_error < 1e-7
    assert alone.ref == one
    assert (bad.ref, bad.model) == (two, None)
    assert isinstance(bad.refusal, DigestMismatch)


def test_an_exported_graph_computes_what_the_model_does(world: Desk):
    world.add("1.0.0")
    show, _ = views(world)
    selector = ModelSelector.parse("toy:1.0.0")

    graph = exporting(world).run(selector)

    opened = open_onnx(graph, sha256=sha256(graph))
    assert opened.signature == show.run(selector).manifest.signature


def test_a_graph_that_does_not_pass_the_self_test_is_not_exported(world: Desk):
    @attrs.frozen
    class OtherGraphs(OnnxGraphs):
        """Builds the graph of other weights."""

        def portable(self, encoder, *, heads, length):
            return super().portable(random_encoder(Variant.S, 99), heads=heads, length=length)

    world.add("1.0.0")

    with pytest.raises(ParityBroken):
        exporting(world, graphs=OtherGraphs).run(ModelSelector.parse("toy:1.0.0"))


def test_verifying_finds_weights_that_are_not_those_of_the_graph(world: Desk):
    right = tiny_bundle("1.0.0")
    other = resealed(right, {WEIGHTS: tiny_bundle("2.0.0").files[WEIGHTS]})
    world.register.run(other, actor=ANN, correlation=CASE)

    (verdict,) = views(world)[1].run([])

    assert isinstance(verdict.refusal, ParityBroken)
    assert verdict.model is None


def request(**changes: object) -> ImportRequest:
    weights = ANY_WEIGHTS.write(random_encoder(Variant.S), heads=(random_head("mood"),))
    right = ImportRequest(
        model="toy",
        version=SemanticVersion(1),
        weights=weights,
        location="toy.safetensors",
        scaler=OwnSpread(),
        licence="made up",
        length=LENGTH,
    )
    return attrs.evolve(right, **changes)


def test_weights_become_a_registered_model_that_says_where_it_comes_from(world: Desk):
    given = request()

    model = world.importer.run(given, actor=ANN, correlation=CASE)

    manifest = model.manifest
    assert manifest.variant is Variant.S
    assert manifest.origin.sha256 == sha256(given.weights)
    assert (manifest.origin.format, manifest.origin.location) == ("safetensors", "toy.safetensors")
    assert [head.name for head in manifest.heads] == ["mood"]
    card = views(world)[0].card(ModelSelector.parse("toy:1.0.0"))
    assert "# toy 1.0.0 (PAT-S)" in card
    assert sha256(given.weights) in card


def test_a_keras_encoder_and_its_heads_become_a_model(world: Desk):
    right = golden(Variant.S)

    model = world.importer.run(
        request(
            weights=right.encoder_file.read_bytes(),
            heads=(("task", right.head_file.read_bytes()),),
            length=LENGTH,
        ),
        actor=ANN,
        correlation=CASE,
    )

    assert model.predictor.signature.heads == ("task",)
    assert model.manifest.origin.format == "keras-h5"


@pytest.mark.parametrize(
    ("changes", "missing"),
    [
        ({"scaler": None}, ("scaler",)),
        ({"licence": ""}, ("licence",)),
        ({"scaler": None, "licence": ""}, ("scaler", "licence")),
        ({"model": "", "version": None}, ("name", "version")),
    ],
)
def test_what_the_file_does_not_say_is_asked_for(world: Desk, changes, missing):
    with pytest.raises(
        FactsMissing, match=r"PAT-S, 274,720 encoder parameters, SHA-256"
    ) as refusal:
        world.importer.run(request(**changes), actor=ANN, correlation=CASE)

    assert refusal.value.missing == missing
    assert world.records() == []


def test_the_phases_of_adding_a_model_are_told_in_order(world: Desk):
    heard: list[Phase] = []

    world.importer.run(request(), actor=ANN, correlation=CASE, told=heard.append)

    assert heard == list(Phase)


def test_a_file_with_another_digest_than_was_named_is_not_parsed(world: Desk):
    with pytest.raises(DigestMismatch):
        world.importer.run(
            request(weights=b"\x80\x04N.", sha256="0" * 64), actor=ANN, correlation=CASE
        )


def test_a_file_that_is_no_weights_is_refused(world: Desk):
    with pytest.raises(UnreadableModel, match="pickle"):
        world.importer.run(request(weights=b"\x80\x04N."), actor=ANN, correlation=CASE)
