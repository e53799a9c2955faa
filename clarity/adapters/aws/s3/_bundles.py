"""What an index says of a bundle, and its form in S3."""

import base64
import json
import re
from datetime import datetime
from typing import Any, Final

import attrs

from clarity.domain.pat.artifact import sha256_of
from clarity.domain.pat.bundle import MANIFEST, Bundle, BundleSignature
from clarity.ports.errors import Corrupt

__all__ = ["Index", "PlacedFile", "index_bytes", "index_of", "placed", "read_index"]

SCHEMA: Final = 1
UPLOAD: Final = re.compile(r"[0-9a-f]{32}")
SHA256: Final = re.compile(r"[0-9a-f]{64}")
FILE_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,31}\.[a-z0-9]{1,15}")
WHAT: Final = "the index of a bundle"


@attrs.frozen
class PlacedFile:
    """
    A file of a bundle.

    Attributes:
        name: of the file.
        size_bytes: of the file.
        sha256: of its bytes, hexadecimal.
    """

    name: str = attrs.field(
        validator=attrs.validators.matches_re(FILE_NAME.pattern, re.NOFLAG, re.fullmatch)
    )
    size_bytes: int = attrs.field(
        validator=[attrs.validators.instance_of(int), attrs.validators.ge(0)]
    )
    sha256: str = attrs.field(
        validator=attrs.validators.matches_re(SHA256.pattern, re.NOFLAG, re.fullmatch)
    )


def _aware(_: object, __: object, value: datetime) -> None:
    if value.tzinfo is None:
        raise ValueError("a time has a zone")


@attrs.frozen(kw_only=True)
class Index:
    """
    What makes a bundle be there: it is written after all its files.

    Attributes:
        upload: under which name its files lie; every upload has another one.
        since: when the bundle was last put, aware.
        files: in the order of their names, the manifest among them.
        signatures: at most one per key.
    """

    upload: str = attrs.field(
        validator=attrs.validators.matches_re(UPLOAD.pattern, re.NOFLAG, re.fullmatch)
    )
    since: datetime = attrs.field(validator=_aware)
    files: tuple[PlacedFile, ...]
    signatures: tuple[BundleSignature, ...] = ()

    @property
    def size_bytes(self) -> int:
        """Of all its files."""
        return sum(file.size_bytes for file in self.files)

    def put_again(self, signatures: tuple[BundleSignature, ...], since: datetime) -> "Index":
        """The same with the signatures of the keys that have not signed yet."""
        known = {signature.key for signature in self.signatures}
        more = tuple(signature for signature in signatures if signature.key not in known)
        return attrs.evolve(self, signatures=self.signatures + more, since=since)


def placed(bundle: Bundle) -> tuple[PlacedFile, ...]:
    """The files of the bundle as an index lists them."""
    contents = {**bundle.files, MANIFEST: bundle.manifest}
    return tuple(
        PlacedFile(name, len(contents[name]), sha256_of(contents[name]))
        for name in sorted(contents)
    )


def index_of(bundle: Bundle, *, upload: str, since: datetime) -> Index:
    """The first index of the bundle."""
    return Index(upload=upload, since=since, files=placed(bundle), signatures=bundle.signatures)


def index_bytes(index: Index) -> bytes:
    """The index as JSON."""
    content = {
        "schema": SCHEMA,
        "upload": index.upload,
        "since": index.since.isoformat(),
        "files": [attrs.asdict(file) for file in index.files],
        "signatures": {s.key: base64.b64encode(s.value).decode() for s in index.signatures},
    }
    return json.dumps(content, sort_keys=True).encode()


def read_index(data: bytes) -> Index:
    """
    The index that the bytes are.

    Raises:
        Corrupt: they are none.
    """
    try:
        return _index(json.loads(data))
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise Corrupt(WHAT) from error


def _index(content: Any) -> Index:
    if content["schema"] != SCHEMA:
        raise ValueError("an index of another schema")
    signed = content["signatures"].items()
    return Index(
        upload=content["upload"],
        since=datetime.fromisoformat(content["since"]),
        files=tuple(PlacedFile(**file) for file in content["files"]),
        signatures=tuple(
            BundleSignature(key, base64.b64decode(value, validate=True)) for key, value in signed
        ),
    )
