"""The forecast: the rest of a run in closed form, and how far 32-bit training will follow it."""

import math
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from tempfit_tui.frame import MOST_LEAP
from tempfit_tui.insight import Forecast
from tempfit_tui.text import InputError, setting
from tempfit_tui.training.closed_form import Course, Sums, course_of
from tempfit_tui.training.coarseness import coarse_from, first_where, whole

if TYPE_CHECKING:
    from tempfit_tui.training.run import Run

FARTHEST = 10**7
"""So many epochs ahead are looked at, at the most."""
NEAR = 0.01
"""A loss has settled within this part of what it comes to."""
BEYOND = 1.25
"""The curve ends so many times as far ahead as where it settles, or where it can't be followed."""
SHORTEST = 100
"""It is so many epochs long at the least."""
GROWN = 1e6
"""One that diverges ends where the loss is so many times as large."""
FINEST_DELTA = 1e-3
"""A finite difference of a smaller one loses too many digits."""
EPSILON = torch.finfo(torch.float64).eps


def why_not(run: "Run") -> str:
    """Return why the rest of `run` isn't known, in one line; "" where it is."""
    ahead = [planned.epoch for planned in run.planned if planned.epoch > run.epoch + 1]
    if run.stopped:
        return f"the run stopped at epoch {run.epoch:,}"
    if why := _unknown(run):
        return why
    if run.now.training.patience and run.validates:
        return "patience may stop it early"
    if ahead:
        return f"a change is planned before epoch {min(ahead):,}"
    return ""


def sums_for(run: "Run") -> Sums:
    """Return what the closed form of the next epochs needs of the data.

    Raises:
        InputError: there is none under the settings in force.
    """
    if (why := _unknown(run)) or run.sums is None:
        raise InputError(f"the epochs can't be computed: {why}; train instead")
    return run.sums


def refuse_leap(run: "Run", epochs: int) -> None:
    """Refuse to compute so many epochs where they aren't known, or training wouldn't follow.

    Raises:
        InputError: they aren't.
    """
    if why := why_not(run):
        raise InputError(f"the epochs can't be computed: {why}; train instead")
    if not 1 <= epochs <= MOST_LEAP:
        raise InputError(f"{epochs:,} epochs can't be computed at once; 1 to {MOST_LEAP:,} can")
    course = course_of(run.now, sums_for(run), run.weights)
    coarse = coarse_from(course, run.now, sums_for(run), FARTHEST)
    too_large = first_where(lambda updates: ~_fits(course, updates), epochs)
    for reached, why in (
        (too_large and too_large - 1, "then the numbers are too large for 32-bit floats"),
        (coarse, "from there on 32-bit steps are too coarse for it"),
    ):
        if reached is not None and reached < epochs:
            most = f"only up to epoch {run.epoch + reached:,}"
            raise InputError(f"the epochs can be computed {most}: {why}")


def _fits(course: Course, updates: Tensor) -> Tensor:
    """Tell after which of `updates`, shape (k,), all numbers are finite as 32-bit floats."""
    place = course.at(updates)
    numbers = [place.train_loss, place.val_loss, *place.parameters.T]
    return torch.stack(numbers).float().isfinite().all(0)


def _unknown(run: "Run") -> str:
    """Return why the next epochs have no closed form under the settings in force, or ""."""
    settings, training, model = run.now, run.now.training, run.now.model
    if model.kind == "mlp":
        return f"the model, {model.words}, isn't linear in its parameters"
    if training.optimizer != "sgd":
        return f"the optimizer is {training.optimizer}, not plain sgd"
    if training.momentum:
        return f"sgd has momentum {setting(training.momentum)}; it is known without"
    if 0 < training.batch_size < len(run.data.y):
        return "mini-batches are dealt out by chance"
    if settings.input_noise.sigma:
        return "noise on the inputs is drawn by chance"
    if settings.penalty.l1:
        return "the L1 penalty has a kink at 0"
    if training.gradient == "finite-difference" and training.delta < FINEST_DELTA:
        return f"finite differences of delta {setting(training.delta)} lose too many digits"
    return "" if run.sums else "the inputs' powers are too large for 32-bit floats"


def forecast(run: "Run", points: int = 200) -> Forecast:
    """Return the rest of `run`, its losses at about so many epochs, or why it isn't known.

    They are those of the data alone, in the file's units squared. Training comes out the same up
    to `until`: from there on a loss may differ by more than a thousandth of it.
    """
    if why := why_not(run):
        return Forecast(why_not=why)
    sums, unit, epoch = sums_for(run), run.data.loss_unit, run.epoch
    course = course_of(run.now, sums, run.weights)
    grows = _grows(course)
    settled = None if grows else _settled(course)
    coarse = coarse_from(course, run.now, sums, FARTHEST)
    end = _grown(course) if grows else _end(epoch, coarse if settled is None else settled)
    epochs, train, val = _curves(run, course, _spread(end, points))
    settles_at = None if settled is None else epoch + 1 + settled
    last = course.last_loss * unit
    if settled == 0 and epoch and abs(train[0] - last) <= NEAR * last:
        settles_at = epoch
    return Forecast(
        epochs=epochs,
        train=train,
        val=val if run.validates else [],
        settles_at=settles_at,
        settles_to=None if grows else last,
        until=None if coarse is None else epoch + coarse,
        diverges=grows,
    )


def _curves(
    run: "Run", course: Course, updates: Tensor
) -> tuple[list[int], list[float], list[float]]:
    """Return the epochs, and both losses there; the first is the run's last record, if any."""
    unit, epochs = run.data.loss_unit, (updates + run.epoch + 1).long()
    place = course.at(updates)
    train, val = place.train_loss * unit, place.val_loss * unit
    known = train.isfinite() & val.isfinite()
    curves = epochs[known].tolist(), train[known].tolist(), val[known].tolist()
    last = run.train_losses.last, run.val_losses.last
    if last[0] is not None:
        curves[0].insert(0, run.epoch)
        for curve, loss in zip(curves[1:], last, strict=True):
            curve.insert(0, (loss or 0.0) * unit)
    return curves


def _grows(course: Course) -> bool:
    """Tell whether any mode that there is something in grows without bound."""
    first = course.steps.abs()
    rounding = 16 * EPSILON * ((1 - course.factors) * (course.modes @ course.start).abs() + first)
    return bool(((first > rounding) & (course.factors < -1)).any())


def _grown(course: Course) -> int:
    """Return after how many updates the loss is so large that nobody needs the rest."""
    enough = GROWN * course.at(torch.zeros(1)).train_loss
    found = first_where(lambda updates: ~(course.at(updates).train_loss < enough), FARTHEST)
    return FARTHEST if found is None else found


def _settled(course: Course) -> int | None:
    """Return after how many updates the loss is near what it comes to, for good; None for never."""
    last, first = course.last_loss, course.at(torch.zeros(1)).train_loss
    if last <= EPSILON * float(first):
        return None  # nothing is near nothing

    def near(updates: Tensor) -> Tensor:
        return (course.at(updates).train_loss - last).abs() <= NEAR * last

    return first_where(near, FARTHEST, for_good=True)


def _end(epoch: int, ahead: int | None) -> int:
    """Return after how many updates the curve ends."""
    if ahead is None:
        return FARTHEST
    return max(SHORTEST, epoch // 4, min(FARTHEST, int(BEYOND * ahead)))


def _spread(end: int, points: int) -> Tensor:
    """Return at most `points` numbers of updates from 0 to `end`: close at first, then even."""
    half = points // 2
    close = torch.logspace(0, math.log10(max(1, end)), half, dtype=torch.float64)
    return whole(torch.cat([close, torch.linspace(0, end, half, dtype=torch.float64)]))
