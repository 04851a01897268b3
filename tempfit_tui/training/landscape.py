"""The training loss over two directions of the parameters: which two, which part, how high."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import torch
from torch import Tensor

from tempfit_tui.insight import Surface
from tempfit_tui.training.gradient import Batch, exact_gradient, loss_at, shrunk
from tempfit_tui.training.quadratic import Quadratic, quadratic
from tempfit_tui.training.run import Run

MARGIN = 0.12
"""The area is so much larger than what it has to hold, at each side."""
FAR = 3.0
"""What is farther from the minimum than so many times the start is left out of the area."""
ROOMY = 2.5
"""An area serves while it is at most so many times as wide as it would have to be."""
ALONE = 0.2
"""An area around a single place is as large as this part of its distance from zero."""
LARGEST = 1e30
"""Parameters beyond are left out: a run that diverges leaves the picture."""


PIECE = 1_000_000
"""Parameters times rows times places that are worked out at once: a few milliseconds."""

Pieces = Iterator[Surface | None]


class Plane(NamedTuple):
    """Two directions through the space of p parameters."""

    origin: Tensor
    """Where both axes are 0, shape (p,), float64."""
    axes: Tensor
    """Each of length 1 and at right angles, shape (2, p), float64."""
    names: tuple[str, str]
    explained: float | None = None
    """The part of the path's variance that lies in them; None where that is all, or unknown."""

    def places(self, parameters: Tensor) -> Tensor:
        """Return where `parameters`, shape (n, p), are in the plane, shape (n, 2)."""
        return (parameters.double() - self.origin) @ self.axes.T

    def parameters(self, places: Tensor) -> Tensor:
        """Return the parameters at `places` in the plane, shape (n, 2), as shape (n, p)."""
        return self.origin + places @ self.axes


def plane_of(run: Run, path: Tensor) -> Plane:
    """Return weight and bias, or the two main directions of `path`, shape (n, p).

    The main directions are those of the path's principal components (Li et al. 2018, "Visualizing
    the Loss Landscape of Neural Nets"), through where it is now.
    """
    wide = path.shape[1]
    if wide == 2:
        (x_name, _), (y_name, _) = run.model.groups()
        eye = torch.eye(2, dtype=torch.float64)
        return Plane(torch.zeros(2, dtype=torch.float64), eye, (x_name, y_name))
    path = path.double()
    away = path - path.mean(0)
    # The path's own products are fewer than the parameters'.
    variances, mixed = torch.linalg.eigh(away @ away.T)
    variances, mixed = variances.flip(0).clamp(min=0), mixed.flip(1)
    if len(path) < 3 or not float(variances[1]) > 1e-12 * float(variances[0]) > 0:
        return _plane_without_path(run, path[-1])
    axes = torch.nn.functional.normalize(mixed[:, :2].T @ away, dim=1)
    # Which way round is chance; the start is at the left and above.
    begin = (path[0] - path[-1]) @ axes.T
    axes = axes * torch.where(begin * torch.tensor([-1.0, 1.0]) < 0, -1.0, 1.0)[:, None]
    explained = float(variances[:2].sum() / variances.sum())
    return Plane(path[-1], axes, ("main direction", "second direction"), explained)


def _plane_without_path(run: Run, here: Tensor) -> Plane:
    """Return downhill and a direction drawn at random: nothing has been trained yet."""
    drawn = torch.randn(len(here), generator=torch.Generator().manual_seed(0)).double()
    down = downhill(run, here)
    first = down / down.norm() if 0 < float(down.norm()) < LARGEST else torch.eye(len(here))[0]
    first = first.double()
    second = drawn - (drawn @ first) * first
    return Plane(here, torch.stack([first, second / second.norm()]), ("downhill", "at random"))


def downhill(run: Run, parameters: Tensor) -> Tensor:
    """Return the gradient of the loss as it is optimised, its sign turned; shape (p,), float64."""
    now = run.now
    if bowl := bowl_of(run):
        penalised = shrunk(parameters.double(), run.model.is_weight, now.penalty)
        return -(bowl.gradient(parameters) + now.penalty.l1 * penalised.sign())
    return -exact_gradient(parameters, run.data, run.model, now.training, now.penalty)


def bowl_of(run: Run) -> Quadratic | None:
    """Return the loss of a model that is linear in its parameters, but for an L1 penalty."""
    if run.sums is None:
        return None
    # However many rows there are: p + 1 of them say all of it.
    few = run.sums.train * len(run.sums.train) ** 0.5
    penalty, each = run.now.penalty, torch.ones_like(run.sums.is_weight)
    strengths = penalty.l2 * shrunk(each, run.sums.is_weight, penalty) if penalty.l2 else None
    return quadratic(few[:, :-1], few[:, -1], strengths)


Loss = Callable[[Tensor], Tensor]
"""(parameters, shape (n, p), float64) -> losses in the file's units squared, shape (n,)."""


def loss_of(run: Run) -> Loss:
    """Return the training loss as it is optimised, as a function of the parameters."""
    model, data, penalty, unit = run.model, run.data, run.now.penalty, run.data.loss_unit
    if bowl := bowl_of(run):

        def in_closed_form(points: Tensor) -> Tensor:
            sizes = shrunk(points, model.is_weight, penalty).abs()
            return (bowl.loss(points) + penalty.l1 * sizes.sum(-1)) * unit

        return in_closed_form

    rows = Batch(data.x, data.y, [])
    return lambda points: (
        torch.stack([loss_at(point, rows, model, penalty) for point in points.float()]).double()
        * unit
    )


def least_of(run: Run) -> tuple[Tensor, float] | None:
    """Return where the loss is least, shape (p,), and the loss there; None if that isn't known."""
    bowl = None if run.now.penalty.l1 else bowl_of(run)
    return (bowl.best, bowl.least * run.data.loss_unit) if bowl else None


class Area(NamedTuple):
    """A part of a plane."""

    x_low: float
    x_high: float
    y_low: float
    y_high: float

    def holds(self, other: "Area") -> bool:
        """Tell whether `other` lies inside but for half its margin, and isn't lost in it."""
        share = MARGIN / (1 + 2 * MARGIN) / 2
        x_slack = share * (other.x_high - other.x_low)
        y_slack = share * (other.y_high - other.y_low)
        return (
            self.x_low <= other.x_low + x_slack
            and other.x_high - x_slack <= self.x_high
            and self.y_low <= other.y_low + y_slack
            and other.y_high - y_slack <= self.y_high
            and self.x_high - self.x_low <= ROOMY * (other.x_high - other.x_low)
        )


def area_around(places: Tensor, minimum: Tensor | None, shape: float) -> Area:
    """Return the area with `places`, shape (n, 2), and the minimum; `shape` times as wide as high.

    A run that diverges goes anywhere: it leaves the picture where that would hide how it began.
    """
    start = places[0]
    places = places[(places.abs() < LARGEST).all(1)]
    if minimum is not None:
        far = FAR * float((start - minimum).norm())
        places = torch.cat([places[(places - minimum).norm(dim=1) <= far], minimum[None]])
    if not len(places):
        places = torch.zeros(1, 2, dtype=torch.float64)
    low, high = places.amin(0), places.amax(0)
    middle, (width, height) = (low + high) / 2, (high - low).tolist()
    # Where all is in one place, as before the first epoch.
    least = ALONE * (1 + float(middle.norm()))
    if max(width, height) < least * 1e-6:
        width = height = least
    up = max(height, width / shape) * (1 + 2 * MARGIN) / 2
    x, y = middle.tolist()
    return Area(x - up * shape, x + up * shape, y - up, y + up)


def surface_of(run: Run, plane: Plane, area: Area, shape: tuple[int, int], number: int) -> Pieces:
    """Give the surface over `area` at columns x rows places, after None for each piece of work."""
    across = torch.linspace(area.x_low, area.x_high, shape[0], dtype=torch.float64)
    up = torch.linspace(area.y_low, area.y_high, shape[1], dtype=torch.float64)
    places = torch.cartesian_prod(up, across).flip(1)
    loss, least = loss_of(run), least_of(run)
    losses: list[float | None] = []
    for some in torch.split(places, max(1, PIECE // (len(run.data.y) * len(plane.origin)))):
        found = loss(plane.parameters(some))
        known = zip(found.tolist(), found.isfinite().tolist(), strict=True)
        losses += [value if finite else None for value, finite in known]
        yield None
    minimum: tuple[float, float] | None = None
    if least and len(plane.origin) == 2:
        x, y = plane.places(least[0][None])[0].tolist()
        minimum = x, y
    yield Surface(
        number,
        *plane.names,
        *area,
        *shape,
        losses,
        explained=plane.explained,
        minimum=minimum,
        minimum_loss=least[1] if least and minimum else None,
    )
