"""Every sentence of `clarity.ports.downloads`, for every adapter."""

import pytest

from clarity.domain.pat.artifact import DigestMismatch
from clarity.ports.downloads import BadAddress, Downloads, Wanted
from clarity.ports.errors import Denied, NotFound, PortError, TimedOut, TooLarge, Unavailable
from tests.contracts.downloads.harness import DownloadsHarness
from tests.support.pat import sha256

CONTENT = bytes(range(256)) * 1_000


def wanted(world: DownloadsHarness, **other: object) -> Wanted:
    told = {"url": world.url, "sha256": sha256(CONTENT), "limit_bytes": len(CONTENT)}
    return Wanted(**{**told, **other})


def fetched(world: DownloadsHarness, **other: object) -> tuple[bytes, list[tuple[int, int]]]:
    """The file, and what was told on the way."""
    told: list[tuple[int, int]] = []
    data = world.downloads.fetch(
        wanted(world, **other), progress=lambda got, total: told.append((got, total))
    )
    return data, told


def test_an_adapter_is_the_port(world: DownloadsHarness):
    assert isinstance(world.downloads, Downloads)


def test_the_file_comes_with_its_progress(world: DownloadsHarness):
    world.serve(CONTENT)

    data, told = fetched(world)

    assert data == CONTENT
    assert told == sorted(told)
    assert told[-1] == (len(CONTENT), len(CONTENT))


def test_a_digest_may_be_given_in_capitals(world: DownloadsHarness):
    world.serve(CONTENT)

    assert fetched(world, sha256=sha256(CONTENT).upper())[0] == CONTENT


def test_what_an_interrupted_call_got_is_continued_by_the_next(world: DownloadsHarness):
    world.serve(CONTENT)
    world.interrupt(200_000)
    with pytest.raises(Unavailable):
        fetched(world)

    data, told = fetched(world)

    assert data == CONTENT
    assert told[0][0] > 200_000


def test_as_many_bytes_as_the_limit_are_taken_and_no_more(world: DownloadsHarness):
    world.serve(CONTENT)

    with pytest.raises(TooLarge) as refused:
        fetched(world, limit_bytes=len(CONTENT) - 1)

    assert refused.value.limit == len(CONTENT) - 1
    assert fetched(world)[0] == CONTENT


def test_another_file_is_refused_and_nothing_of_it_is_kept(world: DownloadsHarness):
    world.serve(CONTENT[::-1])
    with pytest.raises(DigestMismatch):
        fetched(world)

    world.serve(CONTENT)
    data, told = fetched(world)

    assert data == CONTENT
    assert told[0][0] < len(CONTENT)


def test_an_address_that_is_none_to_fetch_from_is_refused(world: DownloadsHarness):
    for url in world.elsewhere:
        with pytest.raises(BadAddress, match="https"):
            fetched(world, url=url)


@pytest.mark.parametrize("error", [NotFound, Denied, Unavailable, TimedOut])
def test_what_the_other_side_says_becomes_words_of_the_ports(
    world: DownloadsHarness, error: type[PortError]
):
    world.serve(CONTENT)
    world.refuse[error]()

    with pytest.raises(error):
        fetched(world)


@pytest.mark.parametrize("digest", ["abc", "g" * 64, ""])
def test_a_digest_is_64_hexadecimal_digits(world: DownloadsHarness, digest: str):
    with pytest.raises(ValueError, match="sha256"):
        wanted(world, sha256=digest)
