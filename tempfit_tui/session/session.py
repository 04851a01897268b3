"""A run being lived: trained for a budget, changed, gone back on, kept, and seen as frames."""

import time
from collections.abc import Callable, Mapping

from msgspec.structs import replace

from tempfit_tui.frame import CutOff, Frame, RewindTo, Value, View
from tempfit_tui.insight import LrTest
from tempfit_tui.journal.journal import Journal
from tempfit_tui.journal.pages import Beginning
from tempfit_tui.journal.reading import Reader
from tempfit_tui.recipe import Recipe
from tempfit_tui.record import UNKNOWN, Record, Source
from tempfit_tui.session.ghost import RoadNotTaken
from tempfit_tui.session.keeping import WRITTEN_EPOCHS, Keeper
from tempfit_tui.session.looking import Looker
from tempfit_tui.session.past import Past
from tempfit_tui.session.picture import frame_of
from tempfit_tui.session.reading_off import read_off
from tempfit_tui.session.trail import kept_state
from tempfit_tui.session.work import Turn
from tempfit_tui.settings import setting_of, with_settings
from tempfit_tui.table import Table
from tempfit_tui.text import InputError
from tempfit_tui.training.evidence import Witness
from tempfit_tui.training.forecast import forecast
from tempfit_tui.training.range_test import RangeTest
from tempfit_tui.training.run import Run

END = "training.epochs"
"""Where a run ends: it has no part in how it goes, so no change is noted of it."""
RANGE_TEST_SECONDS = 0.05
"""A range test goes on for so long a request: another one waits no longer."""
CHUNK_SECONDS = 0.004
"""How long training goes on before it looks at the clock and for a key: a key waits no longer."""


class Session:
    """One run, kept in `journal`; after a change the run without it goes on beside.

    `before` is the session that this one takes over from, by `remedy` if it has a name.

    Raises:
        InputError: the recipe doesn't suit the table.
    """

    def __init__(
        self,
        recipe: Recipe,
        table: Table,
        source: Source = UNKNOWN,
        journal: Journal | None = None,
        before: "Session | None" = None,
        remedy: str = "",
    ) -> None:
        self._table, self.source = table, source
        self.journal = journal or Journal(None)
        self._chunk = 1
        self.shows_ghost = True
        """Whether the run without the last change goes on beside."""
        self.cut_off: CutOff | None = None
        """A run to offer in the next frame."""
        self._past: Run | None = None
        """The run as it was at the epoch looked back on; None in the present."""
        self._start(recipe, before.keeper.id if before else None)
        if before:
            before.leave()
        self._ghost = RoadNotTaken(before.run, remedy, anew=True) if before and remedy else None

    @classmethod
    def reopened(cls, journal: Journal, run_id: str) -> "Session":
        """Return the session that goes on with a run of the journal, at its end.

        Raises:
            InputError: there is no such run, it is damaged, or another process lives it.
        """
        journal.take_up(run_id)
        try:
            record, row = journal.read.record(run_id), journal.read.row(run_id)
            standing = journal.read.standing(row)
            session = cls(record.recipe, record.table, Source(record.name, record.file), journal)
            past = Past(journal.read, run_id, record.changes, record.early_stops, record.leaps)
            run = past.at(record.epochs, session.run)
            run.change({END: standing.settings.get(END)})
            run.stopped = run.stopped or standing.stopped
            session._live(run, row.parent, row.parent_epoch, run_id)
        except InputError:
            # What can't be gone on with isn't offered again.
            journal.leave(run_id)
            raise
        return session

    def _start(self, recipe: Recipe, parent: str | None = None) -> None:
        self._live(Run(recipe, self._table), parent, 0)

    def _live(
        self, run: Run, parent: str | None, parent_epoch: int, run_id: str | None = None
    ) -> None:
        """Live `run` from now on, which is in the journal if it has an id there."""
        unit = run.data.loss_unit
        beginning = Beginning(*self.source, run.recipe, self._table, unit, parent, parent_epoch)
        witness = Witness(run)
        keeper = Keeper(self.journal, beginning, run, witness, run_id)
        keeper.write()
        self.run, self._past = run, None
        self._range_test: RangeTest | None = None
        self._witness = witness
        self._setup_shown = False
        self._beginning, self.keeper = beginning, keeper
        self._looker = Looker(lambda epoch: kept_state(self.journal.read, keeper.id, epoch))

    @property
    def shown(self) -> Run:
        """The run at the epoch shown: as it was there, where the past is looked at."""
        return self._past or self.run

    @property
    def ended(self) -> bool:
        """Whether the run can't go on, or has just been stopped early."""
        return bool(self.run.stopped or self.run.early_stop)

    @property
    def finished(self) -> bool:
        """Whether the run has ended, or has come to the epoch where its recipe ends."""
        return self.ended or self.run.epoch == self.run.now.training.epochs

    def advance(
        self,
        epochs: int | None = None,
        seconds: float | None = None,
        interrupted: Callable[[], bool] = lambda: False,
    ) -> None:
        """Train for so many epochs or seconds, whichever is over first, or until `interrupted`.

        It ends early at the epoch where the recipe ends, and where the run stops. What is looked
        back on goes out of sight.
        """
        run, self._past = self.run, None
        left = epochs if epochs is not None else 2**62
        deadline = time.monotonic() + seconds if seconds is not None else float("inf")
        if run.now.training.epochs and run.epoch < run.now.training.epochs:
            left = min(left, run.now.training.epochs - run.epoch)
        while left > 0 and not run.stopped:
            began, before = time.monotonic(), run.epoch
            run.advance(min(self._chunk, left))
            trained = run.epoch - before
            self.keeper.trained(time.monotonic() - began)
            if self._ghost and self.shows_ghost:
                self._ghost.follow(run.epoch, most=2 * trained)
            now = time.monotonic()
            left -= trained
            self._fit_chunk((now - began) / max(1, trained))
            if now >= deadline or interrupted() or self.ended:
                break
        if self.ended:
            self.keeper.write()

    def _fit_chunk(self, seconds_an_epoch: float) -> None:
        wanted = int(CHUNK_SECONDS / max(seconds_an_epoch, 1e-9))
        self._chunk = max(1, min(wanted, 2 * self._chunk, WRITTEN_EPOCHS))

    def change(self, settings: Mapping[str, Value], remedy: str = "") -> None:
        """Change live settings before the next update; as a `remedy` if it has a name.

        Raises:
            InputError: a setting isn't live, its value is impossible, or the past is looked at.
        """
        self._refuse_past()
        made = self.run.changes
        further = bool(made) and made[-1].epoch == self.run.epoch + 1
        # What is changed before the same epoch is one change, but for a remedy.
        ghost = self._ghost
        if self.run.epoch and (remedy or not further):
            ghost = RoadNotTaken(self.run, remedy, anew=False)
        self.run.change(settings)
        if self.run.changes is not made:
            self._ghost = ghost
        self.keeper.write()

    def leap(self, epochs: int) -> None:
        """Compute so many epochs in closed form instead of training them.

        A run that goes on beside can't follow so far: it goes out of sight.

        Raises:
            InputError: they can't be computed, or the past is looked at.
        """
        self._refuse_past()
        self.keeper.leap(epochs)
        if self._ghost and self._ghost.follows:
            self._ghost = None

    def _refuse_past(self) -> None:
        if self._past:
            raise InputError(
                f"epoch {self._past.epoch:,} is past: b branches here, Esc returns to the present"
            )

    def rewind(self, to: RewindTo) -> None:
        """Go back: to before the last change, to the best weights, or to the first ones.

        The run so far stays in the journal as it is: another begins. At the first weights the
        settings in force stay. What came after the best weights stays in sight beside.

        Raises:
            InputError: there is nothing to go back to.
        """
        run = self.run
        match to:
            case "before-change":
                if not run.changes:
                    raise InputError("there is no change to take back; r goes back to the start")
                last = run.changes[-1].epoch
                then = self._at(last - 1)
                then.take_back(last)
                self._branch(then)
                self._ghost = None
            case "best":
                if not run.best or run.best.epoch > run.epoch:
                    raise InputError("there are no better weights to go back to")
                words, label = "going back to the best weights", "what came after"
                ghost = RoadNotTaken(run, words, anew=True, label=label)
                self._branch(self._at(run.best.epoch - 1))
                self._ghost = ghost
            case "start":
                in_force = {name: setting_of(run.now, name) for name in self._changed_by_hand}
                self.keeper.leave()
                self._start(with_settings(run.recipe, in_force), self.keeper.id)

    @property
    def _changed_by_hand(self) -> set[str]:
        """The settings changed since the start, but for those that the recipe planned."""
        run = self.run
        planned = {(change.epoch, name) for change in run.planned for name in change.set}
        made = {(change.epoch, name) for change in run.changes for name in change.after}
        return {name for _, name in made - planned} | {END}

    def look_back(self, epoch: int | None) -> None:
        """Show the run as it was at `epoch`; None for the present. The run stays where it is.

        Raises:
            InputError: that can't be read.
        """
        if epoch is None or max(0, epoch) >= self.run.epoch:
            self._past = None
        else:
            self._past = self._at(max(0, epoch), self._past)

    def branch(self) -> None:
        """Begin another run at the epoch looked at; the run so far stays in sight beside.

        Raises:
            InputError: there is nothing to branch from.
        """
        if not self.run.epoch:
            raise InputError("there is nothing to branch from before the first epoch")
        then = self._past or self._at(self.run.epoch)
        label = f"run {self.keeper.id}"
        ghost = RoadNotTaken(self.run, "", anew=True, label=label, follows=False)
        self._branch(then)
        self._ghost = ghost

    def _at(self, epoch: int, near: Run | None = None) -> Run:
        self.keeper.write()
        assert self.keeper.id, "a run with an epoch is in the journal"
        run = self.run
        past = Past(self.journal.read, self.keeper.id, run.changes, run.early_stops, run.leaps)
        return past.at(epoch, run, near)

    def _branch(self, then: Run) -> None:
        """Leave the run for `then`, which is what it was or could have been."""
        before = self.keeper
        self._live(then, before.id, then.epoch)
        before.leave()

    def range_test(self, *, anew: bool) -> LrTest:
        """Go on with the range test for a moment, or begin one from the epoch shown.

        Raises:
            InputError: the run has stopped, there is nothing to try on it.
        """
        if anew or self._range_test is None:
            self._range_test = RangeTest(self.shown)
        test, deadline = self._range_test, time.monotonic() + RANGE_TEST_SECONDS
        test.advance(1)
        while not test.is_done and time.monotonic() < deadline:
            test.advance(1)
        return test.result

    def leave(self) -> None:
        """Write the last of the run, which is complete as it is."""
        self.keeper.leave()

    def frame(self, view: View, *, anew: bool = False, turn: Turn | None = None) -> Frame:
        """Return what is to be seen now.

        The first one after a start says what stays the same, and so does one to begin `anew` with.
        What takes long to work out is gone on with for a `turn`.
        """
        setup, self._setup_shown = anew or not self._setup_shown, True
        ghost = self._ghost if view.ghost else None
        present = frame_of(self.run, self._witness, view, ghost, with_setup=setup)
        cut_off, self.cut_off = self.cut_off, None
        kept = replace(present, run=self.keeper.id, notice=self.journal.trouble, cut_off=cut_off)
        if kept.setup:
            parent, epoch = self._beginning.parent, self._beginning.parent_epoch
            kept = replace(kept, setup=replace(kept.setup, parent=parent, parent_epoch=epoch))
        kept = self._looked_into(kept, view, turn or Turn())
        if not self._past:
            return kept
        then = frame_of(self._past, self._witness, view, None, with_setup=False)
        return replace(
            kept,
            **{name: getattr(then, name) for name in _OF_AN_EPOCH},
            present=self.run.epoch,
        )

    def _looked_into(self, frame: Frame, view: View, turn: Turn) -> Frame:
        """Return `frame` with what is looked at beside the losses."""
        run, shown, looker = self.run, self.shown, self._looker
        look = looker.look(shown, run, view, turn)
        read = view.cursor, shown, run, self.journal.read, self.keeper.id, looker
        return replace(
            frame,
            lens=look.lens,
            landscape=look.landscape,
            unfinished=look.unfinished,
            readings=read_off(*read),
            forecast=forecast(shown) if view.forecast else None,
        )

    @property
    def record(self) -> Record:
        """What it takes to live the run again, as far as it has come."""
        run = self.run
        return Record(
            *self.source,
            run.recipe,
            self._table,
            run.changes,
            run.early_stops,
            run.epoch,
            run.leaps,
        )


def frame_at_end(journal: Reader, run_id: str, record: Record, view: View) -> Frame:
    """Return what is to be seen of a run of the journal at its end.

    Raises:
        InputError: it is damaged.
    """
    past = Past(journal, run_id, record.changes, record.early_stops, record.leaps)
    run = past.at(record.epochs, Run(record.recipe, record.table))
    return frame_of(run, Witness(run), view, None, with_setup=True)


_OF_AN_EPOCH = (
    "epoch",
    "train_loss",
    "val_loss",
    "parameters",
    "raw_parameters",
    "settings",
    "limit",
    "step",
    "stopped",
    "verdict",
    "fit",
    "early_stop",
)
"""What a frame shows of the epoch looked back on; the rest is of the whole run."""
