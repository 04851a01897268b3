"""The largest stable learning rate, for models that are linear in their parameters, in float64.

On all rows as they are, an update multiplies the error of the parameters by I - lr H, with H the
Hessian: the error shrinks below 2 / (largest eigenvalue of H). With mini-batches, or noise on the
inputs, the Hessian H_B is another one at each update. The mean square of the error then shrinks
where the spectral radius of E[(I - lr H_B) ⊗ (I - lr H_B)] is below 1 (Défossez and Bach 2015,
"Averaged Least-Mean-Squares").
"""

from functools import cached_property
from math import comb, prod
from typing import NamedTuple

import torch
from msgspec.structs import replace
from torch import Tensor

from tempfit_tui.frame import Limit
from tempfit_tui.recipe import InputNoise, Penalty, Recipe, Training
from tempfit_tui.text import number, setting
from tempfit_tui.training.models import Model

NOTHING = 2.0**-150
"""32-bit floats have no number above 0 that is as small."""
NEGLIGIBLE = 1e-12
"""A direction whose curvature is a smaller part of the largest is lost in rounding.

It has no part in the limit: where the mean of H_B is small, so is each H_B.
"""

PIECE = 2**14
"""The number of rows whose powers are summed at a time, so that they stay in the cache."""


class Curvature(NamedTuple):
    """What the Hessians of all batches of the training rows depend on."""

    exponents: tuple[int, ...]
    """The power of the input that each parameter is multiplied by, shape (p,)."""
    moments: Tensor
    """The means of x^0, x^1 and so on, up to four times the largest exponent."""
    rows: int
    is_weight: Tensor
    """1 for each parameter that is a weight and 0 for each bias, shape (p,), float64."""


def curvature_of(x: Tensor, model: Model) -> Curvature | None:
    """Return the curvature of `model` on training inputs `x`, shape (n,).

    None for a model that isn't linear in its parameters.
    """
    exponents = model.exponents()
    if exponents is None:
        return None
    moments = torch.zeros(4 * max(exponents) + 1, dtype=torch.float64)
    for part in torch.split(x.double(), PIECE):
        power = torch.ones_like(part)
        for moment in moments.unbind():
            moment.add_(power.sum() / len(x))
            power.mul_(part)
    return Curvature(exponents, moments, len(x), model.is_weight.double())


class StableLr:
    """Gives the largest stable learning rate of `model` on training inputs `x`, shape (n,)."""

    def __init__(self, x: Tensor, model: Model) -> None:
        self._x, self._model = x, model
        self._known: dict[tuple[Training, Penalty, InputNoise], Limit] = {}

    @cached_property
    def _curvature(self) -> Curvature | None:
        return curvature_of(self._x, self._model)

    def under(self, settings: Recipe) -> Limit:
        """Return the limit under `settings`; it is worked out once for those that it depends on."""
        # A new learning rate or end doesn't change it.
        training = replace(settings.training, lr=1.0, epochs=None)
        key = training, settings.penalty, settings.input_noise
        if key not in self._known:
            if training.optimizer != "sgd":
                limit = Limit(None, f"no fixed limit ({training.optimizer})")
            elif self._curvature is None:
                kind = settings.model.kind
                limit = Limit(None, f"no fixed limit ({kind}: its curvature changes)")
            else:
                limit = largest_stable_lr(*key, self._curvature)
            self._known[key] = limit
        return self._known[key]


def largest_stable_lr(
    training: Training, penalty: Penalty, noise: InputNoise, curvature: Curvature
) -> Limit:
    """Return the learning rate above which gradient descent on a quadratic loss blows up.

    On all rows it is stable below 2 / (largest eigenvalue of the Hessian), with momentum m below
    2 (1 + m) / it (Polyak 1964), with Nesterov's below 2 (1 + m) / (1 + 2 m) / it. An L2 penalty
    adds twice its strength to the Hessian, for each parameter that it acts on.

    With mini-batches or noise on the inputs the limit is that of `mean_square_limit`. Above it the
    mean of the squared error grows, though a single run may not show that for a while.
    """
    size = batch_size(training, curvature.rows)
    chance = [f"batches of {size:,}"] if size else []
    chance += ["noise on the inputs"] if noise.sigma else []
    if chance and training.momentum:
        return Limit(None, f"no fixed limit ({'mini-batches' if size else chance[0]})")
    if chance:
        lr = mean_square_limit(training, penalty, noise.sigma, curvature)
        rule = ", ".join(["in mean square", *chance])
        if training.gradient == "doubly-averaged":
            rule += ", averaged twice"
    else:
        lr, rule = _limit_of_all_rows(training, penalty, curvature)
    if penalty.l2:
        rule += ", penalty in it"
    return Limit(lr, rule) if lr else Limit(None, "no fixed limit (its numbers are too large)")


def _limit_of_all_rows(
    training: Training, penalty: Penalty, curvature: Curvature
) -> tuple[float | None, str]:
    """Return the limit where each update is by all rows as they are, and its rule."""
    averaged = curvature.rows if training.gradient == "doubly-averaged" else 1
    hessian = _hessian(curvature, 0.0) / averaged + _penalty(penalty, curvature)
    factor, rule = 2.0, "2 / largest eigenvalue"
    if momentum := training.momentum:
        factor, rule = 2 * (1 + momentum), "2 (1 + momentum) / largest eigenvalue"
        if training.nesterov:
            factor /= 1 + 2 * momentum
            rule = "2 (1 + m) / (1 + 2 m) / largest eigenvalue"
    if averaged > 1:
        rule += f", times {averaged} for the averaged gradient"
    if not bool(hessian.isfinite().all()):
        return None, rule
    return factor / float(torch.linalg.eigvalsh(hessian)[-1]), rule


def mean_square_limit(
    training: Training, penalty: Penalty, sigma: float, curvature: Curvature
) -> float | None:
    """Return the learning rate up to which the mean square of the parameters' error shrinks.

    Each update is taken to be by rows drawn without replacement. The mean of the squared error is
    tr S, and an update makes E[(I - lr H_B) S (I - lr H_B)] of S. That map has a real largest
    eigenvalue, which is below 1 where lr is below 1 / (largest eigenvalue of Q by A), with
    A S = H S + S H and Q S = E[H_B S H_B] on symmetric matrices.

    Where the rows don't divide into batches the last batch of an epoch is smaller: an update is
    then taken to be of either size, as often as an epoch has them. The limit of all orders of
    six or seven rows, worked out exactly, was never more than 0.2 % below that, and up to 1.9
    times it; the limit of full batches alone was up to 3.5 times too large. None where the numbers
    are too large.
    """
    size = batch_size(training, curvature.rows) or curvature.rows
    whole, left = divmod(curvature.rows, size)
    sizes = [(size, whole), *([(left, 1)] if left else [])]
    hessian, decay = _hessian(curvature, sigma), _penalty(penalty, curvature)
    eye = torch.eye(len(hessian), dtype=torch.float64)
    a, q = torch.zeros(2, len(hessian) ** 2, len(hessian) ** 2, dtype=torch.float64)
    for rows, times in sizes:
        share = times / (whole + bool(left))
        # The doubly averaged gradient is divided by the batch's rows once more.
        factor = 1 / rows if training.gradient == "doubly-averaged" else 1.0
        mean = factor * hessian + decay
        a += share * (torch.kron(mean, eye) + torch.kron(eye, mean))
        q += share * (
            factor**2 * _squared(curvature, sigma, rows)
            + factor * (torch.kron(hessian, decay) + torch.kron(decay, hessian))
            + torch.kron(decay, decay)
        )
    if not bool(a.isfinite().all() and q.isfinite().all()):
        return None
    symmetric = _symmetric(len(hessian))
    return 1 / _largest_by(symmetric @ q @ symmetric.T, symmetric @ a @ symmetric.T)


def batch_size(training: Training, rows: int) -> int:
    """Return the size of a mini-batch; 0 where an update is by all rows."""
    return training.batch_size if 0 < training.batch_size < rows else 0


def _penalty(penalty: Penalty, curvature: Curvature) -> Tensor:
    """Return the Hessian of the L2 penalty, shape (p, p)."""
    acted_on = torch.ones_like(curvature.is_weight) if penalty.bias else curvature.is_weight
    return (2 * penalty.l2 * acted_on).diag()


def _hessian(curvature: Curvature, sigma: float) -> Tensor:
    """Return the mean of the Hessians of single rows, with noise of that deviation; (p, p)."""
    exponents = torch.tensor(curvature.exponents)
    highest = 2 * max(curvature.exponents)
    means = _expected_powers(highest, sigma) @ curvature.moments[: highest + 1]
    return 2 * means[exponents[:, None] + exponents]


def _squared(curvature: Curvature, sigma: float, rows: int) -> Tensor:
    """Return E[H_B ⊗ H_B] for batches of `rows` rows, shape (p^2, p^2).

    With A_i = 2 f_i f_i' the Hessian of row i, f_i its powers: two rows of a batch are the same one
    or two different ones, whose noise has nothing to do with each other.
    """
    wide, every = len(curvature.exponents), curvature.rows
    exponents = torch.tensor(curvature.exponents)
    pair = (exponents[:, None] + exponents).flatten()  # of A's entries (j, l), or (k, m)
    highest, moments = 2 * max(curvature.exponents), curvature.moments
    powers, each = _expected_powers(2 * highest, sigma), torch.arange(highest + 1)
    low = powers[: highest + 1, : highest + 1]
    of_one_row = 4 * (powers @ moments)[pair[:, None] + pair]
    of_one_mean = 4 * (low @ moments[each[:, None] + each] @ low.T)[pair[:, None], pair]
    # From A_jl A_km, as ((j, l), (k, m)), to the Kronecker product's ((j, k), (l, m)).
    of_one_row, of_one_mean = (
        part.view(wide, wide, wide, wide).transpose(1, 2).reshape(wide**2, wide**2)
        for part in (of_one_row, of_one_mean)
    )
    hessian = _hessian(curvature, sigma)
    of_two_rows = (every * torch.kron(hessian, hessian) - of_one_mean) / (every - 1)
    return of_one_row / rows + (rows - 1) / rows * of_two_rows


def _expected_powers(highest: int, sigma: float) -> Tensor:
    """Return E[(x + sigma e)^k], e standard normal, for each k up to `highest`.

    A row holds the coefficients of x^0, x^1 and so on. Odd moments of e are 0, and E[e^(2 m)] is
    1 * 3 * … * (2 m - 1).
    """
    powers = [[0.0] * (highest + 1) for _ in range(highest + 1)]
    for k, row in enumerate(powers):
        for m in range(k // 2 + 1 if sigma else 1):
            row[k - 2 * m] = float(comb(k, 2 * m) * prod(range(1, 2 * m, 2))) * sigma ** (2 * m)
    return torch.tensor(powers, dtype=torch.float64)


def _symmetric(wide: int) -> Tensor:
    """Return an orthonormal basis of the symmetric matrices, flattened, shape (p (p + 1) / 2, p^2).

    On it the maps of S are symmetric matrices.
    """
    rows, columns = torch.triu_indices(wide, wide)
    each = torch.arange(len(rows))
    basis = torch.zeros(len(rows), wide, wide, dtype=torch.float64)
    basis[each, rows, columns] = basis[each, columns, rows] = 0.5**0.5
    basis[each[rows == columns], rows[rows == columns], rows[rows == columns]] = 1.0
    return basis.flatten(1)


def _largest_by(q: Tensor, a: Tensor) -> float:
    """Return the largest mu with Q v = mu A v, both symmetric and of no negative eigenvalue."""
    # Powers of the inputs may be far apart in size: rows and columns are brought to one size first.
    diagonal = a.diagonal()
    scale = torch.where(diagonal > 0, diagonal.rsqrt(), 0.0)
    sizes, vectors = torch.linalg.eigh(scale[:, None] * a * scale)
    seen = sizes > NEGLIGIBLE * sizes[-1]
    vectors = scale[:, None] * vectors[:, seen] / sizes[seen].sqrt()
    return float(torch.linalg.eigvalsh(vectors.T @ q @ vectors)[-1])


def divergence(settings: Recipe, limit: Limit, rows: int) -> str:
    """Return why a run's numbers stopped being finite: the learning rate and its limit mostly."""
    training, lr = settings.training, setting(settings.training.lr)
    if training.gradient == "finite-difference" and 2 * training.delta <= NOTHING:
        return f"delta {setting(training.delta)} is 0 in 32-bit floats; give a larger one"
    named = _named(training, rows)
    if limit.lr is None:
        return f"lr {lr} is too large here; {named} has no fixed limit"
    if training.lr > limit.lr:
        return f"lr {lr} is above {number(limit.lr)}, the largest stable lr for {named}"
    return (
        f"32-bit floats can't hold the loss, though lr {lr} is below {number(limit.lr)}, "
        f"the largest stable lr for {named}"
    )


def _named(training: Training, rows: int) -> str:
    size = batch_size(training, rows)
    sgd = training.optimizer == "sgd"
    momentum = f"momentum {setting(training.momentum)}" if sgd and training.momentum else ""
    batches = f"batches of {size:,}" if sgd and size else ""
    extra = " and ".join(filter(None, (momentum, batches)))
    return f"{training.optimizer} with {extra}" if extra else training.optimizer
