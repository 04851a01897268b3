"""The article's training loop: forward, loss, gradient, update."""

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import mse_loss

from tempfit_tui.recipe import Recipe
from tempfit_tui.training.data import Dataset
from tempfit_tui.training.gradient import Batch, gradient_by, penalised, shrunk
from tempfit_tui.training.models import Model
from tempfit_tui.training.optimizer import Optimizer
from tempfit_tui.training.straight_line import is_straight_line, train_line


class Losses(NamedTuple):
    """What a stretch of training measured, each epoch before its update, in transformed units."""

    train: Tensor
    """Shape (epochs,)."""
    val: Tensor
    """Shape (epochs,); NaN where no row validates."""
    optimised: Tensor
    """The loss of the last update, a scalar: of its rows, the penalty in it."""


def train(
    settings: Recipe,
    model: Model,
    data: Dataset,
    parameters: Tensor,
    optimizer: Optimizer,
    generator: torch.Generator,
    epochs: int,
) -> Losses:
    """Train so many epochs, at least one, and return what was measured before each of them."""
    # Predictions are put down as they come and measured at the end, all at once.
    seen = torch.empty(epochs, len(data.y) + len(data.val_y))
    parts = model.parts(parameters.detach())  # the same numbers in the same place, without a graph
    by_autograd = settings.training.gradient == "autograd"
    penalty = settings.penalty
    gradient_of = gradient_by(settings.training, model, penalty)
    plain = is_plain(settings, len(data.y))
    if plain and is_straight_line(settings):
        loss = train_line(settings.training.lr, data, parameters, seen)
        return measured(data, seen, loss)
    whole = [Batch(data.x, data.y, [])]
    rows = (kind.unbind() for kind in torch.split(seen, [len(data.y), len(data.val_y)], dim=1))
    with torch.set_grad_enabled(by_autograd):
        for train_seen, val_seen in zip(*rows, strict=True):
            val_seen.copy_(model.forward(parts, data.val_x, []).predicted)
            if not plain:
                train_seen.copy_(model.forward(parts, data.x, []).predicted)
            for batch in whole if plain else batches(settings, model, data, generator):
                given = model.parts(parameters) if by_autograd else parts
                forward = model.forward(given, batch.x, batch.masks)  # forward
                error = mse_loss(forward.predicted, batch.y)
                under = shrunk(parameters, model.is_weight, penalty)
                loss = penalised(error, under, penalty)  # loss
                parameters.grad = gradient_of(parameters, batch, forward, loss)  # gradient
                optimizer.step()  # update
            if plain:
                train_seen.copy_(forward.predicted.detach())
    return measured(data, seen, loss)


def measured(data: Dataset, seen: Tensor, optimised: Tensor) -> Losses:
    """Return the losses of the predictions `seen`, shape (epochs, n + m): `mse_loss`'s bits."""
    train, val = torch.split(seen, [len(data.y), len(data.val_y)], dim=1)
    return Losses(
        (train - data.y).square_().mean(1),
        (val - data.val_y).square_().mean(1),
        optimised.detach(),
    )


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
