"""Every sentence of `clarity.ports.model_registry`, for every adapter."""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clarity.domain.models import AliasMove, BadModelName, Direction, ModelShelf, ModelVersion
from clarity.domain.versions import SemanticVersion
from clarity.ports.errors import AlreadyExists, StaleVersion
from clarity.ports.model_registry import ModelRegistry
from tests.contracts.model_registry.harness import ModelRegistryHarness, Opener, known, moved

numbers = st.integers(0, 10**9 - 1)
identifiers = st.from_regex(r"[0-9A-Za-z-]{1,8}", fullmatch=True)
semantic = st.builds(
    SemanticVersion, numbers, numbers, numbers, st.lists(identifiers, max_size=3).map(tuple)
)


def attempt(registry: ModelRegistry, move: AliasMove) -> str:
    """`won`, or the revision that was told with the refusal."""
    try:
        registry.move(move)
    except StaleVersion as refusal:
        return str(refusal.current)
    return "won"


def claim(registry: ModelRegistry, version: ModelVersion) -> str:
    try:
        registry.register(version)
    except AlreadyExists:
        return "taken"
    return "won"


def promote_until_won(registry: ModelRegistry, actor: str, times: int) -> None:
    """Moves the alias `times` times, each based on what it read, again when it was too late."""
    won = 0
    while won < times:
        revision = registry.shelf("toy").history("champion").revision
        won += attempt(registry, moved(revision + 1, actor=actor)) == "won"


def test_an_adapter_is_a_model_registry(world: ModelRegistryHarness):
    assert isinstance(world.registry, ModelRegistry)


def test_an_unknown_model_has_an_empty_shelf(world: ModelRegistryHarness):
    assert world.registry.shelf("toy") == ModelShelf(model="toy")
    assert world.registry.names() == ()


@pytest.mark.parametrize("name", ["", "..", "A", "a/b", "../toy"])
def test_a_name_that_no_model_can_have_is_refused(world: ModelRegistryHarness, name: str):
    with pytest.raises(BadModelName):
        world.registry.shelf(name)


def test_versions_are_kept_in_semantic_order(world: ModelRegistryHarness):
    for version in ("v10", "v9", "1.10.0", "1.9.0", "9.0.0-rc.1"):
        world.registry.register(known(version))

    found = [str(version.ref.version) for version in world.elsewhere.shelf("toy").versions]
    assert found == ["1.9.0", "1.10.0", "9.0.0-rc.1", "9.0.0", "10.0.0"]


@given(version=semantic)
def test_a_version_comes_back_as_it_was_registered(opened: Opener, version: SemanticVersion):
    with opened() as world:
        world.registry.register(known(str(version)))

        assert world.registry.shelf("toy").versions == (known(str(version)),)


def test_names_are_those_of_models_with_a_version(world: ModelRegistryHarness):
    world.registry.register(known("1.0.0", model="b"))
    world.registry.register(known("1.0.0", model="a"))
    world.registry.register(known("1.0.0", model="c"))
    world.registry.unregister(known("1.0.0", model="c").ref)

    assert world.registry.names() == ("a", "b")


def test_a_version_is_never_replaced(world: ModelRegistryHarness):
    world.registry.register(known("1.0.0"))

    with pytest.raises(AlreadyExists):
        world.registry.register(known("1.0.0", digest="b" * 64))

    assert world.registry.shelf("toy").versions == (known("1.0.0"),)


def test_an_unregistered_version_is_gone_and_an_absent_one_is_no_error(
    world: ModelRegistryHarness,
):
    world.registry.register(known("1.0.0"))
    world.registry.register(known("2.0.0"))

    world.registry.unregister(known("1.0.0").ref)
    world.registry.unregister(known("1.0.0").ref)

    assert world.registry.shelf("toy").versions == (known("2.0.0"),)


def test_histories_stay_when_a_version_goes(world: ModelRegistryHarness):
    world.registry.register(known("1.0.0"))
    world.registry.move(moved(1))

    world.registry.unregister(known("1.0.0").ref)

    assert world.registry.shelf("toy").history("champion").moves == (moved(1),)


def test_moves_come_back_in_order_by_alias(world: ModelRegistryHarness):
    for revision in range(1, 13):
        world.registry.move(moved(revision, f"{revision}.0.0"))
    world.registry.move(moved(1, alias="challenger"))

    histories = world.elsewhere.shelf("toy").histories

    assert [history.alias for history in histories] == ["challenger", "champion"]
    assert histories[1].moves == tuple(moved(n, f"{n}.0.0") for n in range(1, 13))


def test_a_move_is_kept_whole(world: ModelRegistryHarness):
    move = AliasMove(
        model="toy",
        alias="champion",
        revision=1,
        version=SemanticVersion(1, 2, 3, ("rc", "1")),
        direction=Direction.ROLLBACK,
        actor="Ann Übel/..",
        at=moved(1).at,
    )

    world.registry.move(move)

    assert world.elsewhere.shelf("toy").history("champion").moves == (move,)


@pytest.mark.parametrize(("revision", "current"), [(1, 2), (2, 2), (4, 2), (9, 2)])
def test_a_move_that_is_not_based_on_the_last_one_is_refused(
    world: ModelRegistryHarness, revision: int, current: int
):
    world.registry.move(moved(1))
    world.registry.move(moved(2))

    assert attempt(world.elsewhere, moved(revision)) == str(current)
    assert world.registry.shelf("toy").history("champion").revision == current


def test_of_many_threads_one_wins_every_revision(world: ModelRegistryHarness):
    for revision in (1, 2, 3):
        moves = [moved(revision, actor=f"actor {n}") for n in range(16)]
        with ThreadPoolExecutor(16) as pool:
            outcomes = list(pool.map(lambda move: attempt(world.registry, move), moves))

        assert sorted(outcomes) == [str(revision)] * 15 + ["won"]
        last = world.elsewhere.shelf("toy").history("champion").moves[-1]
        assert last == moves[outcomes.index("won")]


def test_of_many_threads_one_registers_a_version(world: ModelRegistryHarness):
    versions = [known("1.0.0", digest=f"{n:064x}") for n in range(16)]

    with ThreadPoolExecutor(16) as pool:
        outcomes = list(pool.map(lambda version: claim(world.registry, version), versions))

    assert sorted(outcomes) == ["taken"] * 15 + ["won"]
    assert world.elsewhere.shelf("toy").versions == (versions[outcomes.index("won")],)


@pytest.mark.slow
def test_processes_that_race_lose_no_move(world: ModelRegistryHarness):
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(4, mp_context=context) as pool:
        runs = [pool.submit(promote_until_won, world.elsewhere, f"p{n}", 25) for n in range(4)]
        for run in runs:
            run.result()

    moves = world.registry.shelf("toy").history("champion").moves
    assert [move.revision for move in moves] == list(range(1, 101))
    assert {f"p{n}": 25 for n in range(4)} == {
        actor: sum(move.actor == actor for move in moves) for actor in ("p0", "p1", "p2", "p3")
    }
