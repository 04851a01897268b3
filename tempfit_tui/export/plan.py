"""What a script has to do: the settings of each stretch of a run, and what they come to."""

from collections.abc import Iterable
from typing import NamedTuple

from msgspec.structs import replace

from tempfit_tui.frame import EarlyStop
from tempfit_tui.recipe import Recipe, Split, Training
from tempfit_tui.record import Record
from tempfit_tui.settings import with_settings
from tempfit_tui.table import Table

Knob = float | str
ALIKE = 32
"""Vectors of a multiple of so many float32 are rounded alike wherever they lie."""


class Names(NamedTuple):
    """What the script calls its tensors."""

    x: str
    y: str
    predicted: str
    x_train: str
    y_train: str
    x_val: str
    y_val: str


class Rows(NamedTuple):
    """Which rows train and which validate."""

    train: list[int] | None
    """In order; None where torch.randperm decides, or where all train as they come."""
    validation: list[int] | None
    drawn: bool
    """Whether torch.randperm decides."""
    training: int
    """How many train, without those drawn in addition."""
    validating: int


class Phase(NamedTuple):
    """A stretch of epochs with the same settings."""

    first: int
    """Its first epoch."""
    training: Training
    knobs: dict[str, Knob]
    """What else there is to set by the script's names; 0 where it does nothing."""
    note: str = ""
    """What becomes of the optimizer's state at its beginning."""


class Plan(NamedTuple):
    """All that a script of a run depends on."""

    recipe: Recipe
    """As it was in force at the first epoch."""
    table: Table
    rows: Rows
    names: Names
    phases: list[Phase]
    stops: list[EarlyStop]
    epochs: int

    def values(self, knob: str) -> list[Knob]:
        """Return what a knob is set to, stretch by stretch."""
        return [phase.knobs[knob] for phase in self.phases]

    def uses(self, *knobs: str) -> bool:
        """Tell whether any of the knobs is ever turned up."""
        return any(value for knob in knobs for value in self.values(knob))

    def always(self, knob: str) -> bool:
        """Tell whether a knob is never at 0."""
        return all(self.values(knob))

    @property
    def ways(self) -> list[str]:
        """The ways to the gradient, each once."""
        return [str(way) for way in dict.fromkeys(self.values("gradient_by"))]

    @property
    def by_autograd(self) -> bool:
        """Whether PyTorch finds the gradient, at any time."""
        return "autograd" in self.ways

    @property
    def penalties(self) -> list[str]:
        """The penalties that are ever in force."""
        return [name for name in ("l2", "l1") if self.uses(name)]

    @property
    def frees_biases(self) -> bool:
        """Whether a penalty ever leaves biases alone."""
        return bool(self.penalties) and not self.always("bias")

    @property
    def turns_bias(self) -> bool:
        """Whether that is so for some epochs only."""
        return self.frees_biases and self.uses("bias")

    @property
    def plain(self) -> bool:
        """Whether each epoch is one update by all training rows as they are."""
        return not self.uses("noise", "dropout", "batch_size")

    @property
    def sequential(self) -> bool:
        """Whether the model is an nn.Sequential."""
        return (
            self.recipe.model.kind == "mlp"
            and self.ways == ["autograd"]
            and not self.uses("dropout")
        )

    @property
    def in_one_vector(self) -> bool:
        """Whether all parameters are in one vector, which the optimizer moves.

        So they are in the run. Cut into tensors they may be rounded differently in an update.
        """
        return not self.sequential or any(width % ALIKE for width in self.recipe.model.hidden)

    def training_at(self, epoch: int) -> Training:
        """Return what was in force in that update."""
        return [self.phases[0], *(p for p in self.phases if p.first <= epoch)][-1].training


def plan(record: Record) -> Plan:
    """Return what a script of the run of `record` has to do."""
    rows = _rows(record.recipe.split, len(record.table))
    phases, first = _phases(record, rows.training + record.recipe.more_data.rows)
    split = bool(rows.drawn or rows.train)
    return Plan(
        recipe=first,
        table=record.table,
        rows=rows,
        names=_names(record.table, apart=split or bool(record.recipe.more_data.rows)),
        phases=phases,
        stops=[stop for stop in record.early_stops if stop.epoch <= record.epochs],
        epochs=record.epochs,
    )


def goes_on(before: Training, after: Training) -> bool:
    """Tell whether the optimizer's state goes on after a change of settings."""
    if before.optimizer != after.optimizer:
        return {before.optimizer, after.optimizer} == {"adam", "adamw"}
    return after.optimizer != "sgd" or bool(before.momentum) == bool(after.momentum)


def keeps_state(settings: Training) -> bool:
    """Tell whether the optimizer keeps anything from update to update."""
    return settings.optimizer != "sgd" or bool(settings.momentum)


def _phases(record: Record, rows: int) -> tuple[list[Phase], Recipe]:
    """Return the run's stretches, and the recipe that was in force at the beginning."""
    planned = (change.set for change in record.recipe.changes if change.epoch == 1)
    # Checks all values, too: a recipe's types hold for those that were read.
    first = with_settings(replace(record.recipe, changes=[]), {})
    for settings in planned:
        first = with_settings(first, settings)
    phases = [Phase(1, first.training, _knobs(first, rows))]
    # Rows have no part in a change, and there may be many.
    now = replace(first, split=Split())
    for change in record.changes:
        if change.epoch <= record.epochs:
            now = with_settings(now, change.after)
            phases.append(Phase(change.epoch, now.training, _knobs(now, rows), change.note))
    return phases, first


def _knobs(settings: Recipe, rows: int) -> dict[str, Knob]:
    training, size = settings.training, settings.training.batch_size
    return {
        "gradient_by": training.gradient,
        "delta": training.delta,
        "l2": settings.penalty.l2,
        "l1": settings.penalty.l1,
        "bias": settings.penalty.bias,
        "noise": settings.input_noise.sigma,
        "dropout": settings.model.dropout if settings.model.kind == "mlp" else 0.0,
        "batch_size": size if 0 < size < rows else 0,
    }


def _rows(split: Split, count: int) -> Rows:
    if split.validation is None and split.train is None:
        validating = int(split.fraction * count)
        return Rows(None, None, True, count - validating, validating)
    validation = split.validation or []
    held_out = set(validation)
    train = split.train or [row for row in range(count) if row not in held_out]
    if not validation and _in_order(train):
        return Rows(None, None, False, count, 0)
    return Rows(train, validation, False, len(train), len(validation))


def _in_order(rows: Iterable[int]) -> bool:
    return all(place == row for place, row in enumerate(rows))


def _names(table: Table, *, apart: bool) -> Names:
    """Return the article's names for its columns, and plain ones for any other.

    `apart` tells that what trains isn't the table as it is.
    """
    article = (table.x_name, table.y_name) == ("t_u", "t_c")
    x, y, predicted = ("t_u", "t_c", "t_p") if article else ("x", "y", "y_p")
    end = "_train" if apart else ""
    return Names(x, y, predicted, x + end, y + end, f"{x}_val", f"{y}_val")
