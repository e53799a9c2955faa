"""Port ChunkCodec, sentence by sentence."""

import math

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from clarity.ports.codec import MAX_VALUES
from clarity.ports.errors import Corrupt, PortError, TooNew
from tests.contracts.codec.harness import CodecHarness, Opener
from tests.support import strategies

Floats = npt.NDArray[np.float64]

sizes = st.sampled_from([0, 1, 2, 24, 100])
arrays = sizes.flatmap(strategies.values)


def _identical(a: Floats, b: Floats) -> bool:
    """The same bits, all NaN being one."""
    bits = a.view(np.uint64) == np.ascontiguousarray(b).view(np.uint64)
    return a.shape == b.shape and bool((bits | (np.isnan(a) & np.isnan(b))).all())


@given(values=arrays, context=st.binary(max_size=8))
@example(values=np.array([-0.0, 0.0]), context=b"")
@example(values=np.array([65_535.0, math.nan]), context=b"")
@example(values=np.array([-32_768.0, math.nan]), context=b"")
@example(values=np.array([-(2.0**31), 2.0**31 - 1, math.nan]), context=b"")
@example(values=np.array([2.0**31]), context=b"")
@example(values=np.array([1e308, 5e-324]), context=b"")
@example(values=np.array([0.1, 0.2, 0.30000000000000004]), context=b"")
@example(values=np.full(9, math.nan), context=b"")
def test_the_same_values_come_back(opened: Opener, values: Floats, context: bytes):
    with opened() as world:
        packed = world.codec.pack(values, context=context)

        unpacked = world.codec.unpack(packed, context=context)

    assert _identical(unpacked, values)
    assert unpacked.dtype == np.float64


def test_every_payload_of_nan_is_the_one_nan(world: CodecHarness):
    values = np.array([0x7FF8000000000001, 0xFFF0000000000001], np.uint64).view(np.float64)

    unpacked = world.codec.unpack(world.codec.pack(values, context=b""), context=b"")

    assert np.isnan(unpacked).all()


@pytest.mark.parametrize(
    "values",
    [
        np.arange(10.0)[::2],
        np.arange(10.0)[::-1],
        np.arange(10.0).astype(">f8"),
    ],
    ids=["strided", "backwards", "big-endian"],
)
def test_any_layout_in_memory_is_taken(world: CodecHarness, values: Floats):
    unpacked = world.codec.unpack(world.codec.pack(values, context=b""), context=b"")

    assert unpacked.tolist() == values.tolist()


def test_packing_changes_nothing_and_unpacking_gives_an_array_of_ones_own(world: CodecHarness):
    values = np.array([1.0, math.nan, 3.0])
    values.setflags(write=False)
    packed = world.codec.pack(values, context=b"")

    first = world.codec.unpack(packed, context=b"")
    first[0] = 99.0

    assert world.codec.unpack(packed, context=b"")[0] == 1.0
    assert values[0] == 1.0


@pytest.mark.parametrize(
    "values",
    [
        np.array([1.0, math.inf]),
        np.array([-math.inf]),
        np.ones((2, 2)),
        np.array(1.0),
        np.zeros(MAX_VALUES + 1),
    ],
    ids=["inf", "-inf", "two dimensions", "none", "too many"],
)
def test_what_is_no_chunk_is_refused(world: CodecHarness, values: Floats):
    with pytest.raises(ValueError, match=r".+"):
        world.codec.pack(values, context=b"")


def test_as_many_values_as_the_port_says_fit(world: CodecHarness):
    unpacked = world.codec.unpack(world.codec.pack(np.zeros(MAX_VALUES), context=b""), context=b"")

    assert unpacked.shape == (MAX_VALUES,)


@given(values=arrays, data=st.data())
def test_a_flipped_bit_is_found(opened: Opener, values: Floats, data: st.DataObject):
    with opened() as world:
        packed = bytearray(world.codec.pack(values, context=b"c"))
        packed[data.draw(st.integers(0, len(packed) - 1))] ^= 1 << data.draw(st.integers(0, 7))

        with pytest.raises(Corrupt):
            world.codec.unpack(bytes(packed), context=b"c")


@given(values=arrays, data=st.data())
def test_bytes_cut_short_or_prolonged_are_found(
    opened: Opener, values: Floats, data: st.DataObject
):
    with opened() as world:
        packed = world.codec.pack(values, context=b"c")
        cut = packed[: data.draw(st.integers(0, len(packed) - 1))]
        longer = packed + data.draw(st.binary(min_size=1, max_size=4))

        for damaged in (cut, longer):
            with pytest.raises(Corrupt):
                world.codec.unpack(damaged, context=b"c")


@given(raw=st.binary(max_size=64))
def test_made_up_bytes_are_refused(opened: Opener, raw: bytes):
    with opened() as world, pytest.raises(PortError):
        world.codec.unpack(raw, context=b"")


@given(values=arrays, context=st.binary(max_size=4), other=st.binary(max_size=4))
def test_packed_bytes_open_under_their_own_context_alone(
    opened: Opener, values: Floats, context: bytes, other: bytes
):
    with opened() as world:
        packed = world.codec.pack(values, context=context)

        if other == context:
            assert _identical(world.codec.unpack(packed, context=other), values)
        else:
            with pytest.raises(Corrupt):
                world.codec.unpack(packed, context=other)


@given(values=arrays, context=st.binary(max_size=4))
def test_what_a_later_clarity_packed_is_too_new(opened: Opener, values: Floats, context: bytes):
    with opened() as world:
        later = world.later(world.codec.pack(values, context=context), context)

        with pytest.raises(TooNew, match="update clarity") as refused:
            world.codec.unpack(later, context=context)
        with pytest.raises(Corrupt):
            world.codec.unpack(later, context=context + b"!")

    assert refused.value.found == refused.value.known + 1


class CodecMachine(RuleBasedStateMachine):
    """The model: a list of (packed, context, values); whatever is packed opens at any later time."""

    opener: Opener

    @initialize()
    def opened(self) -> None:
        self.context = self.opener()
        self.world = self.context.__enter__()
        self.kept: list[tuple[bytes, bytes, Floats]] = []

    def teardown(self) -> None:
        if hasattr(self, "context"):
            self.context.__exit__(None, None, None)

    @rule(values=arrays, context=st.binary(max_size=2))
    def pack(self, values: Floats, context: bytes) -> None:
        packed = self.world.codec.pack(values, context=context)
        self.kept.append((packed, context, values.copy()))

    @rule()
    def unpack_everything(self) -> None:
        for packed, context, values in self.kept:
            assert _identical(self.world.codec.unpack(packed, context=context), values)


def test_what_was_packed_opens_whatever_else_is_packed(opened: Opener):
    machine = type("Machine", (CodecMachine,), {"opener": staticmethod(opened)})

    run_state_machine_as_test(
        machine, settings=settings(settings(), max_examples=8, stateful_step_count=10)
    )
