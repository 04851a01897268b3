import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tempfit_tui.text import InputError, brief, harmless, number, setting, signed

FINITE = st.floats(allow_nan=False, allow_infinity=False)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("t_c", "t_c"),
        ("°C 温度 [red]", "°C 温度 [red]"),
        ("\x1b[31m", r"\x1b[31m"),
        ("a\nb\tc\r", r"a\nb\tc\r"),
        ("\u202eright to left", r"\u202eright to left"),
        ("\udcff", r"\udcff"),
        ("\x7f\x9b", r"\x7f\x9b"),
    ],
)
def test_control_characters_are_written_out(text, shown):
    assert harmless(text) == shown


@given(st.text(st.characters()))
def test_harmless_text_is_one_printable_line(text):
    assert harmless(text).isprintable()
    assert harmless(harmless(text)) == harmless(text)


@pytest.mark.parametrize(
    ("text", "most", "shown"),
    [
        ("t_c", 3, "t_c"),
        ("title", 4, "tit…"),
        ("a\n", 3, r"a\n"),
        ("ab\n", 3, "ab…"),
        ("宽" * 100_000, 5, "宽宽宽宽…"),
        ("e" + "\u0301" * 100_000, 3, "e\u0301…"),
    ],
)
def test_a_long_text_is_shortened(text, most, shown):
    assert brief(text, most) == shown


@given(st.text(st.characters()), st.integers(1, 20))
def test_a_shortened_text_is_harmless_and_short_enough(text, most):
    shown = brief(text, most)
    assert shown.isprintable()
    assert len(shown) <= most
    assert shown == harmless(text) or shown[-1] == "…"


def test_an_input_error_is_one_harmless_line():
    assert str(InputError("a\x1b[2J\nb")) == r"a\x1b[2J\nb"


@pytest.mark.parametrize(
    ("value", "digits", "shown"),
    [
        (None, 4, "—"),
        (0.0, 4, "0"),
        (-0.0, 4, "0"),
        (2.927648, 4, "2.928"),
        (-17.2985, 4, "-17.30"),
        (12345.0, 4, "12,345"),
        (999.96, 4, "1,000"),
        (1.2e-7, 4, "1.2e-7"),
        (-1.5e9, 4, "-1.5e9"),
        (9_999_999.0, 4, "1e7"),
        (0.00001, 4, "0.00001000"),
        (9.9e-6, 4, "9.9e-6"),
        (0.05, 1, "0.05"),
        (3e20, 1, "3e20"),
        (math.inf, 4, "not finite"),
        (math.nan, 4, "not finite"),
    ],
)
def test_a_number_is_shown_to_so_many_digits(value, digits, shown):
    assert number(value, digits) == shown


# Rounded to a digit, a number next to the largest one is infinite.
@given(st.floats(-1e300, 1e300), st.integers(1, 9))
def test_a_shown_number_is_within_half_of_its_last_digit(value, digits):
    read = float(number(value, digits).replace(",", ""))
    # Half a unit of the digit shown last; float64 rounds in the 16th.
    tolerance = abs(value) * (0.5 * 10.0 ** (1 - digits) + 1e-15)
    assert abs(read - value) <= tolerance


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (2.5, "+ 2.500"),
        (-17.3048, "− 17.30"),
        (0.0, "+ 0"),
        (None, "+ —"),
    ],
)
def test_a_term_of_a_sum_is_shown_with_its_sign(value, shown):
    assert signed(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "—"),
        (True, "on"),
        (False, "off"),
        (0.01, "0.01"),
        (1e-4, "0.0001"),
        (1e-5, "1e-05"),
        (0.00033, "0.00033"),
        (0.123456789, "0.123456789"),
        (1.0, "1"),
        (2.5, "2.5"),
        (0.1 + 0.2, "0.3"),
        (5000, "5,000"),
        ("adam", "adam"),
        ("\x1b", r"\x1b"),
    ],
)
def test_a_setting_is_shown_in_few_digits(value, shown):
    assert setting(value) == shown


@given(FINITE)
def test_a_shown_setting_reads_back_to_12_digits(value):
    assert float(setting(value)) == pytest.approx(value, rel=1e-11)
