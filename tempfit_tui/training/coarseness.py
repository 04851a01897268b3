"""How far 32-bit training follows what is worked out in 64: where its rounding begins to show.

Each update rounds the parameters, by half a unit in their last place at the most. What that comes
to adds up along each mode of the run, as long as the mode remembers it, and a slow one remembers
long: where an update is no larger than that unit, training stalls before it has come to its end.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from tempfit_tui.recipe import Recipe
from tempfit_tui.training.closed_form import Course, Place, Residuals, Sums, powers
from tempfit_tui.training.gradient import shrunk

SHOWS = 1e-3
"""A loss that may come out otherwise by more than this part of it is no longer foreseen."""
HALF_UNIT = 2.0**-24
"""By so large a part a 32-bit float is rounded at the most."""
FEW_ROWS = 4
"""From so many rows on their rounding cancels out."""
FACTORS = 4
"""So many factors of an update are rounded."""
PLACES = 300
"""Updates looked at, at a time."""


def coarse_from(course: Course, settings: Recipe, sums: Sums, most: int) -> int | None:
    """Return after how many updates a loss may differ; None where none does up to `most`."""
    return first_where(_Rounding(course, settings, sums).shows, most)


def first_where(
    holds: Callable[[Tensor], Tensor], most: int, *, for_good: bool = False
) -> int | None:
    """Return the first number of updates up to `most` where something holds; None for none.

    It is looked for among ever fewer of them; `for_good`: where it holds from there on.
    """
    log = torch.logspace(0, math.log10(most), PLACES, dtype=torch.float64)
    places, first = torch.cat([log.new_zeros(1), log]), None
    while True:
        places = whole(places)
        found = holds(places)
        if for_good:
            found = found.flip(0).cummin(0).values.flip(0)
        if not bool(found.any()):
            return first
        at = int(found.nonzero()[0])
        first = int(places[at])
        if at == 0 or places[at] - places[at - 1] <= 1:
            return first
        places = torch.linspace(float(places[at - 1]), first, PLACES, dtype=torch.float64)


def whole(places: Tensor) -> Tensor:
    """Return `places`, shape (k,), as whole numbers in float64, ascending, each once."""
    ordered = places.double().round().sort().values
    return ordered[ordered.diff(prepend=ordered.new_tensor([-1.0])) > 0]


class _Rounding:
    """How far a loss may come out otherwise along a course."""

    def __init__(self, course: Course, settings: Recipe, sums: Sums) -> None:
        self._course, self._training, self._penalty = course, settings.training, settings.penalty
        self._sums = sums
        # Root mean squares of what each parameter is multiplied by.
        self._spread = sums.train[:, :-1].square().sum(0).sqrt()
        self._alike = min(1.0, (FEW_ROWS / sums.rows) ** 0.5)
        self._averaged = sums.rows if settings.training.gradient == "doubly-averaged" else 1
        self._at_first = torch.stack(self._an_update(course.at(torch.zeros(1)))).sum(0)

    def shows(self, updates: Tensor) -> Tensor:
        """Tell after which of `updates`, shape (k,), a loss may differ by too much."""
        course, sums, place = self._course, self._sums, self._course.at(updates)
        off, largest = self._off(place), self._largest(place)
        of_train = _differs(place.train, course.train, off, _rounded(sums.train, largest))
        of_val = _differs(place.val, course.val, off, _rounded(sums.val, largest))
        train, val = place.train_loss, place.val_loss
        # A few validation rows may be met by chance: their loss is nothing for a moment.
        return (of_train > SHOWS * train) | (of_val > SHOWS * train.maximum(val))

    def _off(self, place: Place) -> Tensor:
        """Return how far each mode may be off, shape (k, p)."""
        course, counted = self._course, place.updates
        size = course.factors.abs()
        memory = torch.where(size == 1, counted, (1 - powers(size, counted)) / (1 - size))
        steps, pulls = self._an_update(place)
        # As steps change, what they are rounded by goes up and down, and mostly cancels out.
        slopes = place.slopes.abs()
        swept = steps / (2 * slopes * (1 - course.factors))
        swept = torch.where((course.factors > 0) & ~course.stands, swept, torch.inf)
        # What grows is rounded by more and more, but what it was rounded by at first grows too.
        growing = (steps + pulls) * counted + self._at_first * memory
        off = torch.where(size > 1, growing, steps * memory.minimum(swept) + pulls * memory)
        # The learning rate, 2 / n and their products are rounded too, each update alike.
        return off + FACTORS * HALF_UNIT * counted * slopes

    def _an_update(self, place: Place) -> tuple[Tensor, Tensor]:
        """Return how far an update may be off along each mode, shape (k, p).

        By the rounding of the parameters, and by that of the gradient.
        """
        modes, largest = self._course.modes.T, self._largest(place)
        rounded = _rounded(self._sums.train, largest)
        pulls = 2 * self._alike / self._averaged * rounded[:, None] * self._spread
        if self._training.gradient == "finite-difference":
            pulls = pulls + self._by_difference(place, rounded)
        return _together(half_unit(largest), modes), self._training.lr * _together(pulls, modes)

    def _by_difference(self, place: Place, rounded: Tensor) -> Tensor:
        """Return how far a finite difference is off by its losses and its places, shape (k, p)."""
        training, loss = self._training, place.train_loss
        penalised = shrunk(place.parameters, self._sums.is_weight, self._penalty)
        optimised = loss + self._penalty.l2 * penalised.square().sum(1)
        losses = 2 * loss.sqrt() * rounded * self._alike + HALF_UNIT * optimised
        gradient = place.slopes @ self._course.modes / training.lr
        places = gradient.abs() * half_unit(self._largest(place))
        off: Tensor = (losses[:, None] + places) / training.delta
        return off

    def _largest(self, place: Place) -> Tensor:
        """Return the sizes of the parameters there, or at first, shape (k, p)."""
        return place.parameters.abs().maximum(self._course.start.abs())


def _rounded(sums: Tensor, weights: Tensor) -> Tensor:
    """Return how far predictions may be rounded, as a root mean square, shape (k,)."""
    spread = sums.square().sum(0).sqrt()
    return HALF_UNIT * (weights @ spread[:-1] + spread[-1])


def _differs(residuals: Tensor, of: Residuals, off: Tensor, rounded: Tensor) -> Tensor:
    """Return how far a loss may be off by the parameters and as it is measured, shape (k,)."""
    each = _together(off, of.by_mode.T)
    measured = 2 * residuals.square().sum(1).sqrt() * rounded + rounded.square()
    return (2 * residuals.abs() * each + each.square()).sum(1) + measured


def _together(off: Tensor, by: Tensor) -> Tensor:
    """Return what numbers that are off apart from each other, shape (k, p), come to along `by`."""
    return (off.square() @ by.square()).sqrt()


def half_unit(weights: Tensor) -> Tensor:
    """Return half of a unit in the last place of `weights` as 32-bit floats."""
    single = weights.float().abs()
    return (single.nextafter(single.new_tensor(torch.inf)) - single).double() / 2
