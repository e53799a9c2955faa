"""
The SDK's connections, made to keep the deadline to the last byte and to check what arrives.

A read timeout bounds the wait for each part of an answer; a server that sends a byte now and then
would hold a caller for ever. Here every wait ends with the time that is left.
"""

import io
import socket
import zlib
from http.client import HTTPConnection
from typing import Any, Final

import attrs
from botocore.awsrequest import (
    AWSConnection,
    AWSHTTPConnection,
    AWSHTTPConnectionPool,
    AWSHTTPResponse,
    AWSHTTPSConnection,
    AWSHTTPSConnectionPool,
    AWSPreparedRequest,
    AWSResponse,
)
from botocore.client import BaseClient
from botocore.httpsession import URLLib3Session

from clarity.adapters.aws._call import current_call
from clarity.adapters.aws._deadline import current_deadline
from clarity.adapters.aws._errors import BodyDamaged

__all__ = ["check_answers", "checked", "keep_time"]

FIRST_ERROR_STATUS: Final = 300

CONTENT_LENGTH: Final = "Content-Length"

ENDPOINT: Final = "_endpoint"
POOLS: Final = "_pool_classes_by_scheme"
"""Where a client keeps its connections; the SDK offers no other way to them."""


def _in_time(timeout_s: float | None) -> float:
    """
    The timeout, or what is left when that is less.

    Raises:
        TimeoutError: nothing is left.
    """
    left_s = current_deadline().left_s
    if left_s <= 0:
        raise TimeoutError("the time for the whole call is used up")
    return left_s if timeout_s is None else min(timeout_s, left_s)


class _TimedReader(io.RawIOBase):
    """What arrives at a socket, each part waited for no longer than there is time."""

    def __init__(self, arriving: socket.socket, raw: Any) -> None:
        self._socket: Final = arriving
        self._raw: Final = raw
        self._most_s: Final = arriving.gettimeout()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._socket.settimeout(_in_time(self._most_s))
        count: int | None = self._raw.readinto(buffer)
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()


class _TimedResponse(AWSHTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **{"status_tuple": None, **kwargs})
        self.fp: Any = io.BufferedReader(_TimedReader(sock, self.fp.detach()))


def _request(
    self: Any, method: str, url: str, body: Any = None, headers: Any = None, *args: Any, **kw: Any
) -> Any:
    """Head and body leave in one write, which is one segment or record if they fit."""
    at_once = CONTENT_LENGTH in (headers or {})
    self.waiting_body = body if at_once else None
    rest = None if at_once else body
    return AWSConnection.request(self, method, url, rest, headers, *args, **kw)


def _end_headers(self: Any, message_body: Any = None, **kw: Any) -> None:
    body = self.waiting_body if message_body is None else message_body
    HTTPConnection.endheaders(self, body, **kw)


class _Connection(AWSHTTPConnection):
    response_class = _TimedResponse
    request = _request
    endheaders = _end_headers

    def connect(self) -> None:
        self.timeout = _in_time(self.timeout)
        super().connect()


class _TlsConnection(AWSHTTPSConnection):
    response_class = _TimedResponse
    request = _request
    endheaders = _end_headers

    def connect(self) -> None:
        self.timeout = _in_time(self.timeout)
        super().connect()


class _Pool(AWSHTTPConnectionPool):
    ConnectionCls = _Connection


class _TlsPool(AWSHTTPSConnectionPool):
    ConnectionCls = _TlsConnection


@attrs.frozen
class _CheckedSession:
    """A session whose answers are compared with their checksums before anybody reads them."""

    inner: URLLib3Session

    def send(self, request: AWSPreparedRequest) -> AWSResponse:
        response = self.inner.send(request)
        try:
            checked(response)
        except BodyDamaged:
            current_call().damaged += 1
            raise
        return response

    def close(self) -> None:
        self.inner.close()


def keep_time(client: BaseClient) -> None:
    """Calls of `client` end with their deadline, whatever the other side does."""
    vars(_session(client))[POOLS].update(http=_Pool, https=_TlsPool)


def check_answers(client: BaseClient) -> None:
    """What `client` gets is what was sent, or a failure that may pass."""
    vars(client)[ENDPOINT].http_session = _CheckedSession(_session(client))


def _session(client: BaseClient) -> URLLib3Session:
    session: URLLib3Session = vars(client)[ENDPOINT].http_session
    return session


def checked(response: AWSResponse) -> None:
    """
    Nothing, when the body is the one that its checksum was made of.

    Raises:
        BodyDamaged: it is not, or a success came without a checksum.
    """
    told = response.headers.get("x-amz-crc32")
    if told is None:
        if response.status_code >= FIRST_ERROR_STATUS:
            return
        raise BodyDamaged
    if not told.isdecimal() or int(told) != zlib.crc32(response.content):
        raise BodyDamaged
