"""The decoders of trails, heads, keys, cursors, packed days and copies of a store."""

import base64
import hashlib
import tempfile
import zlib
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import orjson
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from clarity.adapters.aws.dynamodb import cursor as dynamodb_cursor
from clarity.adapters.aws.dynamodb.chain import head_of, mark_of, record_of
from clarity.adapters.local import cursor as local_cursor
from clarity.adapters.local.copies import SqliteCopies
from clarity.adapters.local.kept_evidence import SqliteKeptEvidence
from clarity.adapters.local.store import open_store
from clarity.adapters.packing.shuffle_zstd import ShuffleZstdCodec
from clarity.adapters.report.html import HtmlRenderer
from clarity.adapters.report.json_file import results_json
from clarity.adapters.signing.ed25519 import Ed25519Signer, trusted_keys
from clarity.adapters.signing.heads import Ed25519HeadVerifier, FileHeadSigner
from clarity.application.audit_export import VerifyExport
from clarity.domain.audit import AuditRecord
from clarity.domain.signed_heads import FIRST, Entry, entry_line, read_entry
from tests.support.clocks import START, HandClock
from tests.support.decoder import Decoder, Layer
from tests.support.reports import report
from tests.support.trails import CLINIC, SIGNER, chain, exported, patient, records
from tests.support.worlds import opened, store_days

__all__ = ["TRAIL_DECODERS"]

KEY: Final = bytes(range(32))
SHARED: Final = dynamodb_cursor.CursorKey(lambda: KEY, HandClock())
QUESTION: Final = b"which days"
TRAIL: Final = exported(chain("ada", 3), chain("ben", 1))
BODY: Final = records(1, of=patient("ada"))[0].body


def _lines(data: bytes) -> list[bytes]:
    return data.splitlines(keepends=True)


def _proved(data: bytes) -> object:
    verify = VerifyExport(Ed25519HeadVerifier())
    return verify.run(_lines(data), public_key=SIGNER.public_key())


def _with_body(body: bytes) -> bytes:
    """An exported trail whose first record holds this body, with its right hash."""
    text = body.decode("utf-8", "surrogateescape")
    digest = hashlib.sha256(bytes(32) + body).hexdigest()
    line = f'{{"body":{_quoted(text)},"hash":"{digest}","seq":1}}\n'
    return b"".join([TRAIL[0], line.encode("utf-8", "surrogateescape"), *TRAIL[2:]])


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def _item(packed: bytes) -> dict[str, dict[str, object]]:
    return {"z": {"B": packed}, "h": {"B": bytes(32)}, "w": {"S": "word"}}


SHAPES: Final = (
    b'{"z":{"B":"eJw="},"h":{"B":"AAAA"},"w":{"S":"word"}}',
    b'{"body":{"S":"{}"},"h":{"B":"AAAA"}}',
    b'{"z":{"S":"eJw="},"h":{"N":"1"},"w":{"B":"AAAA"},"body":{"M":{"B":{"S":"x"}}}}',
    b'{"z":{"B":"eJw="},"z":{"L":[]},"h":{"NULL":true},"body":{"N":"1e400"}}',
)
"""Items as they are on the wire; of those that hold no record something is missing or other."""

HEAD: Final = b'{"n":{"N":"3"},"h":{"B":"AAAA"},"told":{"N":"2"}}'
MARK: Final = b'{"k":{"B":"' + b"A" * 43 + b'="},"kx":{"N":"1"}}'


def _of_item(read: Callable[[dict[str, Any]], object]) -> Callable[[bytes], object]:
    """Reads the attributes of an item; what is no JSON object does not get through the transport."""

    def decoded(data: bytes) -> object:
        try:
            item = orjson.loads(data)
        except orjson.JSONDecodeError:
            return None
        return read({"sk": {"S": "1"}, **item}) if _is_item(item) else None

    return decoded


def _is_item(found: object) -> bool:
    """Keys are texts by the table, and every attribute has one type."""
    return (
        isinstance(found, dict)
        and "sk" not in found
        and all(_is_attribute(one) for one in found.values())
    )


def _is_attribute(found: object) -> bool:
    if not isinstance(found, dict) or len(found) != 1:
        return False
    ((type_, value),) = found.items()
    return isinstance(value, str) or type_ not in {"S", "N", "B"}


def _heads() -> bytes:
    heads = {one.patient: one.head for one in (chain("ada", 3), chain("ben", 1))}
    entry = Entry(tenant=CLINIC, number=1, previous=FIRST, at=START, actor="nurse", heads=heads)
    return entry_line(entry, SIGNER.sign(entry.message))


def _in_a_file(decode: Callable[[Path], object]) -> Callable[[bytes], object]:
    def decoded(data: bytes) -> object:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "file"
            path.write_bytes(data)
            return decode(path)

    return decoded


def _private_key() -> bytes:
    return SIGNER.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _pem(kind: str) -> Callable[[bytes], bytes]:
    return lambda inside: (
        f"-----BEGIN {kind} KEY-----\n".encode()
        + base64.encodebytes(inside)
        + f"-----END {kind} KEY-----\n".encode()
    )


def _key_decoder(decode: Callable[[bytes], object], pem: bytes, kind: str) -> Decoder:
    inside = base64.b64decode(b"".join(pem.splitlines()[1:-1]))
    return Decoder(
        decode=decode,
        layers=(Layer((pem,)), Layer((inside,), _pem(kind))),
        modules=("adapters.signing.heads", "adapters.signing.ed25519"),
    )


def _verified(data: bytes) -> object:
    signature = SIGNER.sign(b"x")
    return Ed25519HeadVerifier().require(b"x", signature=signature, public_key=data)


def _cursor_decoder(place_of: Callable[[str], object], right: str, module: str) -> Decoder:
    raw = base64.urlsafe_b64decode(right)
    return Decoder(
        decode=lambda data: place_of(data.decode("utf-8", "surrogateescape")),
        layers=(Layer((right.encode(),)), Layer((raw,), base64.urlsafe_b64encode)),
        modules=(module,),
    )


def _chunks() -> Sequence[bytes]:
    """Days in all layouts and both forms, without their checksums."""
    turn = np.arange(1_440)
    days = (turn % 7, turn * 0.25, turn - 700.0, turn * 1e5, np.sin(turn), np.full(3, np.nan))
    packed = (ShuffleZstdCodec().pack(np.asarray(day, float), context=b"") for day in days)
    return [one[:-4] for one in packed]


def _sealed(body: bytes) -> bytes:
    return body + zlib.crc32(body).to_bytes(4, "little")


@cache
def _backup() -> bytes:
    with tempfile.TemporaryDirectory() as folder, opened() as world:
        store_days(world, count=2)
        world.core.copies().backup(Path(folder) / "b.db")
        return (Path(folder) / "b.db").read_bytes()


def _restored(path: Path) -> object:
    with open_store(None, busy_timeout_s=1.0) as store:
        return SqliteCopies(store, 1.0).restore(path, to=path.with_name("restored.db"))


@cache
def _kept() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "kept.db"
        SqliteKeptEvidence(path, busy_timeout_s=1.0).keep(records(1, of=patient("ada"))[0].event)
        return path.read_bytes()


def _handed_over(path: Path) -> object:
    return SqliteKeptEvidence(path, busy_timeout_s=1.0).hand_over(lambda _: None)


TRAIL_DECODERS: Final[dict[str, Callable[[], Decoder]]] = {
    "trail": lambda: Decoder(
        decode=_proved,
        layers=(Layer((b"".join(TRAIL),)), Layer((BODY,), _with_body)),
        modules=("domain.audit_export", "domain.audit"),
    ),
    "audit-record": lambda: Decoder(
        decode=lambda data: AuditRecord(1, data, bytes(32)).event,
        layers=(Layer((BODY,)),),
        modules=("domain.audit",),
    ),
    "audit-record-in-dynamodb": lambda: Decoder(
        decode=lambda data: record_of({"sk": {"S": "1"}, **_item(data)}).event,
        layers=(Layer((zlib.compress(BODY),)), Layer((BODY,), zlib.compress)),
        modules=("adapters.aws.dynamodb.chain",),
    ),
    "audit-item-in-dynamodb": lambda: Decoder(
        decode=_of_item(record_of),
        layers=(Layer(SHAPES),),
        modules=("adapters.aws.dynamodb.chain",),
    ),
    "sort-key-in-dynamodb": lambda: Decoder(
        decode=lambda data: record_of({"sk": {"S": data.decode("utf-8", "replace")}}),
        layers=(Layer((b"000000000002", b"000000000002x", b"HEAC")),),
        modules=("adapters.aws.dynamodb.chain",),
    ),
    "head-in-dynamodb": lambda: Decoder(
        decode=_of_item(head_of),
        layers=(Layer((HEAD,)),),
        modules=("adapters.aws.dynamodb.chain",),
    ),
    "mark-in-dynamodb": lambda: Decoder(
        decode=_of_item(mark_of),
        layers=(Layer((MARK,)),),
        modules=("adapters.aws.dynamodb.chain",),
    ),
    "signed-heads": lambda: Decoder(
        decode=lambda data: read_entry(data, number=1),
        layers=(Layer((_heads(),)),),
        modules=("domain.signed_heads",),
    ),
    "public-key": lambda: _key_decoder(_verified, SIGNER.public_key(), "PUBLIC"),
    "trusted-key": lambda: _key_decoder(
        _in_a_file(lambda path: trusted_keys([path])), SIGNER.public_key(), "PUBLIC"
    ),
    "signing-key": lambda: _key_decoder(
        _in_a_file(lambda path: FileHeadSigner(path).sign(b"x")), _private_key(), "PRIVATE"
    ),
    "key-of-bundles": lambda: _key_decoder(
        _in_a_file(Ed25519Signer.from_file), _private_key(), "PRIVATE"
    ),
    "cursor": lambda: _cursor_decoder(
        lambda text: local_cursor.place_of(text, question=QUESTION, key=KEY, now=START),
        local_cursor.signed(["2003-05-07", 7], question=QUESTION, key=KEY, now=START),
        "adapters.local.cursor",
    ),
    "cursor-of-dynamodb": lambda: _cursor_decoder(
        lambda text: dynamodb_cursor.place_of(text, question=QUESTION, key=SHARED),
        dynamodb_cursor.signed(["2003-05-07"], question=QUESTION, key=SHARED),
        "adapters.aws.dynamodb.cursor",
    ),
    "packed-day": lambda: Decoder(
        decode=lambda data: ShuffleZstdCodec().unpack(data, context=b""),
        layers=(Layer([_sealed(one) for one in _chunks()]), Layer(_chunks(), _sealed)),
        modules=("adapters.packing.shuffle_zstd", "adapters.packing._layouts"),
    ),
    "kept-evidence": lambda: Decoder(
        decode=_in_a_file(_handed_over),
        layers=(Layer((_kept(),)),),
        modules=("adapters.local.kept_evidence",),
    ),
    "results": lambda: Decoder(
        decode=lambda data: HtmlRenderer().entry(data, folder="p"),
        layers=(Layer((results_json(report()),)),),
        modules=("adapters.report.json_file",),
    ),
    "backup": lambda: Decoder(
        decode=_in_a_file(_restored),
        layers=(Layer((_backup(),)),),
        modules=("adapters.local.copies", "adapters.local.store"),
    ),
}
"""How each is made; some of the samples take their time."""
