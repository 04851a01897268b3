"""What is seen of a run: immutable structs that cross the process border to the screen."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from tempfit_tui.insight import Cells, Cursor, Forecast, Landscape, Lens, Readings, Step, Tab

Value = float | int | str | bool | tuple[int | float, ...] | None
RewindTo = Literal["start", "before-change", "best"]
"""Where a run can go back to: its first weights, before its last change, its best weights."""
Columns = Annotated[int, Meta(ge=1, le=10_000)]
"""No terminal is wider."""


class View(msgspec.Struct, frozen=True):
    """What the screen wants to see of a run."""

    window: Annotated[int, Meta(ge=0)] | None = None
    """The last so many epochs; None for all."""
    columns: Columns = 100
    """The number of columns a curve is decimated to."""
    smooth: bool = False
    """Whether curves are running means over a hundredth of the window."""
    points: Annotated[int, Meta(ge=2, le=10_000)] = 100
    """The number of points of the fitted curve."""
    ghost: bool = True
    """Whether a run without the last change is to go on beside."""
    all_parameters: bool = False
    """Whether parameters are told of models with more than a few, too."""
    tab: Tab = "fit"
    """What is looked at beside the losses; nothing is worked out for the others."""
    landscape: tuple[Cells, Cells] = (60, 20)
    """The columns and rows of cells that the landscape has."""
    cursor: Cursor = Cursor()
    """Where exact values are asked for."""
    forecast: bool = False
    """Whether the rest of the curve is asked for."""


class Curve(msgspec.Struct, frozen=True, array_like=True):
    """A loss over epochs, a column for each stretch of them.

    Columns without a finite loss are left out.
    """

    epochs: list[int] = []
    """The first epoch of each column."""
    low: list[float] = []
    """The least loss in each column, in the file's units squared."""
    high: list[float] = []
    """The greatest."""
    last: float | None = None
    """The loss at the last epoch of the window."""


VerdictKind = Literal[
    "not started",
    "too early",
    "learning",
    "diverging",
    "underfitting",
    "fits",
    "overfitting",
    "rising",
]


class Verdict(msgspec.Struct, frozen=True, array_like=True):
    """What is to be said of a run."""

    kind: VerdictKind
    words: str
    """As in `overfitting since epoch 379`."""
    why: str = ""
    """The figures it rests on."""
    since: int | None = None
    """The epoch in `words`."""


class Change(msgspec.Struct, frozen=True, array_like=True):
    """Settings changed between two epochs; applies before update `epoch`."""

    epoch: int
    before: dict[str, Value]
    after: dict[str, Value]
    """The new values by their dotted names, as in `training.lr`."""
    note: str = ""
    """What became of the optimizer's state, where the optimizer was changed."""


class Limit(msgspec.Struct, frozen=True, array_like=True):
    """The largest stable learning rate, and where it comes from."""

    lr: float | None
    """None where no fixed limit is known."""
    rule: str
    standardised: float | None = None
    """The limit if the input were standardised; None where none is known.

    Only where the verdict is one that a standardised input is a remedy for.
    """


MOST_LEAP = 1_000_000
"""No more epochs are computed at once: their losses are kept like those of others."""


class Leap(msgspec.Struct, frozen=True, array_like=True):
    """Epochs that were computed in closed form, not trained."""

    epoch: int
    """The last epoch before them."""
    until: int
    """The last of them."""


class Stopped(msgspec.Struct, frozen=True, array_like=True):
    """Why a run can't go on."""

    epoch: int
    reason: str


class EarlyStop(msgspec.Struct, frozen=True, array_like=True):
    """Patience has run out: the weights of the best epoch were put back."""

    epoch: int
    best_epoch: int

    @property
    def words(self) -> str:
        """Why training was stopped, and which weights are in force."""
        return (
            f"stopped early: no better validation for {self.epoch - self.best_epoch:,} epochs; "
            f"the best weights, of epoch {self.best_epoch:,}, are back"
        )


OutcomeKind = Literal["too early", "helped", "in part", "no cure", "no help"]


class Outcome(msgspec.Struct, frozen=True, array_like=True):
    """Whether a remedy helped."""

    kind: OutcomeKind
    words: str


class Ghost(msgspec.Struct, frozen=True):
    """The run without the last change, or the run that was branched from, beside the run."""

    val: Curve
    """Its validation loss; its training loss without validation rows."""
    last_epoch: int
    label: str
    """What it is, as in `without it`."""
    outcome: Outcome | None = None
    """Where the change is a remedy."""


class Setup(msgspec.Struct, frozen=True, array_like=True):
    """What stays the same until a new start."""

    train_rows: int
    validation: list[int]
    """The validation rows, from 0."""
    note: str
    """What there is to say of the split; "" for nothing."""
    condition_number: float | None
    """Of the Hessian of the training loss; None where that isn't the same at all parameters."""
    floor: float | None
    """The least-squares line's training loss, in the file's units squared."""
    parameters: int = 2
    """How many the model has."""
    more_rows: int = 0
    """How many observations were drawn in addition, for training."""
    more_name: str = ""
    """What they are, as in `drawn` or `copies`."""
    more_data: str = ""
    """The same in full."""
    drawn_x: list[float] = []
    """Their inputs, in the file's units; the first few hundred."""
    drawn_y: list[float] = []
    parent: str | None = None
    """The id of the run that it came from."""
    parent_epoch: int = 0
    """Where it left that run; 0 for a new start."""
    decisions: list[str] = []
    """What was decided about the numbers to train on, a sentence each."""
    train_variance: float = 0.0
    """Of the training targets, in the file's units squared: what R² compares a loss with."""
    val_variance: float | None = None
    """Of the validation targets; None for fewer than two."""
    more_noise: float | None = None
    """The deviation of their targets, in the file's units; None where there are none."""


class CutOff(msgspec.Struct, frozen=True, array_like=True):
    """A run whose process was killed."""

    id: str
    title: str
    epochs: int


class Frame(msgspec.Struct, frozen=True):
    """All that the screen shows of a run at one epoch."""

    epoch: int
    """Updates made so far; the losses are those of the record of that number."""
    train_loss: float | None
    """In the file's units squared; None before the first epoch, or where it isn't finite."""
    val_loss: float | None
    parameters: list[float | None]
    """In transformed units, weight before bias, at the state shown."""
    raw_parameters: list[float | None] | None
    """The coefficients in the file's own units: slope and intercept of a line, of a polynomial
    one for each power, the zeroth first; None for other models."""
    settings: dict[str, Value]
    """The live settings in force, by their dotted names."""
    limit: Limit
    step: Step | None
    best_epoch: int | None
    """The record with the least validation loss."""
    best_loss: float | None
    """The validation loss there."""
    stopped: Stopped | None
    verdict: Verdict
    changes: list[Change]
    can_take_back: bool
    """Whether the last change can be taken back."""
    train: Curve
    val: Curve
    fit: list[float | None]
    """Predictions at `points` evenly spaced inputs over the table's span, in the file's units.

    [] where another tab is looked at.
    """
    lens: Lens | None = None
    landscape: Landscape | None = None
    readings: Readings = Readings()
    forecast: Forecast | None = None
    unfinished: bool = False
    """Whether there is more to come of what is looked at: the next frame has it, or goes on."""
    leaps: list[Leap] = []
    """The stretches that were computed, not trained."""
    early_stop: EarlyStop | None = None
    """Where patience has just run out."""
    ghost: Ghost | None = None
    run: str | None = None
    """Its id in the journal; None before the first epoch."""
    present: int | None = None
    """The epoch that the run is at, where an earlier one is looked back on.

    The curves, the changes and the best record are still those of the whole run.
    """
    notice: str = ""
    """Why the journal isn't kept on disk, or what is missing there; "" for nothing."""
    setup: Setup | None = None
    """Only in the first frame after a start."""
    cut_off: CutOff | None = None
    """A run that could be gone on with, in the first frame that the engine gives."""

    @property
    def is_past(self) -> bool:
        """Whether an epoch is looked back on."""
        return self.present is not None

    @property
    def run_epoch(self) -> int:
        """The epoch that the run is at, whichever is looked at."""
        return self.epoch if self.present is None else self.present
