"""The ways to the gradient of the training loss; one of them is the article's mistake."""

from collections.abc import Callable
from typing import NamedTuple

import torch
from msgspec.structs import replace
from torch import Tensor
from torch.nn.functional import mse_loss

from tempfit_tui.recipe import Penalty, Training
from tempfit_tui.training.data import Dataset
from tempfit_tui.training.models import Forward, Masks, Model


class Batch(NamedTuple):
    """The rows of one update."""

    x: Tensor
    """Inputs, shape (n,)."""
    y: Tensor
    """Targets, shape (n,)."""
    masks: Masks
    """The hidden units left out; [] for none."""


Gradient = Callable[[Tensor, Batch, Forward, Tensor], Tensor]
"""(parameters, batch, forward pass, loss) -> gradient, of the parameters' shape."""


def shrunk(parameters: Tensor, is_weight: Tensor, penalty: Penalty) -> Tensor:
    """Return the parameters that the penalty acts on, with 0 for each bias that it leaves alone.

    `is_weight` is the model's, shape (p,); `parameters` have shape (..., p).
    """
    return parameters if penalty.bias else parameters * is_weight


def penalised(error: Tensor, parameters: Tensor, penalty: Penalty) -> Tensor:
    """Return the loss as it is optimised: `error` and the penalty on the `shrunk` parameters."""
    if penalty.l2:
        error = error + penalty.l2 * parameters.square().sum()
    if penalty.l1:
        error = error + penalty.l1 * parameters.abs().sum()
    return error


def loss_at(parameters: Tensor, batch: Batch, model: Model, penalty: Penalty) -> Tensor:
    """Return the loss as it is optimised at `parameters`, in the precision that all are in."""
    predicted = model.forward(model.parts(parameters), batch.x, batch.masks).predicted
    return penalised(
        mse_loss(predicted, batch.y), shrunk(parameters, model.is_weight, penalty), penalty
    )


def gradient_by(settings: Training, model: Model, penalty: Penalty) -> Gradient:
    """Return the way that `settings.gradient` names, for `model` under `penalty`."""

    def autograd(parameters: Tensor, _batch: Batch, _forward: Forward, loss: Tensor) -> Tensor:
        return torch.autograd.grad(loss, parameters)[0]

    def backpropagated(batch: Batch, forward: Forward) -> Tensor:
        upstream = 2 / len(batch.y) * (forward.predicted - batch.y)
        return model.backward(forward, batch.masks, upstream)

    def analytic(parameters: Tensor, batch: Batch, forward: Forward, _loss: Tensor) -> Tensor:
        gradient = backpropagated(batch, forward)
        return _with_penalty(gradient, shrunk(parameters, model.is_weight, penalty), penalty)

    def doubly_averaged(
        parameters: Tensor, batch: Batch, forward: Forward, _loss: Tensor
    ) -> Tensor:
        # The article divides by N in the loss's derivative, then averages the N products:
        # its gradient is N times too small.
        averaged = backpropagated(batch, forward) / len(batch.y)
        return _with_penalty(averaged, shrunk(parameters, model.is_weight, penalty), penalty)

    def finite_difference(
        parameters: Tensor, batch: Batch, _forward: Forward, _loss: Tensor
    ) -> Tensor:
        delta = settings.delta

        def moved(index: int, shift: float) -> Tensor:
            tried = parameters.detach().clone()
            tried[index] += shift
            return loss_at(tried, batch, model, penalty)

        return torch.stack(
            [
                (moved(index, delta) - moved(index, -delta)) / (2 * delta)
                for index in range(len(parameters))
            ]
        )

    ways: dict[str, Gradient] = {
        "autograd": autograd,
        "analytic": analytic,
        "doubly-averaged": doubly_averaged,
        "finite-difference": finite_difference,
    }
    return ways[settings.gradient]


def gradient_at(
    parameters: Tensor, batch: Batch, model: Model, settings: Training, penalty: Penalty
) -> Tensor:
    """Return the gradient at `parameters` by the way that `settings.gradient` names.

    It is worked out in the precision that they and `batch` are in.
    """
    by_autograd = settings.gradient == "autograd"
    parameters = parameters.detach().clone().requires_grad_(by_autograd)
    with torch.set_grad_enabled(by_autograd):
        forward = model.forward(model.parts(parameters), batch.x, batch.masks)
        error = mse_loss(forward.predicted, batch.y)
        loss = penalised(error, shrunk(parameters, model.is_weight, penalty), penalty)
        return gradient_by(settings, model, penalty)(parameters, batch, forward, loss)


def exact_gradient(
    parameters: Tensor, data: Dataset, model: Model, settings: Training, penalty: Penalty
) -> Tensor:
    """Return the gradient on all training rows in float64, by the chain rule; shape (p,)."""
    rows = Batch(data.x.double(), data.y.double(), [])
    by_hand = replace(settings, gradient="analytic")
    return gradient_at(parameters.double(), rows, model, by_hand, penalty)


def _with_penalty(gradient: Tensor, parameters: Tensor, penalty: Penalty) -> Tensor:
    """Add the penalty's derivatives: 2 l2 w and l1 sign(w) by each w of the `shrunk` parameters."""
    if penalty.l2:
        gradient = gradient + 2 * penalty.l2 * parameters
    if penalty.l1:
        gradient = gradient + penalty.l1 * parameters.sign()
    return gradient
