"""The stable learning rate, against every batch of small data sets worked out in float64 numpy."""

from itertools import combinations, pairwise, permutations
from pathlib import Path

import numpy as np
import pytest
import torch
from helpers import (
    GRADIENTS,
    SCALED,
    T_U,
    recipe,
    recorded,
    run_of,
    table_of,
)
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from msgspec.structs import replace

from tempfit_tui.frame import Limit
from tempfit_tui.recipe import Model, Penalty, Recipe, Training
from tempfit_tui.table import read_table
from tempfit_tui.training import stability
from tempfit_tui.training.models import model_of
from tempfit_tui.training.run import Run

LEVERAGE = read_table(Path(__file__).parent / "cases" / "leverage.csv", None, None)
"""49 inputs between 0 and 1, and one of 1,000."""
NORMAL = [0.2, -1.1, 0.7, 1.9, -0.4, -1.6, 0.5]
OUTLIER = [0.2, -1.1, 0.7, 6.0, -0.4, -1.6, 0.5]
BARE = Penalty()


def powers(x, degree):
    """Return the powers of x that the parameters are multiplied by, a row for each input."""
    x = np.asarray(x, dtype=np.float64)
    return np.stack([*(x**k for k in range(1, degree + 1)), np.ones_like(x)], 1)


def settings_of(degree=1, **settings):
    """Return the settings of a straight line or a polynomial."""
    kind = {"model__degree": degree, "model__kind": "polynomial" if degree > 1 else "linear"}
    return recipe(**kind, **settings)


def limit_of(x, made):
    """Return the package's limit for inputs `x`."""
    return stability.StableLr(torch.tensor(x), model_of(made.model)).under(made)


def decay(penalty, wide):
    """Return the Hessian of an L2 penalty; the last parameter is the bias."""
    acted_on = np.ones(wide)
    acted_on[-1] = penalty.bias
    return np.diag(2 * penalty.l2 * acted_on)


def update(rows, lr, penalty, divided):
    """Return what an update by these rows multiplies the error of the parameters by."""
    hessian = 2 / len(rows) * rows.T @ rows / (len(rows) if divided else 1)
    return np.eye(rows.shape[1]) - lr * (hessian + decay(penalty, rows.shape[1]))


def mean_square(design, sizes, lr, penalty=BARE, divided=False):
    """Return E[(I - lr H_B) ⊗ (I - lr H_B)], over all batches of each of `sizes`, alike often."""
    found = 0
    for size in sizes:
        batches = [list(rows) for rows in combinations(range(len(design)), size)]
        steps = [update(design[rows], lr, penalty, divided) for rows in batches]
        found = found + sum(np.kron(step, step) for step in steps) / len(batches)
    return found / len(sizes)


def radius(matrix):
    return max(abs(np.linalg.eigvals(matrix)))


def sizes_of(rows, size):
    """Return the sizes of the batches of an epoch."""
    return [min(size, rows - begin) for begin in range(0, rows, size)]


@pytest.mark.parametrize("x", [NORMAL, OUTLIER], ids=["normal", "outlier"])
@pytest.mark.parametrize("degree", [1, 2, 3])
@pytest.mark.parametrize("size", [1, 2, 3, 5, 6])
@pytest.mark.parametrize(
    ("penalty", "gradient"),
    [
        (BARE, "analytic"),
        (Penalty(l2=0.3), "autograd"),
        (Penalty(l2=0.3, bias=False), "finite-difference"),
        (Penalty(l2=0.05, bias=False), "doubly-averaged"),
    ],
    ids=["bare", "l2", "l2 without biases", "averaged twice"],
)
def test_the_mean_square_shrinks_just_below_the_limit_and_grows_just_above(
    x, degree, size, penalty, gradient
):
    made = settings_of(degree, training__batch_size=size, training__gradient=gradient)
    limit = limit_of(x, replace(made, penalty=penalty)).lr
    divided = gradient == "doubly-averaged"
    around = [
        radius(mean_square(powers(x, degree), sizes_of(7, size), by * limit, penalty, divided))
        for by in (0.999, 1.001)
    ]
    assert around[0] < 1 < around[1]


def second_moments(step, updates, wide):
    """Return E|w|² after each update, from S = I on: exact, for the mean over all batches."""
    s, found = np.eye(wide).flatten(), []
    for _ in range(updates):
        s = step @ s
        found.append(np.trace(s.reshape(wide, wide)))
    return found


@pytest.mark.parametrize("degree", [1, 2])
def test_the_expected_square_stays_bounded_below_the_limit(degree):
    limit = limit_of(OUTLIER, settings_of(degree, training__batch_size=2)).lr
    below, above = (
        second_moments(mean_square(powers(OUTLIER, degree), [2, 2, 2, 1], lr), 4_000, degree + 1)
        for lr in (0.98 * limit, 1.02 * limit)
    )
    assert max(below) <= degree + 1
    assert below[-1] < 1e-3 * below[0]
    assert above[-1] > 1e6 * above[0]


def an_epoch(design, size, lr):
    """Return the mean over all orders of the rows of what an epoch makes of S."""
    total, count = 0, 0
    for order in permutations(range(len(design))):
        batches = [list(order[i : i + size]) for i in range(0, len(order), size)]
        if any(a > b for batch in batches for a, b in pairwise(batch)):
            continue  # the same batches in another order of their rows
        epoch = np.eye(design.shape[1])
        for batch in batches:
            epoch = update(design[batch], lr, BARE, False) @ epoch
        total, count = total + np.kron(epoch, epoch), count + 1
    return total / count


@pytest.mark.parametrize("size", [2, 4])
@pytest.mark.parametrize("x", [NORMAL[:6], OUTLIER[:6]], ids=["normal", "outlier"])
def test_an_epoch_that_deals_out_all_rows_is_stable_up_to_the_limit(x, size):
    # Where the rows don't divide, the last batch of an epoch is smaller.
    x = (np.array(x) - np.mean(x)) / np.std(x)
    limit = limit_of(x, settings_of(training__batch_size=size)).lr
    for share in np.arange(0.1, 1.0, 0.1):
        assert radius(an_epoch(powers(x, 1), size, share * limit)) < 1
    assert radius(an_epoch(powers(x, 1), size, 0.995 * limit)) < 1
    assert radius(an_epoch(powers(x, 1), size, 1.6 * limit)) > 1


def noisy(x, degree, sigma):
    """Return E[f f'] and E[f f' ⊗ f f'] of the powers f of x + sigma e, by quadrature.

    Gauss-Hermite quadrature of 40 nodes is exact for polynomials of a degree below 80.
    """
    nodes, weights = np.polynomial.hermite_e.hermegauss(40)
    rows = powers(x + sigma * nodes, degree)
    squares = rows[:, :, None] * rows[:, None, :]
    weights = weights / weights.sum()
    first = np.tensordot(weights, squares, 1)
    return first, sum(w * np.kron(s, s) for w, s in zip(weights, squares, strict=True))


@pytest.mark.parametrize("degree", [1, 2, 3])
@pytest.mark.parametrize("size", [1, 3, 0])
@pytest.mark.parametrize("sigma", [0.1, 0.8])
def test_with_noise_on_the_inputs(degree, size, sigma):
    made = settings_of(degree, training__batch_size=size, input_noise__sigma=sigma)
    limit, rows, wide = limit_of(NORMAL, made).lr, len(NORMAL), degree + 1
    first, second = zip(*(noisy(x, degree, sigma) for x in NORMAL), strict=True)

    def grows(lr):
        eye, found = np.eye(wide), 0
        sizes = sizes_of(rows, size or rows)
        hessian = 2 * np.mean(first, 0)
        for count in sizes:
            # Two rows of a batch are the same one, or two whose noise is drawn apart.
            pairs = [
                np.kron(a, b) for i, a in enumerate(first) for j, b in enumerate(first) if i != j
            ]
            together = 4 * (np.mean(second, 0) + (count - 1) * np.mean(pairs, 0)) / count
            first_order = np.kron(hessian, eye) + np.kron(eye, hessian)
            found = found + np.eye(wide**2) - lr * first_order + lr**2 * together
        return radius(found / len(sizes)) > 1

    assert not grows(0.999 * limit)
    assert grows(1.001 * limit)
    # On average alone training would be stable up to 2 / (largest eigenvalue of the mean Hessian).
    assert limit < 2 / np.linalg.eigvalsh(2 * np.mean(first, 0))[-1]


def test_with_little_noise_and_many_rows_it_is_2_by_the_largest_eigenvalue_with_noise_in_it():
    x = np.random.default_rng(1).normal(size=100_000)
    made = settings_of(2, input_noise__sigma=0.2)
    first = np.zeros((3, 3))
    e = 0.2**2
    m = [np.mean(x**k) for k in range(5)]
    first = np.array(
        [
            [m[2] + e, m[3] + 3 * e * m[1], m[1]],
            [m[3] + 3 * e * m[1], m[4] + 6 * e * m[2] + 3 * e**2, m[2] + e],
            [m[1], m[2] + e, 1],
        ]
    )
    expected = 2 / np.linalg.eigvalsh(2 * first)[-1]
    assert limit_of(x, made).lr == pytest.approx(expected, rel=1e-3)


def test_without_chance_it_is_that_of_all_rows():
    plain = limit_of(NORMAL, settings_of(2))
    assert plain.lr == pytest.approx(2 / np.linalg.eigvalsh(hessian(NORMAL, 2))[-1])
    for size in (0, 7, 1_000):
        assert limit_of(NORMAL, settings_of(2, training__batch_size=size)) == plain
    # The mean square of an error that is multiplied by the same numbers has the same limit.
    curvature = stability.curvature_of(torch.tensor(NORMAL), model_of(settings_of(2).model))
    found = stability.mean_square_limit(Training(), BARE, 0.0, curvature)
    assert found == pytest.approx(plain.lr)


def hessian(x, degree):
    return 2 / len(x) * powers(x, degree).T @ powers(x, degree)


@pytest.mark.parametrize("rows", [stability.PIECE - 1, 2 * stability.PIECE + 3])
def test_the_moments_of_many_rows_are_those_of_numpy(rows):
    x = np.random.default_rng(0).normal(size=rows)
    curvature = stability.curvature_of(torch.tensor(x), model_of(Model("polynomial", degree=2)))
    expected = [np.mean(x**k) for k in range(9)]
    assert curvature.moments.tolist() == pytest.approx(expected, rel=1e-12)
    assert (curvature.rows, curvature.exponents) == (rows, (1, 2, 0))


@given(
    st.lists(st.floats(-100, 100, width=32), min_size=2, max_size=30),
    st.integers(1, 12),
    st.integers(1, 29),
    st.sampled_from([0.0, 0.3]),
)
@examples(max_examples=25, deadline=None)
def test_a_smaller_batch_never_has_a_larger_limit_than_all_rows(x, degree, size, sigma):
    made = settings_of(degree, input_noise__sigma=sigma)
    all_rows = limit_of(x, settings_of(degree)).lr
    found = limit_of(x, replace(made, training=replace(made.training, batch_size=size))).lr
    single = max(np.sum(powers(x, degree) ** 2, 1))
    assert 0 < found <= all_rows * (1 + 1e-9)
    if not sigma:  # below it every single row's update shrinks the error
        assert found >= (1 / single) * (1 - 1e-9)


@pytest.mark.parametrize("degree", [1, 5, 12])
@pytest.mark.parametrize("x", [[3.0] * 5, [0.0] * 5, [0.0, 1.0], [1e-30, 2e-30, 3e-30]])
def test_inputs_that_say_little_have_a_limit_all_the_same(x, degree):
    limit = limit_of(x, settings_of(degree, training__batch_size=1)).lr
    largest = max(np.sum(powers(x, degree) ** 2, 1))
    assert 0.999 / largest <= limit <= 2.001 / (largest / len(x))


TOO_LARGE = Limit(None, "no fixed limit (its numbers are too large)")


@pytest.mark.parametrize(
    ("settings", "limit"),
    [
        ({"training__optimizer": "adam"}, Limit(None, "no fixed limit (adam)")),
        (
            {"model__kind": "mlp", "training__batch_size": 2},
            Limit(None, "no fixed limit (mlp: its curvature changes)"),
        ),
        (
            {"training__momentum": 0.9, "training__batch_size": 4},
            Limit(None, "no fixed limit (mini-batches)"),
        ),
        (
            {"training__momentum": 0.9, "input_noise__sigma": 0.1},
            Limit(None, "no fixed limit (noise on the inputs)"),
        ),
    ],
)
def test_where_no_limit_is_known_it_says_why(settings, limit):
    assert run_of(**settings).limit == limit


@pytest.mark.parametrize(
    ("settings", "rule"),
    [
        ({"training__batch_size": 4}, "in mean square, batches of 4"),
        ({"input_noise__sigma": 0.1}, "in mean square, noise on the inputs"),
        (
            {
                "training__batch_size": 1,
                "input_noise__sigma": 0.1,
                "training__gradient": "doubly-averaged",
                "penalty__l2": 0.1,
            },
            "in mean square, batches of 1, noise on the inputs, averaged twice, penalty in it",
        ),
        (
            {"training__momentum": 0.9, "training__batch_size": 11},
            "2 (1 + momentum) / largest eigenvalue",
        ),
    ],
)
def test_the_rule_says_where_the_limit_comes_from(settings, rule):
    assert run_of(**SCALED, **settings).limit.rule == rule


def test_numbers_that_are_too_large_have_no_limit():
    huge = [1e30, -1e30, 5e29]
    for settings in ({"training__batch_size": 1}, {"input_noise__sigma": 0.1}, {}):
        assert limit_of(huge, settings_of(12, **settings)) == TOO_LARGE
    assert limit_of(huge, settings_of(1)).lr == pytest.approx(1e-60, rel=1)


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("gradient", GRADIENTS)
def test_a_penalty_that_leaves_biases_out_stiffens_the_weights_alone(bias, gradient):
    made = settings_of(training__gradient=gradient, penalty__l2=3.0, penalty__bias=bias)
    divisor = len(NORMAL) if gradient == "doubly-averaged" else 1
    both = hessian(NORMAL, 1) / divisor + np.diag([6.0, 6.0 * bias])
    found = limit_of(NORMAL, made)
    assert found.lr == pytest.approx(2 / np.linalg.eigvalsh(both)[-1])
    assert found.rule.endswith(", penalty in it")


# --- in training


@pytest.mark.parametrize("transform", ["none", "standardise"])
@pytest.mark.parametrize("size", [1, 4, 16])
def test_training_stays_below_the_limit_and_blows_up_above(transform, size):
    given = recipe(
        split__validation=None,
        input__transform=transform,
        training__batch_size=size,
        training__gradient="analytic",
    )
    limit = Run(given, LEVERAGE).limit.lr
    for share, stays in ((0.9, True), (1.5, False)):
        run = Run(replace(given, training=replace(given.training, lr=share * limit)), LEVERAGE)
        run.advance(100)
        losses = recorded(run.train_losses)
        if stays:
            assert not run.stopped
            assert losses[-1] < 0.01
        else:
            assert run.stopped
            assert f"the largest stable lr for sgd with batches of {size}" in run.stopped.reason
            assert "is above" in run.stopped.reason


def test_noise_makes_training_blow_up_below_the_limit_on_average():
    # Degree 4 through eleven points: 2 / (largest eigenvalue of the mean Hessian) is no limit.
    standard = {"input__transform": "standardise", "training__gradient": "analytic"}
    given = {"model__kind": "polynomial", "model__degree": 4, **standard, "input_noise__sigma": 1.0}
    z = (np.array(T_U) - np.mean(T_U)) / np.std(T_U)
    mean = 2 * np.mean([noisy(x, 4, 1.0)[0] for x in z], 0)
    on_average = float(2 / np.linalg.eigvalsh(mean)[-1])
    limit = run_of(**given).limit.lr
    assert limit < 0.1 * on_average
    blown_up = run_of(**given, training__lr=0.95 * on_average)
    blown_up.advance(1_500)
    assert blown_up.stopped
    calm = run_of(**given, training__lr=0.95 * limit)
    calm.advance(1_500)
    assert max(recorded(calm.train_losses)) < 10 * calm.train_losses.first


def test_it_is_worked_out_once_for_the_settings_that_matter(monkeypatch):
    asked = []
    known = stability.mean_square_limit
    monkeypatch.setattr(
        stability, "mean_square_limit", lambda *given: asked.append(given) or known(*given)
    )
    run = run_of(**SCALED, training__batch_size=4)
    limits = {run.limit}
    run.change({"training.lr": 1e-3})
    run.advance(3)
    limits |= {run.limit, run.twin().limit}
    assert (len(asked), len(limits)) == (1, 1)
    run.change({"training.batch_size": 2})
    assert run.limit not in limits
    run.change({"training.batch_size": 4})
    assert run.limit in limits
    assert len(asked) == 2


def test_the_limit_if_the_input_were_standardised():
    raw = run_of(training__batch_size=3)
    standardised = run_of(training__batch_size=3, input__transform="standardise")
    assert raw.standardised_limit.lr == pytest.approx(standardised.limit.lr, rel=1e-5)
    assert raw.standardised_limit.lr > 1_000 * raw.limit.lr
    assert standardised.standardised_limit is None
    assert run_of(table_of([2.0, 2.0, 2.0], [1.0, 2.0, 6.0])).standardised_limit is None
    assert run_of(training__optimizer="adam").standardised_limit.lr is None


# --- why it diverged


@pytest.mark.parametrize(
    ("training", "limit", "reason"),
    [
        (
            Training(lr=0.05),
            Limit(0.0329785, "2 / largest eigenvalue"),
            "lr 0.05 is above 0.03298, the largest stable lr for sgd",
        ),
        (
            Training(lr=0.07, momentum=0.9),
            Limit(0.062659, "2 (1 + momentum) / largest eigenvalue"),
            "lr 0.07 is above 0.06266, the largest stable lr for sgd with momentum 0.9",
        ),
        (
            Training(lr=0.01),
            Limit(0.0329785, "2 / largest eigenvalue"),
            "32-bit floats can't hold the loss, though lr 0.01 is below 0.03298, "
            "the largest stable lr for sgd",
        ),
        (
            Training(optimizer="adam", lr=1e12, batch_size=2),
            Limit(None, "no fixed limit (adam)"),
            "lr 1e+12 is too large here; adam has no fixed limit",
        ),
        (
            Training(lr=0.05, batch_size=4),
            Limit(0.03, "in mean square, batches of 4"),
            "lr 0.05 is above 0.03000, the largest stable lr for sgd with batches of 4",
        ),
        (
            Training(lr=0.05, batch_size=11),
            Limit(0.0329785, "2 / largest eigenvalue"),
            "lr 0.05 is above 0.03298, the largest stable lr for sgd",
        ),
        (
            Training(lr=9.0, momentum=0.5, batch_size=4),
            Limit(None, "no fixed limit (mini-batches)"),
            "lr 9 is too large here; sgd with momentum 0.5 and batches of 4 has no fixed limit",
        ),
        (
            Training(gradient="finite-difference", delta=1e-50),
            Limit(0.03, "2 / largest eigenvalue"),
            "delta 1e-50 is 0 in 32-bit floats; give a larger one",
        ),
    ],
)
def test_divergence_is_explained_by_the_lr_and_its_limit(training, limit, reason):
    assert stability.divergence(Recipe(training=training), limit, 11) == reason
