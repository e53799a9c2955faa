"""The mutation score counts what was tried, and only that."""

from tests.support.mutation_score import lived, scores


def test_mutants_are_counted_by_module_and_those_not_run_are_left_out():
    lines = [
        "    clarity.domain.week.x__start__mutmut_1: killed",
        "    clarity.domain.week.x__start__mutmut_2: survived",
        "    clarity.domain.week.xǁWeekǁend__mutmut_1: timeout",
        "    clarity.domain.week.x_end__mutmut_3: not checked",
        "    clarity.domain.sleep.night.x_wake__mutmut_1: no tests",
        "",
    ]

    assert scores(lines) == {"clarity.domain.sleep.night": (0, 1), "clarity.domain.week": (2, 3)}
    assert lived(lines) == [
        "clarity.domain.week.x__start__mutmut_2: survived",
        "clarity.domain.sleep.night.x_wake__mutmut_1: no tests",
    ]
