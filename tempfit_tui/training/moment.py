"""A run at one epoch: what going back to it needs, and what is remembered of the way there."""

from collections.abc import Iterable
from typing import NamedTuple

import torch
from torch import Tensor

from tempfit_tui.frame import Change, EarlyStop, Leap
from tempfit_tui.training.checkpoint import State
from tempfit_tui.training.history import History


class Best(NamedTuple):
    """The record with the least validation loss."""

    epoch: int
    loss: float
    """In transformed units."""


def best_of(val: Tensor, before: int = 0) -> Best | None:
    """Return the first of the least losses among the records after epoch `before`."""
    if not len(val):
        return None
    finite = val.nan_to_num(nan=torch.inf, posinf=torch.inf)
    least = finite.min()
    if not bool(least.isfinite()):
        return None
    return Best(before + 1 + int((finite == least).nonzero()[0]), float(least))


class LastStep(NamedTuple):
    """The newest epoch taken apart: what its last update started from and followed."""

    before: Tensor
    """The parameters at the beginning of the epoch."""
    loss: Tensor
    """As it was optimised, in transformed units."""
    gradient: Tensor
    after: Tensor
    """The parameters at its end."""


class Moment(NamedTuple):
    """A run at one epoch: its state, and what was seen and done up to there."""

    state: State
    train_losses: History
    val_losses: History
    best: Best | None
    before_best: State | None
    """A state from which the best record is soon reached again."""
    changes: list[Change]
    """Those before the next update among them: they are not in the state."""
    early_stops: list[EarlyStop]
    leaps: list[Leap]


def leaps_up_to(leaps: Iterable[Leap], epoch: int) -> list[Leap]:
    """Return those of `leaps` that begin before `epoch`, cut where they go on beyond it."""
    return [Leap(leap.epoch, min(leap.until, epoch)) for leap in leaps if leap.epoch < epoch]


def alone(state: State) -> Moment:
    """Return the moment of a state whose losses and past aren't needed, to go on from."""
    return Moment(state, History(), History(), None, None, [], [], [])
