"""A run of the journal trained again: whether every loss comes out as it did, bit for bit."""

from collections.abc import Callable
from importlib import metadata
from typing import NamedTuple

import torch
from torch import Tensor

from tempfit_tui import __version__
from tempfit_tui.journal.reading import Reader
from tempfit_tui.record import Record
from tempfit_tui.session.past import losses_of
from tempfit_tui.training.run import Run

PIECE = 2**12
"""So many epochs are trained before they are compared: the history has more of them exactly."""


class Replay(NamedTuple):
    """What came of it."""

    epochs: int
    """How many the run has."""
    differs_at: int | None
    """The first epoch that came out otherwise; None where all are the same."""
    versions: str
    """What else the run was trained by, as in `torch 2.12.0`; "" where it was the same."""


def replay(journal: Reader, run_id: str, told: Callable[[int], None] = lambda _: None) -> Replay:
    """Train a run of the journal again from its start, and compare; `told` of each epoch reached.

    Raises:
        InputError: there is no such run, or it is damaged.
    """
    record, row = journal.record(run_id), journal.row(run_id)
    losses = journal.losses(run_id, record.epochs)
    train, val = losses_of(losses.train), losses_of(losses.val)
    run = Run(record.recipe, record.table)
    ours = {"torch": metadata.version("torch"), "tempfit-tui": __version__}
    theirs = {"torch": row.torch, "tempfit-tui": row.tempfit}
    versions = ", ".join(f"{name} {theirs[name]}" for name in ours if ours[name] != theirs[name])

    differs_at = None if bool(len(val)) == run.validates else 1
    while differs_at is None and run.epoch < record.epochs:
        begun = run.epoch
        ours_train, ours_val = _next(run, record)
        told(run.epoch)
        found = [_first_other(ours_train, train, begun)]
        if run.validates:
            found.append(_first_other(ours_val, val, begun))
        if run.stopped:
            found.append(run.epoch + 1 if run.epoch < record.epochs else None)
        differs_at = min(filter(None, found), default=None)
    if differs_at is None and (stops := {*run.early_stops} ^ {*record.early_stops}):
        differs_at = min(stop.epoch for stop in stops)
    return Replay(record.epochs, differs_at, versions)


def _next(run: Run, record: Record) -> tuple[Tensor, Tensor]:
    """Go on with `run` for a piece, or a whole leap, and return the losses that come."""
    begun, end = run.epoch, min(run.epoch + PIECE, record.epochs)
    for leap in record.leaps:
        if leap.epoch == begun:
            run.relive(record.changes, begun)  # makes what was changed right before it
            return run.leap(leap.until - begun, again=True)
        if leap.epoch > begun:
            end = min(end, leap.epoch)
    run.relive(record.changes, end)
    return run.train_losses.since(begun), run.val_losses.since(begun)


def _first_other(ours: Tensor, losses: Tensor, begun: int) -> int | None:
    """Return the first epoch after `begun` whose loss isn't the same, bit for bit."""
    theirs = losses[begun : begun + len(ours)]
    same = (ours.view(torch.int32) == theirs.view(torch.int32)) | (ours.isnan() & theirs.isnan())
    return None if bool(same.all()) else begun + 1 + int((~same).nonzero()[0])
