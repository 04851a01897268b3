"""The optimizers: torch.optim's, and plain gradient descent without its bookkeeping."""

from typing import Any, Protocol

import torch
from torch import Tensor

from tempfit_tui.recipe import Training


class Optimizer(Protocol):
    """What the training loop and the checkpoint need of torch.optim."""

    def step(self) -> Any:
        """Move the parameters along `parameters.grad`."""
        ...

    def state_dict(self) -> dict[str, Any]:
        """Return the settings and the state, as torch.optim does."""
        ...

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take back what `state_dict` gave."""
        ...


class PlainSGD:
    """torch.optim.SGD without momentum: the same subtraction, the same bits, less around it."""

    def __init__(self, parameters: Tensor, lr: float) -> None:
        self._parameters = parameters
        self._weights = parameters.detach()
        self._lr = lr

    def step(self) -> None:
        """Subtract lr * gradient."""
        gradient = self._parameters.grad
        assert gradient is not None, "the gradient comes before the update"
        self._weights.add_(gradient, alpha=-self._lr)

    def state_dict(self) -> dict[str, Any]:
        """Return an empty state: there is none."""
        return {"state": {}}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take back nothing."""


def optimizer_for(settings: Training, parameters: Tensor) -> Optimizer:
    """Return a new optimizer of the kind and settings asked for, without state."""
    if settings.optimizer == "adam":
        return torch.optim.Adam([parameters], lr=settings.lr)
    if settings.momentum:
        return torch.optim.SGD([parameters], lr=settings.lr, momentum=settings.momentum)
    return PlainSGD(parameters, settings.lr)


def state_of(optimizer: Optimizer) -> dict[str, Tensor]:
    """Return a copy of the optimizer's state by torch.optim's names, as in `exp_avg`."""
    # One flat vector holds all parameters, so there is one state at most.
    return {name: part.clone() for name, part in optimizer.state_dict()["state"].get(0, {}).items()}


def with_state(optimizer: Optimizer, state: dict[str, Tensor]) -> Optimizer:
    """Give a new `optimizer` the `state` of one of its kind, and return it."""
    if state:
        optimizer.load_state_dict({**optimizer.state_dict(), "state": {0: state}})
    return optimizer


def fits(state: dict[str, Tensor], settings: Training, parameters: Tensor) -> bool:
    """Tell whether an optimizer of those `settings` can go on from `state`, by trying."""
    trial = torch.zeros_like(parameters, dtype=torch.float32)
    trial.grad = torch.zeros_like(trial)
    copied = {name: part.clone() for name, part in state.items()}
    try:
        with_state(optimizer_for(settings, trial), copied).step()
    except (KeyError, RuntimeError, TypeError, ValueError, OverflowError):
        return False
    return True
