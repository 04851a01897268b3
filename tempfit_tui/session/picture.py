"""A run as a frame: what the screen and the headless commands show of it."""

import math
from collections.abc import Iterable

from tempfit_tui.frame import Frame, Setup, Step, View
from tempfit_tui.settings import live_settings
from tempfit_tui.training import theory
from tempfit_tui.training.run import Run


def frame_of(run: Run, view: View, with_setup: bool) -> Frame:
    """Return what `view` asks to see of `run`."""
    unit = run.data.loss_unit
    best = run.best
    return Frame(
        epoch=run.epoch,
        train_loss=_finite_or_none(run.train_losses.last, unit),
        val_loss=_finite_or_none(run.val_losses.last, unit),
        parameters=_numbers(run.weights.tolist()),
        raw_parameters=_numbers(theory.raw_parameters(run.weights, run.data)),
        settings=live_settings(run.now),
        limit=theory.largest_stable_lr(run.now.training, run.data),
        step=_step(run),
        best_epoch=best.epoch if best else None,
        best_loss=best.loss * unit if best else None,
        stopped=run.stopped,
        changes=run.changes,
        can_take_back=run.can_take_back,
        train=run.train_losses.curve(view.window, view.columns, unit, view.smooth),
        val=run.val_losses.curve(view.window, view.columns, unit, view.smooth),
        fit=_numbers(run.fitted(view.points)),
        setup=_setup(run) if with_setup else None,
    )


def _step(run: Run) -> Step | None:
    if not run.last_step:
        return None
    return Step(
        epoch=run.epoch,
        before=_numbers(run.last_step.before.tolist()),
        loss=_finite_or_none(run.train_losses.last, 1.0),
        gradient=_numbers(run.last_step.gradient.tolist()),
        after=_numbers(run.weights.tolist()),
    )


def _setup(run: Run) -> Setup:
    least, largest = theory.hessian_eigenvalues(run.data)
    return Setup(
        train_rows=len(run.data.rows.train),
        validation=run.data.rows.validation,
        note=run.data.rows.note,
        condition_number=largest / least if least > 0 else None,
        floor=theory.floor(run.data),
    )


def _numbers(values: Iterable[float]) -> list[float | None]:
    return [value if math.isfinite(value) else None for value in values]


def _finite_or_none(value: float | None, unit: float) -> float | None:
    return None if value is None or not math.isfinite(value) else value * unit
