"""The measuring harness counts right and rewrites only its own tables."""

import pytest

from tests.bench.__main__ import modules, placed
from tests.bench.paired import Measured, Paired, Row, duration, header, paired, table


def test_pairs_are_taken_in_turns_and_each_side_goes_first_every_other_time():
    calls: list[str] = []

    pair = paired(lambda: calls.append("a"), lambda: calls.append("b"), repeats=4)

    assert "".join(calls) == "ab" + "ba" + "ab" + "ba" + "ab"
    assert len(pair.ratios) == 4


def test_the_ratio_is_the_median_of_the_ratios_of_neighbours():
    pair = Paired(a=Measured(seconds=(2.0, 30.0, 4.0)), b=Measured(seconds=(1.0, 10.0, 4.0)))

    assert pair.ratios == (2.0, 3.0, 1.0)
    assert pair.ratio == 2.0
    assert pair.row("thing").figure == "2 x"
    assert pair.row("thing").spread == "1 to 3"


def test_a_time_is_given_for_one_unit_of_work():
    row = Measured(seconds=(2.0, 4.0, 6.0)).row("thing", per=1000, remark="why")

    assert row == Row(what="thing", figure="4 ms", spread="2 ms to 6 ms", remark="why")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(90.0, "90 s"), (0.25, "250 ms"), (0.0000125, "12.5 µs"), (3e-9, "3 ns")],
)
def test_a_duration_is_said_in_a_unit_that_is_easy_to_read(seconds: float, text: str):
    assert duration(seconds) == text


def test_the_header_names_day_machine_and_versions():
    said = header()

    assert "Measured 2" in said
    assert "cores; Python 3." in said
    assert "numpy" in said


def test_a_section_is_added_once_and_replaced_after_that():
    first = placed("# Baseline\n", "x", "<!-- bench x -->\nold\n<!-- end -->")
    noted = f"{first}\nA note of a person.\n"

    second = placed(noted, "x", "<!-- bench x -->\nnew \\1\n<!-- end -->")

    assert first == "# Baseline\n\n<!-- bench x -->\nold\n<!-- end -->\n"
    assert second == noted.replace("old", "new \\1")


def test_a_table_has_a_line_per_row():
    rows = [Row(what="a", figure="1 ms"), Row(what="b", figure="2 x", spread="1 to 3", remark="r")]

    assert table(rows).splitlines()[2:] == ["| a | 1 ms |  |  |", "| b | 2 x | 1 to 3 | r |"]


def test_every_module_with_rows_is_run():
    assert "imports" in modules()
    assert "paired" not in modules()
