"""The forecast: the lab's figures, and the training that follows as far as it says."""

import numpy as np
import pytest
import torch
from helpers import (
    GRADIENTS,
    SCALED,
    SECTION_6,
    STANDARDISED,
    T_C,
    T_U,
    THERMOMETER,
    TURNING,
    after_updates,
    design,
    mean_squared_error,
    recipe,
    run_of,
    table_of,
    trained,
)
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from tempfit_tui.insight import Forecast
from tempfit_tui.recipe import PlannedChange
from tempfit_tui.training.closed_form import course_of, leapt
from tempfit_tui.training.forecast import forecast, why_not
from tempfit_tui.training.run import Run

STANDARD = {"input__transform": "standardise"}
ANALYTIC = {"training__gradient": "analytic"}
FLOOR = 2.927645


def course(run):
    return course_of(run.now, run.sums, run.weights)


def at(losses, epochs):
    """Return what a forecast tells of the records `epochs`."""
    return np.interp(epochs, losses.epochs, losses.train)


@pytest.mark.parametrize(
    ("settings", "expected"), [(SCALED, ("0.16988", "60.646")), (STANDARD, ("2", "2"))]
)
def test_the_eigenvalues_are_those_of_the_lab(settings, expected):
    run = run_of(**settings, training__lr=0.01)
    found = sorted((1 - course(run).factors).tolist())
    assert tuple(f"{value / 0.01:.5g}" for value in found) == expected


def test_the_losses_are_those_of_the_lab():
    updates = torch.tensor([1, 10, 100, 1_000, 5_000])
    losses = course(run_of(**SCALED)).at(updates).train_loss.tolist()
    # The lab's inputs are float64, training's float32.
    assert losses == pytest.approx([37.574914, 28.941876, 22.083464, 3.825484, 2.927647], rel=2e-7)
    run = trained(5_001, **SCALED)
    for update, loss in zip(updates.tolist(), losses, strict=True):
        assert run.train_losses.at(update + 1) == pytest.approx(loss, rel=2e-6)


@pytest.mark.parametrize(
    ("settings", "lr", "updates"),
    [
        (SCALED, 1e-2, 2_007),
        (SCALED, 0.0165, 1_216),
        (SCALED, 0.0328, 611),
        (SCALED, 0.032886, 703),
        ({}, 1e-4, 194_056),
        ({}, 3.3e-4, 58_804),
        (STANDARD, 0.01, 215),
        (STANDARD, 0.1, 20),
        (STANDARD, 0.5, 1),
    ],
)
def test_it_settles_where_the_lab_says(settings, lr, updates):
    run = run_of(**settings, training__lr=lr)
    told = forecast(run)
    # A record is measured before its update.
    assert told.settles_at == updates + 1
    assert told.settles_to == pytest.approx(FLOOR, abs=3e-6)
    assert (told.why_not, told.until, told.diverges, told.val) == ("", None, False, [])
    assert 1.2 * updates <= told.epochs[-1] <= max(101, 1.3 * updates)
    # From wherever one looks it is the same epoch, and its own record is the first.
    run.advance(min(updates, 2_000) // 2)
    if run.epoch:
        later = forecast(run)
        assert abs(later.settles_at - told.settles_at) <= 1
        assert (later.epochs[0], later.train[0]) == (run.epoch, run.train_losses.last)
    if updates < 3_000:
        run.advance(2 * updates + 100 - run.epoch)
        assert forecast(run).settles_at == run.epoch


@pytest.mark.parametrize("settings", [SECTION_6, {**SECTION_6, **STANDARDISED}])
def test_both_losses_are_those_of_numpy_in_the_file_s_units(settings):
    run = run_of(**settings)
    told = forecast(run, points=50)
    assert told.epochs == sorted({*told.epochs})
    assert (told.epochs[0], len(told.epochs) > 30) == (1, True)
    assert len(told.epochs) == len(told.train) == len(told.val)
    data = run.data
    for epoch, train, val in zip(told.epochs, told.train, told.val, strict=True):
        w = after_updates(epoch - 1, 0.01, data.x, data.y)
        unit = data.loss_unit
        assert train == pytest.approx(mean_squared_error(w, data.x, data.y) * unit, rel=1e-9)
        assert val == pytest.approx(mean_squared_error(w, data.val_x, data.val_y) * unit, rel=1e-9)


def test_with_l2_it_comes_to_ridge_regression_and_tells_the_data_s_loss_alone():
    run = run_of(**SECTION_6, penalty__l2=0.05)
    told = forecast(run)
    x, y = design(run.data.x), run.data.y.double().numpy()
    # (X'X / n + l2) w = X'y / n
    ridge = np.linalg.solve(x.T @ x / 9 + 0.05 * np.eye(2), x.T @ y / 9)
    assert told.settles_to == pytest.approx(mean_squared_error(ridge, run.data.x, y), rel=1e-9)
    run.advance(told.settles_at + 500)
    assert run.train_losses.at(told.settles_at) == pytest.approx(told.settles_to, rel=0.0101)
    assert run.train_losses.at(told.settles_at - 1) != pytest.approx(told.settles_to, rel=0.0099)


@pytest.mark.parametrize("given", [SECTION_6, {**SECTION_6, **STANDARDISED}])
@pytest.mark.parametrize("gradient", ["autograd", "doubly-averaged"])
@pytest.mark.parametrize("kind", ["linear", "polynomial"])
def test_with_l2_on_the_weights_alone_it_is_gradient_descent_on_that_loss(given, gradient, kind):
    lr = 1e-6 if kind == "polynomial" and "target__transform" not in given else 0.01
    made = {"model__kind": kind, "training__gradient": gradient, "training__lr": lr}
    run = run_of(**{**given, **made}, penalty__l2=0.05, penalty__bias=False)
    divisor = 9 if gradient == "doubly-averaged" else 1
    x, y = (part.double().numpy() for part in run.data[:2])
    powers = np.stack([x**k for k in ((1, 0) if kind == "linear" else (1, 2, 3, 0))], 1)
    penalised = np.eye(powers.shape[1])
    penalised[-1, -1] = 0
    w, losses = run.weights.double().numpy(), []
    for _ in range(2_001):
        losses.append(np.mean((powers @ w - y) ** 2))
        slope = 2 / 9 * powers.T @ (powers @ w - y) / divisor + 0.1 * penalised @ w
        w = w - lr * slope
    place = course(run).at(torch.tensor([0, 1, 10, 500, 2_000]))
    assert place.train_loss.tolist() == pytest.approx([losses[k] for k in (0, 1, 10, 500, 2_000)])
    curvature = powers.T @ powers / 9 / divisor + 0.05 * penalised
    best = np.linalg.solve(curvature, powers.T @ y / 9 / divisor)
    assert course(run).last_loss == pytest.approx(np.mean((powers @ best - y) ** 2), rel=1e-6)
    assert forecast(run).why_not == ""


def test_with_l2_on_the_weights_alone_it_diverges_above_the_limit_only():
    made = {**SECTION_6, "penalty__l2": 1.0, "penalty__bias": False}
    limit = run_of(**made).limit.lr
    assert not forecast(run_of(**made, training__lr=0.99 * limit)).diverges
    assert forecast(run_of(**made, training__lr=1.01 * limit)).diverges


def test_of_inputs_that_are_all_equal_only_the_sum_moves():
    run = run_of(table_of([2.0, 2.0, 2.0], [1.0, 2.0, 6.0]), training__lr=0.05)
    told = forecast(run)
    assert told.settles_to == pytest.approx(14 / 3)
    run.leap(1000)
    w, b = run.weights.tolist()
    assert (2 * w + b, w - 2 * b) == (pytest.approx(3), pytest.approx(1))


def test_a_polynomial_through_all_rows_comes_to_nothing_and_32_bits_end_before():
    table = table_of([-1.0, 0.0, 1.0], [1.0, 0.5, 2.0])
    run = run_of(table, model__kind="polynomial", model__degree=4, training__lr=0.1)
    told = forecast(run)
    assert (told.settles_at, told.settles_to < 1e-25) == (None, True)
    run.advance(told.until)
    losses = run.train_losses
    for epoch, loss in zip(told.epochs, told.train, strict=True):
        if epoch <= told.until:
            assert losses.at(epoch) == pytest.approx(loss, rel=1e-3)
    run.advance(20_000)
    assert losses.last > 1e6 * told.settles_to


@pytest.mark.parametrize("times", [1.03, 1.5, 15])
def test_it_diverges_above_the_limit(times):
    run = run_of(**SECTION_6)
    run.change({"training.lr": times * run.limit.lr})
    told = forecast(run)
    assert told.diverges
    assert told.settles_at is told.settles_to is None
    assert 1e6 <= told.train[-1] / told.train[0] < 1e10
    assert told.epochs[-1] < 2_000
    run.change({"training.lr": 0.9999 * run.limit.lr})
    assert not forecast(run).diverges


@pytest.mark.parametrize("lr", [1e-5, 1e-6])
def test_where_32_bit_steps_are_too_coarse_training_stalls_above_the_floor(lr):
    # The bias has two more to go along the valley: lr times its slope is below half a unit.
    w, b = after_updates(10**9, 1e-4, T_U, T_C)
    start = ([w - 0.0385, b + 2.0], [w - 0.0016, b + 0.083])[lr == 1e-5]
    run = run_of(**ANALYTIC, training__lr=lr, model__initial=tuple(map(float, start)))
    run.advance(300)
    told = forecast(run)
    assert run.epoch <= told.until < 200_000
    run.advance(min(told.until, 60_000) - run.epoch)
    where = run.train_losses.last
    assert where == pytest.approx(at(told, run.epoch), rel=1e-3)
    assert told.settles_to < where


LINES = {
    "the model, mlp 1-32-32-1 tanh, isn't linear in its parameters": {"model__kind": "mlp"},
    "the optimizer is adam, not plain sgd": {"training__optimizer": "adam"},
    "sgd has momentum 0.9; it is known without": {"training__momentum": 0.9},
    "mini-batches are dealt out by chance": {"training__batch_size": 4},
    "noise on the inputs is drawn by chance": {"input_noise__sigma": 0.1},
    "the L1 penalty has a kink at 0": {"penalty__l1": 0.1},
    "finite differences of delta 0.0001 lose too many digits": {
        "training__gradient": "finite-difference",
        "training__delta": 1e-4,
    },
    "patience may stop it early": {"training__patience": 5},
    "the inputs' powers are too large for 32-bit floats": {
        "input__scale": 1e6,
        "model__kind": "polynomial",
        "model__degree": 12,
        "training__lr": 1e-18,
    },
}


@pytest.mark.parametrize(("line", "given"), LINES.items(), ids=LINES)
def test_why_there_is_none(line, given):
    run = run_of(**{**SECTION_6, **given})
    assert why_not(run) == line
    assert forecast(run) == Forecast(why_not=line)


def test_why_there_is_none_of_a_run_that_is_not_left_alone():
    planned = [PlannedChange(1, {"training.lr": 0.02}), PlannedChange(50, {"training.lr": 0.01})]
    run = Run(replace(recipe(**SECTION_6), changes=planned), THERMOMETER)
    for epoch in (0, 30, 48):
        run.advance(epoch - run.epoch)
        assert why_not(run) == "a change is planned before epoch 50"
    run.advance(1)
    assert why_not(run) == ""
    stopped = trained(500, **SECTION_6, training__lr=0.5)
    assert why_not(stopped) == f"the run stopped at epoch {stopped.epoch:,}"
    # Without validation rows patience never runs out; all rows are no mini-batch.
    assert why_not(run_of(**SCALED, training__patience=5, training__batch_size=11)) == ""
    assert why_not(run_of(**TURNING)).startswith("the model, mlp")


@pytest.mark.parametrize("gradient", GRADIENTS)
def test_it_is_there_by_every_gradient(gradient):
    run = run_of(**SECTION_6, training__gradient=gradient)
    told, factor = forecast(run), 9 if gradient == "doubly-averaged" else 1
    assert told.settles_at == pytest.approx(2_426 * factor, rel=1e-3)


def test_of_many_rows_it_is_as_exact():
    x = np.linspace(-2, 3, 20_000)
    y = np.sin(x)
    run = run_of(table_of(x, y), training__lr=0.1)
    told = forecast(run)
    w = after_updates(told.epochs[60] - 1, 0.1, run.data.x, run.data.y)
    assert told.train[60] == pytest.approx(mean_squared_error(w, run.data.x, run.data.y), rel=1e-9)


TRANSFORMS = st.sampled_from(["none", "scale", "standardise"])
MODELS = st.one_of(
    st.tuples(st.floats(-30, 30), st.floats(-30, 30)).map(lambda w: {"model__initial": w}),
    st.tuples(st.integers(1, 6), st.integers(0, 99)).map(
        lambda drawn: {
            "model__kind": "polynomial",
            "model__degree": drawn[0],
            "model__seed": drawn[1],
        }
    ),
)
GRADIENT = st.sampled_from(["analytic", "autograd", "doubly-averaged"])
EPOCHS = 3_000


@given(
    x=TRANSFORMS,
    y=st.sampled_from(["none", "standardise"]),
    model=MODELS,
    gradient=GRADIENT,
    share=st.floats(1e-6, 1.1),
    l2=st.sampled_from([0.0, 0.0, 1e-3, 0.3]),
    validation=st.sets(st.integers(0, 10), max_size=4),
    before=st.sampled_from([0, 1, 40]),
)
# Next to the limit what is rounded alike in each update adds up.
@example("none", "none", {"model__initial": (15.0, 0.0)}, "analytic", 0.99999, 1e-3, set(), 0)
@settings(max_examples=12, deadline=None)
def test_training_follows_it_as_far_as_it_says(
    x, y, model, gradient, share, l2, validation, before
):
    given_ = {"input__transform": x, "target__transform": y, **model, "penalty__l2": l2}
    run = run_of(**given_, split__validation=sorted(validation), training__gradient=gradient)
    run.change({"training.lr": min(1e3, share * run.limit.lr)})
    run.advance(before)
    assume(not run.stopped)
    told = forecast(run)
    assert told.why_not == ""
    foreseen = leapt(run.now, run.model, run.data, run.sums, run.weights, EPOCHS).losses
    begun = run.epoch
    run.advance(EPOCHS)
    epochs = min(
        EPOCHS, (run.epoch if told.until is None else told.until) - begun, run.epoch - begun
    )
    train, val = (
        each.since(begun).double()[:epochs] for each in (run.train_losses, run.val_losses)
    )
    known = foreseen.train[:epochs].double()
    fits = known < 1e37
    assert torch.allclose(train[fits], known[fits], rtol=1.001e-3, atol=0)
    if validation:
        known_val, fits = foreseen.val[:epochs].double(), fits & (foreseen.val[:epochs] < 1e37)
        off = (val - known_val).abs() / known.maximum(known_val)
        assert float(off[fits].max() if bool(fits.any()) else 0) < 1.001e-3
    unit = run.data.loss_unit
    for epoch, loss in zip(told.epochs, told.train, strict=True):
        if begun < epoch <= begun + epochs and bool((known < 1e37).all()):
            assert loss == pytest.approx(float(known[epoch - begun - 1]) * unit, rel=1e-5)
