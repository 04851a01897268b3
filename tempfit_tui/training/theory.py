"""What is known without training, in float64: eigenvalues, and the best straight line."""

from typing import NamedTuple

import torch
from torch import Tensor

from tempfit_tui.training.data import Dataset
from tempfit_tui.training.models import Model


def hessian_eigenvalues(data: Dataset, model: Model) -> tuple[float, float] | None:
    """Return the least and the largest eigenvalue of the mean squared error's Hessian.

    Where the model is linear in its parameters the Hessian is (2 / n) X'X, with a row of X for
    each observation: its inputs to the parameters, as in (x, 1). It is the same at all parameters.
    None for other models, and where its numbers are too large.
    """
    design = model.design(data.x.double())
    if design is None:
        return None
    hessian = 2 / len(design) * design.T @ design
    if not bool(hessian.isfinite().all()):
        return None
    least, *_, largest = torch.linalg.eigvalsh(hessian).tolist()
    return max(least, 0.0), largest


class Line(NamedTuple):
    """The least-squares line's losses, in the file's units squared."""

    train: float
    """The floor: no line has a lower training loss."""
    val: float | None
    """None without validation rows."""


def least_squares_line(data: Dataset) -> Line:
    """Return how well the best straight line does, whatever the model."""
    design, y = _with_ones(data.x), data.y.double()
    # gelsd bears inputs that are all equal.
    best = torch.linalg.lstsq(design, y[:, None], driver="gelsd").solution[:, 0]
    unit = data.loss_unit
    val = float((_with_ones(data.val_x) @ best - data.val_y.double()).square().mean()) * unit
    train = float((design @ best - y).square().mean()) * unit
    return Line(train, val if len(data.val_y) else None)


def durbin_watson(residuals: Tensor) -> float | None:
    """Return sum((e_i - e_(i-1))^2) / sum(e_i^2) of residuals in the order of their inputs.

    About 2 where neighbours have nothing to do with each other, near 0 where they are alike, as
    along a curve that the model doesn't follow (Durbin and Watson 1950). None for no residuals.
    """
    squares = float(residuals.square().sum())
    return float(residuals.diff().square().sum()) / squares if squares > 0 else None


def raw_parameters(parameters: Tensor, data: Dataset) -> list[float]:
    """Return slope and intercept in the file's own units, for weight and bias in transformed."""
    weight, bias = parameters.double().tolist()
    slope = weight * data.input.factor / data.target.factor
    intercept = bias / data.target.factor + data.target.offset - slope * data.input.offset
    return [slope, intercept]


def _with_ones(x: Tensor) -> Tensor:
    x = x.double()
    return torch.stack([x, torch.ones_like(x)], dim=1)
