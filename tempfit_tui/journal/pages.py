"""What is written of a run: where it begins, and page after page what came to it."""

import hashlib
import zlib
from typing import NamedTuple

import msgspec

from tempfit_tui.frame import Change, EarlyStop, Leap, Stopped, Value, Verdict
from tempfit_tui.recipe import Recipe
from tempfit_tui.table import Table

FLOAT = 4
"""The bytes of a loss."""
SPACED, ANCHOR = 0, 1
"""Kinds of states: those along the way, and those that are never left out."""


def seal(*parts: bytes) -> int:
    """Return a checksum of `parts`: what isn't as it was written is found by it."""
    return zlib.crc32(b"".join(parts))


def key_of(table: Table) -> str:
    """Return what a table is known by: all that is in it has a part in it."""
    names = "\0".join((table.source, table.x_name, table.y_name, ""))
    return hashlib.sha256(names.encode() + table.x.tobytes() + table.y.tobytes()).hexdigest()


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
    """Where it left that run, whose past is its own up to there; 0 for a new start."""


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
    leaps: list[Leap]
    """All of them."""
    standing: Standing
