"""The profile on AWS from end to end: streams in DynamoDB, large payloads and models in S3."""

from collections.abc import Callable
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from clarity.application.read import Days
from clarity.bootstrap import open_clarity, open_core
from clarity.domain.audit import Operation
from clarity.domain.identity import Actor, PatientId, PatientRef, Purpose, TenantId
from clarity.domain.models import ModelSelector
from clarity.domain.pat.variants import WEEK_MIN
from clarity.domain.streams import DayChunk, StreamKind, Unit
from clarity.ports.entities import key_of
from clarity.ports.errors import NotFound
from clarity.ports.repository import Evidence, Put
from clarity.settings import Settings
from tests.support.dynamodb import credentials
from tests.support.engines import running
from tests.support.models import tiny_bundle
from tests.support.weeks import week

CLINIC = TenantId("clinic")
NURSE = Actor(id="nurse", tenant=CLINIC, purpose=Purpose.TREATMENT)
CLERK = Actor(id="clerk", tenant=CLINIC, purpose=Purpose.PATIENT_REQUEST)
ADA = PatientRef(CLINIC, PatientId("ada"))


def raw_day(number: int) -> DayChunk:
    """A value per second, which no packing brings below 256 KB."""
    return DayChunk(
        stream=StreamKind.ACTIVITY,
        day=date(2003, 5, 1) + timedelta(days=number),
        zone=ZoneInfo("UTC"),
        epoch_s=1,
        unit=Unit.COUNTS,
        values=np.random.default_rng(number).random(86_400),
        source=f"{number:064x}",
    )


@pytest.fixture(params=["ministack", "moto"])
def settings(request: pytest.FixtureRequest) -> Settings:
    credentials()
    url = running(request.param).url
    place = f"region=eu-west-1&endpoint={url}&create=yes"
    return Settings(
        store=f"dynamodb://eu-west-1/whole-?endpoint={url}&create=yes",
        blobs=f"s3://whole/blobs?{place}",
        models=f"s3://whole/models?{place}",
    )


def evidence_of(correlation: Callable[[], object], at: object) -> Evidence:
    return Evidence(
        actor=NURSE, patient=ADA, operation=Operation.INGEST, correlation=correlation(), at=at
    )


def test_a_stream_with_large_payloads_is_stored_read_and_erased(settings: Settings):
    days = [raw_day(number) for number in range(2)]
    with open_core(settings) as core:
        told = evidence_of(core.ids().correlation, core.clock().now())
        core.repository().commit([Put(day, 0) for day in days], evidence=told)

    with open_clarity(settings) as app:
        correlation = app.ids.correlation()
        wanted = Days(patient=ADA, stream=StreamKind.ACTIVITY)
        read = app.read.run(wanted, actor=NURSE, correlation=correlation)
        held = app.erase.held(ADA, actor=CLERK, correlation=correlation)
        erased = app.erase.run(ADA, actor=CLERK, correlation=correlation)

    assert [stored.entity for stored in read.items] == days
    assert [(one.kind, one.count) for one in held["payloads"]] == [("payload", 2)]
    assert set(erased.left) == {"answers", "repository", "jobs", "payloads"}
    assert sum(one.count for holdings in erased.left.values() for one in holdings) == 0
    with open_core(settings) as core, pytest.raises(NotFound):
        core.repository().get(ADA, key_of(days[0]))


def test_a_model_that_one_process_promoted_answers_in_another(settings: Settings):
    with open_clarity(settings) as app:
        told = {"actor": NURSE, "correlation": app.ids.correlation()}
        ref = app.models.register.run(tiny_bundle("1.0.0", length=WEEK_MIN), **told).ref
        app.models.move.promote(ModelSelector.parse(str(ref)), **told)

    with open_clarity(settings) as app:
        answer = app.models.predictor(ModelSelector("toy")).predict(week())

    assert answer.provenance.model == ref


def test_health_asks_the_tables_and_both_places_in_s3(settings: Settings):
    with open_clarity(settings) as app:
        answers = app.health.run()

    assert [(one.name, one.ok) for one in answers] == [
        ("store", True),
        ("models", True),
        ("payloads", True),
    ]
