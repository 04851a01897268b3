"""A run: the article's training loop, and what it takes to change, stop and go back."""

from collections.abc import Mapping
from typing import NamedTuple

import torch
from msgspec.structs import replace
from torch import Tensor
from torch.nn.functional import mse_loss

from tempfit_tui.frame import Change, Stopped, Value
from tempfit_tui.recipe import Recipe
from tempfit_tui.settings import is_live, live_settings, with_settings
from tempfit_tui.table import Table
from tempfit_tui.text import InputError
from tempfit_tui.training.checkpoint import State, packed, unpacked
from tempfit_tui.training.data import prepare
from tempfit_tui.training.gradient import gradient_by
from tempfit_tui.training.history import History
from tempfit_tui.training.model import Linear
from tempfit_tui.training.optimizer import fits, optimizer_for, state_of, with_state
from tempfit_tui.training.theory import divergence, largest_stable_lr

SLICE = 1024
"""The number of epochs after which the losses are gathered and looked at, at the most."""


class Best(NamedTuple):
    """The record with the least validation loss."""

    epoch: int
    loss: float
    """In transformed units."""


class Losses(NamedTuple):
    """What a stretch of training measured, a scalar tensor an epoch, in transformed units."""

    train: list[Tensor]
    val: list[Tensor]


class LastStep(NamedTuple):
    """The newest epoch taken apart: what the update started from, and the gradient it followed."""

    before: Tensor
    gradient: Tensor


class Moment(NamedTuple):
    """A run at one epoch: its checkpoint, and the losses up to there."""

    checkpoint: bytes
    train_losses: History
    val_losses: History
    best: Best | None


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
        self.model = Linear(recipe.model)
        self.epoch = 0
        self.parameters = self.model.initial().requires_grad_()
        self.weights = self.parameters.detach()
        """The parameters without a graph: the same numbers in the same place."""
        self.optimizer = optimizer_for(recipe.training, self.parameters)
        self._stepped = self.optimizer
        self.train_losses, self.val_losses = History(), History()
        self.best: Best | None = None
        self.last_step: LastStep | None = None
        self.stopped: Stopped | None = None
        self._before_changes: list[Moment] = []
        self._apply_planned_changes()

    @property
    def validates(self) -> bool:
        """Whether any row is kept for validation."""
        return len(self.data.val_y) > 0

    def advance(self, epochs: int) -> None:
        """Train so many epochs; fewer where a loss or a parameter is not finite."""
        end = self.epoch + epochs
        while self.epoch < end and not self.stopped:
            planned = [change.epoch - 1 for change in self.recipe.changes]
            stops = [end, self.epoch + SLICE, *(epoch for epoch in planned if epoch > self.epoch)]
            self._slice(min(stops) - self.epoch)
            self._apply_planned_changes()

    def _train(self, epochs: int, losses: Losses) -> None:
        """Do the article's loop so many times; `losses` gets what it measures."""
        model, data, parameters, weights = self.model, self.data, self.parameters, self.weights
        gradient_of = gradient_by(self.now.training, model, data)
        with torch.set_grad_enabled(self.now.training.gradient == "autograd"):
            for _ in range(epochs):
                predicted = model.predict(parameters, data.x)  # forward
                loss = mse_loss(predicted, data.y)  # loss
                losses.train.append(loss.detach())
                losses.val.append(mse_loss(model.predict(weights, data.val_x), data.val_y))
                parameters.grad = gradient_of(parameters, predicted, loss)  # gradient
                self.optimizer.step()  # update

    def _slice(self, epochs: int) -> None:
        """Train so many epochs, or up to the first number that isn't finite."""
        start, state, losses = self.weights.clone(), state_of(self.optimizer), Losses([], [])
        self._train(epochs - 1, losses)
        before = self.weights.clone()
        self._train(1, losses)
        self._stepped = self.optimizer
        if self._keep(losses, before):
            return
        self._set_state(start, state)
        while not self.stopped:
            before, losses = self.weights.clone(), Losses([], [])
            self._train(1, losses)
            if not self._keep(losses, before, always=True):
                limit = largest_stable_lr(self.now.training, self.data)
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
            self.last_step = LastStep(before, self.parameters.grad)
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
        # Where a run ends has no part in how it goes.
        before.pop("training.epochs", None)
        if before and self.epoch:
            self._mark(Change(self.epoch + 1, before, {name: new[name] for name in before}))
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
        """Make the optimizer that the settings ask for; its state goes on if its kind is the same.

        The state is that of the last update: what was tried in between two leaves no trace.
        """
        fresh = optimizer_for(self.now.training, self.parameters)
        same = type(fresh) is type(self._stepped)
        self.optimizer = with_state(fresh, state_of(self._stepped)) if same else fresh

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
        *earlier, moment = self._before_changes
        self.return_to(moment)
        self._before_changes = earlier

    def moment(self) -> Moment:
        """Return what `return_to` needs to come back to this epoch."""
        losses = self.train_losses.copy(), self.val_losses.copy()
        return Moment(self.checkpoint(), *losses, self.best)

    def return_to(self, moment: Moment) -> None:
        """Go back to `moment`; going on from there gives the same bits as it did."""
        self.restore(moment.checkpoint)
        self.train_losses, self.val_losses = moment.train_losses.copy(), moment.val_losses.copy()
        self.best = moment.best

    def checkpoint(self) -> bytes:
        """Return all that going on from here needs; the losses so far are not in it."""
        state = state_of(self.optimizer)
        return packed(State(self.epoch, live_settings(self.now), self.weights, state))

    def restore(self, checkpoint: bytes) -> None:
        """Go back to what `checkpoint` gave, of a run of the same recipe.

        Raises:
            InputError: it isn't a checkpoint of such a run; the run is as it was.
        """
        state = unpacked(checkpoint)
        if state.parameters.shape != self.weights.shape:
            raise InputError("checkpoint: of another model; start the run anew")
        live = {name: value for name, value in state.settings.items() if is_live(name)}
        now = with_settings(replace(self.now, changes=[]), live, "checkpoint")
        if not fits(state.optimizer, now.training, state.parameters):
            raise InputError("checkpoint: of another optimizer; start the run anew")
        self.now = now
        self._set_state(state.parameters, state.optimizer)
        self.epoch, self.stopped, self.last_step = state.epoch, None, None
        self.changes = [change for change in self.changes if change.epoch <= state.epoch]

    def _set_state(self, parameters: Tensor, optimizer: dict[str, Tensor]) -> None:
        self.weights.copy_(parameters)
        self.optimizer = with_state(optimizer_for(self.now.training, self.parameters), optimizer)
        self._stepped = self.optimizer


def _with_change(changes: list[Change], new: Change) -> list[Change]:
    """Return `changes` with `new` at their end; what happened before the same epoch is one."""
    if not changes or changes[-1].epoch != new.epoch:
        return [*changes, new]
    last = changes[-1]
    before, after = {**new.before, **last.before}, {**last.after, **new.after}
    moved = [name for name in after if before[name] != after[name]]
    merged = Change(new.epoch, {n: before[n] for n in moved}, {n: after[n] for n in moved})
    return [*changes[:-1], merged] if moved else changes[:-1]
