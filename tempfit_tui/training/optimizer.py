"""The optimizers: plain gradient descent and Adam written out, torch.optim's for the others."""

import inspect
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


class Adam:
    """torch.optim.Adam and AdamW: the same sums in the same order, so the same bits.

    Kingma and Ba, 2015, algorithm 1: m and v are running means of the gradient and of its square,
    divided by what they lack for having begun at 0. `weight_decay` is AdamW's (Loshchilov and
    Hutter, 2019): the weights shrink by lr * weight_decay, apart from the gradient.
    """

    BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8

    def __init__(self, parameters: Tensor, lr: float, weight_decay: float = 0.0) -> None:
        self._parameters = parameters
        self._weights = parameters.detach()
        self._lr, self._weight_decay = lr, weight_decay
        self._m, self._v = torch.zeros_like(self._weights), torch.zeros_like(self._weights)
        self._steps = 0.0

    def step(self) -> None:
        """Move the parameters by lr * m / (sqrt(v) + epsilon)."""
        gradient, beta1, beta2 = self._parameters.grad, self.BETA1, self.BETA2
        assert gradient is not None, "the gradient comes before the update"
        self._steps += 1
        if self._weight_decay:
            self._weights.mul_(1 - self._lr * self._weight_decay)
        self._m.lerp_(gradient, 1 - beta1)
        self._v.mul_(beta2).addcmul_(gradient, gradient, value=1 - beta2)
        root = self._v.sqrt().div_((1 - beta2**self._steps) ** 0.5).add_(self.EPSILON)
        self._weights.addcdiv_(self._m, root, value=-(self._lr / (1 - beta1**self._steps)))

    def state_dict(self) -> dict[str, Any]:
        """Return the state by torch.optim's names; none before the first step."""
        kept = {"step": torch.tensor(self._steps), "exp_avg": self._m, "exp_avg_sq": self._v}
        return {"state": {0: kept} if self._steps else {}}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take back what `state_dict` gave."""
        kept = state_dict["state"][0]
        self._steps = float(kept["step"])
        self._m, self._v = kept["exp_avg"], kept["exp_avg_sq"]


class Uncompiled:
    """A torch.optim optimizer without the wrappers around its methods: the same bits.

    The first call of a wrapper loads torch.compile, which takes over a second and isn't used here.
    A test fails where another version of torch loads it all the same.
    """

    def __init__(self, optimizer: torch.optim.Optimizer) -> None:
        self._optimizer = optimizer
        self._step = inspect.unwrap(type(optimizer).step)

    def step(self) -> None:
        """Move the parameters along their gradient."""
        with torch.no_grad():
            self._step(self._optimizer)

    def state_dict(self) -> dict[str, Any]:
        """Return the settings and the state."""
        return self._optimizer.state_dict()

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take back what `state_dict` gave."""
        self._optimizer.load_state_dict(state_dict)


def _leave_compiler_alone() -> None:
    """Tell torch.optim's lazy wrappers that what they would compile around is there already."""
    lazily = "__dynamo_disable"
    for method in vars(torch.optim.Optimizer).values():
        if plain := getattr(method, "__wrapped__", None):
            setattr(plain, lazily, plain)


_leave_compiler_alone()

KEPT = {
    "sgd": "momentum",
    "adam": "the moments of the gradient",
    "adamw": "the moments of the gradient",
    "rmsprop": "the mean square of the gradient",
    "adagrad": "the sum of the gradient's squares",
}
"""What each optimizer keeps from update to update."""


def optimizer_for(settings: Training, parameters: Tensor) -> Optimizer:
    """Return a new optimizer of the kind and settings asked for, without state."""
    given, lr = [parameters], settings.lr
    match settings.optimizer:
        case "adam":
            return Adam(parameters, lr)
        case "adamw":
            return Adam(parameters, lr, settings.weight_decay)
        case "rmsprop":
            return Uncompiled(torch.optim.RMSprop(given, lr=lr))
        case "adagrad":
            return Uncompiled(torch.optim.Adagrad(given, lr=lr))
        case "sgd" if settings.momentum:
            momentum, nesterov = settings.momentum, settings.nesterov
            made = torch.optim.SGD(given, lr=lr, momentum=momentum, nesterov=nesterov)
            return Uncompiled(made)
        case _:
            return PlainSGD(parameters, lr)


def goes_on(before: Training, after: Training) -> bool:
    """Tell whether the optimizer's state can go on after a change of settings."""
    momentum_lost = after.optimizer == "sgd" and bool(before.momentum) != bool(after.momentum)
    return KEPT[before.optimizer] == KEPT[after.optimizer] and not momentum_lost


def state_words(before: Training, after: Training, *, any_state: bool) -> str:
    """Return what becomes of the optimizer's state when the optimizer changes; "" if it doesn't."""
    momentum_turned = after.optimizer == "sgd" and bool(before.momentum) != bool(after.momentum)
    if before.optimizer == after.optimizer and not momentum_turned:
        return ""
    if goes_on(before, after) and any_state:
        return f"{after.optimizer} goes on with {KEPT[after.optimizer]}"
    lost = f"{KEPT[before.optimizer]} ({before.optimizer}) forgotten, " if any_state else ""
    plain = after.optimizer == "sgd" and not after.momentum
    begins = "keeps nothing" if plain else f"starts without {KEPT[after.optimizer]}"
    return f"{lost}{after.optimizer} {begins}"


def state_of(optimizer: Optimizer) -> dict[str, Tensor]:
    """Return a copy of the optimizer's state by torch.optim's names, as in `exp_avg`."""
    # One flat vector holds all parameters, so there is one state at most.
    state = optimizer.state_dict()["state"].get(0, {})
    return {name: part.clone() for name, part in state.items() if isinstance(part, Tensor)}


def with_state(optimizer: Optimizer, state: dict[str, Tensor]) -> Optimizer:
    """Give a new `optimizer` the `state` of one of its kind, and return it."""
    if state:
        # torch.optim goes on in the very tensors it is given.
        copied = {name: part.clone() for name, part in state.items()}
        optimizer.load_state_dict({**optimizer.state_dict(), "state": {0: copied}})
    return optimizer


def fits(state: dict[str, Tensor], settings: Training, parameters: Tensor) -> bool:
    """Tell whether an optimizer of those `settings` can go on from `state`, by trying."""
    trial = torch.zeros_like(parameters, dtype=torch.float32)
    trial.grad = torch.zeros_like(trial)
    try:
        with_state(optimizer_for(settings, trial), state).step()
    except (KeyError, RuntimeError, TypeError, ValueError, ArithmeticError):
        return False
    return True
