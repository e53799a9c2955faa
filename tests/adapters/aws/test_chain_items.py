"""Audit records as items: what was once written is read for ever, and damage is seen."""

import zlib
from binascii import a2b_base64

import attrs
import pytest

from clarity.adapters.aws.dynamodb.chain import Link, record_of
from clarity.domain.audit import BrokenChain, ChainHead, Touched, verify_chain
from tests.contracts.repository.harness import ADA, evidence

BODY = (
    '{"actor":"nurse","actor_tenant":"clinic","at":"2026-01-01T00:00:00+00:00","correlation":"c-1",'
    '"operation":"ingest","patient":"ada","purpose":"treatment","seq":1,"tenant":"clinic",'
    '"touched":[["chunk/activity/2003-05-01","","aa"]]}'
)
HASH = "8VqrlC7aK7jDJEOlTs4LqJjjuh77ceURHfK4jj2ZZzM="
PLAIN = {
    "pk": {"S": "AUD#clinic#ada"},
    "sk": {"S": "000000000001"},
    "body": {"S": BODY},
    "h": {"B": HASH},
    "w": {"S": "0" * 32},
}
"""As bodies were written before they were deflated."""


def written():
    link = Link.of(evidence(ADA).event([Touched("chunk/a", after="aa" * 32)] * 7), ChainHead(), "n")
    items = [action["Put"]["Item"] for action in link.actions("t") if "Put" in action]
    return link.record, next(item for item in items if "z" in item)


def test_a_record_with_a_plain_body_is_read():
    record = record_of(PLAIN)

    assert record.body == BODY.encode()
    assert record.hash == a2b_base64(HASH)
    assert verify_chain([record]).seq == 1


def test_a_deflated_record_is_read_as_it_was_chained():
    record, item = written()

    assert record_of(item) == record
    assert len(item["z"]["B"]) < len(record.body) / 2


@pytest.mark.parametrize(
    ("end", "more"),
    [
        (-1, b""),
        (None, b"more"),
        (0, b"not deflated"),
        (0, zlib.compress(b"{}")),
        (0, zlib.compress(bytes(5 * 1024**2))),
    ],
    ids=["cut", "longer", "no-deflate", "other", "grown"],
)
def test_a_damaged_body_breaks_the_chain_and_nothing_else(end: int | None, more: bytes):
    _, item = written()

    broken = record_of({**item, "z": {"B": item["z"]["B"][:end] + more}})

    with pytest.raises(BrokenChain):
        verify_chain([broken])


def test_a_plain_body_that_was_edited_breaks_the_chain():
    edited = record_of({**PLAIN, "body": {"S": BODY.replace("nurse", "purse")}})

    with pytest.raises(BrokenChain):
        verify_chain([edited])
    assert attrs.evolve(edited, body=BODY.encode()) == record_of(PLAIN)
