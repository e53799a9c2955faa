"""Port Ids, sentence by sentence."""

from concurrent.futures import ThreadPoolExecutor

from tests.contracts.ids.harness import IdsHarness


def test_no_two_calls_give_the_same_id_from_any_thread(world: IdsHarness):
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: world.ids.correlation(), range(800)))

    assert len(set(found)) == 800


def test_an_id_can_be_shown_and_logged(world: IdsHarness):
    text = str(world.ids.correlation())

    assert text.isascii()
    assert text.replace("-", "").isalnum()
