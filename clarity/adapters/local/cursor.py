"""
Where a page ended, for the caller to hand back: opaque, signed, bound to one question.

A cursor is base64url(HMAC-SHA-256 tag (16 bytes) || JSON of when it was given, seconds since 1970,
and the place). The tag covers form, question, time and place; the question itself is not
carried.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime
from typing import Final

import orjson

from clarity.ports.errors import CURSOR_LIFE, BadCursor

__all__ = ["place_of", "signed"]

Place = Sequence[str | int]

FORM: Final = b"clarity-cursor-2"
TAG_BYTES: Final = 16
MAX_LENGTH: Final = 4_096
"""Longest cursor that is looked at, characters."""


def signed(place: Place, *, question: bytes, key: bytes, now: datetime) -> str:
    """The cursor that says "after `place`" in the answer to `question`, given at `now`."""
    body = orjson.dumps([int(now.timestamp()), *place])
    return base64.urlsafe_b64encode(_tag(body, question, key) + body).decode()


def place_of(cursor: str, *, question: bytes, key: bytes, now: datetime) -> list[str | int]:
    """
    The place that was signed into `cursor`.

    Raises:
        BadCursor: it was not made by this store for this question, or is older at `now` than
            `CURSOR_LIFE`.
    """
    if not isinstance(cursor, str):
        raise BadCursor("is no text")
    try:
        raw = base64.b64decode(cursor[:MAX_LENGTH].encode("ascii"), altchars=b"-_", validate=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise BadCursor("is none that clarity made") from error
    tag, body = raw[:TAG_BYTES], raw[TAG_BYTES:]
    if not hmac.compare_digest(tag, _tag(body, question, key)):
        raise BadCursor("was changed or belongs to another question")
    given_s, *rest = orjson.loads(body)
    if now.timestamp() - given_s > CURSOR_LIFE.total_seconds():
        raise BadCursor("has expired")
    place: list[str | int] = rest
    return place


def _tag(body: bytes, question: bytes, key: bytes) -> bytes:
    framed = b"%b:%d:%b%b" % (FORM, len(question), question, body)
    return hmac.digest(key, framed, hashlib.sha256)[:TAG_BYTES]
