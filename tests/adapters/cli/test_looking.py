"""Commands that look: read, store, formats, health, and what all commands share."""

import sys
from contextlib import contextmanager
from pathlib import Path

import attrs
import pytest

import clarity as package
from clarity.adapters.cli.session import login_name
from clarity.application.health import Health
from clarity.bootstrap import main
from clarity.ports.errors import Unavailable
from clarity.ports.health import Pingable
from tests.adapters.cli.conftest import Command, opener
from tests.support.clocks import HandClock


def test_read_writes_what_is_stored_as_csv(clarity: Command, analyzed: Path):
    said = clarity("--store", analyzed, "read", "ada")

    lines = said.out.splitlines()
    assert said.code == 0
    assert lines[0] == "time,value,unit"
    assert len(lines) == 1 + 3 * 1_440
    assert lines[1] == "2003-05-07T00:00:00+02:00,,counts"
    assert lines[1 + 720 : 1 + 723] == [
        "2003-05-07T12:00:00+02:00,0,counts",
        "2003-05-07T12:01:00+02:00,7,counts",
        "2003-05-07T12:02:00+02:00,14,counts",
    ]


def test_read_takes_a_window_of_days(clarity: Command, analyzed: Path):
    said = clarity("--store", analyzed, "read", "ada", "--from", "2003-05-08", "--to", "2003-05-08")

    days = {line[:10] for line in said.out.splitlines()[1:]}
    assert days == {"2003-05-08"}


def test_read_follows_the_pages_to_the_end(clarity: Command, tmp_path: Path):
    table = tmp_path / "long.csv"
    hours = [
        f"2003-{m:02}-{d:02} {h:02}:00:00,1"
        for m in range(1, 7)
        for d in range(1, 29)
        for h in range(24)
    ]
    table.write_text("\n".join(["time,value", *hours]))
    options = ("--tz", "UTC", "--epoch", 3600, "--unit", "counts")
    assert clarity("analyze", table, "--out", tmp_path / "out", *options).code == 0

    said = clarity("--store", tmp_path / "out" / "clarity.db", "read", "long")

    assert sum(",1,counts" in line for line in said.out.splitlines()) == len(hours)


def test_a_read_is_audited_with_who_and_why(clarity: Command, analyzed: Path):
    options = ("--store", analyzed, "--actor", "dr-who", "--purpose", "treatment")

    clarity(*options, "read", "ada")

    last = clarity("--store", analyzed, "audit", "report").out.splitlines()[-2]
    assert ",dr-who,local,treatment,member,,read," in last


@pytest.mark.parametrize(
    "asking",
    [
        ("read", "Ada"),
        ("summary", "Ada"),
        ("export", "Ada", "--out", "dossier"),
        ("erase", "Ada", "--yes"),
        ("audit", "report", "--patient", "Ada"),
        ("audit", "export", "--out", "trail", "--patient", "Ada"),
    ],
)
def test_someone_unknown_is_refused_and_does_not_become_a_patient(
    clarity: Command, analyzed: Path, asking: tuple[str, ...]
):
    said = clarity("--store", analyzed, *asking)

    assert (said.code, said.out) == (1, "")
    assert said.err.startswith("error [patient.unknown]: ")
    assert clarity("--store", analyzed, "store", "status", "--json").told["patients"] == 1


def test_a_stream_of_which_nothing_is_stored_is_refused_with_those_there_are(
    clarity: Command, analyzed: Path
):
    said = clarity("--store", analyzed, "read", "ada", "--stream", "steps", "--json")

    assert said.code == 1
    assert said.told["error"]["code"] == "read.nothing-stored"
    assert "nothing of steps is stored; there is activity, name a stream" in said.err


def test_days_of_which_nothing_is_stored_are_refused(clarity: Command, analyzed: Path):
    said = clarity("--store", analyzed, "read", "ada", "--from", "2020-01-01")

    assert (said.code, said.out) == (1, "")
    assert "nothing of activity is stored on those days" in said.err


def test_of_who_was_erased_there_is_nothing(clarity: Command, analyzed: Path):
    clarity("--store", analyzed, "erase", "ada", "--yes")

    said = clarity("--store", analyzed, "read", "ada")

    assert said.code == 1
    assert "there is nothing at all" in said.err


def test_read_for_machines_is_one_document_of_days(clarity: Command, analyzed: Path):
    told = clarity("--store", analyzed, "read", "ada", "--to", "2003-05-08", "--json").told

    assert [one["day"] for one in told] == ["2003-05-07", "2003-05-08"]
    assert told[0]["start"] == "2003-05-07T00:00:00+02:00"
    assert (told[0]["unit"], told[0]["epoch_s"], told[0]["stream"]) == ("counts", 60, "activity")
    assert told[0]["values"][719:722] == [None, 0.0, 7.0]


def test_a_bad_label_is_said(clarity: Command):
    said = clarity("read", " ")

    assert said.code == 1
    assert said.err.startswith("error [identity.bad-identifier]: ")


def test_another_tenant_sees_nothing(clarity: Command, analyzed: Path):
    said = clarity("--store", analyzed, "--tenant", "other", "read", "ada")

    assert (said.code, said.out) == (1, "")
    assert "[patient.unknown]" in said.err


def test_a_tenant_that_is_no_name_is_said(clarity: Command):
    said = clarity("--tenant", " ", "health")

    assert said.code == 1
    assert said.err.startswith("error [identity.bad-identifier]: ")


def test_the_status_counts_what_is_stored(clarity: Command, analyzed: Path):
    said = clarity("--store", analyzed, "store", "status")

    lines = dict(line.split(maxsplit=1) for line in said.out.splitlines())
    assert said.code == 0
    assert lines["store"] == str(analyzed)
    assert (lines["patients"], lines["chunk"], lines["result"]) == ("1", "3", "1")


def test_the_status_for_machines(clarity: Command, analyzed: Path):
    told = clarity("--store", analyzed, "store", "status", "--json").told

    assert told["entities"] == {"chunk": 3, "profile": 0, "result": 1}
    assert told["size_bytes"] >= analyzed.stat().st_size
    assert told["patients"] == 1


def test_an_error_of_any_command_is_json_for_machines(clarity: Command, ada: Path):
    said = clarity("--store", ada, "store", "status", "--json")

    assert said.code == 1
    assert said.told["error"]["code"] == "port.corrupt"
    assert "[port.corrupt]" in said.err


def test_the_formats_are_listed_for_people_and_machines(clarity: Command):
    told = clarity("formats", "--json").told
    said = clarity("formats")

    ids = [one["id"] for one in told]
    assert {"csv", "depresjon"} <= set(ids)
    assert [line.split()[0] for line in said.out.splitlines() if not line.startswith(" ")] == ids


def test_a_healthy_store_answers(clarity: Command, ada: Path, tmp_path: Path):
    clarity("store", "import", ada)

    said = clarity("health")

    assert said.code == 0
    assert said.out.startswith("ok   store ")
    assert str(tmp_path / "home" / "clarity" / "clarity.db") in said.out


@attrs.frozen
class Gone(Pingable):
    """Does not answer."""

    def ping(self) -> str:
        raise Unavailable("the store")


@contextmanager
def ailing(mapping):
    with opener(mapping) as app:
        health = Health((("store", Gone()),), HandClock())
        yield attrs.evolve(app, makers={**app.makers, "health": lambda: health})


def test_a_dependency_that_does_not_answer_has_a_code_of_its_own(clarity: Command, analyzed: Path):
    said = clarity("--store", analyzed, "health", opener=ailing)

    assert said.code == 6
    assert said.out.startswith("BAD  store ")


def test_health_for_machines_says_what_is_wrong(clarity: Command, analyzed: Path):
    said = clarity("--store", analyzed, "health", "--json", opener=ailing)

    assert said.code == 6
    ((told),) = said.told
    assert (told["name"], told["ok"], told["latency_s"]) == ("store", False, 0.0)
    assert told["detail"].startswith("[port.unavailable]")


def test_help_lists_the_exit_codes(clarity: Command):
    said = clarity("--help")

    assert said.code == 0
    for code in ("0 done", "3 some files refused", "5 the audit trail", "130 interrupted"):
        assert code in said.out


@pytest.mark.parametrize("arguments", [(), ("fly",), ("analyze",), ("--purpose", "fun", "health")])
def test_wrong_usage_has_a_code_of_its_own(clarity: Command, arguments: tuple[str, ...]):
    assert clarity(*arguments).code == 2


def test_the_command_tells_its_version(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr(sys, "argv", ["clarity", "--version"])

    assert main() == 0
    assert package.__version__ in capsys.readouterr().out


def test_the_command_opens_what_its_options_say(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], analyzed: Path
):
    monkeypatch.setattr(sys, "argv", ["clarity", "--store", str(analyzed), "health"])

    assert main() == 0
    assert str(analyzed) in capsys.readouterr().out


def test_who_is_logged_in_acts_unless_somebody_is_named(monkeypatch: pytest.MonkeyPatch):
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LOGNAME", "ada")

    assert login_name() == "ada"


def test_where_the_machine_does_not_say_the_actor_is_unknown(monkeypatch: pytest.MonkeyPatch):
    def nobody() -> str:
        raise KeyError("uid not found")

    monkeypatch.setattr("getpass.getuser", nobody)

    assert login_name() == "unknown"


def test_streams_are_told_with_their_days_in_words_and_for_machines(
    clarity: Command, analyzed: Path
):
    words = clarity("--store", analyzed, "streams", "ada")
    told = clarity("--store", analyzed, "streams", "ada", "--json").told

    assert words.code == 0
    assert words.out == f"activity     {told[0]['first']} to {told[0]['last']}\n"
    assert [one["stream"] for one in told] == ["activity"]


def test_streams_of_somebody_unknown_are_refused(clarity: Command, analyzed: Path):
    said = clarity("--store", analyzed, "streams", "nobody")

    assert (said.code, said.out) == (1, "")
    assert "patient.unknown" in said.err
