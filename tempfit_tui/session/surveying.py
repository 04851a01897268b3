"""The landscape around a run: the way it took, on a map that stays while it serves."""

from collections.abc import Callable
from itertools import count
from typing import NamedTuple

import torch
from torch import Tensor

from tempfit_tui.frame import View
from tempfit_tui.insight import Landscape, Surface
from tempfit_tui.recipe import Penalty
from tempfit_tui.session.trail import Trail, Way
from tempfit_tui.session.work import Pieces, Turn, Work
from tempfit_tui.training.checkpoint import State
from tempfit_tui.training.landscape import (
    Area,
    Loss,
    Plane,
    area_around,
    downhill,
    least_of,
    loss_of,
    plane_of,
    surface_of,
)
from tempfit_tui.training.run import Run

AGED = 1.5
"""The directions of a path are found again once the run is so many times as long."""
_number = count(1)


class Map(NamedTuple):
    """A surface, and what it was made of and for."""

    surface: Surface
    plane: Plane
    area: Area
    loss: Loss
    run_epoch: int
    penalty: Penalty
    cells: tuple[int, int]


class Surveyor:
    """Draws the map of one run, a piece of the work at a time.

    `kept` returns the latest state that the journal has up to an epoch; None where it has none.
    """

    def __init__(self, kept: Callable[[int], State | None]) -> None:
        self._trail = Trail(kept)
        self._way: Work[Way] = Work()
        self._map: Work[Map] = Work()

    def survey(self, shown: Run, run: Run, view: View, turn: Turn) -> tuple[Landscape | None, bool]:
        """Return the landscape around `shown`, which is `run` or was, and whether it is all there.

        The work goes on for a turn.
        """

        def is_here(way: Way) -> bool:
            return int(way.epochs[-1]) == run.epoch and torch.equal(way.points[-1], run.weights)

        whole = self._way.go_on(is_here, lambda: self._trail.catch_up(run), turn)
        if (way := self._way.done) is None:
            return None, False
        wanted = _Wanted(shown, run, way, view)
        if whole:
            whole = self._map.go_on(wanted.is_served_by, wanted.mapped, turn)
        if (drawn := self._map.done) is None:
            return None, False
        return _landscape(drawn, shown, run, way, wanted.places(drawn.plane)), whole

    def loss_at(self, spot: tuple[float, float]) -> float | None:
        """Return the loss at a place of the map; None where there is no map or no such number."""
        if (drawn := self._map.done) is None:
            return None
        place = torch.tensor([spot], dtype=torch.float64)
        loss = drawn.loss(drawn.plane.parameters(place))[0]
        return float(loss) if bool(loss.isfinite()) else None


class _Wanted:
    """The map that would be drawn now."""

    def __init__(self, shown: Run, run: Run, way: Way, view: View) -> None:
        self._shown, self._way = shown, way
        self._epoch, self._penalty, self._cells = run.epoch, shown.now.penalty, view.landscape
        window = view.window
        self._recent = way.epochs >= run.epoch - window if window else slice(None)
        self._whole = window is None
        self._placed: tuple[Plane, Tensor] | None = None

    def places(self, plane: Plane) -> Tensor:
        """Return where the way is in `plane`, shape (n, 2)."""
        if self._placed is None or self._placed[0] is not plane:
            self._placed = plane, plane.places(self._way.points)
        return self._placed[1]

    def is_served_by(self, drawn: Map) -> bool:
        """Tell whether `drawn` still shows what it has to."""
        if (drawn.penalty, drawn.cells) != (self._penalty, self._cells):
            return False
        grown = self._epoch > AGED * drawn.run_epoch or self._epoch < drawn.run_epoch
        if grown and self._way.points.shape[1] > 2:
            return False
        return drawn.area.holds(self._area(drawn.plane))

    def _area(self, plane: Plane) -> Area:
        columns, rows = self._cells
        least = least_of(self._shown) if self._whole and len(plane.origin) == 2 else None
        places = self.places(plane)[self._recent]
        minimum = plane.places(least[0][None])[0] if least else None
        # A cell is twice as high as wide.
        return area_around(places, minimum, columns / (2 * rows))

    def mapped(self) -> Pieces[Map]:
        """Draw it."""
        plane = plane_of(self._shown, self._way.points)
        area, loss = self._area(plane), loss_of(self._shown)
        columns, rows = self._cells
        # In closed form a place costs next to nothing.
        quick = self._shown.sums is not None
        shape = (columns + 1, 2 * rows + 1) if quick else (columns // 2 + 1, rows + 1)
        for surface in surface_of(self._shown, plane, area, shape, next(_number)):
            made = self._epoch, self._penalty, self._cells
            yield None if surface is None else Map(surface, plane, area, loss, *made)


def _landscape(drawn: Map, shown: Run, run: Run, way: Way, places: Tensor) -> Landscape:
    """Return what is seen on the map; `places` are those of the way, shape (n, 2)."""
    plane, here = drawn.plane, drawn.plane.places(shown.weights[None])
    past, ahead = places[way.epochs < shown.epoch], places[way.epochs > shown.epoch]
    down = downhill(shown, shown.weights) @ plane.axes.T
    moves = bool(down.isfinite().all()) and float(down.norm()) > 0
    return Landscape(
        drawn.surface,
        path=_told(torch.cat([past, here])),
        ahead=_told(torch.cat([here, ahead])) if shown is not run else [],
        at=(float(here[0, 0]), float(here[0, 1])),
        downhill=(float(down[0]), float(down[1])) if moves else None,
    )


def _told(places: Tensor) -> list[float]:
    """Return finite places as x, y, x, y and so on."""
    told: list[float] = places[places.isfinite().all(1)].flatten().tolist()
    return told
