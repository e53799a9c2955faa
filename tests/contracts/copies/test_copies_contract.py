"""Every sentence of `clarity.ports.copies`, for every adapter."""

import pytest

from clarity.domain.streams import DayChunk
from clarity.ports.errors import AlreadyExists, Corrupt, Denied, NotFound
from clarity.ports.query import Query
from clarity.ports.repository import Put, Repository
from tests.contracts.copies.harness import CopiesHarness, reopened
from tests.contracts.repository.harness import ADA, BEN, chunk, evidence


def fill(world: CopiesHarness) -> None:
    world.repository.commit([Put(chunk(0), 0), Put(chunk(1), 0)], evidence=evidence(ADA))
    world.repository.commit([Put(chunk(2), 0)], evidence=evidence(ADA))
    world.repository.commit([Put(chunk(0), 0)], evidence=evidence(BEN))


def days(repository: Repository) -> list[DayChunk]:
    page = repository.query(Query(DayChunk, ADA, page_size=100))
    return [stored.entity for stored in page.items]


def test_the_harness_says_of_itself_whether_copies_are_files(world: CopiesHarness):
    fill(world)

    try:
        world.copies.backup(world.folder / "copy")
    except Denied:
        assert not world.makes_files
    else:
        assert world.makes_files


def test_a_new_store_is_sound_and_holds_nothing(world: CopiesHarness):
    found = world.copies.check()

    assert found.is_sound
    assert (found.items, found.chains, found.records) == (0, 0, 0)


def test_a_sound_store_says_what_was_looked_at_of_everybody(world: CopiesHarness):
    fill(world)

    found = world.copies.check()

    assert found.is_sound
    assert (found.items, found.chains, found.records) == (4, 2, 3)


def test_a_damaged_entity_is_told_and_the_rest_is_looked_at_all_the_same(world: CopiesHarness):
    fill(world)
    world.damaged()

    found = world.copies.check()

    assert not found.is_sound
    assert found.damage
    assert found.tampered == 0
    assert (found.items, found.chains, found.records) == (4, 2, 3)


def test_a_chain_that_was_tampered_with_is_counted(world: CopiesHarness):
    fill(world)
    world.tampered()

    found = world.copies.check()

    assert not found.is_sound
    assert (found.damage, found.tampered) == ((), 1)


def test_where_copies_are_denied_no_file_is_made(denying: CopiesHarness):
    fill(denying)
    there, new = denying.folder / "there", denying.folder / "new"
    there.write_bytes(b"precious")

    for refused in (
        lambda: denying.copies.backup(new),
        lambda: denying.copies.restore(there, to=new),
        lambda: denying.copies.replace(there, to=new),
    ):
        with pytest.raises(Denied):
            refused()

    assert list(denying.folder.iterdir()) == [there]
    assert there.read_bytes() == b"precious"
    assert denying.copies.check().is_sound


def test_a_backup_is_a_checked_copy_of_everything(copying: CopiesHarness):
    fill(copying)
    to = copying.folder / "backup"

    checkup = copying.copies.backup(to)

    assert checkup == copying.copies.check()
    assert list(copying.folder.iterdir()) == [to]
    assert to.stat().st_mode & 0o077 == 0


def test_a_backup_is_one_state_and_what_comes_later_is_not_in_it(copying: CopiesHarness):
    fill(copying)
    copying.copies.backup(copying.folder / "backup")
    copying.repository.commit([Put(chunk(9), 0)], evidence=evidence(ADA))

    copying.copies.restore(copying.folder / "backup", to=copying.folder / "new")

    with reopened(copying.folder / "new") as restored:
        assert days(restored.repository) == [chunk(0), chunk(1), chunk(2)]


def test_a_restored_store_is_sound_and_goes_on(copying: CopiesHarness):
    fill(copying)
    copying.copies.backup(copying.folder / "backup")

    checkup = copying.copies.restore(copying.folder / "backup", to=copying.folder / "new")

    with reopened(copying.folder / "new") as restored:
        assert restored.copies.check() == checkup
        restored.repository.commit([Put(chunk(9), 0)], evidence=evidence(ADA))
        assert restored.copies.check().is_sound


def test_an_open_store_sees_what_replaced_its_content(copying: CopiesHarness):
    fill(copying)
    copying.copies.backup(copying.folder / "backup")
    copying.copies.restore(copying.folder / "backup", to=copying.folder / "other")

    with reopened(copying.folder / "other") as other:
        other.repository.commit([Put(chunk(9), 0)], evidence=evidence(ADA))
        copying.copies.replace(copying.folder / "backup", to=copying.folder / "other")

        assert days(other.repository) == [chunk(0), chunk(1), chunk(2)]
        assert other.copies.check().is_sound


@pytest.mark.parametrize("harm", ["damaged", "tampered"])
def test_of_what_is_not_sound_no_file_is_made(copying: CopiesHarness, harm: str):
    fill(copying)
    copying.copies.backup(copying.folder / "backup")
    getattr(copying, harm)()

    with pytest.raises(Corrupt):
        copying.copies.backup(copying.folder / "bad")

    with reopened(copying.folder / "backup") as backup:
        getattr(backup, harm)()
    with pytest.raises(Corrupt):
        copying.copies.restore(copying.folder / "backup", to=copying.folder / "new")
    assert not (copying.folder / "bad").exists()
    assert not (copying.folder / "new").exists()


def test_what_is_there_already_is_left_as_it_is(copying: CopiesHarness):
    fill(copying)
    there = copying.folder / "there"
    there.write_bytes(b"precious")
    copying.copies.backup(copying.folder / "backup")

    with pytest.raises(AlreadyExists, match="another place"):
        copying.copies.backup(there)
    with pytest.raises(AlreadyExists, match="--force"):
        copying.copies.restore(copying.folder / "backup", to=there)
    with pytest.raises(Corrupt):
        copying.copies.replace(copying.folder / "backup", to=there)
    assert there.read_bytes() == b"precious"


def test_what_is_no_store_is_no_backup(copying: CopiesHarness):
    there = copying.folder / "there"
    there.write_bytes(b"no store" * 200)

    with pytest.raises(Corrupt):
        copying.copies.restore(there, to=copying.folder / "new")
    assert not (copying.folder / "new").exists()


def test_what_is_not_there_is_told(copying: CopiesHarness):
    fill(copying)
    copying.copies.backup(copying.folder / "backup")

    with pytest.raises(NotFound):
        copying.copies.restore(copying.folder / "no", to=copying.folder / "new")
    with pytest.raises(NotFound):
        copying.copies.replace(copying.folder / "no", to=copying.folder / "backup")
    with pytest.raises(NotFound):
        copying.copies.replace(copying.folder / "backup", to=copying.folder / "no")
