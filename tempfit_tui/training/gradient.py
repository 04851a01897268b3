"""The ways to the gradient of the training loss; one of them is the article's mistake."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import mse_loss

from tempfit_tui.recipe import Training
from tempfit_tui.training.data import Dataset
from tempfit_tui.training.model import Linear

Gradient = Callable[[Tensor, Tensor, Tensor], Tensor]
"""(parameters, predictions, loss) -> gradient, of the parameters' shape."""


def gradient_by(settings: Training, model: Linear, data: Dataset) -> Gradient:
    """Return the way that `settings.gradient` names, for `model` on the training rows."""
    x, y = data.x, data.y
    rows = len(y)

    def autograd(parameters: Tensor, _predicted: Tensor, loss: Tensor) -> Tensor:
        return torch.autograd.grad(loss, parameters)[0]

    def analytic(_parameters: Tensor, predicted: Tensor, _loss: Tensor) -> Tensor:
        return model.backward(x, 2 * (predicted - y) / rows)

    def doubly_averaged(parameters: Tensor, predicted: Tensor, loss: Tensor) -> Tensor:
        # The article divides by N in the loss's derivative, then averages the N products:
        # its gradient is N times too small.
        return analytic(parameters, predicted, loss) / rows

    def finite_difference(parameters: Tensor, _predicted: Tensor, _loss: Tensor) -> Tensor:
        delta = settings.delta

        def loss_at(index: int, shift: float) -> Tensor:
            moved = parameters.detach().clone()
            moved[index] += shift
            return mse_loss(model.predict(moved, x), y)

        return torch.stack(
            [
                (loss_at(index, delta) - loss_at(index, -delta)) / (2 * delta)
                for index in range(len(parameters))
            ]
        )

    ways = {
        "autograd": autograd,
        "analytic": analytic,
        "doubly-averaged": doubly_averaged,
        "finite-difference": finite_difference,
    }
    return ways[settings.gradient]
