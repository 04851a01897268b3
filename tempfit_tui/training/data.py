"""The observations as a run sees them: split, transformed, in float32."""

import math
from typing import NamedTuple

import torch
from torch import Tensor

from tempfit_tui.recipe import Recipe, Split
from tempfit_tui.table import Table
from tempfit_tui.text import InputError
from tempfit_tui.training.limits import refuse_too_large
from tempfit_tui.training.more_data import Drawn, more_data


class Transform(NamedTuple):
    """transformed = (raw - offset) * factor."""

    offset: float = 0.0
    factor: float = 1.0

    def __call__(self, raw: Tensor) -> Tensor:
        """Return `raw` (float64) transformed, in float32."""
        if self.offset:
            return ((raw - self.offset) * self.factor).float()
        # As the article does it, 0.1 * t_u in float32: the same bits.
        return raw.float() * self.factor

    def undone(self, transformed: Tensor) -> Tensor:
        """Return `transformed` in the file's units, in float64."""
        return transformed.double() / self.factor + self.offset


class Rows(NamedTuple):
    """Which rows train, in the order that sums run, and which validate."""

    train: list[int]
    validation: list[int]
    note: str = ""
    """What a person should know of the split."""


class Dataset(NamedTuple):
    """What a run trains and validates on: float32 vectors in transformed units."""

    x: Tensor
    """Inputs of the training rows, those drawn in addition last, shape (n,)."""
    y: Tensor
    """Their targets, shape (n,)."""
    val_x: Tensor
    val_y: Tensor
    """Of the validation rows, shape (m,); m may be 0."""
    rows: Rows
    input: Transform
    target: Transform
    span: Tensor
    """Both ends of what the fitted curve covers, in the file's units, float64."""
    trained_span: Tensor
    """The least and the greatest input of the training rows, likewise."""
    drawn: Drawn
    """The observations drawn in addition, in the file's units."""

    @property
    def loss_unit(self) -> float:
        """One unit of the transformed loss in the file's units squared."""
        return 1 / self.target.factor**2


def prepare(recipe: Recipe, table: Table) -> Dataset:
    """Split and transform `table` as `recipe` says.

    Raises:
        InputError: the split doesn't suit the table, the numbers don't fit float32, or it is all
            too large.
    """
    refuse_too_large(recipe, len(table) + recipe.more_data.rows)
    raw_x, raw_y = (torch.frombuffer(c, dtype=torch.float64) for c in (table.x, table.y))
    rows = split_rows(recipe.split, len(table))
    train, validation = torch.tensor(rows.train), torch.tensor(rows.validation, dtype=torch.long)
    factor = recipe.input.scale if recipe.input.transform == "scale" else 1.0
    to_input, to_target = Transform(factor=factor), Transform()
    if recipe.input.transform == "standardise":
        to_input = _standardising(raw_x[train], "input", table.x_name)
    if recipe.target.transform == "standardise":
        to_target = _standardising(raw_y[train], "target", table.y_name)
    x, y = to_input(raw_x), to_target(raw_y)
    for values, name, scale in ((x, table.x_name, factor), (y, table.y_name, 1.0)):
        # Squares of squares come up in gradients; leave room for them.
        if not bool((values.abs() < 1e18).all()):
            row = int((~(values.abs() < 1e18)).nonzero()[0])
            where = f"{table.source}, column {name}, row {row}: too large for 32-bit floats"
            if scale > 1:
                raise InputError(f"input.scale = {scale:g}: {where}; give a smaller one")
            raise InputError(f"{where}; scale the column down")
    drawn = more_data(recipe.more_data, table, raw_x[train], raw_y[train])
    return Dataset(
        x=torch.cat([x[train], to_input(drawn.x)]),
        y=torch.cat([y[train], to_target(drawn.y)]),
        val_x=x[validation],
        val_y=y[validation],
        rows=rows,
        input=to_input,
        target=to_target,
        span=torch.tensor(table.span(), dtype=torch.float64),
        trained_span=torch.stack(torch.cat([raw_x[train], drawn.x]).aminmax()),
        drawn=drawn,
    )


def split_rows(split: Split, count: int) -> Rows:
    """Return the rows that `split` picks out of `count`.

    Raises:
        InputError: a row is out of range or doubled, or fewer than two are left for training.
    """
    if split.validation is None and split.train is None:
        return _random_rows(split, count)
    validation = split.validation or []
    _check_rows(validation, "split.validation", count)
    held_out = set(validation)
    rest = [row for row in range(count) if row not in held_out]
    train = rest if split.train is None else split.train
    _check_rows(train, "split.train", count)
    if both := set(train) & held_out:
        raise InputError(f"split: row {min(both)} both trains and validates; take it out of one")
    if missing := set(rest) - set(train):
        raise InputError(f"split.train: row {min(missing)} is missing; name every row that trains")
    return _enough(Rows(list(train), list(validation)))


def _random_rows(split: Split, count: int) -> Rows:
    """Split as the article does: a random permutation whose last rows validate."""
    generator = torch.Generator().manual_seed(split.seed)
    shuffled = torch.randperm(count, generator=generator).tolist()
    validating = int(split.fraction * count)
    note = ""
    if split.fraction > 0 and not validating:
        note = f"{count} rows are too few for a fraction of {split.fraction:g}: none validates"
    cut = count - validating
    return _enough(Rows(shuffled[:cut], shuffled[cut:], note))


def _check_rows(rows: list[int], key: str, count: int) -> None:
    seen: set[int] = set()
    for row in rows:
        if row >= count:
            raise InputError(f"{key}: there is no row {row}; rows go from 0 to {count - 1}")
        if row in seen:
            raise InputError(f"{key}: row {row} is there twice; name it once")
        seen.add(row)


def _enough(rows: Rows) -> Rows:
    if len(rows.train) < 2:
        left = "1 training row is" if rows.train else "no training row is"
        raise InputError(f"split: {left} left; at least 2 are needed, let fewer rows validate")
    return rows


def _standardising(values: Tensor, section: str, column: str) -> Transform:
    """Return the transform to mean 0 and population deviation 1."""
    mean, deviation = float(values.mean()), float(values.std(correction=0))
    if not (math.isfinite(deviation) and deviation > 0):
        raise InputError(
            f"{section}.transform = standardise: column {column} has no spread on the training "
            "rows; choose another split or none"
        )
    return Transform(offset=mean, factor=1 / deviation)
