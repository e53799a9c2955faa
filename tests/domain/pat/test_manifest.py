import json

import attrs
import pytest

from clarity.domain.pat.artifact import DigestMismatch, UnreadableModel
from clarity.domain.pat.bundle import (
    LARGEST_BUNDLE,
    Bundle,
    BundleIncomplete,
    BundleSignature,
    BundleTooLarge,
    verified,
)
from clarity.domain.pat.calibration import Isotonic, Platt
from clarity.domain.pat.canonical import LARGEST_MANIFEST, encoded, read_heads, read_manifest
from clarity.domain.pat.card import ModelCard, markdown
from clarity.domain.pat.manifest import HeadSpec, InputContract, Manifest, Origin
from clarity.domain.pat.variants import Variant
from clarity.domain.streams import Unit
from clarity.domain.versions import SemanticVersion
from tests.support.pat import sha256

FILES = {
    name: name.encode() for name in ("weights.safetensors", "model.onnx", "fixture.npz", "card.md")
}
MANIFEST = Manifest(
    model="pat-s",
    version=SemanticVersion(1, 2, 3, ("rc", "1")),
    variant=Variant.S,
    input=InputContract(length=10_080, unit=Unit.COUNTS),
    scaler="per_window_zscore",
    heads=(
        HeadSpec(
            name="mood", task="ä task", threshold=0.25, calibration=Platt(slope=1, intercept=0)
        ),
        HeadSpec(name="sleep", calibration=Isotonic(scores=(0, 1), probabilities=(0.1, 0.9))),
        HeadSpec(name="other"),
    ),
    origin=Origin(sha256="0" * 64, format="keras-h5", location="file.h5", builder="1"),
    licence="CC BY 4.0",
    files={name: sha256(data) for name, data in FILES.items()},
)
BUNDLE = Bundle(manifest=encoded(MANIFEST), files=FILES)


def changed(**fields: object) -> bytes:
    content = json.loads(encoded(MANIFEST)) | fields
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def test_a_manifest_is_read_as_it_is_written():
    assert read_manifest(encoded(MANIFEST)) == MANIFEST


def test_a_manifest_without_a_unit_is_read_as_it_is_written():
    manifest = attrs.evolve(MANIFEST, input=InputContract(length=180, unit=None))

    assert read_manifest(encoded(manifest)) == manifest


def test_the_signature_of_a_network_follows_from_its_manifest():
    assert MANIFEST.signature.heads == ("mood", "sleep", "other")
    assert MANIFEST.signature.length == 10_080


@pytest.mark.parametrize(
    "fields",
    [
        {"schema": 2},
        {"model": "PAT"},
        {"model": 7},
        {"version": "new"},
        {"version": "v1"},
        {"variant": "PAT-XL"},
        {"input": {"epoch_s": 30, "length": 10_080, "unit": "counts"}},
        {"input": {"epoch_s": 60, "length": 10_081, "unit": "counts"}},
        {"input": {"epoch_s": 60, "length": "10080", "unit": "counts"}},
        {"input": {"epoch_s": 60, "length": 0, "unit": "counts"}},
        {"input": {"epoch_s": 60, "length": 10_080, "unit": "miles"}},
        {"input": None},
        {"scaler": ""},
        {"scaler": 1},
        {"licence": ""},
        {"heads": [{"name": "Mood"}]},
        {"heads": [{"name": 3}]},
        {"heads": 3},
        {"heads": [{"name": "mood", "threshold": 2.0}]},
        {"heads": [{"name": "mood", "calibration": {"kind": "guess"}}]},
        {"origin": {}},
        {"origin": {"sha256": 1, "format": "", "location": "", "builder": ""}},
        {"files": {"model.onnx": "0" * 64}},
        {"files": dict(MANIFEST.files) | {"more.txt": "0" * 64}},
        {"files": dict(MANIFEST.files) | {"card.md": "zz"}},
        {"extra": 1},
    ],
)
def test_a_manifest_with_something_else_in_it_is_refused(fields: dict[str, object]):
    with pytest.raises(UnreadableModel):
        read_manifest(changed(**fields))


FILES_NEEDED = "a bundle has weights, graph, fixture, card, and at most a scaler"


@pytest.mark.parametrize(
    ("fields", "error", "said"),
    [
        ({"scaler": 1}, TypeError, "scaler is text"),
        ({"scaler": ""}, ValueError, "scaler is not empty"),
        ({"licence": None}, TypeError, "licence is text"),
        ({"licence": ""}, ValueError, "licence is not empty"),
        ({"files": {"model.onnx": "0" * 64}}, ValueError, FILES_NEEDED),
        ({"files": {**MANIFEST.files, "more.txt": "0" * 64}}, ValueError, FILES_NEEDED),
        (
            {"files": {**MANIFEST.files, "card.md": "0" * 63}},
            ValueError,
            "a digest is 64 hexadecimal digits",
        ),
    ],
)
def test_what_is_wrong_with_a_manifest_is_said(
    fields: dict[str, object], error: type[Exception], said: str
):
    with pytest.raises(error) as refused:
        attrs.evolve(MANIFEST, **fields)

    assert str(refused.value) == said


def test_a_bundle_may_have_a_scaler_beside_everything_else():
    files = {**MANIFEST.files, "scaler.npz": "0" * 64}

    assert attrs.evolve(MANIFEST, files=files).files["scaler.npz"] == "0" * 64


@pytest.mark.parametrize(
    "data",
    [b"", b"[]", b"{", b"null", b"\xff", b"[" * 100_000, encoded(MANIFEST) + b" "],
    ids=["empty", "list", "cut", "null", "bytes", "deep", "space"],
)
def test_what_is_no_manifest_is_refused(data: bytes):
    with pytest.raises(UnreadableModel):
        read_manifest(data)


def test_a_huge_manifest_is_refused_before_it_is_parsed():
    with pytest.raises(UnreadableModel, match="larger"):
        read_manifest(b"[" * (LARGEST_MANIFEST + 1))


def test_heads_are_described_by_a_list_in_which_most_may_be_left_out():
    text = b'[{"name": "mood", "calibration": {"kind": "platt", "slope": 1, "intercept": 0}}]'

    assert read_heads(text) == (HeadSpec(name="mood", calibration=Platt(slope=1, intercept=0)),)


HUGE = (
    b'[{"name": "a", "calibration": {"kind": "isotonic", "scores": [0, 1], "probabilities": [0, 1%b]}}]'
    % (b"0" * 400)
)


@pytest.mark.parametrize(
    "data", [b"", b"7", b"[7]", b"[{}]", b'[{"name": "a", "kind": "b"}]', HUGE]
)
def test_what_describes_no_heads_is_refused(data: bytes):
    with pytest.raises(UnreadableModel, match="heads"):
        read_heads(data)


def test_a_right_bundle_is_verified():
    found = verified(BUNDLE, digest=BUNDLE.digest)

    assert found.manifest == MANIFEST
    assert found.ref.digest == BUNDLE.digest
    assert str(found.ref) == "pat-s:1.2.3-rc.1"
    assert found.files == FILES
    assert found.signatures == 0


def test_a_verified_bundle_tells_how_many_signatures_came_with_it():
    signatures = [BundleSignature("0" * 64, b""), BundleSignature("1" * 64, b"")]

    found = verified(attrs.evolve(BUNDLE, signatures=signatures), digest=BUNDLE.digest)

    assert found.signatures == 2


def test_a_part_of_a_verified_bundle_has_the_files_that_were_asked_for_and_there():
    whole = verified(BUNDLE, digest=BUNDLE.digest)

    part = whole.only({"model.onnx", "scaler.npz"})

    assert (part.ref, part.manifest) == (whole.ref, whole.manifest)
    assert part.files == {"model.onnx": b"model.onnx"}


@pytest.mark.parametrize("name", sorted(FILES))
def test_a_file_with_another_digest_is_refused(name: str):
    bundle = attrs.evolve(BUNDLE, files=FILES | {name: b"other"})

    with pytest.raises(DigestMismatch):
        verified(bundle, digest=BUNDLE.digest)


def test_a_manifest_with_another_digest_is_refused_before_it_is_parsed():
    bundle = attrs.evolve(BUNDLE, manifest=b"not even JSON")

    with pytest.raises(DigestMismatch):
        verified(bundle, digest=BUNDLE.digest)


def test_a_bundle_that_lacks_a_file_or_has_one_more_is_refused():
    less = attrs.evolve(BUNDLE, files={k: v for k, v in FILES.items() if k != "card.md"})
    more = attrs.evolve(BUNDLE, files=FILES | {"more.txt": b""})

    with pytest.raises(BundleIncomplete, match=r"lacks card\.md"):
        verified(less, digest=BUNDLE.digest)
    with pytest.raises(BundleIncomplete, match="lacks nothing and holds 1"):
        verified(more, digest=BUNDLE.digest)


def test_a_bundle_that_is_larger_than_any_model_is_refused_unread():
    bundle = attrs.evolve(BUNDLE, files={"model.onnx": bytes(LARGEST_BUNDLE + 1)})

    with pytest.raises(BundleTooLarge, match="not opened"):
        verified(bundle, digest=BUNDLE.digest)


@pytest.mark.parametrize("name", ["../x.md", "manifest.json", "A.md", "", "a/b.md", "a"])
def test_a_file_with_an_awkward_name_is_no_part_of_a_bundle(name: str):
    with pytest.raises(ValueError, match="plain"):
        attrs.evolve(BUNDLE, files={name: b""})


def test_a_key_signs_once():
    signature = BundleSignature("0" * 64, b"")

    with pytest.raises(ValueError, match="once"):
        attrs.evolve(BUNDLE, signatures=[signature, signature])


def test_a_card_says_what_is_unknown():
    card = ModelCard(title="PAT-S 1.0.0", limitations=("one", "two"), licence="CC BY 4.0")

    text = markdown(card)

    assert text.startswith("# PAT-S 1.0.0\n")
    assert "## Limitations\n\n- one\n- two\n" in text
    assert "## Training data\n\nUnknown.\n" in text
