"""What the folders of models do when somebody else was in them."""

import os
import subprocess
import sys
from pathlib import Path

import attrs
import pytest

from clarity.adapters.local._files import translated
from clarity.adapters.local.model_registry import DirectoryModelRegistry
from clarity.adapters.local.model_store import MOST_ENTRIES, DirectoryModelStore
from clarity.domain.pat.bundle import LARGEST_BUNDLE, Bundle, BundleSignature, BundleTooLarge
from clarity.ports.errors import Corrupt, Denied, NotFound, Unavailable
from tests.contracts.model_registry.harness import known, moved
from tests.support.clocks import HandClock

ROOT = Path(__file__).resolve().parents[3]
ONE = Bundle(manifest=b"{}", files={"model.onnx": b"one"})


@pytest.fixture
def store(tmp_path: Path) -> DirectoryModelStore:
    return DirectoryModelStore(root=tmp_path / "models", clock=HandClock())


@pytest.fixture
def registry(tmp_path: Path) -> DirectoryModelRegistry:
    return DirectoryModelRegistry(root=tmp_path / "models")


def folder_of(store: DirectoryModelStore) -> Path:
    return store.root / "bundles" / ONE.digest


def test_files_are_for_their_owner_alone(store: DirectoryModelStore):
    store.put(attrs.evolve(ONE, signatures=[BundleSignature("0" * 64, b"s")]))

    modes = {path.stat().st_mode & 0o077 for path in store.root.rglob("*")}
    assert modes == {0}


def test_nothing_is_left_in_staging(store: DirectoryModelStore, registry: DirectoryModelRegistry):
    store.put(ONE)
    registry.register(known("1.0.0"))
    store.remove(ONE.digest)

    assert list((store.root / "staging").iterdir()) == []


@pytest.mark.parametrize("place", ["", "versions", "versions/toy", "aliases/toy"])
def test_a_registry_that_cannot_be_read_is_never_an_empty_one(
    registry: DirectoryModelRegistry, place: str
):
    (registry.root / place).parent.mkdir(parents=True, exist_ok=True)
    (registry.root / place).write_text("a file where the folder was")

    with pytest.raises(Unavailable):
        registry.shelf("toy")


@pytest.mark.parametrize("place", ["", "versions"])
def test_names_that_cannot_be_read_are_never_none(registry: DirectoryModelRegistry, place: str):
    (registry.root / place).parent.mkdir(parents=True, exist_ok=True)
    (registry.root / place).write_text("a file where the folder was")

    with pytest.raises(Unavailable):
        registry.names()


@pytest.mark.parametrize("place", ["", "bundles"])
def test_a_store_that_cannot_be_read_is_never_an_empty_one(store: DirectoryModelStore, place: str):
    (store.root / place).parent.mkdir(parents=True, exist_ok=True)
    (store.root / place).write_text("a file where the folder was")

    with pytest.raises(Unavailable):
        store.stored()


def test_strange_files_beside_models_and_aliases_are_passed_over(registry: DirectoryModelRegistry):
    registry.register(known("1.0.0"))
    registry.move(moved(1, "1.0.0"))
    for stray in ("versions/notes.txt", "aliases/toy/notes.txt"):
        (registry.root / stray).write_text("seen by nobody")

    assert registry.names() == ("toy",)
    assert [history.alias for history in registry.shelf("toy").histories] == ["champion"]


def test_what_a_dead_process_left_in_staging_is_no_bundle(store: DirectoryModelStore):
    (store.root / "staging" / "000").mkdir(parents=True)
    (store.root / "bundles" / "lost+found").mkdir(parents=True)

    assert store.stored() == ()


def test_a_bundle_of_more_bytes_than_any_model_is_not_read(store: DirectoryModelStore):
    store.put(ONE)
    os.truncate(folder_of(store) / "model.onnx", LARGEST_BUNDLE + 1)

    with pytest.raises(BundleTooLarge):
        store.get(ONE.digest)


def test_links_folders_and_very_many_files_are_no_bundle(store: DirectoryModelStore):
    store.put(ONE)
    stranger = folder_of(store) / "link.md"
    stranger.symlink_to("/etc/hostname")
    with pytest.raises(Corrupt):
        store.get(ONE.digest)
    stranger.unlink()
    for number in range(MOST_ENTRIES):
        (folder_of(store) / f"f{number}.md").touch()

    with pytest.raises(Corrupt, match="very many"):
        store.get(ONE.digest)


def test_a_bundle_without_a_manifest_or_with_a_strange_file_is_damaged(
    store: DirectoryModelStore,
):
    store.put(ONE)
    (folder_of(store) / "Strange").touch()
    with pytest.raises(Corrupt):
        store.get(ONE.digest)
    (folder_of(store) / "Strange").unlink()
    (folder_of(store) / "manifest.json").unlink()

    with pytest.raises(Corrupt):
        store.get(ONE.digest)
    assert store.stored() == ()


def test_a_file_where_a_folder_should_be_makes_the_store_unavailable(tmp_path: Path):
    (tmp_path / "models").touch()
    store = DirectoryModelStore(root=tmp_path / "models", clock=HandClock())
    registry = DirectoryModelRegistry(root=tmp_path / "models")

    for call in (
        lambda: store.put(ONE),
        lambda: store.remove(ONE.digest),
        lambda: registry.register(known("1.0.0")),
        lambda: registry.move(moved(1)),
    ):
        with pytest.raises(Unavailable):
            call()


def test_a_bundle_whose_place_is_taken_by_a_file_is_unavailable(store: DirectoryModelStore):
    (store.root / "bundles").mkdir(parents=True)
    folder_of(store).touch()

    with pytest.raises(Unavailable):
        store.get(ONE.digest)


def test_a_pipe_in_place_of_a_file_is_not_opened(store: DirectoryModelStore):
    store.put(ONE)
    (folder_of(store) / "model.onnx").unlink()
    os.mkfifo(folder_of(store) / "model.onnx")

    with pytest.raises(Corrupt):
        store.get(ONE.digest)
    store.remove(ONE.digest)
    with pytest.raises(NotFound):
        store.get(ONE.digest)


def test_what_the_file_system_says_becomes_words_of_the_ports():
    for given, expected in (
        (PermissionError(), Denied),
        (OSError(28, "full"), Unavailable),
        (NotADirectoryError(), Unavailable),
    ):
        with pytest.raises(expected), translated("the folder"):
            raise given


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b"{}", b"\xff", b'{"model": "toy"}', b"[" * 100_000],
    ids=["empty", "list", "nothing", "bytes", "part", "deep"],
)
def test_a_damaged_record_is_told_and_not_passed_over(
    registry: DirectoryModelRegistry, content: bytes
):
    registry.register(known("1.0.0"))
    registry.move(moved(1))
    version = registry.root / "versions" / "toy" / "1.0.0.json"
    move = registry.root / "aliases" / "toy" / "champion" / "00000001.json"

    for path in (version, move):
        right = path.read_bytes()
        path.write_bytes(content)
        with pytest.raises(Corrupt):
            registry.shelf("toy")
        path.write_bytes(right)


def test_a_missing_move_is_told(registry: DirectoryModelRegistry):
    registry.move(moved(1))
    registry.move(moved(2))
    (registry.root / "aliases" / "toy" / "champion" / "00000001.json").unlink()

    with pytest.raises(Corrupt):
        registry.shelf("toy")


def test_hidden_files_are_no_records(registry: DirectoryModelRegistry):
    registry.register(known("1.0.0"))
    (registry.root / "versions" / "toy" / ".1.0.1.json").write_bytes(b"")

    assert registry.shelf("toy").versions == (known("1.0.0"),)


WRITER = """
import sys
from pathlib import Path
from clarity.adapters.local.model_store import DirectoryModelStore
from clarity.domain.pat.bundle import Bundle
from tests.support.clocks import HandClock

store = DirectoryModelStore(root=Path(sys.argv[1]), clock=HandClock())
print("ready", flush=True)
for number in range(10**6):
    files = {f"f{n}.bin": bytes([n]) * 200_000 for n in range(8)}
    store.put(Bundle(manifest=b'{"n":%d}' % number, files=files))
"""


@pytest.mark.slow
def test_a_process_killed_while_it_writes_leaves_whole_bundles_or_none(tmp_path: Path):
    store = DirectoryModelStore(root=tmp_path / "models", clock=HandClock())
    for _ in range(5):
        command = [sys.executable, "-c", WRITER, str(store.root)]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as writer:
            assert writer.stdout is not None
            writer.stdout.readline()
            while len(store.stored()) < 3:
                continue
            writer.kill()

        for described in store.stored():
            bundle = store.get(described.digest)
            assert bundle.digest == described.digest
            assert [len(data) for data in bundle.files.values()] == [200_000] * 8
            store.remove(described.digest)
