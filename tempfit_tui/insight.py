"""What is seen behind one epoch's losses: its gradient, its place in the loss, what is to come.

Immutable structs that cross the process border in a frame, each only while it is looked at.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

Tab = Literal["fit", "lens", "landscape", ""]
"""What the lower right pane shows; "" where it can't be seen."""
Cells = Annotated[int, Meta(ge=1, le=1_000)]
"""Cells of a chart, across or up."""
Finite = Annotated[float, Meta(ge=-1e300, le=1e300)]


class Cursor(msgspec.Struct, frozen=True):
    """What exact values are asked for; None for none."""

    epoch: Annotated[int, Meta(ge=0)] | None = None
    x: Finite | None = None
    """An input in the file's units."""
    spot: tuple[Finite, Finite] | None = None
    """A place in the landscape, as its axes count."""


class Readings(msgspec.Struct, frozen=True, array_like=True):
    """The exact values at the cursor."""

    at: Cursor = Cursor()
    """What was asked for."""
    train_loss: float | None = None
    """The record of the epoch asked for, in the file's units squared; None where there is none."""
    val_loss: float | None = None
    y: float | None = None
    """The prediction for the input asked for, in the file's units."""
    x_low: float | None = None
    """The least input of the training rows, in the file's units; None where none is asked for."""
    x_high: float | None = None
    loss: float | None = None
    """The training loss as it is optimised, in the file's units squared, at the spot asked for."""


class Step(msgspec.Struct, frozen=True, array_like=True):
    """One epoch taken apart: forward, loss, gradient, update, in transformed units.

    Where the view doesn't ask for all parameters, those of a model with many are left out: [].
    """

    epoch: int
    before: list[float | None]
    """The parameters that the forward pass used, weight before bias."""
    loss: float | None
    """The training loss as it was optimised, the penalty in it."""
    gradient: list[float | None]
    after: list[float | None]
    """The parameters after the update."""
    gradient_norm: float | None = None
    """The root of the sum of the gradient's squares."""
    update_norm: float | None = None
    """Of the parameters' change."""


class Way(msgspec.Struct, frozen=True, array_like=True):
    """A gradient by one of its ways, on all training rows, beside the exact one in float64."""

    name: str
    """By its setting, as in `autograd`."""
    delta: float | None
    """Of a finite difference."""
    gradient: list[float | None]
    """In transformed units; [] for models with more than a few parameters."""
    length: float | None
    """The root of the sum of its squares; along the exact gradient alone where `is_along`."""
    off: list[float | None]
    """How far it is from the exact one, as a part of that: of each parameter, or of the whole."""
    is_along: bool = False
    """Whether a finite difference was taken along the exact gradient alone, for its cost."""


class Layer(msgspec.Struct, frozen=True, array_like=True):
    """Some of the parameters together, in transformed units."""

    name: str
    """As in `1→32 weights` or `x² w`."""
    count: int
    size: float | None
    """The root of the sum of their squares before the update; the value itself of a single one."""
    gradient: float | None
    """The same of the update's gradient."""
    update: float | None
    """And of what the update added."""


class Lens(msgspec.Struct, frozen=True, array_like=True):
    """The gradient of one epoch by all its ways, and where it acts."""

    step: Step
    """The epoch that is taken apart."""
    to_come: bool
    """Whether it is the first one, and still to come."""
    exact: list[float | None]
    """The gradient on all training rows in float64; [] for more than a few parameters."""
    length: float | None
    """Its length."""
    ways: list[Way]
    layers: list[Layer]
    """All parameters in groups, in order; [] for the straight line, which is told in full."""
    all_rows: bool
    """Whether the update's own gradient was of all rows too, as they are."""


class Surface(msgspec.Struct, frozen=True, array_like=True):
    """The training loss as it is optimised over two directions; it stays while it still serves."""

    number: int
    """Another one for each surface of a session."""
    x_name: str
    y_name: str
    """What the axes are, as in `w` and `b`, or `direction 1`."""
    x_low: float
    x_high: float
    y_low: float
    y_high: float
    """The area, in transformed parameters; as long across as up, so that nothing is skewed."""
    columns: int
    rows: int
    losses: list[float | None]
    """In the file's units squared at columns x rows places, evenly from edge to edge.

    Row after row, each from left to right, the lowest row first; None where it isn't finite.
    """
    explained: float | None = None
    """The part of the path's variance that lies in these directions; None where that is all."""
    minimum: tuple[float, float] | None = None
    """Where the loss is least of all; None where that isn't known."""
    minimum_loss: float | None = None


class Landscape(msgspec.Struct, frozen=True, array_like=True):
    """The loss around an epoch, and the way there."""

    surface: Surface
    path: list[float]
    """The way up to the epoch shown, places x, y, x, y and so on."""
    ahead: list[float]
    """The way from there to the present, where an earlier epoch is looked back on."""
    at: tuple[float, float]
    """The place of the epoch shown."""
    downhill: tuple[float, float] | None
    """The gradient there with its sign turned, in the two directions; None where it is nothing."""


class Forecast(msgspec.Struct, frozen=True, array_like=True):
    """The rest of a run in closed form; w_k = w* + (I - lr H)^k (w_0 - w*), without training."""

    why_not: str = ""
    """Why there is none, in one line; "" where there is one."""
    epochs: list[int] = []
    """Ascending; the first is the epoch shown."""
    train: list[float] = []
    """The losses of these records, in the file's units squared."""
    val: list[float] = []
    """[] without validation rows."""
    settles_at: int | None = None
    """The first record within 1 % of the loss it comes to; None where it never comes there."""
    settles_to: float | None = None
    """The training loss that it comes to."""
    until: int | None = None
    """From this epoch on 32-bit steps are too coarse for it; None where they never are."""
    diverges: bool = False
    """Whether it grows without bound."""


class LrTest(msgspec.Struct, frozen=True, array_like=True):
    """A range test of the learning rate (Smith 2017): one epoch at each, ever larger, from here."""

    epoch: int
    """The epoch whose parameters it starts from; the run itself stays as it is."""
    lrs: list[float]
    """The learning rates tried so far, ascending."""
    losses: list[float | None]
    """The training loss after the epoch at each, in the file's units squared; None: not finite."""
    first_loss: float | None
    """Before all of them."""
    is_done: bool
    """Whether the whole range has been tried, or the loss has blown up."""
    steepest: float | None = None
    """Where the loss falls most steeply: the suggested learning rate; None where it never falls."""
    limit: float | None = None
    """The largest stable learning rate by theory; None where no fixed limit is known."""
    rule: str = ""
    """Where the limit comes from."""
    end: float | None = None
    """The last learning rate of the range."""
