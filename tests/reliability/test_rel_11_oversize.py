"""
REL-11: what is too big is refused in words, early, and without filling memory.

Every file is made while it is read, in a process of its own whose peak memory is looked at. A
stream of 10 GB is given to every reader, with a limit of 8 MB here and with the limits that stand
in the settings in the long runs.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from clarity.adapters.files.detected import DetectedRecordings, all_readers
from clarity.adapters.files.limits import Limits
from clarity.settings import Settings
from tests.support.oversize import KINDS, write_gt3x

TEN_GB = 10_000_000_000
SLACK = 64 << 10
"""What may be read beyond the limit, bytes."""

GROWTH = 64 << 20
"""What a process may grow, bytes."""

SMALL = 8_000_000
VALUES = Settings(store=":memory:").max_file_values
BYTES = Settings(store=":memory:").max_file_bytes
HOSTILE = {"long-dates", "long-clocks", "long-objects"}
"""Refused for what they hold before they are found too big."""


def outcome(kind: str, size: int, *, max_bytes: int, max_values: int = VALUES):
    numbers = [str(number) for number in (size, max_bytes, max_values)]
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.oversize", kind, *numbers],
        check=True,
        capture_output=True,
        text=True,
    )
    return json.loads(done.stdout)


def assert_refused(kind: str, max_bytes: int) -> None:
    seen = outcome(kind, TEN_GB, max_bytes=max_bytes)

    assert seen["taken"] <= max_bytes + SLACK
    assert seen["grown"] <= GROWTH
    if kind in HOSTILE:
        assert seen["code"].startswith("recording.")
        return
    assert seen["code"] == "recording.too-big"
    assert "max_file_bytes" in seen["said"]


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_a_stream_of_10_gb_is_refused_at_the_limit(kind: str):
    assert_refused(kind, SMALL)


@pytest.mark.soak
@pytest.mark.parametrize("kind", KINDS)
def test_a_stream_of_10_gb_is_refused_at_the_limit_of_the_settings(kind: str):
    assert_refused(kind, BYTES)


@pytest.mark.slow
def test_a_packed_stream_that_grows_too_much_is_refused():
    seen = outcome("long-lines.gz", TEN_GB, max_bytes=BYTES)

    assert seen["code"] == "recording.too-big"
    assert "200 times" in seen["said"]
    assert seen["grown"] <= GROWTH


@pytest.mark.slow
def test_a_packed_stream_is_refused_at_the_unpacked_limit():
    seen = outcome("csv.gz", TEN_GB, max_bytes=SMALL)

    assert seen["code"] == "recording.too-big"
    assert f"{SMALL:,} bytes" in seen["said"]
    assert seen["grown"] <= GROWTH


def assert_read_whole(size: int) -> None:
    seen = outcome("apple-others", size, max_bytes=2 * size)

    assert (seen["code"], seen["recordings"]) == ("", 1)
    assert seen["taken"] >= size
    assert seen["grown"] <= GROWTH


@pytest.mark.slow
def test_an_export_of_50_mb_is_read_in_bounded_memory():
    assert_read_whole(50_000_000)


@pytest.mark.soak
def test_an_export_of_10_gb_is_read_in_bounded_memory_when_the_limit_is_raised():
    assert_read_whole(TEN_GB)


def test_every_reader_gets_a_stream_without_end():
    heads = ((begin + block)[:65_536] for begin, block in KINDS.values())
    covered = {DetectedRecordings().sniff(head) for head in heads}

    left_out = [one for one in all_readers(Limits()) if covered.isdisjoint(one.formats())]
    assert left_out == []


def assert_log_is_read_whole(path: Path, size: int) -> None:
    write_gt3x(path, size)
    seen = outcome(str(path), size, max_bytes=2 * size)

    assert (seen["code"], seen["recordings"]) == ("", 1)
    assert seen["grown"] <= GROWTH


@pytest.mark.slow
def test_a_log_of_50_mb_is_read_in_bounded_memory(tmp_path: Path):
    assert_log_is_read_whole(tmp_path / "long.gt3x", 50_000_000)


@pytest.mark.soak
def test_a_log_of_1_gb_is_read_in_bounded_memory_when_the_limit_is_raised(tmp_path: Path):
    assert_log_is_read_whole(tmp_path / "long.gt3x", 1_000_000_000)
