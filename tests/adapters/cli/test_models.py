"""`clarity models`, from a file of weights to a promoted version and back."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import attrs
import h5py
import pytest

from clarity.adapters.signing.ed25519 import Ed25519Signer
from clarity.domain.pat.bundle import Bundle
from clarity.domain.pat.manifest import GRAPH
from tests.adapters.cli.conftest import Command
from tests.adapters.web.test_downloads import Server, listening
from tests.support.dynamodb import credentials
from tests.support.engines import running
from tests.support.models import ANY_WEIGHTS, LENGTH, tiny_bundle
from tests.support.pat import golden, random_encoder, random_head, sha256
from tests.support.signing import key_files

NAMED = ("--name", "toy", "--version", "1", "--scaler", "own", "--licence", "made up")
SAID = ("--scaler", "own", "--licence", "made up", "--length", LENGTH)


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    path = tmp_path / "toy.safetensors"
    path.write_bytes(ANY_WEIGHTS.write(random_encoder("PAT-S"), heads=(random_head("mood"),)))
    return path


@pytest.fixture
def added(clarity: Command, weights: Path) -> Command:
    """The command line with toy 1.0.0 and 2.0.0."""
    for version in ("1", "2"):
        said = clarity("models", "add", weights, "--name", "toy", "--version", version, *SAID)
        assert said.code == 0, said.err
    return clarity


@pytest.fixture
def server(weights: Path) -> Iterator[Server]:
    with listening(Server(content=weights.read_bytes())) as world:
        yield world


def folder_of(tmp_path: Path) -> Path:
    return tmp_path / "home" / "clarity" / "models"


def bundle_in(folder: Path, bundle: Bundle) -> Path:
    (folder / "signatures").mkdir(parents=True)
    for name, data in {**bundle.files, "manifest.json": bundle.manifest}.items():
        (folder / name).write_bytes(data)
    for signature in bundle.signatures:
        (folder / "signatures" / f"{signature.key}.ed25519").write_bytes(signature.value)
    return folder


def test_without_models_the_list_says_how_to_add_one(clarity: Command):
    said = clarity("models", "list")

    assert (said.code, said.out) == (0, "")
    assert "clarity models add" in said.err


def test_a_file_alone_is_told_with_what_it_does_not_say(clarity: Command, weights: Path):
    said = clarity("models", "add", weights)

    assert said.code == 1
    assert "PAT-S, 274,720 encoder parameters" in said.err
    assert sha256(weights.read_bytes()) in said.err
    for option in ("--name", "--version", "--scaler", "--licence"):
        assert option in said.err


def test_a_model_is_added_and_serves_nobody_yet(clarity: Command, weights: Path):
    said = clarity("models", "add", weights, "--name", "toy", "--version", "1", *SAID, "--json")

    assert said.told["model"] == "toy:1.0.0"
    assert said.told["variant"] == "PAT-S"
    assert said.told["not_calibrated"] == ["mood"]
    assert said.told["self_test"] < 2e-6
    listed = clarity("models", "list", "--json").told
    assert [(one["version"], one["stage"], one["aliases"]) for one in listed] == [
        ("1.0.0", "registered", [])
    ]


def test_a_model_goes_from_registered_to_production_and_back(added: Command):
    promoted = added("models", "promote", "toy:1")
    added("models", "promote", "toy:2", "--json")
    back = added("models", "rollback", "toy", "--json")

    assert promoted.out == "toy@champion is 1.0.0 (revision 1)\n"
    assert back.told == {"model": "toy", "alias": "champion", "version": "1.0.0", "revision": 3}
    listed = added("models", "list").out.splitlines()
    assert [line.split() for line in listed] == [
        ["toy:1.0.0", "production", "@champion"],
        ["toy:2.0.0", "retired"],
    ]


@pytest.mark.parametrize("engine", ["ministack", "moto"])
def test_a_model_in_s3_is_added_listed_promoted_and_verified(
    clarity: Command, weights: Path, engine: str
):
    credentials()
    url = running(engine).url
    where = f"s3://command-line/models?region=eu-west-1&endpoint={url}&create=yes"
    in_s3 = ("models", "--folder", where)

    added = clarity(*in_s3, "add", weights, "--name", "toy", "--version", "1", *SAID)
    promoted = clarity(*in_s3, "promote", "toy:1")
    listed = clarity(*in_s3, "list")
    verified = clarity(*in_s3, "verify", "toy:1")

    assert added.code == 0, added.err
    assert promoted.out == "toy@champion is 1.0.0 (revision 1)\n"
    assert listed.out.split() == ["toy:1.0.0", "production", "@champion"]
    assert verified.code == 0, verified.err


def test_an_address_in_s3_that_is_none_is_refused_in_words(clarity: Command):
    said = clarity("models", "--folder", "s3://models", "list")

    assert said.code == 1
    assert "aws.bad-bucket-address" in said.err
    assert "region" in said.err


def test_changes_are_audited_and_the_chain_verified(added: Command):
    added("models", "promote", "toy:2", "--alias", "challenger")

    report = added("audit", "report", "--patient", "clarity:model-registry")
    verified = added("audit", "verify")

    assert "model-alias/toy/challenger/1" in report.out
    assert report.out.count("model-change") == 3
    assert verified.code == 0
    assert "1 chains" in verified.out


def test_a_promotion_based_on_an_old_revision_is_refused(added: Command):
    added("models", "promote", "toy:1")

    said = added("models", "promote", "toy:2", "--based-on", 0)

    assert said.code == 1
    assert "port.stale-version" in said.err


def test_a_version_is_shown_with_its_facts_and_card(added: Command):
    facts = added("models", "show", "toy:1", "--json").told

    assert (facts["model"], facts["licence"], facts["unit"]) == ("toy:1.0.0", "made up", "unknown")
    assert facts["heads"] == ["mood"]
    assert "variant      PAT-S" in added("models", "show", "toy:1").out
    assert added("models", "card", "toy:1").out.startswith("# toy 1.0.0 (PAT-S)\n")


def test_verifying_finds_the_damaged_version_and_says_so(added: Command, tmp_path: Path):
    listed = added("models", "list", "--json").told
    (folder_of(tmp_path) / "bundles" / listed[1]["digest"] / GRAPH).write_bytes(b"x")

    said = added("models", "verify")
    told = added("models", "verify", "toy:2", "--json")

    assert said.code == 1
    assert said.out.splitlines()[0].startswith("ok       toy:1.0.0  self-test within")
    assert said.out.splitlines()[1].startswith("REFUSED  toy:2.0.0  the model has SHA-256")
    assert [verdict["ok"] for verdict in told.told] == [False]
    assert added("models", "verify", "toy:1").code == 0


def test_a_removed_version_is_gone_and_its_space_freed(added: Command, tmp_path: Path):
    assert added("models", "remove", "toy:1").out == "removed toy:1.0.0\n"
    assert added("models", "gc").out == "removed 0 bundles\n"
    assert added("models", "gc", "--older-than", 0).out == "removed 1 bundles\n"
    assert len(list((folder_of(tmp_path) / "bundles").iterdir())) == 1


def test_where_keys_are_trusted_only_signed_versions_serve(added: Command, tmp_path: Path):
    (tmp_path / "trusted").mkdir()
    private, public = key_files(tmp_path)
    public.rename(tmp_path / "trusted" / "ann.pem")
    strict = ("models", "--trust", tmp_path / "trusted")

    refused = added(*strict, "promote", "toy:1")
    signed = added("models", "sign", "toy:1", "--key", private)

    assert (refused.code, "model.not-trusted" in refused.err) == (1, True)
    assert signed.out.startswith("signed by key ")
    assert added(*strict, "promote", "toy:1").code == 0
    assert "signed by 1 trusted keys" in added(*strict, "verify", "toy:1").out


def test_signatures_that_no_key_was_given_to_check_are_not_said_to_be_none(
    added: Command, tmp_path: Path
):
    for name in ("ann", "bob"):
        private, _ = key_files(tmp_path, name)
        added("models", "sign", "toy:1", "--key", private)

    signed, unsigned = added("models", "verify").out.splitlines()
    told = added("models", "verify", "--json").told

    assert signed.endswith(", 2 signatures, no key to check them against (--trust FOLDER)")
    assert unsigned.endswith(", not signed")
    assert [(one["signed_by"], one["signatures"]) for one in told] == [([], 2), ([], 0)]
    assert added("models", "show", "toy:1", "--json").told["signatures"] == 2


def test_of_a_refused_version_no_signatures_are_counted(added: Command, tmp_path: Path):
    for version in added("models", "list", "--json").told:
        (folder_of(tmp_path) / "bundles" / version["digest"] / GRAPH).write_bytes(b"x")

    told = added("models", "verify", "--json").told

    assert [one["signatures"] for one in told] == [None, None]


def test_a_folder_without_keys_is_never_no_trust_at_all(added: Command, tmp_path: Path):
    said = added("models", "--trust", tmp_path, "verify")

    assert said.code == 1
    assert "trusted keys" in said.err


def test_models_can_live_in_another_folder(clarity: Command, weights: Path, tmp_path: Path):
    elsewhere = ("models", "--folder", tmp_path / "elsewhere")

    clarity(*elsewhere, "add", weights, "--name", "toy", "--version", "1", *SAID)

    assert "toy:1.0.0" in clarity(*elsewhere, "list").out
    assert clarity("models", "list").out == ""


def test_a_version_is_exported_as_onnx(added: Command, tmp_path: Path):
    out = tmp_path / "a new folder" / "toy.onnx"

    said = added("models", "export-onnx", "toy:1", out)

    assert said.code == 0
    assert f"{out.stat().st_size:,} bytes" in said.out


def test_a_place_where_nothing_can_be_written_is_told_in_words(added: Command, tmp_path: Path):
    (tmp_path / "file").write_text("in the way")

    said = added("models", "export-onnx", "toy:1", tmp_path / "file" / "toy.onnx")

    assert said.code == 1
    assert "error [port.unavailable]" in said.err


def test_a_model_of_another_length_is_said_to_be_none_for_weeks(clarity: Command, weights: Path):
    short = clarity("models", "add", weights, *NAMED, "--length", LENGTH, "--json")
    spoken = clarity("models", "add", weights, *NAMED[:3], "2", *NAMED[4:], "--length", LENGTH)

    assert short.told["minutes"] == LENGTH
    assert "cannot be asked about weeks" in spoken.err


@pytest.fixture
def full_model(tmp_path: Path) -> Path:
    """A Keras file of a whole model: encoder and head in one."""
    path = tmp_path / "full.h5"
    with h5py.File(path, "w") as full:
        for file in (golden("PAT-S").encoder_file, golden("PAT-S").head_file):
            with h5py.File(file) as part:
                for layer in part:
                    part.copy(layer, full.require_group("model_weights"))
    return path


def test_a_head_inside_a_keras_file_is_never_lost_unsaid(clarity: Command, full_model: Path):
    said = clarity("models", "add", full_model, *NAMED)

    assert said.code == 1
    assert "[model.head-unnamed]" in said.err
    assert "dense_128 and output" in said.err
    assert "--head NAME=FILE" in said.err


def test_the_head_of_a_keras_file_is_kept_under_a_name_or_left_out(
    clarity: Command, full_model: Path
):
    kept = clarity("models", "add", full_model, *NAMED, "--head", f"task={full_model}", "--json")
    left = clarity(
        *("models", "add", full_model, *NAMED[:3], "2", *NAMED[4:], "--encoder-only", "--json")
    )

    assert kept.told["heads"] == ["task"]
    assert left.told["heads"] == []


def test_a_bundle_in_a_folder_is_added_as_it_is(clarity: Command, tmp_path: Path):
    bundle = tiny_bundle("3.0.0")
    folder = bundle_in(tmp_path / "bundle", bundle)

    said = clarity("models", "add", folder, "--sha256", bundle.digest, "--json")

    assert said.told["model"] == "toy:3.0.0"
    assert said.told["digest"] == bundle.digest


def test_a_signed_bundle_in_a_folder_keeps_its_signatures(clarity: Command, tmp_path: Path):
    (tmp_path / "trusted").mkdir()
    private, public = key_files(tmp_path)
    public.rename(tmp_path / "trusted" / "ann.pem")
    bundle = tiny_bundle("3.0.0")
    signature = Ed25519Signer.from_file(private).sign(bundle.digest)
    folder = bundle_in(tmp_path / "bundle", attrs.evolve(bundle, signatures=[signature]))

    added = clarity("models", "add", folder)

    assert added.code == 0, added.err
    assert clarity("models", "--trust", tmp_path / "trusted", "promote", "toy:3").code == 0


@pytest.mark.parametrize(
    "stray", ["more/card.md", "signatures/readme.txt", f"signatures/{'0' * 64}.ed25519"]
)
def test_nothing_in_the_folder_of_a_bundle_is_passed_over(
    clarity: Command, tmp_path: Path, stray: str
):
    folder = bundle_in(tmp_path / "bundle", tiny_bundle("3.0.0"))
    (folder / stray).parent.mkdir(exist_ok=True)
    (folder / stray).write_bytes(b"short")

    said = clarity("models", "add", folder)

    assert said.code == 2
    assert "signatures" in said.err


@pytest.mark.parametrize(
    "option",
    [
        ("--name", "other"),
        ("--version", "1.0.0"),
        ("--scaler", "own"),
        ("--licence", "other"),
        ("--head", "mood=file"),
        ("--encoder-only",),
        ("--length", 10_080),
        ("--url", "https://example.org/x"),
        ("--contact", ""),
    ],
    ids=lambda option: option[0],
)
def test_what_a_bundle_says_itself_cannot_be_said_beside_it(
    clarity: Command, tmp_path: Path, option: tuple[object, ...]
):
    folder = bundle_in(tmp_path / "bundle", tiny_bundle("3.0.0"))

    said = clarity("models", "add", folder, *option)

    assert said.code == 2
    assert f"leave out {option[0]}" in said.err
    assert clarity("models", "list").out == ""


def test_another_bundle_than_was_named_is_refused(clarity: Command, tmp_path: Path):
    folder = bundle_in(tmp_path / "bundle", tiny_bundle("3.0.0"))

    assert "pat.digest-mismatch" in clarity("models", "add", folder, "--sha256", "0" * 64).err


@pytest.mark.parametrize("left", [(), ("manifest.json", "Strange")])
def test_a_folder_without_a_bundle_is_wrong_usage(
    clarity: Command, tmp_path: Path, left: tuple[str, ...]
):
    (tmp_path / "folder").mkdir()
    for name in left:
        (tmp_path / "folder" / name).touch()

    said = clarity("models", "add", tmp_path / "folder")

    assert said.code == 2
    assert "bundle" in said.err


def test_a_keras_file_with_a_head_and_what_its_score_means_is_added(
    clarity: Command, tmp_path: Path
):
    right = golden("PAT-S")
    heads = tmp_path / "heads.json"
    platt = {"kind": "platt", "slope": 1.0, "intercept": 0.0}
    heads.write_text(json.dumps([{"name": "task", "threshold": 0.5, "calibration": platt}]))

    said = clarity(
        *("models", "add", right.encoder_file, "--name", "pat-s", "--version", "1"),
        *("--head", f"task={right.head_file}", "--heads", heads, *SAID, "--json"),
    )

    assert said.told["heads"] == ["task"]
    assert said.told["not_calibrated"] == []


@pytest.mark.parametrize(
    ("described", "problem"),
    [
        (["modd"], "[model.head-unknown]: 'modd' is described"),
        (["mood", "mood"], "[model.head-twice]: two descriptions have the name 'mood'"),
    ],
    ids=["no head", "twice"],
)
def test_what_is_said_of_a_head_is_never_lost_unsaid(
    clarity: Command, weights: Path, tmp_path: Path, described: list[str], problem: str
):
    heads = tmp_path / "heads.json"
    heads.write_text(json.dumps([{"name": name, "threshold": 0.5} for name in described]))

    said = clarity("models", "add", weights, *NAMED, "--length", LENGTH, "--heads", heads)

    assert said.code == 1
    assert problem in said.err
    assert "its heads are mood:" in said.err
    assert clarity("models", "list").out == ""


def test_two_heads_of_one_name_are_refused_in_words(clarity: Command, weights: Path):
    head = f"mood={golden('PAT-S').head_file}"

    said = clarity("models", "add", weights, *NAMED, "--length", LENGTH, "--head", head)

    assert said.code == 1
    assert "[model.head-twice]: two heads have the name 'mood'" in said.err


def test_a_file_behind_an_address_is_added(clarity: Command, server: Server, weights: Path):
    digest = sha256(weights.read_bytes())

    said = clarity(
        *("models", "add", "--url", server.url, "--sha256", digest),
        *("--name", "toy", "--version", "1", *SAID, "--json"),
    )

    assert said.told["source_sha256"] == digest
    assert clarity("models", "show", "toy:1", "--json").told["source"] == server.url


@pytest.mark.parametrize("left_out", ["--name", "--version", "--scaler", "--licence"])
def test_nothing_is_fetched_before_everything_else_is_said(
    clarity: Command, server: Server, weights: Path, left_out: str
):
    where = NAMED.index(left_out)
    said = clarity(
        *("models", "add", "--url", server.url, "--sha256", sha256(weights.read_bytes())),
        *NAMED[:where],
        *NAMED[where + 2 :],
    )

    assert said.code == 2
    assert f"give {left_out}" in said.err
    assert server.asked == []


def test_on_a_terminal_a_download_shows_its_progress(
    clarity: Command, server: Server, weights: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)

    said = clarity(
        *("models", "add", "--url", server.url, "--sha256", sha256(weights.read_bytes())),
        *("--name", "toy", "--version", "1", *SAID),
    )

    assert said.code == 0
    assert "keeping the bundle" in said.err


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ((), "give a SOURCE"),
        (("--url", "https://example.org/x"), "--sha256"),
        (("--url", "https://example.org/x", "--sha256", "abc"), "64 hexadecimal"),
        (("WEIGHTS", "--url", "https://example.org/x"), "not both"),
        (("WEIGHTS", "--head", "mood"), "NAME=FILE"),
        (("WEIGHTS", "--head", "mood=/nowhere"), "NAME=FILE"),
        (("WEIGHTS", "--scaler", "/nowhere"), "neither"),
        (("/nowhere",), "does not exist"),
    ],
)
def test_what_makes_no_sense_is_wrong_usage(
    clarity: Command, weights: Path, options: tuple[str, ...], problem: str
):
    said = clarity("models", "add", *(weights if o == "WEIGHTS" else o for o in options))

    assert said.code == 2
    assert problem in said.err


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("add", "WEIGHTS", "--version", "new"), "model.bad-version"),
        (
            ("add", "--url", "http://example.org/x", "--sha256", "0" * 64, *NAMED),
            "download.bad-address",
        ),
        (("show", "toy"), "model.unknown"),
        (("show", "TOY"), "model.bad-name"),
        (("promote", "toy:1"), "model.unknown"),
        (("rollback", "toy"), "model.nothing-to-roll-back"),
        (("remove", "toy:1"), "model.unknown"),
    ],
)
def test_what_cannot_be_done_is_told_with_a_code(
    clarity: Command, weights: Path, arguments: tuple[str, ...], code: str
):
    said = clarity("models", *(weights if a == "WEIGHTS" else a for a in arguments))

    assert said.code == 1
    assert f"[{code}]" in said.err


@pytest.mark.parametrize("data", [b"", b"\x80\x04N.", b"PK\x03\x04", bytes(64)])
def test_a_file_that_is_no_model_is_refused(clarity: Command, tmp_path: Path, data: bytes):
    path = tmp_path / "file.h5"
    path.write_bytes(data)

    said = clarity("models", "add", path, "--name", "toy", "--version", "1", *SAID)

    assert said.code == 1
    assert "pat.unreadable-model" in said.err


def test_the_card_says_what_was_told_when_the_model_was_added(clarity: Command, weights: Path):
    card = (
        *("--intended-use", "research on groups", "--training-data", "made up for tests"),
        *("--limitation", "not for one person", "--limitation", "not for children"),
        *("--contact", "the help desk"),
    )
    added = clarity("models", "add", weights, "--name", "toy", "--version", "1", *SAID, *card)

    said = clarity("models", "card", "toy:1")

    assert added.code == 0, added.err
    assert "## Intended use\n\nresearch on groups\n" in said.out
    assert "## Training data\n\nmade up for tests\n" in said.out
    assert "- not for one person\n- not for children\n" in said.out
    assert "## Contact\n\nthe help desk\n" in said.out


def test_a_bundle_keeps_its_card(clarity: Command, tmp_path: Path):
    folder = bundle_in(tmp_path / "bundle", tiny_bundle("1.0.0"))

    assert clarity("models", "add", folder, "--contact", "somebody else").code == 2
