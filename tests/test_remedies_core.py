"""What is done against overfitting, on the training side: each does what its name says."""

import numpy as np
import pytest
import torch
from helpers import (
    GRADIENTS,
    RICH,
    SCALED,
    STANDARDISED,
    T_C,
    T_U,
    THERMOMETER,
    bits,
    lived,
    recipe,
    run_of,
    table_of,
    trained,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn.functional import mse_loss

from tempfit_tui.training import run as run_module
from tempfit_tui.training.data import prepare
from tempfit_tui.training.loop import batches
from tempfit_tui.training.models import model_of
from tempfit_tui.training.more_data import LAW, residual_deviation
from tempfit_tui.training.run import Run

SMALL = {**RICH, "model__hidden": [8]}
DRAWN = {
    "input noise": {"input_noise__sigma": 0.1},
    "dropout": {"model__dropout": 0.2},
    "mini-batches": {"training__batch_size": 4},
    "all": {"input_noise__sigma": 0.1, "model__dropout": 0.2, "training__batch_size": 4},
}
ANY = st.fixed_dictionaries(
    {},
    optional={
        "training.lr": st.sampled_from([1e-3, 0.03]),
        "training.optimizer": st.sampled_from(["sgd", "adam", "adamw", "rmsprop", "adagrad"]),
        "training.gradient": st.sampled_from(["analytic", "autograd"]),
        "training.batch_size": st.sampled_from([0, 2, 4]),
        "training.momentum": st.sampled_from([0.0, 0.9]),
        "training.nesterov": st.booleans(),
        "training.patience": st.sampled_from([0, 3, 10]),
        "penalty.l2": st.sampled_from([0.0, 0.01]),
        "penalty.l1": st.sampled_from([0.0, 0.01]),
        "input_noise.sigma": st.sampled_from([0.0, 0.1]),
        "model.dropout": st.sampled_from([0.0, 0.3]),
    },
)
CHANGED = st.dictionaries(st.integers(1, 40), ANY, max_size=4)


@pytest.mark.parametrize("way", GRADIENTS)
def test_losses_are_told_without_the_penalty_and_optimised_with_it(way):
    run = trained(3, **SMALL, penalty__l2=0.01, penalty__l1=0.02, training__gradient=way)
    before = run.weights.clone()
    run.advance(1)
    told = mse_loss(run.model.predict(before, run.data.x), run.data.y)
    assert run.train_losses.last == float(told)
    penalty = 0.01 * before.square().sum() + 0.02 * before.abs().sum()
    assert float(run.last_step.loss) == pytest.approx(float(told + penalty), rel=1e-6)


@pytest.mark.parametrize("l2", [0.01, 0.1, 1.0])
def test_training_under_an_l2_penalty_ends_at_the_ridge_regression(l2):
    run = trained(400, **STANDARDISED, penalty__l2=l2, training__lr=0.1)
    x, y = ((np.array(column) - np.mean(column)) / np.std(column) for column in (T_U, T_C))
    # Standardised: mean x^2 is 1, both means are 0.
    assert run.weights.tolist() == pytest.approx([np.mean(x * y) / (1 + l2), 0], abs=1e-6)


@pytest.mark.parametrize("l1", [0.01, 0.1, 3.0])
def test_training_under_an_l1_penalty_ends_at_the_soft_threshold(l1):
    run = trained(600, **STANDARDISED, penalty__l1=l1)
    x, y = ((np.array(column) - np.mean(column)) / np.std(column) for column in (T_U, T_C))
    expected = max(0, np.mean(x * y) - l1 / 2)
    # Where a weight is 0 it goes to and fro by lr * l1.
    assert run.weights.tolist() == pytest.approx([expected, 0], abs=0.01 * l1 + 1e-3)


def test_an_l2_penalty_shrinks_an_mlp_s_weights_the_more_the_stronger_it_is():
    norms = [float(trained(1_500, **SMALL, penalty__l2=l2).weights.norm()) for l2 in (0, 1e-3, 0.1)]
    assert norms[0] > 1.2 * norms[1] > 1.44 * norms[2]


@pytest.mark.parametrize("drawn", DRAWN.values(), ids=DRAWN)
def test_recorded_losses_are_of_all_rows_as_they_are_with_no_unit_dropped(drawn):
    run = run_of(**SMALL, **drawn)
    for _ in range(20):
        before = run.weights.clone()
        run.advance(1)
        for losses, x, y in (
            (run.train_losses, run.data.x, run.data.y),
            (run.val_losses, run.data.val_x, run.data.val_y),
        ):
            assert losses.last == float(mse_loss(run.model.predict(before, x), y))


@pytest.mark.parametrize("drawn", DRAWN.values(), ids=DRAWN)
def test_the_same_seed_gives_the_same_bits_and_another_seed_others(drawn):
    first, again = (trained(30, **SMALL, **drawn) for _ in range(2))
    assert bits(first) == bits(again)
    # From the same weights, with other draws.
    other = run_of(**SMALL, **drawn, model__seed=1)
    other.weights.copy_(run_of(**SMALL).weights)
    other.advance(30)
    assert not torch.equal(first.weights, other.weights)
    assert not torch.equal(first.weights, trained(30, **SMALL).weights)


def by_checkpoints(run):
    other = Run(run.recipe, THERMOMETER)
    other.restore(run.checkpoint())
    return other


def by_moments(run):
    moment = run.moment()
    run.advance(7)
    run.return_to(moment)
    return run


@pytest.mark.parametrize("drawn", DRAWN.values(), ids=DRAWN)
@pytest.mark.parametrize(
    "between", [lambda run: run, by_checkpoints, by_moments, Run.twin], ids=lambda f: f.__name__
)
@given(pieces=st.lists(st.integers(1, 9), min_size=2, max_size=5))
@settings(max_examples=5)
def test_drawing_goes_on_where_it_was(drawn, between, pieces):
    run = run_of(**SMALL, **drawn)
    for piece in pieces:
        run.advance(piece)
        run = between(run)
    at_once = trained(sum(pieces), **SMALL, **drawn)
    # A checkpoint doesn't hold the losses.
    assert bits(run)[:5] == bits(at_once)[:5]
    assert run.train_losses.last == (
        None if between is by_checkpoints else at_once.train_losses.last
    )


@given(changes=CHANGED, cuts=st.sets(st.integers(0, 45), max_size=8), piece=st.integers(1, 50))
@settings(max_examples=25)
def test_whatever_is_changed_the_bits_don_t_depend_on_how_training_is_cut(changes, cuts, piece):
    at_once = lived(run_of(**SMALL), 45, changes, ())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run_module, "SLICE", piece)
        in_pieces = lived(run_of(**SMALL), 45, changes, cuts)
    assert bits(in_pieces) == bits(at_once)
    assert (in_pieces.changes, in_pieces.best) == (at_once.changes, at_once.best)


@given(size=st.integers(1, 8), seed=st.integers(0, 99))
def test_an_epoch_of_mini_batches_goes_through_every_row_once(size, seed):
    made = recipe(**SMALL, training__batch_size=size, model__dropout=0.5)
    data, model = prepare(made, THERMOMETER), model_of(made.model)
    generator = torch.Generator().manual_seed(seed)
    first, second = (list(batches(made, model, data, generator)) for _ in range(2))
    rows = sorted(zip(data.x.tolist(), data.y.tolist(), strict=True))
    for dealt in (first, second):
        assert [len(batch.y) for batch in dealt[:-1]] == [size] * (len(dealt) - 1)
        x, y = (torch.cat([batch[part] for batch in dealt]).tolist() for part in (0, 1))
        assert sorted(zip(x, y, strict=True)) == rows
        assert all(len(mask) == len(batch.y) for batch in dealt for mask in batch.masks)


def test_mini_batches_are_dealt_anew_each_epoch_and_each_is_an_update():
    made = recipe(**SMALL, training__batch_size=4)
    data, model = prepare(made, THERMOMETER), model_of(made.model)
    generator = torch.Generator().manual_seed(0)
    epochs = [list(batches(made, model, data, generator)) for _ in range(20)]
    orders = {tuple(torch.cat([batch.x for batch in dealt]).tolist()) for dealt in epochs}
    assert len(orders) == 20
    run = trained(10, **SMALL, training__batch_size=4)
    # 9 rows: batches of 4, 4 and 1.
    assert run.optimizer.state_dict()["state"][0]["step"] == 30


def test_noise_is_on_the_inputs_and_of_the_deviation_asked_for():
    made = recipe(**SMALL, input_noise__sigma=0.3, more_data__rows=5_000)
    data, generator = prepare(made, THERMOMETER), torch.Generator().manual_seed(0)
    (first,), (second,) = (list(batches(made, model_of(made.model), data, generator)) for _ in "ab")
    assert torch.equal(first.y, data.y)
    noise = first.x - data.x
    # 5,009 draws: the deviation is known to 1 %.
    assert float(noise.std()) == pytest.approx(0.3, rel=0.04)
    assert float(noise.mean()) == pytest.approx(0, abs=0.02)
    assert not torch.equal(first.x, second.x)


LONG = {"more_data__rows": 5_000, "more_data__noise": 1.7}


def test_more_data_of_the_thermometer_lie_on_its_law_with_the_noise_asked_for():
    data = prepare(recipe(**SCALED, **LONG), THERMOMETER)
    drawn = data.drawn
    low, high = THERMOMETER.span()
    assert low <= float(drawn.x.min()) < low + 1 < high - 1 < float(drawn.x.max()) <= high
    # lab-numbers.md, Remedies: 5.3677 (t_u / 10) - 17.3048, noise 1.7 °C; 5,000 rows.
    off = drawn.y - (0.53677 * drawn.x - 17.3048)
    assert float(off.mean()) == pytest.approx(0, abs=0.1)
    assert float(off.std()) == pytest.approx(1.7, rel=0.05)
    assert float(torch.corrcoef(torch.stack([off, drawn.x]))[0, 1]) == pytest.approx(0, abs=0.06)
    assert drawn.words == "5,000 drawn on the fitted law, noise 1.7"
    assert pytest.approx(np.polyfit(T_U, T_C, 1), abs=5e-5) == LAW


def test_more_data_come_after_the_training_rows_and_none_validates():
    data = prepare(recipe(**SCALED, **LONG, split__validation=[0, 3]), THERMOMETER)
    plain = prepare(recipe(**SCALED, split__validation=[0, 3]), THERMOMETER)
    assert (len(data.x), len(data.val_x)) == (9 + 5_000, 2)
    assert torch.equal(data.x[:9], plain.x)
    assert torch.equal(data.y[:9], plain.y)
    assert torch.equal(data.val_x, plain.val_x)
    assert data.x[9:].tolist() == pytest.approx((0.1 * data.drawn.x).tolist(), rel=1e-6)


def test_standardising_goes_by_the_file_s_training_rows_whatever_is_drawn():
    data, plain = (prepare(recipe(**RICH, **more), THERMOMETER) for more in (LONG, {}))
    assert (data.input, data.target) == (plain.input, plain.target)
    assert float(data.x[:9].mean()) == pytest.approx(0, abs=1e-6)


def test_the_same_seed_draws_the_same_rows_and_another_seed_others():
    first, again, other = (
        prepare(recipe(more_data__rows=10, more_data__seed=seed), THERMOMETER).drawn
        for seed in (0, 0, 1)
    )
    assert torch.equal(first.x, again.x)
    assert torch.equal(first.y, again.y)
    assert not set(first.x.tolist()) & set(other.x.tolist())


def test_of_any_other_file_more_data_are_jittered_copies_of_training_rows_and_labelled_so():
    x, y = np.arange(12.0), 3 * np.arange(12.0) ** 2
    held_out = [1, 5, 11]
    exact = prepare(
        recipe(split__validation=held_out, more_data__rows=500, more_data__noise=0), table_of(x, y)
    ).drawn
    assert exact.words == "500 jittered copies of training rows, noise 0"
    train = sorted(set(range(12)) - set(held_out))
    # With 500 draws every training row comes up, and no validation row does.
    assert sorted({*zip(exact.x.tolist(), exact.y.tolist(), strict=True)}) == [
        (x[row], y[row]) for row in train
    ]
    jittered = prepare(
        recipe(split__validation=held_out, more_data__rows=500, more_data__noise=2),
        table_of(x, y),
    ).drawn
    assert float((jittered.y - exact.y).std()) == pytest.approx(2, rel=0.1)
    # As far along the input as along the target, each in its own deviations.
    aside = 2 * np.std(x[train]) / np.std(y[train])
    assert float((jittered.x - exact.x).std()) == pytest.approx(aside, rel=0.1)


def test_the_noise_is_the_deviation_of_the_residuals_of_the_training_rows_unless_it_is_given():
    x = np.linspace(-1, 4, 40)
    y = 3 - 2 * x + np.random.default_rng(0).normal(size=40)
    for held_out in ([], [0, 3, 39]):
        rows = sorted(set(range(40)) - set(held_out))
        line = np.polyfit(x[rows], y[rows], 1)
        expected = np.sqrt(np.mean((y[rows] - np.polyval(line, x[rows])) ** 2))
        made = recipe(split__validation=held_out, more_data__rows=2_000)
        drawn = prepare(made, table_of(x, y)).drawn
        assert drawn.noise == pytest.approx(expected, rel=1e-12)
        assert drawn.words == f"2,000 jittered copies of training rows, noise {expected:.4g}"
    given = prepare(recipe(more_data__rows=2_000, more_data__noise=0.25), table_of(x, y)).drawn
    assert (given.noise, prepare(recipe(), THERMOMETER).drawn.noise) == (0.25, 0.0)


@pytest.mark.parametrize(
    ("x", "y", "noise"),
    [
        ([1.0, 2.0, 3.0], [5.0, 7.0, 9.0], 0.0),
        ([2.0, 2.0, 2.0], [1.0, 2.0, 6.0], np.std([1, 2, 6])),
        ([0.0, 1e17], [4.0, 5.0], 0.0),
        ([1e-200, 3e-200, 2e-200], [0.0, 0.0, 3.0], np.sqrt(2)),
    ],
)
def test_the_noise_of_lines_flat_tables_and_extremes(x, y, noise):
    x, y = (torch.tensor(values, dtype=torch.float64) for values in (x, y))
    assert residual_deviation(x, y) == pytest.approx(noise, abs=1e-12)


def test_the_recipe_of_a_run_states_the_noise_that_it_drew_by():
    run = run_of(more_data__rows=4)
    residuals = np.array(T_C) - np.polyval(np.polyfit(T_U, T_C, 1), T_U)
    assert run.recipe.more_data.noise == run.data.drawn.noise == pytest.approx(np.std(residuals))
    again = Run(run.recipe, THERMOMETER)
    assert torch.equal(again.data.y, run.data.y)
    assert run_of().recipe.more_data.noise is None
    run.change({"training.lr": 0.5})
    assert run.now.more_data == run.recipe.more_data


@pytest.mark.parametrize("table", [table_of(T_U[:-1], T_C[:-1]), table_of(T_U, T_C[::-1])])
def test_a_file_that_only_looks_like_the_thermometer_has_no_law(table):
    assert "jittered copies" in prepare(recipe(more_data__rows=3), table).drawn.words


def test_without_more_data_nothing_is_drawn():
    assert prepare(recipe(), THERMOMETER).drawn.words == ""
    assert len(prepare(recipe(), THERMOMETER).x) == 11
