"""Every sentence of `clarity.ports.model_store`, for every adapter."""

import threading
from concurrent.futures import ThreadPoolExecutor

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import Bundle as Drawn
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from clarity.domain.pat.bundle import Bundle, BundleSignature
from clarity.ports.errors import Corrupt, NotFound
from clarity.ports.model_store import ModelStore, StoredBundle
from tests.contracts.model_store.harness import ModelStoreHarness, Opener

ONE = Bundle(manifest=b'{"one":1}', files={"model.onnx": b"one", "card.md": b""})
TWO = Bundle(manifest=b'{"two":2}', files={"model.onnx": b"two"})
NOBODY = "f" * 64


def signature(key: int) -> BundleSignature:
    return BundleSignature(f"{key:064x}", bytes([key]) * 64)


contents = st.dictionaries(
    st.from_regex(r"[a-z][a-z0-9_]{0,10}\.[a-z]{1,5}", fullmatch=True).filter(
        lambda name: name != "manifest.json"
    ),
    st.binary(max_size=200),
    max_size=5,
)
bundles = st.builds(Bundle, manifest=st.binary(max_size=100), files=contents)


def test_an_adapter_is_a_model_store(world: ModelStoreHarness):
    assert isinstance(world.store, ModelStore)


@given(bundle=bundles)
def test_what_was_put_comes_back(opened: Opener, bundle: Bundle):
    with opened() as world:
        world.store.put(bundle)

        assert bundle == world.store.get(bundle.digest)


def test_what_was_put_is_there_for_others(world: ModelStoreHarness):
    world.store.put(ONE)

    assert world.another().get(ONE.digest) == ONE


def test_an_absent_bundle_is_not_found(world: ModelStoreHarness):
    with pytest.raises(NotFound):
        world.store.get(ONE.digest)


@pytest.mark.parametrize("digest", ["", "..", "../x", "A" * 64, "0" * 63])
def test_what_is_no_digest_is_not_found(world: ModelStoreHarness, digest: str):
    with pytest.raises(NotFound):
        world.store.get(digest)


def test_an_empty_store_holds_nothing(world: ModelStoreHarness):
    assert world.store.stored() == ()


def test_everything_stored_is_listed_by_digest_with_size_and_time(world: ModelStoreHarness):
    first = world.clock.now()
    world.store.put(ONE)
    world.clock.advance(60.0)
    world.store.put(TWO)

    expected = (
        StoredBundle(ONE.digest, ONE.size_bytes, first),
        StoredBundle(TWO.digest, TWO.size_bytes, world.clock.now()),
    )
    assert tuple(sorted(expected, key=lambda b: b.digest)) == world.store.stored()


def test_a_bundle_put_again_counts_as_put_anew(world: ModelStoreHarness):
    world.store.put(ONE)
    world.clock.advance(60.0)

    world.store.put(ONE)

    assert [world.clock.now()] == [bundle.since for bundle in world.store.stored()]


def test_signatures_are_added_and_never_lost(world: ModelStoreHarness):
    world.store.put(attrs.evolve(ONE, signatures=[signature(1)]))
    world.store.put(attrs.evolve(ONE, signatures=[signature(2)]))
    world.store.put(ONE)

    assert (signature(1), signature(2)) == world.store.get(ONE.digest).signatures


def test_a_key_that_signed_already_keeps_its_first_signature(world: ModelStoreHarness):
    world.store.put(attrs.evolve(ONE, signatures=[signature(1)]))
    other = BundleSignature(signature(1).key, b"x" * 64)

    world.store.put(attrs.evolve(ONE, signatures=[other]))

    assert (signature(1),) == world.store.get(ONE.digest).signatures


def test_other_bytes_under_a_digest_are_refused(world: ModelStoreHarness):
    world.store.put(ONE)

    with pytest.raises(Corrupt):
        world.store.put(attrs.evolve(ONE, files={"model.onnx": b"forged"}))

    assert world.store.get(ONE.digest) == ONE


def test_a_removed_bundle_is_gone(world: ModelStoreHarness):
    world.store.put(ONE)

    world.store.remove(ONE.digest)

    assert world.store.stored() == ()
    with pytest.raises(NotFound):
        world.store.get(ONE.digest)


def test_removing_what_is_absent_is_no_error(world: ModelStoreHarness):
    world.store.remove(NOBODY)

    assert world.store.stored() == ()


def test_a_removed_bundle_can_be_put_again(world: ModelStoreHarness):
    world.store.put(ONE)
    world.store.remove(ONE.digest)

    world.store.put(ONE)

    assert world.store.get(ONE.digest) == ONE


def test_threads_that_put_one_bundle_at_once_all_succeed(world: ModelStoreHarness):
    signatures = [signature(key) for key in range(12)]

    with ThreadPoolExecutor(len(signatures)) as pool:
        list(pool.map(lambda s: world.another().put(attrs.evolve(ONE, signatures=[s])), signatures))

    assert signatures == list(world.store.get(ONE.digest).signatures)


def test_a_bundle_is_got_whole_or_not_at_all_while_it_comes_and_goes(world: ModelStoreHarness):
    done = threading.Event()

    def churn() -> None:
        for _ in range(40):
            world.store.put(ONE)
            world.store.remove(ONE.digest)
        done.set()

    thread = threading.Thread(target=churn)
    thread.start()
    seen = []
    while not done.is_set():
        try:
            seen.append(world.another().get(ONE.digest))
        except NotFound:
            continue
    thread.join()

    assert all(bundle == ONE for bundle in seen)


class StoreMachine(RuleBasedStateMachine):
    """A store against a plain dictionary."""

    known = Drawn("known")
    opened: Opener

    @initialize()
    def start(self) -> None:
        self.context = self.opened()
        self.world = self.context.__enter__()
        self.model: dict[str, Bundle] = {}

    @rule(target=known, bundle=bundles)
    def put(self, bundle: Bundle) -> Bundle:
        same = self.model.get(bundle.digest, bundle)
        if same.files == bundle.files:
            self.world.store.put(bundle)
            self.model[bundle.digest] = bundle
        return bundle

    @rule(bundle=known)
    def remove(self, bundle: Bundle) -> None:
        self.world.store.remove(bundle.digest)
        self.model.pop(bundle.digest, None)

    @rule(bundle=known)
    def look(self, bundle: Bundle) -> None:
        try:
            found = self.world.store.get(bundle.digest)
        except NotFound:
            found = None
        assert found == self.model.get(bundle.digest)

    @rule()
    def list_all(self) -> None:
        assert sorted(self.model) == [bundle.digest for bundle in self.world.store.stored()]

    def teardown(self) -> None:
        if hasattr(self, "context"):
            self.context.__exit__(None, None, None)


def test_a_store_behaves_like_a_dictionary(opened: Opener):
    machine = type("Machine", (StoreMachine,), {"opened": staticmethod(opened)})

    run_state_machine_as_test(machine)
