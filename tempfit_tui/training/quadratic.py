"""The loss of a model that is linear in its parameters: a bowl in closed form, in float64."""

from typing import NamedTuple

import torch
from torch import Tensor


class Quadratic(NamedTuple):
    """L(w) = least + (w - best)' A (w - best), for parameters w of p numbers."""

    best: Tensor
    """Where the loss is least, shape (p,); the shortest such w where there are several."""
    least: float
    """The loss there."""
    curvature: Tensor
    """A, half of the Hessian, shape (p, p)."""

    def loss(self, parameters: Tensor) -> Tensor:
        """Return the loss at each of `parameters`, shape (..., p)."""
        away = parameters.double() - self.best
        return self.least + ((away @ self.curvature) * away).sum(-1)

    def gradient(self, parameters: Tensor) -> Tensor:
        """Return the gradient at each of `parameters`, shape (..., p): 2 A (w - best)."""
        return 2 * (parameters.double() - self.best) @ self.curvature


def quadratic(design: Tensor, targets: Tensor, l2: Tensor | None = None) -> Quadratic:
    """Return the mean of (X w - y)^2 plus the sum of `l2` w^2.

    `design` is X, shape (n, p), what each parameter is multiplied by; `targets` is y, shape (n,);
    `l2` is the strength of the penalty on each parameter, shape (p,).
    """
    rows, wide = design.shape
    x, y = design.double() / rows**0.5, targets.double() / rows**0.5
    if l2 is not None:
        # The penalty is p more rows: sqrt(l2) times each parameter, to be 0.
        x = torch.cat([x, l2.double().sqrt().diag()])
        y = torch.cat([y, torch.zeros(wide, dtype=torch.float64)])
    # gelsd bears inputs that are all equal.
    best = torch.linalg.lstsq(x, y[:, None], driver="gelsd").solution[:, 0]
    return Quadratic(best, float((x @ best - y).square().sum()), x.T @ x)


def triangle(design: Tensor, targets: Tensor) -> Tensor:
    """Return R, shape (p + 1, p + 1), so that |R (w, -1)|^2 is the mean of (X w - y)^2.

    It is R of the QR decomposition of (X, y) over the root of n: what of any number of rows a loss
    needs, without squares, which would cost half of the digits. Arguments as of `quadratic`.
    """
    rows, wide = design.shape
    both = torch.cat([design, targets[:, None]], 1).double() / max(1, rows) ** 0.5
    missing = max(0, wide + 1 - rows)
    filled = torch.cat([both, both.new_zeros(missing, wide + 1)])
    upper: Tensor = torch.linalg.qr(filled, mode="r").R
    return upper
