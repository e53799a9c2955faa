"""Health data and names never reach logs, exception texts or reprs, whatever is done with them."""

import logging
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import attrs
import pytest

from clarity.application.read import Days
from clarity.application.summarize import Period
from clarity.domain.errors import ClarityError
from clarity.domain.identity import PatientId, PatientRef
from clarity.domain.profile import Details, EmailAddress
from clarity.domain.streams import StreamKind, Unit
from clarity.ports.audit import AuditFilter
from clarity.ports.recordings import ReadOptions, Recording
from tests.support.recordings import source_of, stamped
from tests.support.worlds import (
    CLINIC,
    CORRELATION,
    NURSE,
    STRANGER,
    World,
    opened_at,
    tables_on,
)

NAME, MAIL, READING = "Zzyzx-Quillfeather", "zzyzx@quillfeather.example", "48151.6"
SENTINELS = (NAME, MAIL, READING, "48151", "481516")
PATIENT = PatientRef(CLINIC, PatientId(MAIL))
OSLO = ZoneInfo("Europe/Oslo")
OPTIONS = ReadOptions(unit=Unit.COUNTS, zone=OSLO, participant=NAME)


DETAILS = Details(email=EmailAddress(MAIL), name=NAME, birth_year=1_987, zone=OSLO)


@pytest.fixture(params=["sqlite", "ministack"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    is_file = request.param == "sqlite"
    with opened_at(str(tmp_path / "store.db") if is_file else tables_on("ministack")) as fresh:
        yield fresh


def _table(days: int = 3) -> str:
    rows = [f"{stamp},{READING}" for stamp in stamped(days * 1_440)]
    return "\n".join(["timestamp,counts", *rows]) + "\n"


def _assert_silent(*texts: str) -> None:
    said = [sentinel for sentinel in SENTINELS for text in texts if sentinel in text]
    assert said == []


def _everything(world: World) -> list[object]:
    """What ingest, read, analysis, audit and export hand out."""
    (recording,) = world.app.ingest.read(source_of(_table()), options=OPTIONS)
    days = Days(patient=PATIENT, stream=StreamKind.ACTIVITY)
    said = {"actor": NURSE, "correlation": CORRELATION}
    ingested = world.app.ingest.run(recording, patient=PATIENT, **said)
    page = world.app.read.run(days, **said)
    summaries = world.app.summarize.run(days, by=Period.DAY, **said)
    analyzed = world.app.analyze.run(days, **said)
    kept = world.app.keep_profile.run(DETAILS, patient=PATIENT, **said)
    found = world.app.find_patient.run(DETAILS.email, **said)
    told = world.app.read_profile.run(PATIENT, **said)
    latest = world.app.latest_result.run(PATIENT, **said)
    held = world.app.streams_held.run(PATIENT, **said)
    wanted = AuditFilter(tenant=CLINIC, patient=PATIENT)
    records = list(world.app.audit_report.run(wanted, **said))
    verdicts = world.app.verify_trail.run(CLINIC, **said)
    return [
        OPTIONS,
        *(DETAILS, kept, found, told, latest, held),
        recording,
        ingested,
        page,
        *summaries,
        analyzed,
        *records,
        analyzed.result,
        *analyzed.result.findings,
        *analyzed.result.nights,
        *(record.event for record in records),
        *verdicts,
    ]


@pytest.mark.slow
def test_no_value_shows_names_or_readings(world: World):
    for value in _everything(world):
        _assert_silent(repr(value))


@pytest.mark.slow
def test_nothing_is_logged_of_them(world: World, caplog: pytest.LogCaptureFixture):
    with caplog.at_level(logging.INFO), caplog.at_level(logging.DEBUG, logger="clarity"):
        _everything(world)

    _assert_silent(caplog.text)


def _refusals(world: World) -> Iterator[ClarityError]:
    """What is said when something about that person or those readings is refused."""
    (recording,) = world.app.ingest.read(source_of(_table()), options=OPTIONS)
    said = {"correlation": CORRELATION}
    days = Days(patient=PATIENT, stream=StreamKind.ACTIVITY)
    worse = _table().replace(f",{READING}", f",{READING}{MAIL}")
    attempts = (
        lambda: world.app.ingest.run(recording, patient=PATIENT, actor=STRANGER, **said),
        lambda: world.app.read.run(days, actor=STRANGER, **said),
        lambda: world.app.analyze.run(days, actor=NURSE, **said),
        lambda: world.app.read.run(days, actor=NURSE, cursor=MAIL, **said),
        lambda: world.app.ingest.read(source_of(worse), options=OPTIONS),
        lambda: PatientId(f" {MAIL}"),
        lambda: world.app.analyze.run(_stored_twice(world, recording), actor=NURSE, **said),
        lambda: world.app.keep_profile.run(DETAILS, patient=PATIENT, actor=STRANGER, **said),
        lambda: world.app.keep_profile.run(_taken(world), patient=PATIENT, actor=NURSE, **said),
        lambda: world.app.read_profile.run(PATIENT, actor=NURSE, **said),
        lambda: EmailAddress(f"{MAIL}@{NAME}"),
    )
    for attempt in attempts:
        with pytest.raises(ClarityError) as refused:
            attempt()
        yield refused.value


def _taken(world: World) -> Details:
    """What somebody else has already."""
    other = PatientRef(CLINIC, PatientId("other"))
    world.app.keep_profile.run(DETAILS, patient=other, actor=NURSE, correlation=CORRELATION)
    return DETAILS


def _stored_twice(world: World, recording: Recording) -> Days:
    """The same days again in another unit, which is refused."""
    again = attrs.evolve(recording, series=attrs.evolve(recording.series, device="other"))
    for one in (recording, again):
        world.app.ingest.run(one, patient=PATIENT, actor=NURSE, correlation=CORRELATION)
    return Days(patient=PATIENT, stream=StreamKind.ACTIVITY)


def _texts(error: BaseException | None) -> Iterator[str]:
    """The error and what caused it, as they are said and shown."""
    while error is not None:
        yield from (str(error), repr(error))
        error = error.__cause__


@pytest.mark.slow
def test_no_refusal_tells_them(world: World):
    for error in _refusals(world):
        _assert_silent(*_texts(error))
