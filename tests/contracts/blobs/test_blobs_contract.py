"""Every sentence of `clarity.ports.blobs`, for every adapter."""

import hashlib
import threading
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import Bundle as Drawn
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from clarity.ports.blobs import LARGEST_BLOB, Blob, BlobKey, BlobStore
from clarity.ports.errors import AlreadyExists, Corrupt, NotFound, TooLarge
from tests.contracts.blobs.harness import BlobsHarness, Opener


def key(number: int = 0, *, folder: int = 0) -> BlobKey:
    return BlobKey(f"{folder:032x}", f"{number:032x}")


def described(data: bytes, at: BlobKey | None = None) -> Blob:
    return Blob(at or key(), hashlib.sha256(data).hexdigest(), len(data))


def keys_of(blobs: BlobStore, folder: str = "") -> list[BlobKey]:
    return [stored.key for stored in blobs.stored(folder)]


def test_an_adapter_is_a_blob_store(world: BlobsHarness):
    assert isinstance(world.blobs, BlobStore)


@given(data=st.binary(max_size=5_000))
def test_what_was_put_comes_back_and_is_described(opened: Opener, data: bytes):
    with opened() as world:
        blob = world.blobs.put(key(), data)

        assert blob == described(data)
        assert world.elsewhere.get(blob) == data


def test_the_largest_blob_comes_back_and_a_larger_one_is_refused(world: BlobsHarness):
    data = bytes(LARGEST_BLOB)

    with pytest.raises(TooLarge):
        world.blobs.put(key(), data + b"x")
    assert keys_of(world.blobs) == []
    assert world.blobs.get(world.blobs.put(key(), data)) == data


def test_the_same_bytes_again_change_nothing(world: BlobsHarness):
    world.blobs.put(key(), b"one")

    assert world.elsewhere.put(key(), b"one") == described(b"one")
    assert keys_of(world.blobs) == [key()]


def test_other_bytes_under_a_key_are_refused_and_the_first_stay(world: BlobsHarness):
    blob = world.blobs.put(key(), b"one")

    for other in (b"two", b"", b"one more"):
        with pytest.raises(AlreadyExists):
            world.elsewhere.put(key(), other)

    assert world.blobs.get(blob) == b"one"


def test_an_absent_blob_is_not_found(world: BlobsHarness):
    with pytest.raises(NotFound):
        world.blobs.get(described(b"one"))


@pytest.mark.parametrize("other", [b"two", b"", b"on", b"one more"])
def test_other_bytes_than_were_put_are_corrupt(world: BlobsHarness, other: bytes):
    blob = world.blobs.put(key(), b"one")
    world.overwrite(key(), other)

    with pytest.raises(Corrupt):
        world.blobs.get(blob)


@pytest.mark.parametrize("wrong", [{"sha256": "0" * 64}, {"size_bytes": 2}, {"size_bytes": 4}])
def test_a_blob_that_is_described_wrongly_is_corrupt(world: BlobsHarness, wrong: dict[str, object]):
    blob = world.blobs.put(key(), b"one")

    with pytest.raises(Corrupt):
        world.blobs.get(attrs.evolve(blob, **wrong))


def test_blobs_are_told_by_folder_or_all_in_the_order_of_their_keys(world: BlobsHarness):
    for at in (key(2, folder=1), key(1, folder=2), key(1, folder=1)):
        world.blobs.put(at, b"x")

    assert keys_of(world.blobs, key(folder=1).folder) == [key(1, folder=1), key(2, folder=1)]
    assert keys_of(world.blobs, key(folder=3).folder) == []
    assert keys_of(world.elsewhere) == [key(1, folder=1), key(2, folder=1), key(1, folder=2)]


def test_an_empty_store_holds_nothing(world: BlobsHarness):
    assert keys_of(world.blobs) == []


def test_blobs_are_told_with_their_time(world: BlobsHarness):
    for number in range(3):
        world.blobs.put(key(number), b"x")

    times = [stored.since for stored in world.blobs.stored("")]

    assert all(time.tzinfo is not None for time in times)
    assert all(earlier <= later for earlier, later in pairwise(times))


def test_what_is_no_blob_is_not_told(world: BlobsHarness):
    world.litter("readme.txt")
    world.litter(f"{key().folder}/readme.txt")
    world.litter(f"staging/{key().name}")

    assert keys_of(world.blobs) == []
    assert keys_of(world.blobs, key().folder) == []


def test_removed_blobs_are_gone_and_the_others_stay(world: BlobsHarness):
    blobs = [world.blobs.put(key(number), b"x") for number in range(3)]

    world.elsewhere.remove([key(0), key(2)])

    assert keys_of(world.blobs) == [key(1)]
    with pytest.raises(NotFound):
        world.blobs.get(blobs[0])


def test_removing_what_is_absent_or_nothing_is_no_error(world: BlobsHarness):
    world.blobs.put(key(3), b"one")

    world.blobs.remove([key(1), key(2, folder=7)])
    world.blobs.remove([])

    assert keys_of(world.blobs) == [key(3)]


def test_a_key_can_be_used_again_after_its_blob_was_removed(world: BlobsHarness):
    world.blobs.put(key(), b"one")
    world.blobs.remove([key()])

    assert world.elsewhere.get(world.blobs.put(key(), b"two")) == b"two"


def test_of_many_threads_one_keeps_its_bytes(world: BlobsHarness):
    start = threading.Barrier(12)

    def attempt(number: int) -> bool:
        start.wait()
        try:
            world.blobs.put(key(), b"%02d" % number)
        except AlreadyExists:
            return False
        return True

    with ThreadPoolExecutor(12) as pool:
        outcomes = list(pool.map(attempt, range(12)))

    assert outcomes.count(True) == 1
    winner = b"%02d" % outcomes.index(True)
    assert world.blobs.get(described(winner)) == winner


@pytest.mark.parametrize(
    "wrong", [("", "0" * 32), ("0" * 32, "../" + "0" * 29), ("0" * 31, "0" * 32), ("A" * 32, "0")]
)
def test_a_name_that_could_be_a_path_is_no_key(wrong: tuple[str, str]):
    with pytest.raises(ValueError, match="match"):
        BlobKey(*wrong)


class BlobMachine(RuleBasedStateMachine):
    """A store against a plain dictionary."""

    known = Drawn("known")
    opened: Opener

    @initialize()
    def start(self) -> None:
        self.context = self.opened()
        self.world = self.context.__enter__()
        self.model: dict[BlobKey, bytes] = {}

    @rule(target=known, number=st.integers(0, 3), folder=st.integers(0, 1), data=st.binary())
    def put(self, number: int, folder: int, data: bytes) -> Blob:
        at = key(number, folder=folder)
        try:
            self.world.blobs.put(at, data)
            assert self.model.setdefault(at, data) == data
        except AlreadyExists:
            assert self.model[at] != data
        return described(self.model[at], at)

    @rule(blob=known)
    def get(self, blob: Blob) -> None:
        there = self.model.get(blob.key)
        try:
            found = self.world.elsewhere.get(blob)
        except NotFound:
            assert there is None
        except Corrupt:
            assert there is not None
            assert described(there, blob.key) != blob
        else:
            assert found == there

    @rule(blobs=st.lists(known, max_size=3))
    def remove(self, blobs: list[Blob]) -> None:
        self.world.blobs.remove([blob.key for blob in blobs])
        for blob in blobs:
            self.model.pop(blob.key, None)

    @rule(folder=st.integers(0, 2))
    def list_folder(self, folder: int) -> None:
        name = key(folder=folder).folder
        assert keys_of(self.world.blobs, name) == sorted(k for k in self.model if k.folder == name)

    @rule()
    def list_all(self) -> None:
        assert keys_of(self.world.blobs) == sorted(self.model)

    def teardown(self) -> None:
        if hasattr(self, "context"):
            self.context.__exit__(None, None, None)


def test_a_blob_store_behaves_like_a_dictionary(opened: Opener):
    machine = type("Machine", (BlobMachine,), {"opened": staticmethod(opened)})

    run_state_machine_as_test(machine)
