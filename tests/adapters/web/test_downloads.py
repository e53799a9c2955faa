"""Downloads from a server on this machine, as HTTP has them."""

from collections.abc import Iterator
from pathlib import Path

import attrs
import pytest

from clarity.adapters.web.downloads import HttpDownloads
from clarity.domain.errors import ClarityError
from clarity.domain.pat.artifact import DigestMismatch
from clarity.ports.downloads import BadAddress, Wanted
from clarity.ports.errors import (
    Denied,
    NotFound,
    Throttled,
    TimedOut,
    TooLarge,
    Unavailable,
    Unexpected,
)
from tests.support.file_server import CONTENT, Server, listening
from tests.support.pat import sha256


@pytest.fixture
def server() -> Iterator[Server]:
    with listening(Server()) as world:
        yield world


@pytest.fixture
def downloads(tmp_path: Path) -> HttpDownloads:
    return HttpDownloads(folder=tmp_path / "downloads", timeout_s=5.0)


def wanted(server: Server, content: bytes = CONTENT, limit_bytes: int = 10**6) -> Wanted:
    return Wanted(url=server.url, sha256=sha256(content), limit_bytes=limit_bytes)


def unseen(_: int, __: int) -> None:
    pass


def test_the_file_is_fetched_with_progress_and_nothing_is_left(
    server: Server, downloads: HttpDownloads
):
    told: list[tuple[int, int]] = []

    data = downloads.fetch(wanted(server), progress=lambda got, total: told.append((got, total)))

    assert data == CONTENT
    assert told[-1] == (len(CONTENT), len(CONTENT))
    assert [got for got, _ in told] == sorted(got for got, _ in told)
    assert list(downloads.folder.iterdir()) == []


def test_what_was_interrupted_goes_on_where_it_was(server: Server, downloads: HttpDownloads):
    server.cut_after = 100_000
    with pytest.raises(Unavailable, match=r"the rest of the download \(asked again"):
        downloads.fetch(wanted(server), progress=unseen)

    data = downloads.fetch(wanted(server), progress=unseen)

    assert data == CONTENT
    assert server.asked == ["", "bytes=100000-"]


def test_a_server_that_knows_no_ranges_gives_it_all_again(server: Server, downloads: HttpDownloads):
    server.cut_after, server.ranges = 100_000, False
    with pytest.raises(Unavailable):
        downloads.fetch(wanted(server), progress=unseen)

    assert downloads.fetch(wanted(server), progress=unseen) == CONTENT


def test_a_part_that_is_all_there_is_taken(server: Server, downloads: HttpDownloads):
    downloads.folder.mkdir()
    (downloads.folder / f"{sha256(CONTENT)}.part").write_bytes(CONTENT)

    assert downloads.fetch(wanted(server), progress=unseen) == CONTENT
    assert server.asked == [f"bytes={len(CONTENT)}-"]


def test_without_a_length_the_total_is_unknown(server: Server, downloads: HttpDownloads):
    server.length = False
    totals: set[int] = set()

    data = downloads.fetch(wanted(server), progress=lambda _, total: totals.add(total))

    assert (data, totals) == (CONTENT, {0})


def test_another_file_is_refused_and_nothing_of_it_kept(server: Server, downloads: HttpDownloads):
    with pytest.raises(DigestMismatch):
        downloads.fetch(wanted(server, b"another"), progress=unseen)

    assert list(downloads.folder.iterdir()) == []


def test_a_part_of_another_file_is_found_out_and_the_next_try_is_clean(
    server: Server, downloads: HttpDownloads
):
    downloads.folder.mkdir()
    (downloads.folder / f"{sha256(CONTENT)}.part").write_bytes(b"something else")
    with pytest.raises(DigestMismatch):
        downloads.fetch(wanted(server), progress=unseen)

    assert downloads.fetch(wanted(server), progress=unseen) == CONTENT


@pytest.mark.parametrize("length", [True, False])
def test_more_bytes_than_the_limit_are_not_taken(
    server: Server, downloads: HttpDownloads, length: bool
):
    server.length = length

    with pytest.raises(TooLarge):
        downloads.fetch(wanted(server, limit_bytes=100_000), progress=unseen)

    assert list(downloads.folder.iterdir()) == []


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (401, Denied),
        (403, Denied),
        (404, NotFound),
        (410, NotFound),
        (416, Unexpected),
        (418, Unexpected),
        (429, Throttled),
        (500, Unavailable),
        (503, Unavailable),
    ],
)
def test_what_the_server_says_becomes_words_of_the_ports(
    server: Server, downloads: HttpDownloads, status: int, error: type[ClarityError]
):
    server.status = status

    with pytest.raises(error):
        downloads.fetch(wanted(server), progress=unseen)


def test_a_redirect_on_this_machine_is_followed(server: Server, downloads: HttpDownloads):
    server.redirect = f"{server.url}/elsewhere"

    assert downloads.fetch(wanted(server), progress=unseen) == CONTENT


@pytest.mark.parametrize("target", ["http://example.org/x", "ftp://localhost/x"])
def test_a_redirect_to_an_address_that_is_not_fetched_from_is_refused(
    server: Server, downloads: HttpDownloads, target: str
):
    server.redirect = target

    with pytest.raises(BadAddress):
        downloads.fetch(wanted(server), progress=unseen)


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/x",
        "file:///etc/passwd",
        "ftp://example.org/x",
        "https://",
        "model.h5",
        "http://[::1/x",
        "http://localhost.example.org/x",
    ],
)
def test_other_addresses_are_refused(downloads: HttpDownloads, url: str):
    with pytest.raises(BadAddress, match="https"):
        downloads.fetch(Wanted(url=url, sha256="0" * 64, limit_bytes=1), progress=unseen)


def test_another_range_than_was_asked_for_is_refused(server: Server, downloads: HttpDownloads):
    server.cut_after, server.content_range = 1_000, "bytes 0-255999/256000"
    with pytest.raises(Unavailable):
        downloads.fetch(wanted(server), progress=unseen)

    with pytest.raises(Unexpected):
        downloads.fetch(wanted(server), progress=unseen)


def test_a_silent_server_is_told_after_the_limit(server: Server, tmp_path: Path):
    server.hang = True

    with pytest.raises(TimedOut, match=r"0\.2 s"):
        HttpDownloads(folder=tmp_path, timeout_s=0.2).fetch(wanted(server), progress=unseen)


def test_what_is_no_http_is_told(server: Server, downloads: HttpDownloads):
    server.garbage = True

    with pytest.raises(Unexpected):
        downloads.fetch(wanted(server), progress=unseen)


def test_a_server_that_is_not_there_is_told(server: Server, downloads: HttpDownloads):
    nobody = attrs.evolve(wanted(server), url="http://127.0.0.1:1/x")

    with pytest.raises(Unavailable):
        downloads.fetch(nobody, progress=unseen)


def test_a_folder_that_cannot_be_used_is_told(server: Server, tmp_path: Path):
    (tmp_path / "file").touch()

    with pytest.raises(Unavailable, match="folder of downloads"):
        HttpDownloads(folder=tmp_path / "file", timeout_s=1.0).fetch(
            wanted(server), progress=unseen
        )
