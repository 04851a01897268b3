"""A run and the journal: what is written, and when."""

import math
import operator
import time

from torch import Tensor

from tempfit_tui.frame import Verdict
from tempfit_tui.journal.journal import Journal
from tempfit_tui.journal.pages import ANCHOR, SPACED, Beginning, Kept, Page, Standing
from tempfit_tui.settings import all_settings
from tempfit_tui.text import finite
from tempfit_tui.training.checkpoint import bytes_of
from tempfit_tui.training.evidence import Witness
from tempfit_tui.training.run import Run
from tempfit_tui.training.verdict import verdict_on

WRITTEN_SECONDS = 0.5
"""So often what came is written: a crash costs no more than that."""
WRITTEN_EPOCHS = 2**14
"""So many epochs are written at the latest: the history keeps twice as many exactly."""
SPACING_SECONDS = 0.05
"""A state is kept after so long a training: from there any epoch is reached in a moment."""
BYTES_A_SECOND = 4 * 2**20
"""The states of a large model are kept more seldom."""
MOST_BYTES = 48 * 2**20
"""Where the states along the way take more, every other one is left out, and so from then on."""
SKETCHED = 60
"""The points of a run's sketch in a list of runs."""


class Keeper:
    """Writes one run to the journal. It is there from its first epoch on."""

    def __init__(
        self,
        journal: Journal,
        beginning: Beginning,
        run: Run,
        witness: Witness,
        run_id: str | None = None,
    ) -> None:
        self.id = run_id
        """The run's in the journal; None before its first epoch."""
        self._journal, self._beginning, self._run = journal, beginning, run
        self._witness = witness
        # What comes before is in the journal: it is the run's own, or its parent's.
        self._written = run.epoch if run_id else beginning.parent_epoch
        self._at = time.monotonic()
        self._states: list[Kept] = []
        self._trained, self._spacing = 0.0, SPACING_SECONDS
        self._size = journal.read.size(run_id, SPACED) if run_id else 0
        self._as_written: tuple[object, ...] = self._as_it_is if run_id else ()

    def trained(self, seconds: float) -> None:
        """Note that the run has trained for so long since the last call, and write in time."""
        run = self._run
        self._trained += seconds
        if self._trained >= self._spacing:
            state = run.checkpoint()
            self._states.append(Kept(run.epoch, SPACED, state))
            self._size += len(state)
            # What is written with the page counts as well.
            self._spacing = max(self._spacing, len(state) / BYTES_A_SECOND)
            self._trained = 0.0
        ahead = run.epoch - self._written
        if time.monotonic() - self._at >= WRITTEN_SECONDS or ahead >= WRITTEN_EPOCHS:
            self.write()

    def write(self) -> None:
        """Write what came since the last time; nothing if nothing did."""
        run = self._run
        if not run.epoch or _same(self._as_it_is, self._as_written):
            return
        if run.early_stop:
            # To come here by training takes as long as patience does, and the best weights again.
            self._anchor()
        train, val = (each.since(self._written) for each in (run.train_losses, run.val_losses))
        self._write(train, val)

    def leap(self, epochs: int) -> None:
        """Let the run compute so many epochs, and write them: the history keeps fewer exactly.

        Raises:
            InputError: they can't be computed; the run is as it was.
        """
        self.write()
        run = self._run
        before = Kept(run.epoch, ANCHOR, run.checkpoint())
        train, val = run.leap(epochs)
        if before.epoch:
            self._states.append(before)
        self._anchor()
        self._write(train, val if run.validates else val[:0])

    def _anchor(self) -> None:
        run = self._run
        self._states.append(Kept(run.epoch, ANCHOR, run.checkpoint()))

    def _write(self, train: Tensor, val: Tensor) -> None:
        """Write a page with the losses that are new."""
        run, as_it_is = self._run, self._as_it_is
        page = Page(
            epochs=run.epoch,
            train=bytes_of(train),
            val=bytes_of(val),
            states=self._states,
            changes=run.changes,
            early_stops=run.early_stops,
            leaps=run.leaps,
            standing=standing_of(run, self._verdict()),
        )
        if self.id:
            self._journal.write(self.id, page)
        else:
            self.id = self._journal.begin(self._beginning._replace(recipe=run.recipe), page)
            self._size = self._journal.read.size(self.id, SPACED)
        self._states, self._written, self._at = [], run.epoch, time.monotonic()
        self._as_written = as_it_is
        if self._size > MOST_BYTES:
            self._journal.thin(self.id)
            self._size, self._spacing = self._size // 2, 2 * self._spacing

    @property
    def _as_it_is(self) -> tuple[object, ...]:
        """What a page tells of; it is replaced where it changes."""
        run = self._run
        return run.epoch, run.now, run.changes, run.early_stops

    def _verdict(self) -> Verdict:
        return verdict_on(self._witness.evidence(self._run))

    def leave(self) -> None:
        """Write the last of it: the run is complete as it is."""
        self.write()
        if self.id:
            self._journal.leave(self.id)


def _same(one: tuple[object, ...], other: tuple[object, ...]) -> bool:
    """Tell whether both hold the very same things."""
    return len(one) == len(other) and all(map(operator.is_, one, other))


def standing_of(run: Run, verdict: Verdict) -> Standing:
    """Return how `run` stands."""
    unit = run.data.loss_unit
    sketched = run.val_losses if run.validates else run.train_losses
    sketch = sketched.sampled(SKETCHED).losses
    return Standing(
        train_loss=finite(run.train_losses.last, unit),
        val_loss=finite(run.val_losses.last, unit),
        best_epoch=run.best.epoch if run.best else None,
        best_loss=run.best.loss * unit if run.best else None,
        verdict=verdict,
        stopped=run.stopped,
        settings=all_settings(run.now),
        sketch=[loss * unit for loss in sketch.tolist() if math.isfinite(loss)],
    )
