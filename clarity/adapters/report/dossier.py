"""A person's dossier as JSON arrays and CSV tables, item by item."""

import csv
import io
import math
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime
from enum import Enum
from types import MappingProxyType
from typing import Final
from zoneinfo import ZoneInfo

import attrs
import numpy as np
import orjson

from clarity.domain.analysis.result import AnalysisResult
from clarity.domain.audit import AuditRecord
from clarity.domain.jobs import Job
from clarity.domain.profile import Profile
from clarity.domain.streams import DayChunk
from clarity.ports.dossier import Dossier, DossierRenderer, Piece
from clarity.ports.entities import ENTITIES, Entity, spec_of
from clarity.ports.erasure import Trace

__all__ = ["DossierFiles"]

Cell = str | int | float | date | None
Item = Entity | Job | Trace | AuditRecord

AUDIT: Final = "audit"
JOB: Final = "job"
TRACE: Final = "trace"

AUDIT_COLUMNS: Final = ("seq", "at", "actor", "purpose", "operation", "entities", "correlation")
JOB_COLUMNS: Final = ("id", "kind", "state", "done", "total", "started_at", "heard_at", "problem")
TRACE_COLUMNS: Final = ("kind", "name")
VALUE_COLUMNS: Final = ("stream", "time", "value", "unit")
PROFILE_COLUMNS: Final = ("email", "name", "birth_year", "zone", "created_at")
FINDING_COLUMNS: Final = ("result", "metric", "value", "unit", "reason", "coverage", "algorithm")

FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
"""How a text begins that a spreadsheet would compute."""


@attrs.frozen
class DossierFiles(DossierRenderer):
    """The files that `clarity export` writes."""

    def render(self, dossier: Dossier) -> Iterator[Piece]:
        """Pieces of the files, as the items come."""
        counts = dict.fromkeys((*(spec.kind for spec in ENTITIES), JOB, TRACE, AUDIT), 0)
        for kind in counts:
            yield Piece(f"{kind}.json", b"[")
        for name, columns in TABLES.items():
            yield Piece(name, _lines([columns]))
        for item in dossier.items:
            kind = _kind(item)
            yield Piece(f"{kind}.json", (b",\n" if counts[kind] else b"\n") + _json(item))
            for name, rows in _tables(item).items():
                yield Piece(name, _lines(rows))
            counts[kind] += 1
        for kind in counts:
            yield Piece(f"{kind}.json", b"\n]\n")
        yield Piece("contents.json", _contents(dossier, counts))


TABLES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {f"{spec.kind}.csv": tuple(spec.fields) for spec in ENTITIES}
    | {
        "profile.csv": PROFILE_COLUMNS,
        "chunk-values.csv": VALUE_COLUMNS,
        "result-findings.csv": FINDING_COLUMNS,
        f"{JOB}.csv": JOB_COLUMNS,
        f"{TRACE}.csv": TRACE_COLUMNS,
        f"{AUDIT}.csv": AUDIT_COLUMNS,
    }
)
"""The CSV files and their columns."""


def _contents(dossier: Dossier, counts: Mapping[str, int]) -> bytes:
    return orjson.dumps(
        {
            "schema": "clarity.dossier",
            "schema_version": 1,
            "tenant": str(dossier.patient.tenant),
            "patient": str(dossier.patient.patient),
            "made_at": dossier.made_at,
            "items": dict(counts),
        },
        option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE,
    )


def _kind(item: Item) -> str:
    match item:
        case AuditRecord():
            return AUDIT
        case Job():
            return JOB
        case Trace():
            return TRACE
        case _:
            return spec_of(type(item)).kind


def _json(item: Item) -> bytes:
    if isinstance(item, AuditRecord):
        content: object = {
            "seq": item.seq,
            "event": orjson.loads(item.body),
            "body": item.body.decode(),
            "hash": item.hash.hex(),
        }
    else:
        content = attrs.asdict(item, value_serializer=_plain)
    return orjson.dumps(content, option=orjson.OPT_SERIALIZE_NUMPY)


def _plain(_: type, __: object, value: object) -> object:
    """What JSON has no form for, as text, number, list or null."""
    match value:
        case ZoneInfo():
            return value.key
        case np.ndarray():
            return [None if math.isnan(one) else one for one in value.tolist()]
        case Enum():
            return value.value
        case Mapping():
            return dict(value)
        case int() if value.bit_length() > 63:
            return str(value)
        case _:
            return value


def _tables(item: Item) -> dict[str, Iterable[tuple[Cell, ...]]]:
    match item:
        case AuditRecord():
            return {f"{AUDIT}.csv": [_of_record(item)]}
        case Job():
            return {f"{JOB}.csv": [tuple(_cell(getattr(item, name)) for name in JOB_COLUMNS)]}
        case Trace():
            return {f"{TRACE}.csv": [(item.kind, item.name)]}
        case DayChunk():
            return {"chunk.csv": [_of_entity(item)], "chunk-values.csv": _of_values(item)}
        case AnalysisResult():
            return {"result.csv": [_of_entity(item)], "result-findings.csv": _of_findings(item)}
        case Profile():
            return {"profile.csv": [_of_profile(item)]}


def _of_profile(profile: Profile) -> tuple[Cell, ...]:
    said = profile.details
    return said.email.text, said.name, said.birth_year, said.zone.key, profile.created_at


def _of_entity(entity: Entity) -> tuple[Cell, ...]:
    return tuple(field.of(entity) for field in spec_of(type(entity)).fields.values())


def _of_values(chunk: DayChunk) -> Iterator[tuple[Cell, ...]]:
    for number, value in enumerate(chunk.values.tolist()):
        at = datetime.fromtimestamp(chunk.start_s + number * chunk.epoch_s, UTC)
        local = at.astimezone(chunk.zone)
        yield chunk.stream.value, local, None if math.isnan(value) else value, chunk.unit.value


def _of_findings(result: AnalysisResult) -> Iterator[tuple[Cell, ...]]:
    for one in result.findings:
        said = (one.metric, one.value, one.unit, one.reason, one.coverage, one.algorithm)
        yield result.provenance.fingerprint, *said


def _of_record(record: AuditRecord) -> tuple[Cell, ...]:
    event = record.event
    return (
        record.seq,
        event.at,
        event.actor.id,
        event.actor.purpose.value,
        event.operation.value,
        " ".join(touched.entity for touched in event.touched),
        str(event.correlation),
    )


def _cell(value: object) -> Cell:
    return value if isinstance(value, int | datetime | None) else str(value)


def _lines(rows: Iterable[Iterable[Cell]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(map(_written, row) for row in rows)
    return text.getvalue().encode("utf-8", "backslashreplace")


def _written(cell: Cell) -> str | int | float | None:
    match cell:
        case date():
            return cell.isoformat()
        case str() if cell.startswith(FORMULA):
            return f"'{cell}"
        case _:
            return cell
