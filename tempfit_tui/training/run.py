"""A run: what it takes to train on, change, stop and go back."""

import copy
from collections.abc import Mapping
from typing import NamedTuple, Self

import torch
from msgspec.structs import replace
from torch import Tensor

from tempfit_tui.frame import Change, EarlyStop, Stopped, Value
from tempfit_tui.recipe import Recipe
from tempfit_tui.settings import is_live, live_settings, with_settings
from tempfit_tui.table import Table
from tempfit_tui.text import InputError
from tempfit_tui.training.checkpoint import State, packed, unpacked
from tempfit_tui.training.data import prepare
from tempfit_tui.training.history import History
from tempfit_tui.training.loop import Losses, train
from tempfit_tui.training.models import model_of
from tempfit_tui.training.optimizer import (
    fits,
    goes_on,
    optimizer_for,
    state_of,
    state_words,
    with_state,
)
from tempfit_tui.training.theory import divergence, largest_stable_lr

SLICE = 1024
"""The number of epochs after which the losses are gathered and looked at, at the most."""


class Best(NamedTuple):
    """The record with the least validation loss."""

    epoch: int
    loss: float
    """In transformed units."""


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
    """A run at one epoch: its state, and what was seen up to there."""

    state: State
    train_losses: History
    val_losses: History
    best: Best | None
    changes: list[Change]
    patient_from: int
    before_best: "Moment | None" = None
    """A moment from which the best record is soon reached again."""


KEPT_MOMENTS = 8
"""So many changes can be taken back, one after the other."""


class Run:
    """The whole state of a training: recipe, epoch, parameters, optimizer, losses.

    State k is what k updates have made. Record k holds both losses of state k - 1, measured
    before update k. The same recipe and the same changes at the same epochs give the same bits.

    Raises:
        InputError: the recipe doesn't suit the table.
    """

    def __init__(self, recipe: Recipe, table: Table) -> None:
        # One thread: these sums are too short to share, and their order makes the bits.
        torch.set_num_threads(1)
        self.recipe = recipe
        """As started, the planned changes in it."""
        self.now = recipe
        """With the settings in force."""
        self.changes: list[Change] = []
        """The changes made so far."""
        self.data = prepare(recipe, table)
        self.model = model_of(recipe.model)
        self.epoch = 0
        self.parameters = self.model.initial().requires_grad_()
        self.weights = self.parameters.detach()
        """The parameters without a graph: the same numbers in the same place."""
        self.generator = torch.Generator().manual_seed(recipe.model.seed)
        """Draws noise, dropout and mini-batches."""
        self.optimizer = optimizer_for(recipe.training, self.parameters)
        self._stepped = recipe.training, self.optimizer
        self.train_losses, self.val_losses = History(), History()
        self.best: Best | None = None
        self.last_step: LastStep | None = None
        self.stopped: Stopped | None = None
        self.early_stop: EarlyStop | None = None
        """Where patience ran out, until training goes on."""
        self._patient_from = 0
        self._before_best: Moment | None = None
        self._before_changes: list[Moment] = []
        self._apply_planned_changes()

    @property
    def validates(self) -> bool:
        """Whether any row is kept for validation."""
        return len(self.data.val_y) > 0

    def advance(self, epochs: int) -> None:
        """Train so many epochs; fewer where a number is not finite, or patience runs out."""
        end, self.early_stop = self.epoch + epochs, None
        while self.epoch < end and not self.stopped and not self.early_stop:
            ahead = [change.epoch - 1 for change in self.recipe.changes] + [self._patient_to]
            stops = [end, self.epoch + SLICE, *(epoch for epoch in ahead if epoch > self.epoch)]
            self._slice(min(stops) - self.epoch)
            self._apply_planned_changes()
            if 0 < self._patient_to <= self.epoch and self.best and not self.stopped:
                self._stop_early(self.best)

    def _train(self, epochs: int) -> Losses:
        """Do the article's loop so many times, with the settings in force."""
        settings, model, data, parameters = self.now, self.model, self.data, self.parameters
        return train(settings, model, data, parameters, self.optimizer, self.generator, epochs)

    def _slice(self, epochs: int) -> None:
        """Train so many epochs, or up to the first number that isn't finite."""
        start = self.moment()
        many = self._train(epochs - 1)
        before = self.weights.clone()
        last = self._train(1)
        self._stepped = self.now.training, self.optimizer
        if not self._keep(Losses(*(a + b for a, b in zip(many, last, strict=True))), before):
            self._set_state(start.state)
            self._train_until_it_stops()
        if self.best != start.best:
            self._before_best = start._replace(before_best=None)

    def _train_until_it_stops(self) -> None:
        """Train epoch by epoch up to the first number that isn't finite: it is not far."""
        while not self.stopped:
            before = self.weights.clone()
            if not self._keep(self._train(1), before, always=True):
                limit = largest_stable_lr(self.now, self.data, self.model)
                self.stopped = Stopped(self.epoch, divergence(self.now.training, limit))

    def _keep(self, losses: Losses, before: Tensor, always: bool = False) -> bool:
        """Add `losses` to the history if all numbers are finite, or `always`; tell if they are."""
        train, val = torch.stack(losses.train), torch.stack(losses.val)
        looked_at = (train, val, self.weights) if self.validates else (train, self.weights)
        finite = all(bool(values.isfinite().all()) for values in looked_at)
        if finite or always:
            self.train_losses.extend(train)
            if self.validates:
                self.val_losses.extend(val)
                self._note_best(val)
            self.epoch += len(train)
            assert self.parameters.grad is not None
            loss, gradient = losses.optimised[-1], self.parameters.grad
            self.last_step = LastStep(before, loss, gradient, self.weights.clone())
        return finite

    def _note_best(self, val: Tensor) -> None:
        loss, place = val.nan_to_num(nan=torch.inf, posinf=torch.inf).min(0)
        if float(loss) < (self.best.loss if self.best else torch.inf):
            self.best = Best(self.epoch + 1 + int(place), float(loss))

    def fitted(self, points: int) -> list[float]:
        """Return predictions at `points` inputs over the table's span, in the file's units."""
        low, high = self.data.span.tolist()
        x = torch.linspace(low, high, points, dtype=torch.float64)
        predicted = self.model.predict(self.weights, self.data.input(x))
        fitted: list[float] = self.data.target.undone(predicted).tolist()
        return fitted

    def change(self, settings: Mapping[str, Value]) -> None:
        """Change live settings, by their dotted names, before the next update.

        Before the first epoch this makes another recipe rather than a change to be marked.

        Raises:
            InputError: a setting isn't live, or its value is impossible.
        """
        for name in settings:
            if not is_live(name):
                raise InputError(f"{name}: needs a new start; it can't change during a run")
        after = with_settings(replace(self.now, changes=[]), settings)
        old, new = live_settings(self.now), live_settings(after)
        before = {name: old[name] for name in settings if old[name] != new[name]}
        if not before:
            return
        if "training.patience" in before:
            self._patient_from = self.epoch
        # Where a run ends has no part in how it goes.
        before.pop("training.epochs", None)
        if before and self.epoch:
            then, stepped = self._stepped
            note = state_words(then, after.training, any_state=bool(state_of(stepped)))
            self._mark(Change(self.epoch + 1, before, {name: new[name] for name in before}, note))
        self.now = after
        if not self.epoch:
            self.recipe = replace(after, changes=self.recipe.changes)
        self._retune()

    def _mark(self, change: Change) -> None:
        """Note `change`, and the moment before it; changes before the same epoch are one."""
        if not self.changes or self.changes[-1].epoch != change.epoch:
            self._before_changes = [*self._before_changes, self.moment()][-KEPT_MOMENTS:]
        self.changes = _with_change(self.changes, change)
        if not self.changes or self.changes[-1].epoch != change.epoch:
            # They cancelled out: there is nothing to take back.
            self._before_changes = self._before_changes[:-1]

    def _retune(self) -> None:
        """Make the optimizer that the settings ask for; its state goes on where it can.

        The state is that of the last update: what was tried in between two leaves no trace.
        """
        settings, stepped = self._stepped
        fresh = optimizer_for(self.now.training, self.parameters)
        same = goes_on(settings, self.now.training)
        self.optimizer = with_state(fresh, state_of(stepped)) if same else fresh

    def _apply_planned_changes(self) -> None:
        for planned in self.recipe.changes:
            if planned.epoch == self.epoch + 1:
                self.change(planned.set)

    @property
    def can_take_back(self) -> bool:
        """Whether `take_back_change` has a change to take back."""
        return bool(self._before_changes)

    def take_back_change(self) -> None:
        """Go back to before the last change, and do not make it again."""
        self.return_to(self._before_changes[-1])

    def return_to_best(self) -> None:
        """Go back to the weights that the best record measured, and to that epoch.

        Raises:
            InputError: there is no best record, or it is the next one.
        """
        if not (self.best and self._before_best):
            raise InputError("there are no better weights to go back to")
        epoch = self.best.epoch
        self.return_to(self._before_best)
        self.advance(epoch - 1 - self.epoch)

    @property
    def _patient_to(self) -> int:
        """The epoch at which patience runs out if validation doesn't improve; 0 for never."""
        if not (self.now.training.patience and self.validates):
            return 0
        best = self.best.epoch if self.best else 0
        return max(best, self._patient_from) + self.now.training.patience

    def _stop_early(self, best: Best) -> None:
        """Put the best weights back, with the optimizer as it was there; what was seen stays."""
        twin = self.twin()
        if twin._before_best:
            twin.return_to_best()
        state = twin._state()
        if not goes_on(twin.now.training, self.now.training):
            state = state._replace(optimizer={})
        self._set_state(state)
        self.early_stop = EarlyStop(self.epoch, best.epoch)
        self._patient_from = self.epoch

    def twin(self) -> Self:
        """Return a run that is here too, and goes its own way from here on."""
        other = copy.copy(self)
        other.parameters = self.weights.clone().requires_grad_()
        other.weights = other.parameters.detach()
        other.generator = torch.Generator()
        other.return_to(self.moment())
        other.stopped = self.stopped
        return other

    def moment(self) -> Moment:
        """Return what `return_to` needs to come back to this epoch."""
        before_best = self._before_best._replace(before_best=None) if self._before_best else None
        return Moment(
            self._state(),
            self.train_losses.copy(),
            self.val_losses.copy(),
            self.best,
            self.changes,
            self._patient_from,
            before_best,
        )

    def return_to(self, moment: Moment) -> None:
        """Go back to `moment`; going on from there gives the same bits as it did."""
        self._restore(moment.state)
        self.train_losses, self.val_losses = moment.train_losses.copy(), moment.val_losses.copy()
        self.best, self.changes = moment.best, moment.changes
        self._patient_from, self._before_best = moment.patient_from, moment.before_best
        made = {change.epoch - 1 for change in self.changes}
        self._before_changes = [kept for kept in self._before_changes if kept.state.epoch in made]

    def checkpoint(self) -> bytes:
        """Return all that going on from here needs; the losses so far are not in it."""
        return packed(self._state())

    def _state(self) -> State:
        return State(
            self.epoch,
            live_settings(self.now),
            self.weights.clone(),
            state_of(self.optimizer),
            self.generator.get_state(),
        )

    def restore(self, checkpoint: bytes) -> None:
        """Go back to what `checkpoint` gave, of a run of the same recipe.

        Raises:
            InputError: it isn't a checkpoint of such a run; the run is as it was.
        """
        state = unpacked(checkpoint)
        if state.parameters.shape != self.weights.shape:
            raise InputError("checkpoint: of another model; start the run anew")
        self._restore(state)
        self._before_best = None
        self.changes = [change for change in self.changes if change.epoch <= state.epoch]

    def _restore(self, state: State) -> None:
        live = {name: value for name, value in state.settings.items() if is_live(name)}
        now = with_settings(replace(self.now, changes=[]), live, "checkpoint")
        if not fits(state.optimizer, now.training, state.parameters):
            raise InputError("checkpoint: of another optimizer; start the run anew")
        self.now = now
        self._set_state(state)
        self.epoch, self.stopped, self.early_stop, self.last_step = state.epoch, None, None, None

    def _set_state(self, state: State) -> None:
        self.weights.copy_(state.parameters)
        self.generator.set_state(state.generator)
        fresh = optimizer_for(self.now.training, self.parameters)
        self.optimizer = with_state(fresh, state.optimizer)
        self._stepped = self.now.training, self.optimizer


def _with_change(changes: list[Change], new: Change) -> list[Change]:
    """Return `changes` with `new` at their end; what happened before the same epoch is one."""
    if not changes or changes[-1].epoch != new.epoch:
        return [*changes, new]
    last = changes[-1]
    before, after = {**new.before, **last.before}, {**last.after, **new.after}
    moved = [name for name in after if before[name] != after[name]]
    before, after = {n: before[n] for n in moved}, {n: after[n] for n in moved}
    merged = Change(new.epoch, before, after, new.note)
    return [*changes[:-1], merged] if moved else changes[:-1]
