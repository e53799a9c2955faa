import json
import os
import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.adapters.cli.conftest import GOOD, Command


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith("clarity.db"))


def test_one_person_gets_the_documents_in_the_folder_itself(
    clarity: Command, ada: Path, tmp_path: Path
):
    said = clarity("analyze", ada, "--out", tmp_path / "out")

    assert said.code == 0
    assert said.out == f"{tmp_path / 'out' / 'report.html'}\n"
    assert said.err == "1 analyzed, 0 refused\n"
    assert {"report.html", "results.json", "nights.csv", "summary.csv"} <= set(
        names(tmp_path / "out")
    )
    assert (tmp_path / "out" / "clarity.db").stat().st_size > 0


def test_several_people_get_a_folder_each(clarity: Command, tmp_path: Path):
    folder = tmp_path / "files"
    folder.mkdir()
    for name in ("ada", "ben"):
        (folder / f"{name}.csv").write_text(GOOD)
    (folder / ".hidden").write_text("not looked at")
    (folder / ".hidden-too").mkdir()
    (folder / ".hidden-too" / "cy.csv").write_text("not looked at")

    said = clarity("analyze", folder, "--out", tmp_path / "out")

    assert said.code == 0
    assert said.err == "2 analyzed, 0 refused\n"
    assert "report.html" in names(tmp_path / "out" / "ada")
    assert "report.html" in names(tmp_path / "out" / "ben")


def test_a_folder_is_searched_to_the_bottom_but_not_where_results_lie(
    clarity: Command, tmp_path: Path
):
    study = tmp_path / "study"
    for name in ("ada", "deep/ben", "deep/deeper/cy"):
        path = study / f"{name}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(GOOD)
    (study / "deep" / "round").symlink_to(study)

    first = clarity("analyze", study, "--out", study / "results")
    second = clarity("analyze", study, "--out", study / "results")

    assert first.err == second.err == "3 analyzed, 0 refused\n"
    assert {"ada", "ben", "cy"} <= set(names(study / "results"))


def test_the_answer_for_machines_is_one_json_document(
    clarity: Command, ada: Path, bad: Path, tmp_path: Path
):
    said = clarity("analyze", ada, bad, "--out", tmp_path / "out", "--json")

    assert said.code == 3
    assert said.told["out"] == str(tmp_path / "out")
    (one,) = said.told["analyzed"]
    assert (one["participant"], one["source"]) == ("ada", "ada.csv")
    assert one["findings"]["TST"] is None or one["findings"]["TST"] >= 0
    (refused,) = said.told["refused"]
    assert refused["code"] == "recording.unknown-format"
    assert refused["source"] == str(bad)


def test_some_refused_files_are_said_with_code_and_reason(
    clarity: Command, ada: Path, bad: Path, tmp_path: Path
):
    said = clarity("analyze", bad, ada, "--out", tmp_path / "out")

    assert said.code == 3
    assert "refused [recording.unknown-format]: " in said.err
    assert said.err.endswith("1 analyzed, 1 refused\n")
    assert "report.html" in names(tmp_path / "out")


def test_when_all_files_are_refused_the_code_says_so(clarity: Command, bad: Path, tmp_path: Path):
    said = clarity("analyze", bad, "--out", tmp_path / "out")

    assert said.code == 4
    assert said.out == ""
    assert "refused [" in said.err
    assert names(tmp_path / "out") == ["refused.csv"]


def test_the_same_command_again_writes_the_same_documents(
    clarity: Command, ada: Path, tmp_path: Path
):
    out = tmp_path / "out"
    clarity("analyze", ada, "--out", out)
    before = {name: (out / name).read_bytes() for name in names(out)}

    assert clarity("analyze", ada, "--out", out).code == 0

    assert {name: (out / name).read_bytes() for name in names(out)} == before


def test_a_label_that_is_given_is_used(clarity: Command, ada: Path, tmp_path: Path):
    said = clarity("analyze", ada, "--out", tmp_path / "out", "--patient", "P-01", "--json")

    assert [one["participant"] for one in said.told["analyzed"]] == ["P-01"]
    assert "--patient" in (tmp_path / "out" / "report.html").read_text()


def test_every_reading_option_reaches_the_reader(clarity: Command, tmp_path: Path):
    rows = [
        f"{day}/5/2003 {h:02}:{m:02};5;{m}"
        for day in (7, 8, 9)
        for h in range(24)
        for m in range(60)
    ]
    table = tmp_path / "table.csv"
    table.write_text("\n".join(["when;x;y", *rows]))
    options = ["--tz", "Asia/Tokyo", "--format", "csv", "--unit", "enmo-mg", "--epoch", 60]
    options += ["--device", "GENEActiv", "--placement", "wrist", "--dates", "dmy"]
    options += ["--time-column", "when", "--value-column", "y"]

    said = clarity("analyze", table, "--out", tmp_path / "out", *options)

    assert (said.code, said.err) == (0, "1 analyzed, 0 refused\n")
    read = clarity(
        "--store", tmp_path / "out" / "clarity.db", "read", "table", "--from", "2003-05-07"
    )
    assert read.out.splitlines()[2] == "2003-05-07T00:01:00+09:00,1,enmo-mg"
    assert "GENEActiv" in (tmp_path / "out" / "report.html").read_text()


def test_columns_that_are_named_become_streams(clarity: Command, tmp_path: Path):
    rows = [f"2003-05-0{7 + m // 1_440} {m // 60 % 24:02}:{m % 60:02},5,{m}" for m in range(4_320)]
    table = tmp_path / "table.csv"
    table.write_text("\n".join(["when,x=y,z", *rows]))
    options = ["--tz", "UTC", "--column", "x=y=steps/min", "--column", "z=counts"]

    said = clarity("analyze", table, "--out", tmp_path / "out", *options, "--json")

    assert said.code == 0
    report = (tmp_path / "out" / "table_steps" / "report.html").read_text()
    assert "x=y=steps/min, z=counts" in report
    for stream, unit in (("steps", "steps/min"), ("activity", "counts")):
        read = clarity(
            "--store", tmp_path / "out" / "clarity.db", "read", "table", "--stream", stream
        )
        assert read.out.splitlines()[1].endswith(unit)


@pytest.mark.parametrize("column", ["HR", "HR=bpm", "=counts"])
def test_a_column_without_a_unit_that_exists_is_refused(
    clarity: Command, ada: Path, tmp_path: Path, column: str
):
    said = clarity("analyze", ada, "--out", tmp_path / "out", "--column", column)

    assert said.code == 2
    assert "is not NAME=UNIT" in said.err


def test_a_recording_beyond_the_limit_that_is_set_is_refused(
    clarity: Command, ada: Path, tmp_path: Path
):
    for limit in ("bytes", "values"):
        said = clarity(f"--max-file-{limit}", 100, "analyze", ada, "--out", tmp_path / limit)

        assert said.code == 4
        assert f"recording.too-big]: {ada}: " in said.err
        assert f"more than 100 {limit}" in said.err or limit == "values"


def test_an_unknown_zone_is_said_and_nothing_is_stored(clarity: Command, ada: Path, tmp_path: Path):
    said = clarity("analyze", ada, "--out", tmp_path / "out", "--tz", "Europe/Atlantis")

    assert said.code == 1
    assert "Europe/Atlantis" in said.err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("Berlin", "Europe/Berlin"),
        ("europe/oslo", "Europe/Oslo"),
        ("new york", "America/New_York"),
        ("Olso", "Europe/Oslo"),
    ],
)
def test_a_zone_that_may_be_meant_is_named(
    clarity: Command, ada: Path, tmp_path: Path, typed: str, meant: str
):
    said = clarity("analyze", ada, "--out", tmp_path / "out", "--tz", typed)

    assert said.err.endswith(f"; did you mean {meant}?\n")


def test_an_error_for_machines_is_json_too(clarity: Command, ada: Path, tmp_path: Path):
    said = clarity("analyze", ada, "--out", tmp_path / "out", "--tz", "Nowhere", "--json")

    assert said.code == 1
    assert set(said.told["error"]) == {"code", "message"}


@pytest.mark.parametrize("name", ["missing.csv", "loop.csv"])
def test_a_file_that_is_not_there_is_wrong_usage(clarity: Command, tmp_path: Path, name: str):
    (tmp_path / "loop.csv").symlink_to(tmp_path / "loop.csv")

    said = clarity("analyze", tmp_path / name, "--out", tmp_path / "out")

    assert said.code == 2
    assert name in said.err
    assert not (tmp_path / "out").exists()


def test_an_empty_folder_is_wrong_usage(clarity: Command, tmp_path: Path):
    (tmp_path / "empty").mkdir()

    said = clarity("analyze", tmp_path / "empty", "--out", tmp_path / "out")

    assert said.code == 2
    assert "there is no file in that folder, nor in those below it" in said.err


def test_a_file_that_cannot_be_opened_is_refused(
    clarity: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as held:
        held.bind("held.csv")

        said = clarity("analyze", "held.csv", "--out", "out")

    assert said.code == 4
    assert "refused [recording.unopenable]" in said.err


@pytest.mark.parametrize(
    ("month", "told"),
    [
        (
            3,
            (
                "60 times in the hour that the clock change skips were moved forward; if the device's "
                "clock was not changed, what follows stands an hour early"
            ),
        ),
        (
            10,
            (
                "60 times lie in the hour that the clock change repeats; if the device's clock was not "
                "changed, what follows stands an hour late"
            ),
        ),
    ],
)
def test_a_clock_that_may_not_have_been_changed_is_told_with_what_that_does(
    clarity: Command, tmp_path: Path, month: int, told: str
):
    begin = datetime(2003, month, 28 if month == 3 else 24, tzinfo=UTC)
    minutes = [begin + timedelta(minutes=number) for number in range(4 * 1440)]
    rows = [f"{at:%Y-%m-%d %H:%M},{number % 97}" for number, at in enumerate(minutes)]
    (tmp_path / "ada.csv").write_text("\n".join(["time,counts", *rows]))

    clarity("analyze", tmp_path / "ada.csv", "--tz", "Europe/Oslo", "--out", tmp_path / "out")

    results = json.loads((tmp_path / "out" / "results.json").read_text("utf-8"))
    assert told in results["reading"]


def test_a_folder_that_cannot_be_looked_into_is_refused_and_the_others_are_done(
    clarity: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "study").mkdir()
    (tmp_path / "study" / "ada.csv").write_text(GOOD)
    out_of_reach(tmp_path / "study")
    monkeypatch.chdir(tmp_path)

    said = clarity("analyze", "study", "--out", "out")

    assert said.code == 3
    assert "refused [recording.unopenable]: study/xxx" in said.err
    assert "1 analyzed, 1 refused" in said.err


def out_of_reach(study: Path) -> None:
    """A file so far down in folders that its path is too long to be looked at."""
    left = os.pathconf(study, "PC_PATH_MAX") - len("study/") - len("/ben.csv")
    below = os.open(study, os.O_RDONLY)
    while left > 0:
        name = "x" * min(250, left)
        os.mkdir(name, dir_fd=below)
        inner = os.open(name, os.O_RDONLY, dir_fd=below)
        os.close(below)
        below, left = inner, left - len(name) - 1
    os.close(os.open("ben.csv", os.O_CREAT, dir_fd=below))
    os.close(below)


def test_a_pipe_is_refused_and_not_waited_for(clarity: Command, tmp_path: Path):
    os.mkfifo(tmp_path / "pipe.csv")

    said = clarity("analyze", tmp_path / "pipe.csv", "--out", tmp_path / "out")

    assert said.code == 4
    assert "no regular file" in said.err


def test_a_name_that_is_no_text_names_a_person_all_the_same(clarity: Command, tmp_path: Path):
    (tmp_path / os.fsdecode(b"J\xf6rg.csv")).write_text(GOOD)

    said = clarity("analyze", tmp_path, "--out", tmp_path / "out", "--json")

    assert said.code == 0
    assert said.told["analyzed"][0]["participant"] == "J%F6rg"


def test_a_folder_that_cannot_be_made_is_said(clarity: Command, ada: Path):
    said = clarity("analyze", ada, "--out", ada / "inside")

    assert said.code == 1
    assert said.err.startswith("error [port.unavailable]: ")


def test_documents_that_cannot_be_written_are_said(clarity: Command, ada: Path, tmp_path: Path):
    (tmp_path / "out" / "report.html").mkdir(parents=True)

    said = clarity("analyze", ada, "--out", tmp_path / "out")

    assert said.code == 1
    assert said.err.startswith("error [port.unavailable]: ")
    assert names(tmp_path / "out") == ["report.html"]


def test_a_file_as_folder_is_wrong_usage(clarity: Command, ada: Path):
    assert clarity("analyze", ada, "--out", ada).code == 2


def test_a_store_that_is_none_is_left_alone(clarity: Command, ada: Path, tmp_path: Path):
    said = clarity("--store", ada, "analyze", ada, "--out", tmp_path / "out")

    assert said.code == 1
    assert "[port.corrupt]" in said.err
    assert ada.read_text() == GOOD


@pytest.mark.slow
def test_the_demo_needs_no_file(clarity: Command, tmp_path: Path):
    said = clarity("demo", "--out", tmp_path / "demo", "--json")

    assert said.code == 0
    (one,) = said.told["analyzed"]
    assert one["findings"]["RA"] > 0.5
    assert "report.html" in names(tmp_path / "demo")


def test_a_diary_gives_latency_and_efficiency(clarity: Command, ada: Path, tmp_path: Path):
    diary = tmp_path / "diary.csv"
    diary.write_text("date,bed,up\n2003-05-07,23:00,07:00\n")

    said = clarity(
        *("analyze", ada, "--out", tmp_path / "out", "--tz", "Europe/Oslo", "--diary", diary)
    )

    told = json.loads((tmp_path / "out" / "results.json").read_text())
    assert said.code == 0
    assert "diary" in {night["source"] for night in told["nights"]}
    assert told["settings"]["--diary"] == "diary.csv"
    assert "those of the diary" in (tmp_path / "out" / "report.html").read_text()


def test_a_diary_without_a_zone_is_refused_before_anything_is_done(
    clarity: Command, ada: Path, tmp_path: Path
):
    diary = tmp_path / "diary.csv"
    diary.write_text("date,bed,up\n2003-05-07,23:00,07:00\n")

    said = clarity("analyze", ada, "--out", tmp_path / "out", "--diary", diary)

    assert said.code == 1
    assert said.err.startswith("error [diary.no-zone]: ")
    assert "--tz Europe/Oslo" in said.err
    assert not (tmp_path / "out" / "report.html").exists()


@pytest.fixture
def hip(tmp_path: Path) -> Path:
    """Three days of minute counts of a device at the hip, none of them 0 for an hour but one."""
    still = range(2_000, 2_070)
    rows = [
        f"2003-05-0{7 + m // 1_440} {m // 60 % 24:02}:{m % 60:02},{0 if m in still else 40 + m % 99}"
        for m in range(4_320)
    ]
    path = tmp_path / "hip.csv"
    path.write_text("\n".join(["time,value", *rows]))
    return path


HIP = ("--tz", "Europe/Oslo", "--unit", "counts", "--device", "ActiGraph", "--placement", "hip")


def results(folder: Path) -> dict:
    return json.loads((folder / "results.json").read_text())


def parameters(folder: Path, metric: str) -> dict:
    found = {finding["metric"]: finding for finding in results(folder)["findings"]}
    return found[metric]["parameters"]


def test_options_of_the_analyses_reach_results_settings_and_fingerprint(
    clarity: Command, hip: Path, tmp_path: Path
):
    options = ["--scoring", "sadeh/actilife", "--rescoring", "paper", "--wear-rule", "troiano"]
    options += ["--cut-points", "freedson-1998"]

    plain = clarity("analyze", hip, "--out", tmp_path / "plain", *HIP)
    chosen = clarity("analyze", hip, "--out", tmp_path / "chosen", *HIP, *options)

    assert (plain.code, chosen.code) == (0, 0)
    usual, told = results(tmp_path / "plain"), results(tmp_path / "chosen")
    assert told["provenance"]["fingerprint"] != usual["provenance"]["fingerprint"]
    assert parameters(tmp_path / "chosen", "TST")["scoring"] == "sadeh/actilife + webster/paper"
    assert parameters(tmp_path / "plain", "TST")["scoring"] == "cole-kripke/actilife"
    assert parameters(tmp_path / "chosen", "MVPA")["mvpa_from"] == 1952.0
    assert parameters(tmp_path / "plain", "MVPA")["mvpa_from"] == 2020.0
    assert told["recording"]["n_worn"] == usual["recording"]["n_worn"] - 70
    given = dict(zip(options[::2], options[1::2], strict=True))
    assert {name: told["settings"][name] for name in given} == given
    page = (tmp_path / "chosen" / "report.html").read_text()
    assert all(f"<dt>{name}</dt><dd>{value}</dd>" in page for name, value in given.items())


@pytest.mark.parametrize(
    "option",
    [
        ("--scoring", "sadeh"),
        ("--rescoring", "paper"),
        ("--wear-rule", "none"),
        ("--cut-points", "freedson-1998"),
    ],
)
def test_each_option_alone_makes_another_result(
    clarity: Command, hip: Path, tmp_path: Path, option: tuple[str, str]
):
    for folder, more in (("plain", ()), ("chosen", option)):
        assert clarity("analyze", hip, "--out", tmp_path / folder, *HIP, *more).code == 0

    prints = {results(tmp_path / name)["provenance"]["fingerprint"] for name in ("plain", "chosen")}
    assert len(prints) == 2


def test_wear_that_is_not_to_be_assessed_is_said(clarity: Command, hip: Path, tmp_path: Path):
    clarity("analyze", hip, "--out", tmp_path / "out", *HIP, "--wear-rule", "none")

    told = results(tmp_path / "out")
    assert told["recording"]["n_worn"] is None
    assert "Wear was not assessed, as it was asked for" in told["notices"][0]


@pytest.mark.parametrize(
    ("option", "code", "said"),
    [
        (("--scoring", "sadeh"), "unit.mismatch", "sadeh/paper is defined for counts"),
        (("--cut-points", "freedson-1998"), "unit.mismatch", "cut-points/freedson-1998 is defined"),
    ],
)
def test_what_a_choice_is_not_defined_for_is_refused_with_the_reason(
    clarity: Command, hip: Path, tmp_path: Path, option: tuple[str, str], code: str, said: str
):
    steps = ("--tz", "Europe/Oslo", "--unit", "steps/min")

    told = clarity("analyze", hip, "--out", tmp_path / "out", *steps, *option)

    assert told.code == 4
    assert f"refused [{code}]: hip.csv, hip: {said}" in told.err


def test_a_wear_rule_that_cannot_tell_is_told_in_the_report(
    clarity: Command, hip: Path, tmp_path: Path
):
    steps = ("--tz", "Europe/Oslo", "--unit", "steps/min", "--wear-rule", "troiano")

    assert clarity("analyze", hip, "--out", tmp_path / "out", *steps).code == 0

    assert "the rule needs counts per minute (wear/troiano-2007)" in str(
        results(tmp_path / "out")["notices"]
    )


@pytest.mark.parametrize(
    ("option", "said"),
    [
        (("--scoring", "best"), "there is no scoring profile 'best/paper'; choose one of"),
        (("--rescoring", "best"), "'best' is not one of"),
        (("--wear-rule", "best"), "'best' is not one of"),
        (("--cut-points", "best"), "'best' is not one of"),
    ],
)
def test_a_choice_that_does_not_exist_is_wrong_usage(
    clarity: Command, ada: Path, tmp_path: Path, option: tuple[str, str], said: str
):
    told = clarity("analyze", ada, "--out", tmp_path / "out", *option)

    assert told.code == 2
    assert said in told.err
    assert not (tmp_path / "out").exists()


def test_help_explains_the_options_of_the_analyses(clarity: Command):
    text = " ".join(clarity("analyze", "--help").out.split())

    for option in ("--scoring", "--rescoring", "--wear-rule", "--cut-points"):
        assert option in text
    assert "refused with the reason" in text


@pytest.fixture
def two_of_one_name(tmp_path: Path) -> list[Path]:
    """Files called rec.csv in the folders x and y; they disagree in one epoch."""
    paths = [tmp_path / name / "rec.csv" for name in ("x", "y")]
    for path, text in zip(paths, (GOOD, GOOD.replace(",7\n", ",8\n", 1)), strict=True):
        path.parent.mkdir()
        path.write_text(text)
    return paths


def test_files_that_share_but_a_name_are_refused(
    clarity: Command, two_of_one_name: list[Path], tmp_path: Path
):
    said = clarity("analyze", *two_of_one_name, "--out", tmp_path / "out")

    assert said.code == 4
    assert said.err.count("refused [ingest.same-name]: ") == 2
    assert all(str(path) in said.err for path in two_of_one_name)
    assert "--label-by folder" in said.err
    assert names(tmp_path / "out") == ["refused.csv"]


def test_their_folders_name_the_people_when_that_is_asked(
    clarity: Command, two_of_one_name: list[Path], tmp_path: Path
):
    said = clarity("analyze", *two_of_one_name, "--out", tmp_path / "out", "--label-by", "folder")

    assert (said.code, said.err) == (0, "2 analyzed, 0 refused\n")
    assert {"x", "y"} <= set(names(tmp_path / "out"))
    assert "--label-by" in (tmp_path / "out" / "x" / "report.html").read_text()


def test_values_that_contradict_stored_ones_are_said(
    clarity: Command, two_of_one_name: list[Path], tmp_path: Path
):
    options = ("--out", tmp_path / "out", "--label-by", "file")

    said = clarity("analyze", *two_of_one_name, *options)
    told = clarity("analyze", *two_of_one_name, *options, "--json").told

    assert said.err.startswith(
        "rec: 1 epochs held other values in the store; the later file counts"
    )
    assert [one["replaced"] for one in told["analyzed"]] == [1]


def test_a_folder_that_is_used_again_keeps_all_in_its_overview(
    clarity: Command, ada: Path, bad: Path, tmp_path: Path
):
    ben, out = tmp_path / "ben.csv", tmp_path / "out"
    ben.write_text(GOOD)
    clarity("analyze", ada, "--out", out)
    alone = (out / "report.html").read_bytes()

    told = clarity("analyze", ben, bad, "--out", out, "--json").told

    assert (out / "ada" / "report.html").read_bytes() == alone
    assert ([one["folder"] for one in told["analyzed"]], told["others"]) == (["ben"], ["ada"])
    rows = (out / "summary.csv").read_text().splitlines()
    assert [row.split(",")[0] for row in rows] == ["participant", "ada", "ben"]
    page = (out / "report.html").read_text()
    assert 'href="ada/report.html"' in page
    assert 'href="ben/report.html"' in page


def test_who_was_erased_is_left_out_of_the_overview_and_said(
    clarity: Command, ada: Path, tmp_path: Path
):
    out, ben = tmp_path / "out", tmp_path / "ben.csv"
    ben.write_text(GOOD)
    clarity("analyze", ada, ben, "--out", out)
    clarity("--store", out / "clarity.db", "erase", "ada", "--yes")

    said = clarity("analyze", ben, "--out", out)

    assert "left out of the overview, since the store holds their results no more: ada" in said.err
    assert "ada" not in (out / "summary.csv").read_text()


def test_documents_that_are_not_all_there_are_written_anew(
    clarity: Command, ada: Path, tmp_path: Path
):
    clarity("analyze", ada, "--out", tmp_path / "out")
    (tmp_path / "out" / "report.html").unlink()

    clarity("analyze", ada, "--out", tmp_path / "out")

    assert (tmp_path / "out" / "report.html").exists()


def test_documents_that_cannot_make_room_are_said(clarity: Command, ada: Path, tmp_path: Path):
    ben, out = tmp_path / "ben.csv", tmp_path / "out"
    ben.write_text(GOOD)
    clarity("analyze", ada, "--out", out)
    (out / "ada").write_text("in the way")

    said = clarity("analyze", ben, "--out", out)

    assert said.code == 1
    assert said.err.startswith("error [port.unavailable]: ")
    assert '"participant": "ada"' in (out / "results.json").read_text()


def test_documents_that_cannot_be_read_are_said(
    clarity: Command, ada: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def shut(_: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    clarity("analyze", ada, "--out", tmp_path / "out")
    monkeypatch.setattr(Path, "read_bytes", shut)

    said = clarity("analyze", ada, "--out", tmp_path / "out")

    assert said.code == 1
    assert said.err.startswith("error [port.unavailable]: ")
    assert "Permission denied" in said.err
