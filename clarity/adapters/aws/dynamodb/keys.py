"""
Keys of items: text in which no id can forge a separator, and which sorts as its parts do.

Parts are joined by `#`. Every character up to `$` is written as `$` and a letter, so what stands
before a separator always sorts first, and a range of parts is one range of text. The two last code
points are escaped likewise, which leaves U+10FFFF as an end that no key reaches.
"""

import hashlib
import re
from datetime import UTC, date, datetime, timedelta
from typing import Final

from clarity.adapters.aws.dynamodb.codec import MALFORMED, Undecodable
from clarity.domain.identity import PatientId, PatientRef, TenantId
from clarity.ports.entities import ENTITIES, Key
from clarity.ports.errors import TooLarge

__all__ = [
    "AFTER_PREFIX",
    "AFTER_SEPARATOR",
    "BATCH",
    "HEAD",
    "LETTERS",
    "MAX_PK_BYTES",
    "REQUEST",
    "SEPARATOR",
    "SINGLE",
    "TAKEN",
    "batch_sk",
    "chain_pk",
    "due_pk",
    "escaped",
    "former_idempotency_pk",
    "former_key_text",
    "former_key_texts",
    "idempotency_digest",
    "idempotency_pk",
    "key_of_text",
    "key_text",
    "kind_prefix",
    "owner_pk",
    "part_text",
    "patient_of_chain",
    "patient_of_owner",
    "roster_pk",
    "seq_sk",
    "unescaped",
    "unique_pk",
]

SEPARATOR: Final = "#"
AFTER_SEPARATOR: Final = "$"
"""Sorts after `X#` and all that begins with it, before any other key that begins with X."""
AFTER_PREFIX: Final = "\U0010ffff"
"""`X` + this sorts after every key that begins with X."""

HEAD: Final = "HEAD"
"""Sort key of a chain's head; digits sort before it."""
SINGLE: Final = "-"
"""Sort key where a partition holds one item."""

TAKEN: Final = "U"
"""Sort key of an item that says whose a unique value is."""

MAX_SK_BYTES: Final = 1_024
MAX_PK_BYTES: Final = 2_048
"""Longest keys (service quotas)."""

LETTERS: Final = {"chunk": "O", "result": "A", "profile": "P"}
"""How the kinds of entities begin their sort keys; a kind is never renamed."""

FORMER_PARTS: Final = {("result", 1): (0, 2), ("result", 2): (0, 2)}
"""Which parts of a key an earlier schema of that kind had in its sort keys."""

REQUEST: Final = "Q#"
"""
How the sort keys began that said which requests of a patient are remembered. Such items were
written before audit records said it, and live 7 days.
"""

BATCH: Final = "B#"
"""How the sort keys of open batches of a bulk import begin."""

INSTANT: Final = "t"
FIRST: Final = datetime.min.replace(tzinfo=UTC)
DAY: Final = timedelta(days=1)
"""More than any zone is ahead, so that no instant lies before 0."""
MICRO: Final = timedelta(microseconds=1)

_LOW: Final = re.compile("[\x00-\x24]")
_HIGH: Final = re.compile("[\U0010fffe\U0010ffff]")
_ESCAPED: Final = re.compile("\\$(.)|\U0010fffe(.)", re.DOTALL)
_SHIFT: Final = 0x40


def escaped(part: str) -> str:
    """`part` without separators, sorting as before."""
    if part.isalnum():
        return part
    text = _LOW.sub(lambda m: "$" + chr(ord(m.group()) + _SHIFT), part)
    return _HIGH.sub(lambda m: "\U0010fffe" + "01"[ord(m.group()) & 1], text)


def unescaped(text: str) -> str:
    """
    What was escaped.

    Raises:
        Undecodable: nothing that was escaped looks so.
    """
    try:
        return _ESCAPED.sub(_original, text)
    except MALFORMED as error:
        raise Undecodable from error


def _original(match: re.Match[str]) -> str:
    low, high = match.groups()
    letter = chr(ord(low) - _SHIFT) if low is not None else chr(0x10FFFE + int(high))
    if escaped(letter) != match.group():
        raise ValueError("no letter is escaped so")
    return letter


def part_text(part: str | date) -> str:
    """
    One part of a key: escaped text, a date as eight digits, or an instant as microseconds.

    An instant begins with a letter behind all hexadecimal digits, so that results of schemas 1
    and 2, in whose keys a fingerprint stands in its place, sort before all others.
    """
    if isinstance(part, str):
        return escaped(part)
    if isinstance(part, datetime):
        return f"{INSTANT}{(part - FIRST + DAY) // MICRO:018}"
    return part.isoformat().replace("-", "")


def _part_of(text: str, type_: type[object]) -> str | date:
    if type_ is datetime:
        return FIRST + int(text.removeprefix(INSTANT)) * MICRO - DAY
    return date.fromisoformat(text) if type_ is date else unescaped(text)


def kind_prefix(kind: str) -> str:
    """What all sort keys of that kind begin with."""
    return LETTERS[kind] + SEPARATOR


def key_text(key: Key) -> str:
    """
    The sort key of an entity.

    Raises:
        TooLarge: the parts are too long for a key.
    """
    return _checked(kind_prefix(key.kind) + SEPARATOR.join(map(part_text, key.parts)), MAX_SK_BYTES)


def former_key_text(key: Key, schema: int) -> str:
    """The sort key that an entity has if it was written in that schema of its kind."""
    places = FORMER_PARTS.get((key.kind, schema))
    return key_text(key if places is None else Key(key.kind, [key.parts[at] for at in places]))


def former_key_texts(key: Key) -> tuple[str, ...]:
    """Where else the entity under `key` may lie: the sort keys of earlier schemas."""
    schemas = [schema for kind, schema in FORMER_PARTS if kind == key.kind]
    return tuple(dict.fromkeys(former_key_text(key, schema) for schema in schemas))


def key_of_text(sk: str) -> Key:
    """
    The key that `key_text` wrote; that of an earlier schema has fewer parts.

    Raises:
        Undecodable: it wrote no such text.
    """
    try:
        return _key_of(sk)
    except MALFORMED as error:
        raise Undecodable from error


def _key_of(sk: str) -> Key:
    letter, *texts = sk.split(SEPARATOR)
    spec = next(spec for spec in ENTITIES if LETTERS[spec.kind] == letter)
    types = [spec.fields[name].type for name in spec.key]
    former = FORMER_PARTS.get((spec.kind, spec.schema - 1), ())
    if len(texts) == len(former) > 0:
        types = [types[at] for at in former]
    named = zip(types, texts if types else [], strict=True)
    return Key(spec.kind, [_part_of(text, type_) for type_, text in named])


def batch_sk(name: str) -> str:
    """The sort key, in the patient's partition, of an open batch of a bulk import."""
    return _checked(BATCH + escaped(name), MAX_SK_BYTES)


def owner_pk(owner: PatientRef) -> str:
    """The partition that holds a patient's entities."""
    return f"P#{_ref(owner)}"


def patient_of_owner(pk: str) -> PatientRef:
    """
    The patient whose entities lie in the partition that `owner_pk` named.

    Raises:
        Undecodable: it named no such partition.
    """
    try:
        _, tenant, patient = pk.split(SEPARATOR)
        return PatientRef(TenantId(unescaped(tenant)), PatientId(unescaped(patient)))
    except MALFORMED as error:
        raise Undecodable from error


def unique_pk(field: str, beacon: str) -> str:
    """The partition that says whose the value is that `beacon` stands for."""
    return f"U#{field.upper()}#{beacon}"


def chain_pk(patient: PatientRef) -> str:
    """The partition that holds a patient's audit chain."""
    return f"AUD#{_ref(patient)}"


def patient_of_chain(pk: str) -> PatientRef:
    """The patient whose chain lies in the partition that `chain_pk` named; as above."""
    return patient_of_owner(pk)


def due_pk(shard: int) -> str:
    """The partition of the index `due` that lists a part of the chains."""
    return f"DUE#{shard}"


def roster_pk(tenant: TenantId) -> str:
    """The partition that names everyone in the tenant who has a chain."""
    return f"ROSTER#{escaped(str(tenant))}"


def idempotency_digest(name: str) -> bytes:
    """What stands for the key of a request, however long it is; SHA-256."""
    return hashlib.sha256(name.encode()).digest()


def idempotency_pk(tenant: TenantId, digest: bytes) -> str:
    """The partition of the idempotency record of the key with that digest."""
    return f"I#{escaped(str(tenant))}#{digest.hex()}"


def former_idempotency_pk(tenant: TenantId, name: str) -> str:
    """The partition where it lay before keys were digested; such records live 7 days."""
    return f"I#{escaped(str(tenant))}#{escaped(name)}"


def seq_sk(seq: int) -> str:
    """The sort key of an audit record."""
    return f"{seq:012}"


def _ref(patient: PatientRef) -> str:
    return f"{escaped(str(patient.tenant))}#{escaped(str(patient.patient))}"


def _checked(text: str, limit: int) -> str:
    size = len(text.encode())
    if size > limit:
        raise TooLarge("a key in bytes", limit, size)
    return text
