"""The observations as a run sees them: split and transformed."""

import numpy as np
import pytest
import torch
from helpers import SECTION_6, T_C, T_U, THERMOMETER, recipe, table_of
from hypothesis import assume, given
from hypothesis import strategies as st

from tempfit_tui.recipe import Split
from tempfit_tui.text import InputError
from tempfit_tui.training.coefficients import raw_coefficients
from tempfit_tui.training.data import Rows, Transform, prepare, split_rows

NUMBERS = st.floats(-1e4, 1e4)
COLUMNS = st.lists(st.tuples(NUMBERS, NUMBERS), min_size=3, max_size=30).map(
    lambda pairs: tuple(zip(*pairs, strict=True))
)


@given(
    count=st.integers(2, 200),
    fraction=st.floats(0, 1, exclude_max=True),
    seed=st.integers(0, 2**53),
)
def test_a_fraction_splits_as_the_article_does(count, fraction, seed):
    validating = int(fraction * count)
    assume(count - validating >= 2)
    torch.manual_seed(seed)
    shuffled = torch.randperm(count).tolist()
    rows = split_rows(Split(fraction=fraction, seed=seed), count)
    assert rows.train == shuffled[: count - validating]
    assert rows.validation == shuffled[count - validating :]
    assert sorted(rows.train + rows.validation) == list(range(count))
    assert bool(rows.note) == (fraction > 0 and validating == 0)


def test_the_split_leaves_torch_s_own_random_numbers_alone():
    torch.manual_seed(1)
    expected = torch.rand(3)
    torch.manual_seed(1)
    split_rows(Split(seed=5), 11)
    assert torch.equal(torch.rand(3), expected)


def test_too_few_rows_for_a_fraction_leave_none_and_say_so():
    rows = split_rows(Split(), 4)
    assert rows.validation == []
    assert rows.note == "4 rows are too few for a fraction of 0.2: none validates"
    assert len(split_rows(Split(), 5).validation) == 1
    assert split_rows(Split(fraction=0), 4).note == ""


@pytest.mark.parametrize(
    ("split", "rows"),
    [
        (Split(validation=[0, 3]), Rows([1, 2, 4], [0, 3])),
        (Split(validation=[3, 0]), Rows([1, 2, 4], [3, 0])),
        (Split(validation=[]), Rows([0, 1, 2, 3, 4], [])),
        (Split(validation=[0, 3], train=[4, 1, 2]), Rows([4, 1, 2], [0, 3])),
        (Split(train=[4, 1, 2, 0, 3]), Rows([4, 1, 2, 0, 3], [])),
        (Split(validation=[0], fraction=0.9, seed=9), Rows([1, 2, 3, 4], [0])),
    ],
)
def test_rows_that_are_told_are_taken_as_told(split, rows):
    assert split_rows(split, 5) == rows


@pytest.mark.parametrize(
    ("split", "count", "message"),
    [
        (
            Split(validation=[0, 5]),
            5,
            "split.validation: there is no row 5; rows go from 0 to 4",
        ),
        (Split(validation=[3, 1, 3]), 5, "split.validation: row 3 is there twice; name it once"),
        (Split(train=[0, 1, 2, 3, 9]), 5, "split.train: there is no row 9; rows go from 0 to 4"),
        (
            Split(train=[0, 1, 1, 2, 3, 4]),
            5,
            "split.train: row 1 is there twice; name it once",
        ),
        (
            Split(validation=[4, 2], train=[2, 0, 1, 3, 4]),
            5,
            "split: row 2 both trains and validates; take it out of one",
        ),
        (
            Split(validation=[0], train=[1, 3]),
            5,
            "split.train: row 2 is missing; name every row that trains",
        ),
        (
            Split(validation=[0, 1, 2, 3]),
            5,
            "split: 1 training row is left; at least 2 are needed, let fewer rows validate",
        ),
        (
            Split(validation=[0, 1]),
            2,
            "split: no training row is left; at least 2 are needed, let fewer rows validate",
        ),
        (
            Split(fraction=0.9),
            10,
            "split: 1 training row is left; at least 2 are needed, let fewer rows validate",
        ),
    ],
)
def test_an_impossible_split_is_refused(split, count, message):
    with pytest.raises(InputError) as caught:
        split_rows(split, count)
    assert str(caught.value) == message


def test_rows_and_their_order_reach_the_tensors():
    data = prepare(recipe(**SECTION_6), THERMOMETER)
    order = SECTION_6["split__train"]
    assert data.y.tolist() == [T_C[row] for row in order]
    assert data.val_y.tolist() == [T_C[0], T_C[3]]
    # The article's 0.1 * t_u in float32, to the bit.
    assert torch.equal(data.x, 0.1 * torch.tensor([T_U[row] for row in order]))
    assert torch.equal(data.val_x, 0.1 * torch.tensor([T_U[0], T_U[3]]))
    assert data.x.dtype == data.y.dtype == torch.float32


def test_without_a_transform_the_numbers_are_the_file_s():
    data = prepare(recipe(), THERMOMETER)
    assert torch.equal(data.x, torch.tensor(T_U))
    assert torch.equal(data.y, torch.tensor(T_C))
    assert data.loss_unit == 1
    # 5 % of the range at both ends.
    assert data.span.tolist() == pytest.approx([21.8 - 3.005, 81.9 + 3.005])


def test_standardising_goes_by_the_training_rows_and_the_population_deviation():
    data = prepare(
        recipe(
            split__validation=[0, 3],
            input__transform="standardise",
            target__transform="standardise",
        ),
        THERMOMETER,
    )
    train = [row for row in range(11) if row not in (0, 3)]
    for transform, column in ((data.input, T_U), (data.target, T_C)):
        values = np.array([column[row] for row in train])
        assert transform.offset == pytest.approx(values.mean())
        assert 1 / transform.factor == pytest.approx(values.std(ddof=0))
    # lab-numbers.md, Polynomials: all rows: mean 51.8, population deviation 16.048619.
    everything = prepare(recipe(input__transform="standardise"), THERMOMETER).input
    assert everything.offset == pytest.approx(51.8)
    assert 1 / everything.factor == pytest.approx(16.048619, abs=5e-7)


@given(COLUMNS)
def test_standardised_training_rows_have_mean_0_and_deviation_1(columns):
    x, y = columns
    assume(np.std(x[:-1]) > 1e-3 * (1 + np.abs(x).max()))
    y = np.round(y, 6)  # Tiny differences are refused.
    table = table_of(x, y)
    ways = {"input__transform": "standardise", "target__transform": "standardise"}
    data = prepare(recipe(**ways, split__validation=[len(x) - 1]), table)
    values = data.x.double().numpy()
    # float32 holds 6e-8 of values up to sqrt(30).
    assert values.mean() == pytest.approx(0, abs=1e-6)
    assert values.std(ddof=0) == pytest.approx(1, abs=1e-6)


@given(
    value=st.floats(-1e6, 1e6),
    transform=st.builds(
        Transform,
        offset=st.just(0.0) | st.floats(-100, 100),
        factor=st.floats(1e-3, 1e3),
    ),
)
def test_what_is_transformed_and_undone_is_the_same(value, transform):
    raw = torch.tensor([value], dtype=torch.float64)
    back = transform.undone(transform(raw))
    assert back.dtype == torch.float64
    # float32 keeps 7 digits of the distance to the offset.
    assert back.item() == pytest.approx(value, rel=3e-7, abs=3e-7 * (abs(transform.offset) + 1e-30))


@given(
    columns=COLUMNS,
    parameters=st.tuples(st.floats(-50, 50, width=32), st.floats(-50, 50, width=32)),
    input_way=st.sampled_from(["none", "scale", "standardise"]),
    target_way=st.sampled_from(["none", "standardise"]),
)
def test_raw_parameters_predict_the_same_in_the_file_s_units(
    columns, parameters, input_way, target_way
):
    x, y = map(np.array, columns)
    assume(x.std() > 1 and y.std() > 1)
    data = prepare(recipe(input__transform=input_way, target__transform=target_way), table_of(x, y))
    weight, bias = parameters
    inputs = (x - data.input.offset) * data.input.factor
    expected = (weight * inputs + bias) / data.target.factor + data.target.offset
    slope, intercept = raw_coefficients("linear", torch.tensor(parameters), data)
    # All in float64: what is lost is lost in cancelling offsets.
    largest = 1 + abs(slope) * np.abs(x).max() + abs(intercept) + np.abs(y).max()
    assert slope * x + intercept == pytest.approx(expected, rel=1e-9, abs=1e-9 * largest)


@pytest.mark.parametrize(
    ("settings", "x", "y", "message"),
    [
        (
            {"input__transform": "standardise", "split__validation": [2]},
            (5, 5, 6),
            (1, 2, 3),
            "input.transform = standardise: column t_u has no spread on the training rows; "
            "choose another split or none",
        ),
        (
            {},
            (1, 2, 1e30),
            (1, 2, 3),
            "thermometer.csv, column t_u, row 2: too large for 32-bit floats; "
            "scale the column down",
        ),
        (
            {},
            (1, 2, 3),
            (1, -1e300, 3),
            "thermometer.csv, column t_c, row 1: too large for 32-bit floats; "
            "scale the column down",
        ),
    ],
)
def test_columns_that_can_t_be_trained_on_are_refused(settings, x, y, message):
    with pytest.raises(InputError) as caught:
        prepare(recipe(**settings), table_of(x, y))
    assert str(caught.value) == message


def test_columns_too_large_as_they_are_can_be_scaled_down():
    table = table_of((1e30, 2e30, 3e30), (1, 2, 3))
    data = prepare(recipe(input__transform="standardise"), table)
    assert data.x.tolist() == pytest.approx([-1.2247449, 0, 1.2247449])


def test_targets_without_a_spread_keep_their_unit():
    data = prepare(recipe(target__transform="standardise"), table_of((4, 5, 6), (7, 7, 7)))
    assert (data.y.tolist(), data.loss_unit) == ([0, 0, 0], 1)
