"""What is kept of a run: all that it takes to live it again, and what a list of runs shows."""

from typing import Literal, NamedTuple

import msgspec

from tempfit_tui.frame import Change, Curve, EarlyStop, Leap, Value, Verdict
from tempfit_tui.recipe import PlannedChange, Recipe
from tempfit_tui.table import Table

ExportKind = Literal["script", "csv", "svg", "recipe"]
"""What a run can be taken away as."""

RunState = Literal["live", "cut off", "left"]
"""Whether a run is being lived, was cut off (as by a crash), or was left."""


class Source(NamedTuple):
    """Where a recipe and its table come from."""

    name: str = ""
    """What was opened, as in `overfit` or `mine.csv`."""
    file: str = ""
    """Where the table was read from."""


UNKNOWN = Source()


class Record(msgspec.Struct, frozen=True):
    """A run without its losses: the same record gives the same bits."""

    name: str
    """What was opened, as in `overfit` or `mine.csv`."""
    file: str
    """Where the table was read from."""
    recipe: Recipe
    """As started; what it planned and came to pass is in `changes` too."""
    table: Table
    changes: list[Change]
    """Made so far, in order, at most one before an epoch."""
    early_stops: list[EarlyStop]
    epochs: int
    """Updates made so far."""
    leaps: list[Leap] = []
    """Which of them were computed in closed form, not trained."""

    @property
    def computed(self) -> int:
        """How many of the epochs were."""
        return sum(leap.until - leap.epoch for leap in self.leaps)


def recipe_of(record: Record) -> Recipe:
    """Return the recipe that does all that was done to a run, and what it had still planned."""
    return with_changes(record.recipe, record.changes, record.epochs)


def with_changes(recipe: Recipe, changes: list[Change], epoch: int) -> Recipe:
    """Return `recipe` with the changes made up to `epoch`, and those that it plans for later."""
    made = [PlannedChange(change.epoch, dict(change.after)) for change in changes]
    # What was planned for the very next update has been made already, and may be changed since.
    ahead = [planned for planned in recipe.changes if planned.epoch > epoch + 1]
    return msgspec.structs.replace(recipe, changes=made + ahead)


class RunSummary(msgspec.Struct, frozen=True):
    """A run in a list of runs; losses in the file's units squared."""

    id: str
    name: str
    """What was opened."""
    title: str
    model: str
    """As in `mlp 1-32-32-1 tanh`."""
    begun: float
    """Seconds since 1970."""
    state: RunState
    epochs: int
    train_loss: float | None
    """At the last epoch; None where it isn't finite."""
    val_loss: float | None
    best_epoch: int | None
    best_loss: float | None
    verdict: Verdict
    parent: str | None = None
    """The id of the run that it came from."""
    parent_epoch: int = 0
    """Where it left that run; 0 for a new start."""
    differs: dict[str, tuple[Value, Value]] = {}
    """Settings that aren't its parent's, at the end of both: the parent's value and its own."""
    sketch: list[float] = []
    """Some 60 losses over all epochs: of validation, or of training without validation rows."""
    computed: int = 0
    """How many of the epochs were computed in closed form, not trained."""


class Traced(msgspec.Struct, frozen=True):
    """A run to be compared with others."""

    summary: RunSummary
    train: Curve
    val: Curve
    settings: dict[str, Value]
    """All settings at its end by their dotted names, but for title, commentary and watch."""
    changes: list[Change]
