"""The rest of a run in closed form, w_k = w* + (I - lr H)^k (w_0 - w*), in float64.

That is what plain gradient descent by all rows does to a model that is linear in its parameters.
Along each eigenvector of H, here a mode, an update takes q = 1 - lr * eigenvalue times as much
away as the one before: k updates take 1 + q + … + q^(k - 1) times as much as the first.
"""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import mse_loss

from tempfit_tui.recipe import Recipe
from tempfit_tui.training.data import Dataset
from tempfit_tui.training.gradient import Batch, gradient_at, penalised, shrunk
from tempfit_tui.training.loop import Losses
from tempfit_tui.training.models import Model
from tempfit_tui.training.quadratic import triangle

PIECE = 4096
"""The losses are worked out for so many epochs at a time."""
STANDS = 1e-13
"""Where 1 - q is no more than this, an update takes as much away as the one before."""
TINY = 1e-300
"""As good as 0, but it has a logarithm."""


class Sums(NamedTuple):
    """What the losses need of the rows, however many there are; see `triangle`."""

    train: Tensor
    """Shape (p + 1, p + 1)."""
    val: Tensor
    """Likewise; zeros without validation rows."""
    rows: int
    """How many train."""
    is_weight: Tensor
    """1 for each parameter that is a weight and 0 for each bias, shape (p,), float64."""


def sums_of(data: Dataset, model: Model) -> Sums | None:
    """Return what stays the same as long as the data do, for a model linear in its parameters.

    None for others, and where the numbers that it multiplies them by are too large for float32.
    """
    # As training sees them: powers of the inputs are rounded to float32.
    design, val_design = model.design(data.x), model.design(data.val_x)
    if design is None or val_design is None:
        return None
    if not bool(design.isfinite().all() and val_design.isfinite().all()):
        return None
    triangles = triangle(design, data.y), triangle(val_design, data.val_y)
    return Sums(*triangles, len(data.y), model.is_weight.double())


class Residuals(NamedTuple):
    """Numbers whose squares add up to a loss, and how they change along the modes."""

    now: Tensor
    """Shape (r,)."""
    by_mode: Tensor
    """Their derivatives, shape (r, p)."""


class Course(NamedTuple):
    """Where a run goes from one state on."""

    start: Tensor
    """The parameters there, shape (p,)."""
    modes: Tensor
    """A mode in each row, shape (p, p)."""
    factors: Tensor
    """q of each mode, shape (p,)."""
    steps: Tensor
    """What the first update takes away along each mode, shape (p,)."""
    train: Residuals
    val: Residuals

    @property
    def stands(self) -> Tensor:
        """Which modes' updates stay as they are, shape (p,)."""
        return 1 - self.factors <= STANDS

    def at(self, updates: Tensor) -> "Place":
        """Return where the run is after each of `updates`, shape (k,)."""
        counted = updates.double()[:, None]
        reached = torch.where(self.stands, 1.0, powers(self.factors, counted))
        taken = torch.where(self.stands, counted, self.taken_by(reached))
        moved = self.steps * taken
        return Place(
            updates=counted,
            slopes=self.steps * reached,
            parameters=self.start - moved @ self.modes,
            train=self.train.now - moved @ self.train.by_mode.T,
            val=self.val.now - moved @ self.val.by_mode.T,
        )

    @property
    def last_loss(self) -> float:
        """The training loss that it comes to, in transformed units; modes that grow left aside."""
        comes = ~self.stands & (self.factors > -1)
        taken = torch.where(comes, 1 / (1 - self.factors), 0.0)
        return float((self.train.now - self.train.by_mode @ (self.steps * taken)).square().sum())

    def taken_by(self, reached: Tensor) -> Tensor:
        """Return 1 + q + … + q^(k - 1) by q^k of the modes that don't stand."""
        return (1 - reached) / (1 - self.factors)


class Place(NamedTuple):
    """Where a run is on its course after some numbers of updates."""

    updates: Tensor
    """Shape (k, 1)."""
    slopes: Tensor
    """What the next update takes away along each mode, shape (k, p)."""
    parameters: Tensor
    """Likewise."""
    train: Tensor
    """The residuals, shape (k, r)."""
    val: Tensor

    @property
    def train_loss(self) -> Tensor:
        """In transformed units, shape (k,)."""
        return self.train.square().sum(1)

    @property
    def val_loss(self) -> Tensor:
        """Likewise; zeros without validation rows."""
        return self.val.square().sum(1)


def powers(factors: Tensor, counted: Tensor) -> Tensor:
    """Return q^k of `factors`, shape (p,), by their logarithms; `counted` is (k, 1), so (k, p)."""
    odd = (factors < 0) & (counted % 2 == 1)
    size = (counted * factors.abs().clamp(min=TINY).log()).exp()
    return torch.where(odd, -size, size)


def course_of(settings: Recipe, sums: Sums, weights: Tensor) -> Course:
    """Return where plain gradient descent goes from `weights`, shape (p,).

    The gradient is 2 X'(X w - y) / n, divided by n again where it is averaged twice, and 2 l2 w.
    """
    if settings.penalty.l2 and not settings.penalty.bias:
        return _course_with_free_bias(settings, sums, weights)
    lr, l2, wide = settings.training.lr, settings.penalty.l2, len(weights)
    averaged = sums.rows if settings.training.gradient == "doubly-averaged" else 1
    start, target = weights.double(), sums.train[:, wide]
    left, sizes, modes = torch.linalg.svd(sums.train[:wide, :wide])
    # Turned so that each residual is of one mode, and the last of none.
    now = sizes * (modes @ start) - left.T @ target[:wide]
    train = Residuals(
        torch.cat([now, target[wide:]]), torch.cat([sizes.diag(), sizes.new_zeros(1, wide)])
    )
    val_design = sums.val[:, :wide]
    return Course(
        start=start,
        modes=modes,
        factors=1 - 2 * lr * (sizes.square() / averaged + l2),
        steps=2 * lr * (sizes * now / averaged + l2 * (modes @ start)),
        train=train,
        val=Residuals(val_design @ start - sums.val[:, wide], val_design @ modes.T),
    )


def _course_with_free_bias(settings: Recipe, sums: Sums, weights: Tensor) -> Course:
    """Return the course where the penalty leaves biases alone.

    The modes are those of the data and the penalty together, which is p more rows: sqrt(l2) times
    each weight, to be 0. So a residual of the data is of several modes.
    """
    lr, l2, wide = settings.training.lr, settings.penalty.l2, len(weights)
    averaged = sums.rows if settings.training.gradient == "doubly-averaged" else 1
    start, design, target = weights.double(), sums.train[:, :wide], sums.train[:, wide]
    both = torch.cat([design / averaged**0.5, (l2**0.5 * sums.is_weight).diag()])
    left, sizes, modes = torch.linalg.svd(both, full_matrices=False)
    aims = torch.cat([target / averaged**0.5, target.new_zeros(wide)])
    val_design = sums.val[:, :wide]
    return Course(
        start=start,
        modes=modes,
        factors=1 - 2 * lr * sizes.square(),
        steps=2 * lr * sizes * (sizes * (modes @ start) - left.T @ aims),
        train=Residuals(design @ start - target, design @ modes.T),
        val=Residuals(val_design @ start - sums.val[:, wide], val_design @ modes.T),
    )


class Leapt(NamedTuple):
    """Epochs done in closed form."""

    losses: Losses
    before: Tensor
    """The parameters at the beginning of the last of them, float32, shape (p,)."""
    gradient: Tensor
    """The one there."""
    after: Tensor
    """The parameters at its end."""


def leapt(
    settings: Recipe, model: Model, data: Dataset, sums: Sums, weights: Tensor, epochs: int
) -> Leapt:
    """Return what so many epochs from `weights` on come to, at least one.

    The first of them are the same bits however many there are.
    """
    course = course_of(settings, sums, weights)
    walk = _Walk(course)
    train, val = torch.empty(epochs), torch.full((epochs,), torch.nan)
    for begin in range(0, epochs, PIECE):
        piece = slice(begin, begin + PIECE)
        reached = walk.reached(begin // PIECE)
        train[piece] = walk.loss(walk.train, reached)[: epochs - begin]
        if len(data.val_y):
            val[piece] = walk.loss(walk.val, reached)[: epochs - begin]
    before, after = walk.parameters(epochs - 1).float(), walk.parameters(epochs).float()
    training, penalty = settings.training, settings.penalty
    gradient = gradient_at(before, Batch(data.x, data.y, []), model, training, penalty)
    error = mse_loss(model.predict(before, data.x), data.y)
    losses = Losses(train, val, penalised(error, shrunk(before, model.is_weight, penalty), penalty))
    return Leapt(losses, before, gradient, after)


Terms = list[tuple[float, list[tuple[int, float]]]]
"""For each residual what it comes to, and by which mode, how much, it is still off."""


class _Walk:
    """Goes along a course in whole pieces: sums and products alone, each rounded by itself.

    So the bits depend neither on where a piece is cut nor on how its numbers lie in memory.
    """

    def __init__(self, course: Course) -> None:
        self._course, self._stands = course, course.stands
        self.train, self.val = self._terms(course.train), self._terms(course.val)
        first = torch.ones(len(course.factors), 1, dtype=torch.float64)
        by = course.factors[:, None]
        while first.shape[1] < PIECE:
            first, by = torch.cat([first, first * by], 1), by * by
        counted = torch.arange(PIECE, dtype=torch.float64)
        self._first = torch.where(self._stands[:, None], counted, first)
        self._by_piece = torch.where(self._stands, 1.0, by[:, 0])
        self._piece, self._begun = 0, torch.ones_like(course.factors)
        self._one, self._other = torch.empty_like(counted), torch.empty_like(counted)

    def _terms(self, of: Residuals) -> Terms:
        course = self._course
        by_update = of.by_mode * course.steps
        whole = torch.where(self._stands, 0.0, by_update / (1 - course.factors))
        ends = (of.now - whole.sum(1)).tolist()
        off = torch.where(self._stands, -by_update, whole).tolist()
        return [
            (end, [(mode, by) for mode, by in enumerate(row) if by])
            for end, row in zip(ends, off, strict=True)
        ]

    def reached(self, piece: int) -> Tensor:
        """Return q^k of each mode for a piece's epochs, shape (p, 4096).

        It is k itself of a mode that stands. Pieces are asked for in order.
        """
        while self._piece < piece:
            self._begun = self._begun * self._by_piece
            self._piece += 1
        passed = torch.where(self._stands, float(piece * PIECE), 0.0)
        return self._first * self._begun[:, None] + passed[:, None]

    def loss(self, terms: Terms, reached: Tensor) -> Tensor:
        """Return the loss at each epoch of a piece, float64, shape (4096,)."""
        modes, residual, part = reached.unbind(), self._one, self._other
        total = torch.zeros_like(residual)
        for end, off in terms:
            residual.fill_(end)
            for mode, by in off:
                residual.add_(torch.mul(modes[mode], by, out=part))
            total.add_(residual.mul_(residual))
        return total

    def parameters(self, updates: int) -> Tensor:
        """Return them after so many updates, float64, shape (p,)."""
        course, (piece, place) = self._course, divmod(updates, PIECE)
        begun = torch.ones_like(self._begun)
        for _ in range(piece):
            begun = begun * self._by_piece
        passed = torch.where(self._stands, float(piece * PIECE), 0.0)
        reached = self._first[:, place] * begun + passed
        return (
            course.start
            - (course.steps * torch.where(self._stands, reached, course.taken_by(reached)))
            @ course.modes
        )
