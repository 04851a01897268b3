"""The linear model without training it, against float64 numpy and the lab's figures."""

import itertools

import numpy as np
import pytest
from helpers import (
    OPTIMIZERS,
    SCALED,
    T_C,
    T_U,
    THERMOMETER,
    after_updates,
    hessian,
    is_near_zero,
    least_squares,
    mean_squared_error,
    recipe,
    recorded,
    run_of,
    table_of,
    trained,
)
from hypothesis import given
from hypothesis import strategies as st

from tempfit_tui.training import baseline, theory
from tempfit_tui.training.data import prepare
from tempfit_tui.training.models import model_of

STANDARDISED = {"input__transform": "standardise"}
NUMBERS = st.floats(-100, 100, width=32)
TABLES = (
    st.lists(st.tuples(NUMBERS, NUMBERS), min_size=2, max_size=30)
    .filter(is_near_zero)
    .map(lambda pairs: tuple(zip(*pairs, strict=True)))
)


def eigenvalues(made, table):
    return theory.hessian_eigenvalues(prepare(made, table), model_of(made.model))


def last_move(run):
    """Return how far the last update moved the parameters."""
    return float((run.weights - run.last_step.before).norm())


def stable_lr(run):
    return run.limit


def test_the_hessian_s_eigenvalues_are_the_lab_s():
    # lab-numbers.md, Closed form: x0.1: 0.16988 and 60.646; standardised: 2 and 2.
    scaled = eigenvalues(recipe(**SCALED), THERMOMETER)
    assert [f"{scaled[0]:.5f}", f"{scaled[1]:.3f}"] == ["0.16988", "60.646"]
    standardised = eigenvalues(recipe(**STANDARDISED), THERMOMETER)
    assert standardised == pytest.approx((2, 2), abs=1e-6)


@given(TABLES)
def test_eigenvalues_and_floor_agree_with_numpy(table):
    x, y = table
    table = table_of(x, y)
    # The matrix is a product of float32 inputs in float64: eigenvalues to 1e-12 of the largest.
    expected = np.linalg.eigvalsh(hessian(x))
    tolerance = 1e-12 * expected[1]
    assert eigenvalues(recipe(), table) == pytest.approx(expected.tolist(), abs=tolerance)
    floor = mean_squared_error(least_squares(x, y), x, y)
    assert baseline.least_squares_line(prepare(recipe(), table)) == pytest.approx(
        (floor, None), rel=1e-6, abs=1e-9 * (1 + np.square(y).mean())
    )


@pytest.mark.parametrize(
    ("updates", "loss"),
    # lab-numbers.md, Closed form: training loss, x0.1, lr 1e-2; a float32 loop agrees to 7e-7.
    [
        (1, 37.574914),
        (10, 28.941876),
        (100, 22.083464),
        (1_000, 3.825484),
        (5_000, 2.927647),
    ],
)
def test_plain_sgd_has_the_closed_form_s_loss(updates, loss):
    run = run_of(**SCALED)
    run.advance(updates + 1)
    assert run.train_losses.last == pytest.approx(loss, rel=7e-7)


@pytest.mark.parametrize("gradient", ["analytic", "autograd"])
@pytest.mark.parametrize(
    ("settings", "factor", "lr"), [({}, 1.0, 1e-4), (SCALED, 0.1, 1e-2)], ids=["raw", "x0.1"]
)
def test_plain_sgd_follows_the_closed_form(settings, factor, lr, gradient):
    x = [factor * value for value in T_U]
    run = run_of(**settings, training__lr=lr, training__gradient=gradient)
    for updates in (1, 2, 10, 100, 1_000, 3_000):
        run.advance(updates - run.epoch)
        expected = after_updates(updates, lr, x, T_C)
        # The lab's bound for a float32 loop is 7e-7 on the loss, whose square root this is.
        assert run.weights.tolist() == pytest.approx(expected.tolist(), rel=1e-5, abs=1e-5)


@pytest.mark.parametrize(
    ("settings", "lr", "updates"),
    # lab-numbers.md, Closed form: epochs to within 1 % of the floor.
    [
        (SCALED, 0.01, 2_007),
        (SCALED, 0.0165, 1_216),
        (SCALED, 0.0328, 611),
        (SCALED, 0.032886, 703),
        (STANDARDISED, 0.01, 215),
        (STANDARDISED, 0.1, 20),
        (STANDARDISED, 0.5, 1),
    ],
)
def test_so_many_updates_bring_it_within_a_hundredth_of_the_floor(settings, lr, updates):
    run = run_of(**settings, training__lr=lr)
    run.advance(updates + 3)
    near = 1.01 * baseline.least_squares_line(run.data).train
    first = next(number for number, loss in enumerate(recorded(run.train_losses)) if loss <= near)
    # float32 may cross the line an epoch off where the loss falls by 1e-6 an epoch.
    assert first == pytest.approx(updates, abs=1)


@pytest.mark.parametrize(
    ("settings", "limit", "rule"),
    [
        # article.md, Geometry: 2 / 60.646.
        ({}, 2 / 60.646, "2 / largest eigenvalue"),
        ({"training__gradient": "autograd"}, 2 / 60.646, "2 / largest eigenvalue"),
        (
            {"training__momentum": 0.9},
            2 * 1.9 / 60.646,
            "2 (1 + momentum) / largest eigenvalue",
        ),
        (
            {"training__gradient": "doubly-averaged"},
            11 * 2 / 60.646,
            "2 / largest eigenvalue, times 11 for the averaged gradient",
        ),
        (
            {"training__momentum": 0.9, "training__nesterov": True},
            2 * 1.9 / 2.8 / 60.646,
            "2 (1 + m) / (1 + 2 m) / largest eigenvalue",
        ),
        (
            {"penalty__l2": 10.0},
            2 / (60.646 + 20),
            "2 / largest eigenvalue, penalty in it",
        ),
        (
            {"penalty__l2": 10.0, "training__gradient": "doubly-averaged"},
            2 / (60.646 / 11 + 20),
            "2 / largest eigenvalue, times 11 for the averaged gradient, penalty in it",
        ),
        ({"training__optimizer": "adam"}, None, "no fixed limit (adam)"),
        ({"model__kind": "mlp"}, None, "no fixed limit (mlp: its curvature changes)"),
    ],
)
def test_the_largest_stable_lr_and_its_rule(settings, limit, rule):
    run = run_of(**SCALED, **settings)
    found = stable_lr(run)
    assert found.rule == rule
    assert found.lr == (limit and pytest.approx(limit, rel=1e-5))


@pytest.mark.parametrize("gradient", ["analytic", "doubly-averaged"])
@pytest.mark.parametrize("penalty", [{}, {"penalty__l2": 10.0}], ids=["no penalty", "l2"])
@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "nesterov"])
def test_training_settles_just_below_the_limit_and_blows_up_just_above(
    gradient, optimizer, penalty
):
    settings = {**SCALED, **OPTIMIZERS[optimizer], **penalty, "training__gradient": gradient}
    limit = stable_lr(run_of(**settings)).lr
    first, below = (trained(n, **settings, training__lr=0.99 * limit) for n in (1, 2_000))
    above = trained(2_000, **settings, training__lr=1.01 * limit)
    assert last_move(below) < 1e-4 * last_move(first)
    grown = recorded(above.train_losses)
    assert above.stopped or grown[-1] > 1e3 * grown[0]


def test_the_luck_of_the_split_over_all_55_pairs():
    trains, vals, floors, val_floors = {}, {}, {}, {}
    for number, pair in enumerate(itertools.combinations(range(11), 2)):
        run = run_of(**SCALED, split__validation=list(pair), training__gradient="analytic")
        floors[pair], val_floors[pair] = baseline.least_squares_line(run.data)
        x, y, val_x, val_y = (part.double().numpy() for part in run.data[:4])
        parameters = after_updates(3_000, 1e-2, x, y)
        trains[pair] = mean_squared_error(parameters, x, y)
        vals[pair] = mean_squared_error(parameters, val_x, val_y)
        if number % 7 == 0:  # the closed form is what a run comes to
            run.advance(3_001)
            trained = run.train_losses.last, run.val_losses.last
            assert trained == pytest.approx((trains[pair], vals[pair]), rel=2e-5)

    def quartiles(losses):
        return np.quantile(list(losses.values()), [0, 0.25, 0.5, 0.75, 1]).tolist()

    # lab-numbers.md, The luck of the split; printed to 4 places, trained in float32.
    places = 1e-4
    assert quartiles(trains) == pytest.approx([1.8436, 2.5719, 2.8576, 2.9790, 3.3497], abs=places)
    assert quartiles(vals) == pytest.approx([1.0532, 3.2440, 3.9680, 5.4701, 13.2487], abs=places)
    assert quartiles(floors) == pytest.approx([1.7165, 2.5713, 2.8539, 2.9782, 3.3495], abs=places)
    assert quartiles(val_floors) == pytest.approx(
        [1.0471, 3.2757, 4.4876, 5.3129, 20.6984], abs=places
    )
    means = [np.mean(list(losses.values())) for losses in (vals, val_floors)]
    assert means == pytest.approx([4.5301, 4.7118], abs=places)
    ranked = sorted(vals, key=vals.get)
    assert (ranked[0], ranked[-1], ranked.index((0, 3)) + 1) == ((2, 5), (6, 7), 44)
    assert round(100 * sum(vals[pair] > trains[pair] for pair in vals) / 55) == 78
