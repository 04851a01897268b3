"""One epoch's gradient by all its ways, each held against the exact one."""

import math
from collections.abc import Iterable, Iterator

import torch
from msgspec.structs import replace
from torch import Tensor

from tempfit_tui.insight import Layer, Lens, Step, Way
from tempfit_tui.training.gradient import Batch, exact_gradient, gradient_at, loss_at
from tempfit_tui.training.loop import is_plain
from tempfit_tui.training.moment import LastStep
from tempfit_tui.training.run import Run

WAYS = ("autograd", "analytic", "doubly-averaged")
DELTAS = (1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6)
"""Those that finite differences are taken over: at the small ones rounding eats the digits."""
FEW_PARAMETERS = 16
"""Models with more are told in norms."""


def taken_apart(run: Run) -> Iterator[Lens | None]:
    """Give the newest epoch of `run` taken apart, after None for each piece of the work.

    Where none has been trained yet it is the next one, by a twin. The run may go on meanwhile.
    """
    to_come = run.last_step is None
    if to_come:
        run = run.twin()
        run.advance(1, patient=False)
    if (last := run.last_step) is None:
        return
    ways = _Ways(run, last.before)
    step = step_of(run.epoch, last, in_full=len(last.before) <= FEW_PARAMETERS)
    layers = [] if len(last.before) == 2 else _layers(run, last)
    yield None
    found = []
    for way, delta in [*((way, None) for way in WAYS), *(("finite-difference", d) for d in DELTAS)]:
        found.append(ways.way(way, delta))
        yield None
    yield Lens(
        step=step,
        to_come=to_come,
        exact=ways.told(ways.exact),
        length=_finite(ways.exact.norm()),
        ways=found,
        layers=layers,
        all_rows=ways.all_rows,
    )


def step_of(epoch: int, last: LastStep, *, in_full: bool) -> Step:
    """Return an epoch's step; its numbers are left out where it isn't told `in_full`."""

    def told(values: Tensor) -> list[float | None]:
        return _numbers(values) if in_full else []

    return Step(
        epoch=epoch,
        before=told(last.before),
        loss=_finite(last.loss),
        gradient=told(last.gradient),
        after=told(last.after),
        gradient_norm=_finite(last.gradient.norm()),
        update_norm=_finite((last.after - last.before).norm()),
    )


class _Ways:
    """The gradient of the loss as it is optimised, on all training rows, where an epoch began."""

    def __init__(self, run: Run, at: Tensor) -> None:
        self._settings, self._model, self._at = run.now, run.model, at
        self._rows = Batch(run.data.x, run.data.y, [])
        self.all_rows = is_plain(run.now, len(run.data.y))
        training, penalty = run.now.training, run.now.penalty
        self.exact = exact_gradient(at, run.data, run.model, training, penalty)
        """Shape (p,), in float64."""
        self._few = len(self.exact) <= FEW_PARAMETERS

    def way(self, name: str, delta: float | None) -> Way:
        """Return the gradient by one of its ways, as training would have it."""
        if delta is not None and not self._few:
            slope = self._slope(delta)
            off = _relative(slope, self.exact.norm())
            return Way(name, delta, [], _finite(slope), [off], is_along=True)
        settings = replace(self._settings.training, gradient=name)
        settings = settings if delta is None else replace(settings, delta=delta)
        penalty = self._settings.penalty
        gradient = gradient_at(self._at, self._rows, self._model, settings, penalty)
        length, told = _finite(gradient.norm()), self.told(gradient)
        if self._few:
            return Way(name, delta, told, length, list(map(_relative, gradient, self.exact)))
        away = (gradient.double() - self.exact).norm()
        return Way(name, delta, told, length, [_share(away, self.exact.norm())])

    def told(self, gradient: Tensor) -> list[float | None]:
        return _numbers(gradient) if self._few else []

    def _slope(self, delta: float) -> Tensor:
        """Return the finite difference along the exact gradient: two losses instead of 2 p."""
        direction = (self.exact / self.exact.norm()).float()

        def moved(shift: float) -> Tensor:
            tried = self._at + shift * direction
            return loss_at(tried, self._rows, self._model, self._settings.penalty)

        return (moved(delta) - moved(-delta)) / (2 * delta)


def _layers(run: Run, last: LastStep) -> list[Layer]:
    groups = run.model.groups()
    sizes = [count for _, count in groups]
    cut = (torch.split(v, sizes) for v in (last.before, last.gradient, last.after - last.before))
    return [
        Layer(name, count, *(_finite(part if count == 1 else part.norm()) for part in parts))
        for (name, count), *parts in zip(groups, *cut, strict=True)
    ]


def _relative(value: Tensor, exact: Tensor) -> float | None:
    return _share((value.double() - exact).abs(), exact.abs())


def _share(part: Tensor, whole: Tensor) -> float | None:
    return _finite(part / whole) if float(whole) else None


def _numbers(values: Iterable[Tensor]) -> list[float | None]:
    return list(map(_finite, values))


def _finite(value: Tensor) -> float | None:
    number = float(value)
    return number if math.isfinite(number) else None
