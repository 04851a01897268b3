"""A run: what it takes to train on, change, stop and go back."""

import copy
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Self

import torch
from msgspec.structs import replace
from torch import Tensor

from tempfit_tui.frame import Change, EarlyStop, Leap, Limit, Stopped, Value
from tempfit_tui.recipe import PlannedChange, Recipe
from tempfit_tui.settings import is_live, live_settings, with_settings
from tempfit_tui.table import Table
from tempfit_tui.text import InputError
from tempfit_tui.training.changes import with_change, with_end
from tempfit_tui.training.checkpoint import State, packed, settings_of, unpacked
from tempfit_tui.training.closed_form import Sums, leapt, sums_of
from tempfit_tui.training.data import prepare
from tempfit_tui.training.forecast import refuse_leap, sums_for
from tempfit_tui.training.history import History
from tempfit_tui.training.limits import refuse_too_large
from tempfit_tui.training.loop import Losses, train
from tempfit_tui.training.models import model_of
from tempfit_tui.training.moment import Best, LastStep, Moment, alone, best_of, leaps_up_to
from tempfit_tui.training.optimizer import goes_on, optimizer_for, state_of, state_words, with_state
from tempfit_tui.training.stability import StableLr, divergence
from tempfit_tui.training.theory import hessian_eigenvalues

SLICE = 1024
"""The number of epochs after which the losses are gathered and looked at, at the most."""
SEEN = 2**20
"""The number of predictions that are put down until then, at the most, beyond one epoch's."""


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
        self.data = prepare(recipe, table)
        if recipe.more_data.rows:
            more = replace(recipe.more_data, noise=self.data.drawn.noise)
            recipe = replace(recipe, more_data=more)
        self.recipe = recipe
        """As started, the planned changes in it, and the noise of what was drawn in addition."""
        self.planned = recipe.changes
        """The changes to make by themselves before their epochs."""
        self.now = recipe
        """With the settings in force."""
        self.changes: list[Change] = []
        """The changes made so far."""
        self.model = model_of(recipe.model)
        self.epoch = 0
        self.parameters = self.model.initial().requires_grad_()
        self.weights = self.parameters.detach()
        """The parameters without a graph: the same numbers in the same place."""
        self.generator = torch.Generator().manual_seed(recipe.model.seed)
        """Draws noise, dropout and mini-batches."""
        self.optimizer = optimizer_for(recipe.training, self.parameters)
        self._settled = recipe, self.optimizer
        """Settings and optimizer as the last update left them."""
        self.train_losses, self.val_losses = History(), History()
        self.best: Best | None = None
        self.last_step: LastStep | None = None
        self.stopped: Stopped | None = None
        self.early_stop: EarlyStop | None = None
        """Where patience ran out, until training goes on."""
        self.early_stops: list[EarlyStop] = []
        """All of them, in order."""
        self.leaps: list[Leap] = []
        """The epochs that were computed in closed form, in order."""
        self._before_best: State | None = None
        self._apply_planned_changes()
        self.planned = [planned for planned in self.planned if planned.epoch > 1]
        self.recipe = replace(self.recipe, changes=self.planned)

    @property
    def validates(self) -> bool:
        """Whether any row is kept for validation."""
        return len(self.data.val_y) > 0

    @cached_property
    def eigenvalues(self) -> tuple[float, float] | None:
        """The least and the largest of the Hessian; None where they aren't the same everywhere."""
        return hessian_eigenvalues(self.data, self.model)

    @cached_property
    def sums(self) -> Sums | None:
        """What the closed form of its losses needs of the data; None where there is none."""
        return sums_of(self.data, self.model)

    @property
    def limit(self) -> Limit:
        """The largest stable learning rate with the settings in force."""
        return self._stable_lr.under(self.now)

    @property
    def standardised_limit(self) -> Limit | None:
        """The same if the input were standardised; None where that is so, or can't be."""
        return self._standardised_lr.under(self.now) if self._standardised_lr else None

    @cached_property
    def _stable_lr(self) -> StableLr:
        return StableLr(self.data.x, self.model)

    @cached_property
    def _standardised_lr(self) -> StableLr | None:
        x = self.data.x.double()
        read = x[: len(self.data.rows.train)]
        deviation = read.std(correction=0)
        if self.recipe.input.transform == "standardise" or not 0 < float(deviation) < torch.inf:
            return None
        return StableLr((x - read.mean()) / deviation, self.model)

    def advance(self, epochs: int, *, patient: bool = True) -> None:
        """Train so many epochs; fewer where a number is not finite, or patience runs out."""
        end, self.early_stop = self.epoch + epochs, None
        while self.epoch < end and not self.stopped and not self.early_stop:
            patient_to = self._patient_to if patient else 0
            ahead = [patient_to, *(change.epoch - 1 for change in self.planned)]
            stops = [
                end,
                self.epoch + self._longest_slice,
                *(epoch for epoch in ahead if epoch > self.epoch),
            ]
            self._slice(min(stops) - self.epoch)
            patient_to = self._patient_to if patient else 0
            if 0 < patient_to <= self.epoch and self.best and not self.stopped:
                self._stop_early(self.best)
            self._apply_planned_changes()

    def leap(self, epochs: int, *, again: bool = False) -> tuple[Tensor, Tensor]:
        """Compute so many epochs in closed form instead of training them; return their losses.

        Those of training and of validation (NaN without such rows), float32, shape (epochs,).
        What has been done once is done `again` without asking how far training would follow.

        Raises:
            InputError: the epochs aren't known in closed form, or not as far.
        """
        if not again:
            refuse_leap(self, epochs)
        start, best, self.early_stop = self._state(), self.best, None
        done = leapt(self.now, self.model, self.data, sums_for(self), self.weights, epochs)
        self.weights.copy_(done.after)
        self.parameters.grad = done.gradient
        self.leaps = [*self.leaps, Leap(self.epoch, self.epoch + epochs)]
        self._settled = self.now, self.optimizer
        self._keep([done.losses], done.before, always=True)
        if self.best != best:
            self._before_best = start
        self._apply_planned_changes()
        return done.losses.train, done.losses.val

    def relive(
        self,
        changes: list[Change],
        epoch: int,
        leaps: Sequence[Leap] = (),
        *,
        patient: bool = True,
    ) -> None:
        """Train to `epoch` with `changes` made before their epochs, as they were once made.

        Those before the next update are made too; what is planned for later stays planned. Where
        one of `leaps` begins, its epochs are computed again, up to `epoch`.
        """
        made = [PlannedChange(change.epoch, dict(change.after)) for change in changes]
        planned, self.planned = self.planned, made
        self._apply_planned_changes()
        while self.epoch < epoch and not self.stopped:
            ahead = next((leap for leap in leaps if leap.epoch >= self.epoch), Leap(epoch, epoch))
            if ahead.epoch == self.epoch:
                self.leap(min(ahead.until, epoch) - self.epoch, again=True)
            else:
                self.advance(min(ahead.epoch, epoch) - self.epoch, patient=patient)
        self.planned = planned

    @property
    def _longest_slice(self) -> int:
        return max(1, min(SLICE, SEEN // (len(self.data.y) + len(self.data.val_y))))

    def _train(self, epochs: int) -> Losses:
        """Do the article's loop so many times, with the settings in force."""
        settings, model, data, parameters = self.now, self.model, self.data, self.parameters
        return train(settings, model, data, parameters, self.optimizer, self.generator, epochs)

    def _slice(self, epochs: int) -> None:
        """Train so many epochs, or up to the first number that isn't finite."""
        start, best = self._state(), self.best
        many = [self._train(epochs - 1)] if epochs > 1 else []
        before = self.weights.clone()
        last = self._train(1)
        settled, self._settled = self._settled, (self.now, self.optimizer)
        if not self._keep([*many, last], before):
            self._set_state(start, settled[0])
            self._retune()
            self._train_until_it_stops()
        if self.best != best:
            self._before_best = start

    def _train_until_it_stops(self) -> None:
        """Train epoch by epoch up to the first number that isn't finite: it is not far."""
        while not self.stopped:
            before, losses = self.weights.clone(), self._train(1)
            self._settled = self.now, self.optimizer
            if not self._keep([losses], before, always=True):
                why = divergence(self.now, self.limit, len(self.data.y))
                self.stopped = Stopped(self.epoch, why)

    def _keep(self, losses: list[Losses], before: Tensor, always: bool = False) -> bool:
        """Add `losses` to the history if all numbers are finite, or `always`; tell if they are."""
        train = torch.cat([part.train for part in losses])
        val = torch.cat([part.val for part in losses])
        looked_at = (train, val, self.weights) if self.validates else (train, self.weights)
        finite = all(bool(values.isfinite().all()) for values in looked_at)
        if finite or always:
            self.train_losses.extend(train)
            if self.validates:
                self.val_losses.extend(val)
                self._note_best(val)
            self.epoch += len(train)
            assert self.parameters.grad is not None
            loss, gradient = losses[-1].optimised, self.parameters.grad
            self.last_step = LastStep(before, loss, gradient, self.weights.clone())
        return finite

    def _note_best(self, val: Tensor) -> None:
        best = best_of(val, self.epoch)
        if best and best.loss < (self.best.loss if self.best else torch.inf):
            self.best = best

    def fitted(self, points: int) -> list[float]:
        """Return predictions at `points` inputs over the table's span, in the file's units."""
        low, high = self.data.span.tolist()
        x = torch.linspace(low, high, points, dtype=torch.float64)
        predicted: list[float] = self.predict(x).tolist()
        return predicted

    def predict(self, x: Tensor) -> Tensor:
        """Return the predictions for inputs `x`; both in the file's units and float64."""
        predicted = self.model.predict(self.weights.double(), self.data.input.exact(x))
        return self.data.target.undone(predicted)

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
        refuse_too_large(after, len(self.data.y) + len(self.data.val_y))
        old, new = live_settings(self.now), live_settings(after)
        before = {name: old[name] for name in settings if old[name] != new[name]}
        if not before:
            return
        # Where a run ends has no part in how it goes.
        then, optimizer = self._settled
        if "training.epochs" in before:
            del before["training.epochs"]
            self._settled = with_end(then, after.training.epochs), optimizer
        if before and self.epoch:
            any_state = bool(state_of(optimizer))
            note = state_words(then.training, after.training, any_state=any_state)
            made = Change(self.epoch + 1, before, {name: new[name] for name in before}, note)
            self.changes = with_change(self.changes, made)
        self.now = after
        if not self.epoch:
            self.recipe = replace(after, changes=self.recipe.changes)
        self._retune()
        if not self.epoch:
            self._settled = self.now, self.optimizer

    def _retune(self) -> None:
        """Make the optimizer that the settings ask for; its state goes on where it can.

        The state is that of the last update: what was tried in between two leaves no trace.
        """
        then, settled = self._settled
        fresh = optimizer_for(self.now.training, self.parameters)
        same = goes_on(then.training, self.now.training)
        self.optimizer = with_state(fresh, state_of(settled)) if same else fresh

    def _apply_planned_changes(self) -> None:
        for planned in self.planned:
            if planned.epoch == self.epoch + 1:
                self.change(planned.set)

    @property
    def _patient_to(self) -> int:
        """The epoch at which patience runs out if validation doesn't improve; 0 for never."""
        if not (self.now.training.patience and self.validates):
            return 0
        begins = [made.epoch - 1 for made in self.changes if "training.patience" in made.after]
        begins += [stop.epoch for stop in self.early_stops[-1:]]
        best = self.best.epoch if self.best else 0
        return max([best, *begins]) + self.now.training.patience

    def _stop_early(self, best: Best) -> None:
        """Put the best weights back, with the optimizer as it was there; what was seen stays."""
        twin = self.twin()
        if self._before_best:
            # Its losses and its best record aren't needed to come to its weights.
            twin.return_to(alone(self._before_best))
            twin.relive(self.changes, best.epoch - 1, self.leaps, patient=False)
        state = twin._state()
        if not goes_on(twin._settled[0].training, self.now.training):
            state = state._replace(optimizer={})
        self._set_state(state, self.now)
        self.early_stop = EarlyStop(self.epoch, best.epoch)
        self.early_stops = [*self.early_stops, self.early_stop]

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
        return Moment(
            self._state(),
            self.train_losses.copy(),
            self.val_losses.copy(),
            self.best,
            self._before_best,
            self.changes,
            self.early_stops,
            self.leaps,
        )

    def return_to(self, moment: Moment) -> None:
        """Go back to `moment`; going on from there gives the same bits as it did.

        Raises:
            InputError: its state isn't one of such a run; the run is as it was.
        """
        self._restore(moment.state)
        self.train_losses, self.val_losses = moment.train_losses.copy(), moment.val_losses.copy()
        self.best, self._before_best = moment.best, moment.before_best
        self.changes, self.early_stops = moment.changes, moment.early_stops
        self.leaps = moment.leaps
        if self.changes and self.changes[-1].epoch == self.epoch + 1:
            self.now = with_settings(self.now, self.changes[-1].after)
            self._retune()

    def take_back(self, epoch: int) -> None:
        """Go back from the change made before update `epoch`, the next one, and never make it."""
        self.planned = [planned for planned in self.planned if planned.epoch != epoch]
        self.recipe = replace(self.recipe, changes=self.planned)
        changes = [change for change in self.changes if change.epoch != epoch]
        here = self.last_step, self.early_stop, self.stopped
        self.return_to(self.moment()._replace(changes=changes))
        self.last_step, self.early_stop, self.stopped = here  # of this very epoch

    def checkpoint(self) -> bytes:
        """Return the state that the last update left; losses, and changes since, are not in it."""
        return packed(self._state())

    def _state(self) -> State:
        settings, optimizer = self._settled
        return State(
            self.epoch,
            live_settings(settings),
            self.weights.clone(),
            state_of(optimizer),
            self.generator.get_state(),
        )

    def restore(self, checkpoint: bytes) -> None:
        """Go back to what `checkpoint` gave, of a run of the same recipe.

        Raises:
            InputError: it isn't a checkpoint of such a run; the run is as it was.
        """
        self._restore(unpacked(checkpoint))
        self._before_best = None
        self.changes = [change for change in self.changes if change.epoch <= self.epoch]
        self.early_stops = [stop for stop in self.early_stops if stop.epoch <= self.epoch]
        self.leaps = leaps_up_to(self.leaps, self.epoch)

    def could_be(self, state: State) -> bool:
        """Tell whether `return_to` could go back to `state`."""
        try:
            settings_of(state, self.now, self.weights)
        except InputError:
            return False
        return True

    def _restore(self, state: State) -> None:
        self.now = settings_of(state, self.now, self.weights)
        self._set_state(state, self.now)
        self.epoch, self.stopped, self.early_stop, self.last_step = state.epoch, None, None, None

    def first_state(self) -> State:
        """Return the state before the first update."""
        generator = torch.Generator().manual_seed(self.recipe.model.seed)
        settings = live_settings(self.recipe)
        return State(0, settings, self.model.initial(), {}, generator.get_state())

    def _set_state(self, state: State, settings: Recipe) -> None:
        """Put back weights, generator and optimizer, as an update with `settings` left them."""
        self.weights.copy_(state.parameters)
        self.generator.set_state(state.generator)
        fresh = optimizer_for(settings.training, self.parameters)
        self.optimizer = with_state(fresh, state.optimizer)
        self._settled = settings, self.optimizer
