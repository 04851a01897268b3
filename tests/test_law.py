"""A fitted law reads as an equation in the file's units, with the digits that it needs."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tempfit_tui.law import law_text


@pytest.mark.parametrize(
    ("kind", "coefficients", "names", "expected"),
    [
        ("linear", [5.3671, -17.3012], ("t_u", "t_c"), "t_c = 5.3671 t_u − 17.3012"),
        ("linear", [4.059e-5, -0.01192], ("kelvin", "volt"), "volt = 4.059e-05 kelvin − 0.01192"),
        ("linear", [-936.4, 19200.8], ("age", "price"), "price = −936.4000 age + 19200.8000"),
        ("polynomial", [1, -2, 0.5], ("x", "y"), "y = 1.0000 − 2.0000 x + 0.5000 x²"),
        ("polynomial", [-1, 0, 0, 3], ("x", "y"), "y = −1.0000 + 0 x + 0 x² + 3.0000 x³"),
        ("linear", [59.9977, 1699999999.9], ("x", "y"), "y = 59.9977 x + 1700000000"),
        ("linear", [-3.2e21, 0.5], ("x", "y"), "y = −3.2e+21 x + 0.5000"),
        # As pandas names columns without names.
        ("linear", [1.8, 31.4], ("0", "1"), "'1' = 1.8000 '0' + 31.4000"),
        ("mlp", None, ("x", "y"), ""),
        ("linear", [None, 1.0], ("x", "y"), ""),
    ],
)
def test_a_law_is_written_as_an_equation(kind, coefficients, names, expected):
    assert law_text(kind, coefficients, *names) == expected


def test_inputs_far_from_0_get_the_digits_that_a_prediction_needs():
    law = law_text("linear", [0.0001234567, -209876.54321], "t", "y", largest_x=1.7e9, tolerance=1)
    slope, intercept = (float(part) for part in re.findall(r"[\d.]+(?:e-?\d+)?", law))
    assert slope * 1.7e9 - intercept == pytest.approx(0.0001234567 * 1.7e9 - 209876.54321, abs=1)


@given(
    slope=st.floats(-1e6, 1e6),
    intercept=st.floats(-1e9, 1e9),
    largest=st.floats(1, 1e10),
    tolerance=st.floats(1e-6, 1e3),
)
def test_a_law_predicts_what_its_coefficients_do(slope, intercept, largest, tolerance):
    law = law_text("linear", [slope, intercept], "x", "y", largest_x=largest, tolerance=tolerance)
    written, sign, last = re.fullmatch(r"y = (−?\S+) x ([+−]) (\S+)", law).groups()
    written_intercept = float(last) * (-1 if sign == "−" else 1)
    shift = abs(float(written.replace("−", "-")) - slope) * largest
    shift += abs(written_intercept - intercept)
    # Beyond 17 digits a float64 holds no more.
    rounding = 1e-15 * (abs(slope) * largest + abs(intercept))
    assert shift <= tolerance + rounding
