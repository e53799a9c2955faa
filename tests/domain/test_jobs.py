from datetime import datetime, timedelta

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clarity.domain.errors import DomainError
from clarity.domain.identity import Actor, CorrelationId, PatientId, PatientRef, Purpose, TenantId
from clarity.domain.jobs import STALE_AFTER, Job, JobIsOver, JobKind, JobState, JobWentBack
from clarity.domain.timeline import NaiveTime
from tests.support.clocks import START

CLINIC = TenantId("clinic")
NURSE = Actor(id="nurse", tenant=CLINIC, purpose=Purpose.TREATMENT)
LATER = START + timedelta(seconds=5)
JOB = Job(
    id="j-1",
    correlation=CorrelationId("c-1"),
    kind=JobKind.EXPORT,
    tenant=CLINIC,
    actor="nurse",
    patient=PatientRef(CLINIC, PatientId("ada")),
    started_at=START,
    heard_at=START,
)


def test_a_new_job_runs():
    assert (JOB.state, JOB.done, JOB.total, JOB.problem) == (JobState.RUNNING, 0, None, "")


def test_progress_says_when_it_was_made():
    ahead = JOB.progressed(3, total=7, at=LATER)

    assert (ahead.done, ahead.total, ahead.heard_at) == (3, 7, LATER)


def test_all_steps_may_be_done_before_the_end():
    assert JOB.progressed(7, total=7, at=LATER).state is JobState.RUNNING


@pytest.mark.parametrize(("done", "total"), [(2, None), (2, 7), (8, 7)])
def test_progress_that_shrinks_or_exceeds_the_whole_is_refused(done: int, total: int | None):
    ahead = JOB.progressed(3, total=7, at=LATER)

    with pytest.raises(JobWentBack, match="has done 3 steps") as refused:
        ahead.progressed(done, total=total, at=LATER)
    assert (refused.value.before, refused.value.given) == (3, done)


def test_progress_of_no_step_is_a_sign_of_life():
    ahead = JOB.progressed(3, total=7, at=START)

    assert ahead.progressed(3, total=7, at=LATER).heard_at == LATER


@pytest.mark.parametrize(
    ("job", "since", "ended"),
    [
        (JOB.finished(at=START), timedelta(microseconds=1), True),
        (JOB.finished(at=START), timedelta(), False),
        (JOB.failed("x", at=START), timedelta(microseconds=1), True),
        (JOB, timedelta(days=9), False),
    ],
)
def test_only_what_said_that_it_ended_has_ended_before(job: Job, since: timedelta, ended: bool):
    assert job.has_ended_before(START + since) is ended


def test_a_finished_job_has_done_all_of_its_steps():
    done = JOB.progressed(3, total=7, at=START).finished(at=LATER)

    assert (done.state, done.done, done.total, done.heard_at) == (JobState.DONE, 3, 3, LATER)


def test_a_failed_job_says_why_and_how_far_it_came():
    failed = JOB.progressed(3, total=7, at=START).failed("port.unavailable", at=LATER)

    assert (failed.state, failed.problem) == (JobState.FAILED, "port.unavailable")
    assert (failed.done, failed.total, failed.heard_at) == (3, 7, LATER)


@pytest.mark.parametrize("ended", [JOB.finished(at=LATER), JOB.failed("x", at=LATER)])
def test_an_end_is_for_good(ended: Job):
    for change in (
        lambda: ended.progressed(9, total=None, at=LATER),
        lambda: ended.finished(at=LATER),
        lambda: ended.failed("y", at=LATER),
    ):
        with pytest.raises(JobIsOver, match=f"is {ended.state} and stays so"):
            change()


def test_a_running_job_that_fell_silent_is_stale():
    assert JOB.state_at(START + STALE_AFTER) is JobState.RUNNING
    assert JOB.state_at(START + STALE_AFTER + timedelta(microseconds=1)) is JobState.STALE


def test_one_that_ended_never_is():
    assert JOB.finished(at=START).state_at(START + 2 * STALE_AFTER) is JobState.DONE
    assert JOB.failed("x", at=START).state_at(START + 2 * STALE_AFTER) is JobState.FAILED


def test_a_job_belongs_to_who_started_it_in_one_tenant():
    assert JOB.is_of(NURSE)
    assert not JOB.is_of(attrs.evolve(NURSE, id="doctor"))
    assert not JOB.is_of(attrs.evolve(NURSE, tenant=TenantId("clinic2")))


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"id": ""}, ValueError),
        ({"done": -1}, ValueError),
        ({"started_at": datetime.fromisoformat("2026-01-05T12:00")}, NaiveTime),
        ({"heard_at": datetime.fromisoformat("2026-01-05T12:00")}, NaiveTime),
    ],
)
def test_what_is_no_job_is_refused(change: dict[str, object], error: type[Exception]):
    with pytest.raises(error) as refused:
        attrs.evolve(JOB, **change)

    assert next(iter(change)) in str(refused.value)


@given(steps=st.lists(st.tuples(st.integers(-2, 9), st.none() | st.integers(0, 20)), max_size=8))
def test_progress_is_monotonic_whatever_is_said(steps: list[tuple[int, int | None]]):
    job, seen = JOB, [0]
    for done, total in steps:
        try:
            job = job.progressed(done, total=total, at=LATER)
        except (DomainError, ValueError):
            continue
        seen.append(job.done)

    assert seen == sorted(seen)


@pytest.mark.parametrize(("later_s", "before"), [(5, False), (6, True)])
def test_a_job_that_is_over_has_ended_before_what_comes_after_it(later_s: int, before: bool):
    done = JOB.finished(at=LATER)

    assert done.has_ended_before(START + timedelta(seconds=later_s)) is before
    assert not JOB.has_ended_before(LATER)
