"""The way of a run through its parameters: some of its states, dense where it moved fast."""

from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple

import torch
from torch import Tensor

from tempfit_tui.journal.reading import Reader
from tempfit_tui.session.past import kept_states
from tempfit_tui.session.work import Pieces
from tempfit_tui.text import InputError
from tempfit_tui.training.checkpoint import State
from tempfit_tui.training.moment import alone
from tempfit_tui.training.run import Run

EARLY = 128
"""The first so many epochs are all there: most of the way is made in them."""
SPARSE = 1.1
"""Later states that are looked up are so many times as late as the one before."""
MOST_POINTS = 300
MOST_NUMBERS = 16_000_000
"""No more parameters are kept in all."""


def kept_state(journal: Reader, run: str | None, epoch: int) -> State | None:
    """Return the latest state up to `epoch` that can be read; None where there is none."""
    if run:
        with suppress(InputError):
            return next(kept_states(journal, run, epoch), None)
    return None


class Way(NamedTuple):
    """States on the way, in order."""

    epochs: Tensor
    """Shape (n,)."""
    points: Tensor
    """Their parameters, shape (n, p)."""


class Trail:
    """Gathers states of one run, a piece of the work at a time.

    `kept` returns the latest state that the journal has up to an epoch; None where it has none.
    """

    def __init__(self, kept: Callable[[int], State | None]) -> None:
        self._kept = kept
        self._points: dict[int, Tensor] = {}
        self._twin: Run | None = None
        """It trains the first epochs again: nobody kept them."""

    def catch_up(self, run: Run) -> Pieces[Way]:
        """Gather what is missing up to where `run` is, which may go on meanwhile."""
        here, weights = run.epoch, run.weights.clone()
        most = max(3, min(MOST_POINTS, MOST_NUMBERS // len(weights)))
        twin = self._twin = self._twin or self._begin(run)
        while twin.epoch < min(EARLY, most // 2, here) and not twin.stopped:
            twin.relive(run.changes, twin.epoch + 1, run.leaps)
            self._points[twin.epoch] = twin.weights.clone()
            yield None
        last = max(self._points)
        while (last := int(last * SPARSE) + 1) < here:
            state = self._kept(last)
            if state and state.epoch not in self._points:
                self._points[state.epoch] = state.parameters
                yield None
        self._points[here] = weights
        while len(self._points) > most:
            # Every other one of the later half: the beginning stays as dense as it is.
            ordered = sorted(self._points)
            for epoch in ordered[len(ordered) // 2 : -1 : 2]:
                del self._points[epoch]
        ordered = sorted(self._points)
        yield Way(torch.tensor(ordered), torch.stack([self._points[epoch] for epoch in ordered]))

    def _begin(self, run: Run) -> Run:
        twin = run.twin()
        first = run.first_state()
        twin.return_to(alone(first))
        self._points[0] = first.parameters.clone()
        return twin
