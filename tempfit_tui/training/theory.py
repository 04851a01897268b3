"""What is known of the linear model without training it, in float64."""

import torch
from torch import Tensor

from tempfit_tui.frame import Limit
from tempfit_tui.recipe import Training
from tempfit_tui.text import number, setting
from tempfit_tui.training.data import Dataset


def hessian_eigenvalues(data: Dataset) -> tuple[float, float]:
    """Return the least and the largest eigenvalue of the mean squared error's Hessian.

    The Hessian is (2 / n) X'X with rows (x, 1) of X, the same at all parameters.
    """
    design = _design(data)
    least, largest = torch.linalg.eigvalsh(2 / len(design) * design.T @ design).tolist()
    return max(least, 0.0), largest


def floor(data: Dataset) -> float:
    """Return the least-squares line's training loss, in the file's units squared."""
    design, y = _design(data), data.y.double()
    # gelsd bears inputs that are all equal.
    best = torch.linalg.lstsq(design, y[:, None], driver="gelsd").solution[:, 0]
    return float((design @ best - y).square().mean()) * data.loss_unit


def largest_stable_lr(settings: Training, data: Dataset) -> Limit:
    """Return the learning rate above which training on a quadratic loss blows up.

    Gradient descent is stable below 2 / (largest eigenvalue of the Hessian), with momentum m
    below 2 (1 + m) / it (Polyak 1964). Adam's steps don't grow with the gradient.
    """
    if settings.optimizer == "adam":
        return Limit(None, "no fixed limit (adam)")
    largest = hessian_eigenvalues(data)[1]
    limit, rule = 2 / largest, "2 / largest eigenvalue"
    if settings.momentum:
        limit *= 1 + settings.momentum
        rule = "2 (1 + momentum) / largest eigenvalue"
    if settings.gradient == "doubly-averaged":
        limit *= len(data.y)
        rule += f", times {len(data.y)} for the averaged gradient"
    return Limit(limit, rule)


def divergence(settings: Training, limit: Limit) -> str:
    """Return why a run's numbers stopped being finite: the learning rate and its limit."""
    lr = setting(settings.lr)
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


def raw_parameters(parameters: Tensor, data: Dataset) -> list[float]:
    """Return slope and intercept in the file's own units, for weight and bias in transformed."""
    weight, bias = parameters.double().tolist()
    slope = weight * data.input.factor / data.target.factor
    intercept = bias / data.target.factor + data.target.offset - slope * data.input.offset
    return [slope, intercept]


def _design(data: Dataset) -> Tensor:
    x = data.x.double()
    return torch.stack([x, torch.ones_like(x)], dim=1)
