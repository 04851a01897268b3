"""The models: a flat parameter vector, a forward pass, and its derivative written by hand."""

import torch
from torch import Tensor

from tempfit_tui.recipe import Linear as LinearRecipe


class Linear:
    """y = w x + b, as in the article."""

    def __init__(self, recipe: LinearRecipe) -> None:
        self.recipe = recipe

    def initial(self) -> Tensor:
        """Return the first parameters: weight, bias; shape (2,)."""
        return torch.tensor(self.recipe.initial)

    def predict(self, parameters: Tensor, x: Tensor) -> Tensor:
        """Return the predictions for inputs `x`, shape (n,)."""
        weight, bias = parameters.unbind()
        return weight * x + bias

    def backward(self, x: Tensor, upstream: Tensor) -> Tensor:
        """Return the loss's gradient, shape (2,), by the chain rule.

        `upstream` is the derivative of the loss by each prediction, shape (n,). A prediction's
        derivative by the weight is x, and by the bias 1.
        """
        return torch.stack([(upstream * x).sum(), upstream.sum()])
