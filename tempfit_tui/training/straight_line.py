"""The article's loop for the straight line, every derivative written out, with nothing around it.

What `loop.train` does for any model, gradient and optimizer, done for the one case that is all
arithmetic: y = w x + b, all rows, the gradient by hand, plain gradient descent. The same sums in
the same order, so the same bits, several times as fast: an epoch here is six operations.
"""

import torch
from torch import Tensor
from torch.nn.functional import mse_loss

from tempfit_tui.recipe import Recipe
from tempfit_tui.training.data import Dataset


def is_straight_line(settings: Recipe) -> bool:
    """Tell whether `settings`, of an epoch that is one update by all rows, are of this case."""
    training, penalty = settings.training, settings.penalty
    by_hand = settings.model.kind == "linear" and training.gradient == "analytic"
    descent = training.optimizer == "sgd" and not training.momentum
    return by_hand and descent and not penalty.l2 and not penalty.l1


def train_line(lr: float, data: Dataset, parameters: Tensor, seen: Tensor) -> Tensor:
    """Train an epoch for each row of `seen`, and return the loss of the last update.

    `seen`, shape (epochs, n + m), is filled with the predictions for training and validation rows.
    """
    x, y, both_x = data.x, data.y, torch.cat([data.x, data.val_x])
    weights = parameters.detach()
    weight, bias = weights.unbind()  # views: an update shows in them at once
    by_parameter = torch.stack([x, torch.ones_like(x)])  # a prediction's derivatives, w before b
    error, gradient = torch.empty_like(y), torch.empty_like(weights)
    slope = torch.tensor(2 / len(y))  # as a tensor it multiplies faster than as a number
    with torch.no_grad():
        for both, predicted in zip(seen.unbind(), seen[:, : len(y)].unbind(), strict=True):
            torch.mul(weight, both_x, out=both).add_(bias)  # forward
            torch.sub(predicted, y, out=error).mul_(slope)  # the loss's derivative
            torch.mv(by_parameter, error, out=gradient)  # gradient
            weights.add_(gradient, alpha=-lr)  # update
    parameters.grad = gradient
    return mse_loss(predicted, y)
