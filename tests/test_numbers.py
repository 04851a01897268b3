"""Numbers stay right wherever a column's 0 is and whatever its unit is."""

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch
from helpers import THERMOMETER, recipe, table_of
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tempfit_tui.frame import View
from tempfit_tui.offset import offset_of
from tempfit_tui.session.session import Session
from tempfit_tui.training.baseline import baseline_of
from tempfit_tui.training.coefficients import raw_coefficients
from tempfit_tui.training.data import prepare
from tempfit_tui.training.scores import scores_of

CASES = Path(__file__).parent / "cases"
EVERY = ["--set", "split.fraction=0"]


def columns_of(name):
    """Return both columns of a plain case, by NumPy."""
    return np.loadtxt(CASES / name, delimiter=",", skiprows=1).T


def line_through(x, y):
    """Return slope, intercept and mean squared error of the least-squares line, about the means."""
    away = x - x.mean()
    slope = (away * (y - y.mean())).sum() / (away**2).sum()
    residuals = (y - y.mean()) - slope * away
    return slope, y.mean() - slope * x.mean(), (residuals**2).mean()


@pytest.mark.parametrize(
    "name",
    [
        "target-unix-time.csv",
        "unix-time.csv",
        "years.csv",
        "small-units.csv",
        "tiny-both.csv",
        "near-perfect-line.csv",
        "leverage.csv",
        "pure-noise.csv",
        "ties.csv",
        "curved-160.csv",
        "extrapolation-60.csv",
        "parabola-sorted.csv",
    ],
)
def test_a_table_comes_to_its_least_squares_line(tempfit, name):
    x, y = columns_of(name)
    slope, intercept, loss = line_through(x, y)
    code, out, _ = tempfit("run", CASES / name, *EVERY, "--epochs", 300, "--json")
    result = json.loads(out.splitlines()[-1])
    told_slope, told_intercept = result["raw_parameters"]
    # What float32 parameters in standardised units leave.
    assert told_slope == pytest.approx(slope, rel=1e-5, abs=1e-6 * y.std() / x.std())
    predicted = told_slope * x + told_intercept
    assert predicted == pytest.approx(slope * x + intercept, abs=2e-6 * y.std())
    assert result["final_train_loss"] == pytest.approx(loss, rel=1e-5)
    assert result["train_loss"] == pytest.approx(loss, rel=1e-4)
    assert result["train_rmse"] == pytest.approx(loss**0.5, rel=1e-5)
    assert result["train_r2"] == pytest.approx(1 - loss / y.var(), rel=1e-5, abs=1e-9)
    assert code == 0


def test_the_floor_of_large_targets_is_the_line_s():
    x, y = columns_of("target-unix-time.csv")
    data = prepare(recipe(), table_of(x, y))
    assert baseline_of(data).line_train == pytest.approx(line_through(x, y)[2], rel=1e-9)


def session_on(x, y, **changes):
    """Return a session on a table, trained as one without a recipe is."""
    made = recipe(
        input__transform="standardise",
        target__transform="standardise",
        model__initial=(0.0, 0.0),
        training__lr=0.1,
        training__gradient="analytic",
        split__validation=[1, 4, 9],
        **changes,
    )
    return Session(made, table_of(x, y))


def curve(power=0, seed=0):
    chance = np.random.default_rng(seed)
    x = np.sort(chance.uniform(-3, 5, 24))
    return x, 2 * x + power * 0.3 * x**2 + chance.normal(0, 0.8, 24)


@settings(max_examples=25)
@given(
    seed=st.integers(0, 3),
    constant=st.sampled_from([0.0, 1e3, -20_000.0, 101_325.0, 1.7e9, -4e7]),
    x_power=st.integers(-12, 12),
    y_power=st.integers(-12, 12),
    epochs=st.sampled_from([1, 5, 40, 400]),
    kind=st.sampled_from(["linear", "polynomial"]),
)
def test_neither_an_offset_nor_a_unit_changes_losses_or_verdict(
    seed, constant, x_power, y_power, epochs, kind
):
    x, y = curve(seed % 2, seed)
    changes = {} if kind == "linear" else {"model__kind": kind, "model__degree": 2}
    plain = session_on(x, y, **changes)
    # The constant is in units of the values: file cells hold some 16 digits.
    moved = session_on(x * 10.0**x_power, (y + constant) * 10.0**y_power, **changes)
    unit = 10.0 ** (2 * y_power)
    for session in (plain, moved):
        session.advance(epochs)
    near, far = plain.frame(View()), moved.frame(View())
    of_near, of_far = scores_of(plain.run), scores_of(moved.run)
    for one, other in (
        (near.train_loss, far.train_loss),
        (near.val_loss, far.val_loss),
        (of_near.train.loss, of_far.train.loss),
        (of_near.val.loss, of_far.val.loss),
        (plain._witness.baseline.line_train, moved._witness.baseline.line_train),
        (plain._witness.baseline.line_val, moved._witness.baseline.line_val),
    ):
        assert other / unit == pytest.approx(one, rel=1e-4)
    assert (near.verdict.kind, near.verdict.since) == (far.verdict.kind, far.verdict.since)


@given(
    constant=st.floats(-1e12, 1e12).filter(lambda value: abs(value) > 1e6),
    spread=st.floats(1e-2, 1e3),
)
def test_an_offset_is_round_and_leaves_numbers_about_as_large_as_their_range(constant, spread):
    column = [constant + spread * part for part in (0, 0.3, 0.55, 1)]
    # A file's cells hold some 16 digits: fewer than 6 of them vary where the constant is larger.
    assume(abs(constant) < 1e10 * spread)
    offset, (low, high) = offset_of(column), (min(column), max(column))
    assert max(abs(value - offset) for value in column) <= 1.1 * (high - low)
    digits = Fraction(offset) / Fraction(10) ** int(np.floor(np.log10(high - low)))
    assert digits == pytest.approx(round(digits), abs=1e-3)


@pytest.mark.parametrize("transform", ["none", "standardise"])
def test_targets_that_are_all_equal_fit(tempfit, tmp_path, transform):
    (tmp_path / "mine.csv").write_text("a,b\n" + "".join(f"{x},5\n" for x in range(10)))
    given = ("--set", f"target.transform={transform}", "--epochs", 2000, "--json")
    _, out, _ = tempfit("run", tmp_path / "mine.csv", *given)
    result = json.loads(out.splitlines()[-1])
    assert (result["verdict"], result["train_r2"]) == ("fits", None)
    assert result["final_val_loss"] == pytest.approx(0, abs=1e-10)


def test_columns_near_0_have_no_offset():
    for column in (THERMOMETER.x, THERMOMETER.y, (1990.0, 2020.0), (0.0, 1e9), (3.0, 3.0)):
        assert offset_of(column) == 0


def test_an_offset_that_no_recipe_asks_for_is_reported(tempfit):
    given = ("--set", "target.transform=none", *EVERY, "--epochs", 400, "--json")
    _, out, err = tempfit("run", CASES / "target-unix-time.csv", *given)
    result = json.loads(out.splitlines()[-1])
    words = "1,700,002,000 is subtracted from y before training: 32-bit floats lose its digits"
    assert words in result["data"]["decisions"]
    assert f"target-unix-time.csv: {words}" in err.splitlines()
    x, y = columns_of("target-unix-time.csv")
    assert result["final_train_loss"] == pytest.approx(line_through(x, y)[2], rel=1e-4)


def test_a_spread_that_float32_loses_when_squared_is_refused(tempfit):
    table = table_of((1, 2, 3), (1e-20, 2e-20, 4e-20))
    with pytest.raises(Exception, match=r"column t_c varies by 1\.2e-20, which 32-bit floats lose"):
        prepare(recipe(), table)
    assert prepare(recipe(target__transform="standardise"), table).y.abs().max() > 1


@given(
    degree=st.integers(1, 7),
    offset=st.sampled_from([0.0, 3.5, -2005.0]),
    scale=st.sampled_from([1.0, 0.1, 40.0]),
    seed=st.integers(0, 20),
)
def test_raw_coefficients_are_the_polynomial_in_the_file_s_units(degree, offset, scale, seed):
    chance = np.random.default_rng(seed)
    x = offset + scale * chance.uniform(-1, 1, 12)
    y = 5 + 3 * chance.uniform(-1, 1, 12)
    made = recipe(
        model__kind="polynomial",
        model__degree=degree,
        input__transform="standardise",
        target__transform="standardise",
    )
    data = prepare(made, table_of(x, y))
    parameters = torch.tensor(chance.normal(0, 1, degree + 1), dtype=torch.float32)
    *weights, bias = map(float, parameters)
    inputs = (x - data.input.offset) * data.input.factor
    expected = np.polyval([*reversed(weights), bias], inputs) / data.target.factor
    raw = raw_coefficients("polynomial", parameters, data)
    # Exact sums: the powers of an input far from 0 cancel.
    told = [
        float(sum(Fraction(c) * Fraction(place) ** k for k, c in enumerate(raw))) for place in x
    ]
    size = max(abs(c) * np.abs(x).max() ** k for k, c in enumerate(raw))
    assert told == pytest.approx(expected + data.target.offset, abs=1e-14 * size + 1e-9)


def test_a_parabola_s_coefficients_are_lowest_power_first(tempfit):
    x, y = columns_of("parabola-sorted.csv")
    model = ("--set", "model.kind=polynomial", "--set", "model.degree=2")
    _, out, _ = tempfit(
        "run", CASES / "parabola-sorted.csv", *model, *EVERY, "--epochs", 3000, "--json"
    )
    result = json.loads(out.splitlines()[-1])
    expected = np.polynomial.polynomial.polyfit(x, y, 2)
    assert result["raw_parameters"] == pytest.approx(expected, abs=1e-3)
