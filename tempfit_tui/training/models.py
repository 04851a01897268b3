"""The models: a flat parameter vector, a forward pass, and backpropagation written by hand."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import linear

from tempfit_tui.recipe import Model as ModelRecipe

Masks = list[Tensor]
"""For each hidden layer the factors of its units, shape (n, width): 0 for those dropped."""


Parts = Sequence[Tensor]
"""A parameter vector cut into the tensors that a forward pass works with."""


class Forward(NamedTuple):
    """A forward pass."""

    predicted: Tensor
    """Shape (n,)."""
    parts: Parts
    """What it was made with."""
    tape: list[Tensor]
    """What the backward pass needs of it."""


class Model(ABC):
    """A function of one input, told by a vector of parameters, weights before biases."""

    is_weight: Tensor
    """1 for each parameter that is a weight and 0 for each bias, shape (p,)."""

    @abstractmethod
    def initial(self) -> Tensor:
        """Return the first parameters, shape (p,)."""

    def parts(self, parameters: Tensor) -> Parts:
        """Return `parameters` as `forward` takes them: views, which follow every update."""
        return [parameters]

    @abstractmethod
    def forward(self, parts: Parts, x: Tensor, masks: Masks) -> Forward:
        """Return the predictions for inputs `x`, shape (n,), and what `backward` needs."""

    @abstractmethod
    def backward(self, forward: Forward, masks: Masks, upstream: Tensor) -> Tensor:
        """Return the loss's gradient, shape (p,), by the chain rule.

        `upstream` is the derivative of the loss by each prediction, shape (n,).
        """

    def predict(self, parameters: Tensor, x: Tensor) -> Tensor:
        """Return the predictions for inputs `x`, shape (n,), with no unit dropped."""
        return self.forward(self.parts(parameters), x, []).predicted

    @abstractmethod
    def groups(self) -> list[tuple[str, int]]:
        """Return what the parameters are, in their order: a name, and how many it stands for."""

    def exponents(self) -> tuple[int, ...] | None:
        """Return the power of the input that each parameter is multiplied by.

        None for a model that isn't linear in its parameters.
        """
        return None

    def design(self, x: Tensor) -> Tensor | None:  # noqa: ARG002
        """Return what each parameter is multiplied by, shape (n, p), if that is all there is to it.

        None for a model that isn't linear in its parameters.
        """
        return None

    def masks(self, rows: int, dropout: float, generator: torch.Generator) -> Masks:  # noqa: ARG002
        """Draw which hidden units are left out for each row; none where there are no such units."""
        return []


class Linear(Model):
    """y = w x + b, as in the article."""

    def __init__(self, recipe: ModelRecipe) -> None:
        self._recipe = recipe
        self.is_weight = torch.tensor([1.0, 0.0])

    def initial(self) -> Tensor:
        """Return weight and bias."""
        return torch.tensor(self._recipe.initial)

    def groups(self) -> list[tuple[str, int]]:
        """Return weight and bias."""
        return [("w", 1), ("b", 1)]

    def exponents(self) -> tuple[int, ...]:
        """Return 1 and 0."""
        return 1, 0

    def design(self, x: Tensor) -> Tensor:
        """Return each input and 1."""
        return torch.stack([x, torch.ones_like(x)], dim=1)

    def parts(self, parameters: Tensor) -> Parts:
        """Return weight and bias."""
        return parameters.unbind()

    def forward(self, parts: Parts, x: Tensor, _masks: Masks) -> Forward:
        """Return w x + b."""
        weight, bias = parts
        return Forward(weight * x + bias, parts, [x])

    def backward(self, forward: Forward, _masks: Masks, upstream: Tensor) -> Tensor:
        """Return the derivatives: a prediction's is x by the weight, and 1 by the bias."""
        (x,) = forward.tape
        return torch.stack([x, torch.ones_like(x)]) @ upstream


class Polynomial(Model):
    """y = w_1 x + w_2 x^2 + … + b: linear in its parameters, whatever its degree."""

    def __init__(self, recipe: ModelRecipe) -> None:
        self._recipe = recipe
        self._exponents = torch.tensor(self.exponents())
        self.is_weight = (self._exponents > 0).float()

    def initial(self) -> Tensor:
        """Return PyTorch's default for a linear layer of so many inputs."""
        return _drawn([(self._recipe.degree, 1)], self._recipe.seed)

    def groups(self) -> list[tuple[str, int]]:
        """Return each weight by its power, and the bias."""
        if self._recipe.degree == 1:
            return [("w", 1), ("b", 1)]
        return [*((f"w{power}", 1) for power in range(1, self._recipe.degree + 1)), ("b", 1)]

    def exponents(self) -> tuple[int, ...]:
        """Return 1 to the degree, then 0."""
        return *range(1, self._recipe.degree + 1), 0

    def design(self, x: Tensor) -> Tensor:
        """Return each input's powers in the parameters' order, the zeroth last: shape (n, p)."""
        return x[:, None] ** self._exponents

    def forward(self, parts: Parts, x: Tensor, _masks: Masks) -> Forward:
        """Return the powers of x times the parameters."""
        (parameters,), powers = parts, self.design(x)
        return Forward(powers @ parameters, parts, [powers])

    def backward(self, forward: Forward, _masks: Masks, upstream: Tensor) -> Tensor:
        """Return the derivatives: a prediction's by a parameter is that power of x."""
        (powers,) = forward.tape
        return upstream @ powers


class Mlp(Model):
    """Layers of hidden units between one input and one output."""

    def __init__(self, recipe: ModelRecipe) -> None:
        self._recipe = recipe
        widths = [1, *recipe.hidden, 1]
        self._layers = list(pairwise(widths))
        self._sizes = [size for fed, units in self._layers for size in (fed * units, units)]
        kinds = torch.tensor([1.0, 0.0]).repeat(len(self._layers))
        self.is_weight = kinds.repeat_interleave(torch.tensor(self._sizes))
        self._activate, self._derivative = _ACTIVATIONS[recipe.activation]

    def initial(self) -> Tensor:
        """Return PyTorch's default for linear layers: each layer's weights, then its biases."""
        return _drawn(self._layers, self._recipe.seed)

    def groups(self) -> list[tuple[str, int]]:
        """Return each layer, its weights and biases together."""
        return [(f"{fed}→{units}", (fed + 1) * units) for fed, units in self._layers]

    def parts(self, parameters: Tensor) -> Parts:
        """Return each layer's weights, shape (units, fed), and biases, shape (units,)."""
        cut = torch.split(parameters, self._sizes)
        weights = [
            w.view(units, fed) for w, (fed, units) in zip(cut[::2], self._layers, strict=True)
        ]
        return [part for layer in zip(weights, cut[1::2], strict=True) for part in layer]

    def forward(self, parts: Parts, x: Tensor, masks: Masks) -> Forward:
        """Return the output; the tape holds each layer's input and, if hidden, activated units."""
        fed, tape = x[:, None], []
        *hidden, weight, bias = parts
        for number, (weights, biases) in enumerate(zip(hidden[::2], hidden[1::2], strict=True)):
            activated = self._activate(linear(fed, weights, biases))
            tape += [fed, activated]
            fed = activated * masks[number] if masks else activated
        return Forward(linear(fed, weight, bias)[:, 0], parts, [*tape, fed])

    def backward(self, forward: Forward, masks: Masks, upstream: Tensor) -> Tensor:
        """Return the derivatives, from the last layer to the first.

        With `delta` the loss's derivative by a layer's output before it is activated, (n, units):
        by the layer's weights it is delta' fed, by its biases the sum over the rows, and by what
        it was fed delta W, which goes on through the activation of the layer before.
        """
        delta, tape, gradient = upstream[:, None], forward.tape, []
        for number, weights in reversed(list(enumerate(forward.parts[::2]))):
            gradient += [delta.sum(0), (delta.T @ tape[2 * number]).flatten()]
            if number:
                before = delta @ weights
                if masks:
                    before = before * masks[number - 1]
                delta = before * self._derivative(tape[2 * number - 1])
        return torch.cat(gradient[::-1])

    def masks(self, rows: int, dropout: float, generator: torch.Generator) -> Masks:
        """Draw which units stay; they are scaled up, so that their sum stays on average."""
        if not dropout:
            return []
        kept = 1 - dropout
        return [
            (torch.rand(rows, units, generator=generator) < kept) / kept
            for units in self._recipe.hidden
        ]


_ACTIVATIONS: dict[str, tuple[Callable[[Tensor], Tensor], Callable[[Tensor], Tensor]]] = {
    "tanh": (torch.tanh, lambda activated: 1 - activated * activated),
    "relu": (torch.relu, lambda activated: (activated > 0).to(activated.dtype)),
    "sigmoid": (torch.sigmoid, lambda activated: activated * (1 - activated)),
}
"""Each with its derivative, told by what it gives: tanh' = 1 - tanh^2."""


def _drawn(layers: list[tuple[int, int]], seed: int) -> Tensor:
    """Return the parameters that PyTorch draws for linear layers, made one after the other."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        made = [torch.nn.Linear(fed, units) for fed, units in layers]
    return torch.cat([p.detach().flatten() for layer in made for p in (layer.weight, layer.bias)])


def model_of(recipe: ModelRecipe) -> Model:
    """Return the model that `recipe` asks for."""
    match recipe.kind:
        case "linear":
            return Linear(recipe)
        case "polynomial":
            return Polynomial(recipe)
        case "mlp":
            return Mlp(recipe)
