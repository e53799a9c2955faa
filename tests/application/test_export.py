import csv
import io
import json
from collections import Counter, defaultdict
from zoneinfo import ZoneInfo

import pytest

from clarity.application.read import Days
from clarity.domain.access import NotAllowed
from clarity.domain.audit import Operation, verify_chain
from clarity.domain.jobs import JobKind, JobState
from clarity.domain.profile import Details, EmailAddress
from clarity.domain.streams import StreamKind
from clarity.ports.cache import Miss
from clarity.ports.entities import ENTITIES
from clarity.ports.errors import Unexpected
from clarity.ports.repository import Put
from tests.support.worlds import (
    ADA,
    BEN,
    CLERK,
    CORRELATION,
    NURSE,
    STRANGER,
    World,
    day_of,
    evidence,
    opened,
    records_of,
    store_days,
)

DETAILS = Details(email=EmailAddress("ada@x"), name="Ada", birth_year=1990, zone=ZoneInfo("UTC"))
WHO = {"actor": CLERK, "correlation": CORRELATION}


def _files(world: World, patient=ADA) -> dict[str, str]:
    files = defaultdict(bytes)
    for piece in world.app.export.run(patient, **WHO):
        files[piece.name] += piece.content
    return {name: content.decode() for name, content in files.items()}


def _table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


@pytest.fixture
def world():
    with opened() as fresh:
        store_days(fresh, ADA, count=250)
        store_days(fresh, BEN, level=77.0)
        days = Days(patient=ADA, stream=StreamKind.ACTIVITY)
        fresh.app.analyze.run(days, **WHO)
        fresh.app.keep_profile.run(DETAILS, patient=ADA, **WHO)
        yield fresh


def test_everything_is_in_the_files_as_json(world: World):
    files = _files(world)

    chunks = json.loads(files["chunk.json"])
    assert [chunk["day"] for chunk in chunks] == [day_of(n).day.isoformat() for n in range(250)]
    assert chunks[0]["values"] == [1.0] * 48
    (result,) = json.loads(files["result.json"])
    assert result["kind"] == "rest-activity"
    assert json.loads(files["contents.json"])["items"] == {
        "chunk": 250,
        "result": 1,
        "profile": 1,
        "job": 1,
        "trace": 0,
        "audit": len(json.loads(files["audit.json"])),
    }


def test_everything_is_in_the_files_as_csv(world: World):
    files = _files(world)

    assert len(_table(files["chunk.csv"])) == 250
    values = _table(files["chunk-values.csv"])
    assert len(values) == 250 * 48
    assert values[0] == {
        "stream": "activity",
        "time": "2003-05-01T00:00:00+00:00",
        "value": "1.0",
        "unit": "counts",
    }
    findings = json.loads(files["result.json"])[0]["findings"]
    assert len(_table(files["result-findings.csv"])) == len(findings) > 0
    assert len(_table(files["result.csv"])) == len(_table(files["job.csv"])) == 1
    assert len(_table(files["audit.csv"])) == len(json.loads(files["audit.json"]))


def test_a_profile_is_in_the_files_with_everything_it_says(world: World):
    files = _files(world)

    (told,) = _table(files["profile.csv"])
    assert (told["email"], told["name"], told["birth_year"]) == ("ada@x", "Ada", "1990")
    (profile,) = json.loads(files["profile.json"])
    assert profile["details"] == {
        "email": {"text": "ada@x"},
        "name": "Ada",
        "birth_year": 1990,
        "zone": "UTC",
    }


def test_nothing_of_others_is_in_the_files(world: World):
    assert "77.0" not in "".join(_files(world).values())


def test_every_page_was_recorded_before_it_was_handed_out(world: World):
    pieces = world.app.export.run(ADA, **WHO)
    seen = ""
    for piece in pieces:
        if piece.name == "chunk.json":
            seen += piece.content.decode()
            named = {t.entity for r in records_of(world) for t in r.event.touched}
            handed = [line for line in seen.split("\n") if line.startswith("{")]
            assert all(
                f"chunk/activity/{json.loads(h.rstrip(','))['day']}" in named for h in handed
            )


def test_the_chain_in_the_files_is_whole_and_ends_with_the_export(world: World):
    audit = json.loads(_files(world)["audit.json"])

    records = records_of(world)
    assert [one["hash"] for one in audit] == [record.hash.hex() for record in records]
    assert verify_chain(records).seq == len(audit)
    assert audit[-1]["event"]["operation"] == Operation.EXPORT
    assert audit[-1]["event"]["touched"] == [["audit", "", ""]]


def _in_dossier(files: dict[str, str]) -> Counter[str]:
    """How many things of each kind the files hold, the chain aside."""
    kinds = [spec.kind for spec in ENTITIES]
    whole = {kind: len(json.loads(files[f"{kind}.json"])) for kind in (*kinds, "job")}
    return Counter(whole) + Counter(one["kind"] for one in json.loads(files["trace.json"]))


def test_a_dossier_holds_what_erasing_would_remove(world: World):
    world.core.repository().commit([Put(day_of(999), 0)], evidence=evidence(ADA, key="request-1"))
    with world.core.track().running(
        JobKind.ANALYZE, actor=NURSE, correlation=CORRELATION, patient=ADA
    ):
        _leave_a_batch_open(world)

    _remember_an_answer(world)

    files = _files(world)

    held = world.app.erase.held(ADA, **WHO)
    counted = {one.kind: one.count for holdings in held.values() for one in holdings}
    assert _in_dossier(files) == counted
    assert set(counted) == {
        "chunk",
        "result",
        "profile",
        "idempotency",
        "import",
        "job",
        "prediction",
    }
    assert min(counted.values()) > 0
    assert counted["job"] == 2  # of two actors


def _remember_an_answer(world: World) -> None:
    cache = world.core.answers().about(ADA).cache
    miss = cache.get("pat/model/week")
    assert isinstance(miss, Miss)
    cache.fill("pat/model/week", b"answer", stamp=miss.stamp, ttl_s=60.0)


def _leave_a_batch_open(world: World) -> None:
    """An import that died between its intent and its days."""
    bulk = world.core.bulk()
    with world.core.chain_trail().store.writing() as connection:
        connection.execute(
            "CREATE TRIGGER no_more BEFORE INSERT ON chunk BEGIN SELECT raise(ABORT, ''); END"
        )
    with pytest.raises(Unexpected):
        bulk.put([day_of(1_000)], evidence=evidence(ADA, key="batch-1"))
    with world.core.chain_trail().store.writing() as connection:
        connection.execute("DROP TRIGGER no_more")


def test_what_is_no_entity_is_recorded_before_it_is_handed_out(world: World):
    world.core.repository().commit([Put(day_of(999), 0)], evidence=evidence(ADA, key="request-1"))

    files = _files(world)

    exported = {
        touched.entity
        for record in records_of(world)
        if record.event.operation is Operation.EXPORT
        for touched in record.event.touched
    }
    assert _table(files["trace.csv"]) == [{"kind": "idempotency", "name": "request-1"}]
    assert "idempotency/request-1" in exported
    assert f"job/{json.loads(files['job.json'])[0]['id']}" in exported


def test_erasing_and_exporting_ask_the_same_stores(world: World):
    assert list(world.app.erase.stores) == list(world.app.export.stores)


def test_an_export_is_a_job(world: World):
    _files(world)

    ((listed, *_), _) = world.app.jobs.run(actor=CLERK, limit=10, cursor=None)
    assert (listed.state, listed.job.done, listed.job.patient) == (JobState.DONE, 252, ADA)


def test_another_tenants_patient_is_refused_at_once(world: World):
    before = records_of(world)

    with pytest.raises(NotAllowed):
        world.app.export.run(ADA, actor=STRANGER, correlation=CORRELATION)
    assert records_of(world) == before
