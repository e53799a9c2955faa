"""The words of the report: labels, the summary, facts, tables, data quality."""

from datetime import date, datetime
from pathlib import Path

import attrs
import numpy as np
import pytest

from clarity.adapters.report.nights import night_average, night_table
from clarity.adapters.report.quality import checks
from clarity.adapters.report.rests import rest_table
from clarity.adapters.report.story import attribution, facts, key_findings, notices, story
from clarity.adapters.report.tables import cited, measures, references
from clarity.adapters.report.wording import CATALOGUE, Group, rank, wording
from clarity.domain.sleep.evenings import NoNight
from clarity.domain.sleep.nights import Night, WindowSource
from clarity.domain.sleep.rests import MainRest, RestMethod
from clarity.domain.streams import Placement
from tests.support.reports import OSLO, finding, night, report, rest, series

METRICS = Path(__file__).resolve().parents[3] / "docs/metrics.md"
EVENING = date(2026, 3, 2)


def test_the_catalogue_names_every_metric_once():
    names = [rank(entry.metric)[0] for entry in CATALOGUE]

    assert names == list(range(len(CATALOGUE)))


def test_every_built_in_metric_is_told_in_words():
    lines = METRICS.read_text("utf-8").splitlines()
    metrics = {line.split("`")[1] for line in lines if line.startswith("| `")}

    known = {metric for metric in metrics if rank(metric)[0] < len(CATALOGUE)}

    assert len(metrics) > 50
    assert metrics - known == set()


@pytest.mark.parametrize(
    ("metric", "algorithm", "group"),
    [
        ("sleep_midpoint", "x", Group.SLEEP),
        ("saturated", "quality/saturation", Group.QUALITY),
        ("saturated", "clarity.quality/saturation", Group.QUALITY),
        ("new", "sleep/new", Group.SLEEP),
        ("new", "plugin/new", Group.OTHER),
    ],
)
def test_a_metric_stands_in_the_group_of_its_name_or_of_its_algorithm(
    metric: str, algorithm: str, group: Group
):
    assert wording(finding(metric, 1.0, algorithm=algorithm)).group is group


def test_an_unknown_metric_keeps_its_name_and_stands_last():
    assert wording(finding("new", 1.0, algorithm="plugin/new")).label == "new"
    assert rank("new") > rank("ADAT")


def test_measures_stand_by_group_in_the_order_of_the_catalogue():
    tables = measures(report().result.findings, ())

    assert [table.group for table in tables] == [
        Group.RHYTHM,
        Group.SLEEP,
        Group.OTHER,
        Group.QUALITY,
    ]
    assert [row.metric for row in tables[1].rows] == ["TST", "SE", "SOL"]


@pytest.mark.parametrize(
    ("metric", "name"),
    [
        ("IS", "Interdaily stability (IS)"),
        ("awakenings", "Awakenings"),
        ("mesor", "Cosinor mesor"),
        ("new", "new"),
    ],
)
def test_a_row_names_its_metric_once(metric: str, name: str):
    (table,) = measures([finding(metric, 1.0)], ())

    assert table.rows[0].named == name


def test_a_row_refers_to_its_citation_by_number():
    told = (finding("IV", 1.0, citation="B"), finding("IS", 1.0, citation="A"), finding("RA", 1.0))
    bare = finding("L5", 1.0, citation="")

    listed = references((*told, bare))
    (table,) = measures((*told, bare), listed)

    assert listed == ("A", "B", told[2].citation)
    assert [row.reference for row in table.rows] == [1, 2, 3, None]
    assert table.rows[0].parameters == "bin_min = 60, variance = population"


@pytest.mark.parametrize(
    ("citation", "pieces"),
    [
        ("ours", (("ours", ""),)),
        ("A, doi:10.1/x", (("A, doi:10.1/x", ""),)),
        (
            "A 1990, doi:10.1016/0006-3223(90)90523-5; B.",
            (
                ("A 1990, ", ""),
                ("doi:10.1016/0006-3223(90)90523-5", "10.1016/0006-3223(90)90523-5"),
                ("; B.", ""),
            ),
        ),
        ("https://doi.org/10.1101/182337.", (("doi:10.1101/182337", "10.1101/182337"), (".", ""))),
    ],
)
def test_a_citation_comes_apart_at_its_dois(citation: str, pieces: tuple[tuple[str, str], ...]):
    assert cited(citation) == pieces


def test_a_night_without_a_bed_time_has_dashes_and_a_note():
    table = night_table([night(EVENING)])

    (row,) = table.rows
    assert (row.night, row.start, row.end) == ("Mon 2 Mar 2026", "23:10", "07:00")
    assert (row.tst, row.waso, row.midpoint, row.awakenings) == ("6:52", "0:58", "03:05", "9")
    assert (row.sol, row.efficiency) == ("–", "–")
    assert table.notes == (
        "Latency, Efficiency: the window was found without a diary, so the time in bed is unknown.",
    )


def test_an_evening_without_a_night_stands_in_its_place_with_the_reason():
    before, after = date(2026, 3, 1), date(2026, 3, 3)
    table = night_table([night(before), night(after)], [NoNight(date=EVENING, reason="not worn")])

    assert [row.reason for row in table.rows] == ["", "not worn", ""]
    assert (table.rows[1].night, table.rows[1].tst) == ("Mon 2 Mar 2026", "–")
    assert table.average.night == "Mean of 2 nights"


def test_main_rests_stand_by_evening_and_method():
    later = date(2026, 3, 3)
    table = rest_table(
        [
            rest(later, RestMethod.ROENNEBERG),
            rest(EVENING, RestMethod.ROENNEBERG),
            rest(later),
            MainRest(date=EVENING, method=RestMethod.CRESPO, reason="nothing could be scored"),
            MainRest(
                date=date(2026, 3, 4), method=RestMethod.CRESPO, reason="nothing could be scored"
            ),
        ]
    )

    assert table.methods == ("Crespo", "Roenneberg")
    assert [(row.evening, row.cells) for row in table.rows] == [
        ("Mon 2 Mar 2026", ("–", "–", "–", "22:40", "07:25", "8:45")),
        ("Tue 3 Mar 2026", ("22:40", "07:25", "8:45") * 2),
        ("Wed 4 Mar 2026", ("–",) * 6),
    ]
    assert table.notes == ("Crespo, Mon 2 Mar, Wed 4 Mar: nothing could be scored.",)


def test_a_method_that_did_not_look_has_no_columns():
    assert rest_table([rest(EVENING)]).methods == ("Crespo",)
    assert rest_table([rest(EVENING)]).notes == ()
    assert rest_table([]) is None


def test_a_night_of_a_diary_has_latency_and_efficiency():
    (row,) = night_table([night(EVENING, source=WindowSource.DIARY, latency_min=12.0)]).rows

    assert (row.sol, row.efficiency) == ("0:12", "87.7")


def test_the_average_is_over_nights_that_are_scored_and_says_so():
    nights = [
        night(EVENING, tst_min=400.0),
        night(date(2026, 3, 3), tst_min=420.0),
        night(date(2026, 3, 4), tst_min=0.0, coverage=0.5),
    ]

    table = night_table(nights)

    assert table.average is not None
    assert (table.average.night, table.average.tst) == ("Mean of 2 nights", "6:50")
    assert (table.average.start, table.average.awakenings) == ("23:10", "9.0")
    assert table.notes[-1] == (
        "1 night is scored for less than 90 % of the window and not in the mean."
    )


def test_several_nights_that_are_not_scored_are_counted():
    nights = [night(date(2026, 3, day), coverage=0.5) for day in (3, 4)]

    assert night_table(nights).notes[-1].startswith("2 nights are scored")
    assert night_average(nights) is None


def test_clock_times_average_round_midnight():
    late = night(EVENING, start=datetime(2026, 3, 3, 0, 50, tzinfo=OSLO))

    average = night_average([night(EVENING), late])

    assert average is not None
    assert average.start == "00:00"


def test_clock_times_that_cancel_out_have_no_average():
    noon = night(EVENING, start=datetime(2026, 3, 2, 11, 10, tzinfo=OSLO))

    average = night_average([night(EVENING), noon])

    assert average is not None
    assert average.start == "–"


def test_a_night_without_sleep_has_no_midpoint():
    awake = night(EVENING, tst_min=0.0, onset=None, offset=None)

    (row,) = night_table([awake]).rows

    assert (row.midpoint, row.waso, row.awakenings) == ("–", "–", "–")


def test_the_story_tells_what_is_known():
    findings = (
        *report().result.findings,
        finding("SRI", 62.4),
        finding("social_jetlag", 75.0, "min"),
    )

    told = story(report(findings=findings))

    assert told == (
        "The recording lasts 7 d; 97 % of it holds activity values while the device was worn. "
        "5 nights were found; on average sleep lasts 6:42 h in a window from 23:10 to 07:00, with "
        "1:08 h awake after sleep onset. "
        "Interdaily stability is 0.63 (1 = every day alike), intradaily variability 0.87. "
        "The least active 5 hours begin at 23:45, the most active 10 hours at 09:15. "
        "The sleep regularity index is 62 (100 at most). Social jetlag is 1:15 h. "
        "1 measure could not be computed; the reasons are given below."
    )


@pytest.mark.parametrize(
    ("nights", "sentence"),
    [
        ((), "No night was found."),
        ((night(EVENING, coverage=0.5),), "1 night was found, none is scored well enough."),
        ((night(EVENING),), "1 night was found; on average sleep lasts 6:52 h"),
    ],
)
def test_the_story_counts_nights(nights: tuple[Night, ...], sentence: str):
    assert sentence in story(report(nights=nights))


def test_a_change_of_the_clock_makes_no_recording_longer():
    told = report(recording=series(start=datetime(2026, 3, 26, 15, 0, tzinfo=OSLO)))

    assert story(told).startswith("The recording lasts 7 d;")
    assert dict(facts(told))["Recorded"] == ("Thu 26 Mar 2026 15:00 to Thu 2 Apr 2026 16:00 (7 d)")


def test_the_story_of_little_is_short():
    told = story(report(recording=series(worn=False), findings=(finding("IS", 0.5),), nights=()))

    assert told == (
        "The recording lasts 7 d; 98 % of it holds activity values (wear was not assessed). "
        "No night was found. Interdaily stability is 0.50 (1 = every day alike)."
    )


def test_several_absences_are_counted():
    absent = (finding("IS", None), finding("IV", None))

    assert "2 measures could not be computed" in story(report(findings=absent))


def test_the_story_of_nothing_says_so():
    told = story(report(recording=series(days=0), findings=(), nights=(), spans=()))

    assert told == "The recording holds no data. No night was found."


def test_onsets_in_minutes_are_told_as_clock_times():
    told = story(
        report(findings=(finding("L5_onset", 90.0, "min"), finding("M10_onset", 570.0, "min")))
    )

    assert "begin at 01:30, the most active 10 hours at 09:30" in told


def test_key_figures_are_those_that_exist():
    assert [entry.metric for entry in key_findings(report().result)] == ["TST", "IS", "IV", "RA"]


def test_the_facts_name_what_is_not_stated():
    unknown = attrs.evolve(series(epoch_s=30), device="", placement=Placement.UNKNOWN)

    told = dict(facts(report(recording=unknown)))

    assert told["Recorded"] == "Mon 2 Mar 2026 15:00 to Mon 9 Mar 2026 15:00 (7 d)"
    assert told["Device"] == told["Worn on"] == "not stated"
    assert told["Measured"] == "activity counts, every 30 s"
    assert dict(facts(report()))["Worn on"] == "wrist"


def test_notices_of_reading_come_first_and_each_once():
    read = attrs.evolve(report(), notices=("2 epochs came twice.", "Values reach 8000."))

    assert notices(read) == ("2 epochs came twice.", "Values reach 8000.")


def test_credits_stand_apart_from_notices():
    assert notices(report()) == ("Values reach 8000.",)
    assert attribution(report()) == ("Attribution: Garcia-Ceja et al. 2018 (CC BY 4.0).",)


def test_quality_tells_gaps_wear_and_changes_of_the_clock():
    told = dict(checks(series(start=datetime(2026, 3, 26, 15, 0, tzinfo=OSLO))))

    assert told == {
        "Missing values": "3 h in one gap",
        "Wear": "not worn for 2 h (1 % of the recording)",
        "Changes of the clock": "clock forward by 60 min on Sun 29 Mar 2026",
    }


def test_quality_of_a_recording_without_faults_says_none():
    clean = attrs.evolve(series(), values=np.ones(7 * 1440), worn=np.ones(7 * 1440, dtype=bool))

    assert [text for _, text in checks(clean)] == ["none", "worn throughout", "none"]


def test_quality_tells_several_gaps_and_a_clock_set_back():
    recording = series(start=datetime(2026, 10, 23, 15, 0, tzinfo=OSLO), worn=False)
    values = recording.values.copy()
    values[:5] = np.nan

    told = dict(checks(attrs.evolve(recording, values=values)))

    assert told["Missing values"] == "3 h 5 min in 2 gaps, the longest 3 h"
    assert told["Wear"].startswith("not assessed")
    assert told["Changes of the clock"] == "clock back by 60 min on Sun 25 Oct 2026"
