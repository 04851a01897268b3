"""What is seen of a run: immutable structs that cross the process border to the screen."""

from typing import Literal

import msgspec

Value = float | int | str | bool | None
RewindTo = Literal["start", "before-change"]
"""Where a run can go back to: its first weights, or before its last change."""


class View(msgspec.Struct, frozen=True):
    """What the screen wants to see of a run."""

    window: int | None = None
    """The last so many epochs; None for all."""
    columns: int = 100
    """The number of columns a curve is decimated to."""
    smooth: bool = False
    """Whether curves are running means over a hundredth of the window."""
    points: int = 100
    """The number of points of the fitted curve."""


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


class Change(msgspec.Struct, frozen=True, array_like=True):
    """Settings changed between two epochs; applies before update `epoch`."""

    epoch: int
    before: dict[str, Value]
    after: dict[str, Value]
    """The new values by their dotted names, as in `training.lr`."""


class Step(msgspec.Struct, frozen=True, array_like=True):
    """One epoch taken apart: forward, loss, gradient, update, in transformed units."""

    epoch: int
    before: list[float | None]
    """The parameters that the forward pass used, weight before bias."""
    loss: float | None
    """The training loss as it was optimised."""
    gradient: list[float | None]
    after: list[float | None]
    """The parameters after the update."""


class Limit(msgspec.Struct, frozen=True, array_like=True):
    """The largest stable learning rate, and where it comes from."""

    lr: float | None
    """None where no fixed limit is known."""
    rule: str


class Stopped(msgspec.Struct, frozen=True, array_like=True):
    """Why a run can't go on."""

    epoch: int
    reason: str


class Setup(msgspec.Struct, frozen=True, array_like=True):
    """What stays the same until a new start."""

    train_rows: int
    validation: list[int]
    """The validation rows, from 0."""
    note: str
    """What there is to say of the split; "" for nothing."""
    condition_number: float | None
    """Of the Hessian of the training loss, at the start."""
    floor: float | None
    """The least-squares line's training loss, in the file's units squared."""


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
    """Slope and intercept in the file's own units, for linear models."""
    settings: dict[str, Value]
    """The live settings in force, by their dotted names."""
    limit: Limit
    step: Step | None
    best_epoch: int | None
    """The record with the least validation loss."""
    best_loss: float | None
    """The validation loss there."""
    stopped: Stopped | None
    changes: list[Change]
    can_take_back: bool
    """Whether the last change can be taken back."""
    train: Curve
    val: Curve
    fit: list[float | None]
    """Predictions at `points` evenly spaced inputs over the table's span, in the file's units."""
    setup: Setup | None = None
    """Only in the first frame after a start."""
