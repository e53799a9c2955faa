from datetime import timedelta

import attrs
import pytest

from clarity.application.jobs import INTERRUPTED
from clarity.application.orders import Order, Summary
from clarity.domain.identity import TenantId
from clarity.domain.jobs import STALE_AFTER, JobKind, JobState
from clarity.ports.errors import NotFound, Unavailable
from clarity.ports.recordings import ReadOptions
from tests.support.recordings import depresjon_table, source_of
from tests.support.worlds import ADA, CORRELATION, NURSE, STRANGER, World, opened

WHO = {"actor": NURSE, "correlation": CORRELATION}


def _newest(world: World, actor=NURSE):
    return world.app.jobs.run(actor=actor, limit=10, cursor=None)[0]


def test_work_that_goes_well_is_done():
    with opened() as world:
        with world.core.track().running(JobKind.EXPORT, total=3, **WHO) as progress:
            progress.advance(2)
            assert _newest(world)[0].state is JobState.RUNNING

        (listed,) = _newest(world)

    assert (listed.state, listed.job.done, listed.job.total) == (JobState.DONE, 2, 2)


def test_work_that_is_refused_names_the_error():
    with opened() as world:
        with (
            pytest.raises(Unavailable),
            world.core.track().running(JobKind.EXPORT, **WHO),
        ):
            raise Unavailable("the disk")

        (listed,) = _newest(world)

    assert (listed.state, listed.job.problem) == (JobState.FAILED, "port.unavailable")


def test_work_that_is_broken_off_was_interrupted():
    with opened() as world:
        with (
            pytest.raises(KeyboardInterrupt),
            world.core.track().running(JobKind.EXPORT, **WHO),
        ):
            raise KeyboardInterrupt

        (listed,) = _newest(world)

    assert (listed.state, listed.job.problem) == (JobState.FAILED, INTERRUPTED)


def test_a_process_that_died_leaves_a_stale_job():
    with opened() as world:
        running = world.core.track().running(JobKind.EXPORT, **WHO)
        running.__enter__()
        world.clock.advance((STALE_AFTER + timedelta(seconds=1)).total_seconds())

        (listed,) = _newest(world)

        assert listed.state is JobState.STALE
        assert listed.job.state is JobState.RUNNING
        running.__exit__(None, None, None)


def test_progress_is_written_once_in_a_second():
    with opened() as world, world.core.track().running(JobKind.EXPORT, **WHO) as progress:
        progress.advance()
        seen = [_newest(world)[0].job.done]
        for _ in range(3):
            world.clock.advance(0.6)
            progress.advance()
            seen.append(_newest(world)[0].job.done)

    assert seen == [0, 0, 3, 3]


def _work_on_after_its_job_is_gone(world: World) -> None:
    with world.core.track().running(JobKind.EXPORT, **WHO) as progress:
        with world.core.chain_trail().store.writing() as connection:
            connection.execute("DELETE FROM job")
        world.clock.advance(2)
        progress.advance()


def test_work_whose_job_is_gone_must_stop():
    with opened() as world, pytest.raises(NotFound):
        _work_on_after_its_job_is_gone(world)


@pytest.mark.parametrize("other", [STRANGER, attrs.evolve(NURSE, id="doctor")])
def test_somebody_elses_job_is_not_visible(other):
    with opened() as world:
        with world.core.track().running(JobKind.EXPORT, **WHO):
            pass
        (listed,) = _newest(world)

        assert _newest(world, other) == ()
        with pytest.raises(NotFound):
            world.app.jobs.one(listed.job.id, actor=other)
        assert world.app.jobs.one(listed.job.id, actor=NURSE) == listed


def test_a_purpose_is_no_owner():
    with opened() as world:
        with world.core.track().running(JobKind.EXPORT, **WHO):
            pass

        assert len(_newest(world, attrs.evolve(NURSE, tenant=TenantId("clinic")))) == 1


def _order() -> Order:
    return Order(
        sources=(source_of(depresjon_table(1_440)), source_of("no table", "bad.csv")),
        options=ReadOptions(),
        **WHO,
    )


def test_an_analysis_of_files_is_a_job_that_is_done_with_its_summary():
    with opened() as world:
        for step in world.app.report.run(_order()):
            if isinstance(step, Summary):
                break

        (listed,) = _newest(world)

    assert listed.job.kind is JobKind.ANALYZE
    assert (listed.state, listed.job.done) == (JobState.DONE, 4)


def test_an_analysis_that_nobody_waits_for_was_interrupted():
    with opened() as world:
        steps = world.app.report.run(_order())
        next(steps)
        steps.close()

        assert _newest(world)[0].job.problem == INTERRUPTED


def test_those_who_look_after_a_tenant_see_what_never_ended_but_not_about_whom():
    doctor = attrs.evolve(NURSE, id="doctor")
    with opened() as world:
        track = world.core.track()
        own = track.running(JobKind.EXPORT, patient=ADA, **WHO)
        others = track.running(JobKind.ANALYZE, patient=ADA, actor=doctor, correlation=CORRELATION)
        with own, others:
            world.clock.advance(STALE_AFTER.total_seconds() + 1)
            listed, cursor = world.app.unfinished_jobs.run(actor=NURSE, limit=9, cursor=None)
            foreign = world.app.unfinished_jobs.run(actor=STRANGER, limit=9, cursor=None)

        done = world.app.unfinished_jobs.run(actor=NURSE, limit=9, cursor=None)

    assert [(one.job.actor, one.job.patient) for one in listed] == [
        ("nurse", ADA),
        ("doctor", None),
    ]
    assert {one.state for one in listed} == {JobState.STALE}
    assert (cursor, foreign, done) == (None, ((), None), ((), None))


def test_work_whose_job_was_removed_stops_at_its_next_word():
    with opened() as world:
        running = world.core.track().running(JobKind.EXPORT, **WHO)
        progress = running.__enter__()
        world.app.jobs.remove(progress.job.id, actor=NURSE)
        world.clock.advance(2)

        with pytest.raises(NotFound):
            progress.advance()
        with pytest.raises(NotFound):
            running.__exit__(None, None, None)
