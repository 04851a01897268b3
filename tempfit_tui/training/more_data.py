"""More data: the article's first remedy, with observations that nobody has to make."""

from typing import NamedTuple

import torch
from torch import Tensor

from tempfit_tui.recipe import MoreData
from tempfit_tui.table import Table

LAW = (0.53677, -17.3048)
"""Slope and intercept of the line through the article's eleven points, by least squares."""


class Drawn(NamedTuple):
    """Observations that aren't in the file, float64 in its units; shape (rows,) each."""

    x: Tensor
    y: Tensor
    name: str
    """What they are, as in `drawn`; "" where there are none."""
    words: str
    """The same in full."""
    noise: float = 0.0
    """The deviation of their targets."""


def more_data(settings: MoreData, table: Table, x: Tensor, y: Tensor) -> Drawn:
    """Draw the observations that `settings` ask for, for training; `x` and `y` train already.

    For the article's thermometer they are drawn on its fitted law. Of any other file the law isn't
    known: they are jittered copies of training rows, which hold nothing new.
    """
    generator = torch.Generator().manual_seed(settings.seed)
    rows = settings.rows

    def normal() -> Tensor:
        return torch.randn(rows, generator=generator, dtype=torch.float64)

    if not rows:
        return Drawn(x[:0], y[:0], "", "")
    noise = residual_deviation(x, y) if settings.noise is None else settings.noise
    if _is_the_thermometer(table):
        low, high = table.span()
        places = torch.rand(rows, generator=generator, dtype=torch.float64)
        drawn_x = low + (high - low) * places
        drawn_y = LAW[0] * drawn_x + LAW[1] + noise * normal()
        words = f"{rows:,} drawn on the fitted law, noise {noise:.4g}"
        return Drawn(drawn_x, drawn_y, "drawn", words, noise)
    copied = torch.randint(len(x), (rows,), generator=generator)
    # As far along the input as along the target, each in its own deviations.
    aside = noise * float(x.std(correction=0)) / max(float(y.std(correction=0)), 1e-300)
    drawn_x, drawn_y = x[copied] + aside * normal(), y[copied] + noise * normal()
    words = f"{rows:,} jittered copies of training rows, noise {noise:.4g}"
    return Drawn(drawn_x, drawn_y, "copies", words, noise)


def residual_deviation(x: Tensor, y: Tensor) -> float:
    """Return the root of the mean squared residual of the least-squares line through `x` and `y`.

    Both are float64, shape (n,). Where all inputs are equal the line is flat.
    """
    x, y = x - x.mean(), y - y.mean()
    # By its largest value first: the squares of any inputs can be held then.
    x = x / max(float(x.abs().max()), 1e-300)
    spread = float(x.square().sum())
    slope = float((x * y).sum()) / spread if spread else 0.0
    return float((y - slope * x).square().mean().sqrt())


def _is_the_thermometer(table: Table) -> bool:
    """Tell whether these are the article's eleven points, by the line through them."""
    if len(table) != 11:
        return False
    x, y = torch.tensor(table.x, dtype=torch.float64), torch.tensor(table.y, dtype=torch.float64)
    slope = float(((x - x.mean()) * (y - y.mean())).sum() / (x - x.mean()).square().sum())
    intercept = float(y.mean()) - slope * float(x.mean())
    return abs(slope - LAW[0]) < 1e-5 and abs(intercept - LAW[1]) < 1e-4
