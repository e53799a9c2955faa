"""Every sentence of `clarity.ports.dossier`, for every adapter."""

import csv
import io
import json
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC

import attrs
import numpy as np
import orjson
from hypothesis import given
from hypothesis import strategies as st

from clarity.ports.dossier import Dossier, DossierRenderer
from clarity.ports.erasure import Trace
from tests.support import strategies
from tests.support.clocks import START
from tests.support.golden_entities import GOLDEN
from tests.support.trails import records
from tests.support.worlds import ADA, day_of

TRACES = st.builds(Trace, st.sampled_from(["idempotency", "import"]), strategies.texts())


def rendered(renderer: DossierRenderer, *items) -> dict[str, bytes]:
    files = defaultdict(bytes)
    for piece in renderer.render(Dossier(patient=ADA, made_at=START, items=items)):
        files[piece.name] += piece.content
    return dict(files)


def table(files: dict[str, bytes], name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(files[name].decode(), newline="")))


@given(items=st.lists(strategies.entities() | TRACES, max_size=3))
def test_whatever_is_held_is_an_array_and_rows_that_can_be_read(
    renderer: DossierRenderer, items: list
):
    files = rendered(renderer, *items)

    counts = json.loads(files["contents.json"])["items"]
    for kind, count in counts.items():
        assert len(orjson.loads(files[f"{kind}.json"])) == count
        assert count == 0 or len(table(files, f"{kind}.csv")) == count
    assert sum(counts.values()) == len(items)
    for name, content in files.items():
        if name.endswith(".csv"):
            rows = list(csv.reader(io.StringIO(content.decode(), newline="")))
            assert len({len(row) for row in rows}) == 1


def test_the_values_of_a_day_are_a_row_per_epoch_and_a_missing_one_is_null_and_empty(
    renderer: DossierRenderer,
):
    chunk = attrs.evolve(day_of(), values=np.r_[np.nan, np.full(47, 2.5)])

    files = rendered(renderer, chunk)

    assert json.loads(files["chunk.json"])[0]["values"][:2] == [None, 2.5]
    assert [row["value"] for row in table(files, "chunk-values.csv")] == ["", *["2.5"] * 47]


def test_the_findings_of_a_result_are_a_row_each(renderer: DossierRenderer):
    result = GOLDEN["result-1"]

    rows = table(rendered(renderer, result), "result-findings.csv")

    assert [row["metric"] for row in rows] == [one.metric for one in result.findings]


def test_traces_of_all_kinds_are_rows_of_one_table(renderer: DossierRenderer):
    traces = [Trace("idempotency", "request-1"), Trace("import", "=batch")]

    files = rendered(renderer, *traces)

    assert json.loads(files["trace.json"]) == [attrs.asdict(one) for one in traces]
    assert table(files, "trace.csv") == [
        {"kind": "idempotency", "name": "request-1"},
        {"kind": "import", "name": "'=batch"},
    ]


def test_audit_records_keep_the_exact_body_and_hash(renderer: DossierRenderer):
    (record,) = records(1, of=ADA)

    (said,) = json.loads(rendered(renderer, record)["audit.json"])

    assert said["body"].encode() == record.body
    assert bytes.fromhex(said["hash"]) == record.hash
    assert said["event"]["actor"] == "nurse"


def test_the_contents_come_last_and_tell_who_when_and_how_many(renderer: DossierRenderer):
    dossier = Dossier(patient=ADA, made_at=START, items=(day_of(0), day_of(1)))

    pieces = list(renderer.render(dossier))

    assert pieces[-1].name == "contents.json"
    assert [piece.name for piece in pieces].count("contents.json") == 1
    told = json.loads(pieces[-1].content)
    assert told["made_at"] == START.astimezone(UTC).isoformat()
    assert str(ADA.patient) in pieces[-1].content.decode()
    assert told["items"]["chunk"] == 2


def test_an_item_is_written_before_the_next_one_is_read(renderer: DossierRenderer):
    read = []

    def items() -> Iterator[object]:
        for number in range(50):
            read.append(number)
            yield day_of(number)

    pieces = iter(renderer.render(Dossier(patient=ADA, made_at=START, items=items())))
    while b"2003-05-02" not in next(pieces).content:
        continue

    assert len(read) < 10


def test_a_dossier_of_nothing_still_has_its_contents(renderer: DossierRenderer):
    told = json.loads(rendered(renderer)["contents.json"])

    assert set(told["items"].values()) <= {0}
