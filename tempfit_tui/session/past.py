"""A run's past: what it was at any of its epochs, from what the journal keeps of it."""

import contextlib
from collections.abc import Iterator

import torch
from torch import Tensor

from tempfit_tui.frame import Change, EarlyStop, Leap
from tempfit_tui.journal.reading import Reader
from tempfit_tui.text import InputError
from tempfit_tui.training.checkpoint import State, unpacked
from tempfit_tui.training.history import History
from tempfit_tui.training.moment import Moment, best_of, leaps_up_to
from tempfit_tui.training.run import Run


class Past:
    """What `run`, which is in the journal as `run_id`, has been; `run` itself stays as it is.

    `changes`, `early_stops` and `leaps` are all that there are up to its end.
    """

    def __init__(
        self,
        journal: Reader,
        run_id: str,
        changes: list[Change],
        early_stops: list[EarlyStop],
        leaps: list[Leap],
    ) -> None:
        self._journal, self._id = journal, run_id
        self._changes, self._early_stops, self._leaps = changes, early_stops, leaps

    def at(self, epoch: int, run: Run, near: Run | None = None) -> Run:
        """Return a twin of `run` as it was after `epoch` updates, and before the next.

        The same bits as it had; `near` is an earlier answer, to go on from where that is nearer.
        Inside a leap there is the leap up to there.

        Raises:
            InputError: the journal can't be read.
        """
        # One epoch is trained at least, to be taken apart.
        start = self._moment(max(0, epoch - 1), run)
        if near and start.state.epoch <= near.epoch < epoch and not self._in_leap(near.epoch):
            twin = near.twin()
        else:
            twin = run.twin()
            twin.return_to(start)
        twin.relive(self._changes, epoch, self._leaps)
        # Where it ends is as it is now.
        twin.change({"training.epochs": run.now.training.epochs})
        return twin

    def _moment(self, epoch: int, run: Run) -> Moment:
        """Return the latest moment up to `epoch` of which a state is kept."""
        state = self._state(epoch, run)
        losses = self._journal.losses(self._id, state.epoch)
        best = best_of(losses_of(losses.val))
        before_best = self._state(best.epoch - 1, run) if best else None
        if best and before_best and self._stopped_between(before_best.epoch, best.epoch):
            # The state of an early stop is missing: from the start the stop comes about again.
            return self._moment(0, run)
        return Moment(
            state,
            history_of(losses.train),
            history_of(losses.val),
            best,
            before_best,
            [change for change in self._changes if change.epoch <= state.epoch],
            [stop for stop in self._early_stops if stop.epoch <= state.epoch],
            leaps_up_to(self._leaps, state.epoch),
        )

    def _stopped_between(self, first: int, last: int) -> bool:
        return any(first < stop.epoch < last for stop in self._early_stops)

    def _in_leap(self, epoch: int) -> bool:
        """Tell whether that is inside a leap: from there it doesn't go on with the same bits."""
        return any(leap.epoch < epoch < leap.until for leap in self._leaps)

    def _state(self, epoch: int, run: Run) -> State:
        for state in kept_states(self._journal, self._id, epoch):
            if state.epoch <= epoch and not self._in_leap(state.epoch) and run.could_be(state):
                return state
        return run.first_state()


def kept_states(journal: Reader, run_id: str, until: int) -> Iterator[State]:
    """Give the states of a run that can be read, of those kept up to an epoch, the latest first.

    Raises:
        InputError: the journal can't be read.
    """
    for kept in journal.states(run_id, until):
        # Without a damaged one the way is longer, that is all.
        with contextlib.suppress(InputError):
            yield unpacked(kept)


def history_of(losses: bytes) -> History:
    """Return the history of losses from epoch 1 on."""
    return History.of(losses_of(losses))


def losses_of(losses: bytes) -> Tensor:
    """Return losses as the journal keeps them as a tensor, shape (n,)."""
    return torch.frombuffer(bytearray(losses), dtype=torch.float32) if losses else torch.empty(0)
