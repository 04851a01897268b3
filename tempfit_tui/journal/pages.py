"""What is written of a run: where it begins, and page after page what came to it."""

from typing import NamedTuple

import msgspec

from tempfit_tui.frame import Change, EarlyStop, Stopped, Value, Verdict
from tempfit_tui.recipe import Recipe
from tempfit_tui.table import Table

FLOAT = 4
"""The bytes of a loss."""
NEWEST, SPACED, ANCHOR = 0, 1, 2
"""Kinds of states: the newest one, those along the way, and those that are never left out."""


class Beginning(NamedTuple):
    """What a run starts from."""

    name: str
    """What was opened."""
    file: str
    """Where the table was read from."""
    recipe: Recipe
    table: Table
    unit: float
    """One unit of its losses in the file's units squared."""
    parent: str | None = None
    parent_epoch: int = 0


class Standing(msgspec.Struct, frozen=True):
    """How a run stands; losses in the file's units squared, None where they aren't finite."""

    train_loss: float | None
    val_loss: float | None
    best_epoch: int | None
    best_loss: float | None
    verdict: Verdict
    stopped: Stopped | None
    settings: dict[str, Value]
    """All settings in force, by their dotted names."""
    sketch: list[float]
    """Some 60 losses over all epochs."""


class Kept(NamedTuple):
    """A state to be kept."""

    epoch: int
    kind: int
    state: bytes


class Page(NamedTuple):
    """What came to a run since the last page; written all or not at all."""

    epochs: int
    train: bytes
    """The losses of the last epochs up to `epochs`, as many as are new."""
    val: bytes
    states: list[Kept]
    changes: list[Change]
    """All of them."""
    early_stops: list[EarlyStop]
    """All of them."""
    standing: Standing
