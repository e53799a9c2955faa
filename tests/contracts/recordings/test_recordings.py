"""What every reader of recordings promises."""

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
from clarity.ports.unreadable import (
    DamagedArchive,
    EmptyRecording,
    MisencodedText,
    NegativeValue,
    NoSamples,
    NotText,
    TooBig,
    UnboundedValue,
    UnopenableFile,
    UnparsableLine,
    UnreadableRecording,
)
from tests.support.recordings import packed, source_of

OSLO = ReadOptions(zone=ZoneInfo("Europe/Oslo"))


def read(harness, content=None, options=OSLO):
    return harness.reader.read(source_of(content or harness.table), options=options)


def with_cell(harness, text):
    """The table with the first value of 7 written otherwise."""
    lines = harness.table.split("\n")
    if harness.row:
        at = lines.index(harness.row.format("7"))
        return "\n".join((*lines[:at], harness.row.format(text), *lines[at + 1 :])), at + 1
    at = next(i for i, line in enumerate(lines) if ",7" in line and i)
    before, _, after = (
        lines[at].partition(",7,") if ",7," in lines[at] else lines[at].rpartition(",7")
    )
    joined = f"{before},{text},{after}" if ",7," in lines[at] else f"{before},{text}{after}"
    return "\n".join((*lines[:at], joined, *lines[at + 1 :])), at + 1


def test_a_reader_is_one_and_names_its_formats(harness):
    assert isinstance(harness.reader, Recordings)
    formats = harness.reader.formats()
    assert formats
    assert all(format_.id and format_.title and format_.holds for format_ in formats)
    assert len({format_.id for format_ in formats}) == len(formats)


def test_its_own_content_is_recognized_even_when_cut(harness):
    assert harness.reader.sniff(harness.table.encode()) in harness.reader.formats()
    assert harness.reader.sniff(harness.table.encode()[:65_536])


@given(head=st.binary(max_size=300))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_may_be_sniffed(harness, head):
    assert harness.reader.sniff(head) in {None, *harness.reader.formats()}


def test_there_is_one_recording_per_person_in_the_order_of_the_table(harness):
    labels = dict.fromkeys(recording.participant for recording in read(harness))

    assert tuple(labels) == harness.people


def test_a_recording_says_what_was_read_and_as_what(harness):
    for recording in read(harness):
        assert recording.digest == hashlib.sha256(harness.table.encode()).hexdigest()
        assert recording.format in {format_.id for format_ in harness.reader.formats()}
        assert recording.series.values[1] == (1 if len(harness.people) > 1 else 7)
        assert recording.report.samples == recording.report.epochs - recording.report.missing
        assert recording.series.epoch_s == harness.epoch_s
        assert recording.series.zone == OSLO.zone
        assert all(notice.code and notice.text for notice in recording.notices)


def test_the_same_bytes_give_equal_recordings_from_several_threads(harness):
    with ThreadPoolExecutor(4) as pool:
        first, *others = pool.map(lambda _: read(harness), range(4))

    assert all(other == first for other in others)


def test_a_packed_source_is_unpacked_whatever_its_name(harness):
    table = packed(harness.table)

    recordings = read(harness, table)

    assert [r.series for r in recordings] == [r.series for r in read(harness)]
    assert recordings[0].digest == hashlib.sha256(table).hexdigest()


def test_other_encodings_with_a_mark_and_other_line_ends_are_read(harness):
    plain = [r.series for r in read(harness)]

    for content in (
        harness.table.encode("utf-8-sig"),
        harness.table.encode("utf-16"),
        harness.table.encode("utf-16-le"),
        harness.table.encode("utf-16-be"),
        harness.table.replace("\n", "\r\n").encode(),
        harness.table.rstrip("\n").encode(),
    ):
        assert [r.series for r in read(harness, content)] == plain


def test_the_caller_knows_better_than_the_file(harness):
    options = ReadOptions(
        zone=ZoneInfo("Asia/Tokyo"),
        unit=harness.unit,
        device="other",
        placement=Placement.ANKLE,
        participant="anna",
    )

    for recording in read(harness, options=options):
        assert recording.series.zone.key == "Asia/Tokyo"
        assert (recording.series.unit, recording.series.device) == (harness.unit, "other")
        assert recording.series.placement is Placement.ANKLE
        assert recording.participant.startswith("anna")


@pytest.mark.parametrize("text", ["", " ", "NA", "nan", "NaN", "null", "None", "n/a", "-"])
def test_a_missing_value_is_missing_and_never_zero(harness, text):
    content, _ = with_cell(harness, text)

    recording = read(harness, content)[0]

    at = 7 if len(harness.people) > 1 else 1
    assert np.isnan(recording.series.values[at])
    assert recording.report.missing == 1


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("-5", NegativeValue),
        ("inf", UnboundedValue),
        ("-Infinity", UnboundedValue),
        ("1" + "0" * 400, UnboundedValue),
        ("1e999", UnboundedValue),
        ("2e9", UnboundedValue),
        ("abc", UnparsableLine),
        ("1_000", UnparsableLine),
        ("-nan", UnparsableLine),
        ("0x10", UnparsableLine),
    ],
)
def test_a_bad_value_is_refused_with_its_line(harness, text, error):
    content, line = with_cell(harness, text)

    with pytest.raises(error, match=rf"person_7.csv, line {line}: "):
        read(harness, content)


def test_a_refusal_shows_no_cell(harness):
    content, _ = with_cell(harness, "secret")

    with pytest.raises(UnparsableLine) as refused:
        read(harness, content)

    assert "secret" not in str(refused.value)


def test_a_row_that_is_too_short_is_refused_with_its_line(harness):
    content = harness.table.rstrip("\n") + "\n2003\n"

    with pytest.raises(UnreadableRecording) as refused:
        read(harness, content)

    assert refused.value.line == content.count("\n")


def test_an_empty_source_is_refused(harness):
    with pytest.raises(EmptyRecording, match="the file is empty"):
        harness.reader.read(source_of(b""), options=OSLO)


def test_a_heading_alone_is_refused(harness):
    with pytest.raises(NoSamples, match="not one value"):
        read(harness, "\n".join(harness.table.split("\n")[: harness.headings]) + "\n")


def test_binary_content_is_refused(harness):
    with pytest.raises(NotText, match="export the recording as CSV"):
        read(harness, b"\x00\x01\x02" * 100)


def test_bytes_that_are_no_text_are_refused_with_their_line(harness):
    content = harness.table.encode() + b"2003-05-07 \xff\xfe\xfd,1\n"
    line = harness.table.count("\n") + 1

    for table in (content, gzip.compress(content)):
        with pytest.raises(MisencodedText, match="save the file as UTF-8") as refused:
            read(harness, table)
        assert refused.value.line == line
        assert "iconv" in str(refused.value)


@pytest.mark.parametrize("keep", [0.1, 0.5, 0.99])
def test_a_packed_source_cut_short_is_refused(harness, keep):
    table = packed(harness.table)

    with pytest.raises(DamagedArchive, match="copy it again"):
        read(harness, table[: max(12, int(keep * len(table)))])


def test_a_packed_source_with_a_flipped_bit_is_refused(harness):
    table = bytearray(packed(harness.table))
    table[-6] ^= 1

    with pytest.raises(DamagedArchive):
        read(harness, bytes(table))


def test_a_line_without_end_is_refused(harness):
    with pytest.raises(TooBig, match="a line of more than"):
        read(harness, harness.table + "7" * 200_000)


def test_a_packed_source_that_grows_without_end_is_refused(harness):
    blanks = 20 * len(packed(harness.table)) + (1 << 19)
    bomb = packed(harness.table + "\n" * blanks)

    with pytest.raises(TooBig, match="20 times"):
        read(harness, bomb)


def test_a_source_that_cannot_be_opened_is_refused(harness, tmp_path):
    missing = Source(name="gone.csv", open=(tmp_path / "gone.csv").open)
    broken = Source(name="dir.csv", open=_Broken)

    with pytest.raises(UnopenableFile, match=r"gone\.csv: this cannot be opened"):
        harness.reader.read(missing, options=OSLO)
    with pytest.raises(UnopenableFile):
        harness.reader.read(broken, options=OSLO)


class _Broken(io.BytesIO):
    def read(self, size=-1):
        raise OSError(5, "Input/output error")
