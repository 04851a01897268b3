"""How good the parameters in force are: their losses by the file's own numbers, in float64."""

from typing import NamedTuple

from torch import Tensor

from tempfit_tui.metrics import r_squared, rmse
from tempfit_tui.text import finite
from tempfit_tui.training.run import Run

AT_ONCE = 2**16
"""Rows whose predictions are worked out at once: a large model keeps many numbers for each."""


class Score(NamedTuple):
    """How well a model predicts some rows; None where a number is not finite or has no meaning."""

    loss: float | None
    """The mean squared error, in the file's units squared."""
    rmse: float | None
    """Its root, in the target's units."""
    r2: float | None
    """The share of the targets' variance that is explained."""


class Scores(NamedTuple):
    """How good a run's parameters are."""

    train: Score
    val: Score | None
    """None without validation rows."""


def scores_of(run: Run) -> Scores:
    """Return the scores of the parameters that `run` has now.

    The losses it recorded last were measured before the last update, and in float32.
    """
    exact = run.data.exact
    val = _score(run, exact.val_x, exact.val_y) if len(exact.val_y) else None
    return Scores(_score(run, exact.x, exact.y), val)


def _score(run: Run, x: Tensor, y: Tensor) -> Score:
    weights, total = run.weights.double(), 0.0
    for begin in range(0, len(y), AT_ONCE):
        rows = slice(begin, begin + AT_ONCE)
        total += float((run.model.predict(weights, x[rows]) - y[rows]).square().sum())
    loss = finite(total / len(y), run.data.loss_unit)
    variance = float(y.var(correction=0)) * run.data.loss_unit if len(y) > 1 else None
    return Score(loss, rmse(loss), r_squared(loss, variance))
