"""The four gradients, against float64 central differences and the lab's figures."""

import numpy as np
import pytest
import torch
from helpers import SCALED, THERMOMETER, is_near_zero, mean_squared_error, recipe, table_of
from hypothesis import given
from hypothesis import strategies as st

from tempfit_tui.training.data import prepare
from tempfit_tui.training.gradient import Batch, gradient_by
from tempfit_tui.training.models import model_of

NUMBERS = st.floats(-100, 100, width=32)
PAIRS = st.lists(st.tuples(NUMBERS, NUMBERS), min_size=2, max_size=40).filter(is_near_zero)


def gradient(table, parameters, way, **settings):
    """Return the package's gradient at `parameters`, shape (2,)."""
    made = recipe(training__gradient=way, **settings)
    data, model = prepare(made, table), model_of(made.model)
    leaf = torch.tensor(parameters).requires_grad_()
    batch = Batch(data.x, data.y, [])
    forward = model.forward(model.parts(leaf), batch.x, batch.masks)
    loss = torch.nn.functional.mse_loss(forward.predicted, batch.y)
    return gradient_by(made.training, model, made.penalty)(leaf, batch, forward, loss).detach()


def central_differences(x, y, parameters, delta=0.5):
    """Return the gradient in float64; on a quadratic loss any delta gives the exact one."""
    steps = delta * np.eye(2)
    return [
        (mean_squared_error(parameters + step, x, y) - mean_squared_error(parameters - step, x, y))
        / (2 * delta)
        for step in steps
    ]


def rounding(x, y, parameters):
    """Return how much float32 may be off: 1e-5 of the sum of the terms' magnitudes."""
    x, y = np.abs(x), np.abs(y)
    terms = abs(parameters[0]) * x + abs(parameters[1]) + y
    # Differences in float64 lose what is 1e-16 of the loss.
    lost = 1e-12 * (1 + np.square(terms).mean())
    return 2e-5 * (terms * x).mean() + lost, 2e-5 * terms.mean() + lost


@pytest.mark.parametrize("way", ["analytic", "autograd"])
@given(pairs=PAIRS, parameters=st.tuples(NUMBERS, NUMBERS))
def test_the_true_gradients_agree_with_float64_central_differences(way, pairs, parameters):
    x, y = zip(*pairs, strict=True)
    found = gradient(table_of(x, y), parameters, way).tolist()
    expected = central_differences(x, y, np.array(parameters))
    assert np.all(np.abs(np.subtract(found, expected)) <= rounding(x, y, parameters))


@given(pairs=PAIRS, parameters=st.tuples(NUMBERS, NUMBERS))
def test_the_doubly_averaged_gradient_is_the_true_one_divided_by_the_rows(pairs, parameters):
    x, y = zip(*pairs, strict=True)
    table = table_of(x, y)
    double, true = (gradient(table, parameters, way) for way in ("doubly-averaged", "analytic"))
    assert torch.equal(double, true / len(pairs))
    expected = np.divide(central_differences(x, y, np.array(parameters)), len(pairs))
    tolerance = np.divide(rounding(x, y, parameters), len(pairs))
    assert np.all(np.abs(np.subtract(double.tolist(), expected)) <= tolerance)


@given(
    pairs=PAIRS.map(lambda pairs: [(x / 10, y / 10) for x, y in pairs]),
    parameters=st.tuples(st.floats(-5, 5), st.floats(-5, 5)),
    delta=st.floats(0.5, 2),
)
def test_a_finite_difference_with_a_large_delta_loses_digits_only(pairs, parameters, delta):
    x, y = zip(*pairs, strict=True)
    table = table_of(x, y)
    found = gradient(table, parameters, "finite-difference", training__delta=delta).tolist()
    expected = central_differences(x, y, np.array(parameters))
    # Both losses are float32, of magnitude up to (7 * 10 + 7 + 10)^2, and are subtracted.
    largest = (np.abs(x).max() * (abs(parameters[0]) + 2) + abs(parameters[1]) + 12) ** 2
    assert found == pytest.approx(expected, abs=1e-5 * largest)


@pytest.mark.parametrize(
    ("settings", "way", "expected"),
    # lab-numbers.md, Gradients at (1, 0), all rows; 1e-6 is float32's.
    [
        ({}, "analytic", [4517.296364, 82.6]),
        ({}, "autograd", [4517.296364, 82.6]),
        ({}, "doubly-averaged", [410.663306, 7.509091]),
        (SCALED, "analytic", [-77.614036, -10.64]),
        (SCALED, "autograd", [-77.614036, -10.64]),
        (SCALED, "doubly-averaged", [-7.055821, -0.967273]),
    ],
)
def test_the_gradient_at_the_start(settings, way, expected):
    assert gradient(THERMOMETER, (1.0, 0.0), way, **settings).tolist() == pytest.approx(
        expected, rel=1e-6
    )


@pytest.mark.parametrize(
    ("settings", "exact", "delta", "errors"),
    # lab-numbers.md, Gradients at (1, 0): relative errors of the finite difference in float32.
    [
        ({}, (4517.296364, 82.6), 0.1, (2e-7, 2e-5)),
        ({}, (4517.296364, 82.6), 1e-3, (2e-5, 2e-3)),
        ({}, (4517.296364, 82.6), 1e-5, (3e-3, 0.11)),
        ({}, (4517.296364, 82.6), 1e-6, (0.04, 1.0)),
        (SCALED, (-77.614036, -10.64), 0.1, (8e-7, 6e-6)),
        (SCALED, (-77.614036, -10.64), 1e-3, (5e-5, 4e-4)),
        (SCALED, (-77.614036, -10.64), 1e-5, (2e-3, 0.07)),
        (SCALED, (-77.614036, -10.64), 1e-6, (0.02, 0.28)),
    ],
)
def test_a_small_delta_loses_as_many_digits_as_the_lab_measured(settings, exact, delta, errors):
    way = "finite-difference"
    found = gradient(THERMOMETER, (1.0, 0.0), way, training__delta=delta, **settings)
    for value, true, error in zip(found.tolist(), exact, errors, strict=True):
        # As an order of magnitude: the sums' order decides the rest.
        assert error / 10 < abs(value / true - 1) < error * 10


def test_a_difference_that_vanishes_gives_no_gradient():
    # lab-numbers.md: raw, delta 1e-6: the bias moves the loss by less than its last digit.
    found = gradient(THERMOMETER, (1.0, 0.0), "finite-difference", training__delta=1e-6)
    assert found[1] == 0
