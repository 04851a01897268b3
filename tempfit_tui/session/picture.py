"""A run as a frame: what the screen and the headless commands show of it."""

import math
from collections.abc import Iterable

from msgspec.structs import replace
from torch import Tensor

from tempfit_tui.frame import Frame, Limit, Setup, Verdict, View
from tempfit_tui.insight import Step
from tempfit_tui.session.ghost import RoadNotTaken
from tempfit_tui.settings import live_settings
from tempfit_tui.text import finite
from tempfit_tui.training.coefficients import raw_coefficients
from tempfit_tui.training.evidence import Witness
from tempfit_tui.training.lens import FEW_PARAMETERS, step_of
from tempfit_tui.training.run import Run
from tempfit_tui.training.verdict import verdict_on

STANDARDISED_FOR = ("learning", "underfitting")
"""The verdicts that a standardised input is a remedy for."""
DRAWN_SHOWN = 300
"""So many of the observations drawn in addition are shown."""


def frame_of(
    run: Run, witness: Witness, view: View, ghost: RoadNotTaken | None, with_setup: bool
) -> Frame:
    """Return what `view` asks to see of `run`."""
    unit = run.data.loss_unit
    best = run.best
    evidence = witness.evidence(run)
    verdict = verdict_on(evidence)
    raw = raw_coefficients(run.recipe.model.kind, run.weights, run.data)
    return Frame(
        epoch=run.epoch,
        train_loss=finite(run.train_losses.last, unit),
        val_loss=finite(run.val_losses.last, unit),
        parameters=_told(run.weights, view),
        raw_parameters=None if raw is None else _numbers(raw),
        settings=live_settings(run.now),
        limit=_limit(run, verdict),
        step=_step(run, view),
        best_epoch=best.epoch if best else None,
        best_loss=best.loss * unit if best else None,
        stopped=run.stopped,
        verdict=verdict,
        changes=run.changes,
        can_take_back=bool(run.changes),
        train=run.train_losses.curve(view.window, view.columns, unit, view.smooth),
        val=run.val_losses.curve(view.window, view.columns, unit, view.smooth),
        fit=_numbers(run.fitted(view.points)) if view.tab == "fit" else [],
        leaps=run.leaps,
        early_stop=run.early_stop,
        ghost=ghost.seen(run, evidence, verdict, view) if ghost else None,
        setup=_setup(run, witness) if with_setup else None,
    )


def _limit(run: Run, verdict: Verdict) -> Limit:
    """Return the largest stable learning rate, and what a standardised input would make of it."""
    standardised = run.standardised_limit if verdict.kind in STANDARDISED_FOR else None
    return replace(run.limit, standardised=standardised.lr if standardised else None)


def _step(run: Run, view: View) -> Step | None:
    if run.last_step is None:
        return None
    in_full = len(run.weights) <= FEW_PARAMETERS or view.all_parameters
    return step_of(run.epoch, run.last_step, in_full=in_full)


def _setup(run: Run, witness: Witness) -> Setup:
    eigenvalues = run.eigenvalues
    condition = None
    if eigenvalues and eigenvalues[0] > 0:
        condition = eigenvalues[1] / eigenvalues[0]
    drawn = run.data.drawn
    return Setup(
        train_rows=len(run.data.rows.train),
        validation=run.data.rows.validation,
        note=run.data.rows.note,
        condition_number=condition,
        floor=witness.baseline.line_train,
        decisions=run.data.decisions,
        train_variance=witness.baseline.variance,
        val_variance=witness.baseline.val_variance,
        parameters=len(run.weights),
        more_rows=len(drawn.x),
        more_name=drawn.name,
        more_data=drawn.words,
        drawn_x=drawn.x[:DRAWN_SHOWN].tolist(),
        drawn_y=drawn.y[:DRAWN_SHOWN].tolist(),
        more_noise=drawn.noise if drawn.name else None,
    )


def _told(parameters: Tensor, view: View) -> list[float | None]:
    if len(parameters) > FEW_PARAMETERS and not view.all_parameters:
        return []
    return _numbers(parameters.tolist())


def _numbers(values: Iterable[float]) -> list[float | None]:
    return [value if math.isfinite(value) else None for value in values]
