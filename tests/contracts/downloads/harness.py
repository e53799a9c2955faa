"""The adapters of port Downloads."""

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Final

import attrs

from clarity.adapters.web.downloads import HttpDownloads
from clarity.ports.downloads import Downloads
from clarity.ports.errors import Denied, NotFound, PortError, TimedOut, Unavailable
from tests.support.file_server import Server, listening

__all__ = ["OPENERS", "DownloadsHarness", "Opener"]


@attrs.frozen(kw_only=True)
class DownloadsHarness:
    """
    What fetches, and the other side.

    Attributes:
        downloads: what fetches.
        url: where the file is.
        serve: from now on these bytes are there.
        interrupt: the next answer ends after so many bytes.
        refuse: how the other side is made to refuse, by what the port then says.
        elsewhere: addresses that are none to fetch from.
    """

    downloads: Downloads
    url: str
    serve: Callable[[bytes], None]
    interrupt: Callable[[int], None]
    refuse: Mapping[type[PortError], Callable[[], None]]
    elsewhere: tuple[str, ...]


Opener = Callable[[], AbstractContextManager[DownloadsHarness]]


@contextmanager
def _http() -> Iterator[DownloadsHarness]:
    with listening(Server()) as server, tempfile.TemporaryDirectory() as folder:

        def told(name: str) -> Callable[[object], None]:
            return lambda value: setattr(server, name, value)

        yield DownloadsHarness(
            downloads=HttpDownloads(folder=Path(folder) / "downloads", timeout_s=0.5),
            url=server.url,
            serve=told("content"),
            interrupt=told("cut_after"),
            refuse={
                NotFound: lambda: told("status")(404),
                Denied: lambda: told("status")(403),
                Unavailable: lambda: told("status")(503),
                TimedOut: lambda: told("hang")(True),
            },
            elsewhere=("http://example.org/x", "file:///etc/passwd", "ftp://example.org/x", "x"),
        )


OPENERS: Final[dict[str, Opener]] = {"http": _http}
