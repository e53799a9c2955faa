import csv
import io
import json
from collections import defaultdict
from datetime import UTC

import attrs
import numpy as np
import orjson
from hypothesis import given
from hypothesis import strategies as st

from clarity.adapters.report.dossier import DossierFiles
from clarity.ports.dossier import Dossier
from tests.support import strategies
from tests.support.clocks import START
from tests.support.trails import records
from tests.support.worlds import ADA, day_of


def _files(*items) -> dict[str, bytes]:
    files = defaultdict(bytes)
    for piece in DossierFiles().render(Dossier(patient=ADA, made_at=START, items=items)):
        files[piece.name] += piece.content
    return files


@given(items=st.lists(strategies.entities(), max_size=3))
def test_whatever_is_held_becomes_json_and_csv_that_can_be_read(items):
    files = _files(*items)

    counts = json.loads(files["contents.json"])["items"]
    for kind, count in counts.items():
        assert len(orjson.loads(files[f"{kind}.json"])) == count
    assert sum(counts.values()) == len(items)
    for name, content in files.items():
        if name.endswith(".csv"):
            rows = list(csv.reader(io.StringIO(content.decode(), newline="")))
            assert len({len(row) for row in rows}) == 1


def test_a_missing_value_is_null_and_an_empty_cell():
    chunk = attrs.evolve(day_of(), values=np.r_[np.nan, np.full(47, 2.5)])

    files = _files(chunk)

    assert json.loads(files["chunk.json"])[0]["values"][:2] == [None, 2.5]
    rows = list(csv.DictReader(io.StringIO(files["chunk-values.csv"].decode())))
    assert [row["value"] for row in rows[:2]] == ["", "2.5"]


def test_a_text_that_a_spreadsheet_would_compute_is_disarmed():
    files = _files(day_of(device="=1+1"))

    assert b",'=1+1," in files["chunk.csv"]
    assert json.loads(files["chunk.json"])[0]["device"] == "=1+1"


def test_audit_records_keep_the_exact_body_and_hash():
    (record,) = records(1, of=ADA)

    (said,) = json.loads(_files(record)["audit.json"])

    assert said["body"].encode() == record.body
    assert bytes.fromhex(said["hash"]) == record.hash
    assert said["event"]["actor"] == "nurse"


def test_the_contents_come_last():
    pieces = list(DossierFiles().render(Dossier(patient=ADA, made_at=START, items=())))

    assert pieces[-1].name == "contents.json"
    assert json.loads(pieces[-1].content)["made_at"] == START.astimezone(UTC).isoformat()
