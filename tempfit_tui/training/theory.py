"""What is known without training, in float64: eigenvalues and limits."""

import torch

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
    design = model.design(data.exact.x)
    if design is None:
        return None
    hessian = 2 / len(design) * design.T @ design
    if not bool(hessian.isfinite().all()):
        return None
    least, *_, largest = torch.linalg.eigvalsh(hessian).tolist()
    return max(least, 0.0), largest


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
