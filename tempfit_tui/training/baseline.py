"""What a run's losses are compared with: the best straight line, and how the targets spread."""

from typing import NamedTuple

from torch import Tensor

from tempfit_tui.training.data import Dataset


class Line(NamedTuple):
    """The least-squares line's losses, in the file's units squared."""

    train: float
    """No line has a lower training loss."""
    val: float | None
    """None without validation rows."""


class Baseline(NamedTuple):
    """What losses are compared with, in the file's units squared.

    None of it changes when a constant is added to a column, nor, in proportion, with its unit.
    """

    line_train: float
    """The least-squares line's training loss, the floor of the linear model."""
    line_val: float | None
    variance: float
    """Of the training targets."""
    train_rows: int
    val_rows: int
    val_variance: float | None = None
    """Of the validation targets; None for fewer than two."""
    rounding: float = 0.0
    """Where all targets are equal, a loss that 32-bit training comes down to."""

    @property
    def floor(self) -> float:
        """The line's training loss, but not 0 where the points lie on a line."""
        return max(self.line_train, 1e-3 * self.variance, self.rounding)


def baseline_of(data: Dataset) -> Baseline:
    """Return what the losses on `data` are compared with."""
    line, unit = least_squares_line(data), data.loss_unit
    y, val_y = data.exact.y, data.exact.val_y
    variance = float(y.var(correction=0)) * unit
    return Baseline(
        line_train=line.train,
        line_val=line.val,
        variance=variance,
        train_rows=len(y),
        val_rows=len(val_y),
        val_variance=float(val_y.var(correction=0)) * unit if len(val_y) > 1 else None,
        rounding=0.0 if variance else 1e-6 * float(y.square().mean()) * unit,
    )


def least_squares_line(data: Dataset) -> Line:
    """Return how well the best straight line does."""
    exact, unit = data.exact, data.loss_unit
    mean_x, mean_y = exact.x.mean(), exact.y.mean()
    away = exact.x - mean_x
    spread = away.square().sum()
    # About the means nothing cancels, however far from 0 the columns are. Inputs that are all
    # equal leave the mean of the targets.
    slope = (away * (exact.y - mean_y)).sum() / spread if float(spread) else 0.0

    def loss(x: Tensor, y: Tensor) -> float:
        residuals = (y - mean_y) - slope * (x - mean_x)
        return float(residuals.square().mean()) * unit

    val = loss(exact.val_x, exact.val_y) if len(exact.val_y) else None
    return Line(loss(exact.x, exact.y), val)


def durbin_watson(residuals: Tensor) -> float | None:
    """Return sum((e_i - e_(i-1))^2) / sum(e_i^2) of residuals in the order of their inputs.

    About 2 where neighbours have nothing to do with each other, near 0 where they are alike, as
    along a curve that the model doesn't follow (Durbin and Watson 1950). None for no residuals.
    """
    squares = float(residuals.square().sum())
    return float(residuals.diff().square().sum()) / squares if squares > 0 else None
