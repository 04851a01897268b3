"""A run being lived: trained for a budget, changed, gone back on, and seen as frames."""

import time
from collections.abc import Callable, Mapping

from tempfit_tui.frame import Frame, RewindTo, Value, View
from tempfit_tui.recipe import Recipe
from tempfit_tui.session.picture import frame_of
from tempfit_tui.settings import with_settings
from tempfit_tui.table import Table
from tempfit_tui.text import InputError
from tempfit_tui.training.run import Run

CHUNK_SECONDS = 0.004
"""How long training goes on before it looks at the clock and for a key: a key waits no longer."""


class Session:
    """One run, from a recipe and a table.

    Raises:
        InputError: the recipe doesn't suit the table.
    """

    def __init__(self, recipe: Recipe, table: Table) -> None:
        self._table = table
        self._chunk = 16
        self._changed_by_hand: set[str] = set()
        self._setup_shown = False
        self.run = Run(recipe, table)

    def advance(
        self,
        epochs: int | None = None,
        seconds: float | None = None,
        interrupted: Callable[[], bool] = lambda: False,
    ) -> None:
        """Train for so many epochs or seconds, whichever is over first, or until `interrupted`.

        It ends early at the epoch where the recipe ends, and where the run stops.
        """
        run = self.run
        left = epochs if epochs is not None else 2**62
        deadline = time.monotonic() + seconds if seconds is not None else float("inf")
        if run.now.training.epochs and run.epoch < run.now.training.epochs:
            left = min(left, run.now.training.epochs - run.epoch)
        while left > 0 and not run.stopped:
            began, before = time.monotonic(), run.epoch
            run.advance(min(self._chunk, left))
            now = time.monotonic()
            left -= run.epoch - before
            self._fit_chunk((now - began) / max(1, run.epoch - before))
            if now >= deadline or interrupted():
                break

    def _fit_chunk(self, seconds_an_epoch: float) -> None:
        wanted = int(CHUNK_SECONDS / max(seconds_an_epoch, 1e-9))
        self._chunk = max(1, min(wanted, 2 * self._chunk))

    def change(self, settings: Mapping[str, Value]) -> None:
        """Change live settings before the next update.

        Raises:
            InputError: a setting isn't live, or its value is impossible.
        """
        self.run.change(settings)
        self._changed_by_hand |= set(settings)

    def rewind(self, to: RewindTo) -> None:
        """Go back to before the last change, or to the first weights with the settings in force.

        Raises:
            InputError: there is no change to take back.
        """
        if to == "before-change":
            if not self.run.can_take_back:
                raise InputError("there is no change to take back; r goes back to the start")
            self.run.take_back_change()
            return
        in_force = {name: self._setting(name) for name in self._changed_by_hand}
        self.run = Run(with_settings(self.run.recipe, in_force), self._table)
        self._setup_shown = False

    def _setting(self, name: str) -> Value:
        section, _, key = name.partition(".")
        value: Value = getattr(getattr(self.run.now, section), key)
        return value

    def frame(self, view: View) -> Frame:
        """Return what is to be seen now; the first one after a start says what stays the same."""
        setup, self._setup_shown = not self._setup_shown, True
        return frame_of(self.run, view, with_setup=setup)
