"""Downloads over HTTP that go on where they were interrupted, checked against a digest."""

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException, HTTPMessage, HTTPResponse
from pathlib import Path
from typing import IO, Final
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

import attrs

from clarity.domain.pat.artifact import DigestMismatch
from clarity.ports.downloads import BadAddress, Downloads, Progress, Wanted
from clarity.ports.errors import (
    Denied,
    NotFound,
    PortError,
    Throttled,
    TimedOut,
    TooLarge,
    Unavailable,
    Unexpected,
)

__all__ = ["HttpDownloads"]

PIECE_BYTES: Final = 64 * 1024
OWNER_ONLY_FOLDER: Final = 0o700
LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
WHAT: Final = "the server of the download"
REST: Final = "the rest of the download (asked again, it goes on from there where the server can)"
FILE: Final = "the file to download"
PARTIAL_CONTENT: Final = 206
RANGE_NOT_SATISFIABLE: Final = 416
SERVER_ERRORS: Final = 500
RETRY_S: Final = 60.0  # told when a server asks for fewer requests
CONTENT_RANGE: Final = re.compile(r"bytes (\d{1,18})-\d{1,18}/(\d{1,18})")
REFUSALS: Final[dict[int, PortError]] = {
    401: Denied("the download"),
    403: Denied("the download"),
    404: NotFound(FILE),
    410: NotFound(FILE),
    429: Throttled(RETRY_S),
}


class _CheckedRedirects(HTTPRedirectHandler):
    """Follows redirects only to addresses from which files are fetched."""

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> Request | None:
        _require_address(newurl)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


@attrs.frozen(kw_only=True)
class HttpDownloads(Downloads):
    """
    Keeps what it has of a file in `folder/<sha256>.part` until it is whole and right.

    Attributes:
        folder: where; made when needed.
        timeout_s: longest wait for the next bytes, s.
    """

    folder: Path
    timeout_s: float = attrs.field(validator=attrs.validators.gt(0.0))

    def fetch(self, wanted: Wanted, *, progress: Progress) -> bytes:
        """See `Downloads.fetch`."""
        _require_address(wanted.url)
        with _translated(self.timeout_s):
            self.folder.mkdir(mode=OWNER_ONLY_FOLDER, parents=True, exist_ok=True)
            part = self.folder / f"{wanted.sha256}.part"
            self._complete(part, wanted, progress)
            return _taken(part, wanted)

    def _complete(self, part: Path, wanted: Wanted, progress: Progress) -> None:
        """The part file holds everything that the server has."""
        have = part.stat().st_size if part.exists() else 0
        opener = build_opener(_CheckedRedirects())
        opener.addheaders = [("Accept-Encoding", "identity")]
        if have:
            opener.addheaders.append(("Range", f"bytes={have}-"))
        try:
            response = opener.open(wanted.url, timeout=self.timeout_s)
        except HTTPError as refusal:
            refusal.close()
            if refusal.code == RANGE_NOT_SATISFIABLE and have:
                return  # there is nothing more; the digest says whether it is right
            raise
        with response:
            start, total = _place(response, have)
            _require_limit(part, wanted, max(start, total))
            with part.open("ab") as file:
                file.truncate(start)
                got = _received(response, file, (start, total), wanted, progress)
        if got < total:
            raise Unavailable(REST)


def _require_address(url: str) -> None:
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError as error:
        raise BadAddress from error
    local = parts.scheme == "http" and host in LOOPBACK
    if not host or not (parts.scheme == "https" or local):
        raise BadAddress


def _place(response: HTTPResponse, have: int) -> tuple[int, int]:
    """Where the bytes of the answer begin and how many there are in all, 0 when unknown."""
    length = response.headers.get("Content-Length", "")
    size = int(length) if length.isdecimal() else 0
    if response.status != PARTIAL_CONTENT:
        return 0, size
    match = CONTENT_RANGE.fullmatch(response.headers.get("Content-Range", ""))
    if match is None or int(match[1]) != have:
        raise Unexpected("HTTP 206 with another range")
    return have, int(match[2])


def _require_limit(part: Path, wanted: Wanted, size: int) -> None:
    if size > wanted.limit_bytes:
        part.unlink(missing_ok=True)
        raise TooLarge("a download, bytes,", wanted.limit_bytes, size)


def _received(
    response: HTTPResponse,
    file: IO[bytes],
    place: tuple[int, int],
    wanted: Wanted,
    progress: Progress,
) -> int:
    """How many bytes of the file there are after everything was read."""
    got, total = place
    while piece := response.read(PIECE_BYTES):
        got += len(piece)
        _require_limit(Path(file.name), wanted, got)
        file.write(piece)
        progress(got, total)
    return got


def _taken(part: Path, wanted: Wanted) -> bytes:
    """The bytes of the part file, which are right; the file is gone either way."""
    data = part.read_bytes()
    part.unlink()
    found = hashlib.sha256(data).hexdigest()
    if found != wanted.sha256:
        raise DigestMismatch(wanted.sha256, found)
    return data


@contextmanager
def _translated(timeout_s: float) -> Iterator[None]:
    """What urllib, sockets and the file system raise leaves the block in words of the ports."""
    try:
        yield
    except HTTPError as error:
        raise _refusal(error.code) from error
    except URLError as error:
        if isinstance(error.reason, TimeoutError):
            raise TimedOut(WHAT, timeout_s) from error
        raise Unavailable(WHAT) from error
    except TimeoutError as error:
        raise TimedOut(WHAT, timeout_s) from error
    except ConnectionError as error:
        raise Unavailable(WHAT) from error
    except HTTPException as error:
        raise Unexpected(f"HTTP {type(error).__name__}") from error
    except OSError as error:
        raise Unavailable("the folder of downloads") from error


def _refusal(code: int) -> PortError:
    if code >= SERVER_ERRORS:
        return Unavailable(WHAT)
    return REFUSALS.get(code, Unexpected(f"HTTP {code}"))
