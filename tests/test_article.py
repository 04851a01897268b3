"""The figures of the article, to the digits it prints: float32, CPU, from w = 1, b = 0."""

import json

import pytest
from helpers import (
    SCALED,
    SECTION_6,
    T_C,
    T_U,
    THERMOMETER,
    after_updates,
    least_squares,
    mean_squared_error,
    recipe,
    run_of,
)

from tempfit_tui.frame import View
from tempfit_tui.session.session import Session
from tempfit_tui.training import baseline

SECTION_6_TABLE = """
1 53.571865 200.930481
2 25.937567 122.372032
3 20.557310 97.630035
500 7.375591 33.852039
1000 4.119481 16.841705
1500 3.238195 10.319435
2000 2.999669 7.556142
2500 2.935114 6.289055
3000 2.917640 5.675989
3500 2.912910 5.369528
4000 2.911628 5.213466
"""
ROWS = [
    (int(epoch), train, val)
    for epoch, train, val in (line.split() for line in SECTION_6_TABLE.strip().splitlines())
]
RAW_LR = {"training__lr": 1e-4}


def printed(values, digits=4):
    return [f"{value:.{digits}f}" for value in values]


@pytest.mark.parametrize(
    ("settings", "epochs", "loss", "parameters"),
    [
        pytest.param(
            {"training__gradient": "doubly-averaged", **RAW_LR},
            10_000,
            "28.292824",
            ["0.2370", "-0.2866"],
            id="the article's hand gradient, raw",
        ),
        pytest.param(
            {"training__gradient": "analytic", **RAW_LR},
            10_000,
            "21.3770",
            ["0.2811", "-2.7911"],
            id="the true gradient by hand, raw",
        ),
        pytest.param(
            {"training__gradient": "autograd", **RAW_LR},
            10_000,
            "21.3770",
            ["0.2811", "-2.7911"],
            id="autograd, raw",
        ),
        pytest.param(
            {"training__gradient": "analytic", **SCALED},
            10_000,
            "2.9276",
            ["5.3676", "-17.3042"],
            id="the true gradient by hand, x0.1",
        ),
        pytest.param(
            {"training__gradient": "autograd", **SCALED},
            10_000,
            "2.9276",
            ["5.3676", "-17.3042"],
            id="autograd and SGD, x0.1",
        ),
    ],
)
def test_a_run_ends_at_the_article_s_figures(settings, epochs, loss, parameters):
    run = run_of(**settings)
    run.advance(epochs)
    digits = len(loss.partition(".")[2])
    assert f"{run.train_losses.last:.{digits}f}" == loss
    assert printed(run.weights.tolist()) == parameters


def test_one_step_along_the_finite_difference():
    run = run_of(training__gradient="finite-difference", training__delta=0.1, training__lr=1e-2)
    run.advance(1)
    assert printed(run.weights.tolist()) == ["-44.1730", "-0.8260"]


def test_least_squares_is_the_floor_of_the_training_loss():
    session = Session(recipe(model__initial=[5.3677, -17.3048], **SCALED), THERMOMETER)
    session.advance(1)
    frame = session.frame(View())
    assert f"{frame.setup.floor:.4f}" == "2.9276"
    assert f"{frame.train_loss:.4f}" == "2.9276"
    # The optimum is told to 4 places: its gradient is below 5e-5 times the largest eigenvalue, 61.
    assert frame.step.gradient == pytest.approx([0, 0], abs=5e-5 * 61 * 2)


def test_all_22_losses_of_section_6_come_out_to_the_last_digit():
    run = run_of(**SECTION_6)
    for epoch, train, val in ROWS:
        run.advance(epoch - run.epoch)
        assert printed([run.train_losses.last, run.val_losses.last], 6) == [train, val]
    assert printed(run.weights.tolist()) == ["4.9739", "-15.3188"]


def test_with_ascending_training_rows_section_6_differs_by_rounding_only():
    run = run_of(**SCALED, split__validation=[0, 3])
    for epoch, train, val in ROWS:
        run.advance(epoch - run.epoch)
        losses = [run.train_losses.last, run.val_losses.last]
        # Half a unit of the last printed digit on top of the order's 2e-6.
        assert losses == pytest.approx([float(train), float(val)], rel=2e-6, abs=5e-7)


@pytest.mark.parametrize(
    ("settings", "ratio", "condition", "limit"),
    [({}, "54.7", "33,599", "0.00034"), (SCALED, "7.3", "357", "0.0330")],
    ids=["raw", "x0.1"],
)
def test_the_geometry_of_the_loss(settings, ratio, condition, limit):
    session = Session(recipe(**settings), THERMOMETER)
    session.advance(1)
    frame = session.frame(View())
    weight, bias = frame.step.gradient
    assert f"{weight / bias:.1f}" == ratio
    assert f"{frame.setup.condition_number:,.0f}" == condition
    assert f"{frame.limit.lr:.{len(limit) - 2}f}" == limit


def test_the_hand_gradient_is_11_times_too_small_so_its_lr_is_really_an_11th():
    hand = run_of(training__gradient="doubly-averaged", training__lr=1.1e-3)
    true = run_of(training__gradient="analytic", training__lr=1e-4)
    for run in (hand, true):
        run.advance(1000)
    # float32 rounds lr * gradient apart: 1e-6 a step, damped by the descent.
    assert hand.weights.tolist() == pytest.approx(true.weights.tolist(), rel=1e-4)


def test_the_scaled_figure_is_not_that_of_the_10_000_epochs_its_code_says():
    run = run_of(training__gradient="doubly-averaged", **SCALED)
    run.advance(10_000)
    x = [0.1 * value for value in T_U]
    # 10,000 updates at lr 1e-2 / 11 are some 909 at 1e-2: far from the floor. float32: 1e-5.
    expected = mean_squared_error(after_updates(9_999, 1e-2 / 11, x, T_C), x, T_C)
    assert run.train_losses.last == pytest.approx(expected, rel=1e-5)
    assert run.train_losses.last > 1.2 * 2.927648


def test_the_floor_agrees_with_numpy_in_the_article_s_units():
    x = [0.1 * value for value in T_U]
    best = least_squares(x, T_C)
    assert printed(best) == ["5.3677", "-17.3048"]
    assert baseline.least_squares_line(run_of(**SCALED).data).train == pytest.approx(
        mean_squared_error(best, x, T_C), rel=1e-6
    )


def table_lines(out):
    header, *lines = out.splitlines()
    assert header.split() == ["epoch", "train", "validation"]
    rows = [line.split() for line in lines if line.startswith(" ")]
    return rows, lines[len(rows) :]


def test_the_command_line_prints_the_table_of_section_6(tempfit):
    code, out, err = tempfit("run", "split")
    rows, ending = table_lines(out)
    assert rows == [[str(epoch), train, val] for epoch, train, val in ROWS]
    assert ending[0] == "parameters  4.9739, -15.3188"
    assert (code, err) == (0, "")


@pytest.mark.parametrize(
    ("name", "epochs", "loss", "parameters"),
    [
        ("raw", 10_000, "28.292824", "0.2370, -0.2866"),
        ("scaled", 100_000, "2.927648", "5.3666, -17.2985"),
        ("autograd", 10_000, "2.9276", "5.3676, -17.3042"),
    ],
)
def test_the_command_line_ends_at_the_article_s_figures(tempfit, name, epochs, loss, parameters):
    code, out, err = tempfit("run", name, "--every", 50_000)
    rows, ending = table_lines(out)
    digits = len(loss.partition(".")[2])
    assert [rows[-1][0], f"{float(rows[-1][1]):.{digits}f}"] == [str(epochs), loss]
    assert ending[0] == f"parameters  {parameters}"
    assert (code, err) == (0, "")


def test_the_command_line_takes_the_finite_difference_s_step(tempfit):
    code, out, _ = tempfit("run", "finite-difference", "--epochs", 1, "--json")
    result = json.loads(out.splitlines()[-1])
    assert printed(result["parameters"]) == ["-44.1730", "-0.8260"]
    assert code == 0
