"""What every reader promises of files that are no tables of text."""

import gzip
import hashlib
import io
from concurrent.futures import ThreadPoolExecutor
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clarity.domain.streams import Placement
from clarity.ports.recordings import ReadOptions, Recordings, Source
from clarity.ports.unreadable import EmptyRecording, TooBig, UnopenableFile, UnreadableRecording
from tests.support.recordings import source_of

OSLO = ReadOptions(zone=ZoneInfo("Europe/Oslo"))


def read(harness, content=None, options=OSLO):
    return harness.reader.read(source_of(content or harness.content), options=options)


def test_a_reader_is_one_and_names_its_formats(file_harness):
    assert isinstance(file_harness.reader, Recordings)
    formats = file_harness.reader.formats()
    assert formats
    assert all(format_.id and format_.title and format_.holds for format_ in formats)


def test_its_own_content_is_recognized_even_when_cut(file_harness):
    for cut in (65_536, 1_000):
        assert file_harness.reader.sniff(file_harness.content[:cut])


@given(head=st.binary(max_size=300))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_may_be_sniffed(file_harness, head):
    assert file_harness.reader.sniff(head) in {None, *file_harness.reader.formats()}


def test_a_recording_says_what_was_read_and_as_what(file_harness):
    recordings = read(file_harness)

    assert tuple(dict.fromkeys(one.participant for one in recordings)) == file_harness.people
    for recording in recordings:
        assert recording.digest == hashlib.sha256(file_harness.content).hexdigest()
        assert recording.format in {format_.id for format_ in file_harness.reader.formats()}
        assert recording.series.zone == OSLO.zone
        assert not np.isinf(recording.series.values).any()
        assert (~np.isnan(recording.series.values)).any()


def test_the_same_bytes_give_equal_recordings_from_several_threads(file_harness):
    with ThreadPoolExecutor(4) as pool:
        first, *others = pool.map(lambda _: read(file_harness), range(4))

    assert all(other == first for other in others)


def test_a_packed_source_is_unpacked_whatever_its_name(file_harness):
    packed = gzip.compress(file_harness.content, mtime=0)

    recordings = read(file_harness, packed)

    assert [one.series for one in recordings] == [one.series for one in read(file_harness)]
    assert recordings[0].digest == hashlib.sha256(packed).hexdigest()


def test_the_caller_knows_better_than_the_file(file_harness):
    options = ReadOptions(
        zone=ZoneInfo("Asia/Tokyo"), device="other", placement=Placement.ANKLE, participant="anna"
    )

    for recording in read(file_harness, options=options):
        assert recording.series.zone.key == "Asia/Tokyo"
        assert recording.series.device == "other"
        assert recording.series.placement is Placement.ANKLE
        assert recording.participant.startswith("anna")


def test_an_empty_source_is_refused(file_harness):
    with pytest.raises(EmptyRecording):
        file_harness.reader.read(source_of(b""), options=OSLO)


def test_a_source_that_cannot_be_opened_is_refused(file_harness, tmp_path):
    missing = Source(name="gone.csv", open=(tmp_path / "gone.csv").open)
    broken = Source(name="dir.csv", open=_Broken)

    for source in (missing, broken):
        with pytest.raises(UnopenableFile):
            file_harness.reader.read(source, options=OSLO)


class _Broken(io.BytesIO):
    def read(self, size=-1):
        raise OSError(5, "Input/output error")


def test_a_packed_source_that_grows_without_end_is_refused(file_harness):
    bomb = gzip.compress(file_harness.content + b" " * (1 << 21), mtime=0)

    with pytest.raises(TooBig):
        read(file_harness, bomb)


@pytest.mark.parametrize("share", [0.02, 0.3, 0.7, 0.95])
def test_a_file_cut_short_is_refused(file_harness, share):
    with pytest.raises(UnreadableRecording, match="; expected "):
        read(file_harness, file_harness.content[: int(share * len(file_harness.content))])
