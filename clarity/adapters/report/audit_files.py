"""Audit records as CSV, JSON, JSON lines or one HTML page, piece by piece."""

import csv
import html
import io
from collections.abc import Iterable, Iterator

import attrs
import orjson

from clarity.domain.audit import AuditRecord, UnreadableRecord
from clarity.ports.report import AuditFormat, AuditRenderer

__all__ = ["AuditFiles"]

COLUMNS = (
    "seq",
    "at",
    "tenant",
    "patient",
    "actor",
    "actor_tenant",
    "purpose",
    "role",
    "break_glass",
    "operation",
    "entities",
    "correlation",
    "hash",
)

HTML_HEAD = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Audit report</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
:root{color-scheme:light dark}
body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:80rem;padding:0 1rem}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th,td{text-align:left;vertical-align:top;padding:.35rem .75rem .35rem 0}
th,td{border-bottom:1px solid #8886}
thead{display:table-header-group}
td.entities{overflow-wrap:anywhere}
</style></head><body><h1>Audit report</h1><div class="scroll"><table>
<caption>Who touched which data, in the order of each person's chain</caption><thead><tr>"""

HTML_TAIL = "</tbody></table></div></body></html>\n"


@attrs.frozen
class AuditFiles(AuditRenderer):
    """The formats of `clarity audit report`."""

    def render(self, records: Iterable[AuditRecord], *, format_: AuditFormat) -> Iterator[bytes]:
        """Pieces of the document, as the records come."""
        match format_:
            case AuditFormat.CSV:
                return _csv(records)
            case AuditFormat.JSON:
                return _json(records)
            case AuditFormat.JSONL:
                return (_object(record) + b"\n" for record in records)
            case AuditFormat.HTML:
                return _html(records)


def _cells(record: AuditRecord) -> tuple[str, ...]:
    event = record.event
    return (
        str(record.seq),
        event.at.isoformat(),
        str(event.patient.tenant),
        str(event.patient.patient),
        event.actor.id,
        str(event.actor.tenant),
        event.actor.purpose.value,
        event.actor.role.value,
        event.actor.break_glass,
        event.operation.value,
        " ".join(touched.entity for touched in event.touched),
        str(event.correlation),
        record.hash.hex(),
    )


def _plain(cell: str) -> str:
    """The cell without the power to be read as a formula by a spreadsheet."""
    return f"'{cell}" if cell[:1] in {"=", "+", "-", "@", "\t", "\r"} else cell


def _csv(records: Iterable[AuditRecord]) -> Iterator[bytes]:
    yield _csv_row(COLUMNS)
    for record in records:
        yield _csv_row(tuple(_plain(cell) for cell in _cells(record)))


def _csv_row(cells: tuple[str, ...]) -> bytes:
    line = io.StringIO()
    csv.writer(line, lineterminator="\r\n").writerow(cells)
    return line.getvalue().encode()


def _json(records: Iterable[AuditRecord]) -> Iterator[bytes]:
    before = b"["
    for record in records:
        yield before + b"\n" + _object(record)
        before = b","
    yield b"[]\n" if before == b"[" else b"\n]\n"


def _object(record: AuditRecord) -> bytes:
    return orjson.dumps({"seq": record.seq, "body": _text(record), "hash": record.hash.hex()})


def _text(record: AuditRecord) -> str:
    """The body, which is left as it is even where nobody understands it."""
    try:
        if record.body:
            return record.body.decode()
    except UnicodeDecodeError as error:
        raise UnreadableRecord(record.seq) from error
    raise UnreadableRecord(record.seq)


def _html(records: Iterable[AuditRecord]) -> Iterator[bytes]:
    head = "".join(f'<th scope="col">{column}</th>' for column in COLUMNS)
    yield f"{HTML_HEAD}{head}</tr></thead><tbody>\n".encode()
    for record in records:
        cells = zip(COLUMNS, _cells(record), strict=True)
        row = "".join(f'<td class="{column}">{html.escape(cell)}</td>' for column, cell in cells)
        yield f"<tr>{row}</tr>\n".encode()
    yield HTML_TAIL.encode()
