"""A whole run leaves no name, id or reading in log, audit log, spans, metrics or refusals."""

import asyncio
import json
import logging
from collections.abc import Iterator, Sequence
from pathlib import Path

import attrs
import pytest

from clarity import Settings
from clarity.adapters.observability.logs import json_log
from clarity.aio import open_clarity
from clarity.application.orders import Order
from clarity.application.read import Days
from clarity.application.ship_audit import Pace
from clarity.bootstrap import open_core
from clarity.container import Core
from clarity.domain.errors import ClarityError
from clarity.domain.identity import CorrelationId, PatientId, PatientRef
from clarity.domain.streams import StreamKind
from clarity.ports.audit import AuditFilter
from clarity.ports.report import Refused
from clarity.ports.repository import Put
from tests.faults.embedded.test_no_health_data import (
    DETAILS,
    MAIL,
    OPTIONS,
    PATIENT,
    READING,
    SENTINELS,
    _table,
    _texts,
)
from tests.support.recordings import source_of
from tests.support.worlds import CLERK, CLINIC, NURSE, STRANGER, day_of, evidence, tables_on

RUN = CorrelationId("run-7")
ORDER = Order(
    sources=(source_of(_table(), f"{MAIL}.csv"), source_of(f"no table of {MAIL} {READING}")),
    options=attrs.evolve(OPTIONS, participant=None),
    patient=MAIL,
    actor=NURSE,
    correlation=RUN,
)
DAYS = Days(patient=PATIENT, stream=StreamKind.ACTIVITY)


@attrs.frozen
class Run:
    """What a run left: the container, what it said, and the lines of its logs."""

    core: Core
    said: tuple[str, ...]
    log: tuple[str, ...]
    audit_log: tuple[str, ...]

    @property
    def events(self) -> list[dict]:
        return [json.loads(line) for line in self.log]


def _said(core: Core) -> Iterator[str]:
    """Texts of the errors of a run over everything, from files to the erased person."""
    app = core.clarity()
    yield from (repr(step) for step in app.report.run(ORDER) if isinstance(step, Refused))
    asked = {"correlation": RUN}
    app.read.run(DAYS, actor=NURSE, **asked)
    app.analyze.run(DAYS, actor=NURSE, **asked)
    app.keep_profile.run(DETAILS, patient=PATIENT, actor=NURSE, **asked)
    app.find_patient.run(DETAILS.email, actor=NURSE, **asked)
    for attempt in (
        lambda: app.read.run(DAYS, actor=STRANGER, **asked),
        lambda: app.read.run(DAYS, actor=NURSE, cursor=MAIL, **asked),
    ):
        with pytest.raises(ClarityError) as refused:
            attempt()
        yield from _texts(refused.value)
    list(app.export.run(PATIENT, actor=CLERK, **asked))
    app.erase.run(PATIENT, actor=CLERK, **asked)
    assert app.ship_audit.run(Pace()).is_complete


@pytest.fixture(scope="module", params=["sqlite", "ministack"])
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    folder = tmp_path_factory.mktemp("told")
    log, audit_log = folder / "log.jsonl", folder / "audit.jsonl"
    store = str(folder / "store.db") if request.param == "sqlite" else tables_on("ministack")
    settings = Settings(store=store, heads=str(folder / "heads"), audit_log=str(audit_log))
    with open_core(settings) as core:
        logging.getLogger("clarity").setLevel(logging.DEBUG)
        try:
            with json_log(log, core.pseudonyms()):
                said = tuple(_said(core))
        finally:
            logging.getLogger("clarity").setLevel(logging.NOTSET)
        yield Run(
            core,
            said,
            tuple(log.read_text().splitlines()),
            tuple(audit_log.read_text().splitlines()),
        )


def _assert_silent(*texts: str) -> None:
    assert texts
    assert [one for one in SENTINELS for text in texts if one in text] == []


@pytest.mark.slow
def test_no_log_names_a_person_or_a_reading(run: Run):
    _assert_silent(*run.log)
    _assert_silent(*run.audit_log)


@pytest.mark.slow
def test_the_run_went_through_everything(run: Run):
    done = {event["use_case"] for event in run.events if event.get("outcome") == "ok"}

    assert done >= {
        "Ingest.run",
        "Analyze.run",
        "TrackedReports.run",
        "ReadStream.run",
        "ExportPatient.run",
        "ErasePatient.run",
        "KeepProfile.run",
        "FindPatient.run",
    }
    assert len(run.audit_log) > 5


@pytest.mark.slow
def test_no_span_and_no_number_names_a_person_or_a_reading(run: Run):
    _assert_silent(*map(repr, run.core.tracer().spans))
    metrics = run.core.metrics()
    _assert_silent(repr(list(metrics.counted())), repr(list(metrics.observed())))


@pytest.mark.slow
def test_no_refusal_names_a_reading_or_an_id(run: Run):
    _assert_silent(*run.said)


@pytest.mark.slow
def test_log_spans_and_trail_of_a_run_have_its_correlation(run: Run):
    wanted = AuditFilter(tenant=CLINIC, patient=PATIENT)
    trail = run.core.audit_trail().records(wanted, limit=1_000, cursor=None).records
    told = [json.loads(line) for line in run.audit_log]

    assert {str(record.event.correlation) for record in trail} == {"run-7"}
    spans = run.core.tracer().spans
    assert {span.correlation for span in spans if span.name != "dynamodb"} == {"run-7"}
    # Making tables and telling the log belong to no request.
    assert {span.correlation for span in spans} <= {"run-7", ""}
    assert {event["correlation"] for event in run.events} == {"run-7"}
    assert {entry["correlation"] for entry in told} == {"run-7"}


@pytest.mark.slow
def test_log_and_audit_log_have_one_pseudonym_for_the_person(run: Run):
    names = {event["patient"] for event in run.events if "patient" in event}
    chains = {json.loads(line)["chain"] for line in run.audit_log}

    assert names == chains == {run.core.pseudonyms().of(PATIENT)}
    assert not any("dropped" in event for event in run.events)


async def _many(settings: Settings, people: Sequence[PatientRef]) -> None:
    async with open_clarity(settings, threads=4) as app:
        await asyncio.gather(
            *(
                app.call(
                    app.clarity.read.run,
                    attrs.evolve(DAYS, patient=patient),
                    actor=NURSE,
                    correlation=CorrelationId(f"c{number}"),
                )
                for number, patient in enumerate(people)
            )
        )


@pytest.mark.slow
def test_over_the_asynchronous_facade_each_request_keeps_its_own_correlation(tmp_path: Path):
    log, audit_log = tmp_path / "log.jsonl", tmp_path / "audit.jsonl"
    settings = Settings(store=str(tmp_path / "store.db"), log=str(log), audit_log=str(audit_log))

    people = [PatientRef(CLINIC, PatientId(f"p{number}")) for number in range(24)]
    with open_core(attrs.evolve(settings, log="")) as core:
        for patient in people:
            core.repository().commit([Put(day_of(), 0)], evidence=evidence(patient))
    asyncio.run(_many(settings, people))
    with open_core(settings) as core:
        core.ship_audit().run(Pace())

    logged = [json.loads(line) for line in log.read_text().splitlines()]
    everything = [json.loads(line) for line in audit_log.read_text().splitlines()]
    told = [one for one in everything if one["operation"] == "read"]
    assert len(logged) == len(told) == 24
    assert {one["patient"]: one["correlation"] for one in logged} == {
        one["chain"]: one["correlation"] for one in told
    }
