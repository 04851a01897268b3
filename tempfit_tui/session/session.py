"""A run being lived: trained for a budget, changed, gone back on, and seen as frames."""

import time
from collections.abc import Callable, Mapping

from tempfit_tui.frame import Frame, RewindTo, Value, View
from tempfit_tui.recipe import Recipe
from tempfit_tui.session.ghost import RoadNotTaken
from tempfit_tui.session.picture import frame_of
from tempfit_tui.settings import setting_of, with_settings
from tempfit_tui.table import Table
from tempfit_tui.text import InputError
from tempfit_tui.training.evidence import Witness
from tempfit_tui.training.run import Run

CHUNK_SECONDS = 0.004
"""How long training goes on before it looks at the clock and for a key: a key waits no longer."""


class Session:
    """One run, from a recipe and a table; after a remedy the run without it goes on beside.

    `before` is the session that this one takes over from by `remedy`.

    Raises:
        InputError: the recipe doesn't suit the table.
    """

    def __init__(
        self, recipe: Recipe, table: Table, before: "Session | None" = None, remedy: str = ""
    ) -> None:
        self._table = table
        self._chunk = 4
        self._changed_by_hand: set[str] = set()
        self.shows_ghost = True
        """Whether the run without the last remedy goes on beside."""
        self._start(recipe)
        self._ghost = RoadNotTaken(before.run, remedy, anew=True) if before and remedy else None

    def _start(self, recipe: Recipe) -> None:
        self.run = Run(recipe, self._table)
        self._witness = Witness(self.run)
        self._setup_shown = False

    @property
    def ended(self) -> bool:
        """Whether the run can't go on, or has just been stopped early."""
        return bool(self.run.stopped or self.run.early_stop)

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
            trained = run.epoch - before
            if self._ghost and self.shows_ghost:
                self._ghost.follow(run.epoch, most=2 * trained)
            now = time.monotonic()
            left -= trained
            self._fit_chunk((now - began) / max(1, trained))
            if now >= deadline or interrupted() or self.ended:
                break

    def _fit_chunk(self, seconds_an_epoch: float) -> None:
        wanted = int(CHUNK_SECONDS / max(seconds_an_epoch, 1e-9))
        self._chunk = max(1, min(wanted, 2 * self._chunk))

    def change(self, settings: Mapping[str, Value], remedy: str = "") -> None:
        """Change live settings before the next update; as a `remedy` if it has a name.

        Raises:
            InputError: a setting isn't live, or its value is impossible.
        """
        ghost = RoadNotTaken(self.run, remedy, anew=False) if remedy and self.run.epoch else None
        self.run.change(settings)
        self._ghost = ghost or self._ghost
        self._changed_by_hand |= set(settings)

    def rewind(self, to: RewindTo) -> None:
        """Go back: to before the last change, to the best weights, or to the first ones.

        At the first weights the settings in force stay. What came after the best weights stays in
        sight beside.

        Raises:
            InputError: there is nothing to go back to.
        """
        match to:
            case "before-change":
                if not self.run.can_take_back:
                    raise InputError("there is no change to take back; r goes back to the start")
                self.run.take_back_change()
                self._ghost = None
            case "best":
                words, label = "going back to the best weights", "what came after"
                ghost = RoadNotTaken(self.run, words, anew=True, label=label)
                self.run.return_to_best()
                self._ghost = ghost
            case "start":
                in_force = {name: setting_of(self.run.now, name) for name in self._changed_by_hand}
                self._start(with_settings(self.run.recipe, in_force))

    def frame(self, view: View) -> Frame:
        """Return what is to be seen now; the first one after a start says what stays the same."""
        setup, self._setup_shown = not self._setup_shown, True
        ghost = self._ghost if view.ghost else None
        return frame_of(self.run, self._witness, view, ghost, with_setup=setup)
