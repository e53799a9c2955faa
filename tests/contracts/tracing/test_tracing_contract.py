"""Port Tracer, sentence by sentence."""

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clarity.ports.errors import NotFound
from tests.contracts.tracing.harness import Finished, Opener, TracingHarness


def test_a_span_tells_its_name_its_attributes_and_how_long_it_took(world: TracingHarness):
    with world.tracer.span("read", attributes={"store": "local"}):
        world.advance_s(2.5)

    assert world.finished() == [
        Finished(path="read", attributes={"store": "local"}, elapsed_s=2.5, error="")
    ]


def test_a_number_that_is_known_within_stands_on_its_span_the_last_one(world: TracingHarness):
    with world.tracer.span("outer", attributes={}) as outer:
        outer("units", 1.0)
        with world.tracer.span("inner", attributes={}) as inner:
            inner("bytes", 7.0)
        outer("units", 2.5)

    assert [span.numbers for span in world.finished()] == [{"bytes": 7.0}, {"units": 2.5}]


def test_a_number_that_is_told_too_late_is_dropped(world: TracingHarness):
    with world.tracer.span("read", attributes={}) as tell:
        pass
    tell("units", 1.0)

    assert [span.numbers for span in world.finished()] == [{}]


def test_what_was_told_before_an_error_stands(world: TracingHarness):
    def work() -> None:
        with world.tracer.span("read", attributes={}) as tell:
            tell("units", 1.0)
            raise NotFound("x")

    with pytest.raises(NotFound):
        work()

    assert [span.numbers for span in world.finished()] == [{"units": 1.0}]


def test_spans_nest(world: TracingHarness):
    with world.tracer.span("outer", attributes={}):
        with world.tracer.span("first", attributes={}):
            pass
        with world.tracer.span("second", attributes={}):
            pass

    assert [span.path for span in world.finished()] == ["outer/first", "outer/second", "outer"]


def test_an_error_leaves_unchanged_and_only_its_code_is_told(world: TracingHarness):
    error = NotFound("patient Ada")

    with pytest.raises(NotFound) as left, world.tracer.span("read", attributes={}):
        raise error

    assert left.value is error
    (span,) = world.finished()
    assert span.error == "port.not-found"
    assert "Ada" not in repr(span)


def test_of_a_foreign_error_the_class_is_told_and_not_the_text(world: TracingHarness):
    with pytest.raises(KeyError), world.tracer.span("read", attributes={}):
        raise KeyError("Ada")

    (span,) = world.finished()
    assert span.error == "KeyError"
    assert "Ada" not in repr(span)


def test_after_an_error_the_next_span_stands_on_its_own(world: TracingHarness):
    with pytest.raises(KeyError), world.tracer.span("read", attributes={}):
        raise KeyError("k")
    with world.tracer.span("again", attributes={}):
        pass

    assert [span.path for span in world.finished()] == ["read", "again"]


def test_another_thread_begins_a_tree_of_its_own(world: TracingHarness):
    def work() -> None:
        with world.tracer.span("elsewhere", attributes={}):
            pass

    with world.tracer.span("here", attributes={}):
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()

    assert [span.path for span in world.finished()] == ["elsewhere", "here"]


trees = st.recursive(st.just([]), lambda inner: st.lists(inner, max_size=3), max_leaves=8)


@given(tree=trees)
def test_any_tree_of_work_becomes_the_same_tree_of_spans(opened: Opener, tree: list):
    def work(world: TracingHarness, node: list, path: str) -> list[str]:
        with world.tracer.span("w", attributes={}):
            inner = [work(world, child, f"{path}/w") for child in node]
        return [*(line for lines in inner for line in lines), path]

    with opened() as world:
        expected = work(world, tree, "w")

        assert [span.path for span in world.finished()] == expected
