"""A backup from before an erasure brings nobody back whose erasure was signed."""

from pathlib import Path

import pytest

from clarity.domain.access import NotAllowed, WrongPurpose
from clarity.domain.audit import is_tombstone
from clarity.domain.streams import DayChunk
from clarity.ports.query import Query
from tests.support.worlds import (
    ADA,
    BEN,
    CLERK,
    CLINIC,
    CORRELATION,
    NURSE,
    OPERATOR,
    STRANGER,
    World,
    opened,
    records_of,
    store_days,
)

WHO = {"actor": OPERATOR, "correlation": CORRELATION}


def sign(world: World) -> None:
    world.app.sign_heads.run(CLINIC, again_after=None, actor=OPERATOR)


def days(world: World, patient) -> int:
    return len(world.core.repository().query(Query(DayChunk, patient)).items)


@pytest.fixture
def restored(tmp_path: Path) -> Path:
    """A store that was put back to before ada was erased, its ledger beside it."""
    store, backup = tmp_path / "store.db", tmp_path / "backup"
    with opened(store) as world:
        for patient in (ADA, BEN):
            store_days(world, patient, count=3)
        world.app.keep.back_up(backup, **WHO)
        world.app.erase.run(ADA, actor=CLERK, correlation=CORRELATION)
        sign(world)
        world.app.keep.replace(backup, to=store, actor=OPERATOR)
    return store


def test_whom_the_backup_brought_back_is_erased_again_and_nobody_else(restored: Path):
    with opened(restored) as world:
        assert days(world, ADA) == 3

        again = world.app.erase_again.run(CLINIC, **WHO)

        assert again.patients == (ADA,)
        assert again.known_until == world.clock.now()
        assert (days(world, ADA), days(world, BEN)) == (0, 3)
        assert is_tombstone(records_of(world)[-1])


def test_after_a_restore_that_was_signed_nobody_is_erased_any_more(restored: Path):
    with opened(restored) as world:
        world.app.erase_again.run(CLINIC, **WHO)
        world.app.sign_heads.after_restore(CLINIC, actor=OPERATOR)
        store_days(world, ADA, count=1)

        assert world.app.erase_again.run(CLINIC, **WHO).patients == ()
        assert days(world, ADA) == 1


def test_a_second_restore_after_that_is_held_to_the_new_tombstone(restored: Path):
    backup = restored.with_name("backup")
    with opened(restored) as world:
        world.app.erase_again.run(CLINIC, **WHO)
        world.app.sign_heads.after_restore(CLINIC, actor=OPERATOR)
        world.app.keep.replace(backup, to=restored, actor=OPERATOR)

    with opened(restored) as world:
        assert world.app.erase_again.run(CLINIC, **WHO).patients == (ADA,)


def test_who_came_back_before_the_backup_was_made_stays(tmp_path: Path):
    store, backup = tmp_path / "store.db", tmp_path / "backup"
    with opened(store) as world:
        store_days(world, ADA, count=3)
        world.app.erase.run(ADA, actor=CLERK, correlation=CORRELATION)
        store_days(world, ADA, count=2)
        sign(world)
        world.app.keep.back_up(backup, **WHO)
        world.app.keep.replace(backup, to=store, actor=OPERATOR)

    with opened(store) as world:
        assert world.app.erase_again.run(CLINIC, **WHO).patients == ()
        assert days(world, ADA) == 2


def test_where_nothing_was_signed_nobody_is_known_to_have_been_erased():
    with opened() as world:
        store_days(world)

        again = world.app.erase_again.run(CLINIC, **WHO)

    assert (again.patients, again.known_until) == ((), None)


def test_it_is_for_the_tenant_and_for_those_who_may_erase(restored: Path):
    with opened(restored) as world:
        with pytest.raises(NotAllowed):
            world.app.erase_again.run(CLINIC, actor=STRANGER, correlation=CORRELATION)
        with pytest.raises(WrongPurpose):
            world.app.erase_again.run(CLINIC, actor=NURSE, correlation=CORRELATION)

        assert days(world, ADA) == 3
