"""The log in JSON lines: what is on the list in its form, and nothing else."""

import json
import logging
import stat
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clarity.adapters.observability.logs import FIELDS, JsonLines, json_log
from clarity.adapters.observability.tracing import LoggingTracer
from clarity.domain.identity import PatientId, PatientRef, TenantId
from clarity.domain.privacy import Pseudonyms
from clarity.ports.errors import Denied, Unavailable
from tests.application.test_correlation import ONE, Look
from tests.support.clocks import HandClock

NAMES = Pseudonyms(b"a secret of the tests")
ADA = PatientRef(TenantId("clinic"), PatientId("ada"))
log = logging.getLogger("clarity.tests")


def lines(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def line(msg: object, *args: object, exc_info: object = None, **extra: object) -> dict:
    record = log.makeRecord("clarity.x", logging.INFO, "f", 1, msg, args, exc_info, extra=extra)
    return json.loads(JsonLines(NAMES).format(record))


def test_an_event_is_told_with_time_level_logger_and_its_fields():
    told = line("use-case", use_case="Ingest.run", outcome="ok", patient=ADA)

    assert told.pop("at").endswith("+00:00")
    assert told == {
        "level": "INFO",
        "logger": "clarity.x",
        "event": "use-case",
        "correlation": "",
        "patient": NAMES.of(ADA),
        "use_case": "Ingest.run",
        "outcome": "ok",
    }


def test_nobody_is_named_while_the_secret_of_the_names_cannot_be_had():
    def away() -> bytes:
        raise Unavailable("the store")

    record = log.makeRecord(
        "clarity.x", logging.INFO, "f", 1, "e", (), None, extra={"patient": ADA}
    )
    told = json.loads(JsonLines(Pseudonyms(away)).format(record))

    assert told["patient"] == "unnamed"
    assert "ada" not in str(told)


@pytest.mark.parametrize(
    ("numbers", "shown"),
    [
        ({"units": 1.5}, True),
        ({}, True),
        ({"Ada is ill": 1}, False),
        ({"units": "Ada"}, False),
        ({"units": float("nan")}, False),
        ("units", False),
    ],
)
def test_numbers_of_a_span_are_told_under_names_alone(numbers: object, shown: bool):
    told = line("span", numbers=numbers)

    assert ("numbers" in told) == shown
    assert "Ada" not in str(told)


def test_what_is_not_on_the_list_or_not_in_its_form_is_counted_and_not_shown():
    told = line("e", name_of_person="ada", outcome="Ada is ill", records="48151", elapsed_s=True)

    assert told["dropped"] == 4
    assert not {"name_of_person", "outcome", "records", "elapsed_s"} & set(told)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("elapsed_s", float("nan")),
        ("attributes", {"kind": "Ada is ill"}),
        ("attributes", "chunk"),
        ("patient", "ada"),
    ],
)
def test_values_of_other_forms_are_not_shown(field: str, value: object):
    assert field not in line("e", **{field: value})


@pytest.mark.parametrize("msg", ["Ada is ill", "reading 48151", 7, ""])
def test_a_text_is_no_event(msg: object):
    assert line(msg)["event"] == "unnamed"


def test_a_text_that_is_put_together_is_no_event():
    told = line("value-%s", "lovelace")

    assert told["event"] == "unnamed"
    assert "lovelace" not in json.dumps(told)


def test_of_an_error_only_class_and_place_are_told():
    try:
        int("Ada is ill")
    except ValueError:
        told = line("failed", exc_info=sys.exc_info())

    assert told["raised"] == "ValueError"
    assert told["where"][0].startswith("test_logs.py:")
    assert "ill" not in json.dumps(told)
    assert "raised" not in line("failed", exc_info=(None, None, None))


@given(
    extra=st.dictionaries(
        st.sampled_from(sorted(FIELDS)) | st.text(max_size=5).map("x_{}".format),
        st.text() | st.floats() | st.none() | st.lists(st.integers()),
        max_size=5,
    )
)
def test_whatever_is_given_becomes_one_line_of_json(extra: dict):
    record = log.makeRecord("clarity.x", logging.INFO, "f", 1, "e", (), None, extra=extra)

    text = JsonLines(NAMES).format(record)

    assert "\n" not in text
    assert set(json.loads(text)) <= {
        *FIELDS, "at", "level", "logger", "event", "correlation", "dropped",
    }  # fmt: skip


def test_use_cases_and_spans_are_in_the_file_under_one_correlation(tmp_path: Path):
    path = tmp_path / "deep" / "log.jsonl"

    def inner() -> None:
        with LoggingTracer(HandClock()).span("repository.get", attributes={"kind": "chunk"}):
            logging.getLogger("elsewhere").warning("not ours")
        log.warning("something-else")

    with json_log(path, NAMES):
        Look(inner).run(correlation=ONE)

    assert [(one["event"], one["correlation"]) for one in lines(path)] == [
        ("something-else", "one"),
        ("use-case", "one"),
    ]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_spans_are_written_where_debugging_is_on(tmp_path: Path):
    path, ours = tmp_path / "log.jsonl", logging.getLogger("clarity")
    ours.setLevel(logging.DEBUG)
    try:
        with json_log(path, NAMES), LoggingTracer(HandClock()).span("a", attributes={"kind": "c"}):
            pass
        assert ours.level == logging.DEBUG
    finally:
        ours.setLevel(logging.NOTSET)

    (told,) = lines(path)
    assert (told["span"], told["attributes"], told["elapsed_s"]) == ("a", {"kind": "c"}, 0.0)


def test_after_the_block_nothing_is_written_and_all_is_as_before(tmp_path: Path):
    ours = logging.getLogger("clarity")
    before = (ours.level, list(ours.handlers))

    with json_log(tmp_path / "log.jsonl", NAMES):
        pass
    log.warning("too-late")

    assert (ours.level, list(ours.handlers)) == before
    assert lines(tmp_path / "log.jsonl") == []


def test_without_a_file_nothing_is_changed():
    ours = logging.getLogger("clarity")
    before = (ours.level, list(ours.handlers))

    with json_log(None, NAMES):
        assert (ours.level, list(ours.handlers)) == before


def test_a_file_that_cannot_be_written_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    with pytest.raises(Unavailable, match="log"), json_log(tmp_path, NAMES):
        pass

    def refused(*_: object) -> int:
        raise PermissionError

    monkeypatch.setattr("os.open", refused)
    with pytest.raises(Denied, match="log"), json_log(tmp_path / "x", NAMES):
        pass
