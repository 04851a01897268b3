"""Upright runs are set without plotext, dot for dot as it would have set them."""

from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tempfit_tui.ui.charts import drawing
from tempfit_tui.ui.charts.drawing import BRAILLE, dots, trace

COLUMNS, ROWS = 9, 5
FRACTIONS = st.floats(0, 1, allow_subnormal=False)


@pytest.mark.parametrize("marker", [BRAILLE, "*"])
@settings(max_examples=60)
@given(st.lists(st.tuples(st.sampled_from([0, 1, 1, 1, 2, 3]), FRACTIONS), min_size=1, max_size=24))
def test_a_curve_is_drawn_as_plotext_draws_all_of_it(marker, steps):
    last, at, points = COLUMNS * dots(marker)[0] - 1, 0, []
    for step, height in steps:
        at = min(last, at + step)
        points.append((at / last, height))
    drawn = trace(points, COLUMNS, ROWS, marker)
    with patch.object(drawing, "_is_upright", lambda *_: False):
        assert trace(points, COLUMNS, ROWS, marker) == drawn


def test_a_curve_with_a_point_for_each_dot_needs_no_plotext():
    last = COLUMNS * 2 - 1
    points = [(x / last, (x * 7 % 5) / 5) for x in range(last + 1)]
    with patch.object(drawing, "_is_upright", side_effect=drawing._is_upright) as asked:
        trace(points, COLUMNS, ROWS, BRAILLE)
    assert all(drawing._is_upright(*call.args) for call in asked.call_args_list)
