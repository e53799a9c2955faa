"""Where a network looked, as a drawing of the week."""

import re

import attrs
import numpy as np
import pytest

from clarity.adapters.report.attention import attention_figure
from clarity.domain.pat.answer import AttentionProfile
from tests.adapters.report.test_model import MADE


def profile(values: np.ndarray, patch_min: int = 18) -> AttentionProfile:
    return AttentionProfile(values=values, patch_min=patch_min, provenance=MADE)


def boxes(path: str) -> list[float]:
    """The left ends of the boxes of an outline."""
    return [float(left) for left in re.findall(r"M([\d.]+) 0H", path)]


def test_a_week_has_a_row_for_each_of_its_days_from_its_first_date():
    figure = attention_figure(profile(np.ones((2, 560))))

    assert [(row.weekday, row.label) for row in figure.rows[:2]] == [
        ("Mon", "2 Mar"),
        ("Tue", "3 Mar"),
    ]
    assert len(figure.rows) == 7
    assert (figure.cell_min, figure.layers) == (18, 2)
    assert {level for row in figure.rows for level, _ in row.shades} == {2}


def test_a_cell_stands_where_its_patch_lies_and_is_as_dark_as_its_share():
    values = np.full((1, 560), 0.1)
    values[0, 3 * 80 + 40] = 9.0

    figure = attention_figure(profile(values))

    (shade,) = [one for row in figure.rows for one in row.shades]
    assert figure.rows[3].shades == (shade,)
    assert (shade[0], boxes(shade[1])) == (4, [432.0])
    assert figure.most == "Thu 5 Mar 12:00, 9.0"


@pytest.mark.parametrize(
    ("share", "level"), [(0.49, 0), (0.5, 1), (0.79, 1), (1.0, 2), (1.25, 3), (1.99, 3), (2.0, 4)]
)
def test_shades_are_bounded_by_the_shares_of_the_legend(share: float, level: int):
    figure = attention_figure(profile(np.full((1, 560), share)))

    assert {one for row in figure.rows for one, _ in row.shades} == ({level} if level else set())
    assert [text for _, text in figure.legend] == [
        "below 0.5",
        "0.5 to 0.8",
        "0.8 to 1.25",
        "1.25 to 2",
        "2 and more",
    ]


def test_short_patches_and_layers_are_drawn_as_their_mean():
    values = np.full((4, 1_120), 0.1)
    values[:, 0] = (0.0, 4.0, 4.0, 4.0)
    values[:, 1] = 1.0

    figure = attention_figure(profile(values, patch_min=9))

    assert (figure.cell_min, figure.layers) == (18, 4)
    assert figure.rows[0].shades[0][0] == 4
    assert figure.most == "Mon 2 Mar 00:00, 2.0"


def test_the_days_follow_the_calendar():
    made = attrs.evolve(MADE, first_date=MADE.first_date.replace(month=2, day=27))
    figure = attention_figure(attrs.evolve(profile(np.ones((1, 560))), provenance=made))

    assert [row.label for row in figure.rows[:3]] == ["27 Feb", "28 Feb", "1 Mar"]
