"""The observations as a run sees them: split, transformed, in float32 and in the file's float64."""

from typing import NamedTuple

import torch
from torch import Tensor

from tempfit_tui.offset import offset_of
from tempfit_tui.recipe import Recipe, Split
from tempfit_tui.table import Table
from tempfit_tui.text import InputError
from tempfit_tui.training.limits import refuse_too_large
from tempfit_tui.training.more_data import Drawn, more_data

LEAST_SPREAD = 1e-15
"""The least deviation whose square float32 holds with room to spare."""
LEAST_UNIT, MOST_UNIT = 1e-150, 1e150
"""Deviations whose squares float64 can hold: losses are shown in the file's units squared."""
NO_SPREAD = 1e-12
"""A deviation below this part of the column's size is the rounding of float64, not a spread."""


class Transform(NamedTuple):
    """transformed = (raw - offset) * factor."""

    offset: float = 0.0
    factor: float = 1.0

    def __call__(self, raw: Tensor) -> Tensor:
        """Return `raw` (float64) transformed, in float32."""
        if self.offset:
            return self.exact(raw).float()
        # As the article does it, 0.1 * t_u in float32: the same bits.
        return raw.float() * self.factor

    def exact(self, raw: Tensor) -> Tensor:
        """Return `raw` (float64) transformed, in float64."""
        return (raw - self.offset) * self.factor

    def undone(self, transformed: Tensor) -> Tensor:
        """Return `transformed` in the file's units, in float64."""
        return transformed.double() / self.factor + self.offset


class Rows(NamedTuple):
    """Which rows train, in the order that sums run, and which validate."""

    train: list[int]
    validation: list[int]
    note: str = ""
    """What a person should know of the split."""


class Exact(NamedTuple):
    """The observations in transformed units and float64: what reported losses are computed from."""

    x: Tensor
    """Inputs of the training rows, shape (n,)."""
    y: Tensor
    val_x: Tensor
    """Of the validation rows, shape (m,)."""
    val_y: Tensor


class Dataset(NamedTuple):
    """What a run trains and validates on: float32 vectors in transformed units."""

    x: Tensor
    """Inputs of the training rows, those drawn in addition last, shape (n,)."""
    y: Tensor
    """Their targets, shape (n,)."""
    val_x: Tensor
    val_y: Tensor
    """Of the validation rows, shape (m,); m may be 0."""
    exact: Exact
    """The same four columns, as the file has them."""
    rows: Rows
    input: Transform
    target: Transform
    span: Tensor
    """Both ends of what the fitted curve covers, in the file's units, float64."""
    trained_span: Tensor
    """The least and the greatest input of the training rows, likewise."""
    drawn: Drawn
    """The observations drawn in addition, in the file's units."""
    decisions: list[str]
    """What was decided about the numbers, a sentence each."""

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
    to_input = _input_transform(recipe, raw_x[train], table)
    to_target = _target_transform(recipe, raw_y[train], table)
    x, y = to_input(raw_x), to_target(raw_y)
    for values, name, scale in ((x, table.x_name, to_input.factor), (y, table.y_name, 1.0)):
        # Squares of squares come up in gradients; leave room for them.
        if not bool((values.abs() < 1e18).all()):
            row = int((~(values.abs() < 1e18)).nonzero()[0])
            where = f"{table.source}, column {name}, row {row}: too large for 32-bit floats"
            if scale > 1 and recipe.input.transform == "scale":
                raise InputError(f"input.scale = {scale:g}: {where}; give a smaller one")
            raise InputError(f"{where}; scale the column down")
    drawn = more_data(recipe.more_data, table, raw_x[train], raw_y[train])
    exact_x, exact_y = to_input.exact(raw_x), to_target.exact(raw_y)
    return Dataset(
        x=torch.cat([x[train], to_input(drawn.x)]),
        y=torch.cat([y[train], to_target(drawn.y)]),
        val_x=x[validation],
        val_y=y[validation],
        exact=Exact(
            x=torch.cat([exact_x[train], to_input.exact(drawn.x)]),
            y=torch.cat([exact_y[train], to_target.exact(drawn.y)]),
            val_x=exact_x[validation],
            val_y=exact_y[validation],
        ),
        rows=rows,
        input=to_input,
        target=to_target,
        span=torch.tensor(table.span(), dtype=torch.float64),
        trained_span=torch.stack(torch.cat([raw_x[train], drawn.x]).aminmax()),
        drawn=drawn,
        decisions=[
            *([rows.note] if rows.note else []),
            *_offset_notes(recipe.input.transform, to_input, table.x_name),
            *_offset_notes(recipe.target.transform, to_target, table.y_name),
        ],
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


def _input_transform(recipe: Recipe, known: Tensor, table: Table) -> Transform:
    """Return what is done to the inputs, by those of the training rows, shape (n,)."""
    mean, deviation = float(known.mean()), _deviation(known)
    match recipe.input.transform:
        case "standardise":
            if not deviation:
                raise InputError(
                    f"input.transform = standardise: column {table.x_name} has no spread on the "
                    "training rows; choose another split or none"
                )
            return _standardising(mean, deviation, table.x_name)
        case "scale":
            factor = recipe.input.scale
        case _:
            factor = 1.0
    _refuse_lost(deviation * factor, "input", table.x_name)
    return Transform(offset_of(table.x), factor)


def _target_transform(recipe: Recipe, known: Tensor, table: Table) -> Transform:
    """Return what is done to the targets, by those of the training rows, shape (n,)."""
    mean, deviation = float(known.mean()), _deviation(known)
    if recipe.target.transform == "standardise":
        # Targets that are all equal keep their unit: 0 errors are errors of 0 in any.
        return _standardising(mean, deviation or 1.0, table.y_name)
    _refuse_lost(deviation, "target", table.y_name)
    return Transform(offset_of(table.y))


def _deviation(values: Tensor) -> float:
    """Return the population standard deviation, 0 where there is none but for rounding."""
    deviation = float(values.std(correction=0))
    return 0.0 if deviation <= NO_SPREAD * float(values.abs().max()) else deviation


def _standardising(mean: float, deviation: float, column: str) -> Transform:
    """Return the transform to mean 0 and population deviation 1."""
    if not LEAST_UNIT < deviation < MOST_UNIT:
        raise InputError(
            f"column {column} varies by {deviation:.1e}: its square is no 64-bit number; "
            "write the column in another unit"
        )
    return Transform(offset=mean, factor=1 / deviation)


def _offset_notes(way: str, transform: Transform, column: str) -> list[str]:
    """Return what there is to say of an offset that the recipe does not ask for."""
    if way == "standardise" or not transform.offset:
        return []
    offset = f"{transform.offset:,.12g}"
    return [f"{offset} is subtracted from {column} before training: 32-bit floats lose its digits"]


def _refuse_lost(deviation: float, section: str, column: str) -> None:
    """Refuse a column whose differences, squared, are 0 in 32-bit floats."""
    if 0 < deviation < LEAST_SPREAD:
        raise InputError(
            f"column {column} varies by {deviation:.1e}, which 32-bit floats lose when squared; "
            f"give {section}.transform = standardise"
        )
