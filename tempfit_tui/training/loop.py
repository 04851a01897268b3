"""The article's training loop: forward, loss, gradient, update."""

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import mse_loss

from tempfit_tui.recipe import Recipe
from tempfit_tui.training.data import Dataset
from tempfit_tui.training.gradient import Batch, gradient_by, penalised
from tempfit_tui.training.models import Model
from tempfit_tui.training.optimizer import Optimizer


class Losses(NamedTuple):
    """What a stretch of training measured, a scalar tensor an epoch, in transformed units."""

    train: list[Tensor]
    val: list[Tensor]
    optimised: list[Tensor]
    """The training loss of each epoch's last update: of its rows, the penalty in it."""


def train(
    settings: Recipe,
    model: Model,
    data: Dataset,
    parameters: Tensor,
    optimizer: Optimizer,
    generator: torch.Generator,
    epochs: int,
) -> Losses:
    """Train so many epochs, and return what was measured before each of them."""
    losses = Losses([], [], [])
    weights = parameters.detach()  # the same numbers in the same place, without a graph
    gradient_of = gradient_by(settings.training, model, settings.penalty)
    plain = is_plain(settings, len(data.y))
    whole = [Batch(data.x, data.y, [])]
    with torch.set_grad_enabled(settings.training.gradient == "autograd"):
        for _ in range(epochs):
            losses.val.append(mse_loss(model.predict(weights, data.val_x), data.val_y))
            if not plain:
                losses.train.append(mse_loss(model.predict(weights, data.x), data.y))
            for batch in whole if plain else batches(settings, model, data, generator):
                forward = model.forward(parameters, batch.x, batch.masks)  # forward
                error = mse_loss(forward.predicted, batch.y)
                loss = penalised(error, parameters, settings.penalty)  # loss
                parameters.grad = gradient_of(parameters, batch, forward, loss)  # gradient
                optimizer.step()  # update
            if plain:
                losses.train.append(error.detach())
            losses.optimised.append(loss.detach())
    return losses


def is_plain(settings: Recipe, rows: int) -> bool:
    """Tell whether an epoch is one update by all rows as they are: it measures its own loss then.

    Otherwise the training loss is measured apart, on all rows, without noise or dropout.
    """
    whole = not 0 < settings.training.batch_size < rows
    return whole and not settings.input_noise.sigma and not settings.model.dropout


def batches(
    settings: Recipe, model: Model, data: Dataset, generator: torch.Generator
) -> Iterator[Batch]:
    """Give the rows of each update of one epoch: all at once, or shuffled and dealt out."""
    x, y, rows = data.x, data.y, len(data.y)
    sigma, dropout = settings.input_noise.sigma, settings.model.dropout
    if sigma:
        x = x + sigma * torch.randn(rows, generator=generator)
    size = settings.training.batch_size
    if not 0 < size < rows:
        yield Batch(x, y, model.masks(rows, dropout, generator))
        return
    for dealt in torch.split(torch.randperm(rows, generator=generator), size):
        yield Batch(x[dealt], y[dealt], model.masks(len(dealt), dropout, generator))
