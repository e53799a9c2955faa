"""Every sentence of `clarity.ports.report.AuditRenderer`, for every adapter."""

import csv
import io
import itertools
import json
from collections.abc import Iterable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clarity.domain.audit import (
    AuditEvent,
    AuditRecord,
    ChainHead,
    Operation,
    UnreadableRecord,
    chained,
    verify_chain,
)
from clarity.domain.identity import Actor, CorrelationId, Purpose
from clarity.ports.report import AuditFormat, AuditRenderer
from tests.contracts.audit_renderer.harness import OPENERS
from tests.contracts.repository.harness import ADA
from tests.support.clocks import START
from tests.support.strategies import events

FIRST = chained(
    AuditEvent(
        actor=Actor(id="nurse", tenant=ADA.tenant, purpose=Purpose.TREATMENT),
        patient=ADA,
        operation=Operation.READ,
        touched=(),
        correlation=CorrelationId("c-1"),
        at=START,
    ),
    ChainHead(),
)
UNREADABLE = AuditRecord(1, b"no json", bytes(32))


def chain(told: Iterable[AuditEvent]) -> tuple[AuditRecord, ...]:
    """The events in one chain."""
    records: list[AuditRecord] = []
    for event in told:
        records.append(chained(event, records[-1].head if records else ChainHead()))
    return tuple(records)


def text(renderer: AuditRenderer, records: Iterable[AuditRecord], format_: AuditFormat) -> str:
    return b"".join(renderer.render(records, format_=format_)).decode()


chains = st.lists(events(ADA), max_size=4).map(chain)


@given(records=chains)
def test_csv_has_a_header_and_a_row_per_record(records: tuple[AuditRecord, ...]):
    for opener in OPENERS.values():
        written = text(opener(), records, AuditFormat.CSV)

        header, *rows = csv.reader(io.StringIO(written, newline=""))
        assert "seq" in header
        assert [row[header.index("seq")] for row in rows] == [str(r.seq) for r in records]
        assert [row[header.index("hash")] for row in rows] == [r.hash.hex() for r in records]


@given(records=chains)
def test_no_cell_of_csv_is_a_formula(records: tuple[AuditRecord, ...]):
    for opener in OPENERS.values():
        written = text(opener(), records, AuditFormat.CSV)

        cells = itertools.chain.from_iterable(csv.reader(io.StringIO(written, newline="")))
        assert not [cell for cell in cells if cell[:1] in set("=+-@\t\r")]


def of_json(told: Iterable[dict[str, object]]) -> tuple[AuditRecord, ...]:
    return tuple(
        AuditRecord(one["seq"], one["body"].encode(), bytes.fromhex(one["hash"])) for one in told
    )


@given(records=chains)
def test_json_is_one_array_that_is_enough_to_verify_the_chain(records: tuple[AuditRecord, ...]):
    for opener in OPENERS.values():
        again = of_json(json.loads(text(opener(), records, AuditFormat.JSON)))

        assert again == records
        assert verify_chain(again).seq == len(records)


@given(records=chains)
def test_json_lines_are_the_same_objects(records: tuple[AuditRecord, ...]):
    for opener in OPENERS.values():
        *lines, rest = text(opener(), records, AuditFormat.JSONL).split("\n")

        assert rest == ""
        assert of_json(map(json.loads, lines)) == records


@given(records=chains)
def test_html_is_one_page_of_its_own_without_markup_of_others(records: tuple[AuditRecord, ...]):
    for opener in OPENERS.values():
        page = text(opener(), records, AuditFormat.HTML)

        assert page.startswith("<!doctype html>")
        assert page.rstrip().endswith("</html>")
        assert page.count("<tr>") == 1 + len(records)
        assert "<script" not in page
        assert "http" not in page


@pytest.mark.parametrize("format_", AuditFormat)
def test_pieces_come_as_the_records_come(renderer: AuditRenderer, format_: AuditFormat):
    taken: list[int] = []

    def endless() -> Iterator[AuditRecord]:
        for number in itertools.count():
            taken.append(number)
            yield FIRST

    pieces = renderer.render(endless(), format_=format_)
    list(itertools.islice(pieces, 3))

    assert len(taken) <= 4


@pytest.mark.parametrize("format_", [AuditFormat.CSV, AuditFormat.HTML])
def test_a_record_that_is_none_of_ours_is_told(renderer: AuditRenderer, format_: AuditFormat):
    with pytest.raises(UnreadableRecord):
        text(renderer, [UNREADABLE], format_)


@pytest.mark.parametrize("format_", AuditFormat)
@pytest.mark.parametrize("body", [b"", b"\xff"])
def test_a_body_that_is_no_text_is_told(renderer: AuditRenderer, format_: AuditFormat, body: bytes):
    with pytest.raises(UnreadableRecord, match="audit record 1 "):
        text(renderer, [AuditRecord(1, body, bytes(32))], format_)
