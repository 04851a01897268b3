"""What is known without training, in float64: eigenvalues, limits, and the best straight line."""

from typing import NamedTuple

import torch
from torch import Tensor

from tempfit_tui.frame import Limit
from tempfit_tui.recipe import Recipe, Training
from tempfit_tui.text import number, setting
from tempfit_tui.training.data import Dataset
from tempfit_tui.training.models import Model

NOTHING = 2.0**-150
"""32-bit floats have no number above 0 that is as small."""


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


def largest_stable_lr(
    settings: Recipe, eigenvalues: tuple[float, float] | None, rows: int
) -> Limit:
    """Return the learning rate above which training on a quadratic loss of `rows` blows up.

    Gradient descent is stable below 2 / (largest eigenvalue of the Hessian), with momentum m
    below 2 (1 + m) / it (Polyak 1964), with Nesterov's below 2 (1 + m) / (1 + 2 m) / it. An L2
    penalty adds twice its strength to every eigenvalue. The other optimizers' steps don't grow
    with the gradient.
    """
    training, l2 = settings.training, settings.penalty.l2
    if training.optimizer != "sgd":
        return Limit(None, f"no fixed limit ({training.optimizer})")
    if eigenvalues is None:
        return Limit(None, f"no fixed limit ({settings.model.kind}: its curvature changes)")
    averaged = rows if training.gradient == "doubly-averaged" else 1
    largest = eigenvalues[1] / averaged + 2 * l2
    factor, rule = 2.0, "2 / largest eigenvalue"
    if momentum := training.momentum:
        factor, rule = 2 * (1 + momentum), "2 (1 + momentum) / largest eigenvalue"
        if training.nesterov:
            factor /= 1 + 2 * momentum
            rule = "2 (1 + m) / (1 + 2 m) / largest eigenvalue"
    if averaged > 1:
        rule += f", times {averaged} for the averaged gradient"
    if l2:
        rule += ", penalty in it"
    return Limit(factor / largest, rule)


def divergence(settings: Training, limit: Limit) -> str:
    """Return why a run's numbers stopped being finite: the learning rate and its limit mostly."""
    lr = setting(settings.lr)
    if settings.gradient == "finite-difference" and 2 * settings.delta <= NOTHING:
        return f"delta {setting(settings.delta)} is 0 in 32-bit floats; give a larger one"
    if limit.lr is None:
        return f"lr {lr} is too large here; {settings.optimizer} has no fixed limit"
    if settings.lr > limit.lr:
        return f"lr {lr} is above {number(limit.lr)}, the largest stable lr for {_named(settings)}"
    return (
        f"32-bit floats can't hold the loss, though lr {lr} is below {number(limit.lr)}, "
        f"the largest stable lr for {_named(settings)}"
    )


def _named(settings: Training) -> str:
    momentum = f" with momentum {setting(settings.momentum)}" if settings.momentum else ""
    return f"{settings.optimizer}{momentum}"


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
